//! The document around the board, and the board itself: its pages and what begins in the browser.

use std::time::Duration;

use leptos::prelude::*;

use crate::{
    Lang, PageData, Route,
    board::Board,
    components::{footer::Footer, header::Header, notice::Notices, review_dialog::ReviewDialog},
    pages::{agents::AgentsPage, not_found::NotFound, overview::Overview, pipeline::PipelinePage},
    paths, wording,
};

/// The HTML document that the server sends.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let page = PageData::current();
    let data = page.to_script();
    let board = Board::new(page);
    let style = format!(
        "{}/{}/{}.css",
        paths::base(),
        options.site_pkg_dir,
        options.output_name
    );
    view! {
        <!DOCTYPE html>
        <html lang=board.lang.get_untracked().code() data-theme=board.theme.get_untracked().attribute()>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <meta name="description" content=board.lang.get_untracked().description()/>
                // Not a text node: the mark that hydration leaves behind one would stand in the title.
                <title inner_html=escaped(&untrack(|| title(board)))></title>
                <link rel="icon" type="image/svg+xml" href=paths::asset("favicon.svg")/>
                <link rel="stylesheet" id="leptos" href=style/>
                // Not a script that runs: the data that the board begins with.
                <script id=PageData::ELEMENT type="application/json" inner_html=data></script>
                <AutoReload options=options.clone()/>
                <HydrationScripts options root=paths::base()/>
            </head>
            <body>
                <Page board/>
            </body>
        </html>
    }
}

/// The board, as the browser takes it over.
#[component]
pub fn App() -> impl IntoView {
    let board = Board::new(PageData::current());
    Effect::new(move || begin(board));
    Effect::new(move || document().set_title(&title(board)));
    Effect::new(move || {
        if let Some(html) = document().document_element() {
            let _ = html.set_attribute("lang", board.lang.get().code());
            let _ = match board.theme.get().attribute() {
                Some(theme) => html.set_attribute("data-theme", theme),
                None => html.remove_attribute("data-theme"),
            };
        }
    });
    view! { <Page board/> }
}

/// The body of the document: the same on the server and in the browser.
#[component]
fn Page(board: Board) -> impl IntoView {
    provide_context(board);
    // Another pipeline is the same kind of page; which one it is, the page itself follows.
    let kind = Memo::new(move |_| board.route.with(std::mem::discriminant));
    let page = move || {
        // Read, not only tracked: a memo that nobody reads follows nothing.
        kind.get();
        board.route.with_untracked(|route| match route {
            Route::Overview => view! { <Overview/> }.into_any(),
            Route::Agents => view! { <AgentsPage/> }.into_any(),
            Route::Pipeline(_) => view! { <PipelinePage/> }.into_any(),
            Route::Nowhere => view! { <NotFound/> }.into_any(),
        })
    };
    view! {
        <a class="skip" href="#content">{board.t(Lang::skip)}</a>
        <Header/>
        <main id="content" tabindex="-1" class:stale=move || board.stale_since().is_some()>{page}</main>
        <Footer/>
        <ReviewDialog/>
        <Notices/>
    }
}

/// A text as the content of an element.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// The title of the window: what waits, and what is shown.
fn title(board: Board) -> String {
    let lang = board.lang.get();
    let page = match board.route.get() {
        Route::Overview => None,
        Route::Agents => Some(lang.agents().to_owned()),
        Route::Pipeline(id) => Some(id.and_then(|id| board.pipeline(&id)).map_or_else(
            || lang.unknown_pipeline().to_owned(),
            |status| status.with(|status| status.title.clone()),
        )),
        Route::Nowhere => Some(lang.not_found().to_owned()),
    };
    wording::window_title(board.waiting.with(Vec::len), page.as_deref())
}

/// What begins once the browser has taken over: the clock, the links and the live connection.
fn begin(board: Board) {
    board.set_clock(board.now.get_untracked());
    board.hydrated.set(true);
    set_interval(move || board.now.set(board.clock()), Duration::from_secs(1));
    board.review.watch();
    // A page that was reached by a link has only the row so far.
    Effect::new(move || {
        if let Some(id) = board.route.with(|route| route.pipeline().cloned()) {
            board.detail.want(board, &id);
        }
    });
    #[cfg(feature = "hydrate")]
    {
        crate::route::browser::follow(board);
        crate::live::follow(board);
    }
    if let Some(html) = document().document_element() {
        // For tests and style sheets: from here on buttons do something.
        let _ = html.set_attribute("data-hydrated", "");
    }
}
