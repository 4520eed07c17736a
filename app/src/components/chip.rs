//! Who has the baton, as a chip: a colour and a word.

use leptos::prelude::*;

use crate::{
    board::use_board,
    follow::{StatusSignal, text, word},
    standing::Standing,
    wording,
};

/// The chip of a pipeline.
#[component]
pub(crate) fn Chip(
    /// The pipeline.
    status: StatusSignal,
) -> impl IntoView {
    let board = use_board();
    let standing = move || status.with(|status| Standing::of(status, board.now.get()));
    view! {
        <span class=text(move || format!("chip {}", standing().class()))>
            {word(move || wording::pipeline::chip(board.lang.get(), standing()))}
        </span>
    }
    .into_inner()
}
