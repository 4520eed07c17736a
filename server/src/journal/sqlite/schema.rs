//! The tables of the SQLite journal, and how older files become current.

use domain::{Document, DocumentRef};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use serde_json::Value;

use crate::journal::{EPOCHS_KEPT, Epoch};

/// Marks a file as ours: "STFL".
pub const APPLICATION_ID: i32 = 0x5354_464c;

/// The shape of what is derived from the facts. Another number: it is thrown away and made again.
const DERIVED_FORMAT: &str = "3";

/// Not fewer events than the largest append has: only these can belong to one that is incomplete, and a start does not
/// look at all others.
const APPEND_MAX: u32 = 4_096;

/// One step a version, applied in order. A released step is never edited: add the next one.
const MIGRATIONS: [Migration; 3] = [
    |transaction| {
        transaction.execute_batch(
            "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
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
             ) STRICT, WITHOUT ROWID;",
        )
    },
    |transaction| {
        // The old keys were not bound to who used them: whoever repeats a request from before the upgrade, repeats it.
        transaction.execute_batch(
            "CREATE TABLE documents (hash BLOB PRIMARY KEY, text TEXT NOT NULL) STRICT;
             CREATE TABLE epochs (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, start INTEGER NOT NULL) STRICT;
             INSERT INTO epochs (name, start) SELECT value, 0 FROM meta WHERE name = 'epoch';
             DELETE FROM meta WHERE name = 'epoch';
             DROP TABLE keys;
             CREATE TABLE keys (
                 scope    TEXT NOT NULL,
                 key      TEXT NOT NULL,
                 digest   BLOB NOT NULL,
                 pipeline TEXT NOT NULL,
                 at       INTEGER NOT NULL,
                 PRIMARY KEY (scope, key)
             ) STRICT, WITHOUT ROWID;
             CREATE INDEX keys_by_age ON keys (at);
             CREATE TABLE incomplete_events (position INTEGER, pipeline TEXT, event TEXT) STRICT;",
        )?;
        move_texts(transaction)
    },
    |transaction| {
        // The bytes last, so that what else is known of a file is read without them.
        transaction.execute_batch(
            "CREATE TABLE files (
                 pipeline TEXT NOT NULL,
                 hash     BLOB NOT NULL,
                 size     INTEGER NOT NULL,
                 media    TEXT NOT NULL,
                 bytes    BLOB NOT NULL
             ) STRICT;
             CREATE UNIQUE INDEX files_of_pipeline ON files (pipeline, hash, size);",
        )
    },
];

type Migration = fn(&Transaction<'_>) -> rusqlite::Result<()>;

/// What is derived. Not a migration: it is dropped and made again when [`DERIVED_FORMAT`] changes.
const DERIVED: &str = "
    DROP TABLE IF EXISTS summaries;
    DROP TABLE IF EXISTS snapshots;
    DROP TABLE IF EXISTS places;
    DROP TABLE IF EXISTS words;
    DROP TABLE IF EXISTS to_index;
    CREATE TABLE summaries (
        pipeline TEXT PRIMARY KEY,
        project  TEXT NOT NULL,
        state    TEXT NOT NULL,
        awaiting INTEGER NOT NULL,
        sort_key INTEGER NOT NULL,
        ended    INTEGER NOT NULL,
        summary  TEXT NOT NULL
    ) STRICT;
    CREATE INDEX summaries_in_order ON summaries (sort_key, pipeline);
    CREATE INDEX summaries_of_state ON summaries (state, sort_key, pipeline);
    CREATE INDEX summaries_of_project ON summaries (project, sort_key, pipeline);
    CREATE INDEX summaries_to_count ON summaries (state, awaiting);
    CREATE INDEX summaries_by_end ON summaries (state, ended);
    CREATE TABLE snapshots (
        pipeline TEXT NOT NULL,
        revision INTEGER NOT NULL,
        position INTEGER NOT NULL,
        state    TEXT NOT NULL,
        PRIMARY KEY (pipeline, revision)
    ) STRICT;
    CREATE TABLE places (
        id       INTEGER PRIMARY KEY,
        pipeline TEXT NOT NULL,
        found_in TEXT NOT NULL,
        hash     BLOB,
        start    INTEGER NOT NULL,
        length   INTEGER NOT NULL,
        text     TEXT
    ) STRICT;
    CREATE INDEX places_of_pipeline ON places (pipeline, found_in);
    CREATE VIRTUAL TABLE words USING fts5 (
        body, content = '', contentless_delete = 1, tokenize = \"unicode61 remove_diacritics 2\"
    );
    CREATE TABLE to_index (
        id INTEGER PRIMARY KEY, pipeline TEXT NOT NULL, found_in TEXT NOT NULL, hash BLOB NOT NULL, start INTEGER NOT NULL
    ) STRICT;
    DELETE FROM meta WHERE name IN ('derived_format', 'derived_position');
    INSERT INTO meta VALUES ('derived_position', '0');
";

/// The schema version that this build writes.
pub const VERSION: usize = MIGRATIONS.len();

/// What a file turned out to be.
pub enum Found {
    /// Ours, and current now.
    Ready {
        /// Its epochs, the current one last.
        epochs: Vec<Epoch>,
    },
    /// Another program's database.
    Foreign,
    /// Written by a newer Staffel.
    Newer(usize),
    /// Damaged.
    Corrupt(String),
}

/// Looks at the file behind `connection` without changing it: `None` when it is ours, or empty.
pub fn inspect(connection: &Connection) -> rusqlite::Result<Option<Found>> {
    let application = number(connection, "application_id")?;
    let version = usize::try_from(number(connection, "user_version")?).unwrap_or(usize::MAX);
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application != i64::from(APPLICATION_ID) && (tables > 0 || version > 0) {
        return Ok(Some(Found::Foreign));
    }
    if version > VERSION {
        return Ok(Some(Found::Newer(version)));
    }
    Ok(None)
}

/// Checks the file behind `connection`, brings it to [`VERSION`], and begins the epoch `new_epoch`.
pub fn prepare(connection: &mut Connection, new_epoch: &str) -> rusqlite::Result<Found> {
    if let Some(found) = inspect(connection)? {
        return Ok(found);
    }
    let version = usize::try_from(number(connection, "user_version")?).unwrap_or(usize::MAX);
    // Pages of the tables and their order, not every row of every index: that would take longer with every event.
    if let Err(error) = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())) {
        return Ok(Found::Corrupt(error.to_string()));
    }
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // On macOS fsync leaves the data in the drive's cache; elsewhere these two change nothing.
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "checkpoint_fullfsync", true)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for step in &MIGRATIONS[version..] {
        step(&transaction)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(
        None,
        "user_version",
        i64::try_from(VERSION).unwrap_or(i64::MAX),
    )?;
    let format = meta(&transaction, "derived_format")?;
    if format.as_deref() != Some(DERIVED_FORMAT) {
        if format.is_some() {
            tracing::info!(
                "what lists and search know comes from another version and is made again"
            );
        }
        clear_derived(&transaction)?;
    }
    set_incomplete_aside(&transaction)?;
    transaction.execute(
        "INSERT INTO epochs (name, start) VALUES (?1, (SELECT coalesce(max(position), 0) FROM events))",
        [new_epoch],
    )?;
    transaction.execute(
        "DELETE FROM epochs WHERE number <= (SELECT max(number) FROM epochs) - ?1",
        [EPOCHS_KEPT],
    )?;
    let epochs = epochs(&transaction)?;
    transaction.commit()?;
    Ok(Found::Ready { epochs })
}

