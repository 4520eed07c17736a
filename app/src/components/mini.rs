//! The track in small: one bar a phase.

use domain::{PhaseStatus, Timestamp};
use leptos::prelude::*;
use protocol::Summary;

use crate::{
    board::use_board,
    follow::{StatusSignal, memo, text, word},
    standing::{self, Standing},
};

/// The bars. Decoration: the words beside them say the same.
#[component]
pub(crate) fn Mini(
    /// The pipeline.
    status: StatusSignal,
) -> impl IntoView {
    let board = use_board();
    let legs = memo(move || status.with(|status| status.phases.len()));
    let bar = move |index| {
        let class = word(move || status.with(|status| leg_class(status, index, board.now.get())));
        view! { <i class=class></i> }
    };
    let percent = text(move || format!("{}%", status.with(|status| status.progress.min(100))));
    view! {
        <span class="mini" aria-hidden="true" style:--p=percent>
            {move || (0..legs.get()).map(bar).collect_view()}
        </span>
    }
    .into_inner()
}

fn leg_class(status: &Summary, index: usize, now: Timestamp) -> &'static str {
    let standing = Standing::of(status, now);
    let current = status
        .phases
        .iter()
        .position(|phase| phase.name == status.phase)
        .unwrap_or(0);
    let flying = standing == Standing::Transit
        && standing::decided(status) == Some(domain::Verdict::Accept)
        && index == current + 1;
    match status.phases.get(index).map(|phase| phase.status) {
        None => "",
        Some(PhaseStatus::Pending) if flying => "flying",
        Some(phase) => standing::leg_class(phase, index == current, standing),
    }
}
