//! The relay: the one that changes pipelines.
//!
//! Data travels one way. A command is decided and appended to the journal ([`Relay::execute`]); [`Relay::follow`] reads
//! the journal on, folds what it finds into the state and pushes the frames to the live log. Nobody else writes the
//! state or the log, so both are always those of one journal position.

mod clock;
mod derive;
mod execute;
mod files;
mod follow;
mod keys;
mod load;
mod open;
mod state;
mod waiters;

use std::{
    collections::{HashSet, VecDeque},
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Arc, OnceLock, PoisonError, RwLock},
    time::Duration,
};

use domain::{Deciders, Pipeline, PipelineId, Reason, Recorded, Refusal, Session, Timestamp};
use protocol::{Counts, Match, Page, Snapshot, Summary};
use tokio::{
    sync::{Mutex, Notify, watch},
    time::timeout,
};

use crate::{
    documents::Documents,
    journal::{Epoch, Journal, ListQuery, ReadError, Stored},
    live::{EventId, Filter, Live},
    metrics::Durations,
    projections::excerpt,
    release, secrets,
};

use clock::Clock;
pub use clock::correct as correct_clock;
use derive::Deriver;
pub use execute::Done;
#[cfg(test)]
pub(crate) use follow::{EpochChange, epoch_change};
use state::State;
use waiters::Waiters;
pub use waiters::{WAITS, WAITS_FOR_ONE, Waiter};

/// Rows read from the journal at once. More than the largest append has events.
const PAGE: usize = 4_096;
/// Positions before the newest whose frames are made again at a start, so that clients can resume. Who has missed more
/// gets a snapshot, which is smaller by then.
const REPLAY: u64 = 1_024;
/// Most pipelines that wait until the hooks, or the writer of prompts, have seen what happened to them: nobody may use hooks,
/// and on one node alone prompts are written.
const SEEN_LATER: usize = 1_000;
/// Locks that commands to pipelines share: two pipelines rarely meet on one, and nothing grows with their number.
const LOCKS: usize = 1_024;

/// How long a request waits at most for what other nodes have written.
const CAUGHT_UP: Duration = Duration::from_secs(2);

/// The relay. Cloning is shallow.
#[derive(Clone)]
pub struct Relay {
    shared: Arc<Shared>,
}

struct Shared {
    journal: Arc<dyn Journal>,
    documents: Documents,
    live: Live,
    durations: Durations,
    clock: Clock,
    /// The state at the position of the live log's head. std's lock: held for look-ups only.
    state: RwLock<State>,
    /// One command at a time a pipeline: those who queue here would only conflict in the journal.
    locks: Vec<Mutex<()>>,
    /// Notified when a decision wants a prompt, or a person has sent one.
    wants_prompt: Notify,
    pending: Notify,
    /// Pipelines whose held prompt was sent, until the writer has seen it.
    sent: std::sync::Mutex<VecDeque<PipelineId>>,
    /// Sessions that have begun to work on a pipeline, until the hooks have seen it.
    joined: std::sync::Mutex<VecDeque<(Session, PipelineId)>>,
    /// Who waits for a pipeline to change.
    waiters: Arc<Waiters>,
    /// What is derived from the facts and not stored yet.
    deriver: Deriver,
    /// Who may decide; nobody where that was not said.
    deciders: OnceLock<Arc<dyn Deciders + Send + Sync>>,
    /// Why the state does not follow the journal, while it does not.
    stuck: watch::Sender<Option<String>>,
    /// How often the journal was replaced by another copy of itself.
    restarts: watch::Sender<u64>,
}

/// Why a command was not carried out.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RelayError {
    /// The rules say no. Nothing was changed.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The idempotency key was used for another command. Nothing was changed.
    #[error(
        "The idempotency key {0:?} was used for another command. Use a new key for a new command."
    )]
    KeyReuse(String),
    /// No room on the disk. Nothing was changed.
    #[error(
        "The disk that holds the journal is full. Nothing was changed. Free some space and send the same again."
    )]
    Full,
    /// The journal cannot be used. Nothing was changed.
    #[error(
        "The journal cannot be used now ({0}). Nothing was changed. Send the same again in a moment."
    )]
    Unavailable(String),
    /// The change may be stored, or not.
    #[error(
        "The journal failed while it was written ({0}). Whether the change is stored is unknown. \
         Read the pipeline again, or send the same again with the same idempotency key."
    )]
    Unknown(String),
    /// The change is stored, but what is shown does not follow.
    #[error(
        "The change is stored, but cannot be shown yet ({0}). Read the pipeline again in a moment; \
         sending the same again with the same idempotency key does no harm."
    )]
    Behind(String),
}

