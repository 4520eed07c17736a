//! The document that ends a phase, and its revisions.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    Actor, Approval, Changes, CommentAnswer, Context, Decision, Document, DocumentHash,
    DocumentRef, Event, HandoverId, PhaseName, PhaseStatus, Pipeline, Reason, Recap, Recorded,
    Refusal, Status, Timestamp, Verdict, What, WireHit, comment, delivery,
    id::number_after,
    limits::{DOCUMENT_MAX, MESSAGE_MAX, UNDECIDED_REVISIONS_MAX},
    phase, recap, text,
    wire::{self, Saved},
};

/// The document that ends a phase. Each revision gets exactly one decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Handover {
    /// Its id, the same through all revisions.
    pub id: HandoverId,
    /// The phase it ends.
    pub phase: PhaseName,
    /// The phase it leads to; `None` after the last one.
    pub next_phase: Option<PhaseName>,
    /// All revisions, the newest last. Never empty.
    pub revisions: Vec<Revision>,
}

/// One version of a handover document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Revision {
    /// 1 for the first.
    pub number: u32,
    /// The text, in Markdown.
    pub document: DocumentRef,
    /// One line of it.
    pub summary: String,
    /// What it says beside its text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recap: Option<Arc<Recap>>,
    /// Who wrote it.
    pub by: Actor,
    /// When it arrived.
    pub at: Timestamp,
    /// The trip-wires that kept the policy of its phase from accepting it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hit: Vec<WireHit>,
    /// The first acceptance, where its phase needs two people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<Approval>,
    /// What a person decided about it, or the policy of its phase.
    pub decision: Option<Decision>,
}

impl Revision {
    pub(crate) fn new(
        number: u32,
        document: DocumentRef,
        summary: &str,
        recap: &Option<Arc<Recap>>,
        recorded: &Recorded,
    ) -> Self {
        Self {
            number,
            document,
            summary: summary.to_owned(),
            recap: recap.clone(),
            by: recorded.actor.clone(),
            at: recorded.at,
            hit: Vec::new(),
            approval: None,
            decision: None,
        }
    }

    /// The name of all that a reader decides about: the text, and what is said beside it. That of the text where nothing is.
    pub fn shown(&self) -> DocumentHash {
        recap::shown(&self.document, self.recap.as_deref())
    }
}

impl Handover {
    /// The newest revision.
    pub fn current(&self) -> &Revision {
        self.revisions
            .last()
            .expect("a handover begins with its first revision")
    }

    /// Whether its newest revision waits for a person.
    pub fn is_open(&self) -> bool {
        self.current().decision.is_none()
    }

    /// How many revisions have arrived since the last decision: nobody has answered them.
    pub(crate) fn undecided_revisions(&self) -> usize {
        let newest_first = self.revisions.iter().rev();
        newest_first
            .take_while(|revision| revision.decision.is_none())
            .count()
    }

    /// The decision about a revision, if there is one.
    pub fn decision(&self, revision: u32) -> Option<&Decision> {
        self.revisions
            .iter()
            .find(|r| r.number == revision)?
            .decision
            .as_ref()
    }
}

