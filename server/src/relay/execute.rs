//! Carrying out commands: decide, append, wait until the state has it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use domain::{
    Actor, Changes, Command, Context, Deciders, Document, DocumentRef, Event, NoDeciders, Pipeline,
    PipelineId, Refusal, Start, TextCheck, Timestamp, Wire, decide_in, decide_start_by,
};
use tokio::time::timeout;

use super::{PAGE, Relay, RelayError, keys};
use crate::journal::{Append, AppendError, Appended, Key};
use crate::secrets;

/// How often a start draws another id. Two starts in one millisecond draw the same one in a thousand times.
const STARTS_MAX: u32 = 32;

/// How long a command waits at most until its facts are shown. Half of the time that clients give a request, so that whoever
/// sent it still hears that it is stored.
const SHOWN_WITHIN: Duration = Duration::from_secs(30);

/// How a command ended well.
#[derive(Debug, Clone)]
pub struct Done {
    /// The pipeline after it.
    pub pipeline: Arc<Pipeline>,
    /// Whether an earlier request with the same key had done it already.
    pub repeated: bool,
}

/// What became of an append.
enum AppendOutcome {
    /// Its facts are in the journal and in the state.
    New,
    /// An earlier one, to this pipeline, was the same.
    Repeated(PipelineId),
    /// The pipeline has this many events by now.
    Conflict(u64),
}

/// The text that a policy asks about before it can accept.
fn to_search(pipeline: &Pipeline, changes: &Changes) -> Option<DocumentRef> {
    let asks = changes.events.iter().any(|event| match event {
        Event::TripWiresHit { hit, .. } => hit.iter().any(|hit| hit.wire == Wire::NotSearched),
        _ => false,
    });
    // With answers alone the text stays as it is.
    let open = || Some(pipeline.open_handover()?.current().document);
    let new = changes.documents.first().map(Document::reference);
    asks.then(|| new.or_else(open)).flatten()
}

/// How an append ended, in a word.
fn outcome(appended: &Result<Appended, AppendError>) -> &'static str {
    match appended {
        Ok(Appended::New { .. }) => "new",
        Ok(Appended::Duplicate(_)) => "duplicate",
        Err(AppendError::Conflict { .. }) => "conflict",
        Err(AppendError::KeyReuse) => "key_reuse",
        Err(AppendError::Full) => "full",
        Err(AppendError::Unavailable(_)) => "unavailable",
        Err(AppendError::Unknown(_)) => "unknown",
    }
}

