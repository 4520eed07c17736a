//! A decision that its person can still take back: it is recorded, and nobody acts on it yet.

use serde::{Deserialize, Serialize};

use crate::{
    Actor, Context, Event, HandoverId, Pipeline, Proposal, Reason, Recorded, Refusal, Timestamp,
    approval, decision, handover, limits::UNDO_MAX_SECONDS,
};

/// A decision that is made and not carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Pending {
    /// What was decided.
    pub proposal: Proposal,
    /// Who decided.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
    /// When it is carried out, unless it is taken back before.
    pub due: Timestamp,
}

/// Decides about a decision that can be taken back: all that would be refused when it is carried out is refused now.
pub(crate) fn propose(
    pipeline: &Pipeline,
    actor: &Actor,
    proposal: &Proposal,
    context: &Context<'_>,
) -> Result<Vec<Event>, Refusal> {
    if proposal.undo_seconds > UNDO_MAX_SECONDS {
        return Err(Refusal::new(
            Reason::Invalid,
            format!("`undo_seconds` is {}.", proposal.undo_seconds),
            format!("0 to {UNDO_MAX_SECONDS}."),
            "Send a smaller number, or 0 to decide at once.",
        ));
    }
    refuse_second(pipeline, &proposal.handover)?;
    let carried_out = decision::decide(pipeline, actor, proposal, context)?;
    if proposal.undo_seconds == 0 {
        return Ok(carried_out);
    }
    Ok(vec![Event::DecisionPending {
        proposal: Box::new(proposal.clone()),
    }])
}

fn refuse_second(pipeline: &Pipeline, handover: &HandoverId) -> Result<(), Refusal> {
    let Some(pending) = &pipeline.pending else {
        return Ok(());
    };
    Err(Refusal::new(
        Reason::AlreadyDecided,
        format!(
            "{} decided about {handover} at {} and can take it back until {}.",
            pending.by.name, pending.at, pending.due
        ),
        "one decision a revision.",
        "Wait until it is carried out or taken back.",
    ))
}

/// Decides about taking a decision back: one that waits to be carried out, or an acceptance that waits for a second one.
pub(crate) fn take_back(
    pipeline: &Pipeline,
    actor: &Actor,
    id: &HandoverId,
    revision: u32,
) -> Result<Vec<Event>, Refusal> {
    let Some(pending) = find(pipeline, id, revision)? else {
        if let Some(taken_back) = approval::take_back(pipeline, actor, id, revision) {
            return Ok(vec![taken_back]);
        }
        return Err(Refusal::new(
            Reason::AlreadyDecided,
            format!(
                "The decision about revision {revision} of {id} cannot be taken back any more."
            ),
            "taking it back before it is carried out.",
            "Send a note to the agent, or answer its next handover.",
        ));
    };
    refuse_others(pending, actor)?;
    Ok(vec![Event::DecisionTakenBack {
        handover: id.clone(),
        revision,
    }])
}

/// Decides about carrying a decision out, in the name of whoever made it. No events means: it is carried out already, or
/// was taken back.
pub(crate) fn carry_out(
    pipeline: &Pipeline,
    actor: &Actor,
    id: &HandoverId,
    revision: u32,
    context: &Context<'_>,
) -> Result<Vec<Event>, Refusal> {
    let Some(pending) = find(pipeline, id, revision)? else {
        return Ok(vec![]);
    };
    refuse_others(pending, actor)?;
    decision::decide(pipeline, actor, &pending.proposal, context)
}

fn find<'a>(
    pipeline: &'a Pipeline,
    id: &HandoverId,
    revision: u32,
) -> Result<Option<&'a Pending>, Refusal> {
    handover::find(pipeline, id)?;
    let pending = pipeline.pending.as_deref();
    Ok(pending.filter(|it| it.proposal.handover == *id && it.proposal.revision == revision))
}

fn refuse_others(pending: &Pending, actor: &Actor) -> Result<(), Refusal> {
    if pending.by == *actor {
        return Ok(());
    }
    Err(Refusal::new(
        Reason::NotPermitted,
        format!(
            "{} decided, and `{}` is somebody else.",
            pending.by.name, actor.name
        ),
        "taking back the own decision.",
        format!("Ask {}, or wait until {}.", pending.by.name, pending.due),
    ))
}

impl Pipeline {
    pub(crate) fn apply_decision_pending(&mut self, recorded: &Recorded, proposal: &Proposal) {
        let meant = self.open_handover().is_some_and(|open| {
            open.id == proposal.handover && open.current().number == proposal.revision
        });
        if meant {
            let wait = i64::from(proposal.undo_seconds) * 1_000;
            self.pending = Some(Box::new(Pending {
                proposal: proposal.clone(),
                by: recorded.actor.clone(),
                at: recorded.at,
                due: Timestamp::from_millis(recorded.at.millis().saturating_add(wait)),
            }));
        }
    }

    /// Whatever happens to the revision that was decided about ends the wait: another one, the decision itself, the end.
    pub(crate) fn end_pending(&mut self) {
        let stands = self.pending.as_ref().is_some_and(|pending| {
            self.open_handover().is_some_and(|open| {
                open.id == pending.proposal.handover
                    && open.current().number == pending.proposal.revision
            })
        });
        if !stands {
            self.pending = None;
        }
    }

    pub(crate) fn apply_decision_taken_back(
        &mut self,
        recorded: &Recorded,
        id: &HandoverId,
        revision: u32,
    ) {
        if self.pending.take().is_none() {
            self.apply_approval_taken_back(recorded, id, revision);
        }
    }
}
