//! The one thread that writes: it commits what has queued up while the disk was busy in one transaction.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::mpsc,
};

use domain::Timestamp;
use rusqlite::{Connection, ErrorCode, TransactionBehavior, params};
use tokio::sync::{oneshot, watch};

use super::{
    files, lists,
    rows::{json, key_use, newest_position},
    schema,
};
use crate::journal::{
    Append, AppendError, Appended, Derived, FileStored, GROUP, KEYS_DELETED, KEYS_KEPT_MS, NewFile,
};

/// What the writer is asked to do.
pub enum Job {
    /// Facts.
    Append(Box<Append>, oneshot::Sender<Result<Appended, AppendError>>),
    /// A try, so that somebody learns whether facts could be written.
    Check(oneshot::Sender<Result<(), AppendError>>),
    /// A file.
    File(
        Box<NewFile>,
        oneshot::Sender<Result<FileStored, AppendError>>,
    ),
    /// What is derived from the facts.
    Derived(Box<Derived>, oneshot::Sender<Result<u64, AppendError>>),
    /// To forget what is derived.
    Clear(oneshot::Sender<Result<(), AppendError>>),
    /// To move everything from the write-ahead log into the file, so that the next open has nothing to recover.
    Checkpoint(oneshot::Sender<Result<(), AppendError>>),
}

/// The writer's side of the file.
pub struct Writer {
    connection: Connection,
    file: FileIdentity,
    newest: watch::Sender<u64>,
    /// Whether documents are noted that a search does not find yet.
    to_index: bool,
}

impl Writer {
    /// A writer to the file behind `connection`.
    pub fn new(connection: Connection, path: &Path, newest: watch::Sender<u64>) -> Self {
        Self {
            connection,
            file: FileIdentity::of(path),
            newest,
            to_index: true,
        }
    }

    /// Works until nobody can ask any more.
    pub fn run(mut self, inbox: &mpsc::Receiver<Job>) {
        loop {
            let job = if self.to_index {
                match inbox.try_recv() {
                    Ok(job) => job,
                    Err(mpsc::TryRecvError::Disconnected) => return,
                    Err(mpsc::TryRecvError::Empty) => {
                        self.index();
                        continue;
                    }
                }
            } else {
                match inbox.recv() {
                    Ok(job) => job,
                    Err(mpsc::RecvError) => return,
                }
            };
            self.work(job, inbox);
        }
    }

    fn work(&mut self, job: Job, inbox: &mpsc::Receiver<Job>) {
        let (mut appends, mut checks) = (Vec::new(), Vec::new());
        let mut others = Vec::new();
        for job in std::iter::once(job).chain(inbox.try_iter().take(GROUP - 1)) {
            match job {
                Job::Append(append, reply) => appends.push((append, reply)),
                Job::Check(reply) => checks.push(reply),
                other => others.push(other),
            }
        }
        if !appends.is_empty() || !checks.is_empty() {
            let (batch, replies): (Vec<_>, Vec<_>) = appends.into_iter().unzip();
            match self.commit(&batch, !checks.is_empty()) {
                Ok((newest, results)) => {
                    // Before the replies: whoever has a reply can rely on the change being notified.
                    self.newest
                        .send_if_modified(|known| std::mem::replace(known, newest) != newest);
                    for (reply, result) in replies.into_iter().zip(results) {
                        let _ = reply.send(result);
                    }
                    for reply in checks {
                        let _ = reply.send(Ok(()));
                    }
                }
                Err(error) => {
                    tracing::error!(%error, "the journal cannot be written: {error}");
                    for reply in replies {
                        let _ = reply.send(Err(error.clone()));
                    }
                    for reply in checks {
                        let _ = reply.send(Err(error.clone()));
                    }
                }
            }
        }
        for job in others {
            match job {
                Job::Derived(derived, reply) => {
                    self.to_index |= !derived.texts.is_empty();
                    let _ = reply.send(self.store_derived(&derived));
                }
                Job::File(file, reply) => _ = reply.send(self.store_file(&file)),
                Job::Clear(reply) => {
                    let cleared = self.relaxed(|connection| {
                        let transaction =
                            connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
                        schema::clear_derived(&transaction)?;
                        transaction.commit()
                    });
                    let _ = reply.send(cleared);
                }
                Job::Checkpoint(reply) => {
                    let _ = reply.send(self.checkpoint());
                }
                Job::Append(..) | Job::Check(_) => {}
            }
        }
    }