/// The epochs, the current one last.
pub fn epochs(connection: &Connection) -> rusqlite::Result<Vec<Epoch>> {
    connection
        .prepare("SELECT name, start FROM epochs ORDER BY number")?
        .query_map([], |row| {
            Ok(Epoch {
                name: row.get(0)?,
                start: row.get(1)?,
            })
        })?
        .collect()
}

/// A value of the table `meta`.
pub fn meta(connection: &Connection, name: &str) -> rusqlite::Result<Option<String>> {
    connection
        .query_row("SELECT value FROM meta WHERE name = ?1", [name], |row| {
            row.get(0)
        })
        .optional()
}

/// Throws away what is derived.
pub fn clear_derived(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(DERIVED)?;
    connection.execute(
        "INSERT INTO meta VALUES ('derived_format', ?1)",
        [DERIVED_FORMAT],
    )?;
    Ok(())
}

fn number(connection: &Connection, pragma: &str) -> rusqlite::Result<i64> {
    connection.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get(0))
}

/// `sqlite3 .recover`, which we advise for a damaged file, can bring back a part of the newest append. An append is all
/// or nothing: what is there of it is kept beside the facts.
fn set_incomplete_aside(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    let newest = "(SELECT coalesce(max(position), 0) FROM events)";
    let moved = transaction.execute(
        &format!(
            "INSERT INTO incomplete_events SELECT position, pipeline, event FROM events
             WHERE position > {newest} - {APPEND_MAX} AND batch_end > {newest}"
        ),
        [],
    )?;
    if moved > 0 {
        tracing::warn!(
            "{moved} events at the end of the journal belong to an append of which the rest is missing; \
             they are kept in the table `incomplete_events` and are no part of any pipeline"
        );
        transaction.execute(
            "DELETE FROM events WHERE position IN (SELECT position FROM incomplete_events)",
            [],
        )?;
    }
    Ok(())
}

/// Up to 0.1.0 the events held their texts.
fn move_texts(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    let mut select = transaction.prepare(
        "SELECT position, event FROM events
         WHERE event LIKE '%\"HandoverSubmitted\"%' OR event LIKE '%\"HandoverRevised\"%' OR event LIKE '%\"PromptWritten\"%'",
    )?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let (position, event): (u64, String) = (row.get(0)?, row.get(1)?);
        let Some((event, document)) = take_text(&event) else {
            continue;
        };
        transaction.execute(
            "UPDATE events SET event = ?2 WHERE position = ?1",
            params![position, event],
        )?;
        insert_document(transaction, &document)?;
    }
    Ok(())
}

/// An event of 0.1.0 without its text, and the text.
fn take_text(event: &str) -> Option<(String, Document)> {
    let mut event: Value = serde_json::from_str(event).ok()?;
    let fields = event.as_object_mut()?;
    let field = match fields.get("type")?.as_str()? {
        "HandoverSubmitted" | "HandoverRevised" => "content",
        "PromptWritten" => "text",
        _ => return None,
    };
    let document = Document::new(fields.get(field)?.as_str()?);
    fields.remove(field);
    let reference: DocumentRef = document.reference();
    fields.insert("document".to_owned(), serde_json::to_value(reference).ok()?);
    Some((event.to_string(), document))
}

/// Stores a text, unless it is there.
pub fn insert_document(connection: &Connection, document: &Document) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT OR IGNORE INTO documents VALUES (?1, ?2)")?
        .execute(params![
            document.reference().hash.as_bytes(),
            &**document.text()
        ])?;
    Ok(())
}
