//! Ended pipelines leave the lists of the board, and come back.

use crate::{Actor, ActorKind, Event, Pipeline, Reason, Recorded, Refusal, Status, What};

/// Decides about archiving. No events means: it is archived already.
pub(crate) fn archive(pipeline: &Pipeline, actor: &Actor) -> Result<Vec<Event>, Refusal> {
    refuse_agents(actor)?;
    if pipeline.archived.is_some() {
        return Ok(vec![]);
    }
    let id = &pipeline.id;
    let (state, next) = match pipeline.status {
        Status::Completed | Status::Failed | Status::Cancelled => {
            return Ok(vec![Event::PipelineArchived {}]);
        }
        Status::AwaitingReview => {
            let open = pipeline.open_handover();
            let handover = open.map_or_else(String::new, |open| format!(" {}", open.id));
            (
                format!("waits for a person to decide about the handover{handover}"),
                "Decide about the handover, or end the pipeline; then archive it.",
            )
        }
        Status::Idle | Status::Running | Status::HandingOver => (
            "is still open".to_owned(),
            "Wait until it has ended, or end it as failed or cancelled; then archive it.",
        ),
    };
    Err(Refusal::new(
        Reason::NotYourTurn,
        format!("The pipeline {id} {state}."),
        "archiving pipelines that are completed, failed or cancelled.",
        next,
    ))
}

/// Decides about bringing it back. No events means: it is not archived.
pub(crate) fn unarchive(pipeline: &Pipeline, actor: &Actor) -> Result<Vec<Event>, Refusal> {
    refuse_agents(actor)?;
    Ok(match pipeline.archived {
        Some(_) => vec![Event::PipelineUnarchived {}],
        None => vec![],
    })
}

fn refuse_agents(actor: &Actor) -> Result<(), Refusal> {
    if matches!(actor.kind, ActorKind::Person | ActorKind::System) {
        return Ok(());
    }
    Err(Refusal::new(
        Reason::NotPermitted,
        format!("The agent `{}` cannot archive pipelines.", actor.name),
        "archiving by a person on the board, or by Staffel after a time.",
        "Leave the pipeline as it is; ended pipelines do no harm.",
    ))
}

impl Pipeline {
    pub(crate) fn apply_archived(&mut self, recorded: &Recorded) {
        self.archived = Some(recorded.at);
        self.note(recorded, What::Archived);
    }

    pub(crate) fn apply_unarchived(&mut self, recorded: &Recorded) {
        self.archived = None;
        self.note(recorded, What::Unarchived);
    }
}
