//! Taking a decision back while nobody has acted on it, and having it carried out at once.

use domain::{HandoverId, PipelineId};
use leptos::{prelude::*, task::spawn_local};
use protocol::Summary;

use super::review;
use crate::{
    Lang,
    api::{self, Failure},
    board::Board,
    follow::effect,
    review::{DecidedHere, Kept},
    standing, wording,
};

/// The handover and the revision that a decision is about.
type Decided = (HandoverId, u32);

/// The pipelines with a decision of the reader that can still be taken back, the newest decision last. Follows them.
pub(crate) fn own(board: Board) -> Vec<PipelineId> {
    let reader = board.reader();
    let mut own = board.pending.with(|pending| {
        let of_reader = |id: &PipelineId| {
            let due = board.signal(id)?.with(|status| {
                let pending = standing::pending(status)?;
                wording::is_reader(&reader, &pending.by).then_some(pending.due)
            });
            Some((due?, id.clone()))
        };
        pending.iter().filter_map(of_reader).collect::<Vec<_>>()
    });
    own.sort();
    own.into_iter().map(|(_, id)| id).collect()
}

/// Follows the reader's decisions until they are carried out or taken back, in every window: what was prepared for them
/// is forgotten then, or not sent.
pub(crate) fn follow(board: Board) {
    let known = StoredValue::new(Vec::<Decided>::new());
    effect(move || {
        let now: Vec<Decided> = own(board)
            .iter()
            .filter_map(|id| decided(&board.peek(id)?))
            .collect();
        for gone in known.get_value() {
            if !now.contains(&gone) {
                end(board, gone);
            }
        }
        known.set_value(now);
    });
}

/// A decision cannot be taken back any more, or was.
fn end(board: Board, about: Decided) {
    let Some(status) = board.peek(about.0.pipeline()) else {
        return;
    };
    let mut kept = Kept::recall(&about.0);
    let newest = status.handover.as_ref();
    // A newer revision, or taking it back, leaves it undecided.
    let open = newest.is_some_and(|it| {
        it.handover == about.0 && (it.revision > about.1 || it.decision.is_none())
    });
    if open && kept.sent == about.1 {
        kept.sent = 0;
        kept.keep(&about.0);
    }
    if open {
        board.review.decided_here.set_value(None);
        return;
    }
    kept.forget();
    kept.keep(&about.0);
    review::say_own(board, &status);
    let (handover, revision) = about;
    board.review.decided_here.set_value(Some(DecidedHere {
        handover,
        revision,
        told: true,
    }));
}

fn decided(status: &Summary) -> Option<Decided> {
    standing::pending(status)?;
    let newest = status.handover.as_ref()?;
    Some((newest.handover.clone(), newest.revision))
}

/// Takes back what the reader decided last. Where that is carried out, says so.
pub(crate) fn take_last_back(board: Board) {
    if let Some(last) = untrack(|| own(board)).pop() {
        take_back(board, &last);
        return;
    }
    let Some(here) = board.review.decided_here.get_value() else {
        return;
    };
    let Some(status) = board.peek(here.handover.pipeline()) else {
        return;
    };
    let newest = status.handover.as_ref();
    let is_newest =
        newest.is_some_and(|it| it.handover == here.handover && it.revision == here.revision);
    if is_newest && !status.status.has_ended() {
        too_late(board, &status);
    }
}

/// Takes the decision about this pipeline's handover back, and shows the review as it was.
pub(crate) fn take_back(board: Board, pipeline: &PipelineId) {
    let Some(status) = board.peek(pipeline) else {
        return;
    };
    let Some((handover, revision)) = decided(&status) else {
        return;
    };
    spawn_local(async move {
        match api::take_back(&handover, revision).await {
            Ok((now, prepared)) => {
                let mut kept = Kept::recall(&handover);
                kept.sent = 0;
                kept.take_over(prepared.review_changes, prepared.review);
                kept.keep(&handover);
                board.hear(now);
                review::show(board, handover.pipeline());
                say(board, &status, Lang::undone);
            }
            Err(Failure::Refused(problem)) if problem.kind() == "already-decided" => {
                too_late(board, &status);
            }
            Err(failure) => fail(board, &failure),
        }
    });
}

/// Has the decision about this pipeline's handover carried out now.
pub(crate) fn send_now(board: Board, pipeline: &PipelineId) {
    let Some((handover, revision)) = board.peek(pipeline).and_then(|status| decided(&status))
    else {
        return;
    };
    spawn_local(async move {
        match api::send_now(&handover, revision).await {
            Ok(now) => board.hear(now),
            Err(failure) => fail(board, &failure),
        }
    });
}

fn too_late(board: Board, status: &Summary) {
    say(board, status, Lang::too_late);
}

fn say(board: Board, status: &Summary, says: fn(Lang, &str) -> String) {
    let lang = board.lang.get_untracked();
    let agent = status.agent.as_deref().unwrap_or(lang.the_agent());
    board.say(says(lang, agent));
}

fn fail(board: Board, failure: &Failure) {
    let lang = board.lang.get_untracked();
    board.say(wording::connection::failure(lang, failure));
}
