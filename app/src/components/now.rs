//! Who has the baton, in a sentence, and the next step.

use domain::Status;
use leptos::prelude::*;

use super::when::When;
use crate::{
    Lang, actions,
    board::use_board,
    follow::{StatusSignal, flag, text},
    standing::Standing,
    wording,
};

/// The line under the track: what is happening, and what the reader can do about it.
#[component]
pub(crate) fn Now(
    /// The pipeline.
    status: StatusSignal,
) -> impl IntoView {
    let board = use_board();
    let class = text(move || {
        let standing = status.with(|status| Standing::of(status, board.now.get()));
        format!("now {}", standing.class())
    });
    let last_words = move || {
        let last = board.with_detail(status, |more| {
            more.log.last().and_then(wording::happened::last_words)
        });
        last.flatten()
    };
    let words = move || {
        let last_words = last_words();
        status.with(|status| {
            wording::now::words(
                board.lang.get(),
                status,
                last_words.as_deref(),
                board.now.get(),
            )
        })
    };
    let waits = flag(move || status.with(|status| status.status == Status::AwaitingReview));
    let show = StoredValue::new(status.id());
    view! {
        <section class=class aria-label=board.t(Lang::who_has_the_baton)>
            <p>{text(move || words().0)} " " <span class="sub">{text(move || words().1)}</span></p>
            <When holds=waits>
                <button class="btn first" type="button" on:click=move |_| actions::review::show(board, &show.get_value())>
                    {board.t(Lang::read_and_decide)}
                </button>
            </When>
        </section>
    }
    .into_inner()
}
