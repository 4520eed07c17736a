//! The journal in one SQLite file: write-ahead log, full sync, one writer thread with group commit.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, mpsc},
    thread,
};

use async_trait::async_trait;
use domain::{PipelineId, Timestamp};
use rusqlite::{Connection, ErrorCode, OptionalExtension, Row, TransactionBehavior, params};
use tokio::{
    sync::{oneshot, watch},
    task::spawn_blocking,
};

use super::{
    Append, AppendError, Appended, Journal, KeyUse, ReadError, Stored,
    schema::{self, Found},
};

/// Most appends that share one transaction, and so one sync to disk.
const GROUP: usize = 256;

/// Why a journal cannot be opened: a message for the person who starts the server.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder cannot be written.
    #[error(
        "The data folder {path} cannot be written ({error}).\n\
         Staffel keeps its journal there. Make the folder writable, or choose another with --data DIR."
    )]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// Another process uses the folder.
    #[error(
        "The data folder {path} is in use by another Staffel.\n\
         Stop that one, or choose another folder with --data DIR."
    )]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// The file belongs to another program.
    #[error(
        "{path} is a database of another program.\nChoose another folder with --data DIR; the file was not touched."
    )]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The file was written by a newer version.
    #[error(
        "{path} was written by a newer Staffel (journal version {found}; this one knows up to {known}).\n\
         Start the newer Staffel, or choose another folder with --data DIR; the file was not touched."
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema version.
        found: usize,
        /// Ours.
        known: usize,
    },
    /// The file is damaged.
    #[error(
        "{path} is damaged ({detail}).\n\
         Restore it from a backup, try `sqlite3 staffel.db .recover`, or choose another folder with --data DIR; \
         the file was not touched."
    )]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
}

/// A journal in one SQLite file.
pub struct Sqlite {
    epoch: String,
    jobs: mpsc::Sender<Job>,
    /// Reads go through one connection, beside the writer's. A std mutex: it is held on blocking threads only.
    reader: Arc<Mutex<Connection>>,
    head: watch::Receiver<u64>,
    /// Held as long as the journal lives: two servers on one file would each believe to be the only one.
    _lock: File,
}

enum Job {
    Append(Box<Append>, oneshot::Sender<Result<Appended, AppendError>>),
    Check(oneshot::Sender<Result<(), AppendError>>),
}

impl Sqlite {
    /// Opens the journal `staffel.db` in `folder`; creates both where they are missing.
    ///
    /// # Errors
    /// An [`OpenError`] that says what to do. An existing file is not changed then.
    pub fn open(folder: &Path) -> Result<Self, OpenError> {
        let in_folder = |error| OpenError::Folder {
            path: folder.to_owned(),
            error,
        };
        fs::create_dir_all(folder).map_err(in_folder)?;
        let lock = File::create(folder.join("staffel.lock")).map_err(in_folder)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(OpenError::InUse {
                    path: folder.to_owned(),
                });
            }
            Err(TryLockError::Error(error)) => return Err(in_folder(error)),
        }
        let path = folder.join("staffel.db");
        let (mut writer, epoch) = prepare(&path, folder)?;
        let reader = Connection::open(&path).map_err(|error| explain(&path, folder, &error))?;
        let newest = newest_position(&writer).map_err(|error| explain(&path, folder, &error))?;
        let (ring, head) = watch::channel(newest);
        let (jobs, inbox) = mpsc::channel();
        thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || write(&mut writer, &inbox, &ring))
            .map_err(in_folder)?;
        Ok(Self {
            epoch,
            jobs,
            reader: Arc::new(Mutex::new(reader)),
            head,
            _lock: lock,
        })
    }

    async fn job<T>(
        &self,
        job: Job,
        answer: oneshot::Receiver<Result<T, AppendError>>,
    ) -> Result<T, AppendError> {
        let gone = || AppendError::Unavailable("the writer has stopped".to_owned());
        self.jobs.send(job).map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }

    async fn with_reader<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, ReadError> {
        let reader = Arc::clone(&self.reader);
        let answer = spawn_blocking(move || {
            let connection = reader
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            read(&connection)
        });
        answer
            .await
            .map_err(|error| ReadError(error.to_string()))?
            .map_err(|error| ReadError(error.to_string()))
    }
}

