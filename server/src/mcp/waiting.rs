//! The bounded wait for a decision.
//!
//! The decision lives in the journal; a wait only looks at it. Whether it was made before the wait,
//! during it, or between two waits makes no difference, and a wait that breaks off loses nothing.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use domain::{HandoverId, Pipeline};
use rmcp::{RoleServer, model::ProgressNotificationParam, service::RequestContext};
use tokio::time::{Instant, sleep_until};

use super::tasks::TaskId;
use crate::relay::Relay;

/// Between two progress notifications. Clients give up on a silent call after 25 seconds and more.
const PROGRESS_EVERY: Duration = Duration::from_secs(10);

/// Waits until there is something to do about `handover`, at most until `deadline`.
pub async fn decision(
    relay: &Relay,
    handover: &HandoverId,
    longest: Duration,
    context: &RequestContext<RoleServer>,
) {
    // Before the first look: no wake-up is lost in between.
    let mut signal = relay.live().signal();
    let begun = Instant::now();
    let deadline = begun + longest;
    let mut next_progress = begun;
    let mut step = 0.0;
    loop {
        let settled = relay
            .pipeline(handover.pipeline())
            .await
            .map_or(true, |pipeline| is_settled(&pipeline, handover));
        if settled || signal.borrow_and_update().closing || Instant::now() >= deadline {
            return;
        }
        if Instant::now() >= next_progress {
            step += 1.0;
            tell(context, step, begun.elapsed()).await;
            next_progress = Instant::now() + PROGRESS_EVERY;
        }
        tokio::select! {
            changed = signal.changed() => if changed.is_err() { return },
            () = sleep_until(deadline.min(next_progress)) => {}
            () = context.ct.cancelled() => return,
        }
    }
}

/// Completes when nobody can decide about a revision any more: it is decided, a newer one has come, the pipeline has
/// ended or the server stops.
pub async fn closed(relay: &Relay, about: &TaskId) {
    let mut signal = relay.live().signal();
    loop {
        let open = relay
            .pipeline(about.handover.pipeline())
            .await
            .is_ok_and(|pipeline| {
                let handover = pipeline.handover(&about.handover);
                let open = handover.is_some_and(|it| it.is_open() && TaskId::of(it) == *about);
                open && !pipeline.status.has_ended()
            });
        if !open || signal.borrow_and_update().closing || signal.changed().await.is_err() {
            return;
        }
    }
}

/// How often agents have waited in vain for each open handover, and for which revision. A model that
/// polls for ever burns tokens for nothing: after [`ENOUGH`] rounds it is told to end its turn.
#[derive(Debug, Default)]
pub struct Rounds(Mutex<HashMap<HandoverId, (u32, u32)>>);

/// Waits in vain after which an agent is told to end its turn.
pub const ENOUGH: u32 = 10;

impl Rounds {
    /// Counts one more wait that ended with nothing for this revision, and says how many there were.
    pub fn in_vain(&self, handover: &HandoverId, revision: u32) -> u32 {
        let mut rounds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (known, count) = rounds.entry(handover.clone()).or_insert((revision, 0));
        if *known != revision {
            (*known, *count) = (revision, 0);
        }
        *count = count.saturating_add(1);
        *count
    }

    /// Forgets a handover about which there is something to do.
    pub fn settled(&self, handover: &HandoverId) {
        let mut rounds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        rounds.remove(handover);
    }
}

/// Whether the agent has something to do: a decision with its prompt, or one that needs none.
pub fn is_settled(pipeline: &Pipeline, handover: &HandoverId) -> bool {
    let decided = pipeline
        .handover(handover)
        .is_none_or(|handover| !handover.is_open());
    let being_written = pipeline
        .wants_prompt()
        .is_some_and(|(wanting, _)| wanting.id == *handover);
    pipeline.status.has_ended() || (decided && !being_written)
}

async fn tell(context: &RequestContext<RoleServer>, step: f64, waited: Duration) {
    let Some(token) = context.meta.get_progress_token() else {
        return;
    };
    let message = format!("Waiting for a person to decide ({} s)", waited.as_secs());
    // The peer may be gone; the call then ends by cancellation.
    let _ = context
        .peer
        .notify_progress(ProgressNotificationParam::new(token, step).with_message(message))
        .await;
}

#[cfg(test)]
mod tests {
    use domain::{PipelineId, Timestamp};

    use super::*;

    #[test]
    fn rounds_are_counted_for_one_revision() {
        let handover = HandoverId::new(PipelineId::new(Timestamp::from_millis(0), 1), 1);
        let rounds = Rounds::default();
        assert_eq!(rounds.in_vain(&handover, 1), 1);
        assert_eq!(rounds.in_vain(&handover, 1), 2);
        assert_eq!(rounds.in_vain(&handover, 2), 1);
        rounds.settled(&handover);
        assert_eq!(rounds.in_vain(&handover, 2), 1);
    }
}
