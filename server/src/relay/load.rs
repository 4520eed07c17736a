//! One pipeline from the journal.

use domain::{Pipeline, PipelineId};

use super::PAGE;
use crate::journal::{Journal, ReadError, Stored};

/// A pipeline as it was at a position: a snapshot, and the facts after it.
pub async fn load(
    journal: &dyn Journal,
    id: &PipelineId,
    at_most: u64,
) -> Result<Option<Pipeline>, ReadError> {
    let snapshot = journal.snapshot(id, at_most).await?;
    let mut pipeline = snapshot.and_then(|snapshot| {
        let read = serde_json::from_str::<Pipeline>(&snapshot.json);
        let read = read.ok().filter(|pipeline| pipeline.revision == snapshot.revision);
        if read.is_none() {
            tracing::warn!("the snapshot of pipeline {id} at revision {} cannot be used; its facts are folded instead", snapshot.revision);
        }
        read
    });
    loop {
        let position = pipeline.as_ref().map_or(0, |pipeline| pipeline.position);
        let rows = journal.read_pipeline(id, position, PAGE).await?;
        let rows: Vec<_> = rows
            .into_iter()
            .filter(|row| row.batch_end <= at_most)
            .collect();
        if rows.is_empty() {
            return Ok(pipeline);
        }
        for recorded in rows.into_iter().map(Stored::decode) {
            match &mut pipeline {
                Some(pipeline) => pipeline.apply(&recorded),
                None => pipeline = Pipeline::begin(&recorded),
            }
            if pipeline.is_none() {
                return Ok(None);
            }
        }
    }
}
