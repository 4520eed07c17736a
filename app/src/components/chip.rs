//! Who has the baton, as a chip: a colour and a word.

use domain::view::PipelineStatus;
use leptos::prelude::*;

use crate::{
    board::use_board,
    follow::{text, word},
    standing::Standing,
    wording,
};

/// The chip of a pipeline.
#[component]
pub(crate) fn Chip(
    /// The pipeline.
    status: RwSignal<PipelineStatus>,
) -> impl IntoView {
    let board = use_board();
    let standing = Memo::new(move |_| status.with(|status| Standing::of(status, board.now.get())));
    view! {
        <span class=text(move || format!("chip {}", standing.get().class()))>
            {word(move || wording::pipeline::chip(board.lang.get(), standing.get()))}
        </span>
    }
    .into_any()
}
