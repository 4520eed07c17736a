//! Opening reviews and closing them: by the state, and because the reader asks for it.

use domain::{HandoverId, PipelineId};
use leptos::{
    prelude::*,
    task::spawn_local,
    wasm_split::{SplitLoaderError, wasm_split},
};
use protocol::{HandoverRef, Summary};

use crate::{
    Route,
    attention::Arrival,
    board::Board,
    browser,
    review::{Kept, Opened, put_off_key},
    standing,
    waiting::Waiting,
    wording,
};

/// Opens a review because the reader asked for it.
pub(crate) fn show(board: Board, pipeline: &PipelineId) {
    present(board, pipeline, false);
}

/// Shows the newest revision of the handover that is open, because the reader asked for it.
pub(crate) fn show_newest(board: Board) {
    if let Some(opened) = board.review.open.get_untracked() {
        present(board, opened.pipeline(), true);
    }
}

/// The revision that waits, if it is newer than the one that is open. Follows both.
pub(crate) fn newer(board: Board) -> Option<u32> {
    let (handover, shown) = board.review.open.with(|open| {
        let about = &open.as_ref()?.about;
        Some((about.handover.clone(), about.revision))
    })?;
    board.waiting.with(|waiting| {
        let mut revisions = waiting.iter().filter_map(Waiting::handover);
        let newer = revisions.find(|(now, revision)| **now == handover && *revision > shown);
        newer.map(|(_, revision)| revision)
    })
}

/// Puts the open review off: it stays on its card and does not open by itself again in this tab.
pub(crate) fn later(board: Board) {
    if let Some(opened) = board.review.open.get_untracked() {
        let newest = untrack(|| newer(board)).unwrap_or(opened.about.revision);
        browser::remember(&put_off_key(&opened.about.handover, newest), "1");
    }
    board.review.open.set(None);
}

/// Brings the open review in line with the state. `only` is the pipeline whose page is shown.
pub(crate) fn follow(board: Board, waiting: &[Waiting], only: Option<&PipelineId>) {
    board.review.in_view.track();
    let Some(opened) = board.review.open.get_untracked() else {
        let due = waiting
            .iter()
            .filter(|waiting| only.is_none_or(|only| waiting.pipeline == *only))
            .find(|waiting| {
                let handover = waiting.handover();
                handover.is_some_and(|(id, revision)| !board.review.was_offered(id, revision))
                    && !untrack(|| waits_for_others(board, waiting))
            });
        if let Some(due) = due {
            arrive(board, due);
        }
        return;
    };
    let waits = waiting.iter().find(|waiting| {
        let handover = waiting.handover();
        handover.is_some_and(|(id, _)| *id == opened.about.handover)
    });
    match waits {
        // Who reads an older revision is told so in there.
        Some(now) => board.review.offer(std::slice::from_ref(now)),
        None => close_decided(board, &opened),
    }
}

/// How much waits for the reader. Follows it.
pub(crate) fn count(board: Board) -> usize {
    board.waiting.with(|all| {
        let all = all.iter().filter(|one| !waits_for_others(board, one));
        all.count()
    })
}

/// Whether the reader has accepted already, and another person has to. Follows it.
pub(crate) fn waits_for_others(board: Board, waiting: &Waiting) -> bool {
    let approved = |status: &Summary| {
        let approval = status.handover.as_ref()?.approval.as_ref()?;
        Some(approval.by.name == board.reader())
    };
    let status = board.signal(&waiting.pipeline);
    waiting.handover().is_some() && status.and_then(|status| status.with(approved)) == Some(true)
}

/// A handover is here that was not offered before.
fn arrive(board: Board, due: &Waiting) {
    // Who reads a text by its address is not idle.
    // Nor who signs in, or lets others in.
    let elsewhere = board
        .route
        .with_untracked(|route| matches!(route, Route::SignIn | Route::People));
    let busy = elsewhere || untrack(|| board.paper()).is_some() || browser::is_busy();
    let arrival = board.review.arrival(busy);
    let Some((about, title)) = board.peek(&due.pipeline).and_then(|status| {
        let about = standing::open_handover(&status)?.clone();
        Some((about, status.title))
    }) else {
        return;
    };
    match arrival {
        Arrival::Keep => return,
        Arrival::Announce => {
            board
                .waiting
                .with_untracked(|waiting| board.review.offer(waiting));
            board.review.arrived.set(vec![due.clone()]);
        }
        Arrival::Open => present(board, &due.pipeline, false),
    }
    board.alarm.set(wording::review::arrived(
        board.lang.get_untracked(),
        &about.phase,
        &title,
    ));
}

