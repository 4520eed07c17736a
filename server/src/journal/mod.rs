//! The journal: the append-only log of facts that everything shown is folded from.
//!
//! Its rules hold for every store behind it: an append is all or nothing and durable when it
//! returns; positions are dense and in commit order; a key that comes twice is one append; the
//! doorbell is a hint only, and who hears it reads on by position.

mod schema;
mod sqlite;

use async_trait::async_trait;
use domain::{Actor, Event, PipelineId, Recorded, Timestamp};
use tokio::sync::watch;

pub use sqlite::{OpenError, Sqlite};

/// Facts to be appended to one pipeline, all or none.
#[derive(Debug, Clone)]
pub struct Append {
    /// The pipeline.
    pub pipeline: PipelineId,
    /// How many events the pipeline must have now; 0 for a new one.
    pub expect: u64,
    /// The time of the facts.
    pub at: Timestamp,
    /// Who caused them.
    pub actor: Actor,
    /// Makes a repetition harmless.
    pub key: Option<Key>,
    /// The facts. May be empty with a key: then only the key is remembered.
    pub events: Vec<Event>,
}

/// An idempotency key with what it was used for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Where it is unique: a pipeline id, or `start`.
    pub scope: String,
    /// The caller's text.
    pub text: String,
    /// SHA-256 of the command, so that a reuse with another body is noticed.
    pub digest: [u8; 32],
}

/// What became of an earlier append with the same key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyUse {
    /// The pipeline it went to.
    pub pipeline: PipelineId,
    /// SHA-256 of the command.
    pub digest: [u8; 32],
}

/// How an append ended well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Appended {
    /// The facts are on disk; `last` is the position of the newest one in the journal.
    New {
        /// The newest position of the journal right after this append.
        last: u64,
    },
    /// An earlier append had the same key and the same command: nothing was added.
    Duplicate(KeyUse),
}

/// Why nothing was appended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// The pipeline has moved on: decide again.
    #[error("the pipeline has {actual} events by now")]
    Conflict {
        /// How many events it has.
        actual: u64,
    },
    /// The key was used with another command.
    #[error("the idempotency key was used for another command")]
    KeyReuse,
    /// No room on the disk.
    #[error("the disk that holds the journal is full")]
    Full,
    /// The store cannot be written.
    #[error("the journal cannot be written: {0}")]
    Unavailable(String),
}

/// One stored fact as it lies on disk. The event's own text is kept, unknown fields and all.
#[derive(Debug, Clone)]
pub struct Stored {
    /// Its number in the journal.
    pub position: u64,
    /// The last position of the append it came with.
    pub batch_end: u64,
    /// The pipeline.
    pub pipeline: PipelineId,
    /// Its number in the pipeline.
    pub revision: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// The idempotency key of the command that caused it.
    pub key: Option<String>,
    /// The event as JSON.
    pub event: String,
}

impl Stored {
    /// Reads the event. One of an unknown shape becomes [`Event::Unknown`]: a journal always opens.
    pub fn decode(self) -> Recorded {
        let event = serde_json::from_str(&self.event).unwrap_or_else(|error| {
            tracing::warn!(position = self.position, %error, "event {} cannot be read and is skipped", self.position);
            Event::Unknown
        });
        Recorded {
            position: self.position,
            pipeline: self.pipeline,
            revision: self.revision,
            at: self.at,
            actor: self.actor,
            key: self.key,
            event,
        }
    }
}

/// A failed read.
#[derive(Debug, thiserror::Error)]
#[error("the journal cannot be read: {0}")]
pub struct ReadError(pub String);

/// The append-only log of facts.
#[async_trait]
pub trait Journal: Send + Sync {
    /// The name of this journal's run of positions: it changes when positions start anew.
    fn epoch(&self) -> &str;

    /// Appends facts to one pipeline. Returns after they are durable.
    async fn append(&self, append: Append) -> Result<Appended, AppendError>;

    /// What a key was used for, if it was.
    async fn find_key(&self, scope: &str, text: &str) -> Result<Option<KeyUse>, ReadError>;

    /// Facts after a position, in order, at most `max`.
    async fn read(&self, after: u64, max: usize) -> Result<Vec<Stored>, ReadError>;

    /// Facts of one pipeline after a position, in order, at most `max`.
    async fn read_pipeline(
        &self,
        pipeline: &PipelineId,
        after: u64,
        max: usize,
    ) -> Result<Vec<Stored>, ReadError>;

    /// Whether facts can be appended now; tries it.
    async fn check(&self) -> Result<(), AppendError>;

    /// Rings with the newest position. A hint: it may skip, repeat or stay silent.
    fn doorbell(&self) -> watch::Receiver<u64>;
}
