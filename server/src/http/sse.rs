//! `GET /sse`: the live log over HTTP, resumable by id.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use bytes::{Bytes, BytesMut};
use domain::PipelineId;
use http_body::Frame;
use protocol::{
    Changed, PipelineStatus, Reset, ResetReason, Shutdown, Snapshot, Summary, event_name,
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::caller::Query;
use crate::{
    VERSION,
    journal::{Epoch, last_of_epoch},
    live::{Cursor, EventId, Filter, Live, Next, encode},
    problem::Problem,
    projections::streamed_handover,
    relay::Relay,
};

/// Bounds of the pause before a client connects again: spread, so that a restart is no stampede.
const RETRY_MS: (u64, u64) = (1_000, 4_000);

/// How long a stream waits for a node that does not know where it has to go on.
const CAUGHT_UP_WITHIN: Duration = Duration::from_secs(10);

/// What a subscriber can ask for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
pub struct SubscribeQuery {
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
#[utoipa::path(get, path = "/sse", tag = "live", params(SubscribeQuery), responses((status = 200, content_type = "text/event-stream", body = String)))]
pub async fn stream(
    State(relay): State<Relay>,
    Query(query): Query<SubscribeQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let pipeline = query
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
        project: query.project.map(Arc::from),
    };
    let header = headers
        .get("last-event-id")
        .map(|id| id.to_str().unwrap_or("?").to_owned());
    let asked = header.or(query.last_event_id).filter(|id| !id.is_empty());
    let (first, position) = opening(&relay, &filter, asked.as_deref()).await;
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
                    Some(shutdown_event())
                }
            },
        };
        Poll::Ready(bytes.map(|bytes| Ok(Frame::data(bytes))))
    }
}

/// The first bytes of a stream, and the position from which it goes on.
async fn opening(relay: &Relay, filter: &Filter, asked: Option<&str>) -> (Bytes, u64) {
    let mut bytes =
        BytesMut::from(format!("retry: {}\n: staffel {VERSION}\n\n", between(RETRY_MS)).as_bytes());
    let live = relay.live();
    bytes.extend_from_slice(&live.agents());
    let resumed = match asked {
        Some(id) => Some(resume_at_newest(relay, id).await),
        None => None,
    };
    match resumed {
        Some(Ok(position)) => (bytes.freeze(), position),
        Some(Err(reason)) => {
            let (floor, head) = live.bounds();
            let reset = Reset {
                reason,
                epoch: live.epoch().to_string(),
                floor,
                head,
            };
            bytes.extend_from_slice(&encode(event_name::RESET, None, &reset));
            state(relay, filter, bytes).await
        }
        None => state(relay, filter, bytes).await,
    }
}

/// Where a stream resumes. An id that this node does not know yet may be of another one, while the database is away that
/// both share: it is waited for, within bounds, instead of telling a client to begin anew for nothing.
async fn resume_at_newest(relay: &Relay, id: &str) -> Result<u64, ResetReason> {
    let until = Instant::now() + CAUGHT_UP_WITHIN;
    loop {
        let resumed = resume(relay.live(), &relay.epochs(), id);
        let unknown = [ResetReason::FromTheFuture, ResetReason::OtherEpoch];
        if !matches!(&resumed, Err(reason) if unknown.contains(reason)) || Instant::now() > until {
            return resumed;
        }
        if relay.catch_up_with_others().await {
            return resume(relay.live(), &relay.epochs(), id);
        }
        tokio::time::sleep(CAUGHT_UP_WITHIN / 100).await;
    }
}

/// Where a stream resumes that has seen everything up to `id`.
///
/// The id names the epoch in which it was sent.
pub fn resume(live: &Live, epochs: &[Epoch], id: &str) -> Result<u64, ResetReason> {
    let id: EventId = id.parse().map_err(|()| ResetReason::Unreadable)?;
    let (floor, head) = live.bounds();
    let last = last_of_epoch(epochs, &id.epoch, head).ok_or(ResetReason::OtherEpoch)?;
    match id.position {
        position if position > head => Err(ResetReason::FromTheFuture),
        position if position > last => Err(ResetReason::OtherEpoch),
        position if position < floor => Err(ResetReason::TooOld),
        position => Ok(position),
    }
}

