//! The document around the board, and the board itself: its pages and what begins in the browser.

use std::time::Duration;

#[cfg(feature = "hydrate")]
use leptos::wasm_split::SplitLoaderError;
use leptos::{nonce::use_nonce, prelude::*, wasm_split::wasm_split};

use crate::{
    Lang, List, PageData, Route, actions,
    board::Board,
    browser,
    components::{
        footer::Footer,
        header::Header,
        inbox::Inbox,
        notice::Notices,
        rest::{Drawn, rest},
        review_dialog::ReviewDialog,
    },
    follow::{effect, flag, memo},
    pages::{
        agents::AgentsPage, not_found::NotFound, overview::Overview, people::PeoplePage,
        pipeline::PipelinePage, sign_in::SignInPage,
    },
    part, paths, wording,
};

#[cfg(feature = "hydrate")]
use crate::{api, incoming, page};

/// After how many milliseconds a page becomes live that was not painted: browsers stop painting without saying so.
const PAINTED_WITHIN: u32 = 1_000;

/// The HTML document that the server sends.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let page = PageData::current();
    let data = page.to_script();
    let rest = if page.shows_rest() { "rest" } else { "" };
    let parts = match page.lang {
        Lang::De => format!("{rest} german"),
        Lang::En => rest.to_owned(),
    };
    let board = Board::new(page);
    let lang = board.lang.get_untracked();
    let pkg = format!(
        "{}/{}/{}",
        paths::base(),
        options.site_pkg_dir,
        options.output_name
    );
    view! {
        <!DOCTYPE html>
        <html lang=lang.code() data-theme=board.theme.get_untracked().attribute()>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <meta name="description" content=lang.description()/>
                // Not a text node: the mark that hydration leaves behind one would stand in the title.
                <title inner_html=escaped(&untrack(|| title(board)))></title>
                <link rel="icon" type="image/svg+xml" href=paths::asset("favicon.svg")/>
                <link rel="apple-touch-icon" href=paths::asset("icon-192.png")/>
                <link rel="manifest" href=paths::asset("manifest.webmanifest")/>
                <link rel="stylesheet" id="leptos" href=format!("{pkg}.css")/>
                // Not a script that runs: the data that the board begins with.
                <script id=PageData::ELEMENT type="application/json" data-parts=parts inner_html=data></script>
                // For a reload while the server is down.
                <script
                    src=paths::asset("worker.js")
                    defer
                    data-said=lang.unreachable()
                    data-since=lang.last_answer("%")
                    data-next=lang.comes_back()
                    data-retry=lang.retry()
                ></script>
                <AutoReload options=options.clone()/>
                <script type="module" nonce=use_nonce()>{start(&pkg)}</script>
            </head>
            <body>
                <Page board/>
            </body>
        </html>
    }
}

/// The script that makes the page live, once it is there to be read: on a slow network the program would keep the page
/// waiting. A page in a tab that nobody looks at is never painted, and begins all the same. What somebody presses or sends
/// before the page lives is done as soon as it does, once.
///
/// Leptos has one too, which finds the WASM under a name that depends on what was set when leptos itself was compiled.
fn start(pkg: &str) -> String {
    let script = include_str!("start.js").trim_end().trim_end_matches(';');
    format!(
        "({script})({wasm:?}, {js:?}, {PAINTED_WITHIN})",
        wasm = format!("{pkg}.wasm"),
        js = format!("{pkg}.js")
    )
}