/// Decides about a handover: the first revision, one after changes were requested, or a better one of an open handover. What
/// the policy of the phase makes of it is decided with it.
pub(crate) fn hand_over(
    pipeline: &Pipeline,
    phase: Option<&str>,
    content: &str,
    summary: Option<&str>,
    recap: &Recap,
    answers: &[CommentAnswer],
    context: &Context<'_>,
) -> Result<Changes, Refusal> {
    let content = text::written_document("content", content, DOCUMENT_MAX)?;
    let summary = text::optional_line("summary", summary, MESSAGE_MAX)?
        .unwrap_or_else(|| text::summary_of(&content));
    let content = Document::new(content);
    let document = content.reference();
    let recap = recap::checked(recap)?.map(Arc::new);
    let answers = comment::answers(pipeline, answers)?;
    let answered = |handover: &HandoverId, revision| {
        (!answers.is_empty()).then(|| Event::CommentsAnswered {
            handover: handover.clone(),
            revision,
            answers: answers.clone(),
        })
    };
    let judged = |handover: &HandoverId, revision, phase: &PhaseName, is_last| {
        let saved = Saved {
            handover,
            revision,
            phase,
            is_last,
            document,
            recap: recap.as_deref(),
            answers: &answers,
        };
        wire::judge(pipeline, &saved, context)
    };
    if let Some(open) = pipeline.open_handover() {
        phase::check(pipeline, phase, &open.phase)?;
        let current = open.current();
        let same = current.document == document && current.recap == recap;
        let is_last = open.next_phase.is_none();
        if same && current.summary == summary {
            let answered = answered(&open.id, current.number);
            let judged = answered
                .as_ref()
                .filter(|_| pipeline.came_under_policy(&open.phase, current))
                .and_then(|_| judged(&open.id, current.number, &open.phase, is_last));
            return Ok(answered
                .into_iter()
                .chain(judged)
                .collect::<Vec<_>>()
                .into());
        }
        refuse_more_revisions(open)?;
        let revision = current.number + 1;
        let judged = judged(&open.id, revision, &open.phase, is_last);
        let revised = Event::HandoverRevised {
            handover: open.id.clone(),
            revision,
            document,
            summary,
            recap: recap.clone(),
        };
        let answered = answered(&open.id, revision);
        return Ok(Changes {
            events: std::iter::once(revised)
                .chain(answered)
                .chain(judged)
                .collect(),
            documents: vec![content],
        });
    }
    if let (Status::HandingOver, Some(accepted), None) =
        (pipeline.status, pipeline.handovers.last(), phase)
        && pipeline.phase().status == PhaseStatus::Accepted
    {
        return Err(Refusal::new(
            Reason::NotYourTurn,
            format!(
                "The handover of {} is accepted; the next phase has not begun.",
                accepted.phase
            ),
            "picking up the prompt for the next phase.",
            format!(
                "Call get_next_prompt with pipeline={} and follow it.",
                pipeline.id
            ),
        ));
    }
    let (mut events, running) = delivery::to_running(pipeline)?;
    phase::check(pipeline, phase, &running)?;
    let earlier = pipeline.handovers.last().filter(|handover| {
        handover.phase == running
            && handover
                .decision(handover.current().number)
                .is_some_and(|d| d.decision == Verdict::RequestChanges)
    });
    match earlier {
        Some(handover) => {
            let revision = handover.current().number + 1;
            events.push(Event::HandoverRevised {
                handover: handover.id.clone(),
                revision,
                document,
                summary,
                recap: recap.clone(),
            });
            events.extend(answered(&handover.id, revision));
            let is_last = handover.next_phase.is_none();
            events.extend(judged(&handover.id, revision, &running, is_last));
        }
        None => {
            let number = number_after(pipeline.handovers.len());
            let handover = HandoverId::new(pipeline.id.clone(), number);
            let next_phase = pipeline.phase_after(&running);
            let judged = judged(&handover, 1, &running, next_phase.is_none());
            let answered = answered(&handover, 1);
            events.push(Event::HandoverSubmitted {
                handover,
                next_phase,
                phase: running,
                document,
                summary,
                recap: recap.clone(),
            });
            events.extend(answered);
            events.extend(judged);
        }
    }
    Ok(Changes {
        events,
        documents: vec![content],
    })
}

/// Every revision is kept and shown to a person; an agent that goes on without an answer has to wait for one.
fn refuse_more_revisions(open: &Handover) -> Result<(), Refusal> {
    let undecided = open.undecided_revisions();
    if undecided < UNDECIDED_REVISIONS_MAX {
        return Ok(());
    }
    Err(Refusal::new(
        Reason::NotYourTurn,
        format!(
            "{} has {undecided} revisions that no person has decided about.",
            open.id
        ),
        format!("at most {UNDECIDED_REVISIONS_MAX} revisions until the next decision."),
        format!(
            "Wait for the person: call await_handover_decision with handover={}.",
            open.id
        ),
    ))
}

/// Finds a handover by id.
pub(crate) fn find<'a>(pipeline: &'a Pipeline, id: &HandoverId) -> Result<&'a Handover, Refusal> {
    pipeline.handover(id).ok_or_else(|| {
        let known: Vec<String> = pipeline
            .handovers
            .iter()
            .map(|h| h.id.to_string())
            .collect();
        Refusal::not_found("handover", &id.to_string(), &pipeline.id, &known)
    })
}

impl Pipeline {
    /// A handover by id.
    pub fn handover(&self, id: &HandoverId) -> Option<&Handover> {
        self.handovers.iter().find(|handover| handover.id == *id)
    }

    pub(crate) fn handover_mut(&mut self, id: &HandoverId) -> Option<&mut Handover> {
        self.handovers
            .iter_mut()
            .find(|handover| handover.id == *id)
    }

    /// The handover that waits for a person.
    pub fn open_handover(&self) -> Option<&Handover> {
        self.handovers
            .last()
            .filter(|handover| self.status == Status::AwaitingReview && handover.is_open())
    }

    pub(crate) fn apply_handover_submitted(
        &mut self,
        recorded: &Recorded,
        id: &HandoverId,
        phase: &PhaseName,
        next_phase: Option<&PhaseName>,
        first: Revision,
    ) {
        self.handovers.push(Handover {
            id: id.clone(),
            phase: phase.clone(),
            next_phase: next_phase.cloned(),
            revisions: vec![first],
        });
        self.await_review(recorded, phase.clone(), 1);
    }

    pub(crate) fn apply_handover_revised(
        &mut self,
        recorded: &Recorded,
        id: &HandoverId,
        next: Revision,
    ) {
        let number = next.number;
        if let Some(handover) = self.handover_mut(id) {
            handover.revisions.push(next);
            let phase = handover.phase.clone();
            self.await_review(recorded, phase, number);
        }
    }

    fn await_review(&mut self, recorded: &Recorded, phase: PhaseName, number: u32) {
        self.status = Status::AwaitingReview;
        self.end_waiting();
        let ended = self.phase_mut();
        ended.status = PhaseStatus::HandedOver;
        ended.revisions = number;
        self.note(recorded, What::HandedOver { phase, number });
    }
}
