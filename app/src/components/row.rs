//! One pipeline on the overview.

use domain::{PipelineId, Status};
use leptos::prelude::*;

use super::{chip::Chip, mini::Mini, time::Ago, when::When};
use crate::{
    Lang,
    board::use_board,
    follow::{flag, text},
    paths, wording,
};

/// One pipeline, one row, one link.
#[component]
pub(crate) fn Row(
    /// The pipeline.
    pipeline: PipelineId,
) -> impl IntoView {
    let board = use_board();
    let status = board.signal(&pipeline)?;
    let lang = board.lang;
    let version = text(move || {
        status
            .with(|status| {
                status
                    .version
                    .current
                    .as_ref()
                    .map(|version| format!("{} · ", wording::version(version)))
            })
            .unwrap_or_default()
    });
    let line = text(move || {
        status.with(|status| wording::pipeline::line(lang.get(), status, board.now.get()))
    });
    let leg = text(move || status.with(wording::pipeline::leg));
    let title = text(move || status.with(|status| status.title.clone()));
    let progress = text(move || {
        status.with(|status| wording::pipeline::leg_progress(lang.get(), status, board.now.get()))
    });
    let demo = flag(move || status.with(|status| status.demo));
    let in_transit = flag(move || status.with(|status| status.status == Status::HandingOver));
    let agent = text(move || {
        status
            .with(|status| status.agent.as_ref().map(|agent| format!("{agent} · ")))
            .unwrap_or_default()
    });
    let sign = Signal::derive(move || {
        status.with(|status| {
            if status.status.has_ended() {
                status.baton_since
            } else {
                status.last_sign_of_life
            }
        })
    });
    Some(
        view! {
            <li>
                <a class="row" href=paths::pipeline(&pipeline)>
                    <span class="row-what">
                        <span class="row-title">
                            <strong>{title}</strong>
                            <When holds=demo><span class="tag">{board.t(Lang::demo)}</span></When>
                        </span>
                        <span class="sub">{version}{line}</span>
                    </span>
                    <span class="row-leg">
                        <span class="leg-line"><b>{leg}</b><span>{progress}</span></span>
                        <Mini status/>
                    </span>
                    <span class="row-chip"><Chip status/></span>
                    <span class="sub row-agent">
                        <When
                            holds=in_transit
                            otherwise=move || view! { {agent}<Ago at=sign/> }
                        >
                            {board.t(Lang::nobody_picked_up)}
                        </When>
                    </span>
                </a>
            </li>
        }
        .into_any(),
    )
}
