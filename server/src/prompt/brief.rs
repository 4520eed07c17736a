//! What a writer knows when it writes: the handover, the review, the goal and the state.

use domain::{
    Comment, CommentState, Handover, HandoverId, Language, Pipeline, Purpose, TaskStatus, Verdict,
    text,
};
use protocol::shorten;
use serde::Serialize;

use crate::secrets;

/// Most open tasks in a prompt: an agent reads the rest with `get_pipeline_status`.
const TASKS_MAX: usize = 100;
/// Longest review of an earlier phase in a prompt, in characters.
const EARLIER_MAX: usize = 4_000;
/// Most answers to questions in a prompt, the newest.
const ANSWERS_MAX: usize = 20;
/// Longest question, answer or note in a prompt, in characters.
const SAID_MAX: usize = 2_000;

/// Everything a prompt is made from. Its fields are the variables of the template.
#[derive(Debug, Clone, Serialize)]
pub struct Brief {
    /// The pipeline's id, for the tool calls in the prompt.
    pub pipeline: String,
    /// The project.
    pub project: String,
    /// The pipeline's title.
    pub title: String,
    /// What it is to achieve; may be empty.
    pub goal: String,
    /// The cycle version; may be empty.
    pub version: String,
    /// The language to write in.
    pub language: Language,
    /// A start of the next phase, or a revision.
    pub purpose: Purpose,
    /// The phase the prompt is for.
    pub phase: String,
    /// The phase whose handover was decided.
    pub from_phase: String,
    /// The phase after `phase`; empty when it is the last.
    pub next_phase: String,
    /// All phases in order.
    pub phases: Vec<String>,
    /// The decided handover.
    #[serde(serialize_with = "as_text")]
    pub handover_id: HandoverId,
    /// Its revision.
    pub revision: u32,
    /// The handover's text, without characters that a reader cannot see.
    pub handover: String,
    /// What the person wants different; may be empty.
    pub review_changes: String,
    /// Comments of the review that the agent has to answer.
    pub comments: Vec<SaidComment>,
    /// Review changes of earlier phases, which still hold.
    pub earlier_changes: Vec<EarlierChanges>,
    /// What people answered to questions of the agent, which still holds; the newest twenty.
    pub answers: Vec<SaidAnswer>,
    /// What people told the agent and it has not confirmed.
    pub notes: Vec<String>,
    /// Tasks that are not completed, for the phase; the first hundred.
    pub open_tasks: Vec<OpenTask>,
    /// How many open tasks are not among them.
    pub more_tasks: usize,
    /// What a person wants to be minded, who has it written anew; empty the first time.
    pub hint: String,
}

/// A comment of the review.
#[derive(Debug, Clone, Serialize)]
pub struct SaidComment {
    /// Its number, by which it is answered.
    pub number: u32,
    /// The passage that it is about; empty where it is about the whole.
    pub about: String,
    /// The words, with those said about it since.
    pub text: String,
    /// The wording to put in the place of the passage; may be empty.
    pub suggestion: String,
}

/// What a person wanted different when accepting an earlier phase.
#[derive(Debug, Clone, Serialize)]
pub struct EarlierChanges {
    /// The accepted phase.
    pub phase: String,
    /// The words.
    pub note: String,
}

/// What a person answered.
#[derive(Debug, Clone, Serialize)]
pub struct SaidAnswer {
    /// What the agent asked.
    pub question: String,
    /// The words.
    pub answer: String,
}

/// A task that is still to be done.
#[derive(Debug, Clone, Serialize)]
pub struct OpenTask {
    /// Its track.
    pub track: String,
    /// Its name.
    pub name: String,
    /// Whether it failed before.
    pub failed: bool,
}

impl Brief {
    /// The brief for the prompt that this pipeline wants; `None` when it wants none.
    pub fn of(pipeline: &Pipeline, handover_text: &str) -> Option<Self> {
        let (handover, purpose) = pipeline.wants_prompt()?;
        Self::new(pipeline, handover, purpose, handover_text)
    }

    /// The brief for writing a prompt anew that no agent has; `None` when there is none.
    pub fn again(pipeline: &Pipeline, handover_text: &str, hint: &str) -> Option<Self> {
        let prompt = pipeline.newest_prompt()?;
        let handover = pipeline.handover(&prompt.handover)?;
        let brief = Self::new(pipeline, handover, prompt.purpose, handover_text)?;
        Some(Self {
            hint: hint.to_owned(),
            ..brief
        })
    }

