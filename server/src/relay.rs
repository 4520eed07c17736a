//! The one door: whoever wants to change a pipeline comes through [`Relay::execute`].
//!
//! Data travels one way. A command is decided and appended to the journal; [`Relay::follow`] reads
//! the journal on, folds what it finds into the state and pushes the frames to the live log.
//! Nobody else writes the state or the log, so both are always those of one journal position.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::{Duration, SystemTime},
};

use domain::{
    Actor, Command, Pipeline, PipelineId, Reason, Recorded, Refusal, Start, Timestamp, decide,
    decide_start,
    view::{PipelineStatus, Snapshot},
};
use serde::Serialize;
use sha2::{Digest, Sha256};
use tokio::sync::{Mutex as Gate, Notify};

use crate::{
    VERSION,
    journal::{Append, AppendError, Appended, Journal, Key, ReadError, Stored},
    live::{Filter, Live, Unit, frames_of},
};

/// Rows read from the journal at once. More than the largest append has events.
const PAGE: usize = 4_096;
/// Positions before the head whose frames are made again at start, so that clients can resume.
const REPLAY: u64 = 8_192;
/// Longest idempotency key, in characters.
const KEY_MAX: usize = 200;

/// The relay. Cloning is shallow.
#[derive(Clone)]
pub struct Relay {
    shared: Arc<Shared>,
}

struct Shared {
    journal: Arc<dyn Journal>,
    live: Live,
    /// Every pipeline at the position of the live log's head. std's lock: held for look-ups only.
    pipelines: RwLock<HashMap<PipelineId, Arc<Pipeline>>>,
    /// One command at a time a pipeline: those who queue here would only conflict in the journal.
    gates: Mutex<HashMap<PipelineId, Arc<Gate<()>>>>,
    /// Rings when a decision wants a prompt.
    wants_prompt: Notify,
}

/// How a command ended well.
#[derive(Debug, Clone)]
pub struct Done {
    /// The pipeline after it.
    pub pipeline: Arc<Pipeline>,
    /// Whether an earlier request with the same key had done it already.
    pub repeated: bool,
}

/// What became of an append.
enum Fate {
    /// Its facts are in the journal and in the state.
    New,
    /// An earlier one, to this pipeline, was the same.
    Repeated(PipelineId),
    /// The pipeline has this many events by now.
    Conflict(u64),
}

/// Why a command was not carried out. Nothing was changed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RelayError {
    /// The rules say no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The idempotency key was used for another command.
    #[error(
        "The idempotency key {0:?} was used for another command. Use a new key for a new command."
    )]
    KeyReuse(String),
    /// No room on the disk.
    #[error(
        "The disk that holds the journal is full. Nothing was changed. Free some space and send the same again."
    )]
    Full,
    /// The journal cannot be used.
    #[error(
        "The journal cannot be used now ({0}). Nothing was changed. Send the same again in a moment."
    )]
    Unavailable(String),
}

