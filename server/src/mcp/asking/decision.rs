//! The form for a decision.
//!
//! The decision is asked for alone, and the text only after `request_changes`: Codex 0.169 cannot send a form whose
//! optional last field is empty.

use domain::{
    Handover, HandoverId, Pipeline, Proof, Proposal, ProvenBy, Reason, Refusal, Review, Verdict,
};
use rmcp::{RoleServer, service::Peer};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Form, Said, in_call};
use crate::mcp::tasks::TaskId;

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// What the person decides.
    Decision,
    /// What should change.
    Changes,
}

impl Step {
    /// The steps, in their order.
    pub const ALL: [Self; 2] = [Self::Decision, Self::Changes];
}

/// What the person filled in first.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DecisionForm {
    decision: Verdict,
}

/// What the person filled in after `request_changes`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangesForm {
    review_changes: String,
}

/// The person's answer.
#[derive(Debug)]
pub enum Answer {
    /// A decision, to be checked by the rules.
    Proposal(Box<Proposal>),
    /// Changes are wanted; which, is asked next.
    WantsChanges,
    /// The person does not want to decide there.
    Declined,
    /// The client answered by itself.
    ByItself,
}

/// The form about the newest revision.
pub fn form(pipeline: &Pipeline, handover: &Handover, board: &str, step: Step) -> Form {
    let current = handover.current();
    let (message, field, schema) = match step {
        Step::Decision => (
            format!(
                "{} is handed over in {:?} (revision {}): {}\n{}Read it at {board}/pipelines/{} and decide there or here.",
                handover.phase,
                pipeline.title,
                current.number,
                current.summary,
                unsettled(pipeline),
                pipeline.id
            ),
            "decision",
            json!({
                "type": "string",
                "title": "Decision",
                "enum": ["accept", "request_changes", "stop"],
            }),
        ),
        Step::Changes => (
            format!(
                "What should change in {} of {:?} (revision {})? Your text goes into the next prompt.\nThe handover: {board}/pipelines/{}",
                handover.phase, pipeline.title, current.number, pipeline.id
            ),
            "review_changes",
            json!({ "type": "string", "title": "What should change?", "minLength": 1 }),
        ),
    };
    Form {
        about: format!("{} {field}", TaskId::of(handover)),
        key: "decision",
        message,
        fields: [(field.to_owned(), schema)].into_iter().collect(),
        required: vec![field.to_owned()],
    }
}

/// What whoever accepts here passes over; nothing where all is done.
fn unsettled(pipeline: &Pipeline) -> String {
    let blocking = pipeline.blocking_comments();
    let numbers: Vec<_> = blocking.map(|comment| comment.number.to_string()).collect();
    if numbers.is_empty() {
        return String::new();
    }
    let numbers = numbers.join(", ");
    format!("Not done as you asked: comment {numbers}. Accepting settles that.\n")
}

/// Asks while the call is open. When `settled` completes first, there is nothing to answer any more.
pub async fn ask(
    peer: &Peer<RoleServer>,
    handover: &Handover,
    forms: [Form; 2],
    settled: impl Future<Output = ()>,
) -> Option<Result<Answer, Refusal>> {
    let mut settled = std::pin::pin!(settled);
    for (step, form) in Step::ALL.into_iter().zip(forms) {
        let said = in_call(peer, &form, settled.as_mut()).await?;
        match read(handover, step, said) {
            Ok(Answer::WantsChanges) => {}
            answer => return Some(answer),
        }
    }
    None
}

/// What the person has said.
///
/// # Errors
/// What was filled in is no answer to what was asked.
pub fn read(handover: &Handover, step: Step, said: Said) -> Result<Answer, Refusal> {
    let content: Value = match said {
        Said::Filled(content) => content,
        Said::Declined => return Ok(Answer::Declined),
        Said::ByItself => return Ok(Answer::ByItself),
    };
    let unclear = |error| unclear(&handover.id, step, &error);
    let (decision, review_changes) = match step {
        Step::Decision => {
            let DecisionForm { decision } = serde_json::from_value(content).map_err(unclear)?;
            if decision == Verdict::RequestChanges {
                return Ok(Answer::WantsChanges);
            }
            (decision, String::new())
        }
        Step::Changes => {
            let ChangesForm { review_changes } =
                serde_json::from_value(content).map_err(unclear)?;
            (Verdict::RequestChanges, review_changes)
        }
    };
    Ok(Answer::Proposal(Box::new(Proposal {
        handover: handover.id.clone(),
        revision: handover.current().number,
        read: None,
        decision,
        review_changes,
        review: Review::default(),
        undo_seconds: 0,
        proof: Some(Proof {
            by: ProvenBy::Client,
            device: None,
        }),
    })))
}

fn unclear(handover: &HandoverId, step: Step, error: &serde_json::Error) -> Refusal {
    Refusal::new(
        Reason::Invalid,
        format!("What the client brought back is no decision about {handover}: {error}."),
        match step {
            Step::Decision => "`decision`: accept, request_changes or stop.",
            Step::Changes => "`review_changes` as text.",
        },
        "Call await_handover_decision again; the person is asked again, or decides on the board.",
    )
}