    /// The brief for a model, which runs somewhere else: without what may be a secret in what agents wrote.
    pub fn for_others(&self) -> Self {
        let masked = |text: &str| secrets::mask(text).into_owned();
        Self {
            goal: masked(&self.goal),
            handover: masked(&self.handover),
            ..self.clone()
        }
    }

    fn new(
        pipeline: &Pipeline,
        handover: &Handover,
        purpose: Purpose,
        handover_text: &str,
    ) -> Option<Self> {
        let current = handover.current();
        let phase = match purpose {
            Purpose::NextPhase => handover.next_phase.as_ref()?,
            Purpose::Revision => &handover.phase,
        };
        let index = pipeline.phases.iter().position(|p| p.name == *phase)?;
        let earlier = pipeline.handovers.iter().filter(|h| h.id != handover.id);
        let open_tasks = pipeline.tracks.iter().flat_map(|track| {
            let here = |task: &&domain::Task| task.phase.as_ref().is_none_or(|of| of == phase);
            let open = track
                .tasks
                .iter()
                .filter(here)
                .filter(|task| task.status != TaskStatus::Completed);
            open.map(move |task| OpenTask {
                track: text::visible(&track.name).into_owned(),
                name: text::visible(&task.name).into_owned(),
                failed: task.status == TaskStatus::Failed,
            })
        });
        let mut open_tasks: Vec<_> = open_tasks.collect();
        Some(Self {
            pipeline: pipeline.id.to_string(),
            project: text::visible(&pipeline.project).into_owned(),
            title: text::visible(&pipeline.title).into_owned(),
            goal: text::visible(&pipeline.goal).into_owned(),
            version: text::visible(pipeline.version.current.as_deref().unwrap_or_default())
                .into_owned(),
            language: pipeline.language,
            purpose,
            phase: phase.to_string(),
            from_phase: handover.phase.to_string(),
            next_phase: pipeline
                .phases
                .get(index + 1)
                .map(|p| p.name.to_string())
                .unwrap_or_default(),
            phases: pipeline.phases.iter().map(|p| p.name.to_string()).collect(),
            handover_id: handover.id.clone(),
            revision: current.number,
            handover: text::visible(handover_text).into_owned(),
            review_changes: current
                .decision
                .as_ref()
                .map(|d| text::visible(&d.note).into_owned())
                .unwrap_or_default(),
            comments: {
                let open = pipeline.unsettled_comments();
                let open = open.filter(|comment| comment.state() == CommentState::Unanswered);
                open.map(SaidComment::of).collect()
            },
            earlier_changes: earlier
                .filter_map(|h| {
                    let made = h
                        .current()
                        .decision
                        .as_ref()
                        .filter(|d| d.decision == Verdict::Accept && !d.note.is_empty())?;
                    let note = shorten(&made.note, EARLIER_MAX);
                    Some(EarlierChanges {
                        phase: h.phase.to_string(),
                        note: text::visible(&note).into_owned(),
                    })
                })
                .collect(),
            answers: {
                let answered = pipeline.questions.iter().rev().filter_map(|question| {
                    Some(SaidAnswer {
                        question: said(&question.asked.question),
                        answer: said(&question.answer.as_ref()?.reply.line()),
                    })
                });
                let mut answers: Vec<_> = answered.take(ANSWERS_MAX).collect();
                answers.reverse();
                answers
            },
            notes: pipeline
                .unread_notes()
                .map(|note| said(&note.text))
                .collect(),
            hint: String::new(),
            more_tasks: open_tasks.len().saturating_sub(TASKS_MAX),
            open_tasks: {
                open_tasks.truncate(TASKS_MAX);
                open_tasks
            },
        })
    }
}

impl SaidComment {
    fn of(comment: &Comment) -> Self {
        let about = comment.said.about.as_ref();
        let insisted = comment
            .replies
            .iter()
            .filter(|reply| reply.outcome.is_none());
        let words = insisted.map(|reply| reply.text.as_str());
        let words = std::iter::once(comment.said.text.as_str()).chain(words);
        let words: Vec<_> = words.filter(|words| !words.is_empty()).map(said).collect();
        Self {
            number: comment.number,
            about: about
                .map(|passage| said(&passage.quote))
                .unwrap_or_default(),
            text: words.join("\n\n"),
            suggestion: comment
                .said
                .suggestion
                .as_deref()
                .map(said)
                .unwrap_or_default(),
        }
    }
}

fn said(text: &str) -> String {
    text::visible(&shorten(text, SAID_MAX)).into_owned()
}

fn as_text<S: serde::Serializer>(id: &HandoverId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(id)
}
