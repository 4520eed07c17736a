//! Lists and search in PostgreSQL.

use std::collections::HashMap;

use deadpool_postgres::{GenericClient, Transaction};
use domain::PipelineId;
use protocol::{Counts, MatchIn, beginning};
use tokio_postgres::Row;

use super::{
    rows::{parsed, text as text_of},
    words,
};
use crate::{
    journal::{
        Found, INDEXED_MAX, ListCursor, ListQuery, Listed, PART, Place, SearchText, Snapshot,
        SummaryRow,
        derived::{found_in, name},
    },
    postgres::{Failure, Value, change, first, number, rows, signed},
};

/// Rows that one statement stores.
const AT_ONCE: usize = 1_000;

/// Stores rows of lists.
pub async fn store_summaries(
    work: &Transaction<'_>,
    summaries: &[&SummaryRow],
) -> Result<(), Failure> {
    // Of two rows of one pipeline the later one counts; one statement may touch it only once.
    let newest: HashMap<_, _> = summaries
        .iter()
        .map(|row| (row.pipeline.as_str(), *row))
        .collect();
    let (mut pipeline, mut project, mut state) = (vec![], vec![], vec![]);
    let (mut awaiting, mut sort_key, mut ended, mut summary) = (vec![], vec![], vec![], vec![]);
    for row in newest.values() {
        pipeline.push(row.pipeline.as_str());
        project.push(&*row.project);
        state.push(row.state.name());
        awaiting.push(row.awaiting_review);
        sort_key.push(row.sort_key);
        ended.push(row.ended);
        summary.push(&*row.json);
    }
    let upsert = "INSERT INTO staffel.summaries (pipeline, project, state, awaiting, sort_key, ended, summary)
        SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::boolean[], $5::bigint[], $6::bigint[], $7::text[])
        ON CONFLICT (pipeline) DO UPDATE SET project = excluded.project, state = excluded.state, awaiting = excluded.awaiting,
            sort_key = excluded.sort_key, ended = excluded.ended, summary = excluded.summary";
    let values: [Value<'_>; 7] = [
        &pipeline, &project, &state, &awaiting, &sort_key, &ended, &summary,
    ];
    change(work, upsert, &values).await?;
    Ok(())
}

/// Stores states to begin a fold with, and forgets those that nobody asks for any more.
pub async fn store_snapshots(
    work: &Transaction<'_>,
    snapshots: &[Snapshot],
    oldest_asked: u64,
) -> Result<(), Failure> {
    let upsert = "INSERT INTO staffel.snapshots (pipeline, revision, position, state)
        SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[])
        ON CONFLICT (pipeline, revision) DO UPDATE SET position = excluded.position, state = excluded.state";
    let prune = "DELETE FROM staffel.snapshots old USING (
            SELECT pipeline, max(revision) AS newest FROM staffel.snapshots
            WHERE pipeline = ANY($1) AND position <= $2 GROUP BY pipeline
        ) kept WHERE old.pipeline = kept.pipeline AND old.revision < kept.newest";
    for some in snapshots.chunks(AT_ONCE) {
        let named: HashMap<_, _> = some
            .iter()
            .map(|state| ((state.pipeline.as_str(), state.revision), state))
            .collect();
        let (mut pipeline, mut revision) = (vec![], vec![]);
        let (mut position, mut json) = (vec![], vec![]);
        for ((of, number), state) in named {
            pipeline.push(of);
            revision.push(signed(number));
            position.push(signed(state.position));
            json.push(&*state.json);
        }
        change(work, upsert, &[&pipeline, &revision, &position, &json]).await?;
        change(work, prune, &[&pipeline, &signed(oldest_asked)]).await?;
    }
    Ok(())
}

