//! The overview in memory: a summary of every open pipeline and of the newest ended ones, in the order of the board.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use domain::{Baton, Pipeline, PipelineId, Status, Timestamp, What};
use protocol::{Counts, Summary};

use crate::journal::{ListState, SummaryRow};

/// Most bytes of summaries in one answer of the overview: the first screens of a board, and a page of at most 300 KB
/// with everything around it.
const VIEW_BYTES: usize = 112 * 1024;
/// Most ended pipelines that are kept in memory; older ones are in the journal.
const ENDED_KEPT: usize = 50;
/// The bits of a sort key below its rank: enough for milliseconds until the year 2527.
const TIME_BITS: u32 = 44;

/// Sort keys of archived pipelines are not smaller than this one.
pub const ARCHIVED_KEYS: i64 = 3 << TIME_BITS;

/// What the overview shows of one pipeline.
#[derive(Debug)]
struct Row {
    summary: Arc<Summary>,
    /// The size of its JSON: an answer is as long as its parts.
    bytes: usize,
}

/// Summaries in the order of the board.
#[derive(Debug, Default)]
pub struct Overview {
    rows: BTreeMap<(i64, PipelineId), Row>,
    keys: HashMap<PipelineId, i64>,
    /// The ended ones among them, in the same order.
    ended: BTreeSet<(i64, PipelineId)>,
    /// Open pipelines by the agents that started them or worked on them last.
    by_agent: HashMap<String, BTreeSet<PipelineId>>,
    counts: Counts,
    /// How often a pipeline, a handover or a prompt came.
    arrivals: u64,
}

impl Overview {
    /// An overview of a journal with so many pipelines.
    pub fn new(counts: Counts) -> Self {
        Self {
            counts,
            ..Self::default()
        }
    }

    /// Takes in a row that was stored; it is counted already.
    pub fn load(&mut self, summary: Summary) {
        self.put(summary);
    }

    /// Takes in a change of a pipeline. `before` is none for a new one.
    pub fn change(&mut self, before: Option<&Pipeline>, after: &Pipeline) {
        if let Some(before) = before {
            self.count(before, u64::wrapping_sub);
        }
        self.count(after, u64::wrapping_add);
        let texts = |of: &Pipeline| of.handovers.len() + of.prompts.len();
        if before.is_none_or(|before| texts(before) != texts(after)) {
            self.arrivals += 1;
        }
        self.put(Summary::from(after));
    }

    fn count(&mut self, pipeline: &Pipeline, change: fn(u64, u64) -> u64) {
        let counts = &mut self.counts;
        match list_of(pipeline.status, pipeline.archived) {
            ListState::Open => {
                counts.open = change(counts.open, 1);
                if pipeline.status == Status::AwaitingReview {
                    counts.awaiting_review = change(counts.awaiting_review, 1);
                }
            }
            ListState::Ended => counts.ended = change(counts.ended, 1),
            ListState::Archived => counts.archived = change(counts.archived, 1),
        }
    }

    fn put(&mut self, summary: Summary) {
        self.remove(&summary.pipeline);
        let list = list_of(summary.status, summary.archived);
        if list == ListState::Archived {
            return;
        }
        let key = (sort_key(&summary), summary.pipeline.clone());
        if list == ListState::Open {
            for agent in agents(&summary) {
                self.by_agent
                    .entry(agent.to_owned())
                    .or_default()
                    .insert(summary.pipeline.clone());
            }
        } else {
            self.ended.insert(key.clone());
        }
        self.keys.insert(key.1.clone(), key.0);
        let bytes = serde_json::to_vec(&summary).map_or(0, |json| json.len());
        let summary = Arc::new(summary);
        self.rows.insert(key, Row { summary, bytes });
        while self.ended.len() > ENDED_KEPT {
            if let Some(oldest) = self.ended.pop_last() {
                self.keys.remove(&oldest.1);
                self.rows.remove(&oldest);
            }
        }
    }

    fn remove(&mut self, id: &PipelineId) {
        let Some(sort_key) = self.keys.remove(id) else {
            return;
        };
        let key = (sort_key, id.clone());
        self.ended.remove(&key);
        let Some(row) = self.rows.remove(&key) else {
            return;
        };
        for agent in agents(&row.summary) {
            if let Some(pipelines) = self.by_agent.get_mut(agent) {
                pipelines.remove(id);
                if pipelines.is_empty() {
                    self.by_agent.remove(agent);
                }
            }
        }
    }

