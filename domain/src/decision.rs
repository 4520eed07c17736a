//! What a person decides about a handover.

use serde::{Deserialize, Serialize};

use crate::{
    Actor, ActorKind, Context, DocumentHash, Event, HandoverId, PhaseStatus, Pipeline, Reason,
    Recorded, Refusal, Review, Status, Timestamp, What,
    approval::{self, Acceptance},
    comment, handover, lifecycle,
    limits::GOAL_MAX,
    text,
};

/// What a person decided about one revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Decision {
    /// The decision itself.
    pub decision: Verdict,
    /// The review changes: free text, possibly empty.
    pub note: String,
    /// Who decided.
    pub by: Actor,
    /// The time of the decision.
    pub at: Timestamp,
    /// How it is known that it was this person; nothing where an older version decided.
    // Not read in a browser: the board does not show it, and it is code that its first page has to download.
    #[cfg_attr(target_arch = "wasm32", serde(skip))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<Proof>,
    /// The person who set the policy, where the policy of the phase decided and nobody else; `by` is Staffel then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_by: Option<Box<Actor>>,
}

/// How it is known that a person decided, and which one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Proof {
    /// What proves it.
    pub by: ProvenBy,
    /// The id of the person's device; nothing where the decision came from none of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
}

/// What proves that a person decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ProvenBy {
    /// A browser in which the person is signed in.
    Session,
    /// That, and the person's PIN within the last minutes.
    Pin,
    /// That, and a passkey of the person within the last minutes.
    Passkey,
    /// An agent's client, which the settings trust to ask this person.
    Client,
    /// A way that a newer Staffel wrote into the journal.
    #[serde(other)]
    Unknown,
}

/// A decision that somebody wants to make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Proposal {
    /// The handover.
    pub handover: HandoverId,
    /// The revision that was read.
    pub revision: u32,
    /// What was read: the text with its recap, as [`crate::Revision::shown`] names it; checked where given.
    pub read: Option<DocumentHash>,
    /// The decision.
    pub decision: Verdict,
    /// What should be different.
    pub review_changes: String,
    /// What is said about single points.
    #[serde(default)]
    pub review: Review,
    /// For how long it can be taken back before anybody acts on it, in seconds; 0 to carry it out at once.
    #[serde(default)]
    pub undo_seconds: u32,
    /// How it is known who decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<Proof>,
}

/// What can be decided about a handover.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The next phase may begin, with the review changes in its prompt.
    Accept,
    /// The phase goes on: the agent revises the handover.
    RequestChanges,
    /// The pipeline ends here.
    Stop,
}

impl Verdict {
    /// Its name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::RequestChanges => "request_changes",
            Self::Stop => "stop",
        }
    }
}