/// Most open handovers whose texts come with the first events of a stream, and most bytes of these texts. More are
/// announced by the `snapshot` and can be fetched.
const HANDOVERS_MAX: usize = 20;
const TEXTS_MAX: usize = 128 * 1024;
/// Most bytes of `pipeline_status` events at the beginning: they say what `snapshot` says, for clients that do not
/// know that one.
const STATUSES_MAX: usize = 64 * 1024;

/// The state: for our board in one `snapshot`, and for clients that know only the events of the source note as one
/// `pipeline_status` a pipeline and one `handover` for each that waits, within bounds. Only the last event carries the
/// id: a connection that breaks in between begins again.
async fn state(relay: &Relay, filter: &Filter, mut bytes: BytesMut) -> (Bytes, u64) {
    let mut snapshot = relay.snapshot(filter);
    if let Some(id) = &filter.pipeline
        && snapshot.pipelines.is_empty()
        // One that is archived, or ended long ago. An unknown one begins perhaps later.
        && let Ok(pipeline) = relay.pipeline(id).await
    {
        snapshot.pipelines.push(Summary::from(&*pipeline));
    }
    let position = snapshot.position;
    let id = EventId {
        epoch: snapshot.epoch.clone(),
        position,
    };
    let mut frames = vec![encode(event_name::SNAPSHOT, None, &snapshot)];
    frames.extend(open_handovers(relay, &snapshot).await);
    let mut statuses: Vec<&Summary> = snapshot
        .pipelines
        .iter()
        .filter(|summary| !summary.status.has_ended())
        .collect();
    if statuses.is_empty() {
        statuses.extend(snapshot.pipelines.first());
    }
    let mut size = 0;
    let mut encoded: Vec<(&Summary, Bytes)> = Vec::new();
    for summary in statuses {
        let frame = encode(event_name::PIPELINE_STATUS, None, &status(summary));
        size += frame.len();
        if size > STATUSES_MAX && !encoded.is_empty() {
            break;
        }
        encoded.push((summary, frame));
    }
    // The newest comes last: who keeps only one, keeps that one.
    encoded.sort_by(|a, b| a.0.pipeline.cmp(&b.0.pipeline));
    match encoded.pop() {
        None => frames = vec![encode(event_name::SNAPSHOT, Some(&id), &snapshot)],
        Some((last, _)) => {
            frames.extend(encoded.into_iter().map(|(_, frame)| frame));
            frames.push(encode(
                event_name::PIPELINE_STATUS,
                Some(&id),
                &status(last),
            ));
        }
    }
    frames
        .iter()
        .for_each(|frame| bytes.extend_from_slice(frame));
    (bytes.freeze(), position)
}

fn status(summary: &Summary) -> PipelineStatus {
    PipelineStatus {
        summary: summary.clone(),
        changed: Changed {
            from: summary.revision,
            ..Changed::default()
        },
    }
}

/// The open handovers of a snapshot, the one that came last first, so that the one that waits longest comes last.
async fn open_handovers(relay: &Relay, snapshot: &Snapshot) -> Vec<Bytes> {
    let waiting = snapshot
        .pipelines
        .iter()
        .filter(|summary| summary.status == domain::Status::AwaitingReview);
    let (mut size, mut frames) = (0, Vec::new());
    for summary in waiting.take(HANDOVERS_MAX) {
        let Ok(pipeline) = relay.pipeline(&summary.pipeline).await else {
            continue;
        };
        let Some(handover) = pipeline.open_handover() else {
            continue;
        };
        let revision = handover.current();
        let Ok(text) = relay.documents().masked(&revision.document).await else {
            continue;
        };
        let view = streamed_handover(&pipeline, handover, revision, &text);
        size += view.content.len();
        if size > TEXTS_MAX {
            break;
        }
        frames.push(encode(event_name::HANDOVER, None, &view));
    }
    frames.reverse();
    frames
}

fn shutdown_event() -> Bytes {
    let retry_ms = between((500, 8_000));
    let mut bytes = BytesMut::from(format!("retry: {retry_ms}\n\n").as_bytes());
    bytes.extend_from_slice(&encode(event_name::SHUTDOWN, None, &Shutdown { retry_ms }));
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