    /// The first summaries that pass, as many as fit into one answer, and whether there are more.
    pub fn first(&self, shows: impl Fn(&Summary) -> bool) -> (Vec<Arc<Summary>>, bool) {
        let (mut bytes, mut first) = (0, Vec::new());
        for row in self.rows.values().filter(|row| shows(&row.summary)) {
            bytes += row.bytes;
            if bytes > VIEW_BYTES && !first.is_empty() {
                return (first, true);
            }
            first.push(Arc::clone(&row.summary));
        }
        let shown = first.len() as u64;
        let all = self.counts.open + self.counts.ended;
        (first, all > shown)
    }

    /// The summary of a pipeline that is in view.
    pub fn get(&self, id: &PipelineId) -> Option<&Arc<Summary>> {
        let key = (*self.keys.get(id)?, id.clone());
        self.rows.get(&key).map(|row| &row.summary)
    }

    /// The summaries of open pipelines, in order.
    pub fn open(&self) -> impl Iterator<Item = &Arc<Summary>> {
        self.rows
            .values()
            .map(|row| &row.summary)
            .take_while(|summary| !summary.status.has_ended())
    }

    /// The open pipelines that this agent started or worked on last.
    pub fn open_of(&self, agent: &str) -> Vec<PipelineId> {
        self.by_agent
            .get(agent)
            .map(|pipelines| pipelines.iter().rev().cloned().collect())
            .unwrap_or_default()
    }

    /// Changes when there is a pipeline, a handover or a prompt more.
    pub fn arrivals(&self) -> u64 {
        self.arrivals
    }

    /// How many pipelines there are.
    pub fn counts(&self) -> Counts {
        self.counts
    }
}

fn agents(summary: &Summary) -> impl Iterator<Item = &str> {
    let last = summary.agent.as_deref();
    let first = summary.started_by.as_deref();
    last.into_iter()
        .chain(first.filter(move |first| Some(*first) != last))
}

/// The row of a pipeline in the lists of the journal.
pub fn row(pipeline: &Pipeline) -> SummaryRow {
    let summary = Summary::from(pipeline);
    SummaryRow {
        pipeline: pipeline.id.clone(),
        position: pipeline.position,
        project: pipeline.project.clone(),
        state: list_of(pipeline.status, pipeline.archived),
        awaiting_review: pipeline.status == Status::AwaitingReview,
        sort_key: sort_key(&summary),
        ended: if pipeline.status.has_ended() {
            // What a person has brought back stays as long as if it had ended then.
            let mut log = pipeline.log.iter().rev();
            let back = log.find(|entry| entry.what == What::Unarchived);
            let back = back.map_or(0, |entry| entry.at.millis());
            pipeline.baton_since.millis().max(back)
        } else {
            0
        },
        json: serde_json::to_string(&summary).unwrap_or_default(),
    }
}

/// In which list a pipeline is.
fn list_of(status: Status, archived: Option<Timestamp>) -> ListState {
    match (status.has_ended(), archived) {
        (false, _) => ListState::Open,
        (true, None) => ListState::Ended,
        (true, Some(_)) => ListState::Archived,
    }
}

/// The place of a pipeline on the board, the smallest first: those that wait for a person, the longest first; then
/// other open ones, the newest first; then ended and archived ones, the newest first. A place changes only when the
/// status does, or when a person is asked, has answered, pauses or lets go on, so that pages of a list do not shift under
/// who reads them.
fn sort_key(summary: &Summary) -> i64 {
    let latest = (1 << TIME_BITS) - 1;
    let newest_first = |time: Timestamp| latest - time.millis().clamp(0, latest);
    let (rank, place) = match list_of(summary.status, summary.archived) {
        ListState::Open if summary.baton == Baton::Person => {
            (0, summary.baton_since.millis().clamp(0, latest))
        }
        // The agent goes on meanwhile.
        ListState::Open if let Some(question) = &summary.question => {
            (0, question.at.millis().clamp(0, latest))
        }
        ListState::Open => (1, newest_first(summary.started)),
        ListState::Ended => (2, newest_first(summary.baton_since)),
        ListState::Archived => (3, newest_first(summary.baton_since)),
    };
    (rank << TIME_BITS) | place
}
