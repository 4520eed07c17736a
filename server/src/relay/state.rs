//! The state at one journal position: the pipelines that were used last, and the overview of all.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use domain::{Pipeline, PipelineId, Timestamp};

use crate::projections::Overview;

/// Most pipelines in memory. The others are read from the journal again when somebody asks: a snapshot and a few facts.
const KEPT: usize = 1_024;

/// Pipelines and their overview.
#[derive(Debug, Default)]
pub struct State {
    pipelines: HashMap<PipelineId, Kept>,
    /// The pipelines by their last use, the longest ago first.
    by_use: BTreeMap<u64, PipelineId>,
    uses: u64,
    /// What the overview shows.
    pub overview: Overview,
    /// Pipelines whose newest decision may want a prompt.
    pub wanting_prompts: HashSet<PipelineId>,
    /// When each decision is due that can still be taken back.
    pub pending: HashMap<PipelineId, Timestamp>,
    /// When anything happened last.
    pub last_event: Option<Timestamp>,
}

#[derive(Debug)]
struct Kept {
    pipeline: Arc<Pipeline>,
    used: u64,
}

impl State {
    /// A pipeline, if it is in memory.
    pub fn get(&self, id: &PipelineId) -> Option<Arc<Pipeline>> {
        self.pipelines
            .get(id)
            .map(|kept| Arc::clone(&kept.pipeline))
    }

    /// Keeps a pipeline in memory, as the one that was used last.
    pub fn keep(&mut self, pipeline: Arc<Pipeline>) {
        self.uses += 1;
        let (id, used) = (pipeline.id.clone(), self.uses);
        self.by_use.insert(used, id.clone());
        if let Some(before) = self.pipelines.insert(id, Kept { pipeline, used }) {
            self.by_use.remove(&before.used);
        }
        while self.pipelines.len() > KEPT {
            if let Some((_, oldest)) = self.by_use.pop_first() {
                self.pipelines.remove(&oldest);
            }
        }
    }

    /// Takes in the state after an append, of which the last fact is from this time.
    pub fn change(&mut self, before: Option<&Pipeline>, after: Arc<Pipeline>, at: Timestamp) {
        self.overview.change(before, &after);
        self.last_event = Some(at);
        if after.wants_prompt().is_some() {
            self.wanting_prompts.insert(after.id.clone());
        } else {
            self.wanting_prompts.remove(&after.id);
        }
        match &after.pending {
            Some(pending) => self.pending.insert(after.id.clone(), pending.due),
            None => self.pending.remove(&after.id),
        };
        self.keep(after);
    }
}
