//! The journal: the append-only log of facts that everything shown is folded from, the texts that the facts name,
//! and what is derived from both so that a start and a list need not read them all.
//!
//! Its rules hold for every store behind it: an append is all or nothing and durable when it returns; positions
//! are dense and in commit order; a key that comes twice is one append; the change notification is a hint only, and
//! who hears it reads on by position. What is derived ([`Derived`]) may be lost and is made again from the facts.

mod derived;
mod postgres;
mod sqlite;

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use domain::{Actor, Document, DocumentHash, Event, Media, PipelineId, Recorded, Timestamp};
use protocol::Counts;
use tokio::sync::watch;

pub use derived::{
    Derived, Found, InvalidCursor, ListCursor, ListQuery, ListState, Listed, Place, SearchText,
    Snapshot, SummaryRow,
};
pub use postgres::Postgres;
pub use sqlite::{OpenError, Sqlite, check_database, copy_database, damage_of, lock_folder};

/// How long an idempotency key is remembered: clients repeat within minutes, people after a weekend.
const KEYS_KEPT_MS: i64 = 7 * 24 * 60 * 60 * 1_000;
/// Most old keys that are deleted at once.
const KEYS_DELETED: u32 = 1_000;
/// Epochs that are remembered. A client that was away for longer than so many starts gets a `reset`.
const EPOCHS_KEPT: u32 = 1_000;
/// Most appends that share one transaction, and so one sync to disk.
const GROUP: usize = 256;
/// Rows of one read end after so many bytes of events: whoever reads page by page holds one page in memory.
const READ_BYTES: usize = 1024 * 1024;
/// Longest part of a text that is one row of a search index, in bytes. A writer indexes one part at a time, so that it
/// stops appends for a few milliseconds at most.
const PART: usize = 32 * 1024;
/// Most of a document that a search finds, in bytes: what is far behind is rarely looked for, and costs as much.
const INDEXED_MAX: usize = 512 * 1024;

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
    /// The texts that the facts name.
    pub documents: Vec<Document>,
}

/// An idempotency key with what it was used for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Where it is unique: whose it is, and for which pipeline or `start`.
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

/// Why an append did not end well.
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
    /// No room on the disk. Nothing was appended.
    #[error("the disk that holds the journal is full")]
    Full,
    /// The store cannot be written. Nothing was appended.
    #[error("the journal cannot be written: {0}")]
    Unavailable(String),
    /// The store failed while it made the facts durable: they may be there after a restart, or not.
    #[error("the journal failed while it was written: {0}")]
    Unknown(String),
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

/// A file that is about to be stored.
#[derive(Debug, Clone)]
pub struct NewFile {
    /// The pipeline to which it belongs.
    pub pipeline: PipelineId,
    /// SHA-256 of its bytes.
    pub hash: DocumentHash,
    /// What its bytes are.
    pub media: Media,
    /// Its bytes.
    pub bytes: Bytes,
    /// Most bytes that all files of the pipeline may have together.
    pub most: u64,
}

/// What is known of a stored file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileRef {
    /// Its size in bytes.
    pub size: u64,
    /// What its bytes are.
    pub media: Media,
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileStored {
    /// It is there now.
    New,
    /// It was there before.
    Known,
    /// The files of the pipeline have so many bytes already: this one was not stored.
    NoRoom {
        /// Their bytes together.
        used: u64,
    },
}

/// A failed read.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the journal cannot be read: {0}")]
pub struct ReadError(pub String);

/// A run of positions that was written between two starts; in a database, between two times in which nobody was at work on
/// it. The SSE id of a position names the epoch in which it was sent, so that a restored backup, which goes on from an older
/// position, does not know what came after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Epoch {
    /// Its name.
    pub name: String,
    /// The newest position when it began.
    pub start: u64,
}

/// The last position that an epoch wrote in the journal that has these epochs and ends at `head`; `None` if it is not one of
/// them. What the epoch wrote after the next one began is not in this journal: a backup was restored, and went on differently.
pub fn last_of_epoch(epochs: &[Epoch], name: &str, head: u64) -> Option<u64> {
    let at = epochs.iter().position(|epoch| epoch.name == name)?;
    let end = epochs.get(at + 1).map_or(head, |next| next.start);
    Some(end.min(head))
}

