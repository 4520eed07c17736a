//! What is derived from the facts, on its way into the journal: rows of lists, texts to be found, snapshots.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::{Pipeline, PipelineId, Recorded};

use super::{
    PAGE, REPLAY, Relay,
    follow::{batches, fold},
    load::load,
};
use crate::{
    journal::{Derived, ReadError, SearchText, Snapshot},
    projections::{findable, row},
};

/// How long what changed is collected before it is stored: one row for many reports. Between one and one and a half of it,
/// so that nodes take turns.
const STORE_EVERY: Duration = Duration::from_secs(2);
/// How often is tried while another node is storing, and the pause between.
const TRIES: u32 = 100;
const PAUSE: Duration = Duration::from_millis(20);
/// Facts of a pipeline between two snapshots of it, as far as they are stored at different times.
const SNAPSHOT_EVERY: u64 = 64;
/// Facts of a pipeline between two snapshots of it in any case, also when many come between two stores: so many, and
/// those of one append, are folded to know it as it was at any position. A thousand take a millisecond.
const SNAPSHOT_AT_LATEST: u64 = 1_024;

/// Collects what changed since it was stored last.
pub struct Deriver {
    waiting: Mutex<Waiting>,
    /// One store at a time: their positions must not overtake each other.
    storing: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Waiting {
    /// The position after which everything is here, as far as this node knows.
    after: u64,
    position: u64,
    pipelines: HashMap<PipelineId, Arc<Pipeline>>,
    texts: Vec<SearchText>,
    /// The revision of the newest snapshot of each pipeline that changed lately.
    snapshots: HashMap<PipelineId, u64>,
    /// States between two stores that become snapshots.
    between: Vec<Arc<Pipeline>>,
}

impl Deriver {
    /// A deriver of a journal in which everything up to this position is derived.
    pub fn new(position: u64) -> Self {
        Self {
            waiting: Mutex::new(Waiting::after(position)),
            storing: tokio::sync::Mutex::default(),
        }
    }

    /// Begins anew, with a journal in which everything up to this position is derived.
    pub fn restart(&self, position: u64) {
        *self.waiting() = Waiting::after(position);
    }

    /// Notes an append and the state after it.
    pub fn note(&self, after: &Arc<Pipeline>, batch: &[Recorded]) {
        self.waiting().note(after, batch);
    }

    /// How many pipelines changed since the last store.
    pub fn changed(&self) -> usize {
        self.waiting().pipelines.len()
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn after(position: u64) -> Self {
        Self {
            after: position,
            position,
            ..Self::default()
        }
    }

    /// Forgets what is stored up to a position, by whichever node.
    fn stored(&mut self, position: u64) {
        self.after = self.after.max(position);
        self.pipelines
            .retain(|_, pipeline| pipeline.position > position);
        self.texts.retain(|text| text.position > position);
        self.between.retain(|pipeline| pipeline.position > position);
    }
}

impl Relay {
    /// Stores what is derived every few seconds, for as long as the server runs.
    pub async fn derive(self) {
        loop {
            let more = f64::from(getrandom::u32().unwrap_or(0)) / f64::from(u32::MAX) / 2.0;
            tokio::time::sleep(STORE_EVERY.mul_f64(1.0 + more)).await;
            if self.shared.deriver.changed() == 0 {
                continue;
            }
            // Another node has perhaps stored all of it.
            if let Ok(position) = self.shared.journal.derived_position().await {
                self.shared.deriver.waiting().stored(position);
            }
            self.store_derived().await;
        }
    }

