//! What leaves the server: the shapes of SSE events and REST answers, shared with the board.

use serde::{Deserialize, Serialize};

use crate::{
    Actor, Baton, Decision, Delivery, DeliveryState, Entry, Handover, HandoverId, Language, Phase,
    PhaseName, Pipeline, PipelineId, ProgressSource, Prompt, PromptId, Purpose, Revision, Status,
    Timestamp, Track, Verdict, Version, Via, Writer,
};

/// The names of the SSE events, the `event:` lines. Closed: no text from outside ever becomes one.
pub mod event_name {
    /// [`super::Snapshot`]: everything in view, on the first connect and after [`RESET`].
    pub const SNAPSHOT: &str = "snapshot";
    /// [`super::PipelineStatus`]: any change of a pipeline.
    pub const PIPELINE_STATUS: &str = "pipeline_status";
    /// [`super::HandoverView`]: a handover or a revision arrived.
    pub const HANDOVER: &str = "handover";
    /// [`super::HandoverDecided`]: a person decided.
    pub const HANDOVER_DECIDED: &str = "handover_decided";
    /// [`super::PromptView`]: a prompt is ready.
    pub const CURSOR_PROMPT: &str = "cursor_prompt";
    /// [`super::PromptDelivery`]: a prompt got further.
    pub const PROMPT_DELIVERY: &str = "prompt_delivery";
    /// [`super::VersionView`]: the cycle version changed.
    pub const VERSION: &str = "version";
    /// [`super::Reset`]: resuming is impossible; a [`SNAPSHOT`] follows.
    pub const RESET: &str = "reset";
    /// [`super::Agents`]: an agent came, called or changed. It carries no id, and comes first on every connect.
    pub const AGENTS: &str = "agents";
    /// [`super::Heartbeat`]: every 15 seconds.
    pub const HEARTBEAT: &str = "heartbeat";
    /// [`super::Shutdown`]: before a planned stop.
    pub const SHUTDOWN: &str = "shutdown";

    /// All of them.
    pub const ALL: [&str; 11] = [
        SNAPSHOT,
        PIPELINE_STATUS,
        HANDOVER,
        HANDOVER_DECIDED,
        CURSOR_PROMPT,
        PROMPT_DELIVERY,
        VERSION,
        RESET,
        AGENTS,
        HEARTBEAT,
        SHUTDOWN,
    ];
}

/// Everything in view at one journal position.
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
    /// All pipelines in view, the newest first.
    pub pipelines: Vec<PipelineStatus>,
}

/// A pipeline as the board shows it. Self-contained: applying the newest one is enough.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PipelineStatus {
    /// The pipeline.
    pub pipeline: PipelineId,
    /// Its project.
    pub project: String,
    /// What the board calls it.
    pub title: String,
    /// What it is to achieve.
    pub goal: String,
    /// The cycle version.
    pub version: Version,
    /// The language of its prompts.
    pub language: Language,
    /// Whether it is a demonstration.
    pub demo: bool,
    /// The phase that runs, or ran last.
    pub phase: PhaseName,
    /// The progress of that phase, 0 to 100.
    pub progress: u8,
    /// Where that figure comes from.
    pub progress_source: ProgressSource,
    /// Where it stands.
    pub status: Status,
    /// Who has the baton.
    pub baton: Baton,
    /// Since when.
    pub baton_since: Timestamp,
    /// All phases.
    pub phases: Vec<Phase>,
    /// All tracks with their tasks.
    pub tracks: Vec<Track>,
    /// The agent's latest line of text in this phase.
    pub message: Option<String>,
    /// The newest lines of "What happened", the newest last.
    pub log: Vec<Entry>,
    /// The newest handover, without its text.
    pub handover: Option<HandoverRef>,
    /// The newest prompt, without its text.
    pub prompt: Option<PromptRef>,
    /// The agent that acted last.
    pub agent: Option<String>,
    /// When it started.
    pub started: Timestamp,
    /// When an agent last did anything here.
    pub last_sign_of_life: Timestamp,
    /// The number of its newest event.
    pub revision: u64,
    /// The journal position of its newest event.
    pub position: u64,
}

/// Lines of the log that travel with every status; the rest is at `GET /api/pipelines/{id}/events`.
const STATUS_LOG_LINES: usize = 12;

impl From<&Pipeline> for PipelineStatus {
    fn from(pipeline: &Pipeline) -> Self {
        let skip = pipeline.log.len().saturating_sub(STATUS_LOG_LINES);
        Self {
            pipeline: pipeline.id.clone(),
            project: pipeline.project.clone(),
            title: pipeline.title.clone(),
            goal: pipeline.goal.clone(),
            version: pipeline.version.clone(),
            language: pipeline.language,
            demo: pipeline.demo,
            phase: pipeline.phase().name.clone(),
            progress: pipeline.phase().progress,
            progress_source: pipeline.phase().progress_source,
            status: pipeline.status,
            baton: pipeline.baton(),
            baton_since: pipeline.baton_since,
            phases: pipeline.phases.clone(),
            tracks: pipeline.tracks.clone(),
            message: pipeline.message.clone(),
            log: pipeline.log.iter().skip(skip).cloned().collect(),
            handover: pipeline.handovers.last().map(HandoverRef::from),
            prompt: pipeline.prompts.last().map(PromptRef::from),
            agent: pipeline.agent.clone(),
            started: pipeline.started,
            last_sign_of_life: pipeline.last_sign_of_life,
            revision: pipeline.revision,
            position: pipeline.position,
        }
    }
}

