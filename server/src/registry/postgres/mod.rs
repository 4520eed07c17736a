//! The registry in PostgreSQL: one database for all that SQLite keeps in four files.

mod credentials;
mod nodes;
mod outbox;
mod people;
mod wishes;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use deadpool_postgres::{Object, Transaction};
use domain::Timestamp;
use protocol::Scope;
use tokio::time::timeout;
use tokio_postgres::Row;

use super::{Store, StoreError, StoredAgent, StoredSession};
use crate::postgres::{Database, Failure, Value, change, first, rows, signed, silent};

/// Who changes people, one at a time.
const CHANGING_PEOPLE: i64 = 0x5354_464c_0003;
/// How long to wait for what others have changed, and how long to pause when there was no answer.
const ASKED: Duration = Duration::from_secs(1);
const ASKED_AGAIN: Duration = Duration::from_secs(2);

/// The registry of a database.
pub struct Postgres {
    database: Arc<Database>,
    /// When the last question what others have changed got no answer.
    failed: Mutex<Option<Instant>>,
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        Self(failure.to_string())
    }
}

impl Postgres {
    /// The registry of this database.
    pub fn of(database: Arc<Database>) -> Self {
        Self {
            database,
            failed: Mutex::default(),
        }
    }

    /// Works with a connection. Blocks.
    fn with<T>(
        &self,
        work: impl AsyncFnOnce(&mut Object) -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        Ok(self.database.block(self.database.with(work))?)
    }

    /// All or nothing. Blocks.
    fn together<T>(
        &self,
        work: impl AsyncFnOnce(&Transaction<'_>) -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        self.with(async |client| {
            let transaction = client.transaction().await?;
            let done = work(&transaction).await?;
            transaction.commit().await?;
            Ok(done)
        })
    }

    /// All or nothing, while nobody else changes people: what was counted or looked at before a change still holds at it.
    /// Blocks.
    fn alone<T>(
        &self,
        work: impl AsyncFnOnce(&Transaction<'_>) -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        self.together(async |transaction| {
            let lock = "SELECT pg_advisory_xact_lock($1)";
            rows(transaction, lock, &[&CHANGING_PEOPLE]).await?;
            work(transaction).await
        })
    }

    /// What others have changed, as a number. An unknown token makes a thread wait for this: not for long, and not
    /// again right after there was no answer.
    fn version(&self, about: &str) -> Result<i64, StoreError> {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        if failed.is_some_and(|at| at.elapsed() < ASKED_AGAIN) {
            return Err(silent().into());
        }
        *failed = None;
        drop(failed);
        let read = self.database.with(async |client| {
            let select = "SELECT coalesce(sum(number), 0)::bigint FROM staffel.versions WHERE about = $1 AND process <> $2";
            let row = first(client, select, &[&about, &self.database.process()]).await?;
            Ok(row.map_or(Ok(0), |row| row.try_get(0))?)
        });
        let read = self.database.block(async { timeout(ASKED, read).await });
        let read = read.unwrap_or_else(|_| Err(silent()));
        if read.is_err() {
            *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        }
        Ok(read?)
    }
}

/// A time in a column.
fn at(row: &Row, column: usize) -> Result<Timestamp, Failure> {
    Ok(Timestamp::from_millis(row.try_get(column)?))
}

/// A time in a column that may be empty.
fn at_times(row: &Row, column: usize) -> Result<Option<Timestamp>, Failure> {
    let millis: Option<i64> = row.try_get(column)?;
    Ok(millis.map(Timestamp::from_millis))
}

/// A scope in a column. What a newer version may have written is not more than reading here.
fn scope(row: &Row, column: usize) -> Result<Scope, Failure> {
    Ok(Scope::of(row.try_get(column)?).unwrap_or(Scope::Read))
}

/// Bytes of a known number in a column.
fn bytes<const N: usize>(row: &Row, column: usize) -> Result<[u8; N], Failure> {
    let bytes: &[u8] = row.try_get(column)?;
    bytes
        .try_into()
        .map_err(|_| Failure::Away(format!("a row has {} bytes instead of {N}", bytes.len())))
}

impl Store for Postgres {
    fn agents_version(&self) -> Result<i64, StoreError> {
        self.version("agents")
    }

