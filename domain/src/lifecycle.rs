//! Where a pipeline stands, and how it ends.

use serde::{Deserialize, Serialize};

use crate::{
    Actor, ActorKind, Event, PhaseStatus, Pipeline, Policy, Reason, Recorded, Refusal, What,
    limits::MESSAGE_MAX, phase_name, text,
};

/// Where a pipeline stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It exists and no phase has begun.
    Idle,
    /// An agent works.
    Running,
    /// A handover waits for a person.
    AwaitingReview,
    /// A decision is made; its prompt is on the way.
    HandingOver,
    /// Its work is done.
    Completed,
    /// It could not be done.
    Failed,
    /// It was stopped.
    Cancelled,
}

impl Status {
    /// Whether the pipeline has ended.
    pub fn has_ended(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }
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

/// Decides about an end. No events means: it ended this way already.
pub(crate) fn finish(
    pipeline: &Pipeline,
    actor: &Actor,
    outcome: Outcome,
    message: Option<&str>,
) -> Result<Vec<Event>, Refusal> {
    let message = text::optional_line("message", message, MESSAGE_MAX)?;
    let already = match outcome {
        Outcome::Completed => Status::Completed,
        Outcome::Failed => Status::Failed,
        Outcome::Cancelled => Status::Cancelled,
    };
    if pipeline.status == already {
        return Ok(vec![]);
    }
    refuse_when_ended(pipeline)?;
    Ok(vec![match outcome {
        Outcome::Completed => {
            refuse_when_incomplete(pipeline, actor)?;
            Event::PipelineCompleted { message }
        }
        Outcome::Failed => Event::PipelineFailed { message },
        Outcome::Cancelled => Event::PipelineCancelled { message },
    }])
}

/// A pipeline is complete when a person has accepted its last phase. That completes it by itself; a person may also
/// complete it without a handover while the last phase runs.
fn refuse_when_incomplete(pipeline: &Pipeline, actor: &Actor) -> Result<(), Refusal> {
    let is_person = actor.kind == ActorKind::Person;
    let (running, left) = (pipeline.phase(), &pipeline.phases[pipeline.current + 1..]);
    let last = left.last().unwrap_or(running);
    let needs_two = pipeline.policy(&running.name) == Policy::TwoPeople;
    let alone = left.is_empty() && is_person && pipeline.status == Status::Running;
    if last.status == PhaseStatus::Accepted || (alone && !needs_two) {
        return Ok(());
    }
    if alone {
        return Err(Refusal::new(
            Reason::NotYourTurn,
            format!(
                "{} needs two people, and completing the pipeline now needs one.",
                running.name
            ),
            "outcome `failed` or `cancelled` now; two people who accept the handover complete the pipeline.",
            format!("Wait for the handover of {}.", running.name),
        ));
    }
    let (reason, what) = if left.is_empty() && !is_person {
        (
            Reason::OnlyPeopleDecide,
            format!(
                "`{}` is not a person, and no person has accepted the handover of {}, the last phase.",
                actor.name, running.name
            ),
        )
    } else if left.is_empty() {
        (
            Reason::NotYourTurn,
            format!("The handover of {} is not accepted yet.", running.name),
        )
    } else {
        (
            Reason::NotYourTurn,
            format!(
                "The pipeline is in {}; {} still to come.",
                running.name,
                phase_name::list(left.iter().map(|phase| &phase.name))
            ),
        )
    };
    let id = &pipeline.id;
    let next = match (pipeline.status, pipeline.open_handover()) {
        (_, Some(open)) if is_person => format!("Decide about the handover {}.", open.id),
        _ if is_person => "Wait for the next handover and decide about it, or end the pipeline as failed or cancelled.".to_owned(),
        (_, Some(open)) => format!("Call await_handover_decision with handover={}.", open.id),
        (Status::HandingOver, None) => {
            format!("Call get_next_prompt with pipeline={id} and follow it.")
        }
        _ => format!(
            "Hand {} over with save_handover_content, pipeline={id}.",
            running.name
        ),
    };
    Err(Refusal::new(
        reason,
        what,
        format!(
            "outcome `failed` or `cancelled` now; accepting the handover of {} completes the pipeline by itself.",
            last.name
        ),
        next,
    ))
}

pub(crate) fn refuse_when_ended(pipeline: &Pipeline) -> Result<(), Refusal> {
    if !pipeline.status.has_ended() {
        return Ok(());
    }
    let how = match pipeline.status {
        Status::Failed => "failed",
        Status::Cancelled => "was stopped",
        _ => "is completed",
    };
    Err(Refusal::new(
        Reason::Ended,
        format!("The pipeline {} {how}.", pipeline.id),
        "reading it.",
        "Call start_pipeline for new work.",
    ))
}

impl Pipeline {
    pub(crate) fn apply_end(
        &mut self,
        recorded: &Recorded,
        outcome: Outcome,
        message: Option<&str>,
    ) {
        let note = message.map(str::to_owned);
        let (status, what) = match outcome {
            Outcome::Completed => (Status::Completed, What::Completed { note }),
            Outcome::Failed => (Status::Failed, What::Failed { note }),
            Outcome::Cancelled => (Status::Cancelled, What::Cancelled { note }),
        };
        self.status = status;
        let phase = self.phase_mut();
        if phase.status != PhaseStatus::Accepted {
            phase.status = PhaseStatus::Ended;
            phase.ended = Some(recorded.at);
        }
        self.note(recorded, what);
    }
}