#[async_trait]
impl Journal for Sqlite {
    fn epoch(&self) -> &str {
        &self.epoch
    }

    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        let (reply, answer) = oneshot::channel();
        self.job(Job::Append(Box::new(append), reply), answer).await
    }

    async fn find_key(&self, scope: &str, text: &str) -> Result<Option<KeyUse>, ReadError> {
        let (scope, text) = (scope.to_owned(), text.to_owned());
        self.with_reader(move |connection| key_use(connection, &scope, &text))
            .await
    }

    async fn read(&self, after: u64, max: usize) -> Result<Vec<Stored>, ReadError> {
        self.with_reader(move |connection| {
            let mut select = connection.prepare_cached(
                "SELECT position, batch_end, pipeline, revision, at, actor, key, event
                 FROM events WHERE position > ?1 ORDER BY position LIMIT ?2",
            )?;
            select.query_map(params![after, max], stored)?.collect()
        })
        .await
    }

    async fn read_pipeline(
        &self,
        pipeline: &PipelineId,
        after: u64,
        max: usize,
    ) -> Result<Vec<Stored>, ReadError> {
        let pipeline = pipeline.to_string();
        self.with_reader(move |connection| {
            // The order of positions and that of revisions are one; the index is on (pipeline, revision).
            let mut select = connection.prepare_cached(
                "SELECT position, batch_end, pipeline, revision, at, actor, key, event
                 FROM events WHERE pipeline = ?1 AND position > ?2 ORDER BY revision LIMIT ?3",
            )?;
            select
                .query_map(params![pipeline, after, max], stored)?
                .collect()
        })
        .await
    }

    async fn check(&self) -> Result<(), AppendError> {
        let (reply, answer) = oneshot::channel();
        self.job(Job::Check(reply), answer).await
    }

    fn doorbell(&self) -> watch::Receiver<u64> {
        self.head.clone()
    }
}

fn prepare(path: &Path, folder: &Path) -> Result<(Connection, String), OpenError> {
    let mut connection = Connection::open(path).map_err(|error| explain(path, folder, &error))?;
    let path = path.to_owned();
    match schema::prepare(&mut connection, &new_epoch()) {
        Ok(Found::Ready { epoch }) => Ok((connection, epoch)),
        Ok(Found::Foreign) => Err(OpenError::Foreign { path }),
        Ok(Found::Newer(found)) => Err(OpenError::Newer {
            path,
            found,
            known: schema::VERSION,
        }),
        Ok(Found::Corrupt(detail)) => Err(OpenError::Corrupt { path, detail }),
        Err(error) => Err(explain(&path, folder, &error)),
    }
}

fn explain(path: &Path, folder: &Path, error: &rusqlite::Error) -> OpenError {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => OpenError::Corrupt {
            path: path.to_owned(),
            detail: error.to_string(),
        },
        _ => OpenError::Folder {
            path: folder.to_owned(),
            error: io::Error::other(error.to_string()),
        },
    }
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

fn newest_position(connection: &Connection) -> rusqlite::Result<u64> {
    let mut select = connection.prepare_cached("SELECT coalesce(max(position), 0) FROM events")?;
    select.query_row([], |row| row.get(0))
}

