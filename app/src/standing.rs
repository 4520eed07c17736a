//! Who has the baton, as the board colours it.

use domain::{Delivery, DeliveryState, Held, PhaseStatus, PromptId, Status, Timestamp, Verdict};
use protocol::{HandoverRef, PendingDecision, PromptRef, Summary};

const MINUTE: i64 = 60 * 1_000;
/// No agent is called quiet before this: a build or a long answer takes as long.
const QUIET_MIN_MS: i64 = 2 * MINUTE;
/// When an agent is called quiet whose usual time between two reports is not known yet.
const QUIET_UNKNOWN_MS: i64 = 5 * MINUTE;
/// No agent is said not to respond before this: red is for what needs a person.
const LOST_MIN_MS: i64 = 15 * MINUTE;

/// The one answer that a chip shows. More than [`domain::Baton`]: silence is a fault, and endings differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Nothing has begun.
    Idle,
    /// The agent runs.
    Agent,
    /// The agent runs, and has said nothing for longer than it usually does.
    Quiet,
    /// The agent should run, and does not respond any more.
    Silent,
    /// A person has to decide.
    You,
    /// The agent asks a person something.
    Asks,
    /// A person has paused the agent.
    Paused,
    /// A person has to send a prompt that was held.
    Held,
    /// The decision is on its way to an agent.
    Transit,
    /// The work is done.
    Done,
    /// The work failed.
    Failed,
    /// A person stopped it.
    Stopped,
}

impl Standing {
    /// Where a pipeline stands at this moment.
    pub fn of(status: &Summary, now: Timestamp) -> Self {
        match status.status {
            Status::Idle => Self::Idle,
            Status::Running if status.paused.is_some() => Self::Paused,
            Status::Running => match silence(status, now) {
                Some(silence) if silence.lost => Self::Silent,
                // Also where the agent goes on meanwhile: it is a person's turn all the same.
                _ if status.question.is_some() => Self::Asks,
                None => Self::Agent,
                Some(_) => Self::Quiet,
            },
            Status::AwaitingReview if pending(status).is_some() => Self::Transit,
            Status::AwaitingReview => Self::You,
            Status::HandingOver if held(status).is_some() => Self::Held,
            Status::HandingOver => Self::Transit,
            Status::Completed => Self::Done,
            Status::Failed => Self::Failed,
            Status::Cancelled => Self::Stopped,
        }
    }

    /// The CSS class that carries its colour.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::You | Self::Asks | Self::Paused | Self::Held => "you",
            Self::Transit => "transit",
            Self::Done => "done",
            Self::Quiet => "still",
            Self::Silent | Self::Failed => "fault",
            Self::Idle | Self::Stopped => "none",
        }
    }
}

/// A running agent says nothing for longer than it usually does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Silence {
    /// For how long, in milliseconds.
    pub millis: i64,
    /// Whether that is so long that it needs a person.
    pub lost: bool,
}

/// The silence of a running agent, once it is longer than twice its usual time between two reports. Twice as long
/// again, and it does not respond.
pub(crate) fn silence(status: &Summary, now: Timestamp) -> Option<Silence> {
    // A phase that a person's prompt has just started has had no time to speak.
    let heard = status.last_sign_of_life.max(status.baton_since);
    let millis = now.millis_since(heard);
    let quiet_after = match i64::try_from(status.usual_gap_ms).unwrap_or(i64::MAX) {
        0 => QUIET_UNKNOWN_MS,
        gap => gap.saturating_mul(2).max(QUIET_MIN_MS),
    };
    let lost_after = quiet_after.saturating_mul(2).max(LOST_MIN_MS);
    let works = status.status == Status::Running && !waits_for_person(status);
    (works && millis > quiet_after).then_some(Silence {
        millis,
        lost: millis > lost_after,
    })
}

/// Whether the agent has stopped in the middle of its phase until a person says something: its silence says nothing then.
pub(crate) fn waits_for_person(status: &Summary) -> bool {
    let asks = status.question.as_ref();
    status.paused.is_some() || asks.is_some_and(|question| question.waits)
}

