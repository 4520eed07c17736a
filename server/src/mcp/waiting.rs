//! The bounded wait for a person: for a decision, for an answer, for the end of a pause.
//!
//! What a person says lives in the journal; a wait only looks at it. Whether it was said before the wait,
//! during it, or between two waits makes no difference, and a wait that breaks off loses nothing.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::{HandoverId, Pipeline, PipelineId, Refusal};
use rmcp::{RoleServer, model::ProgressNotificationParam, service::RequestContext};
use tokio::time::{Instant, sleep_until};

use super::tasks::has_outcome;
use crate::relay::Relay;

/// Between two progress notifications. Clients give up on a silent call after 25 seconds and more.
const PROGRESS_EVERY: Duration = Duration::from_secs(10);

/// Waits until there is something to do about `handover`, at most `longest`.
///
/// # Errors
/// Too many calls wait already.
pub async fn decision(
    relay: &Relay,
    handover: &HandoverId,
    longest: Duration,
    context: &RequestContext<RoleServer>,
) -> Result<(), Refusal> {
    let settled = |pipeline: &Pipeline| has_outcome(pipeline, handover);
    until(
        relay,
        handover.pipeline(),
        longest,
        context,
        "to decide",
        settled,
    )
    .await
}

/// Waits for a person until a pipeline is `settled`, at most `longest`. `to` says what the person is to do.
///
/// # Errors
/// Too many calls wait already.
pub async fn until(
    relay: &Relay,
    pipeline: &PipelineId,
    longest: Duration,
    context: &RequestContext<RoleServer>,
    to: &str,
    settled: impl Fn(&Pipeline) -> bool,
) -> Result<(), Refusal> {
    // Before the first look: no change is missed in between.
    let mut waiter = relay.wait_for(pipeline)?;
    let mut closing = relay.live().closing();
    let begun = Instant::now();
    let deadline = begun + longest;
    let mut next_progress = begun;
    let mut step = 0.0;
    loop {
        let now = relay.pipeline(pipeline).await;
        if now.map_or(true, |pipeline| settled(&pipeline))
            || closing.has_begun()
            || Instant::now() >= deadline
        {
            return Ok(());
        }
        if Instant::now() >= next_progress {
            step += 1.0;
            tell(context, step, to, begun.elapsed()).await;
            next_progress = Instant::now() + PROGRESS_EVERY;
        }
        tokio::select! {
            () = waiter.changed() => {}
            () = sleep_until(deadline.min(next_progress)) => {}
            () = closing.begun() => {}
            () = context.ct.cancelled() => return Ok(()),
        }
    }
}

/// Completes when nobody can say anything about it any more: it is not open, or the server stops.
///
/// # Errors
/// Too many calls wait already.
pub async fn closed(
    relay: &Relay,
    pipeline: &PipelineId,
    is_open: impl Fn(&Pipeline) -> bool,
) -> Result<(), Refusal> {
    let mut waiter = relay.wait_for(pipeline)?;
    let mut closing = relay.live().closing();
    loop {
        let now = relay.pipeline(pipeline).await;
        let open = now.is_ok_and(|pipeline| is_open(&pipeline));
        if !open || closing.has_begun() {
            return Ok(());
        }
        tokio::select! {
            () = waiter.changed() => {}
            () = closing.begun() => {}
        }
    }
}

/// How long agents have waited for each person's word: for the decision about a handover, and which revision of it, for an
/// answer, for the end of a pause. A model that polls for ever burns
/// tokens for nothing: after `most` it is told to end its turn. Time counts, not calls: ten waits of a second are ten
/// seconds.
#[derive(Debug)]
pub struct UnansweredWaits {
    most: Duration,
    waited: Mutex<HashMap<String, (u32, Duration)>>,
}

impl UnansweredWaits {
    /// None yet. After `most` of waiting for one revision an agent is told to end its turn.
    pub fn new(most: Duration) -> Self {
        Self {
            most,
            waited: Mutex::default(),
        }
    }

    /// Counts a wait that ended without a word about `subject`, and says whether that is enough now. Another revision begins
    /// anew.
    pub fn add(&self, subject: &str, revision: u32, waited: Duration) -> Waited {
        let mut all = self.lock();
        let (known, sum) = all
            .entry(subject.to_owned())
            .or_insert((revision, Duration::ZERO));
        if *known != revision {
            (*known, *sum) = (revision, Duration::ZERO);
        }
        *sum = sum.saturating_add(waited);
        Waited {
            in_all: *sum,
            most: self.most,
        }
    }

    /// Forgets what a person has spoken about.
    pub fn remove(&self, subject: &str) {
        self.lock().remove(subject);
    }

    /// Nothing is half done while this is held, so a panic elsewhere spoils nothing.
    fn lock(&self) -> MutexGuard<'_, HashMap<String, (u32, Duration)>> {
        self.waited.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long agents have waited for a revision, and how long is enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waited {
    /// So far.
    pub in_all: Duration,
    /// Then it is enough.
    pub most: Duration,
}

impl Waited {
    /// Whether the agent should end its turn.
    pub fn is_enough(self) -> bool {
        self.in_all >= self.most
    }
}

async fn tell(context: &RequestContext<RoleServer>, step: f64, to: &str, waited: Duration) {
    let Some(token) = context.meta.get_progress_token() else {
        return;
    };
    let message = format!("Waiting for a person {to} ({} s)", waited.as_secs());
    // The peer may be gone; the call then ends by cancellation.
    let _ = context
        .peer
        .notify_progress(ProgressNotificationParam::new(token, step).with_message(message))
        .await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_counted_for_one_revision() {
        let handover = "02kx9m4t7q-h1";
        let waits = UnansweredWaits::new(Duration::from_secs(60));
        let second = Duration::from_secs(1);
        for _ in 0..20 {
            assert!(
                !waits.add(handover, 1, second).is_enough(),
                "20 seconds are no minute"
            );
        }
        assert!(waits.add(handover, 1, 40 * second).is_enough());
        assert!(
            !waits.add(handover, 2, second).is_enough(),
            "another revision begins anew"
        );
        waits.remove(handover);
        assert_eq!(waits.add(handover, 2, second).in_all, second);
    }
}
