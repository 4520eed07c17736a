//! Who has the baton, as the board colours it.

use domain::{Delivery, DeliveryState, PhaseStatus, Status, Timestamp, Verdict};
use protocol::{HandoverRef, PromptRef, Summary};

/// An agent that runs and says nothing for longer than this gives no sign of life.
const SILENCE_MS: i64 = 2 * 60 * 1_000;

/// The one answer that a chip shows. More than [`domain::Baton`]: silence is a fault, and endings differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Nothing has begun.
    Idle,
    /// The agent runs.
    Agent,
    /// The agent should run, and has been silent for too long.
    Silent,
    /// A person has to decide.
    You,
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
            Status::Running if silence(status, now).is_some() => Self::Silent,
            Status::Running => Self::Agent,
            Status::AwaitingReview => Self::You,
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
            Self::You => "you",
            Self::Transit => "transit",
            Self::Done => "done",
            Self::Silent | Self::Failed => "fault",
            Self::Idle | Self::Stopped => "none",
        }
    }
}

/// For how long a running agent has been silent, once it is too long. In milliseconds.
pub(crate) fn silence(status: &Summary, now: Timestamp) -> Option<i64> {
    // A phase that a person's prompt has just started has had no time to speak.
    let heard = status.last_sign_of_life.max(status.baton_since);
    let silent = now.millis_since(heard);
    (status.status == Status::Running && silent > SILENCE_MS).then_some(silent)
}

/// The handover that waits for a person.
pub(crate) fn open_handover(status: &Summary) -> Option<&HandoverRef> {
    status
        .handover
        .as_ref()
        .filter(|handover| status.status == Status::AwaitingReview && handover.decision.is_none())
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

/// Whether a decision is made whose prompt does not exist yet.
pub(crate) fn prompt_is_being_written(status: &Summary) -> bool {
    status.status == Status::HandingOver && prompt_of_decision(status).is_none()
}

/// The prompt that is in front of the reader: the newest, unless another one is being written.
pub(crate) fn prompt_shown(status: &Summary) -> Option<&PromptRef> {
    let prompt = status.prompt.as_ref();
    prompt.filter(|_| !prompt_is_being_written(status))
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
        PhaseStatus::ChangesRequested => "now transit",
        PhaseStatus::HandedOver => "now you",
        PhaseStatus::Ended => "ended",
        PhaseStatus::Running if standing == Standing::Silent => "now fault",
        PhaseStatus::Running => "now agent",
    }
}