/// Makes short texts findable, and notes documents for [`index_next`].
pub async fn store_texts(work: &Transaction<'_>, texts: &[&SearchText]) -> Result<(), Failure> {
    for some in texts.chunks(AT_ONCE) {
        // Of two titles of one pipeline the later one counts, also of those that are there.
        let mut titles = HashMap::new();
        for (place, text) in some.iter().enumerate() {
            if text.found_in == MatchIn::Title {
                titles.insert(text.pipeline.as_str(), place);
            }
        }
        if !titles.is_empty() {
            let forget =
                "DELETE FROM staffel.places WHERE found_in = 'title' AND pipeline = ANY($1)";
            let pipelines: Vec<_> = titles.keys().copied().collect();
            change(work, forget, &[&pipelines]).await?;
        }
        let mut places = Places::default();
        let (mut pipeline, mut found_in, mut hash) = (vec![], vec![], vec![]);
        for (number, text) in some.iter().enumerate() {
            let of = text.pipeline.as_str();
            match &text.place {
                Place::Text(_)
                    if text.found_in == MatchIn::Title && titles.get(of) != Some(&number) => {}
                Place::Text(body) => {
                    places.add(of, name(text.found_in), None, 0, beginning(body, PART));
                }
                Place::Document(document) => {
                    pipeline.push(of);
                    found_in.push(name(text.found_in));
                    hash.push(&document.as_bytes()[..]);
                }
            }
        }
        places.insert(work).await?;
        if !pipeline.is_empty() {
            let note = "INSERT INTO staffel.to_index (pipeline, found_in, hash, start)
                SELECT pipeline, found_in, hash, 0 FROM unnest($1::text[], $2::text[], $3::bytea[]) AS of (pipeline, found_in, hash)";
            change(work, note, &[&pipeline, &found_in, &hash]).await?;
        }
    }
    Ok(())
}

/// Makes the next part of a noted document findable. Whether there was one.
pub async fn index_next(work: &Transaction<'_>) -> Result<bool, Failure> {
    let next =
        "SELECT t.id, t.pipeline, t.found_in, t.hash, t.start, d.text FROM staffel.to_index t
                LEFT JOIN staffel.documents d USING (hash) ORDER BY t.id LIMIT 1 FOR UPDATE OF t SKIP LOCKED";
    let Some(next) = first(work, next, &[]).await? else {
        return Ok(false);
    };
    let id: i64 = next.try_get(0)?;
    let start = usize::try_from(number(&next, 4)?).unwrap_or(usize::MAX);
    let text = match next.try_get::<_, Option<&[u8]>>(5)? {
        Some(_) => text_of(&next, 5)?,
        None => String::new(),
    };
    let part = beginning(text.get(start..).unwrap_or_default(), PART);
    let end = start + part.len();
    if !part.is_empty() {
        let (pipeline, found_in) = (next.try_get(1)?, next.try_get(2)?);
        let mut places = Places::default();
        places.add(pipeline, found_in, Some(next.try_get(3)?), start, part);
        places.insert(work).await?;
    }
    if end >= text.len().min(INDEXED_MAX) || part.is_empty() {
        change(work, "DELETE FROM staffel.to_index WHERE id = $1", &[&id]).await?;
    } else {
        let go_on = "UPDATE staffel.to_index SET start = $2 WHERE id = $1";
        change(work, go_on, &[&id, &signed(end as u64)]).await?;
    }
    Ok(true)
}

/// Rows of `places`, column by column.
#[derive(Default)]
struct Places<'a> {
    pipeline: Vec<&'a str>,
    found_in: Vec<&'a str>,
    hash: Vec<Option<&'a [u8]>>,
    start: Vec<i64>,
    length: Vec<i64>,
    text: Vec<Option<&'a [u8]>>,
    words: Vec<String>,
}

