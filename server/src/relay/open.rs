//! The state at a start: what is derived is loaded, and the facts behind it are folded.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Arc, OnceLock, PoisonError},
};

use domain::{DocumentRef, Event, Pipeline, PipelineId, Recorded, Status, Timestamp};
use protocol::Summary;
use tokio::sync::{Mutex, Notify, watch};

use super::{
    LOCKS, PAGE, REPLAY, Relay, Shared, clock::Clock, derive::Deriver, follow, load::load,
    state::State,
};
use crate::{
    documents::Documents,
    journal::{Journal, ListCursor, ListQuery, ListState, ReadError},
    live::Live,
    metrics::Durations,
    projections::{Overview, Texts, frames_of, named_texts},
};

/// Most bytes of texts that are read for these frames: a start must not depend on how long the newest handovers are.
const REPLAY_TEXTS: u64 = 2 * 1024 * 1024;
/// Most appends whose frames are made: each has the summary of its pipeline, and a snapshot has about a hundred.
const REPLAY_APPENDS: usize = 256;
/// Most pipelines that these frames are about: the state of each is loaded as it was. Who has missed more gets a
/// snapshot of about as many summaries, in fewer bytes.
const REPLAY_PIPELINES: usize = 128;
/// Summaries that are loaded at once.
const LOADED: usize = 500;
/// How often the state is read while other nodes change what is stored: each does every few seconds.
const LOADS_MAX: u32 = 50;
/// Changed pipelines after which what is derived is stored during a start.
const STORED_EVERY: usize = 1_000;

