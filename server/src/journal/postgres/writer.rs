//! The one task that writes: it commits what has queued up meanwhile in one transaction, with a few statements however
//! much that is.

use std::{
    collections::HashMap,
    sync::{Arc, Weak},
    time::Duration,
};

use deadpool_postgres::{GenericClient, Object, Transaction};
use domain::{PipelineId, Timestamp};
use tokio::{
    sync::{mpsc, oneshot},
    time::{sleep, timeout},
};
use tokio_postgres::Row;

use super::{
    known::Known,
    lists,
    rows::{hash, parsed},
};
use crate::{
    journal::{
        Append, AppendError, Appended, Derived, EPOCHS_KEPT, Epoch, FileStored, GROUP,
        KEYS_DELETED, KEYS_KEPT_MS, KeyUse, NewFile, new_epoch,
    },
    postgres::{
        Database, Failure, WRITERS, change, clear_derived, first, number, rows, signed, silent,
    },
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

/// All epochs in their order, for [`epoch`].
pub const EPOCHS: &str = "SELECT name, start FROM staffel.epochs ORDER BY number";

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

/// A connection that may write. It never goes back to the pool: its lock lasts as long as it does.
pub struct Session {
    client: Option<Object>,
    /// The file in which `head` was when it began.
    file: i64,
    /// A name that no other one has.
    name: String,
    /// How many groups of appends it has begun.
    groups: u64,
}

/// What a transaction leaves in the table `meta`, and no other one does: by this it is known afterwards. The number that
/// PostgreSQL gives to a transaction does not tell: after a crash another one gets the number of which nothing was durable.
struct Mark {
    session: String,
    group: String,
}

impl Session {
    fn get(&self) -> Result<&Object, Failure> {
        self.client.as_ref().ok_or_else(silent)
    }

    fn get_mut(&mut self) -> Result<&mut Object, Failure> {
        self.client.as_mut().ok_or_else(silent)
    }

    /// A mark for the next group.
    fn mark(&mut self) -> Mark {
        self.groups += 1;
        Mark {
            session: format!("session {}", self.name),
            group: self.groups.to_string(),
        }
    }

    fn is_closed(&self) -> bool {
        self.client.as_ref().is_none_or(|client| client.is_closed())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(session) = self.client.take() {
            drop(Object::take(session));
        }
    }
}

/// Beside whom somebody works on a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Company {
    /// Other servers.
    Nodes,
    /// Other servers, as far as they have been heard of lately: whoever holds the lock otherwise is just ending.
    LivingNodes,
    /// Nobody.
    Nobody,
}

/// What is known of the journal when a connection begins to write.
pub struct Entered {
    /// The connection.
    pub session: Session,
    /// The epochs, the current one last.
    pub epochs: Vec<Epoch>,
    /// The newest position.
    pub position: u64,
}

/// A connection that may write; `None` while somebody works there who has to be alone, or who must not be there.
///
/// Whoever finds nobody at work begins an epoch: the database may be another one than before, an older copy of it or a replica
/// that took its place. So does whoever finds the journal in another file than the one in which the epoch began: a backup
/// was restored under servers at work.
///
/// # Errors
/// The database is away.
pub async fn enter(database: &Database, company: Company) -> Result<Option<Entered>, Failure> {
    let mut session = Session {
        client: Some(database.reserved().await?),
        file: 0,
        name: String::new(),
        groups: 0,
    };
    // A node that stands still in the middle of a commit stops all others.
    let limits = "SET statement_timeout = '60s'; SET idle_in_transaction_session_timeout = '5s'";
    session.get()?.batch_execute(limits).await?;
    let alone = locks(session.get()?, "SELECT pg_try_advisory_lock($1)").await?;
    let shared = "SELECT pg_try_advisory_lock_shared($1)";
    let may = match company {
        _ if alone => true,
        Company::Nobody => false,
        Company::Nodes => locks(session.get()?, shared).await?,
        Company::LivingNodes => {
            let lives =
                "SELECT FROM staffel.node WHERE seen > clock_timestamp() - interval '10 s' LIMIT 1";
            first(session.get()?, lives, &[]).await?.is_some()
                && locks(session.get()?, shared).await?
        }
    };
    if !may {
        return Ok(None);
    }
    let work = session.get_mut()?.transaction().await?;
    let head =
        "SELECT position, pg_relation_filenode('staffel.head')::bigint, gen_random_uuid()::text
                FROM staffel.head FOR UPDATE";
    let head = first(&work, head, &[]).await?.ok_or_else(no_head)?;
    let (position, file) = (number(&head, 0)?, head.try_get::<_, i64>(1)?);
    let name = head.try_get(2)?;
    let begin = "INSERT INTO staffel.epochs (name, start, file) SELECT $1, $2, $3
                 WHERE $4 OR $3 IS DISTINCT FROM (SELECT file FROM staffel.epochs ORDER BY number DESC LIMIT 1)";
    change(
        &work,
        begin,
        &[&new_epoch(), &signed(position), &file, &alone],
    )
    .await?;
    change(
        &work,
        "DELETE FROM staffel.epochs WHERE number <= (SELECT max(number) FROM staffel.epochs) - $1",
        &[&i64::from(EPOCHS_KEPT)],
    )
    .await?;
    // Nobody asks for a mark that is a day old.
    let forget = "DELETE FROM staffel.meta WHERE name LIKE 'session %'
                  AND split_part(value, ' ', 2)::bigint < extract(epoch FROM clock_timestamp() - interval '1 day')";
    change(&work, forget, &[]).await?;
    let epochs = epochs(&work).await?;
    work.commit().await?;
    if alone && company != Company::Nobody {
        // The epoch has begun: others may come.
        let share = "SELECT pg_advisory_lock_shared($1), pg_advisory_unlock($1)";
        first(session.get()?, share, &[&WRITERS]).await?;
    }
    (session.file, session.name) = (file, name);
    Ok(Some(Entered {
        session,
        epochs,
        position,
    }))
}