    fn agents(&self) -> Result<Vec<StoredAgent>, StoreError> {
        self.with(async |client| {
            let select =
                "SELECT name, scope, token, hash, added, revoked FROM staffel.agent ORDER BY name";
            let agent = |row: &Row| {
                Ok(StoredAgent {
                    name: row.try_get(0)?,
                    scope: scope(row, 1)?,
                    token: row.try_get(2)?,
                    hash: bytes(row, 3)?,
                    added: at(row, 4)?,
                    revoked: at_times(row, 5)?,
                })
            };
            rows(client, select, &[]).await?.iter().map(agent).collect()
        })
    }

    fn add_agent(&self, agent: &StoredAgent) -> Result<bool, StoreError> {
        self.with(async |client| {
            let insert = "INSERT INTO staffel.agent AS old (name, scope, token, hash, added) VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT (name) DO UPDATE SET scope = $2, token = $3, hash = $4, added = $5, revoked = NULL
                 WHERE old.revoked IS NOT NULL";
            let (scope, hash, added) = (agent.scope.name(), &agent.hash[..], agent.added.millis());
            let values: [Value<'_>; 5] = [&agent.name, &scope, &agent.token, &hash, &added];
            Ok(change(client, insert, &values).await? > 0)
        })
    }

    fn revoke_agent(&self, name: &str, at: Timestamp) -> Result<bool, StoreError> {
        self.with(async |client| {
            let update =
                "UPDATE staffel.agent SET revoked = $2 WHERE name = $1 AND revoked IS NULL";
            Ok(change(client, update, &[&name, &at.millis()]).await? > 0)
        })
    }

    fn remove_agent(&self, token: &str) -> Result<(), StoreError> {
        self.with(async |client| {
            let delete = "DELETE FROM staffel.agent WHERE token = $1";
            change(client, delete, &[&token]).await?;
            Ok(())
        })
    }

    fn session(&self, id: &str) -> Result<Option<StoredSession>, StoreError> {
        self.with(async |client| {
            let select = "SELECT state, agent, watched FROM staffel.session WHERE id = $1";
            let Some(row) = first(client, select, &[&id]).await? else {
                return Ok(None);
            };
            Ok(Some(StoredSession {
                state: row.try_get(0)?,
                agent: row.try_get(1)?,
                watched: row.try_get(2)?,
            }))
        })
    }

    fn use_session(&self, id: &str, at: Timestamp) -> Result<Option<String>, StoreError> {
        self.with(async |client| {
            let update = "UPDATE staffel.session SET used = $2 WHERE id = $1 RETURNING state";
            let row = first(client, update, &[&id, &at.millis()]).await?;
            Ok(row.map(|row| row.try_get(0)).transpose()?)
        })
    }

    fn put_session(
        &self,
        id: &str,
        state: &str,
        at: Timestamp,
        most: usize,
    ) -> Result<(), StoreError> {
        self.with(async |client| {
            // One statement, which sees the sessions as they were before it.
            let put = "WITH put AS (INSERT INTO staffel.session (id, state, used) VALUES ($1, $2, $3)
                                    ON CONFLICT (id) DO UPDATE SET state = $2, used = $3)
                       DELETE FROM staffel.session WHERE id <> $1 AND used < coalesce(
                           (SELECT used FROM staffel.session WHERE id <> $1 ORDER BY used DESC OFFSET $4 LIMIT 1), 0)";
            let others = signed(most.saturating_sub(2) as u64);
            change(client, put, &[&id, &state, &at.millis(), &others]).await?;
            Ok(())
        })
    }

    fn bind_session(&self, id: &str, agent: &str) -> Result<(), StoreError> {
        self.with(async |client| {
            let bind = "UPDATE staffel.session SET agent = $2 WHERE id = $1";
            let bound = change(client, bind, &[&id, &agent]).await;
            if bound.is_err() {
                change(client, "DELETE FROM staffel.session WHERE id = $1", &[&id]).await?;
            }
            bound.map(drop)
        })
    }

    fn watch_session(&self, id: &str, watched: &dyn Fn() -> String) -> Result<(), StoreError> {
        self.together(async |work| {
            let lock = "SELECT FROM staffel.session WHERE id = $1 FOR UPDATE";
            rows(work, lock, &[&id]).await?;
            let watch = "UPDATE staffel.session SET watched = $2 WHERE id = $1";
            change(work, watch, &[&id, &watched()]).await?;
            Ok(())
        })
    }

    fn delete_session(&self, id: &str) -> Result<(), StoreError> {
        self.with(async |client| {
            change(client, "DELETE FROM staffel.session WHERE id = $1", &[&id]).await?;
            Ok(())
        })
    }
}