fn present(board: Board, pipeline: &PipelineId, replaced: bool) {
    let about = board
        .peek(pipeline)
        .and_then(|status| standing::open_handover(&status).cloned());
    let Some(about) = about else {
        return;
    };
    // Whatever else waits at this moment has its card; it must not pop up behind a decision,
    // where the same key pressed twice would accept what nobody has read.
    board
        .waiting
        .with_untracked(|waiting| board.review.offer(waiting));
    board
        .review
        .arrived
        .update(|arrived| arrived.retain(|waiting| waiting.pipeline != *pipeline));
    board.review.open.set(Some(Opened { about, replaced }));
}

fn close_decided(board: Board, opened: &Opened) {
    board.review.open.set(None);
    let about = &opened.about;
    if !decided_here(board, &about.handover, about.revision) {
        say_who_decided(board, about.clone());
    } else if board
        .peek(opened.pipeline())
        .is_some_and(|now| say_own(board, &now))
    {
        board.review.decided_here.update_value(|here| {
            if let Some(here) = here {
                here.told = true;
            }
        });
    }
}

/// Says what the reader's decision about the newest handover did. Whether it is the reader's, and carried out.
pub(crate) fn say_own(board: Board, now: &Summary) -> bool {
    let newest = now.handover.as_ref();
    let Some((newest, decision)) = newest.and_then(|it| Some((it, it.decision.as_ref()?))) else {
        return false;
    };
    let own = wording::is_reader(&board.reader(), &decision.by);
    if own {
        let lang = board.lang.get_untracked();
        let (phase, next) = (&newest.phase, newest.next_phase.as_ref());
        board.say(wording::review::own(lang, decision.decision, phase, next));
    }
    own
}

/// Whether the decision made here last is the one about this revision.
pub(crate) fn decided_here(board: Board, handover: &HandoverId, revision: u32) -> bool {
    let here = board.review.decided_here;
    here.with_value(|here| {
        let here = here.as_ref();
        here.is_some_and(|here| here.handover == *handover && here.revision == revision)
    })
}

/// Says who was faster, or that there is nothing to decide any more.
pub(crate) fn say_who_decided(board: Board, about: HandoverRef) {
    spawn_local(async move { drop(say_decided(board, about).await) });
}

#[wasm_split(rest, wasm_split_path = leptos::wasm_split, fallible)]
fn say_decided(board: Board, about: HandoverRef) -> Result<(), SplitLoaderError> {
    let lang = board.lang.get_untracked();
    let now = board.peek(about.handover.pipeline()).and_then(|status| {
        let now = status.handover;
        now.filter(|now| now.handover == about.handover)
    });
    let (reader, phase) = (board.reader(), &about.phase);
    let (by, mut said) = match now.map(|now| (now.pending, now.decision)) {
        Some((Some(pending), _)) => {
            let at = board.now.get_untracked();
            let (made, left) = wording::review::pending(lang, &reader, &pending, phase, at);
            (pending.by, format!("{made} {left}"))
        }
        Some((None, Some(decision))) => {
            let said = wording::review::elsewhere(lang, &reader, &decision, phase);
            (decision.by, said)
        }
        _ => {
            board.say(wording::review::gone(lang));
            return Ok(());
        }
    };
    let pending = board
        .pending
        .with_untracked(|pending| pending.contains(about.handover.pipeline()));
    // In another window of the same person it was sent, and the bar says so.
    if wording::is_reader(&reader, &by) && pending {
        return Ok(());
    }
    let kept = Kept::recall(&about.handover);
    if !wording::is_reader(&reader, &by)
        && let Some(kept) = wording::review::kept(lang, kept.count(), !kept.words.trim().is_empty())
    {
        said = format!("{said} {kept}");
    }
    board.say(said);
    Ok(())
}

#[cfg(test)]
mod tests {
    use protocol::Changed;

    use super::*;
    use crate::{PageData, incoming::Incoming, samples};

    /// A board on which one handover waits, in so many revisions.
    fn board(revisions: u32) -> Board {
        let mut page = PageData::default();
        page.snapshot.pipelines = vec![(&samples::handed_over(1, revisions)).into()];
        Board::new(page)
    }

    fn shown(board: &Board) -> Option<u32> {
        let opened = board.review.open.get_untracked();
        opened.map(|opened| opened.about.revision)
    }

    #[test]
    fn a_newer_revision_is_shown_only_when_the_reader_asks() {
        let owner = Owner::new();
        owner.with(|| {
            let board = board(1);
            let pipeline = samples::pipeline(1).id;
            show(board, &pipeline);
            assert_eq!((shown(&board), newer(board)), (Some(1), None));

            let revised = (&samples::handed_over(1, 2)).into();
            let changed = Changed::default();
            board.take(Incoming::Status(Box::new((revised, changed))));
            let waiting = board.waiting.get_untracked();
            follow(board, &waiting, None);
            assert_eq!((shown(&board), newer(board)), (Some(1), Some(2)));

            show_newest(board);
            assert_eq!((shown(&board), newer(board)), (Some(2), None));
        });
    }
}
