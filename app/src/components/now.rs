//! Who has the baton, in a sentence, and the next step.

use domain::{PipelineId, Status, view::PipelineStatus};
use leptos::prelude::*;

use crate::{Lang, board::use_board, standing::Standing, wording};

/// The line under the track: what is happening, and what the reader can do about it.
#[component]
pub(crate) fn Now(
    /// The pipeline.
    status: RwSignal<PipelineStatus>,
) -> impl IntoView {
    let board = use_board();
    let id: PipelineId = status.with_untracked(|status| status.pipeline.clone());
    let class = Memo::new(move |_| {
        status
            .with(|status| Standing::of(status, board.now.get()))
            .class()
    });
    let words = move || {
        status.with(|status| wording::now::words(board.lang.get(), status, board.now.get()))
    };
    let waits = Memo::new(move |_| status.with(|status| status.status == Status::AwaitingReview));
    let show = StoredValue::new(id);
    view! {
        <section class=move || format!("now {}", class.get()) aria-label=board.t(Lang::who_has_the_baton)>
            <p>{move || words().0} " " <span class="sub">{move || words().1}</span></p>
            <Show when=move || waits.get()>
                <button class="btn first" type="button" on:click=move |_| board.review.show(&board, &show.get_value())>
                    {board.t(Lang::read_and_decide)}
                </button>
            </Show>
        </section>
    }
    .into_any()
}