/// Nobody is told that a prompt is not picked up before this: a waiting agent has it within seconds.
const PICKED_UP_WITHIN_MS: i64 = 5 * MINUTE;

/// Since when something is late that no event says: an agent does not respond, or nobody picks a prompt up.
pub(crate) fn overdue(status: &Summary, now: Timestamp) -> Option<Timestamp> {
    match status.status {
        Status::Running if Standing::of(status, now) == Standing::Silent => {
            Some(status.last_sign_of_life.max(status.baton_since))
        }
        Status::HandingOver => {
            let prompt = prompt_of_decision(status)?;
            let lies = prompt.held.is_none() && prompt.state < DeliveryState::PickedUp;
            let late = now.millis_since(prompt.written) > PICKED_UP_WITHIN_MS;
            (lies && late).then_some(status.baton_since)
        }
        _ => None,
    }
}

/// The handover that waits for a person.
pub(crate) fn open_handover(status: &Summary) -> Option<&HandoverRef> {
    status.handover.as_ref().filter(|handover| {
        let decided = handover.decision.is_some() || handover.pending.is_some();
        status.status == Status::AwaitingReview && !decided
    })
}

/// The decision about the newest handover that its person can still take back. Nobody acts on it, and nobody else decides.
pub(crate) fn pending(status: &Summary) -> Option<&PendingDecision> {
    status.handover.as_ref()?.pending.as_deref()
}

/// The prompt of the newest decision: `None` while it is still being written.
pub(crate) fn prompt_of_decision(status: &Summary) -> Option<&PromptRef> {
    let handover = status.handover.as_ref()?;
    let decision = handover.decision.as_ref()?;
    status
        .prompt
        .as_ref()
        .filter(|prompt| prompt.handover == handover.handover)
        .filter(|prompt| prompt.written >= decision.at)
}

/// Why the prompt of the newest decision does not leave, if a person has to send it.
pub(crate) fn held(status: &Summary) -> Option<Held> {
    let prompt = prompt_of_decision(status)?;
    prompt.held.filter(|_| status.status == Status::HandingOver)
}

/// Whether a decision is made whose prompt does not exist yet.
pub(crate) fn prompt_is_being_written(status: &Summary) -> bool {
    status.status == Status::HandingOver && prompt_of_decision(status).is_none()
}

/// The prompt that is in front of the reader: the newest, unless another one is being written.
pub(crate) fn prompt_shown(status: &Summary) -> Option<&PromptRef> {
    let prompt = status.prompt.as_ref();
    prompt.filter(|_| !prompt_is_being_written(status))
}

/// What becomes of a prompt by now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// No agent gets it before a person sends it.
    Held,
    /// No agent has it: a person may carry it to one.
    Waits,
    /// An agent works from it.
    Works,
    /// What it started is over, or another prompt has taken its place.
    Over,
}

/// What becomes of this prompt by now.
pub(crate) fn use_of(status: &Summary, prompt: &PromptId) -> Use {
    let newest = prompt_shown(status).filter(|newest| newest.prompt_id == *prompt);
    match (newest, status.status) {
        (Some(newest), Status::HandingOver) if newest.held.is_some() => Use::Held,
        (Some(newest), Status::HandingOver) if newest.state < DeliveryState::PickedUp => Use::Waits,
        (Some(_), Status::HandingOver | Status::Running) => Use::Works,
        _ => Use::Over,
    }
}

/// The first time a prompt took this step.
pub(crate) fn step(prompt: &PromptRef, state: DeliveryState) -> Option<&Delivery> {
    prompt
        .deliveries
        .iter()
        .find(|delivery| delivery.state == state)
}

/// Where the baton is on the track: the index of the leg, and how far along it, 0 to 100.
/// `None` for the second figure means that it lies on the line after that leg.
pub(crate) fn baton_at(status: &Summary) -> (usize, Option<u8>) {
    let leg = status
        .phases
        .iter()
        .position(|phase| phase.name == status.phase)
        .unwrap_or(0);
    let last = leg + 1 == status.phases.len();
    let sent_back = matches!(decided(status), Some(Verdict::RequestChanges));
    match status.status {
        Status::AwaitingReview | Status::HandingOver if !last && !sent_back => (leg, None),
        Status::AwaitingReview | Status::Completed => (leg, Some(100)),
        _ => (leg, Some(status.progress.min(100))),
    }
}

