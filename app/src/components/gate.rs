//! A handover that waits for the reader.

use domain::{PipelineId, view::PipelineStatus};
use leptos::prelude::*;

use super::time::Since;
use crate::{Lang, board::use_board, paths, standing, wording};

/// The card of a waiting handover: what it is, how long it waits, and the way into it.
#[component]
pub(crate) fn Gate(
    /// The pipeline it belongs to.
    pipeline: PipelineId,
) -> impl IntoView {
    let board = use_board();
    board.signal(&pipeline).map(|status| {
        let status = RwSignal::from(status);
        // The card goes a moment after the decision: until then it shows what it showed.
        let of = move |read: fn(&PipelineStatus) -> Option<String>| move || status.with(read).unwrap_or_default();
        let phase = of(|status| Some(status.handover.as_ref()?.phase.to_string()));
        let summary = of(|status| Some(status.handover.as_ref()?.summary.clone()));
        let next = move || {
            let lang = board.lang.get();
            status.with(|status| status.handover.as_ref().map(|about| wording::review::gate(lang, about.next_phase.as_ref())))
        };
        let revision = move || {
            let number = status.with(|status| status.handover.as_ref().map_or(1, |about| about.revision));
            (number > 1).then(|| format!(" · {}", wording::review::revision(board.lang.get(), number)))
        };
        let since = Signal::derive(move || {
            status.with(|status| standing::open_handover(status).map_or(status.baton_since, |about| about.at))
        });
        let open = pipeline.clone();
        view! {
            <li class="sheet gate">
                <p class="legs"><span>{phase}</span>" → "<b>{next}</b>{revision}</p>
                <a class="gate-title" href=paths::pipeline(&pipeline)>{move || status.with(|status| status.title.clone())}</a>
                <p class="gate-summary">{summary}</p>
                <div class="gate-foot">
                    <button class="btn first" type="button" on:click=move |_| board.review.show(&board, &open)>
                        {board.t(Lang::read_and_decide)}
                    </button>
                    <span class="sub"><Since at=since words=wording::review::waiting/></span>
                </div>
            </li>
        }
        .into_any()
    })
}
