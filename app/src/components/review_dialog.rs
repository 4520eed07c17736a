//! The review: the document and the decision, over everything else.

use leptos::{html, prelude::*, wasm_split::wasm_split};

use super::{
    changes::Views,
    document::Reading,
    points::Points,
    rest::{Drawn, rest},
    review_form::{NotYours, ReviewForm},
    time::Ago,
    undo,
    when::When,
};
use crate::{
    Lang, actions,
    board::{Board, use_board},
    follow::{effect, flag, maybe, memo, press, text, word},
    part, paths,
    review::Opened,
    wording,
};

/// The dialog. It is always in the page, and opens and closes with [`crate::review::Review::open`].
#[component]
pub(crate) fn ReviewDialog() -> impl IntoView {
    let board = use_board();
    let review = board.review;
    let dialog = NodeRef::<html::Dialog>::new();
    effect(move || {
        let only = board.route.with(|route| route.pipeline().cloned());
        // Tracked as well: after one review is closed, one that came meanwhile is due.
        review.open.track();
        board
            .waiting
            .with(|waiting| actions::review::follow(board, waiting, only.as_ref()));
    });
    effect(move || {
        let Some(dialog) = dialog.get() else { return };
        match (review.open.with(Option::is_some), dialog.open()) {
            // The page is in the document while effects run, so this cannot fail.
            (true, false) => drop(dialog.show_modal()),
            (false, true) => dialog.close(),
            _ => {}
        }
    });
    // The words that are being typed survive a new revision: only another handover is another review.
    let handover = memo(move || {
        review
            .open
            .with(|open| open.as_ref().map(|open| open.about.handover.clone()))
    });
    // Escape closes the dialog by itself; then it is put off, unless it is open again by the time the browser tells so.
    let closed = move || {
        let is_open = dialog.get_untracked().is_some_and(|dialog| dialog.open());
        if !is_open && review.open.with_untracked(Option::is_some) {
            actions::review::later(board);
        }
    };
    view! {
        <dialog
            class="review"
            node_ref=dialog
            aria-labelledby="review-title"
            data-keys=word(move || review.keys().name())
            on:close=move |_| closed()
        >
            {move || handover.get().and_then(|_| review.open.get_untracked()).map(|opened| rest(board, Box::new(move || part::at_once(reading(board, opened.clone()))), || Box::pin(load_review())))}
        </dialog>
    }
    .into_inner()
}

#[wasm_split(rest, wasm_split_path = leptos::wasm_split, preload(load_review), fallible)]
pub(crate) fn reading(board: Board, opened: Opened) -> Drawn {
    Ok(view! { <Open board opened/> }.into_any())
}

#[component]
fn Open(board: Board, opened: Opened) -> impl IntoView {
    let lang = board.lang;
    let review = board.review;
    let status = board.signal(opened.pipeline());
    let first = StoredValue::new(opened.clone());
    // What is shown of it. It changes only when the reader asks for a newer revision.
    let about = move || review.open.get().unwrap_or_else(|| first.get_value()).about;
    let address = memo(move || {
        let about = about();
        paths::handover(&about.handover, about.revision)
    });
    let reading = Reading::of(board, address);
    let revision = memo(move || about().revision);
    let points = Points::of(
        board,
        opened.about.handover.clone(),
        revision,
        reading,
        board.may_decide(),
    );
    let views = Views::of(board, reading, points);
    let here = memo(move || views.is_here());
    effect(move || {
        address.track();
        let here = here.get();
        review.shows(here);
        if here {
            points.read();
        }
    });
    on_cleanup(move || review.shows(false));
    let title = text(move || {
        status.map_or_else(String::new, |status| {
            status.with(|status| status.title.clone())
        })
    });
    let legs = text(move || about().phase.to_string());
    let next = text(move || wording::review::gate(lang.get(), about().next_phase.as_ref()));
    let by = text(move || {
        let about = about();
        let revision = wording::review::revision(lang.get(), about.revision);
        format!("{revision} · {} · ", about.by.name)
    });
    let replaced = maybe(move || {
        let shown = about().revision;
        match actions::review::newer(board) {
            Some(newer) => Some(wording::review::newer(lang.get(), shown, newer)),
            None => review
                .open
                .with(|open| open.as_ref().is_some_and(|open| open.replaced))
                .then(|| wording::review::replaced(lang.get(), shown)),
        }
    });
    let newer = flag(move || actions::review::newer(board).is_some());
    let show_newer = text(move || {
        actions::review::newer(board).map_or_else(String::new, |newer| {
            wording::review::show_revision(lang.get(), newer)
        })
    });
    let at = Signal::derive(move || about().at);
    // Whichever comes first, the dialog or this: the focus lies on the document, and the keys are free.
    let article = NodeRef::<html::Article>::new();
    effect(move || {
        if let Some(article) = article.get() {
            let _ = article.focus();
        }
    });
    let show_newest = move |_| {
        actions::review::show_newest(board);
        // The button goes, and what it was asked for is read from its beginning.
        if let Some(article) = article.get_untracked() {
            article.set_scroll_top(0);
            let _ = article.focus();
        }
    };
    view! {
        <div class="review-head">
            <h2 id="review-title">
                <span class="legs">{legs}" → "<b>{next}</b></span>
                " " <span class="review-name">{title}</span>
            </h2>
            <span class="chip you">{board.t(Lang::you_have_it)}</span>
            <p class="sub">{by}<Ago at/></p>
            <button class="quiet" type="button" on:click=press(move |_| actions::review::later(board))>
                {board.t(Lang::later)} <kbd aria-hidden="true">"Esc"</kbd>
            </button>
        </div>
        <div class="review-replaced">
            <p role="status">{replaced}</p>
            <When holds=newer>
                <button class="btn small" type="button" on:click=press(show_newest)>{show_newer}</button>
            </When>
        </div>
        // The document scrolls, so it can be focused.
        <article class="review-document" node_ref=article tabindex="0" autofocus aria-label=board.t(Lang::document) on:click=move |event| points.tap(&event)>
            {reading_of(reading, views, points)}
        </article>
        // What lies under the dialog cannot be pressed.
        <div class="undo-place">{undo::bars(board)}</div>
        {if board.may_decide() {
            view! { <ReviewForm board opened read=here points views/> }.into_any()
        } else {
            view! { <NotYours board/> }.into_any()
        }}
    }
    .into_inner()
}

/// The text with everything beside it.
pub(crate) fn reading_of(reading: Reading, views: Views, points: Points) -> AnyView {
    view! {
        <div class="reading">
            {points.outline()}
            <div class="sheets">
                {views.switches()}
                {views.reading_time()}
                {reading.missing()}
                {points.policy()}
                {points.evidence()}
                {points.ledger()}
                <div class="text-and-margin">
                    <div class="text">{views.view()}</div>
                    {points.cards()}
                    {points.pick_button()}
                </div>
            </div>
        </div>
    }
    .into_any()
}
