//! The track in small: one bar a phase.

use domain::{PhaseStatus, view::PipelineStatus};
use leptos::prelude::*;

use crate::{
    board::use_board,
    follow::text,
    standing::{self, Standing},
};

/// The bars. Decoration: the words beside them say the same.
#[component]
pub(crate) fn Mini(
    /// The pipeline.
    status: RwSignal<PipelineStatus>,
) -> impl IntoView {
    let board = use_board();
    let legs = Memo::new(move |_| {
        let now = board.now.get();
        status.with(|status| {
            let standing = Standing::of(status, now);
            let flying = standing == Standing::Transit
                && standing::decided(status) == Some(domain::Verdict::Accept);
            let current = status
                .phases
                .iter()
                .position(|phase| phase.name == status.phase)
                .unwrap_or(0);
            let leg = |(index, phase): (usize, &domain::Phase)| match phase.status {
                PhaseStatus::Pending if flying && index == current + 1 => "flying",
                status => standing::leg_class(status, index == current, standing),
            };
            status
                .phases
                .iter()
                .enumerate()
                .map(leg)
                .collect::<Vec<_>>()
        })
    });
    let percent = text(move || format!("{}%", status.with(|status| status.progress.min(100))));
    view! {
        <span class="mini" aria-hidden="true" style:--p=percent>
            {move || legs.get().into_iter().map(|class| view! { <i class=class></i> }).collect_view()}
        </span>
    }
    .into_any()
}
