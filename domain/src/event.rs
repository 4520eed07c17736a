//! Facts, in the past tense.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::document::reference_or_text;
use crate::known::{known, known_or_default};
use crate::{
    Actor, Asked, CommentAnswer, DocumentHash, DocumentRef, HandoverId, Held, Language, NoteKind,
    PhaseName, PipelineId, Policy, PromptId, Proof, Proposal, Purpose, QuestionId, Recap, Reply,
    Review, Session, TaskStatus, Timestamp, Track, Version, Via, WireHit, Writer,
};

/// What happened to a pipeline. Stored for ever: fields are added, never renamed or removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "type")]
pub enum Event {
    /// A pipeline began to exist.
    PipelineStarted {
        /// The project it belongs to.
        project: String,
        /// What the board calls it.
        title: String,
        /// What it is to achieve.
        #[serde(default)]
        goal: String,
        /// Its phases in order.
        phases: Vec<PhaseName>,
        /// The cycle version.
        #[serde(default)]
        version: Version,
        /// Tracks and tasks that were known at the start.
        #[serde(default)]
        tracks: Vec<Track>,
        /// The language of its prompts. One that this version does not know is read as the default.
        #[serde(default, deserialize_with = "known_or_default")]
        language: Language,
        /// Whether it is a demonstration.
        #[serde(default)]
        demo: bool,
    },
    /// A phase began.
    PhaseStarted {
        /// The phase.
        phase: PhaseName,
    },
    /// A phase goes on after changes were requested.
    PhaseReopened {
        /// The phase.
        phase: PhaseName,
    },
    /// The agent gave a sign of life.
    ProgressReported {
        /// In which phase.
        phase: PhaseName,
        /// The progress it claims, 0 to 100.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        claimed: Option<u8>,
        /// A line of text.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
    },
    /// A task is new or changed.
    TaskUpdated {
        /// The track it is on.
        track: String,
        /// Its name.
        name: String,
        /// What sort of work.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kind: Option<String>,
        /// The phase it belongs to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        phase: Option<PhaseName>,
        /// How far it is. What this version does not know is not done: it is read as `pending`.
        #[serde(deserialize_with = "known_or_default")]
        status: TaskStatus,
    },
    /// A phase was finished and its first handover exists.
    HandoverSubmitted {
        /// The handover.
        handover: HandoverId,
        /// The phase it ends.
        phase: PhaseName,
        /// The phase it leads to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next_phase: Option<PhaseName>,
        /// The text.
        #[serde(alias = "content", deserialize_with = "reference_or_text")]
        document: DocumentRef,
        /// One line of it.
        summary: String,
        /// What it says beside its text.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        recap: Option<Arc<Recap>>,
    },
    /// A newer revision replaced the document; an open review of the old one is void.
    HandoverRevised {
        /// The handover.
        handover: HandoverId,
        /// The number of the new revision.
        revision: u32,
        /// The text.
        #[serde(alias = "content", deserialize_with = "reference_or_text")]
        document: DocumentRef,
        /// One line of it.
        summary: String,
        /// What it says beside its text.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        recap: Option<Arc<Recap>>,
    },
    /// The agent answered comments with a handover.
    CommentsAnswered {
        /// The handover.
        handover: HandoverId,
        /// Its newest revision.
        revision: u32,
        /// The answers.
        answers: Vec<CommentAnswer>,
    },
    /// What a person said about single points, recorded with the decision that follows.
    HandoverReviewed {
        /// The handover.
        handover: HandoverId,
        /// The revision that was read.
        revision: u32,
        /// The number of the first new comment.
        first: u32,
        /// New comments, and what becomes of earlier ones.
        review: Review,
    },
    /// A person set how the handover of a phase comes to its decision.
    PhasePolicySet {
        /// The phase.
        phase: PhaseName,
        /// The policy. One that this version does not know is read as the strictest.
        policy: Policy,
        /// How it is known who set it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        proof: Option<Proof>,
    },
    /// The policy of its phase did not accept a revision: a person decides.
    TripWiresHit {
        /// The handover.
        handover: HandoverId,
        /// The revision.
        revision: u32,
        /// The trip-wires that were hit.
        hit: Vec<WireHit>,
    },
    /// The policy of its phase accepted a revision as it was saved; the actor is whoever saved it.
    HandoverAcceptedByPolicy {
        /// The handover.
        handover: HandoverId,
        /// The revision.
        revision: u32,
        /// What was accepted, as [`crate::Revision::shown`] names it.
        read: DocumentHash,
        /// The person who set the policy.
        set_by: Actor,
        /// When that was.
        set_at: Timestamp,
    },
    /// A person accepted a revision of a phase that needs two people. The handover stays open.
    HandoverApproved {
        /// The handover.
        handover: HandoverId,
        /// The revision that was read.
        revision: u32,
        /// What was read, as [`crate::Revision::shown`] names it.
        read: DocumentHash,
        /// What should be different in the next phase.
        #[serde(default)]
        review_changes: String,
        /// How it is known who accepted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        proof: Option<Proof>,
    },
    /// A person decided, and can still take it back.
    DecisionPending {
        /// The decision.
        proposal: Box<Proposal>,
    },
    /// The person took it back, or an acceptance that waited for a second one. Nobody had acted on it.
    DecisionTakenBack {
        /// The handover.
        handover: HandoverId,
        /// The revision that was decided about.
        revision: u32,
    },
    /// A person accepted a handover.
    HandoverAccepted {
        /// The handover.
        handover: HandoverId,
        /// The revision that was read.
        revision: u32,
        /// What should be different in the next phase.
        #[serde(default)]
        review_changes: String,
        /// How it is known who decided.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        proof: Option<Proof>,
    },
    /// A person asked for a revision.
    ChangesRequested {
        /// The handover.
        handover: HandoverId,
        /// The revision that was read.
        revision: u32,
        /// What should be different.
        review_changes: String,
        /// How it is known who decided.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        proof: Option<Proof>,
    },
    /// A person stopped the pipeline at a handover.
    HandoverStopped {
        /// The handover.
        handover: HandoverId,
        /// The revision that was read.
        revision: u32,
        /// The reason, possibly empty.
        #[serde(default)]
        review_changes: String,
        /// How it is known who decided.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        proof: Option<Proof>,
    },
    /// The prompt that a decision asked for exists.
    PromptWritten {
        /// The prompt.
        prompt: PromptId,
        /// The handover it was written from.
        handover: HandoverId,
        /// The revision of that handover.
        revision: u32,
        /// The phase it starts or continues.
        phase: PhaseName,
        /// What it is for; none where a newer version named a purpose that this one does not know.
        #[serde(
            default,
            deserialize_with = "known",
            skip_serializing_if = "Option::is_none"
        )]
        purpose: Option<Purpose>,
        /// The text.
        #[serde(alias = "text", deserialize_with = "reference_or_text")]
        document: DocumentRef,
        /// Who wrote it.
        writer: Writer,
        /// Why it waits for a person before it leaves; it is offered at once otherwise.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        held: Option<Held>,
    },
    /// The prompt has another text. It waits for a person before it leaves.
    PromptRevised {
        /// The prompt.
        prompt: PromptId,
        /// The number of the version, from 2.
        version: u32,
        /// The text.
        document: DocumentRef,
        /// Who wrote it.
        writer: Writer,
        /// What the writer was told to mind.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hint: Option<String>,
    },
    /// The prompt has the text of another of its versions again.
    PromptVersionChosen {
        /// The prompt.
        prompt: PromptId,
        /// The number of the version.
        version: u32,
    },
    /// People look at the prompts for these phases, and no others, before they leave.
    HeldPhasesChanged {
        /// The phases.
        phases: Vec<PhaseName>,
    },
    /// The prompt was offered to an assistant.
    PromptOffered {
        /// The prompt.
        prompt: PromptId,
        /// The way it went; none where a newer version named one that this one does not know.
        #[serde(
            default,
            deserialize_with = "known",
            skip_serializing_if = "Option::is_none"
        )]
        via: Option<Via>,
    },
    /// An agent has the prompt.
    PromptPickedUp {
        /// The prompt.
        prompt: PromptId,
        /// The way it went; none where a newer version named one that this one does not know.
        #[serde(
            default,
            deserialize_with = "known",
            skip_serializing_if = "Option::is_none"
        )]
        via: Option<Via>,
    },
    /// The agent confirmed that it has read the prompt.
    PromptAcknowledged {
        /// The prompt.
        prompt: PromptId,
    },
    /// An agent asked a person something in the middle of a phase.
    QuestionAsked {
        /// The question.
        question: QuestionId,
        /// The phase that runs.
        phase: PhaseName,
        /// What is asked.
        asked: Asked,
    },
    /// A person answered.
    QuestionAnswered {
        /// The question.
        question: QuestionId,
        /// The answer.
        reply: Reply,
        /// How it is known who answered.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        proof: Option<Proof>,
    },
    /// An agent has the answer.
    AnswerDelivered {
        /// The question.
        question: QuestionId,
        /// The call that it was answered with.
        with: String,
    },
    /// A person told the agent something.
    NoteSent {
        /// Its number.
        note: u32,
        /// What it asks for. What this version does not know is a word to be read.
        #[serde(default, deserialize_with = "known_or_default")]
        kind: NoteKind,
        /// The words.
        #[serde(default)]
        text: String,
    },
    /// An agent has these notes.
    NotesDelivered {
        /// Their numbers.
        notes: Vec<u32>,
        /// The call that they were answered with.
        with: String,
    },
    /// The agent confirmed that it has read them.
    NotesAcknowledged {
        /// Their numbers.
        notes: Vec<u32>,
    },
    /// A session of an assistant works on it from now on.
    SessionJoined {
        /// Which one.
        session: Session,
    },
    /// A hook has seen the agent work.
    ActivitySeen {
        /// Tool calls since it told before.
        calls: u32,
    },
    /// The cycle version is another.
    VersionChanged {
        /// All three parts.
        version: Version,
    },
    /// The work is done.
    PipelineCompleted {
        /// A closing line.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
    },
    /// The work cannot be done.
    PipelineFailed {
        /// A closing line.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
    },
    /// The work is not wanted any more.
    PipelineCancelled {
        /// A closing line.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
    },
    /// It left the lists of the board. Only an ended pipeline can; it can still be read and found.
    PipelineArchived {},
    /// It is back in the lists.
    PipelineUnarchived {},
    /// A fact that a newer Staffel wrote. It is kept, and changes nothing here.
    #[serde(other)]
    Unknown,
}

/// An event with its place in the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Recorded {
    /// Its number in the journal: dense, in commit order. Also the SSE id.
    pub position: u64,
    /// The pipeline it belongs to.
    pub pipeline: PipelineId,
    /// Its number in the pipeline, from 1, dense.
    pub revision: u64,
    /// The time at which the relay appended it.
    pub at: Timestamp,
    /// Who caused it.
    pub actor: Actor,
    /// The idempotency key of the command that caused it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The fact itself.
    pub event: Event,
}