    fn commit(
        &mut self,
        batch: &[Box<Append>],
        check: bool,
    ) -> Result<(u64, Vec<Result<Appended, AppendError>>), AppendError> {
        self.file.check()?;
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(|error| not_written(&error))?;
        let mut newest = newest_position(&transaction).map_err(|error| not_written(&error))?;
        let mut results = Vec::with_capacity(batch.len());
        for append in batch {
            results.push(
                insert(&transaction, append, &mut newest).map_err(|error| not_written(&error))?,
            );
        }
        if check {
            transaction
                .execute(
                    // Another value each time: SQLite leaves a page alone that would not change.
                    "INSERT OR REPLACE INTO meta VALUES ('checked', hex(randomblob(8)))",
                    [],
                )
                .map_err(|error| not_written(&error))?;
        }
        transaction
            .commit()
            .map_err(|error| match not_written(&error) {
                // No room: SQLite has written nothing. Any other failure may have come after the write.
                AppendError::Unavailable(why) if !batch.is_empty() => AppendError::Unknown(why),
                known => known,
            })?;
        Ok((newest, results))
    }

    fn store_file(&mut self, file: &NewFile) -> Result<FileStored, AppendError> {
        self.file.check()?;
        let mut stored = || {
            let transaction = self
                .connection
                .transaction_with_behavior(TransactionBehavior::Immediate)?;
            let stored = files::store(&transaction, file)?;
            transaction.commit()?;
            Ok(stored)
        };
        stored().map_err(|error: rusqlite::Error| not_written(&error))
    }

    fn store_derived(&mut self, derived: &Derived) -> Result<u64, AppendError> {
        self.relaxed(|connection| {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let stored = schema::meta(&transaction, "derived_position")?;
            let stored = stored.and_then(|stored| stored.parse().ok()).unwrap_or(0);
            if stored < derived.after || stored >= derived.position {
                return Ok(stored);
            }
            lists::store_summaries(&transaction, &derived.summaries)?;
            lists::store_texts(&transaction, &derived.texts)?;
            {
                let mut upsert = transaction
                    .prepare_cached("INSERT OR REPLACE INTO snapshots VALUES (?1, ?2, ?3, ?4)")?;
                let mut prune = transaction.prepare_cached(
                    "DELETE FROM snapshots WHERE pipeline = ?1 AND revision <
                     (SELECT max(revision) FROM snapshots WHERE pipeline = ?1 AND position <= ?2)",
                )?;
                for snapshot in &derived.snapshots {
                    upsert.execute(params![
                        snapshot.pipeline.as_str(),
                        snapshot.revision,
                        snapshot.position,
                        snapshot.json
                    ])?;
                    prune.execute(params![snapshot.pipeline.as_str(), derived.oldest_asked])?;
                }
            }
            transaction.execute(
                "INSERT OR REPLACE INTO meta VALUES ('derived_position', ?1)",
                [derived.position.to_string()],
            )?;
            let old = Timestamp::from(std::time::SystemTime::now()).millis() - KEYS_KEPT_MS;
            transaction.execute(
                "DELETE FROM keys WHERE (scope, key) IN (SELECT scope, key FROM keys WHERE at < ?1 LIMIT ?2)",
                params![old, KEYS_DELETED],
            )?;
            transaction.commit()?;
            Ok(derived.position)
        })
    }

