//! A handover that waits for the reader.

use domain::PipelineId;
use leptos::prelude::*;
use protocol::Summary;

use super::time::Since;
use crate::{Lang, actions, board::use_board, follow::text, paths, standing, wording};

/// The card of a waiting handover: what it is, how long it waits, and the way into it.
#[component]
pub(crate) fn Gate(
    /// The pipeline it belongs to.
    pipeline: PipelineId,
) -> impl IntoView {
    let board = use_board();
    let status = board.signal(&pipeline)?;
    // The card goes a moment after the decision: until then it shows what it showed.
    let of = move |read: fn(&Summary) -> Option<String>| {
        text(move || status.with(read).unwrap_or_default())
    };
    let phase = of(|status| Some(status.handover.as_ref()?.phase.to_string()));
    let summary = of(|status| Some(status.handover.as_ref()?.summary.clone()));
    let next = text(move || {
        let lang = board.lang.get();
        status
            .with(|status| {
                status
                    .handover
                    .as_ref()
                    .map(|about| wording::review::gate(lang, about.next_phase.as_ref()))
            })
            .unwrap_or_default()
    });
    let revision = text(move || {
        let number =
            status.with(|status| status.handover.as_ref().map_or(1, |about| about.revision));
        if number > 1 {
            format!(" · {}", wording::review::revision(board.lang.get(), number))
        } else {
            String::new()
        }
    });
    let title = of(|status| Some(status.title.clone()));
    let since = Signal::derive(move || {
        status.with(|status| {
            standing::open_handover(status).map_or(status.baton_since, |about| about.at)
        })
    });
    let open = pipeline.clone();
    Some(view! {
        <li class="sheet gate">
            <p class="legs"><span>{phase}</span>" → "<b>{next}</b>{revision}</p>
            <a class="gate-title" href=paths::pipeline(&pipeline)>{title}</a>
            <p class="gate-summary">{summary}</p>
            <div class="gate-foot">
                <button class="btn first" type="button" on:click=move |_| actions::review::show(board, &open)>
                    {board.t(Lang::read_and_decide)}
                </button>
                <span class="sub"><Since at=since words=wording::review::waiting/></span>
            </div>
        </li>
    }
    .into_any())
}