impl<'a> Places<'a> {
    fn add(
        &mut self,
        pipeline: &'a str,
        found_in: &'a str,
        hash: Option<&'a [u8]>,
        start: usize,
        text: &'a str,
    ) {
        self.pipeline.push(pipeline);
        self.found_in.push(found_in);
        self.hash.push(hash);
        self.start.push(signed(start as u64));
        self.length.push(signed(text.len() as u64));
        self.text.push(hash.is_none().then_some(text.as_bytes()));
        self.words.push(words::vector(text));
    }

    async fn insert(&self, work: &Transaction<'_>) -> Result<(), Failure> {
        if self.pipeline.is_empty() {
            return Ok(());
        }
        // In the order in which they came: their numbers say which is newer.
        let insert = "INSERT INTO staffel.places (pipeline, found_in, hash, start, length, text, words)
            SELECT pipeline, found_in, hash, start, length, text, words::tsvector
            FROM unnest($1::text[], $2::text[], $3::bytea[], $4::bigint[], $5::bigint[], $6::bytea[], $7::text[])
                WITH ORDINALITY AS of (pipeline, found_in, hash, start, length, text, words, place) ORDER BY place";
        let (a, b, c, d) = (&self.pipeline, &self.found_in, &self.hash, &self.start);
        let (e, f, g) = (&self.length, &self.text, &self.words);
        change(work, insert, &[a, b, c, d, e, f, g]).await?;
        Ok(())
    }
}

/// How many pipelines there are in each list.
pub async fn counts(client: &impl GenericClient) -> Result<Counts, Failure> {
    let select = "SELECT state, count(*), count(*) FILTER (WHERE awaiting) FROM staffel.summaries GROUP BY state";
    let mut counts = Counts::default();
    for row in rows(client, select, &[]).await? {
        let count = number(&row, 1)?;
        match row.try_get(0)? {
            "open" => (counts.open, counts.awaiting_review) = (count, number(&row, 2)?),
            "ended" => counts.ended = count,
            _ => counts.archived = count,
        }
    }
    Ok(counts)
}

/// How many pipelines a list has.
pub async fn count(client: &impl GenericClient, query: &ListQuery) -> Result<u64, Failure> {
    let mut conditions = Conditions::default();
    conditions.of(query);
    let select = format!(
        "SELECT count(*) FROM staffel.summaries WHERE true {}",
        conditions.text
    );
    let row = first(client, &select, &conditions.values()).await?;
    row.map_or(Ok(0), |row| number(&row, 0))
}

/// A page of summaries in the order of their list, or those in which all words are found, the newest match first.
pub async fn list(client: &impl GenericClient, query: &ListQuery) -> Result<Listed, Failure> {
    if query.words.is_empty() {
        in_order(client, query).await
    } else {
        search(client, query).await
    }
}

async fn in_order(client: &impl GenericClient, query: &ListQuery) -> Result<Listed, Failure> {
    let mut conditions = Conditions::default();
    conditions.of(query);
    if let Some(ListCursor { key, pipeline }) = &query.cursor {
        let (key, pipeline) = (
            conditions.value(*key),
            conditions.value(pipeline.to_string()),
        );
        let after = format!(" AND (sort_key, pipeline) > ({key}, {pipeline})");
        conditions.text.push_str(&after);
    }
    let limit = conditions.value(signed(query.limit as u64 + 1));
    let select = format!(
        "SELECT sort_key, pipeline, summary FROM staffel.summaries WHERE true {} ORDER BY sort_key, pipeline LIMIT {limit}",
        conditions.text
    );
    let found = rows(client, &select, &conditions.values()).await?;
    let mut listed = Listed::default();
    for row in found.iter().take(query.limit) {
        listed.summaries.push(row.try_get(2)?);
    }
    listed.next = next(&found, query.limit)?;
    Ok(listed)
}

