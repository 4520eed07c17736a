//! What can be asked of the relay.

use serde::{Deserialize, Serialize};

use crate::{
    DocumentHash, HandoverId, Language, PromptId, TaskPlan, TaskStatus, Verdict, Version, Via,
    Writer,
};

/// Starts a pipeline. Texts are as the caller sent them; [`crate::decide_start`] checks them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Start {
    /// The project it belongs to.
    pub project: String,
    /// What the board calls it.
    pub title: String,
    /// What it is to achieve; goes into every prompt.
    pub goal: String,
    /// The phases in order; empty means [`crate::DEFAULT_PHASES`].
    pub phases: Vec<String>,
    /// The phase to begin with; `None` means the first.
    pub first_phase: Option<String>,
    /// The cycle version.
    pub version: Version,
    /// Tracks and tasks that are known already.
    pub tracks: Vec<TrackPlan>,
    /// The language of its prompts.
    pub language: Language,
    /// Whether it is a demonstration: the board labels it.
    pub demo: bool,
}

/// A track as planned at the start.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct TrackPlan {
    /// Its name.
    pub name: String,
    /// Who works on it.
    #[serde(default)]
    pub agents: Vec<String>,
    /// What it is for.
    #[serde(default)]
    pub goals: Vec<String>,
    /// Its tasks.
    #[serde(default)]
    pub tasks: Vec<TaskPlan>,
}

/// Something asked of an existing pipeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum Command {
    /// The agent says how far it is.
    Report {
        /// The phase it believes to be in; checked where given.
        phase: Option<String>,
        /// The progress it claims, 0 to 100.
        progress: Option<i64>,
        /// A line of text for the board.
        message: Option<String>,
        /// Tasks that are new or changed.
        tasks: Vec<TaskReport>,
    },
    /// The agent ends the phase, or sends a revision.
    HandOver {
        /// The phase it believes to end; checked where given.
        phase: Option<String>,
        /// The document, in Markdown.
        content: String,
        /// One line of it; taken from the document where left out.
        summary: Option<String>,
    },
    /// A person decides.
    Decide {
        /// The handover.
        handover: HandoverId,
        /// The revision that was read.
        revision: u32,
        /// The text that was read; checked where given.
        read: Option<DocumentHash>,
        /// The decision.
        decision: Verdict,
        /// What should be different.
        review_changes: String,
    },
    /// Staffel has written the prompt that a decision asks for.
    WritePrompt {
        /// The decided handover.
        handover: HandoverId,
        /// The decided revision.
        revision: u32,
        /// The text.
        text: String,
        /// Who wrote it.
        writer: Writer,
    },
    /// Somebody offers the prompt to an assistant.
    OfferPrompt {
        /// The prompt.
        prompt: PromptId,
        /// Which way.
        via: Via,
    },
    /// An agent takes the prompt; the phase it is for begins.
    PickUpPrompt {
        /// The prompt.
        prompt: PromptId,
        /// Which way.
        via: Via,
    },
    /// The agent confirms that it has read the prompt.
    AcknowledgePrompt {
        /// The prompt.
        prompt: PromptId,
    },
    /// The cycle version is another.
    ChangeVersion {
        /// All three parts, as they are from now on.
        version: Version,
    },
    /// The pipeline ends.
    Finish {
        /// How.
        outcome: Outcome,
        /// A closing line.
        message: Option<String>,
    },
    /// An ended pipeline leaves the lists of the board. For people, and for Staffel by age.
    Archive,
    /// It comes back into the lists. For people, and for Staffel.
    Unarchive,
}

/// A task that is new or changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct TaskReport {
    /// The track it is on; `None` finds the task by name, or uses the track `Tasks`.
    pub track: Option<String>,
    /// Its name.
    pub name: String,
    /// What sort of work.
    pub kind: Option<String>,
    /// How far it is.
    pub status: TaskStatus,
}

/// How a pipeline ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Its work is done.
    Completed,
    /// It cannot be done.
    Failed,
    /// It is not wanted any more.
    Cancelled,
}