/// The board, as the browser takes it over.
#[component]
pub fn App(
    /// What it begins with.
    page: PageData,
) -> impl IntoView {
    let board = Board::new(page);
    #[cfg(feature = "hydrate")]
    effect(move || {
        let owner = Owner::current().unwrap_or_default();
        leptos::task::spawn_local(async move {
            // A task of its own, as in `ready`.
            browser::next_task().await;
            owner.with(|| begin(board));
        });
    });
    effect(move || document().set_title(&title(board)));
    effect(move || {
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
    let kind = memo(move || board.route.with(std::mem::discriminant));
    let page = move || {
        // Read, not only tracked: a memo that nobody reads follows nothing.
        kind.get();
        board.route.with_untracked(|route| match route {
            Route::Overview(_) => view! { <Overview/> }.into_any(),
            Route::Agents => rest(board, Box::new(|| part::at_once(agents())), || {
                Box::pin(load_agents())
            }),
            Route::SignIn => rest(board, Box::new(|| part::at_once(sign_in())), || {
                Box::pin(load_sign_in())
            }),
            Route::People => rest(board, Box::new(|| part::at_once(people())), || {
                Box::pin(load_people())
            }),
            Route::Pipeline(_) => rest(board, Box::new(|| part::at_once(pipeline())), || {
                Box::pin(load_pipeline())
            }),
            Route::Nowhere => view! { <NotFound/> }.into_any(),
        })
    };
    view! {
        <a class="skip" href="#content">{board.t(Lang::skip)}</a>
        <Header/>
        <main id="content" tabindex="-1" class:stale=flag(move || board.stale_since().is_some())>{page}</main>
        <Footer/>
        <ReviewDialog/>
        <Notices/>
    }
}

#[wasm_split(rest, wasm_split_path = leptos::wasm_split, preload(load_agents), fallible)]
fn agents() -> Drawn {
    Ok(view! { <Inbox/><AgentsPage/> }.into_any())
}

#[wasm_split(rest, wasm_split_path = leptos::wasm_split, preload(load_sign_in), fallible)]
fn sign_in() -> Drawn {
    Ok(view! { <SignInPage/> }.into_any())
}

#[wasm_split(rest, wasm_split_path = leptos::wasm_split, preload(load_people), fallible)]
fn people() -> Drawn {
    Ok(view! { <Inbox/><PeoplePage/> }.into_any())
}

#[wasm_split(rest, wasm_split_path = leptos::wasm_split, preload(load_pipeline), fallible)]
fn pipeline() -> Drawn {
    Ok(view! { <Inbox/><PipelinePage/> }.into_any())
}

/// How long to wait before a rest that did not come is tried again.
#[cfg(feature = "hydrate")]
const AGAIN: Duration = Duration::from_secs(2);

/// Waits until everything is here that the page shows, and reads what it begins with. Compiling what came, reading and
/// taking the page over are tasks of their own: each takes long enough on a slow machine.
#[cfg(feature = "hydrate")]
pub async fn ready() -> PageData {
    wait_for_shown(browser::page_lang()).await;
    browser::next_task().await;
    let page = PageData::current();
    browser::next_task().await;
    page
}

/// Until everything is here, the page is what the server sent, and nothing on it answers: if that takes more than one
/// try, the page says so, and begins anew where the server is another one by now.
#[cfg(feature = "hydrate")]
async fn wait_for_shown(lang: Lang) {
    if load_shown(lang).await.is_ok() {
        return;
    }
    paths::set_base(&PageData::current().base);
    let notice = browser::append_notice(lang.unreachable());
    loop {
        gloo_timers::future::sleep(AGAIN).await;
        if load_shown(lang).await.is_ok() {
            break;
        }
        if api::is_healthy().await {
            browser::reload_once_a_minute();
        }
    }
    if let Some(notice) = notice {
        notice.remove();
    }
}

#[cfg(feature = "hydrate")]
async fn load_shown(lang: Lang) -> Result<(), SplitLoaderError> {
    lang.load().await?;
    if page::needs_rest() {
        load_rest().await?;
    }
    Ok(())
}

/// Loads the rest once the page lives, so that it is here when it is wanted, even if the server is not.
#[cfg(feature = "hydrate")]
async fn fetch_rest(board: Board, owner: Owner) {
    // A page of another version than the server's has been told so, and finds nothing there any more.
    while (load_rest().await.is_err() || Lang::De.load().await.is_err())
        && !board.outdated.get_untracked()
    {
        gloo_timers::future::sleep(AGAIN).await;
    }
    let _ = follow_more(board, owner).await;
}

/// What can wait until the page lives.
#[cfg(feature = "hydrate")]
#[wasm_split(rest, wasm_split_path = leptos::wasm_split, fallible)]
fn follow_more(board: Board, owner: Owner) -> Result<(), SplitLoaderError> {
    owner.with(|| {
        actions::session::follow(board);
        actions::session::tell_of_links(board);
        actions::install::follow();
        actions::local_times::follow(board);
        actions::tell::follow(board);
        actions::undo::follow(board);
        actions::overdue::follow(board);
        actions::keys::follow(board);
        crate::components::later::draw(board);
    });
    Ok(())
}

/// Loads the rest. Every function of it has to stand here: it is called at once where this is known to be done.
#[cfg(feature = "hydrate")]
async fn load_rest() -> Result<(), SplitLoaderError> {
    // One file: after the first of these the others only note that it is here.
    wording::load_english_rest().await?;
    load_pipeline().await?;
    load_agents().await?;
    load_sign_in().await?;
    load_people().await?;
    crate::pages::overview::load_connect().await?;
    crate::pages::overview::load_listed().await?;
    crate::pages::overview::load_results().await?;
    crate::pages::overview::load_overdue().await?;
    crate::components::review_dialog::load_review().await?;
    page::load_more().await?;
    incoming::load_changed().await
}

/// A text as the content of an element.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// The title of the window: what waits, and what is shown.
fn title(board: Board) -> String {
    let lang = board.lang.get();
    let page = match board.route.get() {
        Route::Overview(List::Open) => None,
        Route::Overview(list) => Some(wording::list_name(lang, list).to_owned()),
        Route::Agents => Some(lang.agents().to_owned()),
        Route::SignIn => Some(lang.sign_in().to_owned()),
        Route::People => Some(lang.people().to_owned()),
        Route::Pipeline(id) => Some(id.and_then(|id| board.pipeline(&id)).map_or_else(
            || lang.unknown_pipeline().to_owned(),
            |status| status.with(|status| status.title.clone()),
        )),
        Route::Nowhere => Some(lang.not_found().to_owned()),
    };
    let waiting = actions::review::count(board) + board.overdue.with(Vec::len);
    wording::window_title(waiting, page.as_deref())
}

/// What begins once the browser has taken over: the clock, the links and the live connection.
fn begin(board: Board) {
    board.set_clock(board.now.get_untracked());
    board.hydrated.set(true);
    set_interval(move || board.tick(), Duration::from_secs(1));
    board.review.watch();
    browser::watch_printing(board.printing);
    actions::follow(board);
    #[cfg(feature = "hydrate")]
    {
        // There may be nothing to follow for whoever is about to sign in.
        if board.me.with_value(Option::is_some)
            || board.route.with_untracked(|route| *route != Route::SignIn)
        {
            crate::live::follow(board);
        }
        leptos::task::spawn_local(fetch_rest(board, Owner::current().unwrap_or_default()));
    }
    if let Some(html) = document().document_element() {
        // For tests and style sheets: from here on buttons do something.
        let _ = html.set_attribute("data-hydrated", "");
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use domain::{Actor, Event, HandoverId, Pipeline, Recorded};
    use protocol::{Detail, HandoverRef};

    use super::*;
    use crate::{Document, DocumentBody, samples};

    /// The page of this address in German, as the server sends it. The pipeline's first handover is accepted, and
    /// its second one waits.
    fn page(rest: &str) -> String {
        let mut pipeline = samples::handed_over(1, 1);
        let first = HandoverId::new(pipeline.id.clone(), 1);
        decide(&mut pipeline, &first);
        let second = Event::HandoverSubmitted {
            handover: HandoverId::new(pipeline.id.clone(), 2),
            phase: pipeline.phase().name.clone(),
            next_phase: None,
            document: domain::Document::new("Again.").reference(),
            summary: "Again.".to_owned(),
            recap: None,
        };
        samples::then(&mut pipeline, second);
        let handover = &pipeline.handovers[0];
        let document = Document {
            about: HandoverRef::whole(handover, &handover.revisions[0]),
            body: DocumentBody {
                html: "<p>Read me.</p>".to_owned(),
                rendering: None,
            },
        };
        let Detail { summary, more } = Detail::from(&pipeline);
        let data = PageData {
            lang: Lang::De,
            path: format!("{}{rest}", paths::pipeline(&pipeline.id)),
            shown: Some(summary),
            detail: Some(more),
            document: Some(document),
            ..PageData::default()
        };
        Owner::new().with(|| {
            let board = Board::new(data);
            view! { <Page board/> }.to_html()
        })
    }

    fn decide(pipeline: &mut Pipeline, handover: &HandoverId) {
        let accepted = Recorded {
            position: pipeline.revision + 1,
            pipeline: pipeline.id.clone(),
            revision: pipeline.revision + 1,
            at: pipeline.baton_since,
            actor: Actor::person("Anna"),
            key: None,
            event: Event::HandoverAccepted {
                handover: handover.clone(),
                revision: 1,
                review_changes: "Keep it small.".to_owned(),
                proof: None,
            },
        };
        pipeline.apply(&accepted);
    }

    #[test]
    fn the_page_of_a_pipeline_lists_its_handovers_with_their_addresses() {
        let id = samples::pipeline(1).id;
        let page = page("");
        for number in [1, 2] {
            let href = paths::handover_page(&HandoverId::new(id.clone(), number), 1);
            assert!(page.contains(&format!("href=\"{href}\"")), "{href}\n{page}");
        }
        for said in ["Angenommen von Anna", "wartet auf Prüfung"] {
            assert!(page.contains(said), "{said}\n{page}");
        }
    }

    #[test]
    fn a_decided_handover_is_read_at_its_address() {
        let handover = HandoverId::new(samples::pipeline(1).id, 1);
        let page = page(&format!("/handovers/{handover}/1"));
        for said in [
            "VAN, Fassung 1",
            "Angenommen von Anna",
            "Keep it small.",
            "<p>Read me.</p>",
        ] {
            assert!(page.contains(said), "{said}\n{page}");
        }
    }

    #[test]
    fn a_text_that_does_not_come_with_the_page_is_on_its_way() {
        let handover = HandoverId::new(samples::pipeline(1).id, 2);
        let page = page(&format!("/handovers/{handover}/1"));
        for said in ["Sie wartet auf Prüfung.", "Übergabe wird geladen"] {
            assert!(page.contains(said), "{said}\n{page}");
        }
    }
}
