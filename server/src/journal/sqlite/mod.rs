//! The journal in one SQLite file: write-ahead log, full sync, one writer thread with group commit, and readers that do
//! not wait for each other.

mod backup;
mod files;
mod lists;
mod open;
mod rows;
mod schema;
mod writer;

use std::{
    fs::File,
    path::Path,
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread::{self, JoinHandle},
};

use async_trait::async_trait;
use domain::{DocumentHash, PipelineId, Timestamp};
use protocol::Counts;
use rusqlite::{Connection, OptionalExtension, params};
use tokio::{
    sync::{Semaphore, oneshot, watch},
    task::spawn_blocking,
};

use super::{
    Append, AppendError, Appended, Derived, Epoch, FileRef, FileStored, Journal, KeyUse, ListQuery,
    Listed, NewFile, ReadError, Snapshot, Stored,
};
pub use backup::{check_database, copy_database, damage_of, lock_folder};
pub use open::OpenError;
use open::{
    FULL, create_folder, explain, lock_for, open_lock, prepare, reading, reading_on_full_disk,
    sync_folder,
};
use rows::{first_revision_after, key_use, newest_position, parsed, select_events};
use writer::{Job, Writer};

/// Readers at once, beside the follower's. More would only wait for the two or three cores of a usual machine.
const READERS: usize = 4;
/// Readers that search at once.
const SEARCHES: usize = 2;
/// Facts after a position.
const SELECT_AFTER: &str = "SELECT position, batch_end, pipeline, revision, at, actor, key, event
     FROM events WHERE position > ?1 ORDER BY position LIMIT ?2";

/// A journal in one SQLite file.
pub struct Sqlite {
    epochs: watch::Sender<Arc<[Epoch]>>,
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
            epochs: watch::Sender::new(epochs.into()),
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
    fn epochs(&self) -> watch::Receiver<Arc<[Epoch]>> {
        self.epochs.subscribe()
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
            select_events(connection, SELECT_AFTER, params![after, max])
                .map_err(|error| ReadError(error.to_string()))
        })
        .await
    }

    async fn read_shared(&self, after: u64, max: usize) -> Result<Vec<Stored>, ReadError> {
        self.read_with(move |connection| {
            select_events(connection, SELECT_AFTER, params![after, max])
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

    async fn store_file(&self, file: NewFile) -> Result<FileStored, AppendError> {
        self.job(|reply| Job::File(Box::new(file), reply)).await
    }

    async fn file(
        &self,
        pipeline: &PipelineId,
        hash: &DocumentHash,
    ) -> Result<Option<FileRef>, ReadError> {
        let (pipeline, hash) = (pipeline.clone(), *hash);
        self.read_with(move |connection| files::about(connection, &pipeline, &hash))
            .await
    }

    async fn file_bytes(
        &self,
        pipeline: &PipelineId,
        hash: &DocumentHash,
    ) -> Result<Option<Vec<u8>>, ReadError> {
        let (pipeline, hash) = (pipeline.clone(), *hash);
        self.read_with(move |connection| files::bytes(connection, &pipeline, &hash))
            .await
    }

    async fn store_derived(&self, derived: Derived) -> Result<u64, AppendError> {
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

    async fn newest(&self) -> Result<u64, ReadError> {
        Ok(*self.newest.borrow())
    }
}

async fn in_background<T: Send + 'static>(
    read: impl FnOnce() -> Result<T, ReadError> + Send + 'static,
) -> Result<T, ReadError> {
    spawn_blocking(read)
        .await
        .map_err(|error| ReadError(error.to_string()))?
}
