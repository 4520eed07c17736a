//! Of which state an answer is: of none that is older than any answer before it, on whichever node.

use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};

use crate::relay::Relay;

/// The position that an answer is the state of, written as the ids of events are.
const POSITION: HeaderName = HeaderName::from_static("staffel-position");
/// Paths below which nothing depends on a position, or that have to answer whatever the journal does.
const ELSEWHERE: [&str; 5] = ["/health", "/metrics", "/pkg/", "/favicon", "/.well-known/"];

/// Waits, within bounds, until this node shows what any node has acknowledged, and notes in the answer how far it shows.
pub async fn newest(State(relay): State<Relay>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if ELSEWHERE
        .iter()
        .any(|elsewhere| path.starts_with(elsewhere))
    {
        return next.run(request).await;
    }
    let streams = path == "/sse";
    relay.catch_up_with_others().await;
    let mut response = next.run(request).await;
    if streams {
        // Every event has an id of its own.
        return response;
    }
    if let Ok(id) = HeaderValue::try_from(relay.live().newest_id().to_string()) {
        response.headers_mut().insert(POSITION, id);
    }
    response
}