impl From<ReadError> for RelayError {
    fn from(error: ReadError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl Relay {
    /// Folds the whole journal.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub async fn open(journal: Arc<dyn Journal>) -> Result<Self, ReadError> {
        let head = *journal.doorbell().borrow();
        let floor = head.saturating_sub(REPLAY);
        let mut pipelines = HashMap::new();
        let mut position = 0;
        let mut units = Vec::new();
        while position < head {
            for batch in batches(journal.read(position, PAGE).await?) {
                let Some(last) = batch.last() else { continue };
                position = last.position;
                if let Some((before, after)) = fold(&pipelines, &batch) {
                    if position > floor {
                        units.push(frames_of(
                            journal.epoch(),
                            before.as_deref(),
                            &after,
                            &batch,
                        ));
                    }
                    pipelines.insert(after.id.clone(), Arc::new(after));
                }
            }
        }
        let live = Live::new(journal.epoch(), floor);
        units.into_iter().for_each(|unit| live.push(unit));
        let shared = Shared {
            journal,
            live,
            pipelines: RwLock::new(pipelines),
            gates: Mutex::default(),
            wants_prompt: Notify::new(),
        };
        shared.wants_prompt.notify_one();
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    /// Reads the journal on for as long as the server runs. Errors are logged and tried again: what is
    /// not folded yet is not lost.
    pub async fn follow(self) {
        let mut doorbell = self.shared.journal.doorbell();
        loop {
            if let Err(error) = self.catch_up().await {
                tracing::error!(%error, "{error}");
            }
            // The bell is a hint only, so look once a second anyway.
            let _ = tokio::time::timeout(Duration::from_secs(1), doorbell.changed()).await;
        }
    }

    async fn catch_up(&self) -> Result<(), ReadError> {
        loop {
            let (_, head) = self.shared.live.bounds();
            if *self.shared.journal.doorbell().borrow() <= head {
                return Ok(());
            }
            let read = batches(self.shared.journal.read(head, PAGE).await?);
            if read.is_empty() {
                return Ok(());
            }
            for batch in read {
                self.publish(&batch);
            }
        }
    }

    fn publish(&self, batch: &[Recorded]) {
        let folded = fold(
            &self
                .shared
                .pipelines
                .read()
                .unwrap_or_else(PoisonError::into_inner),
            batch,
        );
        let Some((before, after)) = folded else {
            // Facts about nothing we know: the log still moves past them.
            if let Some(last) = batch.last() {
                self.shared
                    .live
                    .push(Unit::empty(last.position, last.pipeline.clone()));
            }
            return;
        };
        // Encoding may take milliseconds for a long handover: no lock is held for it.
        let unit = frames_of(self.shared.live.epoch(), before.as_deref(), &after, batch);
        let wants_prompt = after.wants_prompt().is_some();
        let mut pipelines = self
            .shared
            .pipelines
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        pipelines.insert(after.id.clone(), Arc::new(after));
        self.shared.live.push(unit);
        drop(pipelines);
        if wants_prompt {
            self.shared.wants_prompt.notify_one();
        }
    }

    /// Starts a pipeline.
    ///
    /// # Errors
    /// See [`RelayError`].
    pub async fn start(
        &self,
        start: &Start,
        actor: &Actor,
        key: Option<&str>,
    ) -> Result<Done, RelayError> {
        let key = key.map(|text| make_key("start", text, start)).transpose()?;
        let events = decide_start(start)?;
        let now = now();
        // Two starts in one millisecond may draw the same id; the journal refuses the second.
        loop {
            let random =
                getrandom::u32().map_err(|error| RelayError::Unavailable(error.to_string()))?;
            let pipeline = PipelineId::new(now, (random & 0xffff) as u16);
            let append = Append {
                pipeline: pipeline.clone(),
                expect: 0,
                at: now,
                actor: actor.clone(),
                key: key.clone(),
                events: events.clone(),
            };
            match self.append(append).await? {
                Fate::New => {
                    return Ok(Done {
                        pipeline: self.pipeline(&pipeline)?,
                        repeated: false,
                    });
                }
                Fate::Repeated(earlier) => {
                    return Ok(Done {
                        pipeline: self.pipeline(&earlier)?,
                        repeated: true,
                    });
                }
                Fate::Conflict(_) => {}
            }
        }
    }

    /// Carries out a command.
    ///
    /// # Errors
    /// See [`RelayError`].
    pub async fn execute(
        &self,
        id: &PipelineId,
        command: &Command,
        actor: &Actor,
        key: Option<&str>,
    ) -> Result<Done, RelayError> {
        self.pipeline(id)?;
        let gate = self.gate(id);
        let _turn = gate.lock().await;
        let key = key
            .map(|text| make_key(id.as_str(), text, command))
            .transpose()?;
        if let Some(key) = &key
            && let Some(known) = self.shared.journal.find_key(&key.scope, &key.text).await?
        {
            // Before deciding: the rules would refuse the repetition of a decision.
            return if known.digest == key.digest {
                Ok(Done {
                    pipeline: self.pipeline(id)?,
                    repeated: true,
                })
            } else {
                Err(RelayError::KeyReuse(key.text.clone()))
            };
        }
        loop {
            let pipeline = self.pipeline(id)?;
            let events = decide(&pipeline, actor, command)?;
            if events.is_empty() && key.is_none() {
                return Ok(Done {
                    pipeline,
                    repeated: false,
                });
            }
            let append = Append {
                pipeline: id.clone(),
                expect: pipeline.revision,
                at: now().max(
                    pipeline
                        .log
                        .last()
                        .map_or(pipeline.started, |entry| entry.at),
                ),
                actor: actor.clone(),
                key: key.clone(),
                events,
            };
            drop(pipeline);
            match self.append(append).await? {
                Fate::New => {
                    return Ok(Done {
                        pipeline: self.pipeline(id)?,
                        repeated: false,
                    });
                }
                Fate::Repeated(_) => {
                    return Ok(Done {
                        pipeline: self.pipeline(id)?,
                        repeated: true,
                    });
                }
                Fate::Conflict(actual) => {
                    self.wait_until(|| {
                        self.pipeline(id)
                            .is_ok_and(|pipeline| pipeline.revision >= actual)
                    })
                    .await;
                }
            }
        }
    }

    /// Appends, and waits until the state has it.
    async fn append(&self, append: Append) -> Result<Fate, RelayError> {
        let key = append
            .key
            .as_ref()
            .map(|key| key.text.clone())
            .unwrap_or_default();
        match self.shared.journal.append(append).await {
            Ok(Appended::New { last }) => {
                self.wait_until(|| self.shared.live.bounds().1 >= last)
                    .await;
                Ok(Fate::New)
            }
            Ok(Appended::Duplicate(known)) => {
                self.wait_until(|| self.pipeline(&known.pipeline).is_ok())
                    .await;
                Ok(Fate::Repeated(known.pipeline))
            }
            Err(AppendError::Conflict { actual }) => Ok(Fate::Conflict(actual)),
            Err(AppendError::KeyReuse) => Err(RelayError::KeyReuse(key)),
            Err(AppendError::Full) => Err(RelayError::Full),
            Err(AppendError::Unavailable(why)) => Err(RelayError::Unavailable(why)),
        }
    }

    async fn wait_until(&self, reached: impl Fn() -> bool) {
        let mut signal = self.shared.live.signal();
        while !reached() {
            if signal.changed().await.is_err() {
                return;
            }
        }
    }

    fn gate(&self, id: &PipelineId) -> Arc<Gate<()>> {
        let mut gates = self
            .shared
            .gates
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        Arc::clone(gates.entry(id.clone()).or_default())
    }

    /// A pipeline.
    ///
    /// # Errors
    /// Refuses an id that nothing has.
    pub fn pipeline(&self, id: &PipelineId) -> Result<Arc<Pipeline>, Refusal> {
        let pipelines = self
            .shared
            .pipelines
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        pipelines.get(id).cloned().ok_or_else(|| {
            Refusal::new(
                Reason::NotFound,
                format!("There is no pipeline {id}."),
                "an id as start_pipeline or list_pipelines returned it.",
                "Call list_pipelines, or start_pipeline for new work.",
            )
        })
    }

    /// All pipelines in view, the newest first.
    pub fn pipelines(&self, filter: &Filter) -> Vec<Arc<Pipeline>> {
        self.view(filter).0
    }

    /// Everything in view at one position.
    pub fn snapshot(&self, filter: &Filter) -> Snapshot {
        let (pipelines, position) = self.view(filter);
        self.snapshot_of(&pipelines, position)
    }

    /// The snapshot of these pipelines, which are the state of `position`.
    pub fn snapshot_of(&self, pipelines: &[Arc<Pipeline>], position: u64) -> Snapshot {
        Snapshot {
            server: VERSION.to_owned(),
            epoch: self.shared.live.epoch().to_owned(),
            position,
            at: now(),
            pipelines: pipelines
                .iter()
                .map(|pipeline| PipelineStatus::from(&**pipeline))
                .collect(),
        }
    }

    /// The pipelines and the position that they are the state of, read under one lock.
    pub fn view(&self, filter: &Filter) -> (Vec<Arc<Pipeline>>, u64) {
        let all = self
            .shared
            .pipelines
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        let (_, position) = self.shared.live.bounds();
        let mut shown: Vec<_> = all
            .values()
            .filter(|p| filter.shows(&p.id, &p.project))
            .cloned()
            .collect();
        drop(all);
        shown.sort_by(|a, b| b.id.cmp(&a.id));
        (shown, position)
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

    /// Whether facts can be written now.
    ///
    /// # Errors
    /// They cannot, and why.
    pub async fn check(&self) -> Result<(), AppendError> {
        self.shared.journal.check().await
    }

    /// The live log.
    pub fn live(&self) -> &Live {
        &self.shared.live
    }

    /// Waits until some decision may want a prompt.
    pub async fn prompt_wanted(&self) {
        self.shared.wants_prompt.notified().await;
    }
}

/// The time now. The relay is the one place that reads the clock for facts.
pub fn now() -> Timestamp {
    SystemTime::now().into()
}

/// Folds one append. `None` when it belongs to no pipeline that can be read.
fn fold(
    pipelines: &HashMap<PipelineId, Arc<Pipeline>>,
    batch: &[Recorded],
) -> Option<(Option<Arc<Pipeline>>, Pipeline)> {
    let (first, rest) = batch.split_first()?;
    let before = pipelines.get(&first.pipeline).cloned();
    let mut after = match &before {
        Some(pipeline) => {
            let mut pipeline = Pipeline::clone(pipeline);
            pipeline.apply(first);
            pipeline
        }
        None => Pipeline::begin(first)?,
    };
    rest.iter().for_each(|recorded| after.apply(recorded));
    Some((before, after))
}

/// Groups rows by append, and leaves out a last one that the page has cut.
fn batches(rows: Vec<Stored>) -> Vec<Vec<Recorded>> {
    let whole: HashSet<u64> = rows
        .iter()
        .filter(|row| row.position == row.batch_end)
        .map(|row| row.batch_end)
        .collect();
    let mut batches: Vec<Vec<Recorded>> = Vec::new();
    let mut end = 0;
    for row in rows
        .into_iter()
        .filter(|row| whole.contains(&row.batch_end))
    {
        if row.batch_end != end {
            end = row.batch_end;
            batches.push(Vec::new());
        }
        if let Some(batch) = batches.last_mut() {
            batch.push(row.decode());
        }
    }
    batches
}

fn make_key(scope: &str, text: &str, command: &impl Serialize) -> Result<Key, RelayError> {
    let text = domain::text::line("Idempotency-Key", text, KEY_MAX)?;
    let body =
        serde_json::to_vec(command).map_err(|error| RelayError::Unavailable(error.to_string()))?;
    Ok(Key {
        scope: scope.to_owned(),
        text,
        digest: Sha256::digest(&body).into(),
    })
}
