//! What needs the reader longest, and going there.

use domain::{HandoverId, PipelineId, Timestamp};
use leptos::prelude::*;

use super::{navigate, review};
use crate::{board::Board, paths, standing, waiting::Waiting};

/// Something that needs a person.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Needs {
    /// It waits.
    Waits(Waiting),
    /// Something of this pipeline is late.
    Late(PipelineId, Timestamp),
}

impl Needs {
    /// Since when.
    pub fn since(&self) -> Timestamp {
        match self {
            Self::Waits(waiting) => waiting.since,
            Self::Late(_, since) => *since,
        }
    }

    fn handover(&self) -> Option<(&HandoverId, u32)> {
        match self {
            Self::Waits(waiting) => waiting.handover(),
            Self::Late(..) => None,
        }
    }

    /// Of which pipeline.
    pub fn pipeline(&self) -> &PipelineId {
        match self {
            Self::Waits(waiting) => &waiting.pipeline,
            Self::Late(pipeline, _) => pipeline,
        }
    }
}

/// All that needs the reader, the oldest first. Follows it.
pub(crate) fn all(board: Board) -> Vec<Needs> {
    // What the reader has accepted is another person's.
    let waiting = board.waiting.get().into_iter();
    let waiting = waiting.filter(|one| !review::waits_for_others(board, one));
    let mut all: Vec<_> = waiting.map(Needs::Waits).collect();
    all.extend(overdue_of(board));
    all.sort_by_key(Needs::since);
    all
}

/// What is late, the longest first. Follows it.
pub(crate) fn overdue_of(board: Board) -> Vec<Needs> {
    let now = board.now.get_untracked();
    let late = |id: &PipelineId| {
        let since = board
            .signal(id)?
            .with(|status| standing::overdue(status, now));
        Some(Needs::Late(id.clone(), since?))
    };
    board
        .overdue
        .with(|overdue| overdue.iter().filter_map(late).collect())
}

/// Goes to what needs a person longest, other than what is in front of the reader.
pub(crate) fn open(board: Board) {
    let opened = board.review.open.get_untracked();
    // A handover is in front of the reader only where its review is open; all else is on its pipeline's page.
    let is_here = |needs: &Needs| match (&opened, needs.handover()) {
        (Some(opened), _) => opened.pipeline() == needs.pipeline(),
        (None, None) => board.is_shown(needs.pipeline()),
        // The live connection may tell later than its answer that the reader has decided.
        (None, Some((id, revision))) => review::decided_here(board, id, revision),
    };
    let mut all = untrack(|| all(board)).into_iter();
    let next = all.find(|needs| !is_here(needs));
    let Some(next) = next else {
        board.say(board.lang.get_untracked().nothing_else_waits().to_owned());
        return;
    };
    if opened.is_some() {
        review::later(board);
    }
    if next.handover().is_some() {
        review::show(board, next.pipeline());
    } else {
        navigate::go(board, &paths::pipeline(next.pipeline()));
    }
}