impl RelayError {
    /// The same for somebody who only waited for what others have stored, and stored nothing.
    fn of_a_reader(self) -> Self {
        match self {
            Self::Behind(why) => Self::Unavailable(why),
            other => other,
        }
    }
}

impl From<ReadError> for RelayError {
    fn from(error: ReadError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl Relay {
    /// Says who may decide, once, before there are commands. Policies accept nothing before that.
    pub fn decided_by(&self, deciders: Arc<dyn Deciders + Send + Sync>) {
        let _ = self.shared.deciders.set(deciders);
    }

    /// A pipeline as it is now.
    ///
    /// # Errors
    /// Refuses an unknown id; the journal cannot be read.
    pub async fn pipeline(&self, id: &PipelineId) -> Result<Arc<Pipeline>, RelayError> {
        if let Some(pipeline) = self.shown(id).await? {
            return Ok(pipeline);
        }
        // Another node may have started it.
        self.reach_newest().await?;
        self.shown(id).await?.ok_or_else(|| unknown(id).into())
    }

    /// A pipeline as this node shows it.
    async fn shown(&self, id: &PipelineId) -> Result<Option<Arc<Pipeline>>, ReadError> {
        // The position first: what is read from the journal must not be newer than what is shown.
        let (known, position) = {
            let state = self.state();
            (state.get(id), self.shared.live.bounds().1)
        };
        if known.is_some() {
            return Ok(known);
        }
        let journal = &*self.shared.journal;
        let Some(pipeline) = load::load(journal, id, position).await? else {
            return Ok(None);
        };
        let pipeline = Arc::new(pipeline);
        let mut state = self
            .shared
            .state
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        // The follower may have taken in more facts meanwhile.
        if self.shared.live.bounds().1 == position {
            state.keep(Arc::clone(&pipeline));
        }
        Ok(Some(state.get(id).unwrap_or(pipeline)))
    }

    /// The first pipelines in view, at one position.
    pub fn snapshot(&self, filter: &Filter) -> Snapshot {
        let state = self.state();
        let (_, position) = self.shared.live.bounds();
        let (pipelines, more) = match &filter.pipeline {
            Some(id) => (state.overview.get(id).cloned().into_iter().collect(), false),
            None => state
                .overview
                .first(|summary| filter.shows(&summary.pipeline, &summary.project)),
        };
        let counts = state.overview.counts();
        drop(state);
        Snapshot {
            server: release::name().to_owned(),
            epoch: self.shared.live.epoch().to_string(),
            position,
            at: now(),
            pipelines: pipelines
                .iter()
                .map(|summary| Summary::clone(summary))
                .collect(),
            more,
            counts,
        }
    }

    /// A page of pipelines.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub async fn list(&self, query: &ListQuery) -> Result<Page, RelayError> {
        // What was reported before this call is in the list.
        self.store_derived().await;
        let listed = self.shared.journal.list(query).await?;
        let mut pipelines = Vec::with_capacity(listed.summaries.len());
        for json in &listed.summaries {
            match serde_json::from_str::<Summary>(json) {
                Ok(summary) => pipelines.push(summary),
                Err(error) => {
                    tracing::warn!(%error, "a stored summary cannot be read and is left out of a list; `staffel rebuild` makes all of them again: {error}");
                }
            }
        }
        let (found, words) = (listed.found, query.words.clone());
        // Each may have tens of kilobytes: not on the threads that serve requests.
        let shown = move || {
            let shown = found.into_iter().map(|found| Match {
                excerpt: excerpt(&secrets::mask(&found.text), &words),
                pipeline: found.pipeline,
                found_in: found.found_in,
            });
            shown.collect::<Vec<_>>()
        };
        let matches = tokio::task::spawn_blocking(shown)
            .await
            .map_err(|error| RelayError::Unavailable(error.to_string()))?;
        Ok(Page {
            pipelines,
            next_cursor: listed.next.map(|cursor| cursor.to_string()),
            counts: self.state().overview.counts(),
            matches,
        })
    }

    /// How many pipelines such a list has in all. Words and the cursor of the query are not looked at.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub async fn count(&self, query: &ListQuery) -> Result<u64, RelayError> {
        Ok(self.shared.journal.count(query).await?)
    }

