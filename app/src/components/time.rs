//! Times: relative to read, exact to look up.

use domain::Timestamp;
use leptos::prelude::*;

use crate::{
    board::{Board, use_board},
    browser,
    follow::text,
    wording::age,
};

/// How long ago something was, with the exact time on hover.
#[component]
pub(crate) fn Ago(
    /// When it was.
    #[prop(into)]
    at: Signal<Timestamp>,
) -> impl IntoView {
    let board = use_board();
    let said = text(move || age::ago(board.lang.get(), board.now.get().millis_since(at.get())));
    time(board, at, said)
}

/// How long something has lasted, with its beginning on hover.
#[component]
pub(crate) fn Since(
    /// When it began.
    #[prop(into)]
    at: Signal<Timestamp>,
    /// The sentence around the span.
    words: fn(crate::Lang, &str) -> String,
) -> impl IntoView {
    let board = use_board();
    let said = text(move || {
        let lang = board.lang.get();
        words(
            lang,
            &age::span(lang, board.now.get().millis_since(at.get())),
        )
    });
    time(board, at, said)
}

fn time(board: Board, at: Signal<Timestamp>, said: Signal<String>) -> AnyView {
    view! {
        <time datetime=text(move || at.get().to_string()) title=text(move || exact(board, at.get()))>
            {said}
        </time>
    }
    .into_any()
}

/// The exact time: in UTC from the server, in the reader's zone as soon as somebody may look for it.
fn exact(board: Board, at: Timestamp) -> String {
    if board.local_times.get() {
        browser::local_time(board.lang.get(), at)
    } else {
        age::exact_utc(at)
    }
}
