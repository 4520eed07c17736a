//! The first of two acceptances, where a phase needs two people.

use serde::{Deserialize, Serialize};

use crate::{
    Actor, Comment, Context, Event, Handover, HandoverId, Pipeline, Policy, Proof, Proposal,
    Reason, Recorded, Refusal, Timestamp, What, limits::GOAL_MAX,
};

/// A person has accepted a revision, and another person has to accept it too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Approval {
    /// Who.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
    /// What should be different in the next phase, possibly empty. It goes into the prompt with what the second person writes.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// How it is known who approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<Proof>,
}

/// What an acceptance leads to.
pub(crate) enum Acceptance {
    /// Another person has to accept the same.
    First(Event),
    /// It is accepted, with these words: where two accepted, those of both.
    Whole(String),
}

/// Decides about an acceptance: whether it is enough.
pub(crate) fn accept(
    pipeline: &Pipeline,
    actor: &Actor,
    handover: &Handover,
    proposal: &Proposal,
    review_changes: String,
    context: &Context<'_>,
) -> Result<Acceptance, Refusal> {
    let phase = &handover.phase;
    if pipeline.policy(phase) != Policy::TwoPeople {
        return Ok(Acceptance::Whole(review_changes));
    }
    let current = handover.current();
    // Of somebody who may not decide any more it does not count.
    let first = current.approval.as_ref();
    let first = first.filter(|first| context.deciders.may_decide(&first.by));
    let alone = !context.deciders.others_may_decide(actor);
    match first {
        Some(first) if first.by == *actor => {
            let (what, next) = if alone {
                nobody_else(pipeline, handover)
            } else {
                (
                    "another person accepts it, or either asks for changes.".to_owned(),
                    "Tell another person that it waits for a second acceptance.".to_owned(),
                )
            };
            Err(Refusal::new(
                Reason::AlreadyDecided,
                format!(
                    "{} has accepted revision {} of {} already, at {}; {phase} needs two people.",
                    actor.name, current.number, handover.id, first.at
                ),
                what,
                next,
            ))
        }
        Some(first) => joined(&first.note, &review_changes).map(Acceptance::Whole),
        None if alone => {
            let (allowed, next) = nobody_else(pipeline, handover);
            Err(Refusal::new(
                Reason::NotPermitted,
                format!(
                    "{phase} needs two people, and nobody but {} may decide here.",
                    actor.name
                ),
                allowed,
                next,
            ))
        }
        None => Ok(Acceptance::First(Event::HandoverApproved {
            handover: handover.id.clone(),
            revision: current.number,
            read: current.shown(),
            review_changes,
            proof: proposal.proof.clone(),
        })),
    }
}

fn nobody_else(pipeline: &Pipeline, handover: &Handover) -> (String, String) {
    (
        "asking for changes, or stopping; accepting once another person may decide.".to_owned(),
        format!(
            "Let another person in as a reviewer, or, as an owner, set another policy: \
             PUT /api/pipelines/{}/phases/{}/policy with {{\"policy\": \"ask\"}}.",
            pipeline.id, handover.phase
        ),
    )
}

/// The words of both people.
fn joined(first: &str, second: &str) -> Result<String, Refusal> {
    if first.is_empty() || first == second {
        return Ok(second.to_owned());
    }
    if second.is_empty() {
        return Ok(first.to_owned());
    }
    let both = format!("{first}\n\n{second}");
    if both.len() > GOAL_MAX {
        return Err(Refusal::new(
            Reason::TooLarge,
            format!(
                "`review_changes` has {} bytes together with those of the first acceptance.",
                both.len()
            ),
            format!("at most {GOAL_MAX} bytes of both together."),
            "Shorten `review_changes`.",
        ));
    }
    Ok(both)
}

/// Decides about taking an acceptance back that waits for a second one: nobody has acted on it. Nothing where this person
/// has none.
pub(crate) fn take_back(
    pipeline: &Pipeline,
    actor: &Actor,
    id: &HandoverId,
    revision: u32,
) -> Option<Event> {
    let open = pipeline.open_handover().filter(|open| open.id == *id)?;
    let current = open.current();
    let approval = current.approval.as_ref()?;
    let own = current.number == revision && approval.by == *actor;
    own.then(|| Event::DecisionTakenBack {
        handover: id.clone(),
        revision,
    })
}

impl Pipeline {
    /// Whether a comment came with the acceptance that waits for a second one: it is for the next phase, and stands in
    /// nobody's way.
    pub(crate) fn came_with_approval(&self, comment: &Comment) -> bool {
        let open = self.open_handover().map(Handover::current);
        let Some(approval) = open.and_then(|current| current.approval.as_ref()) else {
            return false;
        };
        let last = comment.replies.last();
        let (by, at) = last.map_or((&comment.by, comment.at), |reply| (&reply.by, reply.at));
        // One append has one time.
        *by == approval.by && at == approval.at
    }

    pub(crate) fn apply_handover_approved(
        &mut self,
        recorded: &Recorded,
        id: &HandoverId,
        number: u32,
        note: &str,
        proof: Option<&Proof>,
    ) {
        self.pending = None;
        let Some(handover) = self.handover_mut(id) else {
            return;
        };
        let phase = handover.phase.clone();
        let mut revisions = handover.revisions.iter_mut();
        let revision = revisions.find(|it| it.number == number && it.decision.is_none());
        let Some(revision) = revision else {
            return;
        };
        revision.approval = Some(Approval {
            by: recorded.actor.clone(),
            at: recorded.at,
            note: note.to_owned(),
            proof: proof.cloned(),
        });
        let note = note.to_owned();
        self.note(
            recorded,
            What::Approved {
                phase,
                number,
                note,
            },
        );
    }

    /// Forgets the acceptance that waits for a second one.
    pub(crate) fn apply_approval_taken_back(
        &mut self,
        recorded: &Recorded,
        id: &HandoverId,
        number: u32,
    ) {
        let Some(handover) = self.handover_mut(id) else {
            return;
        };
        let phase = handover.phase.clone();
        let mut revisions = handover.revisions.iter_mut();
        let taken = revisions
            .find(|it| it.number == number && it.decision.is_none())
            .and_then(|revision| revision.approval.take_if(|it| it.by == recorded.actor));
        if taken.is_some() {
            self.note(recorded, What::ApprovalTakenBack { phase, number });
        }
    }
}
