//! The state of a pipeline, folded from its events: every subject applies its own.

use serde::{Deserialize, Serialize};

use crate::{
    Activity, Actor, Comment, Delivery, Entry, Event, Gaps, Handover, Language, Note, Outcome,
    Pending, Phase, PhaseName, PipelineId, Prompt, PromptVersion, Question, Recorded, Revision,
    Session, Status, Task, Timestamp, Track, Verdict, Version,
};

/// One run of a piece of work through its phases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Pipeline {
    /// Its id.
    pub id: PipelineId,
    /// The project it belongs to.
    pub project: String,
    /// What the board calls it.
    pub title: String,
    /// What it is to achieve.
    pub goal: String,
    /// The language of its prompts.
    pub language: Language,
    /// Whether it is a demonstration.
    pub demo: bool,
    /// The cycle version.
    pub version: Version,
    /// Its phases in order. Never empty.
    pub phases: Vec<Phase>,
    /// Index of the phase that runs, or ran last.
    pub current: usize,
    /// Its strands of work.
    pub tracks: Vec<Track>,
    /// Its handovers, the newest last.
    pub handovers: Vec<Handover>,
    /// The decision that its person can still take back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<Box<Pending>>,
    /// What people commented on in its handovers, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub comments: Vec<Comment>,
    /// Its prompts, the newest last.
    pub prompts: Vec<Prompt>,
    /// The phases whose prompts people look at before they leave; nothing where nobody chose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_phases: Option<Vec<PhaseName>>,
    /// Where it stands.
    pub status: Status,
    /// The newest lines of "What happened", the newest last.
    pub log: Vec<Entry>,
    /// The agent's latest line of text.
    pub message: Option<String>,
    /// The agent that acted last.
    pub agent: Option<String>,
    /// When it started.
    pub started: Timestamp,
    /// When the baton went to the one who has it.
    pub baton_since: Timestamp,
    /// When an agent last did anything here.
    pub last_sign_of_life: Timestamp,
    /// The usual time between two signs of life of an agent that has the baton, in the current phase, in milliseconds;
    /// 0 before two such times are known.
    #[serde(default)]
    pub usual_gap_ms: u64,
    /// What the usual gap is estimated from.
    #[serde(default)]
    pub gaps: Gaps,
    /// How long people had the baton, all together, in milliseconds. A wait counts when it is over, decided or not.
    #[serde(default)]
    pub waited_ms: u64,
    /// When it was archived, if it is.
    #[serde(default)]
    pub archived: Option<Timestamp>,
    /// What its agents asked, the newest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub questions: Vec<Question>,
    /// What people told its agents, the newest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
    /// Since when a person has paused the agent at work, if one has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused: Option<Timestamp>,
    /// The session of an assistant that works on it, where a hook has told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<Session>,
    /// What hooks have seen the agent do lately, the newest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub activity: Vec<Activity>,
    /// Who started it.
    pub started_by: Actor,
    /// The number of its newest event, from 1.
    pub revision: u64,
    /// The journal position of its newest event.
    pub position: u64,
}

impl Pipeline {
    /// Folds one more event into the state. Events that make no sense here change nothing: a journal
    /// that was written by a newer version must still open.
    pub fn apply(&mut self, recorded: &Recorded) {
        let baton = self.baton();
        self.mark(recorded);
        self.fold(recorded);
        self.end_pause();
        self.end_pending();
        self.count_progress();
        if self.baton() != baton {
            self.pass_baton(baton, recorded.at);
        }
    }