/// The append-only log of facts, and what is derived from it.
#[async_trait]
pub trait Journal: Send + Sync {
    /// The epochs of this journal, the current one last. Whoever opens it for writing and is alone begins one. Changes when
    /// one has begun meanwhile: what was read before may have been replaced by a backup then.
    fn epochs(&self) -> watch::Receiver<Arc<[Epoch]>>;

    /// Why nothing can be written, where the journal was opened for reading only.
    fn read_only(&self) -> Option<&str>;

    /// Appends facts to one pipeline. Returns after they are durable.
    async fn append(&self, append: Append) -> Result<Appended, AppendError>;

    /// What a key was used for, if it was. Keys are kept for a week.
    async fn find_key(&self, scope: &str, text: &str) -> Result<Option<KeyUse>, ReadError>;

    /// Facts after a position, in order, at most `max` and about a megabyte. For the follower alone: no other reader
    /// makes it wait.
    async fn read(&self, after: u64, max: usize) -> Result<Vec<Stored>, ReadError>;

    /// The same for everybody else.
    async fn read_shared(&self, after: u64, max: usize) -> Result<Vec<Stored>, ReadError>;

    /// Facts of one pipeline after a position, in order, at most `max` and about a megabyte.
    async fn read_pipeline(
        &self,
        pipeline: &PipelineId,
        after: u64,
        max: usize,
    ) -> Result<Vec<Stored>, ReadError>;

    /// A text by its hash.
    async fn text(&self, hash: &DocumentHash) -> Result<Option<Arc<str>>, ReadError>;

    /// Stores a file of a pipeline under its hash; one that is there already stays as it is. Returns after it is durable.
    async fn store_file(&self, file: NewFile) -> Result<FileStored, AppendError>;

    /// What is known of a file of a pipeline.
    async fn file(
        &self,
        pipeline: &PipelineId,
        hash: &DocumentHash,
    ) -> Result<Option<FileRef>, ReadError>;

    /// The bytes of a file of a pipeline.
    async fn file_bytes(
        &self,
        pipeline: &PipelineId,
        hash: &DocumentHash,
    ) -> Result<Option<Vec<u8>>, ReadError>;

    /// Stores what is derived from the facts, as far as nobody else has, and gives the position up to which all of it is
    /// stored now. That is before [`Derived::position`] while somebody else is storing, and before [`Derived::after`] when
    /// what was stored has been forgotten; nothing is stored then.
    async fn store_derived(&self, derived: Derived) -> Result<u64, AppendError>;

    /// The position up to which what is derived is stored.
    async fn derived_position(&self) -> Result<u64, ReadError>;

    /// Forgets everything that is derived.
    async fn clear_derived(&self) -> Result<(), AppendError>;

    /// The newest stored state of a pipeline that is not newer than a position.
    async fn snapshot(
        &self,
        pipeline: &PipelineId,
        at_most: u64,
    ) -> Result<Option<Snapshot>, ReadError>;

    /// A page of summaries.
    async fn list(&self, query: &ListQuery) -> Result<Listed, ReadError>;

    /// How many pipelines a list has in all. Words and the cursor of the query are not looked at.
    async fn count(&self, query: &ListQuery) -> Result<u64, ReadError>;

    /// How many pipelines there are in each list.
    async fn counts(&self) -> Result<Counts, ReadError>;

    /// Ended pipelines that are not archived and ended before a time, at most `max`.
    async fn ended_before(&self, time: Timestamp, max: usize)
    -> Result<Vec<PipelineId>, ReadError>;

    /// Whether facts can be appended now; tries it.
    async fn check(&self) -> Result<(), AppendError>;

    /// Brings the store into the shape in which it opens fastest. For a stop; nothing is lost without it.
    async fn tidy(&self) -> Result<(), AppendError>;

    /// Changes with the newest position. A hint: it may skip, repeat or stay silent.
    fn changes(&self) -> watch::Receiver<u64>;

    /// The newest position, whoever wrote it: not older than this call.
    async fn newest(&self) -> Result<u64, ReadError>;
}

/// Eight random hexadecimal digits: short enough for an SSE id, different for every new journal.
fn new_epoch() -> String {
    getrandom::u32()
        .map(|random| format!("{random:08x}"))
        .unwrap_or_else(|_| {
            let now = Timestamp::from(std::time::SystemTime::now());
            format!("{:08x}", now.millis() & 0xffff_ffff)
        })
}