/// Decides about a decision: whether it is a person who decides, about the newest revision and the text that was read.
pub(crate) fn decide(
    pipeline: &Pipeline,
    actor: &Actor,
    proposal: &Proposal,
    context: &Context<'_>,
) -> Result<Vec<Event>, Refusal> {
    let (id, revision) = (&proposal.handover, proposal.revision);
    if actor.kind != ActorKind::Person {
        return Err(Refusal::new(
            Reason::OnlyPeopleDecide,
            format!(
                "`{}` is not a person, and only people decide about a handover.",
                actor.name
            ),
            "waiting for the decision.",
            format!("Call await_handover_decision with handover={id}."),
        ));
    }
    let handover = handover::find(pipeline, id)?;
    if let Some(made) = handover.decision(revision) {
        return Err(Refusal::new(
            Reason::AlreadyDecided,
            format!(
                "Revision {revision} of {id} was decided already: {} by {} at {}.",
                words(made.decision),
                made.by.name,
                made.at
            ),
            "one decision a revision.",
            "Reload to see what follows from it.",
        ));
    }
    let current = handover.current().number;
    if revision != current {
        return Err(Refusal::new(
            Reason::StaleRevision,
            format!("Revision {revision} of {id} is not the newest."),
            format!("a decision about revision {current}."),
            format!("Read revision {current} and decide about it."),
        ));
    }
    if let Some(read) = proposal
        .read
        .filter(|read| *read != handover.current().shown())
    {
        let shown = handover.current().shown();
        return Err(Refusal::new(
            Reason::StaleRevision,
            format!("Revision {revision} of {id} says something else than what was read ({read})."),
            format!("a decision about {shown}."),
            "Read the handover again and decide about what it says now.",
        ));
    }
    lifecycle::refuse_when_ended(pipeline)?;
    let review_changes = text::document("review_changes", &proposal.review_changes, GOAL_MAX)?;
    let verdict = proposal.decision;
    let review = comment::review(pipeline, id, revision, verdict, &proposal.review)?;
    let (handover_id, proof) = (id.clone(), proposal.proof.clone());
    let decided = match verdict {
        Verdict::Accept => {
            let accepted =
                approval::accept(pipeline, actor, handover, proposal, review_changes, context)?;
            let last = handover.next_phase.is_none();
            match accepted {
                Acceptance::First(approved) => vec![approved],
                Acceptance::Whole(review_changes) => {
                    let accepted = Event::HandoverAccepted {
                        handover: handover_id,
                        revision,
                        review_changes,
                        proof,
                    };
                    let ends = last.then_some(Event::PipelineCompleted { message: None });
                    std::iter::once(accepted).chain(ends).collect()
                }
            }
        }
        Verdict::RequestChanges if review_changes.is_empty() && !proposal.review.asks() => {
            return Err(Refusal::new(
                Reason::Invalid,
                "`review_changes` is empty, and request_changes needs to say what should change.",
                "one sentence or more, or a comment.",
                "Write what should be different, or accept.",
            ));
        }
        Verdict::RequestChanges => vec![Event::ChangesRequested {
            handover: handover_id,
            revision,
            review_changes,
            proof,
        }],
        Verdict::Stop => vec![
            Event::HandoverStopped {
                handover: handover_id,
                revision,
                review_changes,
                proof,
            },
            Event::PipelineCancelled { message: None },
        ],
    };
    // The points first: whatever follows a decision finds them.
    Ok(review.into_iter().chain(decided).collect())
}

fn words(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Accept => "accepted",
        Verdict::RequestChanges => "changes requested",
        Verdict::Stop => "stopped",
    }
}

impl Pipeline {
    /// Records a decision about the revision that it names, unless that one is unknown or decided. The pipeline goes
    /// on only by a decision about what waits for one.
    #[expect(clippy::too_many_arguments, reason = "the fields of four events")]
    pub(crate) fn record_decision(
        &mut self,
        recorded: &Recorded,
        id: &HandoverId,
        number: u32,
        verdict: Verdict,
        note: &str,
        proof: Option<&Proof>,
        policy_by: Option<&Actor>,
    ) {
        let moves = self
            .open_handover()
            .is_some_and(|open| open.id == *id && open.current().number == number);
        let Some(handover) = self.handover_mut(id) else {
            return;
        };
        let phase = handover.phase.clone();
        let revision = handover
            .revisions
            .iter_mut()
            .find(|revision| revision.number == number && revision.decision.is_none());
        let Some(revision) = revision else {
            return;
        };
        let note = note.to_owned();
        revision.decision = Some(Decision {
            decision: verdict,
            note: note.clone(),
            by: match policy_by {
                Some(_) => Actor::system(),
                None => recorded.actor.clone(),
            },
            at: recorded.at,
            proof: proof.cloned(),
            policy_by: policy_by.cloned().map(Box::new),
        });
        if moves && verdict != Verdict::Stop {
            self.status = Status::HandingOver;
            let decided = self.phase_mut();
            if verdict == Verdict::Accept {
                decided.status = PhaseStatus::Accepted;
                decided.ended = Some(recorded.at);
            } else {
                decided.status = PhaseStatus::ChangesRequested;
            }
        }
        if let Some(set_by) = policy_by {
            let set_by = set_by.name.clone();
            self.note_of_staffel(
                recorded,
                What::AcceptedByPolicy {
                    phase,
                    number,
                    set_by,
                },
            );
            return;
        }
        let what = match verdict {
            Verdict::Accept => What::Accepted {
                phase,
                number,
                note,
            },
            Verdict::RequestChanges => What::ChangesRequested {
                phase,
                number,
                note,
            },
            Verdict::Stop => What::Stopped { note },
        };
        self.note(recorded, what);
    }
}
