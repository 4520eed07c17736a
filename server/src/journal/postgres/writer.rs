//! The one task that writes: it commits what has queued up meanwhile in one transaction, with a few statements however
//! much that is.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use deadpool_postgres::{GenericClient, Object, Transaction};
use domain::Timestamp;
use tokio::{
    sync::{mpsc, oneshot},
    time::{sleep, timeout},
};

use super::{
    batch,
    known::Known,
    lists,
    session::{Company, Mark, Session, enter, no_head},
};
use crate::{
    journal::{
        Append, AppendError, Appended, Derived, FileStored, GROUP, KEYS_DELETED, KEYS_KEPT_MS,
        NewFile,
    },
    postgres::{Database, Failure, change, clear_derived, first, number, signed, silent},
};

/// Most bytes of texts that share one transaction, beyond its last append: one group is on its way within seconds.
const GROUP_BYTES: usize = 8 * 1024 * 1024;
/// How long a commit may take. Beyond that its outcome is asked for.
const COMMITTED: Duration = Duration::from_secs(10);
/// How long other work may take. What is derived from very many facts is stored in one go.
const WORKED: Duration = Duration::from_secs(120);
/// How long is asked what became of a commit.
const ASKED: Duration = Duration::from_secs(5);
/// The pause between two questions, and before another try after a failure.
const PAUSE: Duration = Duration::from_millis(200);

type Reply<T> = oneshot::Sender<Result<T, AppendError>>;

/// What the writer is asked to do.
pub enum Job {
    /// Facts.
    Append(Box<Append>, Reply<Appended>),
    /// A try, so that somebody learns whether facts could be written.
    Check(Reply<()>),
    /// A file.
    File(Box<NewFile>, Reply<FileStored>),
    /// What is derived from the facts.
    Derived(Box<Derived>, Reply<u64>),
    /// To forget what is derived.
    Clear(Reply<()>),
    /// To connect anew: the journal is in another file than before.
    Restored,
}

/// The writer's side of the database.
pub struct Writer {
    /// Weak: the database ends with the journal, and this task with it.
    database: Weak<Database>,
    session: Option<Session>,
    company: Company,
    known: Arc<Known>,
    /// Whether documents are noted that a search does not find yet.
    to_index: bool,
}

impl Writer {
    /// A writer with a connection that may write.
    pub fn new(
        database: Weak<Database>,
        session: Session,
        company: Company,
        known: Arc<Known>,
    ) -> Self {
        Self {
            database,
            session: Some(session),
            company,
            known,
            to_index: true,
        }
    }

    /// Works until nobody can ask any more.
    pub async fn run(mut self, mut inbox: mpsc::UnboundedReceiver<Job>) {
        let mut jobs = Vec::with_capacity(GROUP);
        loop {
            jobs.clear();
            if self.to_index && inbox.is_empty() && !inbox.is_closed() {
                self.index().await;
                continue;
            }
            // After a failure something may be durable that nobody was told of.
            let waits = inbox.recv_many(&mut jobs, GROUP);
            let taken = if self.session.is_some() {
                waits.await
            } else {
                match timeout(PAUSE, waits).await {
                    Ok(taken) => taken,
                    Err(_) => {
                        let _ = self.session().await;
                        continue;
                    }
                }
            };
            if taken == 0 {
                return;
            }
            self.work(&mut jobs).await;
        }
    }

    async fn work(&mut self, jobs: &mut Vec<Job>) {
        let (mut appends, mut checks) = (Vec::new(), Vec::new());
        let mut others = Vec::new();
        for job in jobs.drain(..) {
            match job {
                Job::Append(append, reply) => appends.push((append, reply)),
                Job::Check(reply) => checks.push(reply),
                Job::Restored => self.session = None,
                other => others.push(other),
            }
        }
        while !appends.is_empty() || !checks.is_empty() {
            let more = appends.split_off(within_bounds(&appends));
            let (batch, replies): (Vec<_>, Vec<_>) =
                std::mem::replace(&mut appends, more).into_iter().unzip();
            let checks = std::mem::take(&mut checks);
            match self.append(&batch, !checks.is_empty()).await {
                Ok((newest, results)) => {
                    // Before the replies: whoever has a reply can rely on the change being notified.
                    self.known.committed(newest);
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
                    let stored = self.relaxed(async |work| store_derived(work, &derived).await);
                    let _ = reply.send(stored.await);
                }
                Job::File(file, reply) => {
                    let stored = self.durable(async |work| store_file(work, &file).await);
                    let _ = reply.send(stored.await);
                }
                Job::Clear(reply) => {
                    let cleared = self.relaxed(async |work| Ok(clear_derived(work).await?));
                    let _ = reply.send(cleared.await);
                }
                Job::Append(..) | Job::Check(_) | Job::Restored => {}
            }
        }
    }

