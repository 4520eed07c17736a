//! The document that ends a phase, its revisions, and their decisions.

use serde::{Deserialize, Serialize};

use crate::{Actor, DocumentRef, HandoverId, PhaseName, Timestamp};

/// The document that ends a phase. Each revision gets exactly one decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Handover {
    /// Its id, the same through all revisions.
    pub id: HandoverId,
    /// The phase it ends.
    pub phase: PhaseName,
    /// The phase it leads to; `None` after the last one.
    pub next_phase: Option<PhaseName>,
    /// All revisions, the newest last. Never empty.
    pub revisions: Vec<Revision>,
}

/// One version of a handover document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Revision {
    /// 1 for the first.
    pub number: u32,
    /// The text, in Markdown.
    pub document: DocumentRef,
    /// One line of it.
    pub summary: String,
    /// Who wrote it.
    pub by: Actor,
    /// When it arrived.
    pub at: Timestamp,
    /// What a person decided about it.
    pub decision: Option<Decision>,
}

/// What a person decided about one revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Decision {
    /// The decision itself.
    pub decision: Verdict,
    /// The review changes: free text, possibly empty.
    pub note: String,
    /// Who decided.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
}

/// What can be decided about a handover.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The next phase may begin, with the review changes in its prompt.
    Accept,
    /// The phase goes on: the agent revises the handover.
    RequestChanges,
    /// The pipeline ends here.
    Stop,
}

impl Handover {
    /// The newest revision.
    pub fn current(&self) -> &Revision {
        self.revisions
            .last()
            .expect("a handover begins with its first revision")
    }

    /// Whether its newest revision waits for a person.
    pub fn is_open(&self) -> bool {
        self.current().decision.is_none()
    }

    /// How many revisions have arrived since the last decision.
    pub(crate) fn undecided_revisions(&self) -> usize {
        let newest_first = self.revisions.iter().rev();
        newest_first
            .take_while(|revision| revision.decision.is_none())
            .count()
    }

    /// The decision about a revision, if there is one.
    pub fn decision(&self, revision: u32) -> Option<&Decision> {
        self.revisions
            .iter()
            .find(|r| r.number == revision)?
            .decision
            .as_ref()
    }
}