/// The epochs, the current one last.
///
/// # Errors
/// The database is away.
pub async fn epochs(client: &impl GenericClient) -> Result<Vec<Epoch>, Failure> {
    let rows = rows(client, EPOCHS, &[]).await?;
    rows.iter().map(epoch).collect()
}

/// An epoch as [`EPOCHS`] gives it.
///
/// # Errors
/// It is none.
pub fn epoch(row: &Row) -> Result<Epoch, Failure> {
    Ok(Epoch {
        name: row.try_get(0)?,
        start: number(row, 1)?,
    })
}

async fn locks(client: &Object, lock: &str) -> Result<bool, Failure> {
    let lock = first(client, lock, &[&WRITERS]).await?;
    Ok(lock.map(|row| row.try_get(0)).transpose()? == Some(true))
}

fn no_head() -> Failure {
    Failure::Away("the table `head` is empty".to_owned())
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
            let results = insert(&work, batch, &mut newest).await?;
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

/// Inserts what of a batch can be: the same statements for one append and for many.
async fn insert(
    work: &Transaction<'_>,
    batch: &[Box<Append>],
    newest: &mut u64,
) -> Result<Vec<Result<Appended, AppendError>>, Failure> {
    let mut known = known_keys(work, batch).await?;
    let mut revisions = revisions(work, batch).await?;
    let (mut events, mut keys, mut documents) =
        (Events::default(), Keys::default(), Documents::default());
    let mut results = Vec::with_capacity(batch.len());
    for append in batch {
        if let Some(key) = &append.key
            && let Some(used) = known.get(&(key.scope.clone(), key.text.clone()))
        {
            let same = used.digest == key.digest;
            results.push(if same {
                Ok(Appended::Duplicate(used.clone()))
            } else {
                Err(AppendError::KeyReuse)
            });
            continue;
        }
        let pipeline = append.pipeline.as_str();
        let revision = revisions.entry(pipeline).or_default();
        if *revision != append.expect {
            results.push(Err(AppendError::Conflict { actual: *revision }));
            continue;
        }
        let actor = json(&append.actor)?;
        let batch_end = *newest + append.events.len() as u64;
        for event in &append.events {
            *newest += 1;
            *revision += 1;
            events.position.push(signed(*newest));
            events.batch_end.push(signed(batch_end));
            events.pipeline.push(pipeline);
            events.revision.push(signed(*revision));
            events.at.push(append.at.millis());
            events.actor.push(actor.clone());
            events.key.push(append.key.as_ref().map(|key| &*key.text));
            events.event.push(json(event)?);
        }
        for document in &append.documents {
            documents
                .hash
                .push(document.reference().hash.as_bytes().to_vec());
            documents.text.push(document.text().as_bytes());
        }
        if let Some(key) = &append.key {
            keys.scope.push(&key.scope);
            keys.key.push(&key.text);
            keys.digest.push(&key.digest);
            keys.pipeline.push(pipeline);
            keys.at.push(append.at.millis());
            known.insert(
                (key.scope.clone(), key.text.clone()),
                KeyUse {
                    pipeline: append.pipeline.clone(),
                    digest: key.digest,
                },
            );
        }
        results.push(Ok(Appended::New { last: *newest }));
    }
    documents.insert(work).await?;
    events.insert(work).await?;
    keys.insert(work).await?;
    Ok(results)
}

/// What the keys of a batch were used for before.
async fn known_keys(
    work: &Transaction<'_>,
    batch: &[Box<Append>],
) -> Result<HashMap<(String, String), KeyUse>, Failure> {
    let keys = batch.iter().filter_map(|append| append.key.as_ref());
    let (scopes, texts): (Vec<&str>, Vec<&str>) = keys.map(|key| (&*key.scope, &*key.text)).unzip();
    if scopes.is_empty() {
        return Ok(HashMap::new());
    }
    let select = "SELECT scope, key, pipeline, digest FROM staffel.keys
                  JOIN unnest($1::text[], $2::text[]) AS asked (scope, key) USING (scope, key)";
    let mut known = HashMap::new();
    for row in rows(work, select, &[&scopes, &texts]).await? {
        let used = KeyUse {
            pipeline: parsed::<PipelineId>(&row, 2)?,
            digest: hash(&row, 3)?,
        };
        known.insert((row.try_get(0)?, row.try_get(1)?), used);
    }
    Ok(known)
}

/// How many events the pipelines of a batch have.
async fn revisions<'a>(
    work: &Transaction<'_>,
    batch: &'a [Box<Append>],
) -> Result<HashMap<&'a str, u64>, Failure> {
    let pipelines: Vec<&str> = batch
        .iter()
        .map(|append| append.pipeline.as_str())
        .collect();
    let select = "SELECT place, (SELECT coalesce(max(revision), 0) FROM staffel.events WHERE pipeline = asked)
                  FROM unnest($1::text[]) WITH ORDINALITY AS of (asked, place)";
    let mut revisions = HashMap::new();
    for row in rows(work, select, &[&pipelines]).await? {
        let place = usize::try_from(number(&row, 0)?).unwrap_or(usize::MAX);
        if let Some(pipeline) = pipelines.get(place - 1) {
            revisions.insert(*pipeline, number(&row, 1)?);
        }
    }
    Ok(revisions)
}