impl Relay {
    /// Loads the state of the journal.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub async fn open(journal: Arc<dyn Journal>) -> Result<Self, ReadError> {
        let epoch = newest_epoch(&*journal);
        let Loaded {
            state,
            derived,
            newest,
        } = load_state(&*journal).await?;
        let window = Window::of(&*journal, newest).await?;
        let newest_time = state.last_event;
        let durations = Durations::default();
        let relay = Self {
            shared: Arc::new(Shared {
                documents: Documents::new(Arc::clone(&journal)),
                live: Live::new(&epoch, window.floor, durations.clone()),
                durations,
                clock: Clock::after(newest_time.unwrap_or(Timestamp::from_millis(0))),
                state: state.into(),
                locks: (0..LOCKS).map(|_| Mutex::default()).collect(),
                wants_prompt: Notify::new(),
                pending: Notify::new(),
                sent: std::sync::Mutex::default(),
                joined: std::sync::Mutex::default(),
                waiters: Arc::default(),
                deriver: Deriver::new(derived),
                deciders: OnceLock::new(),
                stuck: watch::Sender::new(None),
                restarts: watch::Sender::new(0),
                journal,
            }),
        };
        relay.replay(derived, window).await?;
        relay.shared.live.reach(newest);
        relay.shared.wants_prompt.notify_one();
        Ok(relay)
    }

    /// Reads everything anew, from a journal that was replaced by another copy of itself: what was shown may not be in it.
    pub(super) async fn read_anew(&self, epoch: &str) -> Result<(), ReadError> {
        let shared = &*self.shared;
        let Loaded { state, derived, .. } = load_state(&*shared.journal).await?;
        shared.deriver.restart(derived);
        {
            let mut current = shared.state.write().unwrap_or_else(PoisonError::into_inner);
            *current = state;
            // Whoever looks now finds a state as old as what is derived, until the facts after it are folded.
            shared.live.restart(epoch, derived);
        }
        shared.waiters.notify_all();
        shared.restarts.send_modify(|restarts| *restarts += 1);
        shared.wants_prompt.notify_one();
        Ok(())
    }

    /// Folds the facts after the derived ones, and makes the frames of the window.
    async fn replay(&self, derived: u64, window: Window) -> Result<(), ReadError> {
        let floor = window.floor;
        // States before the position that is stored: only for frames.
        let mut earlier = HashMap::new();
        let mut position = derived;
        'before_the_window: while position < floor {
            let page = follow::batches(self.shared.journal.read(position, PAGE).await?);
            let Some(last) = page.last else { break };
            for batch in page.batches {
                if end_of(&batch) > floor {
                    break 'before_the_window;
                }
                self.take_in(&batch, derived, floor, &mut earlier).await?;
            }
            position = last;
        }
        for batch in window.batches {
            self.take_in(&batch, derived, floor, &mut earlier).await?;
        }
        Ok(())
    }

    /// Takes in one append of a start.
    async fn take_in(
        &self,
        batch: &[Recorded],
        derived: u64,
        floor: u64,
        earlier: &mut HashMap<PipelineId, Arc<Pipeline>>,
    ) -> Result<(), ReadError> {
        let shared = &*self.shared;
        let (Some(first), end) = (batch.first(), end_of(batch)) else {
            return Ok(());
        };
        let before = match earlier.remove(&first.pipeline) {
            Some(pipeline) => Some(pipeline),
            None => self.state_before(first).await?,
        };
        let Some(after) = follow::fold(before.as_deref(), batch) else {
            return Ok(());
        };
        let after = Arc::new(after);
        if end > floor {
            let texts = self.texts_of(&after, batch).await?;
            let epoch = shared.live.epoch();
            let unit = frames_of(&epoch, before.as_deref(), &after, batch, &texts);
            shared.live.push(unit);
        }
        if end > derived {
            shared.deriver.note(&after, batch);
            let at = batch.last().map_or(first.at, |last| last.at);
            let mut state = shared
                .state
                .write()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            state.change(before.as_deref(), after, at);
        } else {
            earlier.insert(first.pipeline.clone(), after);
        }
        if shared.deriver.changed() >= STORED_EVERY {
            self.store_derived().await;
        }
        Ok(())
    }

    /// The state of a fact's pipeline right before it; none when it is the first fact.
    pub(super) async fn state_before(
        &self,
        first: &Recorded,
    ) -> Result<Option<Arc<Pipeline>>, ReadError> {
        if first.revision == 1 {
            return Ok(None);
        }
        let known = self.state().get(&first.pipeline);
        if let Some(known) = known.filter(|known| known.revision + 1 == first.revision) {
            return Ok(Some(known));
        }
        let before = first.position.saturating_sub(1);
        let loaded = load(&*self.shared.journal, &first.pipeline, before).await?;
        Ok(loaded.map(Arc::new))
    }

    /// The texts that the frames of these facts need.
    pub(super) async fn texts_of(
        &self,
        after: &Pipeline,
        batch: &[Recorded],
    ) -> Result<Texts, ReadError> {
        let mut texts = Texts::new();
        for (reference, sent) in named_texts(after, batch) {
            let mut text = self.text_of(&reference, sent).await;
            if text.is_err() {
                // Where the journal is away, everybody waits for it: what is sent now is never sent again.
                self.shared.journal.derived_position().await?;
                text = self.text_of(&reference, sent).await;
            }
            match text {
                Ok(text) => _ = texts.insert(reference.hash, text),
                // One lost text must not stop everybody: the frame is empty, and whoever reads it is told.
                Err(error) => {
                    tracing::error!(%error, "the text {} cannot be read: {error}", reference.hash);
                }
            }
        }
        Ok(texts)
    }

    /// A text as it is sent: whole to whoever is to follow it, else with its secrets masked.
    async fn text_of(&self, reference: &DocumentRef, whole: bool) -> Result<Arc<str>, ReadError> {
        let documents = &self.shared.documents;
        if whole {
            documents.text(reference).await
        } else {
            documents.masked(reference).await
        }
    }
}

fn newest_epoch(journal: &dyn Journal) -> String {
    let epochs = journal.epochs();
    let epochs = epochs.borrow();
    epochs
        .last()
        .map_or(String::new(), |epoch| epoch.name.clone())
}

/// The state as far as it is derived.
struct Loaded {
    state: State,
    /// Up to which position that is.
    derived: u64,
    /// The newest position of the journal.
    newest: u64,
}

