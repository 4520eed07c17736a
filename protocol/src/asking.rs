//! Questions of agents, and notes to them, as they leave the server.

use domain::{Note, Pipeline, PipelineId, Question, QuestionId, QuestionKind, Timestamp};
use serde::{Deserialize, Serialize};

use crate::shorten;

/// Longest question in a row, in characters.
const LINE_MAX: usize = 200;

/// The question that waits longest, as a row shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct QuestionRef {
    /// Its id.
    pub question: QuestionId,
    /// What is asked, cut to a line.
    pub text: String,
    /// How it is answered.
    pub kind: QuestionKind,
    /// Whether the agent waits for the answer.
    #[serde(default)]
    pub waits: bool,
    /// Since when it waits.
    pub at: Timestamp,
    /// How many wait, this one included.
    pub open: u32,
}

impl QuestionRef {
    /// The oldest open question of a pipeline; one that the agent waits for comes first.
    pub fn first(pipeline: &Pipeline) -> Option<Self> {
        let open = u32::try_from(pipeline.open_questions().count()).unwrap_or(u32::MAX);
        let first = pipeline
            .open_questions()
            .min_by_key(|question| !question.waits)?;
        Some(Self {
            question: first.id.clone(),
            text: shorten(&first.asked.question, LINE_MAX),
            kind: first.asked.kind,
            waits: first.waits,
            at: first.at,
            open,
        })
    }
}

/// A question with its answer, if it has one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct QuestionView {
    /// The pipeline.
    pub pipeline: PipelineId,
    /// The question.
    pub question: Question,
}

/// A note, and how far it got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct NoteView {
    /// The pipeline.
    pub pipeline: PipelineId,
    /// The note.
    pub note: Note,
}
