//! Who has to act, and since when.

use serde::{Deserialize, Serialize};

use crate::{Pipeline, Status, Timestamp};

/// Who has to act now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Baton {
    /// The agent runs a phase.
    Agent,
    /// A person has to act: to decide about a handover, to send a prompt that waits for a look, to answer a question
    /// that the agent waits for, or to say that a paused agent may go on.
    Person,
    /// The decision is made; its prompt is on the way and no agent has picked it up yet.
    InTransit,
    /// Nobody: the pipeline has ended, or has not begun.
    Nobody,
}

impl Pipeline {
    /// Who has the baton.
    pub fn baton(&self) -> Baton {
        match self.status {
            Status::Running if self.paused.is_some() || self.is_blocked() => Baton::Person,
            Status::Running => Baton::Agent,
            Status::AwaitingReview => Baton::Person,
            Status::HandingOver if self.held_prompt().is_some() => Baton::Person,
            Status::HandingOver => Baton::InTransit,
            Status::Idle | Status::Completed | Status::Failed | Status::Cancelled => Baton::Nobody,
        }
    }

    /// Notes since when the baton is where it is, and how long a person had it.
    pub(crate) fn pass_baton(&mut self, from: Baton, at: Timestamp) {
        if from == Baton::Person {
            let waited = at.millis_since(self.baton_since).unsigned_abs();
            self.waited_ms = self.waited_ms.saturating_add(waited);
        }
        self.baton_since = at;
    }
}