    /// The open pipelines that this agent started or worked on last, the newest first.
    pub fn open_of(&self, agent: &str) -> Vec<PipelineId> {
        self.state().overview.open_of(agent)
    }

    /// The summary of a pipeline that is open or has ended lately.
    pub fn summary(&self, id: &PipelineId) -> Option<Arc<Summary>> {
        self.state().overview.get(id).cloned()
    }

    /// How many pipelines there are.
    pub fn counts(&self) -> Counts {
        self.state().overview.counts()
    }

    /// When anything happened last.
    pub fn last_event(&self) -> Option<Timestamp> {
        self.state().last_event
    }

    /// Changes when there is a pipeline, a handover or a prompt more.
    pub fn arrivals(&self) -> u64 {
        self.state().overview.arrivals()
    }

    /// Summaries of open pipelines in the order of the board, at most `max`.
    pub fn open_summaries(&self, max: usize) -> Vec<Arc<Summary>> {
        self.state().overview.open().take(max).cloned().collect()
    }

    /// Pipelines that ended before a time and are not archived, the longest ago first, as far as that is stored.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub async fn ended_before(
        &self,
        time: Timestamp,
        max: usize,
    ) -> Result<Vec<PipelineId>, RelayError> {
        Ok(self.shared.journal.ended_before(time, max).await?)
    }

    /// Facts after a position as they lie in the journal.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub async fn events(
        &self,
        id: &PipelineId,
        after: u64,
        max: usize,
    ) -> Result<Vec<Stored>, RelayError> {
        Ok(self.shared.journal.read_pipeline(id, after, max).await?)
    }

    /// Whole appends after a position, in order, as far as they are shown, and the id to read on after. At most a page:
    /// with the position that was given there are no more.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub async fn appends_after(
        &self,
        position: u64,
    ) -> Result<(Vec<Vec<Recorded>>, EventId), RelayError> {
        let EventId {
            epoch,
            position: head,
        } = self.shared.live.newest_id();
        let up_to = |position| EventId { epoch, position };
        if position >= head {
            return Ok((vec![], up_to(position)));
        }
        let read = follow::batches(self.shared.journal.read_shared(position, PAGE).await?);
        let is_shown =
            |append: &Vec<Recorded>| append.last().is_none_or(|last| last.position <= head);
        let appends = read.batches.into_iter().take_while(is_shown).collect();
        let last = read.last.map_or(head, |last| last.min(head));
        Ok((appends, up_to(last)))
    }

    /// Stores what the next start would make anew. For a stop, when no more commands come.
    pub async fn tidy(&self) {
        self.store_derived().await;
        if self.shared.journal.read_only().is_none()
            && let Err(error) = self.shared.journal.tidy().await
        {
            tracing::debug!(%error, "the next start has more to read: {error}");
        }
    }

    /// Whether facts can be written and shown now.
    ///
    /// # Errors
    /// They cannot, and why.
    pub async fn check(&self) -> Result<(), String> {
        let does_not_follow =
            |why: &str| format!("what is shown does not follow the journal: {why}");
        if let Some(why) = &*self.shared.stuck.borrow() {
            return Err(does_not_follow(why));
        }
        if let Some(why) = self.shared.journal.read_only() {
            return Err(format!(
                "the journal is open for reading only, because {why}; free some space and restart"
            ));
        }
        let checked = self.shared.journal.check().await;
        checked.map_err(|error| error.to_string())?;
        let shown = self.wait_until(self.newest()).await;
        shown.map_err(|error| match error {
            RelayError::Behind(why) => does_not_follow(&why),
            other => other.to_string(),
        })
    }

    /// The texts of handovers and prompts.
    pub fn documents(&self) -> &Documents {
        &self.shared.documents
    }

    /// Whether what is shown does not follow the journal.
    pub fn is_stuck(&self) -> bool {
        self.shared.stuck.borrow().is_some()
    }

    /// Whether the journal can only be read.
    pub fn is_read_only(&self) -> bool {
        self.shared.journal.read_only().is_some()
    }

    /// The newest position that is durable, as far as the journal has told.
    pub fn newest(&self) -> u64 {
        *self.shared.journal.changes().borrow()
    }

    /// How long commands and their events take.
    pub fn durations(&self) -> &Durations {
        &self.shared.durations
    }

    /// The live log.
    pub fn live(&self) -> &Live {
        &self.shared.live
    }

    /// The epochs of the journal, the current one last.
    pub fn epochs(&self) -> Arc<[Epoch]> {
        Arc::clone(&self.shared.journal.epochs().borrow())
    }

    /// Counts how often the journal was replaced by another copy of itself, and all was read anew.
    pub fn restarts(&self) -> watch::Receiver<u64> {
        self.shared.restarts.subscribe()
    }

    /// Waits, within bounds, until everything is shown that any node had made durable before this call. Where the journal does
    /// not answer, what is known has to do; gives whether it answered.
    pub async fn catch_up_with_others(&self) -> bool {
        let reached = self.reach_newest().await;
        if let Err(error) = &reached {
            tracing::debug!(%error, "what other nodes wrote is not known: {error}");
        }
        reached.is_ok()
    }

    /// Waits until everything is shown that any node had made durable before this call.
    async fn reach_newest(&self) -> Result<(), RelayError> {
        let reached = async {
            let newest = self.shared.journal.newest().await?;
            self.wait_until(newest).await
        };
        match timeout(CAUGHT_UP, reached).await {
            Ok(reached) => reached.map_err(RelayError::of_a_reader),
            Err(_) => Err(RelayError::Unavailable("it does not answer".to_owned())),
        }
    }

    /// Waits for changes of a pipeline that end a wait for a decision: a new revision, the decision, the prompt, the end.
    ///
    /// # Errors
    /// Too many wait already: [`WAITS`], [`WAITS_FOR_ONE`].
    pub fn wait_for(&self, id: &PipelineId) -> Result<Waiter, Refusal> {
        self.shared.waiters.add(id)
    }

    /// How many calls wait for a pipeline to change.
    pub fn waiting(&self) -> usize {
        self.shared.waiters.count()
    }

    /// Waits until some decision may want a prompt, or a person has sent one.
    pub async fn prompt_wanted(&self) {
        self.shared.wants_prompt.notified().await;
    }

    /// Waits until there may be another decision that can be taken back.
    pub async fn decision_pending(&self) {
        self.shared.pending.notified().await;
    }

    /// The pipelines with a decision that can be taken back, and when it is due.
    pub fn pending_decisions(&self) -> Vec<(PipelineId, Timestamp)> {
        let state = self.state();
        let pending = state.pending.iter();
        pending.map(|(id, due)| (id.clone(), *due)).collect()
    }

    /// Pipelines whose newest decision may want a prompt.
    pub fn wanting_prompts(&self) -> HashSet<PipelineId> {
        self.state().wanting_prompts.clone()
    }

    /// Pipelines whose held prompt was sent since the last call.
    pub fn sent_prompts(&self) -> Vec<PipelineId> {
        let mut sent = self
            .shared
            .sent
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        sent.drain(..).collect()
    }

    /// Sessions of assistants that have begun to work on a pipeline since the last call, the newest last; on whichever node.
    pub fn joined_sessions(&self) -> Vec<(Session, PipelineId)> {
        let mut joined = self
            .shared
            .joined
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        joined.drain(..).collect()
    }

    fn state(&self) -> std::sync::RwLockReadGuard<'_, State> {
        self.shared
            .state
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_of(&self, id: &PipelineId) -> &Mutex<()> {
        let mut hasher = DefaultHasher::new();
        id.hash(&mut hasher);
        &self.shared.locks[hasher.finish() as usize % LOCKS]
    }
}

/// The time now, for everything but facts: they have the relay's own clock.
pub fn now() -> Timestamp {
    clock::wall()
}

fn unknown(id: &PipelineId) -> Refusal {
    Refusal::new(
        Reason::NotFound,
        format!("There is no pipeline {id}."),
        "an id as start_pipeline or list_pipelines returned it.",
        "Call list_pipelines, or start_pipeline for new work.",
    )
}
