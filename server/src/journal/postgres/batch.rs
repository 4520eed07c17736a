//! The appends of one group as rows: a few statements however many they are.

use std::collections::HashMap;

use deadpool_postgres::Transaction;
use domain::PipelineId;

use super::rows::{hash, parsed};
use crate::{
    journal::{Append, AppendError, Appended, KeyUse},
    postgres::{Failure, change, number, rows, signed},
};

/// Inserts what of a batch can be: the same statements for one append and for many.
///
/// # Errors
/// The database is away, or refuses.
pub async fn insert(
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

fn json(value: &impl serde::Serialize) -> Result<String, Failure> {
    serde_json::to_string(value).map_err(|error| Failure::Away(error.to_string()))
}
