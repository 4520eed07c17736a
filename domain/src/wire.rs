//! Trip-wires: what keeps a policy from accepting a handover, so that a person looks at it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    AnswerOutcome, CommentAnswer, CommentState, Context, DocumentRef, Event, HandoverId, PhaseName,
    Pipeline, Policy, Recap, Revision, attachment, recap,
};

/// What keeps a policy from accepting a handover.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Wire {
    /// Tests failed; how many.
    FailedTests,
    /// There are no test results, or no test ran.
    NoTests,
    /// Placeholders are left in the text; how many.
    Placeholders,
    /// Questions are open: those that the handover names, and those of the agent that no person has answered.
    OpenQuestions,
    /// The text shows pictures that are not attached; how many.
    Pictures,
    /// Comments are not answered, or declined; how many.
    Comments,
    /// More files were changed than the policy allows; how many.
    Files,
    /// The person who set the policy may not decide any more.
    SetterMayNot,
    /// A person has paused the agent.
    Paused,
    /// A person is deciding, and can still take it back.
    Deciding,
    /// It is the last phase: only people end a pipeline.
    LastPhase,
    /// The text could not be searched for placeholders.
    NotSearched,
    /// One that a newer Staffel wrote into the journal.
    #[serde(other)]
    Unknown,
}

/// A trip-wire that was hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct WireHit {
    /// Which one.
    pub wire: Wire,
    /// How many there are of what it counts; 0 where it counts nothing.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub count: u32,
    /// How many the policy allows, where that can be more than none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks for a reference"
)]
fn is_zero(value: &u32) -> bool {
    *value == 0
}

/// In English, for agents. The board has words of its own.
impl fmt::Display for WireHit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.count;
        let many = if count == 1 { "" } else { "s" };
        match self.wire {
            Wire::FailedTests => write!(f, "{count} test{many} failed"),
            Wire::NoTests => f.write_str("no test results"),
            Wire::Placeholders => write!(f, "{count} placeholder{many} left"),
            Wire::Pictures => write!(f, "{count} picture{many} not attached"),
            Wire::OpenQuestions => write!(f, "{count} open question{many}"),
            Wire::Comments => write!(f, "{count} comment{many} not done"),
            Wire::Files => {
                let limit = self.limit.unwrap_or_default();
                write!(f, "{count} file{many} changed, {limit} allowed")
            }
            Wire::SetterMayNot => f.write_str("whoever set the policy may not decide any more"),
            Wire::Paused => f.write_str("a person has paused the work"),
            Wire::Deciding => f.write_str("a person is deciding"),
            Wire::LastPhase => f.write_str("only people accept the last phase"),
            Wire::NotSearched => f.write_str("the text could not be searched for placeholders"),
            Wire::Unknown => f.write_str("a reason that this version does not know"),
        }
    }
}

/// A handover that is being saved.
pub(crate) struct Saved<'a> {
    pub handover: &'a HandoverId,
    pub revision: u32,
    pub phase: &'a PhaseName,
    pub is_last: bool,
    pub document: DocumentRef,
    pub recap: Option<&'a Recap>,
    pub answers: &'a [CommentAnswer],
}

/// What the policy of the phase makes of a handover that is being saved: its acceptance, or the wires that are hit. Nothing
/// where people are asked anyway.
pub(crate) fn judge(
    pipeline: &Pipeline,
    saved: &Saved<'_>,
    context: &Context<'_>,
) -> Option<Event> {
    let set = pipeline.phase_policy(saved.phase)?;
    let Policy::AcceptUnless(wires) = set.policy else {
        return None;
    };
    let mut hit = Vec::new();
    let mut count = |wire, count: u32, limit: Option<u32>| {
        if count > limit.unwrap_or(0) {
            hit.push(WireHit { wire, count, limit });
        }
    };
    let tests = saved.recap.and_then(|recap| recap.evidence.tests.as_ref());
    let failed = tests.map_or(0, |run| run.failed);
    count(Wire::FailedTests, failed, None);
    let named = saved.recap.map_or(0, |recap| recap.open_questions.len());
    let asked = pipeline.open_questions().count();
    count(Wire::OpenQuestions, number(named + asked), None);
    let left = left_after(pipeline, saved.answers);
    count(Wire::Comments, number(left), None);
    let files = saved.recap.map_or(0, |recap| recap.evidence.files.len());
    count(Wire::Files, number(files), Some(wires.max_files));
    let found = context.text.as_ref();
    let found = found.filter(|it| it.document == saved.document.hash);
    let placeholders = found.map_or(0, |it| it.placeholders);
    count(Wire::Placeholders, placeholders, None);
    let shown = found.map_or(&[][..], |it| &it.pictures);
    let missing = attachment::missing(shown, saved.recap).count();
    count(Wire::Pictures, number(missing), None);
    // No test ran: as good as none.
    let ran = tests.is_some_and(|run| run.passed > 0 || run.failed > 0);
    for (wire, is_hit) in [
        (Wire::NoTests, wires.needs_tests && !ran),
        (Wire::NotSearched, found.is_none()),
        (Wire::SetterMayNot, !context.deciders.may_decide(&set.by)),
        (Wire::Paused, pipeline.paused.is_some()),
        (Wire::Deciding, pipeline.pending.is_some()),
        (Wire::LastPhase, saved.is_last),
    ] {
        if is_hit {
            hit.push(WireHit {
                wire,
                count: 0,
                limit: None,
            });
        }
    }
    let (handover, revision) = (saved.handover.clone(), saved.revision);
    Some(if hit.is_empty() {
        Event::HandoverAcceptedByPolicy {
            handover,
            revision,
            read: recap::shown(&saved.document, saved.recap),
            set_by: set.by.clone(),
            set_at: set.at,
        }
    } else {
        Event::TripWiresHit {
            handover,
            revision,
            hit,
        }
    })
}

fn number(of: usize) -> u32 {
    u32::try_from(of).unwrap_or(u32::MAX)
}

/// How many comments are not answered or declined, once these answers are given.
fn left_after(pipeline: &Pipeline, answers: &[CommentAnswer]) -> usize {
    let unsettled = pipeline.unsettled_comments();
    let left = unsettled.filter(|comment| {
        let answer = answers.iter().find(|it| it.comment == comment.number);
        match answer.map(|answer| answer.outcome) {
            Some(AnswerOutcome::Done) => false,
            Some(AnswerOutcome::Declined) => true,
            None => comment.state() != CommentState::Done,
        }
    });
    left.count()
}

impl Pipeline {
    /// Whether the policy of its phase was in force when this revision arrived. What came before a policy was set is a
    /// person's.
    pub(crate) fn came_under_policy(&self, phase: &PhaseName, revision: &Revision) -> bool {
        let set = self.phase_policy(phase);
        set.is_some_and(|set| set.at < revision.at)
    }

    pub(crate) fn apply_trip_wires_hit(&mut self, id: &HandoverId, number: u32, hit: &[WireHit]) {
        let Some(handover) = self.handover_mut(id) else {
            return;
        };
        let mut revisions = handover.revisions.iter_mut();
        if let Some(revision) = revisions.find(|known| known.number == number) {
            revision.hit = hit.to_vec();
        }
    }
}
