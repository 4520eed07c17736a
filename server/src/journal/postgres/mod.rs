//! The journal in PostgreSQL: one writer task with group commit, and readers from a pool of connections.

mod lists;
mod rows;
mod words;
mod writer;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use domain::{DocumentHash, Media, PipelineId, Timestamp};
use protocol::Counts;
use tokio::{
    sync::{Semaphore, mpsc, oneshot, watch},
    time::sleep,
};

use super::{
    Append, AppendError, Appended, Derived, Epoch, FileRef, FileStored, Journal, KeyUse, ListQuery,
    Listed, NewFile, ReadError, Snapshot, Stored,
};
use crate::postgres::{Database, DatabaseError, Failure, first, number, rows, signed};
use rows::{key_use, parsed, select_events};
use writer::{Job, Writer, begin_epoch};

/// Searches at once: a word that is everywhere takes long, and enough connections stay free for everybody else.
const SEARCHES: usize = 2;
/// Whoever wrote before may just be ending.
const FREE_WITHIN: Duration = Duration::from_secs(3);

/// A journal in PostgreSQL.
pub struct Postgres {
    database: Arc<Database>,
    epochs: Vec<Epoch>,
    jobs: mpsc::UnboundedSender<Job>,
    searches: Semaphore,
    newest: watch::Receiver<u64>,
}

impl From<Failure> for ReadError {
    fn from(failure: Failure) -> Self {
        Self(failure.to_string())
    }
}

impl From<Failure> for AppendError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Full => Self::Full,
            other => Self::Unavailable(other.to_string()),
        }
    }
}

impl Postgres {
    /// Opens the journal of a database, and begins an epoch. Blocks.
    ///
    /// # Errors
    /// Another server writes there, or the database is away.
    pub fn open(database: &Arc<Database>) -> Result<Self, DatabaseError> {
        let begun = Instant::now();
        let (session, epochs, position) = database.patiently(async || {
            loop {
                let session = writer::session(database).await;
                let Some(session) = session.map_err(|failure| database.refused(failure))? else {
                    if begun.elapsed() < FREE_WITHIN {
                        sleep(FREE_WITHIN / 50).await;
                        continue;
                    }
                    return Err(DatabaseError::InUse {
                        database: database.name(),
                    });
                };
                let epoch = begin_epoch(&session).await;
                let (epochs, position) = epoch.map_err(|failure| database.refused(failure))?;
                return Ok((session, epochs, position));
            }
        })?;
        let (notify, newest) = watch::channel(position);
        let (jobs, inbox) = mpsc::unbounded_channel();
        let writer = Writer::new(Arc::downgrade(database), session, notify);
        database.runtime().spawn(writer.run(inbox));
        Ok(Self {
            database: Arc::clone(database),
            epochs,
            jobs,
            searches: Semaphore::new(SEARCHES),
            newest,
        })
    }

    async fn job<T>(
        &self,
        job: impl FnOnce(oneshot::Sender<Result<T, AppendError>>) -> Job,
    ) -> Result<T, AppendError> {
        let (reply, answer) = oneshot::channel();
        let gone = |why: &str| AppendError::Unavailable(why.to_owned());
        self.jobs
            .send(job(reply))
            .map_err(|_| gone("the writer has stopped"))?;
        answer
            .await
            // It fell over this job: what became of it is not known.
            .map_err(|_| AppendError::Unknown("the writer has stopped".to_owned()))?
    }
}

#[async_trait]
impl Journal for Postgres {
    fn epochs(&self) -> &[Epoch] {
        &self.epochs
    }

