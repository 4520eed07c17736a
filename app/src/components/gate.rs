//! Something that waits for the reader.

use std::sync::Arc;

use leptos::prelude::*;
use protocol::Summary;

use super::time::Since;
use crate::{
    Lang, actions,
    board::use_board,
    follow::{press, text},
    paths, standing,
    waiting::{Awaited, Waiting},
    wording,
};

/// The card of something that waits: what it is, how long it waits, and the way into it.
#[component]
pub(crate) fn Gate(
    /// What waits.
    waiting: Waiting,
) -> impl IntoView {
    let board = use_board();
    let pipeline = waiting.pipeline.clone();
    let status = board.signal(&pipeline)?;
    let decision = waiting.handover().is_some();
    let since = waiting.since;
    let waiting = Arc::new(waiting);
    // The card goes a moment after the decision: until then it shows what it showed.
    let of = move |read: fn(Lang, &Summary, &Waiting) -> Option<String>| {
        let waiting = waiting.clone();
        text(move || {
            let lang = board.lang.get();
            status
                .with(|status| read(lang, status, &waiting))
                .unwrap_or_default()
        })
    };
    let title = of(|_, status, _| Some(status.title.clone()));
    let since = Signal::derive(move || {
        let handover = || {
            let at = status.with(|status| Some(standing::open_handover(status)?.at));
            at.filter(|_| decision)
        };
        handover().unwrap_or(since)
    });
    let open = pipeline.clone();
    let button = if decision {
        view! {
            <button class="btn first" type="button" on:click=press(move |_| actions::review::show(board, &open))>
                {board.t(Lang::read_and_decide)}
            </button>
        }
        .into_any()
    } else {
        view! { <a class="btn first" href=paths::pipeline(&open)>{of(way)}</a> }.into_any()
    };
    Some(view! {
        <li class="sheet gate">
            <p class="legs"><span>{of(phase)}</span>{if decision { " → " } else { " · " }}<b>{of(next)}</b>{of(number)}</p>
            <a class="gate-title" href=paths::pipeline(&pipeline)>{title}</a>
            <p class="gate-summary">{of(said)}</p>
            <div class="gate-foot">
                {button}
                <span class="sub"><Since at=since words=wording::review::waiting/></span>
            </div>
        </li>
    }
    .into_any())
}

/// The phase that it is about.
fn phase(_: Lang, status: &Summary, waiting: &Waiting) -> Option<String> {
    Some(match waiting.awaited {
        Awaited::Decision(..) => status.handover.as_ref()?.phase.to_string(),
        Awaited::Answer(..) | Awaited::GoOn | Awaited::Send => status.phase.to_string(),
    })
}

/// What comes after a handover, or what waits instead.
fn next(lang: Lang, status: &Summary, waiting: &Waiting) -> Option<String> {
    Some(match waiting.awaited {
        Awaited::Decision(..) => {
            wording::review::gate(lang, status.handover.as_ref()?.next_phase.as_ref())
        }
        Awaited::Answer(..) => lang.asks_you().to_owned(),
        Awaited::GoOn => lang.paused().to_owned(),
        Awaited::Send => lang.you_have_it().to_owned(),
    })
}

/// Which revision it is, or how many questions wait.
fn number(lang: Lang, status: &Summary, waiting: &Waiting) -> Option<String> {
    match waiting.awaited {
        Awaited::Decision(..) => {
            let number = status.handover.as_ref()?.revision;
            (number > 1).then(|| format!(" · {}", wording::review::revision(lang, number)))
        }
        Awaited::Answer(..) => {
            let open = status.question.as_ref()?.open;
            (open > 1).then(|| format!(" ({open})"))
        }
        Awaited::GoOn | Awaited::Send => None,
    }
}

/// What the agent says about it.
fn said(lang: Lang, status: &Summary, waiting: &Waiting) -> Option<String> {
    match waiting.awaited {
        Awaited::Decision(..) => Some(status.handover.as_ref()?.summary.clone()),
        Awaited::Answer(..) => Some(status.question.as_ref()?.text.clone()),
        Awaited::GoOn => status.message.clone(),
        Awaited::Send => Some(wording::pipeline::held(lang, status).to_owned()),
    }
}

/// What there is to do on the page of its pipeline.
fn way(lang: Lang, _: &Summary, waiting: &Waiting) -> Option<String> {
    let way = match waiting.awaited {
        Awaited::GoOn => lang.open_pipeline(),
        Awaited::Send => lang.check_prompt(),
        Awaited::Decision(..) | Awaited::Answer(..) => lang.answer(),
    };
    Some(way.to_owned())
}