    /// The connection that writes; another one where the last was lost.
    async fn session(&mut self) -> Result<&mut Session, Failure> {
        if self.session.as_ref().is_none_or(Session::is_closed) {
            self.session = None;
            let gone = || Failure::Away("the server stops".to_owned());
            let database = self.database.upgrade().ok_or_else(gone)?;
            let entering = timeout(ASKED, enter(&database, self.company)).await;
            let entered = entering.unwrap_or_else(|_| Err(silent()))?.ok_or_else(|| {
                // It may be our own lost connection, which ends when the database notices.
                Failure::Away("somebody else has to be alone on this database".to_owned())
            })?;
            self.known.entered(entered.epochs, entered.position);
            self.session = Some(entered.session);
        }
        self.session.as_mut().ok_or_else(silent)
    }

    /// Appends a group. A commit of which the outcome was lost is asked for by what it leaves.
    async fn append(
        &mut self,
        batch: &[Box<Append>],
        check: bool,
    ) -> Result<(u64, Vec<Result<Appended, AppendError>>), AppendError> {
        let session = self.session().await?;
        let (file, mark) = (session.file, session.mark());
        let mut written = None;
        let tried = timeout(COMMITTED, async {
            let work = session.get_mut()?.transaction().await?;
            // At the start: whoever commits first has the lower positions.
            let locked = "SELECT position, pg_relation_filenode('staffel.head')::bigint FROM staffel.head FOR UPDATE";
            let head = first(&work, locked, &[]).await?.ok_or_else(no_head)?;
            if head.try_get::<_, i64>(1)? != file {
                return Err(Failure::Away("another copy of the database was restored".to_owned()));
            }
            let mut newest = number(&head, 0)?;
            let results = batch::insert(&work, batch, &mut newest).await?;
            let end = "WITH mark AS (INSERT INTO staffel.meta VALUES ($2, concat($3::text, ' ', extract(epoch FROM clock_timestamp())::bigint))
                                     ON CONFLICT (name) DO UPDATE SET value = excluded.value)
                       UPDATE staffel.head SET position = $1";
            change(
                &work,
                end,
                &[&signed(newest), &mark.session, &mark.group],
            )
            .await?;
            if check {
                let tried = "INSERT INTO staffel.meta VALUES ('checked', clock_timestamp()::text)
                             ON CONFLICT (name) DO UPDATE SET value = excluded.value";
                change(&work, tried, &[]).await?;
            }
            written = Some((newest, results));
            Ok::<_, Failure>(work.commit().await?)
        })
        .await;
        let failure = match tried {
            Ok(Ok(())) => None,
            Ok(Err(failure)) => Some(failure),
            Err(_) => Some(silent()),
        };
        let Some(failure) = failure else {
            return written.ok_or_else(|| AppendError::Unknown("there was no answer".to_owned()));
        };
        // Whatever is under way on this connection, nobody waits for it.
        self.session = None;
        let Some(written) = written else {
            return Err(failure.into());
        };
        match self.was_committed(&mark).await {
            Some(true) => Ok(written),
            Some(false) => Err(failure.into()),
            None => Err(AppendError::Unknown(failure.to_string())),
        }
    }

    /// Whether the transaction was committed that leaves this. `None`: nobody can tell now.
    async fn was_committed(&self, mark: &Mark) -> Option<bool> {
        let database = self.database.upgrade()?;
        let asked = timeout(ASKED, async {
            loop {
                match is_left(&database, mark).await {
                    Ok(is_left) => return is_left,
                    // The database is away.
                    Err(_) => sleep(PAUSE).await,
                }
            }
        });
        asked.await.ok()
    }

    /// Makes one more part of a document findable.
    async fn index(&mut self) {
        let indexed = self.relaxed(async |work| lists::index_next(work).await);
        self.to_index = match indexed.await {
            Ok(more) => more,
            Err(error) => {
                tracing::warn!(%error, "a document cannot be made findable now: {error}");
                false
            }
        };
    }

    /// Changes something besides facts.
    async fn durable<T>(
        &mut self,
        work: impl AsyncFnOnce(&Transaction<'_>) -> Result<T, Failure>,
    ) -> Result<T, AppendError> {
        self.change("", work).await
    }

    /// What is derived can be made again, so it does not wait for the disk.
    async fn relaxed<T>(
        &mut self,
        work: impl AsyncFnOnce(&Transaction<'_>) -> Result<T, Failure>,
    ) -> Result<T, AppendError> {
        self.change("SET LOCAL synchronous_commit = off", work)
            .await
    }

    async fn change<T>(
        &mut self,
        settings: &str,
        work: impl AsyncFnOnce(&Transaction<'_>) -> Result<T, Failure>,
    ) -> Result<T, AppendError> {
        let session = self.session().await?.get_mut()?;
        let tried = timeout(WORKED, async {
            let transaction = session.transaction().await?;
            transaction.batch_execute(settings).await?;
            let done = work(&transaction).await?;
            transaction.commit().await?;
            Ok::<_, Failure>(done)
        });
        match tried.await {
            Ok(done) => Ok(done?),
            Err(_) => {
                self.session = None;
                Err(silent().into())
            }
        }
    }
}

/// How many of these appends may share a transaction.
fn within_bounds<T>(appends: &[(Box<Append>, T)]) -> usize {
    let mut bytes = 0;
    let fits = appends.iter().take_while(|(append, _)| {
        let before = bytes;
        let texts = append.documents.iter();
        bytes += texts.map(|text| text.text().len()).sum::<usize>();
        before < GROUP_BYTES
    });
    fits.count()
}

/// Whether a transaction has left its mark, or never will.
async fn is_left(database: &Arc<Database>, mark: &Mark) -> Result<bool, Failure> {
    let work = async |client: &mut Object| {
        // The transaction had locked this row: it has ended once another one may change it. And what is committed after
        // something is safe only where that is, also on a standby that has taken the place of the database.
        let after = "UPDATE staffel.head SET position = position";
        change(client, after, &[]).await?;
        let left = "SELECT FROM staffel.meta WHERE name = $1 AND split_part(value, ' ', 1) = $2";
        let left = first(client, left, &[&mark.session, &mark.group]).await?;
        Ok(left.is_some())
    };
    database.with(work).await
}

async fn store_file(work: &Transaction<'_>, file: &NewFile) -> Result<FileStored, Failure> {
    let NewFile {
        pipeline,
        hash,
        media,
        bytes,
        most,
    } = file;
    let (pipeline, hash) = (pipeline.as_str(), &hash.as_bytes()[..]);
    let known = "SELECT FROM staffel.files WHERE pipeline = $1 AND hash = $2";
    if first(work, known, &[&pipeline, &hash]).await?.is_some() {
        return Ok(FileStored::Known);
    }
    let used = "SELECT coalesce(sum(size), 0)::bigint FROM staffel.files WHERE pipeline = $1";
    let used = first(work, used, &[&pipeline]).await?;
    let used = used.map_or(Ok(0), |row| number(&row, 0))?;
    let size = bytes.len() as u64;
    if used + size > *most {
        return Ok(FileStored::NoRoom { used });
    }
    let insert = "INSERT INTO staffel.files (pipeline, hash, size, media, bytes) VALUES ($1, $2, $3, $4, $5)";
    let values = (signed(size), media.name(), &bytes[..]);
    change(
        work,
        insert,
        &[&pipeline, &hash, &values.0, &values.1, &values.2],
    )
    .await?;
    Ok(FileStored::New)
}

/// Stores what nobody else has stored, and gives the position up to which all of it is stored then.
async fn store_derived(work: &Transaction<'_>, derived: &Derived) -> Result<u64, Failure> {
    // Several nodes have the same to store. Appends must not wait until another one has.
    let turn =
        "SELECT value FROM staffel.meta WHERE name = 'derived_position' FOR UPDATE SKIP LOCKED";
    let Some(stored) = first(work, turn, &[]).await? else {
        return derived_position(work).await;
    };
    let stored = stored.try_get::<_, &str>(0)?.parse().unwrap_or(0);
    if stored < derived.after || stored >= derived.position {
        return Ok(stored);
    }
    let summaries = derived.summaries.iter();
    let summaries: Vec<_> = summaries.filter(|row| row.position > stored).collect();
    let texts = derived.texts.iter();
    let texts: Vec<_> = texts.filter(|text| text.position > stored).collect();
    lists::store_summaries(work, &summaries).await?;
    lists::store_texts(work, &texts).await?;
    lists::store_snapshots(work, &derived.snapshots, derived.oldest_asked).await?;
    change(
        work,
        "UPDATE staffel.meta SET value = $1 WHERE name = 'derived_position'",
        &[&derived.position.to_string()],
    )
    .await?;
    let old = Timestamp::from(std::time::SystemTime::now()).millis() - KEYS_KEPT_MS;
    let forget = "DELETE FROM staffel.keys WHERE (scope, key) IN
                  (SELECT scope, key FROM staffel.keys WHERE at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)";
    change(work, forget, &[&old, &i64::from(KEYS_DELETED)]).await?;
    Ok(derived.position)
}

/// The position up to which everything derived is stored.
///
/// # Errors
/// The database is away.
pub async fn derived_position(client: &impl GenericClient) -> Result<u64, Failure> {
    let select = "SELECT value FROM staffel.meta WHERE name = 'derived_position'";
    let Some(row) = first(client, select, &[]).await? else {
        return Ok(0);
    };
    Ok(row.try_get::<_, &str>(0)?.parse().unwrap_or(0))
}
