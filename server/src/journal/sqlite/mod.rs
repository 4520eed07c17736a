//! The journal in one SQLite file: write-ahead log, full sync, one writer thread with group commit, and readers that do
//! not wait for each other.

mod backup;
mod lists;
mod schema;
mod writer;

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread::{self, JoinHandle},
    time::Duration,
};

use async_trait::async_trait;
use domain::{DocumentHash, PipelineId, Timestamp};
use protocol::Counts;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, Row, params};
use tokio::{
    sync::{Semaphore, oneshot, watch},
    task::spawn_blocking,
};

use super::{
    Append, AppendError, Appended, Derived, Epoch, Journal, KeyUse, ListQuery, Listed, ReadError,
    Snapshot, Stored,
};
pub use backup::{check_database, copy_database, damage_of, lock_folder};
use schema::Found;
use writer::{Job, Writer};

/// Readers at once, beside the follower's. More would only wait for the two or three cores of a usual machine.
const READERS: usize = 4;
/// Readers that search at once.
const SEARCHES: usize = 2;
/// Rows of one read end after so many bytes of events: whoever reads page by page holds one page in memory.
const READ_BYTES: usize = 1024 * 1024;
/// Files up to this size are checked as a whole before the start, which takes a few milliseconds; larger ones after it.
const CHECKED_AT_ONCE: u64 = 16 * 1024 * 1024;
/// How long after the start a larger file is checked: it is read as a whole, and the start has other work for the disk.
const CHECKED_AFTER: Duration = Duration::from_secs(10);
/// Memory for pages of each connection that reads, in KiB. SQLite's own is 2,000 for each, and pages that were read
/// lately are in the system's cache as well.
const READER_CACHE: i32 = 512;

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
    epochs: Vec<Epoch>,
    read_only: Option<String>,
    /// None once it is being dropped: the writer ends when nobody can ask it any more.
    jobs: Option<mpsc::Sender<Job>>,
    writer: Option<JoinHandle<()>>,
    /// None once the journal is being dropped.
    follower: Arc<Mutex<Option<Connection>>>,
    readers: Readers,
    searches: Arc<Semaphore>,
    newest: watch::Receiver<u64>,
    /// Held as long as the journal lives: two servers on one file would each believe to be the only one. The lock on
    /// `staffel.lock` keeps others out; that on the journal itself holds when that file was deleted.
    _locks: [File; 2],
}

/// Connections for reading, handed out one at a time.
#[derive(Clone)]
struct Readers {
    free: Arc<Mutex<Vec<Connection>>>,
    permits: Arc<Semaphore>,
}

impl Sqlite {
    /// Opens the journal `staffel.db` in `folder`; creates both where they are missing. On a full disk an existing
    /// journal is opened for reading only.
    ///
    /// # Errors
    /// An [`OpenError`] that says what to do. An existing file is not changed then.
    pub fn open(folder: &Path) -> Result<Self, OpenError> {
        let in_folder = |error| OpenError::Folder {
            path: folder.to_owned(),
            error,
        };
        create_folder(folder).map_err(in_folder)?;
        let lock = open_lock(&folder.join("staffel.lock")).map_err(in_folder)?;
        lock_for(&lock, folder)?;
        let path = folder.join("staffel.db");
        let file = File::options()
            .read(true)
            .append(true)
            .create(true)
            .open(&path)
            .map_err(in_folder)?;
        lock_for(&file, folder)?;
        let (connection, epochs, read_only) = prepare(&path, folder)?;
        sync_folder(folder);
        let explained = |error: rusqlite::Error| explain(&path, folder, &error);
        let newest = newest_position(&connection).map_err(explained)?;
        let reader = || match read_only {
            None => reading(&path).map_err(explained),
            Some(_) => reading_on_full_disk(&path).map_err(explained),
        };
        let follower = Arc::new(Mutex::new(Some(reader()?)));
        let readers = Readers {
            free: Arc::new(Mutex::new(
                (0..READERS).map(|_| reader()).collect::<Result<_, _>>()?,
            )),
            permits: Arc::new(Semaphore::new(READERS)),
        };
        let (notify, newest) = watch::channel(newest);
        let (jobs, inbox) = mpsc::channel();
        let writer = if read_only.is_none() {
            let writer = Writer::new(connection, &path, notify);
            let thread = thread::Builder::new().name("journal".to_owned());
            Some(
                thread
                    .spawn(move || writer.run(&inbox))
                    .map_err(in_folder)?,
            )
        } else {
            None
        };
        Ok(Self {
            epochs,
            read_only,
            jobs: Some(jobs),
            writer,
            follower,
            readers,
            searches: Arc::new(Semaphore::new(SEARCHES)),
            newest,
            _locks: [lock, file],
        })
    }