/// A handover without its text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct HandoverRef {
    /// The handover.
    pub handover: HandoverId,
    /// The phase it ends.
    pub phase: PhaseName,
    /// The phase it leads to.
    pub next_phase: Option<PhaseName>,
    /// Its newest revision.
    pub revision: u32,
    /// One line of it.
    pub summary: String,
    /// Who wrote that revision.
    pub by: Actor,
    /// When that revision arrived.
    pub at: Timestamp,
    /// The decision about that revision.
    pub decision: Option<Decision>,
}

impl From<&Handover> for HandoverRef {
    fn from(handover: &Handover) -> Self {
        let Revision {
            number,
            summary,
            by,
            at,
            decision,
            ..
        } = handover.current().clone();
        Self {
            handover: handover.id.clone(),
            phase: handover.phase.clone(),
            next_phase: handover.next_phase.clone(),
            revision: number,
            summary,
            by,
            at,
            decision,
        }
    }
}

/// A handover to be read: its newest revision with the text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct HandoverView {
    /// The pipeline.
    pub pipeline: PipelineId,
    /// What the board calls it.
    pub title: String,
    /// The handover without its text.
    #[serde(flatten)]
    pub about: HandoverRef,
    /// The text, in Markdown.
    pub content: String,
    /// The text as sanitised HTML.
    pub html: String,
}

/// A person decided about a handover.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct HandoverDecided {
    /// The pipeline.
    pub pipeline: PipelineId,
    /// The handover.
    pub handover: HandoverId,
    /// The revision that was read.
    pub revision: u32,
    /// The decision.
    pub decision: Verdict,
    /// Who decided.
    pub by: Actor,
    /// The review changes.
    pub note: String,
    /// When.
    pub at: Timestamp,
}

/// A prompt without its text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PromptRef {
    /// The prompt.
    pub prompt_id: PromptId,
    /// The handover it was written from.
    pub handover: HandoverId,
    /// The phase it is for.
    pub phase: PhaseName,
    /// What it is for.
    pub purpose: Purpose,
    /// Who wrote it.
    pub writer: Writer,
    /// How far it got.
    pub state: DeliveryState,
    /// Every step of its way.
    pub deliveries: Vec<Delivery>,
}

impl From<&Prompt> for PromptRef {
    fn from(prompt: &Prompt) -> Self {
        Self {
            prompt_id: prompt.id.clone(),
            handover: prompt.handover.clone(),
            phase: prompt.phase.clone(),
            purpose: prompt.purpose,
            writer: prompt.writer.clone(),
            state: prompt.state(),
            deliveries: prompt.deliveries.clone(),
        }
    }
}

/// A prompt to be handed over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PromptView {
    /// The pipeline.
    pub pipeline: PipelineId,
    /// The prompt without its text.
    #[serde(flatten)]
    pub about: PromptRef,
    /// The text.
    pub prompt: String,
    /// One-click ways into assistants.
    pub links: Vec<Link>,
}

/// A link that opens an assistant with the prompt typed in. The person there confirms; nothing runs by itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Link {
    /// The way it goes.
    pub via: Via,
    /// The address.
    pub href: String,
    /// Why it carries only the short form ("call `get_next_prompt`"), if it does.
    pub short: Option<ShortForm>,
}

/// Why a link carries the short form of a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ShortForm {
    /// The whole text is over the client's limit.
    TooLong,
    /// The client refuses texts like this one.
    Forbidden,
}

/// A prompt got further on its way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PromptDelivery {
    /// The pipeline.
    pub pipeline: PipelineId,
    /// The prompt.
    pub prompt_id: PromptId,
    /// How far it got.
    pub state: DeliveryState,
    /// Which way.
    pub via: Option<Via>,
    /// Who took the step.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
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

/// The agents that Staffel knows: those with a token, and those that called since it started.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Agents {
    /// The one that called last comes first; those that never called come last, by name.
    pub agents: Vec<AgentView>,
}

/// An agent, as it is seen over MCP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct AgentView {
    /// Its name: that of its token, else the one that its client gives itself.
    pub name: String,
    /// The scope of its token; none without a token.
    pub scope: Option<Scope>,
    /// The client it used last, with its version.
    pub client: Option<String>,
    /// The protocol version that this client speaks, for example `2026-07-28`.
    pub protocol: Option<String>,
    /// How many of its calls are open now, such as a wait for a decision.
    pub open: u32,
    /// On how many streams it listens now.
    pub streams: u32,
    /// When it came: its first call since the server started, or after a while without any.
    pub since: Option<Timestamp>,
    /// When it called last, since the server started.
    pub last_call: Option<Timestamp>,
    /// What it called: a tool, or a method of the protocol.
    pub called: Option<String>,
}

/// What a token allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Only reading.
    Read,
    /// Reading and reporting: everything an agent can do.
    Report,
}

impl Scope {
    /// Its name, as it stands in commands and in OAuth's metadata.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Report => "report",
        }
    }
}