/// Rows of `events`, column by column.
#[derive(Default)]
struct Events<'a> {
    position: Vec<i64>,
    batch_end: Vec<i64>,
    pipeline: Vec<&'a str>,
    revision: Vec<i64>,
    at: Vec<i64>,
    actor: Vec<String>,
    key: Vec<Option<&'a str>>,
    event: Vec<String>,
}

impl Events<'_> {
    async fn insert(&self, work: &Transaction<'_>) -> Result<(), Failure> {
        if self.position.is_empty() {
            return Ok(());
        }
        let insert = "INSERT INTO staffel.events (position, batch_end, pipeline, revision, at, actor, key, event)
                      SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[], $5::bigint[], $6::text[],
                                           $7::text[], $8::text[])";
        let (a, b, c, d) = (
            &self.position,
            &self.batch_end,
            &self.pipeline,
            &self.revision,
        );
        let (e, f, g, h) = (&self.at, &self.actor, &self.key, &self.event);
        change(work, insert, &[a, b, c, d, e, f, g, h]).await?;
        Ok(())
    }
}

/// Rows of `keys`, column by column.
#[derive(Default)]
struct Keys<'a> {
    scope: Vec<&'a str>,
    key: Vec<&'a str>,
    digest: Vec<&'a [u8]>,
    pipeline: Vec<&'a str>,
    at: Vec<i64>,
}

impl<'a> Keys<'a> {
    async fn insert(&self, work: &Transaction<'_>) -> Result<(), Failure> {
        if self.scope.is_empty() {
            return Ok(());
        }
        let insert = "INSERT INTO staffel.keys (scope, key, digest, pipeline, at)
                      SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[], $4::text[], $5::bigint[])";
        let columns = (&self.scope, &self.key, &self.digest, &self.pipeline);
        change(
            work,
            insert,
            &[columns.0, columns.1, columns.2, columns.3, &self.at],
        )
        .await?;
        Ok(())
    }
}

/// Rows of `documents`, column by column.
#[derive(Default)]
struct Documents<'a> {
    hash: Vec<Vec<u8>>,
    text: Vec<&'a [u8]>,
}

impl Documents<'_> {
    async fn insert(&self, work: &Transaction<'_>) -> Result<(), Failure> {
        if self.hash.is_empty() {
            return Ok(());
        }
        let insert = "INSERT INTO staffel.documents (hash, text) SELECT * FROM unnest($1::bytea[], $2::bytea[])
                      ON CONFLICT (hash) DO NOTHING";
        change(work, insert, &[&self.hash, &self.text]).await?;
        Ok(())
    }
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

fn json(value: &impl serde::Serialize) -> Result<String, Failure> {
    serde_json::to_string(value).map_err(|error| Failure::Away(error.to_string()))
}
