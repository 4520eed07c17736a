//! The comments of a review, as an agent reads and answers them.

use domain::{AnswerOutcome, Comment, CommentState, Pipeline};
use schemars::JsonSchema;
use serde::Serialize;

use super::words::word;

/// A comment of the review, to be answered by its number.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
pub struct Point {
    /// For `answers` of save_handover_content.
    pub comment: u32,
    /// The passage that it is about; null where it is about the whole.
    pub about: Option<String>,
    /// What the person says, with later words about it.
    pub text: String,
    /// The wording to put in place of the passage.
    pub suggestion: Option<String>,
    /// unanswered, done or declined.
    pub state: String,
}

impl Point {
    /// The comments that are not settled.
    pub fn unsettled(pipeline: &Pipeline) -> Vec<Self> {
        pipeline.unsettled_comments().map(Self::of).collect()
    }

    /// Those that the agent has to answer.
    pub fn unanswered(pipeline: &Pipeline) -> Vec<Self> {
        let comments = pipeline.unsettled_comments();
        let comments = comments.filter(|comment| comment.state() == CommentState::Unanswered);
        comments.map(Self::of).collect()
    }

    fn of(comment: &Comment) -> Self {
        let said = &comment.said;
        Self {
            comment: comment.number,
            about: said.about.as_ref().map(|passage| passage.quote.clone()),
            text: words(comment),
            suggestion: said.suggestion.clone(),
            state: word(&comment.state()),
        }
    }
}

/// A comment with what was answered and said since.
fn words(comment: &Comment) -> String {
    let mut words = comment.said.text.clone();
    for reply in comment
        .replies
        .iter()
        .filter(|reply| !reply.text.is_empty())
    {
        let who = match reply.outcome {
            None => format!("{} insists", reply.by.name),
            Some(AnswerOutcome::Done) => "Answered as done".to_owned(),
            Some(AnswerOutcome::Declined) => "Declined".to_owned(),
        };
        words += &format!("\n{who}: {}", reply.text);
    }
    words
}
