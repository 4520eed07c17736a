//! Lists and search in SQLite.

use std::collections::HashSet;

use domain::{DocumentHash, PipelineId};
use protocol::{Counts, MatchIn, beginning};
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params, params_from_iter};

use super::rows::parsed;
use crate::journal::{
    Found, INDEXED_MAX, ListCursor, ListQuery, Listed, PART, Place, SearchText, SummaryRow,
    derived::{found_in, name},
};

/// Stores rows of lists.
pub fn store_summaries(connection: &Connection, rows: &[SummaryRow]) -> rusqlite::Result<()> {
    let mut upsert = connection.prepare_cached(
        "INSERT OR REPLACE INTO summaries (pipeline, project, state, awaiting, sort_key, ended, summary)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    for row in rows {
        upsert.execute(params![
            row.pipeline.as_str(),
            row.project,
            row.state.name(),
            row.awaiting_review,
            row.sort_key,
            row.ended,
            row.json
        ])?;
    }
    Ok(())
}

/// Makes short texts findable, and notes documents for [`index_next`].
pub fn store_texts(connection: &Connection, texts: &[SearchText]) -> rusqlite::Result<()> {
    for SearchText {
        pipeline,
        found_in,
        place,
        ..
    } in texts
    {
        match place {
            Place::Text(text) => {
                if *found_in == MatchIn::Title {
                    forget(connection, pipeline, *found_in)?;
                }
                let text = cut(text, 0, PART);
                index(
                    connection,
                    pipeline.as_str(),
                    name(*found_in),
                    None,
                    0,
                    text,
                )?;
            }
            Place::Document(hash) => {
                connection
                    .prepare_cached("INSERT INTO to_index (pipeline, found_in, hash, start) VALUES (?1, ?2, ?3, 0)")?
                    .execute(params![
                        pipeline.as_str(),
                        name(*found_in),
                        hash.as_bytes()
                    ])?;
            }
        }
    }
    Ok(())
}

/// Makes the next part of a noted document findable. Whether there was one.
pub fn index_next(connection: &Connection) -> rusqlite::Result<bool> {
    let next = connection
        .prepare_cached("SELECT t.id, t.pipeline, t.found_in, t.hash, t.start, d.text FROM to_index t LEFT JOIN documents d USING (hash) ORDER BY t.id LIMIT 1")?
        .query_map([], |row| {
            Ok((
                row.get::<_, i64>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, String>(2)?,
                row.get::<_, [u8; 32]>(3)?,
                row.get::<_, usize>(4)?,
                row.get::<_, Option<String>>(5)?,
            ))
        })?
        .next()
        .transpose()?;
    let Some((id, pipeline, found_in, hash, start, text)) = next else {
        return Ok(false);
    };
    let text = text.unwrap_or_default();
    let part = cut(&text, start, PART);
    let end = start + part.len();
    if !part.is_empty() {
        index(connection, &pipeline, &found_in, Some(&hash), start, part)?;
    }
    if end >= text.len().min(INDEXED_MAX) || part.is_empty() {
        connection
            .prepare_cached("DELETE FROM to_index WHERE id = ?1")?
            .execute([id])?;
    } else {
        connection
            .prepare_cached("UPDATE to_index SET start = ?2 WHERE id = ?1")?
            .execute(params![id, end])?;
    }
    Ok(true)
}

fn index(
    connection: &Connection,
    pipeline: &str,
    found_in: &str,
    hash: Option<&[u8; 32]>,
    start: usize,
    text: &str,
) -> rusqlite::Result<()> {
    let kept = hash.is_none().then_some(text);
    connection
        .prepare_cached("INSERT INTO places (pipeline, found_in, hash, start, length, text) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
        .execute(params![pipeline, found_in, hash, start, text.len(), kept])?;
    connection
        .prepare_cached("INSERT INTO words (rowid, body) VALUES (?1, ?2)")?
        .execute(params![connection.last_insert_rowid(), text])?;
    Ok(())
}

fn forget(
    connection: &Connection,
    pipeline: &PipelineId,
    found_in: MatchIn,
) -> rusqlite::Result<()> {
    let of = params![pipeline.as_str(), name(found_in)];
    connection
        .prepare_cached("DELETE FROM words WHERE rowid IN (SELECT id FROM places WHERE pipeline = ?1 AND found_in = ?2)")?
        .execute(of)?;
    connection
        .prepare_cached("DELETE FROM places WHERE pipeline = ?1 AND found_in = ?2")?
        .execute(of)?;
    Ok(())
}

/// How many pipelines there are in each list.
pub fn counts(connection: &Connection) -> rusqlite::Result<Counts> {
    let mut counts = Counts::default();
    let mut select = connection.prepare_cached(
        "SELECT state, count(*), coalesce(sum(awaiting), 0) FROM summaries GROUP BY state",
    )?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let count: u64 = row.get(1)?;
        match row.get_ref(0)?.as_str()? {
            "open" => (counts.open, counts.awaiting_review) = (count, row.get(2)?),
            "ended" => counts.ended = count,
            _ => counts.archived = count,
        }
    }
    Ok(counts)
}

/// A page of summaries in the order of their list, or those in which all words are found, the newest match first.
pub fn list(connection: &Connection, query: &ListQuery) -> rusqlite::Result<Listed> {
    if query.words.is_empty() {
        in_order(connection, query)
    } else {
        search(connection, query)
    }
}

