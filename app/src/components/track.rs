//! The track: phases as legs of a relay, the baton riding on the one that runs.

use domain::{PhaseStatus, ProgressSource, view::PipelineStatus};
use leptos::prelude::*;

use crate::{
    Lang,
    board::use_board,
    follow::{flag, text},
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
    let baton = move || status.with(standing::baton_at);
    view! {
        <section class=text(move || format!("sheet track {}", standing.get().class())) style:--legs=text(move || legs.get().to_string())>
            <h2 class="unseen">{board.t(Lang::phases)}</h2>
            <ol>
                {move || (0..legs.get()).map(|index| view! { <Leg status index standing/> }).collect_view()}
            </ol>
            <span
                class="rider"
                class:between=flag(move || baton().1.is_none())
                aria-hidden="true"
                style:--leg=text(move || baton().0.to_string())
                style:--percent=text(move || baton().1.unwrap_or(100).to_string())
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
    let of = move |read: fn(&domain::Phase) -> String| {
        text(move || {
            phase
                .with(|phase| phase.as_ref().map(read))
                .unwrap_or_default()
        })
    };
    let current = flag(move || {
        status.with(|status| {
            status
                .phases
                .get(index)
                .is_some_and(|phase| phase.name == status.phase)
        })
    });
    let next = flag(move || {
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
    let words = text(move || {
        phase.with(|phase| {
            phase
                .as_ref()
                .map(|phase| wording::pipeline::leg_words(lang.get(), phase, next.get()))
                .unwrap_or_default()
        })
    });
    let time = text(move || {
        phase.with(|phase| {
            phase
                .as_ref()
                .map(|phase| wording::pipeline::leg_time(lang.get(), phase, board.now.get()))
                .unwrap_or_default()
        })
    });
    // A leg that is over is full; one that reports nothing has an empty bar and says so in words.
    let value = move || {
        phase.with(|phase| {
            phase.as_ref().map_or(0, |phase| match phase.status {
                PhaseStatus::Accepted | PhaseStatus::HandedOver | PhaseStatus::ChangesRequested => {
                    100
                }
                _ if phase.progress_source == ProgressSource::Unknown => 0,
                _ => phase.progress.min(100),
            })
        })
    };
    view! {
        <li class=text(move || format!("leg {}", class().unwrap_or_default())) aria-current=move || current.get().then_some("step")>
            <p class="leg-line"><b>{of(|phase| phase.name.to_string())}</b><span>{time}</span></p>
            <p class="sub leg-words">{words}</p>
            <progress max="100" value=text(move || value().to_string()) aria-label=of(|phase| phase.name.to_string())></progress>
        </li>
    }
    .into_any()
}
