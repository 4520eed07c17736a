//! The document around the board, and the board itself: its routes and what begins in the browser.

use std::time::Duration;

use leptos::prelude::*;
use leptos_meta::{HashedStylesheet, Html, MetaTags, Title, provide_meta_context};
use leptos_router::{
    components::{FlatRoutes, Route, Router},
    path,
};

use crate::{
    Lang, PageData,
    board::Board,
    components::{
        connect::ConnectPopover, footer::Footer, header::Header, notice::Notices,
        review_dialog::ReviewDialog,
    },
    pages::{not_found::NotFound, overview::Overview, pipeline::PipelinePage},
    paths, wording,
};

/// The HTML document that the server sends.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <meta name="description" content="Who has the baton: every pipeline of your AI agents, live."/>
                <link rel="icon" type="image/svg+xml" href=paths::asset("favicon.svg")/>
                <HashedStylesheet options=options.clone() id="leptos" root=paths::BASE/>
                <AutoReload options=options.clone()/>
                // Not a script that runs: data that the board begins with.
                <script id=PageData::ELEMENT type="application/json" inner_html=PageData::current().to_script()></script>
                <HydrationScripts options root=paths::BASE/>
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

/// The board: the same on the server and in the browser.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let board = Board::new(PageData::current());
    provide_context(board);
    Effect::new(move || begin(board));

    view! {
        <Html
            {..}
            lang=move || board.lang.get().code()
            data-theme=move || board.theme.get().attribute()
        />
        <Title text=move || wording::window_title(board.waiting.with(Vec::len), None)/>
        <Router base=paths::BASE>
            <a class="skip" href="#content">{board.t(Lang::skip)}</a>
            <Header/>
            <main id="content" tabindex="-1" class:stale=move || board.stale_since().is_some()>
                <FlatRoutes fallback=NotFound>
                    <Route path=path!("/") view=Overview/>
                    <Route path=path!("/pipelines/:id") view=PipelinePage/>
                </FlatRoutes>
            </main>
            <Footer/>
            <ConnectPopover/>
            <ReviewDialog/>
            <Notices/>
        </Router>
    }
}

/// What begins once the browser has taken over: the clock and the live connection.
fn begin(board: Board) {
    board.set_clock(board.now.get_untracked());
    board.hydrated.set(true);
    set_interval(move || board.now.set(board.clock()), Duration::from_secs(1));
    #[cfg(feature = "hydrate")]
    crate::live::follow(board);
    if let Some(html) = document().document_element() {
        // For tests and style sheets: from here on buttons do something.
        let _ = html.set_attribute("data-hydrated", "");
    }
}
