//! The track: phases as legs of a relay, the baton riding on the one that runs.

use domain::{PhaseStatus, ProgressSource, view::PipelineStatus};
use leptos::prelude::*;

use crate::{
    Lang,
    board::use_board,
    standing::{self, Standing},
    wording,
};

/// All legs of a pipeline.
#[component]
pub(crate) fn Track(
    /// The pipeline.
    status: RwSignal<PipelineStatus>,
) -> impl IntoView {
    let board = use_board();
    let standing = Memo::new(move |_| status.with(|status| Standing::of(status, board.now.get())));
    let legs = Memo::new(move |_| status.with(|status| status.phases.len()));
    let baton = Memo::new(move |_| status.with(standing::baton_at));
    let riding = move || baton.get().1.is_some();
    view! {
        <section class=move || format!("sheet track {}", standing.get().class()) style:--legs=move || legs.get().to_string()>
            <h2 class="unseen">{board.t(Lang::phases)}</h2>
            <ol>
                {move || (0..legs.get()).map(|index| view! { <Leg status index standing/> }).collect_view()}
            </ol>
            <span
                class="rider"
                class:between=move || !riding()
                aria-hidden="true"
                style:--leg=move || baton.get().0.to_string()
                style:--at=move || baton.get().1.unwrap_or(1.0).to_string()
            >
                <i class="baton"></i>
            </span>
        </section>
    }
    .into_any()
}

/// One leg: its name, how long, how far.
#[component]
fn Leg(
    /// The pipeline.
    status: RwSignal<PipelineStatus>,
    /// Which leg.
    index: usize,
    /// Who has the baton.
    standing: Memo<Standing>,
) -> impl IntoView {
    let board = use_board();
    let lang = board.lang;
    let phase = Memo::new(move |_| status.with(|status| status.phases.get(index).cloned()));
    let with = move |read: fn(&domain::Phase) -> String| {
        move || phase.with(|phase| phase.as_ref().map(read))
    };
    let current = Memo::new(move |_| {
        status.with(|status| {
            status
                .phases
                .get(index)
                .is_some_and(|phase| phase.name == status.phase)
        })
    });
    let next = Memo::new(move |_| {
        status.with(|status| {
            !status.status.has_ended()
                && index > 0
                && status
                    .phases
                    .get(index - 1)
                    .is_some_and(|before| before.name == status.phase)
        })
    });
    let class = move || {
        phase.with(|phase| {
            phase.as_ref().map(|phase| {
                let class = standing::leg_class(phase.status, current.get(), standing.get());
                if phase.status == PhaseStatus::Pending
                    && next.get()
                    && standing.get() == Standing::Transit
                {
                    "later flying"
                } else {
                    class
                }
            })
        })
    };
    let words = move || {
        phase.with(|phase| {
            phase
                .as_ref()
                .map(|phase| wording::pipeline::leg_words(lang.get(), phase, next.get()))
        })
    };
    let time = move || {
        phase.with(|phase| {
            phase
                .as_ref()
                .map(|phase| wording::pipeline::leg_time(lang.get(), phase, board.now.get()))
        })
    };
    // A leg that is over is full; one that reports nothing has an empty bar and says so in words.
    let value = move || {
        phase.with(|phase| {
            phase.as_ref().map_or(0, |phase| match phase.status {
                PhaseStatus::Accepted | PhaseStatus::HandedOver | PhaseStatus::ChangesRequested => {
                    100
                }
                _ if phase.progress.progress_source == ProgressSource::Unknown => 0,
                _ => phase.progress.progress.min(100),
            })
        })
    };
    view! {
        <li class=move || format!("leg {}", class().unwrap_or_default()) aria-current=move || current.get().then_some("step")>
            <p class="leg-line"><b>{with(|phase| phase.name.to_string())}</b><span>{time}</span></p>
            <p class="sub leg-words">{words}</p>
            <progress max="100" value=move || value().to_string() aria-label=with(|phase| phase.name.to_string())></progress>
        </li>
    }
    .into_any()
}
