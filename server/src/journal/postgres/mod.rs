//! The journal in PostgreSQL: one writer task with group commit, readers from a pool of connections, and a bell
//! that other nodes hear.

mod batch;
mod bell;
mod known;
mod lists;
mod rows;
mod session;
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
use bell::{Ask, Bell};
use known::Known;
use rows::{key_use, parsed, select_events, select_facts};
use session::Company;
use writer::{Job, Writer};

/// Searches at once: a word that is everywhere takes long, and enough connections stay free for everybody else.
const SEARCHES: usize = 2;
/// Whoever has to be alone there may just be ending, and so may another node that begins an epoch.
const FREE_WITHIN: Duration = Duration::from_secs(3);

/// A journal in PostgreSQL.
pub struct Postgres {
    database: Arc<Database>,
    known: Arc<Known>,
    jobs: mpsc::UnboundedSender<Job>,
    asks: mpsc::UnboundedSender<Ask>,
    searches: Semaphore,
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
    /// Opens the journal of a database, beside other nodes. Blocks.
    ///
    /// # Errors
    /// Somebody is at work there who has to be alone, or the database is away.
    pub fn open(database: &Arc<Database>) -> Result<Self, DatabaseError> {
        Self::open_in(database, Company::Nodes)
    }

    /// Opens the journal of a database on which nobody else is at work; nobody can come as long as this lives. Blocks.
    ///
    /// # Errors
    /// Somebody is at work there, or the database is away.
    pub fn open_alone(database: &Arc<Database>) -> Result<Self, DatabaseError> {
        Self::open_in(database, Company::Nobody)
    }

    fn open_in(database: &Arc<Database>, company: Company) -> Result<Self, DatabaseError> {
        let begun = Instant::now();
        let entered = database.patiently(async || {
            loop {
                let late = begun.elapsed() >= FREE_WITHIN;
                let beside = match company {
                    Company::Nodes if !late => Company::LivingNodes,
                    company => company,
                };
                let entered = session::enter(database, beside).await;
                let entered = entered.map_err(|failure| database.refused(failure))?;
                if let Some(entered) = entered {
                    return Ok(entered);
                }
                if late {
                    return Err(DatabaseError::InUse {
                        database: database.name(),
                    });
                }
                sleep(FREE_WITHIN / 50).await;
            }
        })?;
        let known = Arc::new(Known::new(entered.epochs, entered.position));
        let (jobs, inbox) = mpsc::unbounded_channel();
        let weak = Arc::downgrade(database);
        let writer = Writer::new(weak.clone(), entered.session, company, Arc::clone(&known));
        database.runtime().spawn(writer.run(inbox));
        let (asks, asked) = mpsc::unbounded_channel();
        let bell = Bell::new(weak, Arc::clone(&known), jobs.downgrade());
        database.runtime().spawn(bell.run(asked));
        Ok(Self {
            database: Arc::clone(database),
            known,
            jobs,
            asks,
            searches: Semaphore::new(SEARCHES),
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
    fn epochs(&self) -> watch::Receiver<Arc<[Epoch]>> {
        self.known.epochs.subscribe()
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
        let read = self.database.with_reserved(async |client| {
            let (facts, epoch) = select_facts(client, after, max).await?;
            let is_known = |epoch: &String| {
                let epochs = self.known.epochs.borrow();
                epochs.last().is_some_and(|last| last.name == *epoch)
            };
            if epoch.as_ref().is_none_or(is_known) {
                return Ok(facts);
            }
            // Another node has begun an epoch. What belongs to it is read once that is known.
            self.known.begun(session::epochs(client).await?);
            Ok(Vec::new())
        });
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

    async fn store_derived(&self, derived: Derived) -> Result<u64, AppendError> {
        self.job(|reply| Job::Derived(Box::new(derived), reply))
            .await
    }

    async fn derived_position(&self) -> Result<u64, ReadError> {
        let read = self
            .database
            .with(async |client| writer::derived_position(client).await);
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
        self.known.newest.subscribe()
    }

    async fn newest(&self) -> Result<u64, ReadError> {
        let (ask, answer) = oneshot::channel();
        let gone = |_| ReadError("the server stops".to_owned());
        self.asks
            .send(ask)
            .map_err(|_| ReadError("the server stops".to_owned()))?;
        Ok(answer.await.map_err(gone)??)
    }
}