async fn load_state(journal: &dyn Journal) -> Result<Loaded, ReadError> {
    let mut state = State::default();
    let mut tries = 0;
    let mut derived = loop {
        // Another node may store more meanwhile: then what was read belongs to no position.
        let before = journal.derived_position().await?;
        let (overview, unreadable) = load_overview(journal).await?;
        state.overview = overview;
        if unreadable > 0 && journal.read_only().is_none() {
            tracing::warn!(
                "{unreadable} stored summaries cannot be read: lists, search and snapshots are made again from the facts"
            );
            let cleared = journal.clear_derived().await;
            cleared.map_err(|error| ReadError(error.to_string()))?;
            continue;
        }
        tries += 1;
        if before == journal.derived_position().await? {
            break before;
        }
        if tries == LOADS_MAX {
            return Err(ReadError(
                "other nodes store so much that no whole state can be read".to_owned(),
            ));
        }
    };
    let newest = journal.newest().await?;
    derived = derived.min(newest);
    let deciding = state.overview.open();
    let deciding = deciding.filter(|summary| summary.status == Status::HandingOver);
    state.wanting_prompts = deciding.map(|summary| summary.pipeline.clone()).collect();
    let pending = state.overview.open().filter_map(|summary| {
        let pending = summary.handover.as_ref()?.pending.as_ref()?;
        Some((summary.pipeline.clone(), pending.due))
    });
    state.pending = pending.collect();
    state.last_event = newest_time(journal, newest).await?;
    Ok(Loaded {
        state,
        derived,
        newest,
    })
}

/// The overview of what is stored, and how many of the summaries cannot be read.
async fn load_overview(journal: &dyn Journal) -> Result<(Overview, usize), ReadError> {
    let mut unreadable = 0;
    let mut overview = Overview::new(journal.counts().await?);
    let mut query = ListQuery {
        state: Some(ListState::Open),
        limit: LOADED,
        ..ListQuery::default()
    };
    loop {
        let listed = journal.list(&query).await?;
        for json in &listed.summaries {
            match serde_json::from_str::<Summary>(json) {
                Ok(summary) => overview.load(summary),
                Err(error) => {
                    tracing::debug!(%error, "a stored summary: {error}");
                    unreadable += 1;
                }
            }
        }
        let next: Option<ListCursor> = listed.next;
        match next {
            Some(cursor) => query.cursor = Some(cursor),
            None if query.state == Some(ListState::Open) => {
                query.state = Some(ListState::Ended);
                query.cursor = None;
                query.limit = 50;
            }
            None => return Ok((overview, unreadable)),
        }
        if query.state == Some(ListState::Ended) && query.cursor.is_some() {
            return Ok((overview, unreadable));
        }
    }
}

/// The newest appends, whose frames are made again at a start.
struct Window {
    /// The position before the first of them: the end of an append.
    floor: u64,
    batches: VecDeque<Vec<Recorded>>,
}

impl Window {
    async fn of(journal: &dyn Journal, newest: u64) -> Result<Self, ReadError> {
        let mut floor = newest.saturating_sub(REPLAY);
        if floor > 0 {
            // The facts of an append stay together: half of one would make another state.
            let row = journal.read(floor - 1, 1).await?;
            floor = row.first().map_or(floor, |row| row.batch_end.max(floor));
        }
        let (mut position, mut batches) = (floor, VecDeque::new());
        while position < newest {
            let page = follow::batches(journal.read(position, PAGE).await?);
            let Some(last) = page.last else { break };
            batches.extend(page.batches);
            position = last;
        }
        let (mut texts, mut pipelines) = (0, HashSet::new());
        let mut kept = 0;
        for batch in batches.iter().rev() {
            texts += bytes_named(batch);
            pipelines.extend(batch.first().map(|first| &first.pipeline));
            if texts > REPLAY_TEXTS || pipelines.len() > REPLAY_PIPELINES || kept == REPLAY_APPENDS
            {
                break;
            }
            kept += 1;
        }
        let left_out = batches.len() - kept;
        drop(pipelines);
        if let Some(last) = batches.drain(..left_out).next_back() {
            floor = end_of(&last);
        }
        Ok(Self { floor, batches })
    }
}

/// The bytes of the texts that these facts bring.
fn bytes_named(batch: &[Recorded]) -> u64 {
    let texts = batch.iter().filter_map(|recorded| match &recorded.event {
        Event::HandoverSubmitted { document, .. }
        | Event::HandoverRevised { document, .. }
        | Event::PromptWritten { document, .. }
        | Event::PromptRevised { document, .. } => Some(document.bytes),
        _ => None,
    });
    texts.sum()
}

fn end_of(batch: &[Recorded]) -> u64 {
    batch.last().map_or(0, |last| last.position)
}

async fn newest_time(journal: &dyn Journal, newest: u64) -> Result<Option<Timestamp>, ReadError> {
    let rows = journal.read(newest.saturating_sub(1), 1).await?;
    Ok(rows.last().map(|row| row.at))
}