/// A pipeline has the place of its newest match: each comes once, on whatever page.
async fn search(client: &impl GenericClient, query: &ListQuery) -> Result<Listed, Failure> {
    let Some(words) = words::query(&query.words) else {
        return Ok(Listed::default());
    };
    let mut conditions = Conditions::default();
    conditions.of(query);
    let words = conditions.value(words);
    let below = query.cursor.as_ref().map_or(i64::MAX, |cursor| cursor.key);
    let below = conditions.value(below);
    let limit = conditions.value(signed(query.limit as u64 + 1));
    let select = format!(
        "SELECT newest.id, pipeline, summary, found_in, hash, start, length, text FROM (
             SELECT max(id) AS id FROM staffel.places WHERE words @@ {words}::text::tsquery GROUP BY pipeline
         ) newest JOIN staffel.places ON places.id = newest.id JOIN staffel.summaries USING (pipeline)
         WHERE newest.id < {below} {} ORDER BY newest.id DESC LIMIT {limit}",
        conditions.text
    );
    let found = rows(client, &select, &conditions.values()).await?;
    let mut listed = Listed::default();
    for row in found.iter().take(query.limit) {
        listed.summaries.push(row.try_get(2)?);
        listed.found.push(Found {
            pipeline: parsed(row, 1)?,
            found_in: found_in(row.try_get(3)?),
            text: found_text(client, row).await?,
        });
    }
    listed.next = next(&found, query.limit)?;
    Ok(listed)
}

/// Where the next page begins, if there is one: the rows are one more than the page has then.
fn next(found: &[Row], limit: usize) -> Result<Option<ListCursor>, Failure> {
    let last = limit.checked_sub(1).and_then(|last| found.get(last));
    let Some(last) = last.filter(|_| found.len() > limit) else {
        return Ok(None);
    };
    let pipeline: PipelineId = parsed(last, 1)?;
    Ok(Some(ListCursor {
        key: last.try_get(0)?,
        pipeline,
    }))
}

/// The text of a row that a search found.
async fn found_text(client: &impl GenericClient, row: &Row) -> Result<String, Failure> {
    let Some(hash) = row.try_get::<_, Option<&[u8]>>(4)? else {
        return text_of(row, 7);
    };
    let select =
        "SELECT substring(text FROM $2::int FOR $3::int) FROM staffel.documents WHERE hash = $1";
    let place = |column| Ok::<_, Failure>(i32::try_from(number(row, column)?).unwrap_or(i32::MAX));
    let (start, length) = (place(5)?.saturating_add(1), place(6)?);
    let part = first(client, select, &[&hash, &start, &length]).await?;
    part.map_or_else(|| Ok(String::new()), |part| text_of(&part, 0))
}

/// A text by its hash.
pub async fn text(client: &impl GenericClient, hash: &[u8]) -> Result<Option<String>, Failure> {
    let select = "SELECT text FROM staffel.documents WHERE hash = $1";
    let row = first(client, select, &[&hash]).await?;
    row.map(|row| text_of(&row, 0)).transpose()
}

/// What rows have to be, and the values for it.
#[derive(Default)]
struct Conditions {
    text: String,
    values: Vec<Box<dyn tokio_postgres::types::ToSql + Send + Sync>>,
}

impl Conditions {
    fn of(&mut self, query: &ListQuery) {
        if let Some(state) = query.state {
            let state = self.value(state.name());
            self.text.push_str(&format!(" AND state = {state}"));
        }
        if let Some(key) = query.keys_below {
            let key = self.value(key);
            self.text.push_str(&format!(" AND sort_key < {key}"));
        }
        if let Some(project) = &query.project {
            let project = self.value(project.clone());
            self.text.push_str(&format!(" AND project = {project}"));
        }
    }

    /// Adds a value. How it is called in the statement.
    fn value(
        &mut self,
        value: impl tokio_postgres::types::ToSql + Send + Sync + 'static,
    ) -> String {
        self.values.push(Box::new(value));
        format!("${}", self.values.len())
    }

    fn values(&self) -> Vec<Value<'_>> {
        self.values
            .iter()
            .map(|value| &**value as Value<'_>)
            .collect()
    }
}
