//! Which review is open. It opens from the state, not from an event: a board that is opened later
//! shows it just the same.

use std::collections::HashSet;

use domain::{HandoverId, PhaseName, PipelineId};
use leptos::prelude::*;

use crate::{
    board::{Board, Waiting},
    browser, standing, wording,
};

/// A review in front of the reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Opened {
    /// The pipeline.
    pub pipeline: PipelineId,
    /// The handover.
    pub handover: HandoverId,
    /// The phase it ends.
    pub phase: PhaseName,
    /// The revision that is shown.
    pub revision: u32,
    /// Whether that revision replaced another one under the reader's eyes.
    pub replaced: bool,
}

/// The review that is open, and those that were offered in this tab.
#[derive(Clone, Copy)]
pub(crate) struct Review {
    /// The one that is open.
    pub open: RwSignal<Option<Opened>>,
    /// The decision made here last: its echo on the live connection is no news.
    pub decided_here: StoredValue<Option<(HandoverId, u32)>>,
    /// Offered once already: handover and revision.
    offered: StoredValue<HashSet<(HandoverId, u32)>>,
}

impl Review {
    /// Nothing open, nothing offered.
    pub fn new() -> Self {
        Self {
            open: RwSignal::new(None),
            decided_here: StoredValue::new(None),
            offered: StoredValue::new(HashSet::new()),
        }
    }

    /// Opens a review because the reader asked for it.
    pub fn show(&self, board: &Board, pipeline: &PipelineId) {
        let asked = board.waiting.with_untracked(|waiting| {
            waiting
                .iter()
                .find(|waiting| waiting.pipeline == *pipeline)
                .cloned()
        });
        if let Some(waiting) = asked {
            self.present(board, &waiting, false);
        }
    }

    /// Puts the open review off: it stays on its card and does not open by itself again in this tab.
    pub fn later(&self) {
        if let Some(opened) = self.open.get_untracked() {
            browser::remember(&put_off_key(&opened.handover, opened.revision), "1");
        }
        self.open.set(None);
    }

    /// Brings the open review in line with the state. `only` is the pipeline whose page is shown.
    pub fn follow(&self, board: &Board, waiting: &[Waiting], only: Option<&PipelineId>) {
        let Some(opened) = self.open.get_untracked() else {
            let due = waiting
                .iter()
                .filter(|waiting| only.is_none_or(|only| waiting.pipeline == *only))
                .find(|waiting| !self.was_offered(waiting));
            if let Some(due) = due {
                let title = board
                    .peek(&due.pipeline)
                    .map(|status| status.title)
                    .unwrap_or_default();
                self.present(board, due, false);
                if let Some(opened) = self.open.get_untracked() {
                    board.alarm.set(wording::review::arrived(
                        board.lang.get_untracked(),
                        &opened.phase,
                        &title,
                    ));
                }
            }
            return;
        };
        match waiting
            .iter()
            .find(|waiting| waiting.handover == opened.handover)
        {
            Some(now) if now.revision != opened.revision => self.present(board, now, true),
            Some(_) => {}
            None => self.close_decided(board, &opened),
        }
    }

    fn present(&self, board: &Board, waiting: &Waiting, replaced: bool) {
        let Some(phase) = board
            .peek(&waiting.pipeline)
            .and_then(|status| Some(standing::open_handover(&status)?.phase.clone()))
        else {
            return;
        };
        // Whatever else waits at this moment has its card; it must not pop up behind a decision,
        // where the same key pressed twice would accept what nobody has read.
        board.waiting.with_untracked(|all| {
            self.offered.update_value(|offered| {
                offered.extend(
                    all.iter()
                        .map(|waiting| (waiting.handover.clone(), waiting.revision)),
                );
            });
        });
        self.open.set(Some(Opened {
            pipeline: waiting.pipeline.clone(),
            handover: waiting.handover.clone(),
            phase,
            revision: waiting.revision,
            replaced,
        }));
    }

    fn close_decided(&self, board: &Board, opened: &Opened) {
        self.open.set(None);
        let here = self.decided_here.with_value(|here| {
            here.as_ref().is_some_and(|(handover, revision)| {
                *handover == opened.handover && *revision == opened.revision
            })
        });
        if here {
            return;
        }
        let lang = board.lang.get_untracked();
        let decision = board.peek(&opened.pipeline).and_then(|status| {
            status
                .handover
                .filter(|handover| handover.handover == opened.handover)?
                .decision
        });
        board.notice.set(decision.map_or_else(
            || wording::review::gone(lang),
            |decision| wording::review::elsewhere(lang, &decision, &opened.phase),
        ));
    }

    fn was_offered(&self, waiting: &Waiting) -> bool {
        let here = (waiting.handover.clone(), waiting.revision);
        self.offered.with_value(|offered| offered.contains(&here))
            || browser::remembered(&put_off_key(&waiting.handover, waiting.revision)).is_some()
    }
}

fn put_off_key(handover: &HandoverId, revision: u32) -> String {
    format!("staffel.later.{handover}.r{revision}")
}

/// Where the words that the reader has typed about a handover are kept.
pub(crate) fn draft_key(handover: &HandoverId) -> String {
    format!("staffel.draft.{handover}")
}
