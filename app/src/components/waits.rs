//! What waiting for people has cost: how long reviews waited, for whom, and how much of the run that was.

use domain::{ReviewWait, Reviewed, Timestamp, review_waits};
use leptos::prelude::*;

use super::{
    list::{Item, list},
    when::When,
};
use crate::{
    Lang,
    board::Board,
    follow::{StatusSignal, flag, maybe, memo, text},
    page::PageDetail,
    wording,
};

/// A line for each phase and person, and the sum. Nothing where nothing has waited.
pub(crate) fn waits(board: Board, status: StatusSignal) -> AnyView {
    let ended = move || {
        status.with(|status| Some(status.baton_since).filter(|_| status.status.has_ended()))
    };
    let lines = memo(move || {
        let read = |more: &PageDetail| of(more, ended());
        board.with_detail(status, read).unwrap_or_default()
    });
    let some = flag(move || lines.with(|lines| !lines.is_empty()));
    let items = move || {
        let item = |wait: &ReviewWait| {
            let wait = wait.clone();
            // Another figure is another line: a review that is decided is drawn anew.
            let key = format!(
                "{} {:?} {} {:?}",
                wait.phase, wait.by, wait.millis, wait.since
            );
            Item::new(key, move || line(board, wait))
        };
        lines.with(|lines| lines.iter().map(item).collect())
    };
    let sum = text(move || {
        let now = board.now.get();
        let waited = lines.with(|lines| lines.iter().map(|wait| so_far(wait, now)).sum::<i64>());
        let run = ended()
            .unwrap_or(now)
            .millis_since(status.with(|status| status.started));
        wording::pipeline::waited(board.lang.get(), waited, run)
    });
    view! {
        <When holds=some>
            <section class="sheet pad waits">
                <h2>{board.t(Lang::waited_for_people)}</h2>
                <ul>{list(items)}</ul>
                <p class="sub">{sum}</p>
            </section>
        </When>
    }
    .into_any()
}

fn of(more: &PageDetail, ended: Option<Timestamp>) -> Vec<ReviewWait> {
    let revisions = more.handovers.iter().map(|about| Reviewed {
        handover: &about.handover,
        phase: &about.phase,
        at: about.at,
        decision: about.decision.as_ref(),
    });
    review_waits(revisions, ended, more.earlier_waits.clone())
}

/// How long it waited, up to now where it still waits.
fn so_far(wait: &ReviewWait, now: Timestamp) -> i64 {
    let waits = wait.since.map_or(0, |since| now.millis_since(since).max(0));
    waits.saturating_add(i64::try_from(wait.millis).unwrap_or(i64::MAX))
}

fn line(board: Board, wait: ReviewWait) -> AnyView {
    let phase = wait.phase.to_string();
    let said = {
        let wait = wait.clone();
        maybe(move || wording::pipeline::wait(board.lang.get(), &board.reader(), &wait))
    };
    let span =
        text(move || wording::age::short_span(board.lang.get(), so_far(&wait, board.now.get())));
    view! {
        <li>
            <b>{phase}</b>
            <span class="sub">{said}</span>
            <span class="waits-span">{span}</span>
        </li>
    }
    .into_any()
}
