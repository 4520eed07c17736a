//! Rows of the tables of facts and keys.

use domain::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::journal::{KeyUse, READ_BYTES, Stored};

/// Where to read a pipeline on after a position. The order of positions and that of revisions are one, and the index is
/// on (pipeline, revision): the place is found by halving, not by a walk through all its events.
pub fn first_revision_after(
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

/// Rows of `events`, whole appends up to about a megabyte.
pub fn select_events(
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

/// The newest position; 0 in a new journal.
pub fn newest_position(connection: &Connection) -> rusqlite::Result<u64> {
    let mut select = connection.prepare_cached("SELECT coalesce(max(position), 0) FROM events")?;
    select.query_row([], |row| row.get(0))
}

/// A value as JSON for a column.
pub fn json(value: &impl serde::Serialize) -> rusqlite::Result<String> {
    serde_json::to_string(value)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
}

/// What a key was used for.
pub fn key_use(
    connection: &Connection,
    scope: &str,
    text: &str,
) -> rusqlite::Result<Option<KeyUse>> {
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

/// A column that is the text of something.
pub fn parsed<T>(row: &Row<'_>, column: usize) -> rusqlite::Result<T>
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