/// Takes what has queued up while the disk was busy, and commits it in one transaction.
fn write(connection: &mut Connection, inbox: &mpsc::Receiver<Job>, ring: &watch::Sender<u64>) {
    while let Ok(job) = inbox.recv() {
        let (mut appends, mut checks) = (Vec::new(), Vec::new());
        let mut take = |job| match job {
            Job::Append(append, reply) => appends.push((append, reply)),
            Job::Check(reply) => checks.push(reply),
        };
        take(job);
        for job in inbox.try_iter().take(GROUP - 1) {
            take(job);
        }
        let (batch, replies): (Vec<_>, Vec<_>) = appends.into_iter().unzip();
        match commit(connection, &batch, !checks.is_empty()) {
            Ok((head, results)) => {
                // The bell before the replies: whoever has a reply can rely on the bell having rung.
                ring.send_if_modified(|known| std::mem::replace(known, head) != head);
                replies
                    .into_iter()
                    .zip(results)
                    .for_each(|(reply, result)| drop(reply.send(result)));
                checks
                    .into_iter()
                    .for_each(|reply| drop(reply.send(Ok(()))));
            }
            Err(error) => {
                tracing::error!(%error, "the journal cannot be written: {error}");
                let error = match error.sqlite_error_code() {
                    Some(ErrorCode::DiskFull) => AppendError::Full,
                    _ => AppendError::Unavailable(error.to_string()),
                };
                replies
                    .into_iter()
                    .for_each(|reply| drop(reply.send(Err(error.clone()))));
                checks
                    .into_iter()
                    .for_each(|reply| drop(reply.send(Err(error.clone()))));
            }
        }
    }
}

type Results = Vec<Result<Appended, AppendError>>;

fn commit(
    connection: &mut Connection,
    batch: &[Box<Append>],
    check: bool,
) -> rusqlite::Result<(u64, Results)> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut head = newest_position(&transaction)?;
    let mut results = Vec::with_capacity(batch.len());
    for append in batch {
        results.push(insert(&transaction, append, &mut head)?);
    }
    if check {
        transaction.execute(
            // Another value each time: SQLite leaves a page alone that would not change.
            "INSERT OR REPLACE INTO meta VALUES ('checked', hex(randomblob(8)))",
            [],
        )?;
    }
    transaction.commit()?;
    Ok((head, results))
}

fn insert(
    connection: &Connection,
    append: &Append,
    head: &mut u64,
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
    let actor = json(&append.actor)?;
    let batch_end = *head + append.events.len() as u64;
    let mut add =
        connection.prepare_cached("INSERT INTO events VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?;
    for (revision, event) in (actual + 1..).zip(&append.events) {
        *head += 1;
        let key = append.key.as_ref().map(|key| &key.text);
        add.execute(params![
            *head,
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
            .prepare_cached("INSERT INTO keys VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![key.scope, key.text, key.digest, pipeline])?;
    }
    Ok(Ok(Appended::New { last: *head }))
}

fn json(value: &impl serde::Serialize) -> rusqlite::Result<String> {
    serde_json::to_string(value)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
}

fn key_use(connection: &Connection, scope: &str, text: &str) -> rusqlite::Result<Option<KeyUse>> {
    connection
        .prepare_cached("SELECT pipeline, digest FROM keys WHERE scope = ?1 AND key = ?2")?
        .query_row([scope, text], |row| {
            Ok(KeyUse {
                pipeline: parsed(row, 0)?,
                digest: row.get(1)?,
            })
        })
        .optional()
}

fn stored(row: &Row<'_>) -> rusqlite::Result<Stored> {
    Ok(Stored {
        position: row.get(0)?,
        batch_end: row.get(1)?,
        pipeline: parsed(row, 2)?,
        revision: row.get(3)?,
        at: Timestamp::from_millis(row.get(4)?),
        actor: serde_json::from_str(row.get_ref(5)?.as_str()?)
            .map_err(|error| unreadable(5, error))?,
        key: row.get(6)?,
        event: row.get(7)?,
    })
}

fn parsed<T>(row: &Row<'_>, column: usize) -> rusqlite::Result<T>
where
    T: std::str::FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    row.get_ref(column)?
        .as_str()?
        .parse()
        .map_err(|error| unreadable(column, error))
}

fn unreadable(
    column: usize,
    error: impl std::error::Error + Send + Sync + 'static,
) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
}
