//! A connection that may write, and the epoch that begins with the first one.

use deadpool_postgres::{GenericClient, Object};
use tokio_postgres::Row;

use crate::{
    journal::{EPOCHS_KEPT, Epoch, new_epoch},
    postgres::{Database, Failure, WRITERS, change, first, number, rows, signed, silent},
};

/// All epochs in their order, for [`epoch`].
pub const EPOCHS: &str = "SELECT name, start FROM staffel.epochs ORDER BY number";

/// A connection that may write. It never goes back to the pool: its lock lasts as long as it does.
pub struct Session {
    client: Option<Object>,
    /// The file in which `head` was when it began.
    pub file: i64,
    /// A name that no other one has.
    name: String,
    /// How many groups of appends it has begun.
    groups: u64,
}

/// What a transaction leaves in the table `meta`, and no other one does: by this it is known afterwards. The number that
/// PostgreSQL gives to a transaction does not tell: after a crash another one gets the number of which nothing was durable.
pub struct Mark {
    /// Its name there.
    pub session: String,
    /// The group of appends.
    pub group: String,
}

impl Session {
    fn get(&self) -> Result<&Object, Failure> {
        self.client.as_ref().ok_or_else(silent)
    }

    /// The connection.
    ///
    /// # Errors
    /// There is none any more.
    pub fn get_mut(&mut self) -> Result<&mut Object, Failure> {
        self.client.as_mut().ok_or_else(silent)
    }

    /// A mark for the next group.
    pub fn mark(&mut self) -> Mark {
        self.groups += 1;
        Mark {
            session: format!("session {}", self.name),
            group: self.groups.to_string(),
        }
    }

    /// Whether it has ended.
    pub fn is_closed(&self) -> bool {
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

/// Nobody has set the database up, or somebody has emptied it.
pub fn no_head() -> Failure {
    Failure::Away("the table `head` is empty".to_owned())
}
