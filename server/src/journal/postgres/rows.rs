//! Rows of the tables of facts and keys.

use std::str::FromStr;

use deadpool_postgres::GenericClient;
use domain::{PipelineId, Timestamp};
use tokio_postgres::Row;

use crate::{
    journal::{KeyUse, READ_BYTES, Stored},
    postgres::{Failure, first, number, rows, signed},
};

/// Reads facts after $1, of all pipelines or `of` one: whole appends up to about a megabyte. What is too much stays in the
/// database. Appends stay whole: the reader looks for their ends.
fn select(of: &str) -> String {
    format!(
        "SELECT position, batch_end, pipeline, revision, at, actor, key, event,
                (SELECT name FROM staffel.epochs ORDER BY number DESC LIMIT 1) FROM (
             SELECT *, min(before) OVER (PARTITION BY batch_end) AS begins FROM (
                 SELECT *, sum(octet_length(event)) OVER (ORDER BY position) - octet_length(event) AS before FROM (
                     SELECT * FROM staffel.events WHERE position > $1 {of} ORDER BY position LIMIT $2
                 ) page
             ) sized
         ) whole WHERE begins <= $3 ORDER BY position"
    )
}

/// Facts after a position, of all pipelines or of one: whole appends up to about a megabyte.
pub async fn select_events(
    client: &impl GenericClient,
    pipeline: Option<&PipelineId>,
    after: u64,
    max: usize,
) -> Result<Vec<Stored>, Failure> {
    let Some(pipeline) = pipeline else {
        return Ok(select_facts(client, after, max).await?.0);
    };
    let (after, max, bytes) = (signed(after), signed(max as u64), signed(READ_BYTES as u64));
    let of = select("AND pipeline = $4");
    let found = rows(client, &of, &[&after, &max, &bytes, &pipeline.as_str()]).await?;
    found.iter().map(stored).collect()
}

/// Facts after a position, and the newest epoch as of the same moment, if there are any. An epoch begins before anything is
/// written in it: none of these facts belongs to a later one.
pub async fn select_facts(
    client: &impl GenericClient,
    after: u64,
    max: usize,
) -> Result<(Vec<Stored>, Option<String>), Failure> {
    let (after, max, bytes) = (signed(after), signed(max as u64), signed(READ_BYTES as u64));
    let found = rows(client, &select(""), &[&after, &max, &bytes]).await?;
    let epoch = found.first().map(|row| row.try_get(8)).transpose()?;
    let facts = found.iter().map(stored).collect::<Result<_, _>>()?;
    Ok((facts, epoch))
}

/// What a key was used for.
pub async fn key_use(
    client: &impl GenericClient,
    scope: &str,
    text: &str,
) -> Result<Option<KeyUse>, Failure> {
    let select = "SELECT pipeline, digest FROM staffel.keys WHERE scope = $1 AND key = $2";
    let Some(row) = first(client, select, &[&scope, &text]).await? else {
        return Ok(None);
    };
    Ok(Some(KeyUse {
        pipeline: parsed(&row, 0)?,
        digest: hash(&row, 1)?,
    }))
}

fn stored(row: &Row) -> Result<Stored, Failure> {
    Ok(Stored {
        position: number(row, 0)?,
        batch_end: number(row, 1)?,
        pipeline: parsed(row, 2)?,
        revision: number(row, 3)?,
        at: Timestamp::from_millis(row.try_get(4)?),
        actor: serde_json::from_str(row.try_get(5)?).map_err(|error| unreadable(&error))?,
        key: row.try_get(6)?,
        event: row.try_get(7)?,
    })
}

/// A column that is the text of something.
pub fn parsed<T>(row: &Row, column: usize) -> Result<T, Failure>
where
    T: FromStr<Err: std::error::Error>,
{
    let text: &str = row.try_get(column)?;
    text.parse().map_err(|error| unreadable(&error))
}

/// A column that is a hash.
pub fn hash(row: &Row, column: usize) -> Result<[u8; 32], Failure> {
    let bytes: &[u8] = row.try_get(column)?;
    bytes.try_into().map_err(|error| unreadable(&error))
}

/// A column of text that is kept as bytes.
pub fn text(row: &Row, column: usize) -> Result<String, Failure> {
    let bytes: Vec<u8> = row.try_get(column)?;
    String::from_utf8(bytes).map_err(|error| unreadable(&error))
}

fn unreadable(error: &dyn std::error::Error) -> Failure {
    Failure::Away(format!("a row cannot be read: {error}"))
}