impl Relay {
    /// Starts a pipeline. The key belongs to the actor.
    ///
    /// # Errors
    /// See [`RelayError`].
    pub async fn start(
        &self,
        start: &Start,
        actor: &Actor,
        key: Option<&str>,
    ) -> Result<Done, RelayError> {
        let key = key
            .map(|text| keys::make(actor, "start", text, start))
            .transpose()?;
        let start = secrets::guarded_start(start);
        let Changes { events, documents } = decide_start_by(&start, actor)?;
        for _ in 0..STARTS_MAX {
            let now = self.shared.clock.now();
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
                documents: documents.clone(),
            };
            let (id, repeated) = match self.append(append).await? {
                AppendOutcome::New => (pipeline, false),
                AppendOutcome::Repeated(earlier) => (earlier, true),
                AppendOutcome::Conflict(_) => continue,
            };
            return Ok(Done {
                pipeline: self.pipeline(&id).await?,
                repeated,
            });
        }
        Err(RelayError::Unavailable(format!(
            "no free pipeline id was found in {STARTS_MAX} tries"
        )))
    }

    /// Carries out a command. The key belongs to the actor.
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
        // An unknown id takes no lock.
        self.pipeline(id).await?;
        let _turn = self.lock_of(id).lock().await;
        let key = key
            .map(|text| keys::make(actor, id.as_str(), text, command))
            .transpose()?;
        if let Some(key) = &key
            && let Some(known) = self.shared.journal.find_key(&key.scope, &key.text).await?
        {
            // Before deciding: the rules would refuse the repetition of a decision.
            return if known.digest == key.digest {
                self.wait_for_newest(id).await?;
                self.done(id, true).await
            } else {
                Err(RelayError::KeyReuse(key.text.clone()))
            };
        }
        let command = secrets::guarded(command).await;
        let command = self.with_files(id, command).await?;
        loop {
            let pipeline = self.pipeline(id).await?;
            let mut changes = match self.decide(&pipeline, actor, &command, None) {
                Ok(changes) => changes,
                Err(refusal) => {
                    // What another node has acknowledged may allow it.
                    self.reach_newest().await?;
                    if self.pipeline(id).await?.revision == pipeline.revision {
                        return Err(refusal.into());
                    }
                    continue;
                }
            };
            for document in &changes.documents {
                self.shared.documents.keep(document).await;
            }
            if let Some(document) = to_search(&pipeline, &changes) {
                let text = self.search_text(&document).await;
                changes = self.decide(&pipeline, actor, &command, text)?;
            }
            let Changes { events, documents } = changes;
            if events.is_empty() && key.is_none() {
                return Ok(Done {
                    pipeline,
                    repeated: false,
                });
            }
            let append = Append {
                pipeline: id.clone(),
                expect: pipeline.revision,
                at: self.shared.clock.now(),
                actor: actor.clone(),
                key: key.clone(),
                events,
                documents,
            };
            drop(pipeline);
            match self.append(append).await? {
                AppendOutcome::New => return self.done(id, false).await,
                AppendOutcome::Repeated(_) => return self.done(id, true).await,
                // Another node or an unknown outcome: look again when the state has it.
                AppendOutcome::Conflict(actual) => self.wait_for_revision(id, actual).await?,
            }
        }
    }

    fn decide(
        &self,
        pipeline: &Pipeline,
        actor: &Actor,
        command: &Command,
        text: Option<TextCheck>,
    ) -> Result<Changes, Refusal> {
        let deciders = self.shared.deciders.get();
        let deciders: &dyn Deciders = match deciders {
            Some(deciders) => &**deciders,
            None => &NoDeciders,
        };
        decide_in(pipeline, actor, command, &Context { deciders, text })
    }

    /// What a policy has to know about a text. Nothing where it cannot be searched: then a person looks at it.
    async fn search_text(&self, document: &DocumentRef) -> Option<TextCheck> {
        let found = match self.shared.documents.findings(document).await {
            Ok(found) => found,
            Err(error) => {
                tracing::warn!(%error, "a handover is not searched for placeholders: {error}");
                return None;
            }
        };
        found.searched.then(|| TextCheck {
            document: document.hash,
            placeholders: u32::try_from(found.placeholders.len()).unwrap_or(u32::MAX),
            pictures: found.pictures.clone(),
        })
    }

    async fn done(&self, id: &PipelineId, repeated: bool) -> Result<Done, RelayError> {
        Ok(Done {
            pipeline: self.pipeline(id).await?,
            repeated,
        })
    }

    /// Appends, and waits until the state has it.
    async fn append(&self, append: Append) -> Result<AppendOutcome, RelayError> {
        let key = append.key.as_ref().map(|Key { text, .. }| text.clone());
        let begun = Instant::now();
        let appended = self.shared.journal.append(append).await;
        let durations = &self.shared.durations;
        durations.appended(outcome(&appended), begun.elapsed());
        match appended {
            Ok(Appended::New { last }) => {
                let durable = Instant::now();
                self.wait_until(last).await?;
                durations.shown(durable.elapsed());
                Ok(AppendOutcome::New)
            }
            Ok(Appended::Duplicate(known)) => {
                let newest = *self.shared.journal.changes().borrow();
                self.wait_until(newest).await?;
                Ok(AppendOutcome::Repeated(known.pipeline))
            }
            Err(AppendError::Conflict { actual }) => Ok(AppendOutcome::Conflict(actual)),
            Err(AppendError::KeyReuse) => Err(RelayError::KeyReuse(key.unwrap_or_default())),
            Err(AppendError::Full) => Err(RelayError::Full),
            Err(AppendError::Unavailable(why)) => Err(RelayError::Unavailable(why)),
            Err(AppendError::Unknown(why)) => Err(RelayError::Unknown(why)),
        }
    }

    /// Waits until the state has a change that was not the caller's.
    async fn wait_for_revision(&self, id: &PipelineId, revision: u64) -> Result<(), RelayError> {
        while self.pipeline(id).await?.revision < revision {
            let (_, head) = self.shared.live.bounds();
            let shown = self.wait_until(head + 1).await;
            shown.map_err(RelayError::of_a_reader)?;
        }
        Ok(())
    }

    /// Waits until the state has all that the journal has of a pipeline. A commit that was reported as failed may be durable
    /// all the same, and whoever repeats it is told what came of it.
    async fn wait_for_newest(&self, id: &PipelineId) -> Result<(), RelayError> {
        let (_, head) = self.shared.live.bounds();
        let missing = self.shared.journal.read_pipeline(id, head, PAGE).await?;
        match missing.last() {
            Some(last) => self.wait_until(last.batch_end).await,
            None => Ok(()),
        }
    }

    /// Waits until the state is that of a position; [`SHOWN_WITHIN`] at most.
    pub(super) async fn wait_until(&self, position: u64) -> Result<(), RelayError> {
        if self.shared.live.bounds().1 >= position {
            return Ok(());
        }
        let shown = timeout(SHOWN_WITHIN, self.shows(position)).await;
        shown.unwrap_or_else(|_| {
            let seconds = SHOWN_WITHIN.as_secs();
            Err(RelayError::Behind(format!(
                "nothing new has been shown for {seconds} seconds"
            )))
        })
    }

    async fn shows(&self, position: u64) -> Result<(), RelayError> {
        let mut signal = self.shared.live.signal();
        let mut stuck = self.shared.stuck.subscribe();
        loop {
            if self.shared.live.bounds().1 >= position {
                return Ok(());
            }
            if let Some(why) = &*stuck.borrow_and_update() {
                return Err(RelayError::Behind(why.clone()));
            }
            tokio::select! {
                changed = signal.changed() => if changed.is_err() { return Ok(()) },
                changed = stuck.changed() => if changed.is_err() { return Ok(()) },
            }
        }
    }

    /// The time of the next fact.
    pub fn time(&self) -> Timestamp {
        self.shared.clock.now()
    }
}