    /// Readers that are at work keep a part of the log: the next start reads that part.
    fn checkpoint(&mut self) -> Result<(), AppendError> {
        self.file.check()?;
        self.connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .map_err(|error| not_written(&error))
    }

    /// Makes one more part of a document findable.
    fn index(&mut self) {
        let mut more = false;
        let indexed = self.relaxed(|connection| {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            more = lists::index_next(&transaction)?;
            transaction.commit()
        });
        if let Err(error) = indexed {
            tracing::warn!(%error, "a document cannot be made findable now: {error}");
            more = false;
        }
        self.to_index = more;
    }

    /// What is derived can be made again, so it does not wait for the disk.
    fn relaxed<T>(
        &mut self,
        write: impl FnOnce(&mut Connection) -> rusqlite::Result<T>,
    ) -> Result<T, AppendError> {
        self.file.check()?;
        let written = self
            .connection
            .pragma_update(None, "synchronous", "NORMAL")
            .and_then(|()| write(&mut self.connection));
        let strict = self.connection.pragma_update(None, "synchronous", "FULL");
        let written = written.and_then(|written| strict.map(|()| written));
        written.map_err(|error| not_written(&error))
    }
}

fn not_written(error: &rusqlite::Error) -> AppendError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => AppendError::Full,
        _ => AppendError::Unavailable(error.to_string()),
    }
}

/// Which file the journal is. SQLite goes on writing to a file that was deleted or moved away, and what it
/// acknowledges is lost with the process.
struct FileIdentity {
    path: PathBuf,
    known: Option<(u64, u64)>,
}

impl FileIdentity {
    fn of(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            known: device_and_inode(path),
        }
    }

    fn check(&self) -> Result<(), AppendError> {
        if device_and_inode(&self.path) == self.known {
            return Ok(());
        }
        Err(AppendError::Unavailable(format!(
            "{} was moved, replaced or deleted while Staffel was running; put it back, or restart Staffel to go on with what is there now",
            self.path.display()
        )))
    }
}

#[cfg(unix)]
fn device_and_inode(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn device_and_inode(path: &Path) -> Option<(u64, u64)> {
    fs::metadata(path).ok().map(|_| (0, 0))
}

fn insert(
    connection: &Connection,
    append: &Append,
    newest: &mut u64,
) -> rusqlite::Result<Result<Appended, AppendError>> {
    let pipeline = append.pipeline.as_str();
    if let Some(key) = &append.key
        && let Some(known) = key_use(connection, &key.scope, &key.text)?
    {
        let same = known.digest == key.digest;
        return Ok(if same {
            Ok(Appended::Duplicate(known))
        } else {
            Err(AppendError::KeyReuse)
        });
    }
    let actual: u64 = connection
        .prepare_cached("SELECT coalesce(max(revision), 0) FROM events WHERE pipeline = ?1")?
        .query_row([pipeline], |row| row.get(0))?;
    if actual != append.expect {
        return Ok(Err(AppendError::Conflict { actual }));
    }
    for document in &append.documents {
        schema::insert_document(connection, document)?;
    }
    let actor = json(&append.actor)?;
    let batch_end = *newest + append.events.len() as u64;
    let mut add =
        connection.prepare_cached("INSERT INTO events VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?;
    for (revision, event) in (actual + 1..).zip(&append.events) {
        *newest += 1;
        let key = append.key.as_ref().map(|key| &key.text);
        add.execute(params![
            *newest,
            batch_end,
            pipeline,
            revision,
            append.at.millis(),
            actor,
            key,
            json(event)?
        ])?;
    }
    if let Some(key) = &append.key {
        connection
            .prepare_cached("INSERT INTO keys VALUES (?1, ?2, ?3, ?4, ?5)")?
            .execute(params![
                key.scope,
                key.text,
                key.digest,
                pipeline,
                append.at.millis()
            ])?;
    }
    Ok(Ok(Appended::New { last: *newest }))
}