    fn read_only(&self) -> Option<&str> {
        None
    }

    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        self.job(|reply| Job::Append(Box::new(append), reply)).await
    }

    async fn find_key(&self, scope: &str, text: &str) -> Result<Option<KeyUse>, ReadError> {
        let read = self
            .database
            .with(async |client| key_use(client, scope, text).await);
        Ok(read.await?)
    }

    async fn read(&self, after: u64, max: usize) -> Result<Vec<Stored>, ReadError> {
        let read = self
            .database
            .with_reserved(async |client| select_events(client, None, after, max).await);
        Ok(read.await?)
    }

    async fn read_shared(&self, after: u64, max: usize) -> Result<Vec<Stored>, ReadError> {
        let read = self
            .database
            .with(async |client| select_events(client, None, after, max).await);
        Ok(read.await?)
    }

    async fn read_pipeline(
        &self,
        pipeline: &PipelineId,
        after: u64,
        max: usize,
    ) -> Result<Vec<Stored>, ReadError> {
        let read = self
            .database
            .with(async |client| select_events(client, Some(pipeline), after, max).await);
        Ok(read.await?)
    }

    async fn text(&self, hash: &DocumentHash) -> Result<Option<Arc<str>>, ReadError> {
        let read = self
            .database
            .with(async |client| lists::text(client, hash.as_bytes()).await);
        Ok(read.await?.map(Arc::from))
    }

    async fn store_file(&self, file: NewFile) -> Result<FileStored, AppendError> {
        self.job(|reply| Job::File(Box::new(file), reply)).await
    }

    async fn file(
        &self,
        pipeline: &PipelineId,
        hash: &DocumentHash,
    ) -> Result<Option<FileRef>, ReadError> {
        let read = self.database.with(async |client| {
            let select = "SELECT size, media FROM staffel.files WHERE pipeline = $1 AND hash = $2";
            let hash = &hash.as_bytes()[..];
            let Some(row) = first(client, select, &[&pipeline.as_str(), &hash]).await? else {
                return Ok(None);
            };
            Ok(Some(FileRef {
                size: number(&row, 0)?,
                media: Media::named(row.try_get(1)?),
            }))
        });
        Ok(read.await?)
    }

    async fn file_bytes(
        &self,
        pipeline: &PipelineId,
        hash: &DocumentHash,
    ) -> Result<Option<Vec<u8>>, ReadError> {
        let read = self.database.with(async |client| {
            let select = "SELECT bytes FROM staffel.files WHERE pipeline = $1 AND hash = $2";
            let hash = &hash.as_bytes()[..];
            let row = first(client, select, &[&pipeline.as_str(), &hash]).await?;
            Ok(row.map(|row| row.try_get(0)).transpose()?)
        });
        Ok(read.await?)
    }

    async fn store_derived(&self, derived: Derived) -> Result<(), AppendError> {
        self.job(|reply| Job::Derived(Box::new(derived), reply))
            .await
    }

    async fn derived_position(&self) -> Result<u64, ReadError> {
        let read = self.database.with(async |client| {
            let select = "SELECT value FROM staffel.meta WHERE name = 'derived_position'";
            let Some(row) = first(client, select, &[]).await? else {
                return Ok(0);
            };
            Ok(row.try_get::<_, &str>(0)?.parse().unwrap_or(0))
        });
        Ok(read.await?)
    }

    async fn clear_derived(&self) -> Result<(), AppendError> {
        self.job(Job::Clear).await
    }

    async fn snapshot(
        &self,
        pipeline: &PipelineId,
        at_most: u64,
    ) -> Result<Option<Snapshot>, ReadError> {
        let read = self.database.with(async |client| {
            let select = "SELECT revision, position, state FROM staffel.snapshots
                          WHERE pipeline = $1 AND position <= $2 ORDER BY revision DESC LIMIT 1";
            let values = (pipeline.as_str(), signed(at_most));
            let Some(row) = first(client, select, &[&values.0, &values.1]).await? else {
                return Ok(None);
            };
            Ok(Some(Snapshot {
                pipeline: pipeline.clone(),
                revision: number(&row, 0)?,
                position: number(&row, 1)?,
                json: row.try_get(2)?,
            }))
        });
        Ok(read.await?)
    }

    async fn list(&self, query: &ListQuery) -> Result<Listed, ReadError> {
        let _turn = if query.words.is_empty() {
            None
        } else {
            self.searches.acquire().await.ok()
        };
        let read = self
            .database
            .with(async |client| lists::list(client, query).await);
        Ok(read.await?)
    }

    async fn count(&self, query: &ListQuery) -> Result<u64, ReadError> {
        let read = self
            .database
            .with(async |client| lists::count(client, query).await);
        Ok(read.await?)
    }

    async fn counts(&self) -> Result<Counts, ReadError> {
        let read = self
            .database
            .with(async |client| lists::counts(client).await);
        Ok(read.await?)
    }

    async fn ended_before(
        &self,
        time: Timestamp,
        max: usize,
    ) -> Result<Vec<PipelineId>, ReadError> {
        let read = self.database.with(async |client| {
            let select = "SELECT pipeline FROM staffel.summaries WHERE state = 'ended' AND ended < $1 ORDER BY ended LIMIT $2";
            let values = (time.millis(), signed(max as u64));
            let rows = rows(client, select, &[&values.0, &values.1]).await?;
            rows.iter().map(|row| parsed(row, 0)).collect()
        });
        Ok(read.await?)
    }

    async fn check(&self) -> Result<(), AppendError> {
        self.job(Job::Check).await
    }

    async fn tidy(&self) -> Result<(), AppendError> {
        // PostgreSQL tidies up by itself.
        Ok(())
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.newest.clone()
    }
}
