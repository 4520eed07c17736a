//! What is derived from the facts, on its way into the journal: rows of lists, texts to be found, snapshots.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::{Pipeline, PipelineId, Recorded};

use super::{REPLAY, Relay};
use crate::{
    journal::{Derived, SearchText, Snapshot},
    projections::{findable, row},
};

/// How long what changed is collected before it is stored: one row for many reports.
const STORE_EVERY: Duration = Duration::from_secs(2);
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
            waiting: Mutex::new(Waiting {
                position,
                ..Waiting::default()
            }),
            storing: tokio::sync::Mutex::default(),
        }
    }

    /// Notes an append and the state after it.
    pub fn note(&self, after: &Arc<Pipeline>, batch: &[Recorded]) {
        let mut waiting = self.waiting();
        waiting.position = after.position;
        waiting.texts.extend(batch.iter().filter_map(findable));
        let snapshot = waiting.snapshots.entry(after.id.clone()).or_default();
        if after.revision >= *snapshot + SNAPSHOT_AT_LATEST {
            *snapshot = after.revision;
            waiting.between.push(Arc::clone(after));
        }
        waiting
            .pipelines
            .insert(after.id.clone(), Arc::clone(after));
    }

    /// How many pipelines changed since the last store.
    pub fn changed(&self) -> usize {
        self.waiting().pipelines.len()
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Relay {
    /// Stores what is derived every few seconds, for as long as the server runs.
    pub async fn derive(self) {
        loop {
            tokio::time::sleep(STORE_EVERY).await;
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
        let (position, pipelines, texts, between, due) = {
            let mut waiting = deriver.waiting();
            if waiting.pipelines.is_empty() {
                return;
            }
            let pipelines = std::mem::take(&mut waiting.pipelines);
            let due = pipelines
                .values()
                .filter(|pipeline| {
                    let stored = waiting.snapshots.get(&pipeline.id).copied().unwrap_or(0);
                    pipeline.status.has_ended() || pipeline.revision >= stored + SNAPSHOT_EVERY
                })
                .cloned()
                .collect::<Vec<_>>();
            let texts = std::mem::take(&mut waiting.texts);
            let between = std::mem::take(&mut waiting.between);
            (waiting.position, pipelines, texts, between, due)
        };
        let derived = Derived {
            position,
            summaries: pipelines.values().map(|pipeline| row(pipeline)).collect(),
            snapshots: between
                .iter()
                .chain(&due)
                .filter_map(|pipeline| snapshot(pipeline))
                .collect(),
            texts: texts.clone(),
            oldest_asked: position.saturating_sub(REPLAY),
        };
        let stored = self.shared.journal.store_derived(derived).await;
        let mut waiting = deriver.waiting();
        match stored {
            Ok(()) => {
                for pipeline in due {
                    if pipeline.status.has_ended() {
                        waiting.snapshots.remove(&pipeline.id);
                    } else {
                        let newest = waiting.snapshots.entry(pipeline.id.clone()).or_default();
                        *newest = pipeline.revision.max(*newest);
                    }
                }
            }
            Err(error) => {
                tracing::warn!(%error, "lists and search are not up to date: {error}");
                // What changed meanwhile is newer.
                for (id, pipeline) in pipelines {
                    waiting.pipelines.entry(id).or_insert(pipeline);
                }
                waiting.texts.splice(0..0, texts);
                waiting.between.splice(0..0, between);
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
