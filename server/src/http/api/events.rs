//! The facts of a pipeline as they lie in the journal.

use axum::{Json, extract::State, http::StatusCode};
use domain::{PipelineId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};

use super::{Answer, id};
use crate::{
    http::caller::{Path, Query},
    journal,
    problem::Problem,
    relay::Relay,
};

/// Most events in one answer.
const EVENTS_MAX: usize = 1_000;

#[derive(Deserialize, IntoParams)]
pub(super) struct EventsQuery {
    /// Only events after this position.
    #[serde(default)]
    after: u64,
    /// Most events in the answer, 1 to 1,000.
    limit: Option<usize>,
}

/// Facts of one pipeline, as they lie in the journal.
#[derive(Serialize, ToSchema)]
pub(super) struct Events {
    events: Vec<EventBody>,
    /// The newest position of the journal.
    head: u64,
}

#[derive(Serialize, ToSchema)]
pub(super) struct EventBody {
    position: u64,
    pipeline: PipelineId,
    revision: u64,
    at: Timestamp,
    actor: domain::Actor,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[schema(value_type = domain::Event)]
    event: Box<RawValue>,
}

/// Reads the facts of a pipeline after a position.
#[utoipa::path(get, path = "/api/pipelines/{pipeline}/events", operation_id = "events", tag = "pipelines", params(("pipeline" = String, Path,), EventsQuery),
    responses((status = 200, body = Events)))]
pub(super) async fn list(
    State(relay): State<Relay>,
    Path(pipeline): Path<String>,
    Query(query): Query<EventsQuery>,
) -> Answer<Events> {
    let EventsQuery { after, limit } = query;
    let id = id(&pipeline)?;
    relay.pipeline(&id).await?;
    // The head first: events that arrive in between are in the next answer, none is skipped.
    let (_, head) = relay.live().bounds();
    let stored = relay
        .events(
            &id,
            after.min(head),
            limit.unwrap_or(EVENTS_MAX).clamp(1, EVENTS_MAX),
        )
        .await?;
    let events = stored
        .into_iter()
        .filter(|stored| stored.position <= head)
        .map(|stored| {
            let journal::Stored {
                position,
                pipeline,
                revision,
                at,
                actor,
                key,
                event,
                ..
            } = stored;
            let event = RawValue::from_string(event).map_err(|error| {
                Problem::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "unreadable",
                    "Unreadable event",
                    error.to_string(),
                )
            })?;
            Ok(EventBody {
                position,
                pipeline,
                revision,
                at,
                actor,
                key,
                event,
            })
        });
    Ok(Json(Events {
        events: events.collect::<Result<_, Problem>>()?,
        head,
    }))
}
