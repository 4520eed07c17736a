//! What needs the reader longest, and going there.

use domain::{PipelineId, Timestamp};
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

    /// Of which pipeline.
    pub fn pipeline(&self) -> &PipelineId {
        match self {
            Self::Waits(waiting) => &waiting.pipeline,
            Self::Late(pipeline, _) => pipeline,
        }
    }
}

/// All that needs a person, the oldest first. Follows it.
pub(crate) fn all(board: Board) -> Vec<Needs> {
    let mut all = board.waiting.with(|waiting| {
        waiting
            .iter()
            .cloned()
            .map(Needs::Waits)
            .collect::<Vec<_>>()
    });
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
    let here = match &opened {
        Some(opened) => Some(opened.pipeline().clone()),
        None => board
            .route
            .with_untracked(|route| route.pipeline().cloned()),
    };
    let next = untrack(|| all(board))
        .into_iter()
        .find(|needs| Some(needs.pipeline()) != here.as_ref());
    let Some(next) = next else {
        board.say(board.lang.get_untracked().nothing_else_waits().to_owned());
        return;
    };
    if opened.is_some() {
        review::later(board);
    }
    match next {
        Needs::Waits(waiting) if waiting.handover().is_some() => {
            review::show(board, &waiting.pipeline);
        }
        needs => navigate::go(board, &paths::pipeline(needs.pipeline())),
    }
}