    /// Stores what is derived from the facts so far. A failure is logged and tried again with the next store: what is
    /// derived can always be made again.
    pub async fn store_derived(&self) {
        let deriver = &self.shared.deriver;
        if self.shared.journal.read_only().is_some() {
            return;
        }
        let _turn = deriver.storing.lock().await;
        for _ in 0..TRIES {
            let (derived, due) = {
                let waiting = deriver.waiting();
                if waiting.pipelines.is_empty() {
                    return;
                }
                waiting.derived()
            };
            let (after, position) = (derived.after, derived.position);
            let stored = match self.shared.journal.store_derived(derived).await {
                Ok(stored) => stored,
                Err(error) => {
                    tracing::warn!(%error, "lists and search are not up to date: {error}");
                    return;
                }
            };
            let mut waiting = deriver.waiting();
            if stored >= position {
                waiting.stored(position);
                waiting.noted(&due);
                return;
            }
            drop(waiting);
            if stored < after {
                // What was stored has been thrown away by another node.
                if let Err(error) = self.note_again(stored, after).await {
                    tracing::warn!(%error, "lists and search are not up to date: {error}");
                    return;
                }
            } else {
                tokio::time::sleep(PAUSE).await;
            }
        }
    }

    /// Notes again what is derived from the facts between two positions.
    async fn note_again(&self, from: u64, to: u64) -> Result<(), ReadError> {
        let mut again = Waiting::after(from);
        let mut position = from;
        while position < to {
            let page = batches(self.shared.journal.read_shared(position, PAGE).await?);
            let Some(last) = page.last else { break };
            for batch in page.batches {
                let Some(first) = batch.first().filter(|first| first.position <= to) else {
                    break;
                };
                let known = again.pipelines.get(&first.pipeline).map(Arc::clone);
                let before = match known {
                    Some(known) => Some(known),
                    None if first.revision == 1 => None,
                    None => load(&*self.shared.journal, &first.pipeline, first.position - 1)
                        .await?
                        .map(Arc::new),
                };
                if let Some(after) = fold(before.as_deref(), &batch) {
                    again.note(&Arc::new(after), &batch);
                }
            }
            position = last;
        }
        let mut waiting = self.shared.deriver.waiting();
        waiting.after = from;
        again.texts.append(&mut waiting.texts);
        waiting.texts = again.texts;
        waiting.between.append(&mut again.between);
        for (id, pipeline) in again.pipelines {
            // What changed meanwhile is newer.
            waiting.pipelines.entry(id).or_insert(pipeline);
        }
        Ok(())
    }
}

impl Waiting {
    /// Takes in an append and the state after it.
    fn note(&mut self, after: &Arc<Pipeline>, batch: &[Recorded]) {
        self.position = after.position;
        self.texts.extend(batch.iter().filter_map(findable));
        let snapshot = self.snapshots.entry(after.id.clone()).or_default();
        if after.revision >= *snapshot + SNAPSHOT_AT_LATEST {
            *snapshot = after.revision;
            self.between.push(Arc::clone(after));
        }
        self.pipelines.insert(after.id.clone(), Arc::clone(after));
    }

    /// What is to be stored, and the pipelines of which a snapshot is due.
    fn derived(&self) -> (Derived, Vec<Arc<Pipeline>>) {
        let due = self.pipelines.values().filter(|pipeline| {
            let stored = self.snapshots.get(&pipeline.id).copied().unwrap_or(0);
            pipeline.status.has_ended() || pipeline.revision >= stored + SNAPSHOT_EVERY
        });
        let due: Vec<_> = due.cloned().collect();
        let rows = self.pipelines.values().map(|pipeline| row(pipeline));
        let derived = Derived {
            after: self.after,
            position: self.position,
            summaries: rows.collect(),
            snapshots: self
                .between
                .iter()
                .chain(&due)
                .filter_map(|pipeline| snapshot(pipeline))
                .collect(),
            texts: self.texts.clone(),
            oldest_asked: self.position.saturating_sub(REPLAY),
        };
        (derived, due)
    }

    /// Notes that the snapshots that were due are stored.
    fn noted(&mut self, due: &[Arc<Pipeline>]) {
        for pipeline in due {
            if pipeline.status.has_ended() {
                self.snapshots.remove(&pipeline.id);
            } else {
                let newest = self.snapshots.entry(pipeline.id.clone()).or_default();
                *newest = pipeline.revision.max(*newest);
            }
        }
    }
}

fn snapshot(pipeline: &Pipeline) -> Option<Snapshot> {
    Some(Snapshot {
        pipeline: pipeline.id.clone(),
        revision: pipeline.revision,
        position: pipeline.position,
        json: serde_json::to_string(pipeline).ok()?,
    })
}