fn in_order(connection: &Connection, query: &ListQuery) -> rusqlite::Result<Listed> {
    let mut conditions = Conditions::default();
    conditions.of(query);
    if let Some(ListCursor { key, pipeline }) = &query.cursor {
        conditions
            .text
            .push_str(" AND (sort_key, pipeline) > (?, ?)");
        conditions.values.push(Box::new(*key));
        conditions.values.push(Box::new(pipeline.to_string()));
    }
    let sql = format!(
        "SELECT sort_key, pipeline, summary FROM summaries WHERE true {} ORDER BY sort_key, pipeline LIMIT {}",
        conditions.text,
        query.limit + 1
    );
    let mut rows = connection
        .prepare_cached(&sql)?
        .query_map(params_from_iter(conditions.values), |row| {
            Ok((
                ListCursor {
                    key: row.get(0)?,
                    pipeline: parsed(row, 1)?,
                },
                row.get::<_, String>(2)?,
            ))
        })?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let more = rows.len() > query.limit;
    rows.truncate(query.limit);
    let next = rows
        .last()
        .filter(|_| more)
        .map(|(cursor, _)| cursor.clone());
    Ok(Listed {
        summaries: rows.into_iter().map(|(_, json)| json).collect(),
        next,
        ..Listed::default()
    })
}

/// Matches are looked through from the newest until the page is full, so that a common word costs a page and no more.
/// What is asked for beside the words is looked at for every pipeline once: a match is found whatever else matches.
fn search(connection: &Connection, query: &ListQuery) -> rusqlite::Result<Listed> {
    // Every word in quotes is only a word: nothing in it is syntax of FTS5. NUL would end all of them.
    let words: Vec<_> = query
        .words
        .iter()
        .map(|word| word.replace('"', "\"\"").replace('\0', " "))
        .map(|word| format!("\"{word}\"*"))
        .collect();
    let mut conditions = Conditions::default();
    conditions.of(query);
    let mut summary_of = connection.prepare_cached(&format!(
        "SELECT summary FROM summaries WHERE pipeline = ? {}",
        conditions.text
    ))?;
    let mut matches = connection.prepare_cached(
        "SELECT places.id, pipeline, found_in, hash, start, length, text
         FROM words CROSS JOIN places ON places.id = words.rowid
         WHERE words MATCH ?1 ORDER BY words.rowid DESC",
    )?;
    let begins_below = query.cursor.as_ref().map_or(i64::MAX, |cursor| cursor.key);
    let mut rows = matches.query([words.join(" ")])?;
    let mut listed = Listed::default();
    let (mut seen, mut last) = (HashSet::new(), None);
    while let Some(row) = rows.next()? {
        // A pipeline has the place of its newest match: each comes once, on whatever page.
        let (id, pipeline): (i64, PipelineId) = (row.get(0)?, parsed(row, 1)?);
        if !seen.insert(pipeline.clone()) || id >= begins_below {
            continue;
        }
        let name = pipeline.as_str();
        let values = std::iter::once::<&dyn ToSql>(&name);
        let values = values.chain(conditions.values.iter().map(|value| &**value));
        let summary = summary_of
            .query_row(params_from_iter(values), |row| row.get(0))
            .optional()?;
        let Some(summary) = summary else { continue };
        if listed.summaries.len() == query.limit {
            listed.next = last;
            break;
        }
        last = Some(ListCursor {
            key: id,
            pipeline: pipeline.clone(),
        });
        listed.found.push(Found {
            found_in: found_in(row.get_ref(2)?.as_str()?),
            text: text_of(connection, row)?,
            pipeline,
        });
        listed.summaries.push(summary);
    }
    Ok(listed)
}

/// How many pipelines a list has.
pub fn count(connection: &Connection, query: &ListQuery) -> rusqlite::Result<u64> {
    let mut conditions = Conditions::default();
    conditions.of(query);
    connection
        .prepare_cached(&format!(
            "SELECT count(*) FROM summaries WHERE true {}",
            conditions.text
        ))?
        .query_row(params_from_iter(conditions.values), |row| row.get(0))
}

/// The text of a row of `places`.
fn text_of(connection: &Connection, row: &Row<'_>) -> rusqlite::Result<String> {
    let Some(hash) = row.get::<_, Option<[u8; 32]>>(3)? else {
        return row.get(6);
    };
    let (start, length): (usize, usize) = (row.get(4)?, row.get(5)?);
    let text = text(connection, &hash.into())?.unwrap_or_default();
    Ok(cut(&text, start, length).to_owned())
}

/// A text by its hash.
pub fn text(connection: &Connection, hash: &DocumentHash) -> rusqlite::Result<Option<String>> {
    connection
        .prepare_cached("SELECT text FROM documents WHERE hash = ?1")?
        .query_map([hash.as_bytes()], |row| row.get(0))?
        .next()
        .transpose()
}

#[derive(Default)]
struct Conditions {
    text: String,
    values: Vec<Box<dyn ToSql>>,
}

impl Conditions {
    fn of(&mut self, query: &ListQuery) {
        if let Some(state) = query.state {
            self.text.push_str(" AND state = ?");
            self.values.push(Box::new(state.name()));
        }
        if let Some(key) = query.keys_below {
            self.text.push_str(" AND sort_key < ?");
            self.values.push(Box::new(key));
        }
        if let Some(project) = &query.project {
            self.text.push_str(" AND project = ?");
            self.values.push(Box::new(project.clone()));
        }
    }
}

/// At most `max` bytes of a text from `start`, cut between characters.
fn cut(text: &str, start: usize, max: usize) -> &str {
    let rest = text.get(start..).unwrap_or_default();
    beginning(rest, max)
}
