//! The tables of the SQLite journal, and how older files become current.

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

/// Marks a file as ours: "STFL".
pub const APPLICATION_ID: i32 = 0x5354_464c;

/// One step a version, applied in order. A released step is never edited: add the next one.
const MIGRATIONS: [&str; 1] = ["
    CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE events (
        position  INTEGER PRIMARY KEY,
        batch_end INTEGER NOT NULL,
        pipeline  TEXT NOT NULL,
        revision  INTEGER NOT NULL,
        at        INTEGER NOT NULL,
        actor     TEXT NOT NULL,
        key       TEXT,
        event     TEXT NOT NULL,
        UNIQUE (pipeline, revision)
    ) STRICT;
    CREATE TABLE keys (
        scope    TEXT NOT NULL,
        key      TEXT NOT NULL,
        digest   BLOB NOT NULL,
        pipeline TEXT NOT NULL,
        PRIMARY KEY (scope, key)
    ) STRICT, WITHOUT ROWID;
"];

/// The schema version that this build writes.
pub const VERSION: usize = MIGRATIONS.len();

/// What a file turned out to be.
pub enum Found {
    /// Ours, and current now.
    Ready {
        /// The journal's epoch.
        epoch: String,
    },
    /// Another program's database.
    Foreign,
    /// Written by a newer Staffel.
    Newer(usize),
    /// Damaged.
    Corrupt(String),
}

/// Checks the file behind `connection` and brings it to [`VERSION`].
pub fn prepare(connection: &mut Connection, new_epoch: &str) -> rusqlite::Result<Found> {
    let number = |name: &str| {
        connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0))
    };
    let application = number("application_id")?;
    let version = usize::try_from(number("user_version")?).unwrap_or(usize::MAX);
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application != i64::from(APPLICATION_ID) && (tables > 0 || version > 0) {
        return Ok(Found::Foreign);
    }
    if version > VERSION {
        return Ok(Found::Newer(version));
    }
    let health: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if health != "ok" {
        return Ok(Found::Corrupt(health));
    }
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for step in &MIGRATIONS[version..] {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(
        None,
        "user_version",
        i64::try_from(VERSION).unwrap_or(i64::MAX),
    )?;
    transaction.execute(
        "INSERT OR IGNORE INTO meta VALUES ('epoch', ?1)",
        [new_epoch],
    )?;
    let epoch = transaction
        .query_row("SELECT value FROM meta WHERE name = 'epoch'", [], |row| {
            row.get(0)
        })
        .optional()?;
    transaction.commit()?;
    Ok(epoch.map_or_else(
        || Found::Corrupt("the epoch is missing".to_owned()),
        |epoch| Found::Ready { epoch },
    ))
}
