//! Who waits for a change of one pipeline.
//!
//! A report to another pipeline, or one that changes nothing that can be waited for, wakes nobody: twenty thousand
//! waits cost an event as much as none.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use domain::{Pipeline, PipelineId, Reason, Refusal};
use tokio::sync::watch;

/// Most waits for one pipeline at once. One agent waits for a handover, and perhaps a few scripts beside it.
pub const WAITS_FOR_ONE: usize = 256;
/// Most waits at once. Each holds a connection and some 20 KB.
pub const WAITS: usize = 8_192;

/// The waits that are open now.
#[derive(Debug, Default)]
pub struct Waiters(Mutex<Open>);

#[derive(Debug, Default)]
struct Open {
    pipelines: HashMap<PipelineId, watch::Sender<()>>,
    count: usize,
}

/// One wait. It is over when this is dropped.
#[derive(Debug)]
pub struct Waiter {
    waiters: Arc<Waiters>,
    pipeline: PipelineId,
    changes: watch::Receiver<()>,
}

impl Waiters {
    /// Waits for changes of a pipeline from now on.
    ///
    /// # Errors
    /// [`WAITS`] are open, or [`WAITS_FOR_ONE`] for this pipeline.
    pub fn add(self: &Arc<Self>, pipeline: &PipelineId) -> Result<Waiter, Refusal> {
        let mut open = self.lock();
        let here = open
            .pipelines
            .get(pipeline)
            .map_or(0, watch::Sender::receiver_count);
        if here >= WAITS_FOR_ONE || open.count >= WAITS {
            return Err(Refusal::new(
                Reason::NotPermitted,
                format!(
                    "{here} calls wait for pipeline {pipeline} already, and {} on this server.",
                    open.count
                ),
                format!("{WAITS_FOR_ONE} waits for one pipeline and {WAITS} in all, at once."),
                "End waits that nobody reads any more, then call again; the decision is not lost.",
            ));
        }
        open.count += 1;
        let changes = open
            .pipelines
            .entry(pipeline.clone())
            .or_insert_with(|| watch::Sender::new(()))
            .subscribe();
        Ok(Waiter {
            waiters: Arc::clone(self),
            pipeline: pipeline.clone(),
            changes,
        })
    }

    /// Wakes those who wait for a pipeline, if the change is one that can be waited for.
    pub fn notify(&self, before: Option<&Pipeline>, after: &Pipeline) {
        if before.is_some_and(|before| outcome(before) == outcome(after)) {
            return;
        }
        if let Some(changes) = self.lock().pipelines.get(&after.id) {
            changes.send_replace(());
        }
    }

    /// Wakes everybody: anything may have changed.
    pub fn notify_all(&self) {
        for changes in self.lock().pipelines.values() {
            changes.send_replace(());
        }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.lock().count
    }

    /// Nothing is half done while this is held, so a panic elsewhere spoils nothing.
    fn lock(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiter {
    /// Completes at the next change.
    pub async fn changed(&mut self) {
        // The sender lives as long as this does.
        let _ = self.changes.changed().await;
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        let mut open = self.waiters.lock();
        open.count = open.count.saturating_sub(1);
        // This receiver is still counted.
        if open
            .pipelines
            .get(&self.pipeline)
            .is_some_and(|changes| changes.receiver_count() <= 1)
        {
            open.pipelines.remove(&self.pipeline);
        }
    }
}

/// What a wait can end by: a new revision, a decision, a prompt and that it was sent, an answer, a note, a pause or its end, or the end of the
/// pipeline.
fn outcome(pipeline: &Pipeline) -> impl PartialEq {
    let newest = pipeline.handovers.last().map(|handover| {
        let revision = handover.current();
        (revision.number, revision.decision.is_some())
    });
    (
        pipeline.handovers.len(),
        newest,
        pipeline.prompts.len(),
        pipeline.held_prompt().is_some(),
        pipeline
            .questions
            .iter()
            .filter(|question| !question.is_open())
            .count(),
        pipeline.notes.last().map(|note| note.number),
        pipeline.paused,
        pipeline.status,
    )
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;
    use futures::FutureExt;

    use super::*;

    fn id(number: u16) -> PipelineId {
        PipelineId::new(Timestamp::from_millis(1_800_000_000_000), number)
    }

    #[test]
    fn twenty_thousand_waits_that_hung_up_leave_nothing_registered() {
        let waiters = Arc::new(Waiters::default());
        for round in 0..100 {
            let of_one = (0..200).map(|_| waiters.add(&id(round)).expect("a wait"));
            let of_one: Vec<_> = of_one.collect();
            assert_eq!(waiters.count(), 200, "those of earlier rounds are gone");
            drop(of_one);
        }
        assert_eq!(waiters.count(), 0);
        assert!(waiters.lock().pipelines.is_empty());
    }

    #[test]
    fn waits_are_bounded_for_one_pipeline_and_in_all() {
        let waiters = Arc::new(Waiters::default());
        let mut open = Vec::new();
        for number in 0..20_000 {
            open.extend(waiters.add(&id(number / 200)).ok());
        }
        assert_eq!((open.len(), waiters.count()), (WAITS, WAITS));
        open.truncate(WAITS - WAITS_FOR_ONE - 1);
        for _ in 0..WAITS_FOR_ONE {
            open.push(waiters.add(&id(999)).expect("there is room"));
        }
        let refusal = waiters.add(&id(999)).expect_err("enough for one");
        assert!(refusal.to_string().contains("256 calls wait"), "{refusal}");
        waiters.add(&id(1_000)).expect("another one still can");
    }

    #[test]
    fn a_change_of_one_pipeline_wakes_nobody_else() {
        let waiters = Arc::new(Waiters::default());
        let (mut mine, mut other) = (
            waiters.add(&id(1)).expect("a wait"),
            waiters.add(&id(2)).expect("a wait"),
        );
        let first = domain::Recorded {
            position: 1,
            pipeline: id(1),
            revision: 1,
            at: Timestamp::from_millis(0),
            actor: domain::Actor::agent("cursor"),
            key: None,
            event: domain::decide_start(&domain::Start {
                project: "p".to_owned(),
                title: "t".to_owned(),
                ..domain::Start::default()
            })
            .expect("a start")
            .events
            .swap_remove(0),
        };
        let begun = Pipeline::begin(&first).expect("a pipeline");
        waiters.notify(Some(&begun), &begun);
        assert!(
            mine.changed().now_or_never().is_none(),
            "nothing to wait for changed"
        );
        waiters.notify(None, &begun);
        assert!(mine.changed().now_or_never().is_some());
        assert!(other.changed().now_or_never().is_none());
    }
}