    async fn job<T>(
        &self,
        job: impl FnOnce(oneshot::Sender<Result<T, AppendError>>) -> Job,
    ) -> Result<T, AppendError> {
        if let Some(why) = &self.read_only {
            tracing::debug!("refused: the journal is open for reading only");
            return Err(if why == FULL {
                AppendError::Full
            } else {
                AppendError::Unavailable(why.clone())
            });
        }
        let (reply, answer) = oneshot::channel();
        let gone = || AppendError::Unavailable("the writer has stopped".to_owned());
        let jobs = self.jobs.as_ref().ok_or_else(gone)?;
        jobs.send(job(reply)).map_err(|_| gone())?;
        answer
            .await
            // It fell over this job: what became of it is not known.
            .map_err(|_| AppendError::Unknown("the writer has stopped".to_owned()))?
    }

    async fn read_with<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, ReadError> {
        let Readers { free, permits } = self.readers.clone();
        let permit = permits
            .acquire_owned()
            .await
            .map_err(|error| ReadError(error.to_string()))?;
        in_background(move || {
            let taken = free.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let Some(connection) = taken else {
                return Err(ReadError("all readers were lost".to_owned()));
            };
            let answer = read(&connection).map_err(|error| ReadError(error.to_string()));
            free.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(connection);
            drop(permit);
            answer
        })
        .await
    }
}