/// What a person decided about the newest handover.
pub(crate) fn decided(status: &Summary) -> Option<Verdict> {
    Some(status.handover.as_ref()?.decision.as_ref()?.decision)
}

/// How one leg is drawn.
pub(crate) fn leg_class(phase: PhaseStatus, current: bool, standing: Standing) -> &'static str {
    match phase {
        PhaseStatus::Accepted if current && standing == Standing::Transit => "ok flying",
        PhaseStatus::Accepted => "ok",
        PhaseStatus::Pending => "later",
        PhaseStatus::ChangesRequested if standing == Standing::Held => "now you midway",
        PhaseStatus::ChangesRequested => "now transit",
        PhaseStatus::HandedOver if standing == Standing::Transit => "now transit",
        PhaseStatus::HandedOver => "now you",
        PhaseStatus::Ended => "ended",
        PhaseStatus::Running if standing == Standing::Silent => "now fault",
        PhaseStatus::Running if standing == Standing::Quiet => "now still",
        PhaseStatus::Running if matches!(standing, Standing::Asks | Standing::Paused) => {
            "now you midway"
        }
        PhaseStatus::Running => "now agent",
    }
}

#[cfg(test)]
mod tests {
    use domain::{Document, Event, HandoverId, PhaseName, Purpose, Via, Writer, WriterKind};

    use super::*;
    use crate::{
        samples,
        waiting::{Awaited, Waiting},
    };

    #[test]
    fn a_prompt_that_an_agent_has_is_not_offered_again() {
        let mut pipeline = samples::handed_over(1, 1);
        let prompt = PromptId::new(pipeline.id.clone(), 1);
        let handover = HandoverId::new(pipeline.id.clone(), 1);
        let plan = PhaseName::parse("PLAN").expect("a phase");
        let document = Document::new("Go on.").reference();
        let steps = [
            (
                Event::HandoverAccepted {
                    handover: handover.clone(),
                    revision: 1,
                    review_changes: String::new(),
                    proof: None,
                },
                Use::Over,
            ),
            (
                Event::PromptWritten {
                    prompt: prompt.clone(),
                    handover,
                    revision: 1,
                    phase: plan.clone(),
                    purpose: Some(Purpose::NextPhase),
                    document,
                    writer: Writer {
                        kind: WriterKind::Template,
                        name: "built-in".to_owned(),
                        why: None,
                        took_ms: 0,
                    },
                    held: None,
                },
                Use::Waits,
            ),
            (
                Event::PromptPickedUp {
                    prompt: prompt.clone(),
                    via: Some(Via::Pull),
                },
                Use::Works,
            ),
            (
                Event::PhaseStarted {
                    phase: plan.clone(),
                },
                Use::Works,
            ),
            (
                Event::HandoverSubmitted {
                    handover: HandoverId::new(pipeline.id.clone(), 2),
                    phase: plan,
                    next_phase: None,
                    document,
                    summary: String::new(),
                    recap: None,
                },
                Use::Over,
            ),
        ];
        for (event, expected) in steps {
            let said = format!("{event:?}");
            samples::then(&mut pipeline, event);
            assert_eq!(
                use_of(&Summary::from(&pipeline), &prompt),
                expected,
                "{said}"
            );
        }
    }

    #[test]
    fn a_held_prompt_waits_for_a_person() {
        let pipeline = samples::held(1, Held::ToLook);
        let status = Summary::from(&pipeline);
        let prompt = status.prompt.clone().expect("a prompt").prompt_id;
        let standing = Standing::of(&status, status.started);
        assert_eq!((standing, standing.class()), (Standing::Held, "you"));
        assert_eq!(use_of(&status, &prompt), Use::Held);
        let waiting: Vec<_> = Waiting::of(&status)
            .into_iter()
            .map(|it| it.awaited)
            .collect();
        assert_eq!(waiting, [Awaited::Send]);
    }

