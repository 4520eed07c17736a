//! `GET /sse`: the live log over HTTP, resumable by id.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use bytes::{Bytes, BytesMut};
use domain::{
    PipelineId,
    view::{Reset, ResetReason, Shutdown, event_name},
};
use http_body::Frame;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    VERSION,
    live::{Cursor, EventId, Filter, Live, Next, encode, handover_view},
    relay::Relay,
    web::{caller::Query, error::Problem},
};

/// Bounds of the pause before a client connects again: spread, so that a restart is no stampede.
const RETRY_MS: (u64, u64) = (1_000, 4_000);

/// What a subscriber can ask for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
pub struct Wish {
    /// Only this pipeline.
    pipeline: Option<String>,
    /// Only pipelines of this project.
    project: Option<String>,
    /// Resume after this id, for clients that cannot send the header `Last-Event-ID`, which wins.
    last_event_id: Option<String>,
}

/// The stream of events.
///
/// Sends `snapshot`, then `pipeline_status`, `handover`, `handover_decided`, `cursor_prompt`,
/// `prompt_delivery`, `version`, `agents`, `heartbeat`, `reset` and `shutdown` as they happen. Ids are
/// `<epoch>-<position>`; see docs/PROTOCOL.md.
///
/// # Errors
/// A filter that is not a pipeline id: 404, which ends an `EventSource` for good, as it should here.
#[utoipa::path(get, path = "/sse", tag = "live", params(Wish), responses((status = 200, content_type = "text/event-stream", body = String)))]
pub async fn stream(
    State(relay): State<Relay>,
    Query(wish): Query<Wish>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let pipeline = wish
        .pipeline
        .as_deref()
        .map(str::parse::<PipelineId>)
        .transpose();
    let pipeline = pipeline.map_err(|error| {
        Problem::new(
            axum::http::StatusCode::NOT_FOUND,
            "not-found",
            "Not found",
            format!("{error}."),
        )
    })?;
    let filter = Filter {
        pipeline,
        project: wish.project,
    };
    let header = headers
        .get("last-event-id")
        .map(|id| id.to_str().unwrap_or("?").to_owned());
    let asked = header.or(wish.last_event_id).filter(|id| !id.is_empty());
    let (first, position) = opening(&relay, &filter, asked.as_deref());
    let body = Events {
        first: Some(first),
        cursor: Some(relay.live().cursor(position, filter)),
    };
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache, no-store, no-transform"),
        (header::HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    Ok((headers, Body::new(body)).into_response())
}

/// The body of a stream, straight from its cursor.
struct Events {
    first: Option<Bytes>,
    /// None after the end.
    cursor: Option<Cursor>,
}

impl http_body::Body for Events {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let bytes = match (self.first.take(), &mut self.cursor) {
            (Some(first), _) => Some(first),
            (None, None) => None,
            (None, Some(cursor)) => match ready!(cursor.poll_next(context)) {
                Next::Bytes(bytes) => Some(bytes),
                Next::Behind => {
                    self.cursor = None;
                    None
                }
                Next::Closing => {
                    self.cursor = None;
                    Some(farewell())
                }
            },
        };
        Poll::Ready(bytes.map(|bytes| Ok(Frame::data(bytes))))
    }
}

/// The first bytes of a stream, and the position from which it goes on.
fn opening(relay: &Relay, filter: &Filter, asked: Option<&str>) -> (Bytes, u64) {
    let mut bytes =
        BytesMut::from(format!("retry: {}\n: staffel {VERSION}\n\n", between(RETRY_MS)).as_bytes());
    let live = relay.live();
    bytes.extend_from_slice(&live.agents());
    match asked.map(|id| resume(live, id)) {
        Some(Ok(position)) => (bytes.freeze(), position),
        Some(Err(reason)) => {
            let (floor, head) = live.bounds();
            let reset = Reset {
                reason,
                epoch: live.epoch().to_owned(),
                floor,
                head,
            };
            bytes.extend(encode(event_name::RESET, None, &reset));
            state(relay, filter, bytes)
        }
        None => state(relay, filter, bytes),
    }
}

/// Where a stream resumes that has seen everything up to `id`.
fn resume(live: &Live, id: &str) -> Result<u64, ResetReason> {
    let id: EventId = id.parse().map_err(|()| ResetReason::Unreadable)?;
    let (floor, head) = live.bounds();
    match id.position {
        _ if id.epoch != live.epoch() => Err(ResetReason::OtherEpoch),
        position if position > head => Err(ResetReason::FromTheFuture),
        position if position < floor => Err(ResetReason::TooOld),
        position => Ok(position),
    }
}

/// The whole state: for our board in one `snapshot`, and for clients that know only the events of the
/// origin as one `pipeline_status` a pipeline and one `handover` for each that waits. Only the last
/// event carries the id: a connection that breaks in between begins again.
fn state(relay: &Relay, filter: &Filter, mut bytes: BytesMut) -> (Bytes, u64) {
    let (pipelines, position) = relay.view(filter);
    let snapshot = relay.snapshot_of(&pipelines, position);
    let id = EventId {
        epoch: snapshot.epoch.clone(),
        position,
    };
    let mut frames = vec![encode(event_name::SNAPSHOT, None, &snapshot)];
    for pipeline in pipelines.iter().rev() {
        if let Some(open) = pipeline.open_handover() {
            frames.push(encode(
                event_name::HANDOVER,
                None,
                &handover_view(pipeline, open),
            ));
        }
    }
    let mut statuses: Vec<_> = snapshot
        .pipelines
        .iter()
        .rev()
        .filter(|status| !status.status.has_ended())
        .collect();
    if statuses.is_empty() {
        statuses.extend(snapshot.pipelines.first());
    }
    match statuses.split_last() {
        None => frames = vec![encode(event_name::SNAPSHOT, Some(&id), &snapshot)],
        Some((last, others)) => {
            frames.extend(
                others
                    .iter()
                    .map(|status| encode(event_name::PIPELINE_STATUS, None, status)),
            );
            frames.push(encode(event_name::PIPELINE_STATUS, Some(&id), last));
        }
    }
    frames
        .iter()
        .for_each(|frame| bytes.extend_from_slice(frame));
    (bytes.freeze(), position)
}

fn farewell() -> Bytes {
    let retry_ms = between((500, 8_000));
    let mut bytes = BytesMut::from(format!("retry: {retry_ms}\n\n").as_bytes());
    bytes.extend(encode(event_name::SHUTDOWN, None, &Shutdown { retry_ms }));
    bytes.freeze()
}

fn between((low, high): (u64, u64)) -> u64 {
    low + u64::from(getrandom::u32().unwrap_or(0)) % (high - low + 1)
}

/// Lets every subscriber feel that the server lives, until the server stops.
pub async fn heartbeats(live: Live, every: Duration) {
    let mut tick = tokio::time::interval(every);
    loop {
        tick.tick().await;
        live.beat(crate::relay::now());
    }
}