impl Drop for Sqlite {
    fn drop(&mut self) {
        // The last connection moves the log into the file when it closes, if it is one that can write.
        let free = &self.readers.free;
        free.lock().unwrap_or_else(PoisonError::into_inner).clear();
        let follower = &self.follower;
        follower
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        // A commit that has begun ends before the locks are free for another server.
        self.jobs = None;
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

#[async_trait]
impl Journal for Sqlite {
    fn epochs(&self) -> &[Epoch] {
        &self.epochs
    }

    fn read_only(&self) -> Option<&str> {
        self.read_only.as_deref()
    }

    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        self.job(|reply| Job::Append(Box::new(append), reply)).await
    }

    async fn find_key(&self, scope: &str, text: &str) -> Result<Option<KeyUse>, ReadError> {
        let (scope, text) = (scope.to_owned(), text.to_owned());
        self.read_with(move |connection| key_use(connection, &scope, &text))
            .await
    }

    async fn read(&self, after: u64, max: usize) -> Result<Vec<Stored>, ReadError> {
        let follower = Arc::clone(&self.follower);
        in_background(move || {
            let connection = follower.lock().unwrap_or_else(PoisonError::into_inner);
            let closed = || ReadError("it is closed".to_owned());
            let connection = connection.as_ref().ok_or_else(closed)?;
            let select = "SELECT position, batch_end, pipeline, revision, at, actor, key, event
                          FROM events WHERE position > ?1 ORDER BY position LIMIT ?2";
            select_events(connection, select, params![after, max])
                .map_err(|error| ReadError(error.to_string()))
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
        self.read_with(move |connection| {
            let first = first_revision_after(connection, &pipeline, after)?;
            let select = "SELECT position, batch_end, pipeline, revision, at, actor, key, event
                          FROM events WHERE pipeline = ?1 AND revision >= ?2 ORDER BY revision LIMIT ?3";
            select_events(connection, select, params![pipeline, first, max])
        })
        .await
    }

    async fn text(&self, hash: &DocumentHash) -> Result<Option<Arc<str>>, ReadError> {
        let hash = *hash;
        self.read_with(move |connection| Ok(lists::text(connection, &hash)?.map(Arc::from)))
            .await
    }

    async fn store_derived(&self, derived: Derived) -> Result<(), AppendError> {
        self.job(|reply| Job::Derived(Box::new(derived), reply))
            .await
    }

    async fn derived_position(&self) -> Result<u64, ReadError> {
        self.read_with(|connection| {
            let position = schema::meta(connection, "derived_position")?;
            Ok(position
                .and_then(|position| position.parse().ok())
                .unwrap_or(0))
        })
        .await
    }

    async fn clear_derived(&self) -> Result<(), AppendError> {
        self.job(Job::Clear).await
    }

    async fn snapshot(
        &self,
        pipeline: &PipelineId,
        at_most: u64,
    ) -> Result<Option<Snapshot>, ReadError> {
        let pipeline = pipeline.clone();
        self.read_with(move |connection| {
            connection
                .prepare_cached(
                    "SELECT revision, position, state FROM snapshots
                     WHERE pipeline = ?1 AND position <= ?2 ORDER BY revision DESC LIMIT 1",
                )?
                .query_row(params![pipeline.as_str(), at_most], |row| {
                    Ok(Snapshot {
                        pipeline: pipeline.clone(),
                        revision: row.get(0)?,
                        position: row.get(1)?,
                        json: row.get(2)?,
                    })
                })
                .optional()
        })
        .await
    }

    async fn list(&self, query: &ListQuery) -> Result<Listed, ReadError> {
        let query = query.clone();
        // A word that is everywhere may take long to be looked through: enough readers stay free for everybody else.
        let searching = (!query.words.is_empty()).then(|| Arc::clone(&self.searches));
        let _turn = match searching {
            Some(searches) => searches.acquire_owned().await.ok(),
            None => None,
        };
        self.read_with(move |connection| lists::list(connection, &query))
            .await
    }

    async fn count(&self, query: &ListQuery) -> Result<u64, ReadError> {
        let query = query.clone();
        self.read_with(move |connection| lists::count(connection, &query))
            .await
    }

    async fn counts(&self) -> Result<Counts, ReadError> {
        self.read_with(lists::counts).await
    }

    async fn ended_before(
        &self,
        time: Timestamp,
        max: usize,
    ) -> Result<Vec<PipelineId>, ReadError> {
        self.read_with(move |connection| {
            connection
                .prepare_cached("SELECT pipeline FROM summaries WHERE state = 'ended' AND ended < ?1 ORDER BY ended LIMIT ?2")?
                .query_map(params![time.millis(), max], |row| parsed(row, 0))?
                .collect()
        })
        .await
    }

    async fn check(&self) -> Result<(), AppendError> {
        self.job(Job::Check).await
    }

    async fn tidy(&self) -> Result<(), AppendError> {
        self.job(Job::Checkpoint).await
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.newest.clone()
    }
}

async fn in_background<T: Send + 'static>(
    read: impl FnOnce() -> Result<T, ReadError> + Send + 'static,
) -> Result<T, ReadError> {
    spawn_blocking(read)
        .await
        .map_err(|error| ReadError(error.to_string()))?
}

/// Where to read a pipeline on after a position. The order of positions and that of revisions are one, and the index is
/// on (pipeline, revision): the place is found by halving, not by a walk through all its events.
fn first_revision_after(
    connection: &Connection,
    pipeline: &str,
    after: u64,
) -> rusqlite::Result<u64> {
    if after == 0 {
        return Ok(0);
    }
    let newest: u64 = connection
        .prepare_cached("SELECT coalesce(max(revision), 0) FROM events WHERE pipeline = ?1")?
        .query_row([pipeline], |row| row.get(0))?;
    let mut next = connection.prepare_cached(
        "SELECT revision, position FROM events WHERE pipeline = ?1 AND revision >= ?2 ORDER BY revision LIMIT 1",
    )?;
    let (mut low, mut high) = (0, newest + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        let found: Option<(u64, u64)> = next
            .query_row(params![pipeline, middle], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()?;
        match found {
            // Revisions may be missing where a damaged file was recovered.
            Some((revision, position)) if position <= after => low = revision + 1,
            _ => high = middle,
        }
    }
    Ok(low)
}

fn select_events(
    connection: &Connection,
    select: &str,
    values: &[&dyn rusqlite::ToSql],
) -> rusqlite::Result<Vec<Stored>> {
    let mut select = connection.prepare_cached(select)?;
    let mut rows = select.query(values)?;
    let (mut found, mut bytes) = (Vec::new(), 0);
    while let Some(row) = rows.next()? {
        let stored = stored(row)?;
        // Appends stay whole: the reader looks for their ends.
        let begins = found
            .last()
            .is_some_and(|last: &Stored| last.position == last.batch_end);
        if bytes > READ_BYTES && begins {
            break;
        }
        bytes += stored.event.len();
        found.push(stored);
    }
    Ok(found)
}

/// What [`Journal::read_only`] says on a full disk.
const FULL: &str = "the disk is full";

fn prepare(
    path: &Path,
    folder: &Path,
) -> Result<(Connection, Vec<Epoch>, Option<String>), OpenError> {
    let explained = |error: rusqlite::Error| explain(path, folder, &error);
    let mut connection = Connection::open(path).map_err(explained)?;
    // The first look needs room for the files beside the journal.
    if let Err(error) = schema::epochs(&connection)
        && is_full(&error)
    {
        return prepare_on_full_disk(path, folder, &error);
    }
    let size = fs::metadata(path).map_or(0, |metadata| metadata.len());
    if size <= CHECKED_AT_ONCE {
        if let Some(detail) = damage(&connection).map_err(explained)? {
            return Err(OpenError::Corrupt {
                path: path.to_owned(),
                detail,
            });
        }
    } else {
        check_later(path);
    }
    let path = path.to_owned();
    match schema::prepare(&mut connection, &new_epoch()) {
        Ok(Found::Ready { epochs }) => Ok((connection, epochs, None)),
        Ok(Found::Foreign) => Err(OpenError::Foreign { path }),
        Ok(Found::Newer(found)) => Err(OpenError::Newer {
            path,
            found,
            known: schema::VERSION,
        }),
        Ok(Found::Corrupt(detail)) => Err(OpenError::Corrupt { path, detail }),
        Err(error) if is_full(&error) => prepare_on_full_disk(&path, folder, &error),
        Err(error) => Err(explain(&path, folder, &error)),
    }
}

/// Whether an error says that the disk has no room.
fn is_full(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DiskFull)
        || error
            .sqlite_error()
            .is_some_and(|error| error.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE)
}

/// A journal that can be read but not written.
fn prepare_on_full_disk(
    path: &Path,
    folder: &Path,
    error: &rusqlite::Error,
) -> Result<(Connection, Vec<Epoch>, Option<String>), OpenError> {
    let connection = reading_on_full_disk(path).map_err(|error| explain(path, folder, &error))?;
    match schema::epochs(&connection) {
        Ok(epochs) if !epochs.is_empty() => {
            tracing::error!(
                "the disk that holds {} is full: the journal is open for reading only; free some space and restart",
                path.display()
            );
            Ok((connection, epochs, Some(FULL.to_owned())))
        }
        _ => Err(explain(path, folder, error)),
    }
}

/// A connection that makes no files beside the journal. After a clean stop there are none, and nothing is missing then.
fn reading_on_full_disk(path: &Path) -> rusqlite::Result<Connection> {
    let mut wal = path.as_os_str().to_owned();
    wal.push("-wal");
    let is_empty = !fs::metadata(wal).is_ok_and(|wal| wal.len() > 0);
    if !is_empty {
        return reading(path);
    }
    let escaped = path
        .to_string_lossy()
        .replace('%', "%25")
        .replace('?', "%3f")
        .replace('#', "%23");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_URI;
    Connection::open_with_flags(format!("file:{escaped}?immutable=1"), flags)
}

fn reading(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    // A negative number counts KiB.
    connection.pragma_update(None, "cache_size", -READER_CACHE)?;
    Ok(connection)
}

/// What is wrong with a file, if something is.
fn damage(connection: &Connection) -> rusqlite::Result<Option<String>> {
    let found: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    Ok((found != "ok").then_some(found))
}

/// A large file is checked while the server works already.
fn check_later(path: &Path) {
    let path = path.to_owned();
    let check = move || {
        thread::sleep(CHECKED_AFTER);
        log_damage(&path);
    };
    let thread = thread::Builder::new().name("journal check".to_owned());
    if let Err(error) = thread.spawn(check) {
        tracing::warn!(%error, "the journal is not checked: {error}");
    }
}

fn log_damage(path: &Path) {
    match reading(path).and_then(|connection| damage(&connection)) {
        Ok(None) => {}
        Ok(Some(detail)) => tracing::error!(
            "{} is damaged ({detail}); stop Staffel and restore it from a backup",
            path.display()
        ),
        Err(error) => {
            tracing::warn!(%error, "{} could not be checked: {error}", path.display());
        }
    }
}

fn open_lock(path: &Path) -> io::Result<File> {
    File::options()
        .read(true)
        .append(true)
        .create(true)
        .open(path)
}

fn lock_for(file: &File, folder: &Path) -> Result<(), OpenError> {
    let path = || folder.to_owned();
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse { path: path() }),
        Err(TryLockError::Error(error)) => Err(OpenError::Folder {
            path: path(),
            error,
        }),
    }
}

/// Creates a folder. Its name is durable when this returns, as the file in it will be.
fn create_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    if let Some(parent) = folder.parent() {
        sync_folder(parent);
    }
    Ok(())
}

/// Makes the names in a folder durable, where the system can.
fn sync_folder(folder: &Path) {
    #[cfg(unix)]
    if let Err(error) = File::open(folder).and_then(|folder| folder.sync_all()) {
        tracing::debug!(%error, "{} could not be synced: {error}", folder.display());
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
