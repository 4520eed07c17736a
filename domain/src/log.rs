//! What happened, short enough to be shown.

use serde::{Deserialize, Serialize};

use crate::{
    Actor, NoteKind, PhaseName, Pipeline, Policy, Recorded, TaskStatus, Timestamp, Via,
    limits::LOG_LINES,
};

/// One line of "What happened". The words are the reader's: see [`What`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Entry {
    /// Its number in the pipeline.
    pub revision: u64,
    /// The time of the event.
    pub at: Timestamp,
    /// Who caused it.
    pub by: Actor,
    /// What happened.
    pub what: What,
}

/// The kinds of lines, with what is needed to say them in any language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// The pipeline began.
    Started,
    /// A phase began.
    PhaseStarted {
        /// The phase.
        phase: PhaseName,
    },
    /// A phase goes on for a revision.
    PhaseReopened {
        /// The phase.
        phase: PhaseName,
    },
    /// The agent said something.
    Said {
        /// Its words.
        text: String,
    },
    /// A task moved, or is new.
    Task {
        /// Its name.
        name: String,
        /// Its new status.
        status: TaskStatus,
        /// Whether it was not known before.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        added: bool,
    },
    /// A handover or a revision arrived.
    HandedOver {
        /// The phase it ends.
        phase: PhaseName,
        /// Its number.
        number: u32,
    },
    /// A person accepted.
    Accepted {
        /// The phase that was accepted.
        phase: PhaseName,
        /// The revision.
        number: u32,
        /// The review changes.
        note: String,
    },
    /// The policy of its phase accepted a handover as it was saved.
    AcceptedByPolicy {
        /// The phase that was accepted.
        phase: PhaseName,
        /// The revision.
        number: u32,
        /// The name of the person who set the policy.
        set_by: String,
    },
    /// A person accepted a handover that needs two people.
    Approved {
        /// The phase.
        phase: PhaseName,
        /// The revision.
        number: u32,
        /// The review changes.
        note: String,
    },
    /// That person took it back.
    ApprovalTakenBack {
        /// The phase.
        phase: PhaseName,
        /// The revision.
        number: u32,
    },
    /// A person set how the handover of a phase comes to its decision.
    PolicySet {
        /// The phase.
        phase: PhaseName,
        /// The policy.
        policy: Policy,
    },
    /// A person asked for changes.
    ChangesRequested {
        /// The phase.
        phase: PhaseName,
        /// The revision.
        number: u32,
        /// The review changes.
        note: String,
    },
    /// A person stopped the pipeline.
    Stopped {
        /// The reason, possibly empty.
        note: String,
    },
    /// The prompt exists.
    PromptWritten {
        /// The writer's name.
        writer: String,
        /// The phase it is for.
        phase: PhaseName,
    },
    /// The prompt has another text, or that of an earlier version again.
    PromptVersion {
        /// The number of the version.
        version: u32,
    },
    /// A person offered the prompt.
    PromptOffered {
        /// The way it went.
        via: Via,
    },
    /// An agent has the prompt.
    PromptPickedUp {
        /// The way it went, where this version knows it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        via: Option<Via>,
    },
    /// The agent confirmed the prompt.
    PromptAcknowledged,
    /// An agent asked a person.
    Asked {
        /// The question.
        question: String,
    },
    /// A person answered.
    Answered {
        /// The question.
        question: String,
        /// The answer, in one text.
        answer: String,
    },
    /// A person told the agent something.
    NoteSent {
        /// What it asks for.
        kind: NoteKind,
        /// The words; possibly none.
        text: String,
    },
    /// The agent confirmed that it has read notes.
    NotesRead {
        /// Their numbers.
        notes: Vec<u32>,
    },
    /// A session of an assistant works on it.
    SessionJoined {
        /// The assistant, by its name in `staffel connect`.
        client: String,
        /// The folder in which it works.
        folder: String,
    },
    /// The cycle version is another.
    VersionChanged {
        /// The new one.
        current: Option<String>,
    },
    /// The pipeline ended well.
    Completed {
        /// A closing line.
        note: Option<String>,
    },
    /// The pipeline failed.
    Failed {
        /// A closing line.
        note: Option<String>,
    },
    /// The pipeline was cancelled.
    Cancelled {
        /// A closing line.
        note: Option<String>,
    },
    /// The pipeline left the lists of the board.
    Archived,
    /// It came back into the lists.
    Unarchived,
}

impl Pipeline {
    pub(crate) fn note(&mut self, recorded: &Recorded, what: What) {
        self.add_entry(recorded, recorded.actor.clone(), what);
    }

    /// Notes what Staffel did by itself, whoever caused the event.
    pub(crate) fn note_of_staffel(&mut self, recorded: &Recorded, what: What) {
        self.add_entry(recorded, Actor::system(), what);
    }

    fn add_entry(&mut self, recorded: &Recorded, by: Actor, what: What) {
        if self.log.len() == LOG_LINES {
            self.log.remove(0);
        }
        self.log.push(Entry {
            revision: recorded.revision,
            at: recorded.at,
            by,
            what,
        });
    }
}
