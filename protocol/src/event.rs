//! The events of `GET /sse`.

use domain::{Entry, PipelineId, Task, Timestamp, Version};
use serde::{Deserialize, Serialize};

use crate::{Counts, Summary};

/// The names of the SSE events, the `event:` lines. Closed: no text from outside ever becomes one.
pub mod event_name {
    /// [`crate::Snapshot`]: everything in view, on the first connect and after [`RESET`].
    pub const SNAPSHOT: &str = "snapshot";
    /// [`crate::PipelineStatus`]: any change of a pipeline.
    pub const PIPELINE_STATUS: &str = "pipeline_status";
    /// [`crate::HandoverView`]: a handover or a revision arrived.
    pub const HANDOVER: &str = "handover";
    /// [`crate::HandoverDecided`]: a person decided.
    pub const HANDOVER_DECIDED: &str = "handover_decided";
    /// [`crate::PromptView`]: a prompt is ready.
    pub const CURSOR_PROMPT: &str = "cursor_prompt";
    /// [`crate::PromptDelivery`]: a prompt got further.
    pub const PROMPT_DELIVERY: &str = "prompt_delivery";
    /// [`crate::QuestionView`]: an agent asked a person, a person answered, or an agent has the answer.
    pub const QUESTION: &str = "question";
    /// [`crate::NoteView`]: a person told an agent something, or an agent has it or has read it.
    pub const NOTE: &str = "note";
    /// [`crate::VersionView`]: the cycle version changed.
    pub const VERSION: &str = "version";
    /// [`crate::Reset`]: resuming is impossible; a [`SNAPSHOT`] follows.
    pub const RESET: &str = "reset";
    /// [`crate::Agents`]: an agent came, called or changed. It carries no id, and comes first on every connect.
    pub const AGENTS: &str = "agents";
    /// [`crate::Heartbeat`]: every 15 seconds.
    pub const HEARTBEAT: &str = "heartbeat";
    /// [`crate::Shutdown`]: before a planned stop.
    pub const SHUTDOWN: &str = "shutdown";

    /// All of them.
    pub const ALL: [&str; 13] = [
        SNAPSHOT,
        PIPELINE_STATUS,
        HANDOVER,
        HANDOVER_DECIDED,
        CURSOR_PROMPT,
        PROMPT_DELIVERY,
        QUESTION,
        NOTE,
        VERSION,
        RESET,
        AGENTS,
        HEARTBEAT,
        SHUTDOWN,
    ];
}

/// What the overview shows first, at one journal position: open and recently ended pipelines within a bound.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Snapshot {
    /// Staffel's own version.
    pub server: String,
    /// The journal's epoch.
    pub epoch: String,
    /// The journal position that this is the state of.
    pub position: u64,
    /// The server's time.
    pub at: Timestamp,
    /// Those that wait for a person first, then the other open ones, then ended ones, the newest first.
    pub pipelines: Vec<Summary>,
    /// Whether there are more than these; `GET /api/pipelines` has all.
    #[serde(default)]
    pub more: bool,
    /// How many there are.
    #[serde(default)]
    pub counts: Counts,
}

/// Any change of a pipeline: what it is now, and what is new.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PipelineStatus {
    /// The pipeline after the change.
    #[serde(flatten)]
    pub summary: Summary,
    /// What is new about it. The board reads this as a field of the same object.
    pub changed: Changed,
}

/// What one change added to the detail of a pipeline.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Changed {
    /// The revision of the pipeline before it: a detail of another revision has missed something.
    pub from: u64,
    /// Tasks that are new or changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<TaskChange>,
    /// New lines of "What happened".
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub log: Vec<Entry>,
    /// More changed than fits in here: fetch the detail again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub more: bool,
}

/// A task that is new or changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct TaskChange {
    /// The track it is on.
    pub track: String,
    /// The task as it is now.
    pub task: Task,
}

/// The cycle version of a pipeline changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct VersionView {
    /// The pipeline.
    pub pipeline: PipelineId,
    /// All three parts.
    #[serde(flatten)]
    pub version: Version,
}

/// Resuming from the given id is impossible; a [`Snapshot`] follows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Reset {
    /// Why.
    pub reason: ResetReason,
    /// The epoch that is valid now.
    pub epoch: String,
    /// The oldest position that can be resumed after.
    pub floor: u64,
    /// The newest position.
    pub head: u64,
}

/// Why a stream cannot be resumed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ResetReason {
    /// The id is from another journal.
    OtherEpoch,
    /// The id is older than what is kept.
    TooOld,
    /// The id is newer than the journal.
    FromTheFuture,
    /// The id cannot be read.
    Unreadable,
}

/// A sign of life of the server, visible to JavaScript.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Heartbeat {
    /// The server's time.
    pub at: Timestamp,
    /// The newest journal position.
    pub head: u64,
}

/// The server stops on purpose.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Shutdown {
    /// How long to wait before connecting again, in milliseconds.
    pub retry_ms: u64,
}
