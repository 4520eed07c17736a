//! The review: the document and the decision, over everything else.

use domain::HandoverId;
use leptos::{html, prelude::*, task::spawn_local};
use protocol::Summary;

use super::{review_form::ReviewForm, time::Ago};
use crate::{
    Lang, api,
    api::Failure,
    board::{Board, use_board},
    follow::{maybe, text},
    review::Opened,
    wording,
};

/// The dialog. It is always in the page, and opens and closes with [`crate::review::Review::open`].
#[component]
pub(crate) fn ReviewDialog() -> impl IntoView {
    let board = use_board();
    let review = board.review;
    let dialog = NodeRef::<html::Dialog>::new();
    Effect::new(move || {
        let only = board.route.with(|route| route.pipeline().cloned());
        // Tracked as well: after one review is closed, one that came meanwhile is due.
        review.open.track();
        board
            .waiting
            .with(|waiting| review.follow(&board, waiting, only.as_ref()));
    });
    Effect::new(move || {
        let Some(dialog) = dialog.get() else { return };
        match (review.open.with(Option::is_some), dialog.open()) {
            // The page is in the document while effects run, so this cannot fail.
            (true, false) => drop(dialog.show_modal()),
            (false, true) => dialog.close(),
            _ => {}
        }
    });
    // The words that are being typed survive a new revision: only another handover is another review.
    let handover = Memo::new(move |_| {
        review
            .open
            .with(|open| open.as_ref().map(|open| open.handover.clone()))
    });
    view! {
        <dialog
            class="review"
            node_ref=dialog
            aria-labelledby="review-title"
            // Escape closes the dialog by itself; then it is put off.
            on:close=move |_| if review.open.with_untracked(Option::is_some) { review.later() }
        >
            {move || handover.get().and_then(|_| review.open.get_untracked()).map(|opened| view! { <Open board opened/> })}
        </dialog>
    }
    .into_inner()
}

#[component]
fn Open(board: Board, opened: Opened) -> impl IntoView {
    let lang = board.lang;
    let Opened {
        pipeline,
        handover,
        phase,
        ..
    } = opened.clone();
    let open = board.review.open;
    let revision =
        move || open.with(|open| open.as_ref().map_or(opened.revision, |open| open.revision));
    let id = StoredValue::new(handover);
    let document = move || {
        let revision = revision();
        id.with_value(|id| board.document(id, revision))
    };
    // A document never changes: what follows it follows whether it is there, and which revision is asked for.
    let read = Memo::new(move |_| document().is_some());
    let failed = RwSignal::new(None::<Failure>);
    let fetch = move || fetch(board, id.get_value(), untrack(revision), failed);
    Effect::new(move || {
        // Every new revision is fetched if it did not come by itself.
        revision();
        if !read.get() {
            fetch();
        }
    });
    let status = board.signal(&pipeline);
    let of = move |read: fn(&Summary) -> Option<String>| {
        text(move || {
            status
                .and_then(|status| status.with(read))
                .unwrap_or_default()
        })
    };
    let title = of(|status| Some(status.title.clone()));
    let about = move || status.and_then(|status| status.with(|status| status.handover.clone()));
    let next = text(move || {
        about().map_or_else(String::new, |about| {
            wording::review::gate(lang.get(), about.next_phase.as_ref())
        })
    });
    let by = text(move || {
        let name = about().map(|about| about.by.name).unwrap_or_default();
        format!(
            "{} · {name} · ",
            wording::review::revision(lang.get(), revision())
        )
    });
    let replaced = maybe(move || {
        let replaced = open.with(|open| open.as_ref().is_some_and(|open| open.replaced));
        let words = || wording::review::replaced(lang.get(), revision());
        replaced.then(words)
    });
    let at =
        Signal::derive(move || about().map_or_else(|| board.now.get_untracked(), |about| about.at));
    // The HTML comes sanitised from the server; nothing else is ever put in this way.
    let body = move || {
        revision();
        match (read.get(), failed.get()) {
            (true, _) => {
                let html = untrack(document).map(|document| document.html);
                view! { <div class="doc" inner_html=html.unwrap_or_default()></div> }.into_any()
            }
            (false, None) => {
                view! { <p class="doc sub">{board.t(Lang::fetching_document)}</p> }.into_any()
            }
            (false, Some(failure)) => view! {
                <div class="doc">
                    <p role="alert">{board.t(Lang::no_document)} " " {wording::connection::failure(lang.get(), &failure)}</p>
                    <button class="btn" type="button" on:click=move |_| fetch()>{board.t(Lang::try_again)}</button>
                </div>
            }
            .into_any(),
        }
    };
    // Whichever comes first, the dialog or this: the focus lies on the document, and the keys are free.
    let article = NodeRef::<html::Article>::new();
    Effect::new(move || {
        if let Some(article) = article.get() {
            let _ = article.focus();
        }
    });
    view! {
        <div class="review-head">
            <h2 id="review-title">
                <span class="legs">{phase.to_string()}" → "<b>{next}</b></span>
                " " <span class="review-name">{title}</span>
            </h2>
            <span class="chip you">{board.t(Lang::you_have_it)}</span>
            <p class="sub">{by}<Ago at/></p>
            <button class="quiet" type="button" on:click=move |_| board.review.later()>
                {board.t(Lang::later)} <kbd aria-hidden="true">"Esc"</kbd>
            </button>
        </div>
        <p class="review-replaced" role="status">{replaced}</p>
        // The document scrolls, so it can be focused.
        <article class="review-document" node_ref=article tabindex="0" autofocus aria-label=board.t(Lang::document)>{body}</article>
        <ReviewForm board opened read/>
    }
    .into_inner()
}

fn fetch(board: Board, id: HandoverId, revision: u32, failed: RwSignal<Option<Failure>>) {
    failed.set(None);
    spawn_local(async move {
        match api::handover(id.pipeline(), &id, revision).await {
            Ok(document) => board.keep_document(document),
            Err(failure) => drop(failed.try_set(Some(failure))),
        }
    });
}
