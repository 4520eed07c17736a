//! One pipeline on the overview.

use domain::{PipelineId, Status};
use leptos::prelude::*;

use super::{chip::Chip, mini::Mini, time::Ago};
use crate::{Lang, board::use_board, paths, wording};

/// One pipeline, one row, one link.
#[component]
pub(crate) fn Row(
    /// The pipeline.
    pipeline: PipelineId,
) -> impl IntoView {
    let board = use_board();
    board.signal(&pipeline).map(|status| {
        let status = RwSignal::from(status);
        let lang = board.lang;
        let version = move || status.with(|status| status.version.current.as_ref().map(|version| format!("{} · ", wording::version(version))));
        let line = move || status.with(|status| wording::pipeline::line(lang.get(), status, board.now.get()));
        let leg = move || status.with(wording::pipeline::leg);
        let progress = move || status.with(|status| wording::pipeline::leg_progress(lang.get(), status, board.now.get()));
        let demo = Memo::new(move |_| status.with(|status| status.demo));
        let in_transit = Memo::new(move |_| status.with(|status| status.status == Status::HandingOver));
        let agent = move || status.with(|status| status.agent.as_ref().map(|agent| format!("{agent} · ")));
        let sign = Signal::derive(move || {
            status.with(|status| {
                if status.status.has_ended() { wording::pipeline::ended_at(status) } else { status.last_sign_of_life }
            })
        });
        view! {
            <li>
                <a class="row" href=paths::pipeline(&pipeline)>
                    <span class="row-what">
                        <span class="row-title">
                            <strong>{move || status.with(|status| status.title.clone())}</strong>
                            <Show when=move || demo.get()><span class="tag">{board.t(Lang::demo)}</span></Show>
                        </span>
                        <span class="sub">{version}{line}</span>
                    </span>
                    <span class="row-leg">
                        <span class="leg-line"><b>{leg}</b><span>{progress}</span></span>
                        <Mini status/>
                    </span>
                    <span class="row-chip"><Chip status/></span>
                    <span class="sub row-agent">
                        <Show
                            when=move || in_transit.get()
                            fallback=move || view! { {agent}<Ago at=sign/> }
                        >
                            {board.t(Lang::nobody_picked_up)}
                        </Show>
                    </span>
                </a>
            </li>
        }
        .into_any()
    })
}