    fn fold(&mut self, recorded: &Recorded) {
        match &recorded.event {
            Event::PipelineStarted { .. } | Event::Unknown => {}
            Event::PhaseStarted { phase } => self.apply_phase_started(recorded, phase),
            Event::PhaseReopened { phase } => self.apply_phase_reopened(recorded, phase),
            Event::ProgressReported {
                claimed, message, ..
            } => self.apply_progress(recorded, *claimed, message.as_deref()),
            Event::TaskUpdated {
                track,
                name,
                kind,
                phase,
                status,
            } => {
                let task = Task {
                    name: name.clone(),
                    kind: kind.clone(),
                    phase: phase.clone(),
                    status: *status,
                };
                self.apply_task(recorded, track, task);
            }
            Event::HandoverSubmitted {
                handover,
                phase,
                next_phase,
                document,
                summary,
                recap,
            } => {
                let first = Revision::new(1, *document, summary, recap, recorded);
                let next_phase = next_phase.as_ref();
                self.apply_handover_submitted(recorded, handover, phase, next_phase, first);
            }
            Event::HandoverRevised {
                handover,
                revision,
                document,
                summary,
                recap,
            } => {
                let next = Revision::new(*revision, *document, summary, recap, recorded);
                self.apply_handover_revised(recorded, handover, next);
            }
            Event::CommentsAnswered {
                revision, answers, ..
            } => self.apply_comments_answered(recorded, *revision, answers),
            Event::HandoverReviewed {
                handover,
                revision,
                first,
                review,
            } => self.apply_handover_reviewed(recorded, handover, *revision, *first, review),
            Event::DecisionPending { proposal } => self.apply_decision_pending(recorded, proposal),
            Event::DecisionTakenBack { handover, revision } => {
                self.apply_decision_taken_back(recorded, handover, *revision);
            }
            Event::PhasePolicySet { phase, policy, .. } => {
                self.apply_phase_policy(recorded, phase, *policy);
            }
            Event::TripWiresHit {
                handover,
                revision,
                hit,
            } => self.apply_trip_wires_hit(handover, *revision, hit),
            Event::HandoverAcceptedByPolicy {
                handover,
                revision,
                set_by,
                ..
            } => self.record_decision(
                recorded,
                handover,
                *revision,
                Verdict::Accept,
                "",
                None,
                Some(set_by),
            ),
            Event::HandoverApproved {
                handover,
                revision,
                review_changes,
                proof,
                ..
            } => self.apply_handover_approved(
                recorded,
                handover,
                *revision,
                review_changes,
                proof.as_ref(),
            ),
            Event::HandoverAccepted {
                handover,
                revision,
                review_changes,
                proof,
            } => self.record_decision(
                recorded,
                handover,
                *revision,
                Verdict::Accept,
                review_changes,
                proof.as_ref(),
                None,
            ),
            Event::ChangesRequested {
                handover,
                revision,
                review_changes,
                proof,
            } => self.record_decision(
                recorded,
                handover,
                *revision,
                Verdict::RequestChanges,
                review_changes,
                proof.as_ref(),
                None,
            ),
            Event::HandoverStopped {
                handover,
                revision,
                review_changes,
                proof,
            } => self.record_decision(
                recorded,
                handover,
                *revision,
                Verdict::Stop,
                review_changes,
                proof.as_ref(),
                None,
            ),
            Event::PromptWritten {
                prompt,
                handover,
                revision,
                phase,
                purpose,
                document,
                writer,
                held,
            } => {
                let prompt = Prompt {
                    id: prompt.clone(),
                    handover: handover.clone(),
                    revision: *revision,
                    phase: phase.clone(),
                    purpose: purpose.unwrap_or_else(|| self.purpose_of(handover, *revision)),
                    document: *document,
                    writer: writer.clone(),
                    version: 1,
                    versions: Vec::new(),
                    held: *held,
                    deliveries: vec![Delivery::written(recorded)],
                };
                self.apply_prompt_written(recorded, prompt);
            }
            Event::PromptRevised {
                prompt,
                version,
                document,
                writer,
                hint,
            } => {
                let new = PromptVersion {
                    document: *document,
                    writer: writer.clone(),
                    by: recorded.actor.clone(),
                    at: recorded.at,
                    hint: hint.clone(),
                };
                self.apply_prompt_revised(recorded, prompt, *version, new);
            }
            Event::PromptVersionChosen { prompt, version } => {
                self.apply_prompt_version_chosen(recorded, prompt, *version);
            }
            Event::HeldPhasesChanged { phases } => self.apply_held_phases(phases),
            Event::PromptOffered { prompt, via } => {
                self.apply_prompt_offered(recorded, prompt, *via);
            }
            Event::PromptPickedUp { prompt, via } => {
                self.apply_prompt_picked_up(recorded, prompt, *via);
            }
            Event::PromptAcknowledged { prompt } => {
                self.apply_prompt_acknowledged(recorded, prompt);
            }
            Event::QuestionAsked {
                question,
                phase,
                asked,
            } => self.apply_question_asked(recorded, question, phase, asked),
            Event::QuestionAnswered {
                question,
                reply,
                proof,
            } => self.apply_question_answered(recorded, question, reply, proof.as_ref()),
            Event::AnswerDelivered { question, with } => {
                self.apply_answer_delivered(recorded, question, with);
            }
            Event::NoteSent { note, kind, text } => {
                self.apply_note_sent(recorded, *note, *kind, text);
            }
            Event::NotesDelivered { notes, with } => {
                self.apply_notes_delivered(recorded, notes, with);
            }
            Event::NotesAcknowledged { notes } => self.apply_notes_acknowledged(recorded, notes),
            Event::SessionJoined { session } => self.apply_session_joined(recorded, session),
            Event::ActivitySeen { calls } => self.apply_activity(recorded, *calls),
            Event::VersionChanged { version } => self.apply_version(recorded, version),
            Event::PipelineCompleted { message } => {
                self.apply_end(recorded, Outcome::Completed, message.as_deref());
            }
            Event::PipelineFailed { message } => {
                self.apply_end(recorded, Outcome::Failed, message.as_deref());
            }
            Event::PipelineCancelled { message } => {
                self.apply_end(recorded, Outcome::Cancelled, message.as_deref());
            }
            Event::PipelineArchived {} => self.apply_archived(recorded),
            Event::PipelineUnarchived {} => self.apply_unarchived(recorded),
        }
        self.see_running(recorded);
    }

    /// Notes which event is the newest, and by whom.
    pub(crate) fn mark(&mut self, recorded: &Recorded) {
        self.revision = recorded.revision;
        self.position = recorded.position;
        self.hear(recorded);
    }
}