    #[test]
    fn a_prompt_that_lies_there_is_late_after_five_minutes_and_a_held_one_never() {
        let held = Summary::from(&samples::held(1, Held::ToLook));
        let mut sent = held.clone();
        sent.prompt.as_mut().expect("a prompt").held = None;
        let since = sent.baton_since;
        let late = |status: &Summary, minutes: i64| {
            let now = Timestamp::from_millis(since.millis() + minutes * MINUTE + 1);
            overdue(status, now)
        };
        assert_eq!((late(&sent, 4), late(&sent, 5)), (None, Some(since)));
        assert_eq!(late(&held, 500), None);
    }

    #[test]
    fn a_decision_that_can_be_taken_back_waits_for_nobody() {
        let mut status = Summary::from(&samples::handed_over(1, 1));
        let standing = |status: &Summary| Standing::of(status, status.started);
        assert_eq!(
            (standing(&status), Waiting::of(&status).len()),
            (Standing::You, 1)
        );
        let handover = status.handover.as_mut().expect("a handover");
        handover.pending = Some(Box::new(PendingDecision {
            decision: Verdict::Accept,
            by: domain::Actor::person("Anna"),
            due: status.started,
        }));
        assert_eq!(
            (standing(&status), Waiting::of(&status).len()),
            (Standing::Transit, 0)
        );
    }

    /// Where a pipeline stands so many minutes after its agent said something.
    fn standing(usual_gap_ms: u64, minutes: i64) -> Standing {
        let status = Summary {
            status: Status::Running,
            usual_gap_ms,
            ..samples::summary(1)
        };
        let now = status.last_sign_of_life.millis() + minutes * MINUTE;
        Standing::of(&status, Timestamp::from_millis(now))
    }

    #[test]
    fn an_agent_is_first_quiet_and_does_not_respond_much_later() {
        use Standing::{Agent, Quiet, Silent};
        let minute = 60_000;
        for (usual_gap_ms, cases) in [
            // Not known yet.
            (0, [(5, Agent), (6, Quiet), (15, Quiet), (16, Silent)]),
            // Reports every few seconds: nothing is said before two minutes, and nothing in red before 15.
            (5_000, [(2, Agent), (3, Quiet), (15, Quiet), (16, Silent)]),
            // Works for ten minutes between two reports.
            (
                10 * minute,
                [(20, Agent), (21, Quiet), (40, Quiet), (41, Silent)],
            ),
            (
                u64::MAX,
                [(2, Agent), (60, Agent), (600, Agent), (6_000, Agent)],
            ),
        ] {
            for (minutes, expected) in cases {
                assert_eq!(
                    standing(usual_gap_ms, minutes),
                    expected,
                    "{usual_gap_ms} ms, {minutes} min"
                );
            }
        }
        assert_eq!(Quiet.class(), "still");
    }

    #[test]
    fn an_agent_that_waits_for_a_person_is_not_silent() {
        let waits = |waits, paused| {
            let mut status = Summary {
                status: Status::Running,
                ..samples::summary(1)
            };
            status.question = Some(protocol::QuestionRef {
                question: domain::QuestionId::new(status.pipeline.clone(), 1),
                text: "Which one?".to_owned(),
                kind: domain::QuestionKind::Text,
                waits,
                at: status.started,
                open: 1,
            });
            status.paused = Some(status.started).filter(|_| paused);
            let later = Timestamp::from_millis(status.last_sign_of_life.millis() + 99 * MINUTE);
            Standing::of(&status, later)
        };
        assert_eq!(waits(true, false), Standing::Asks);
        assert_eq!(waits(true, true), Standing::Paused);
        // It asked, works on, and does not respond any more.
        assert_eq!(waits(false, false), Standing::Silent);
    }

    #[test]
    fn only_a_running_agent_can_be_silent() {
        let status = Summary {
            status: Status::AwaitingReview,
            ..samples::summary(1)
        };
        let later = Timestamp::from_millis(status.last_sign_of_life.millis() + 99 * MINUTE);
        assert_eq!(silence(&status, later), None);
    }
}
