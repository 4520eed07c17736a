//! The track: phases as legs of a relay, the baton riding on the one that runs.

use domain::{Phase, PhaseStatus, ProgressSource, Timestamp};
use leptos::prelude::*;

use crate::{
    Lang,
    board::{Board, use_board},
    detail::phases_of,
    follow::{StatusSignal, flag, maybe, memo, text},
    standing::{self, Standing},
    wording,
};

/// All legs of a pipeline.
#[component]
pub(crate) fn Track(
    /// The pipeline.
    status: StatusSignal,
) -> impl IntoView {
    let board = use_board();
    let standing = move || status.with(|status| Standing::of(status, board.now.get()));
    let legs = memo(move || status.with(|status| status.phases.len()));
    let baton = move || status.with(standing::baton_at);
    view! {
        <section class=text(move || format!("sheet track {}", standing().class())) style:--legs=text(move || legs.get().to_string())>
            <h2 class="unseen">{board.t(Lang::phases)}</h2>
            <ol>
                {move || (0..legs.get()).map(|index| view! { <Leg status index/> }).collect_view()}
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
    .into_inner()
}

/// A phase, with its times as soon as they are here.
fn phase_of(board: Board, status: StatusSignal, index: usize) -> Option<Phase> {
    let whole = board.with_detail(status, |more| more.phase_details.get(index).cloned());
    whole
        .flatten()
        .or_else(|| status.with(|status| phases_of(status).into_iter().nth(index)))
}

/// One leg: its name, how long, how far.
#[component]
fn Leg(
    /// The pipeline.
    status: StatusSignal,
    /// Which leg.
    index: usize,
) -> impl IntoView {
    let board = use_board();
    let lang = board.lang;
    let name = text(move || {
        status.with(|status| {
            status
                .phases
                .get(index)
                .map(|phase| phase.name.to_string())
                .unwrap_or_default()
        })
    });
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
    let class = text(move || {
        status.with(|status| {
            let standing = Standing::of(status, board.now.get());
            let class = match status.phases.get(index).map(|phase| phase.status) {
                None => "",
                Some(PhaseStatus::Pending) if next.get() && standing == Standing::Transit => {
                    "later flying"
                }
                Some(PhaseStatus::Pending) if next.get() && standing == Standing::Held => "now you",
                Some(phase) => standing::leg_class(phase, current.get(), standing),
            };
            format!("leg {class}")
        })
    });
    let said = move |say: fn(Lang, &Phase, bool, Option<&'static str>, Timestamp) -> String| {
        text(move || {
            let held = |phase: &Phase| {
                status.with(|status| {
                    let lang = lang.get();
                    if phase.status == PhaseStatus::HandedOver {
                        let pending = standing::pending(status)?;
                        return Some(wording::pipeline::outcome(lang, pending.decision));
                    }
                    standing::held(status).map(|_| wording::pipeline::held(lang, status))
                })
            };
            phase_of(board, status, index)
                .map(|phase| {
                    say(
                        lang.get(),
                        &phase,
                        next.get(),
                        held(&phase),
                        board.now.get(),
                    )
                })
                .unwrap_or_default()
        })
    };
    let words =
        said(|lang, phase, next, held, _| wording::pipeline::leg_words(lang, phase, next, held));
    let time = said(|lang, phase, _, _, now| wording::pipeline::leg_time(lang, phase, now));
    let value = text(move || {
        let phase = phase_of(board, status, index);
        phase.map_or(0, |phase| filled(&phase)).to_string()
    });
    view! {
        <li class=class aria-current=maybe(move || current.get().then(|| "step".to_owned()))>
            <p class="leg-line"><b>{name}</b><span>{time}</span></p>
            <p class="sub leg-words">{words}</p>
            <progress max="100" value=value aria-label=name></progress>
        </li>
    }
    .into_inner()
}

/// How full the bar of a leg is, 0 to 100. A leg that is over is full; one that reports nothing has an
/// empty bar and says so in words.
fn filled(phase: &Phase) -> u8 {
    match phase.status {
        PhaseStatus::Accepted | PhaseStatus::HandedOver | PhaseStatus::ChangesRequested => 100,
        _ if phase.progress_source == ProgressSource::Unknown => 0,
        _ => phase.progress.min(100),
    }
}
