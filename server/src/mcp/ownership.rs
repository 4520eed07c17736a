//! Sessions of the legacy protocol belong to whoever began them: an id that somebody has read in a log is of
//! no use without the token of its agent.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, StatusCode},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::sessions::Sessions;
use crate::{agents::Identity, problem::Problem};

/// The header with the id of a session.
pub const SESSION: &str = "mcp-session-id";

/// Lets requests pass whose session is their own, and notes whose a new session is.
pub async fn check(
    State(sessions): State<Arc<Sessions>>,
    request: Request,
    next: Next,
) -> Response {
    let identity = request.extensions().get::<Identity>();
    let agent = identity.map(|identity| Arc::clone(&identity.name));
    let used = session(request.headers());
    if let Some(id) = &used
        && !sessions.belongs_to(id, agent.as_deref()).await
    {
        // The same as for a session that does not exist: its client begins a new one, and others learn nothing.
        return Problem::new(
            StatusCode::NOT_FOUND,
            "no-session",
            "Session not found",
            "There is no such session of this agent.",
        )
        .into_response();
    }
    let response = next.run(request).await;
    if let (None, Some(agent), Some(id)) = (used, agent, session(response.headers())) {
        sessions.bind(&id, agent).await;
    }
    response
}

fn session(headers: &HeaderMap) -> Option<Arc<str>> {
    headers.get(SESSION)?.to_str().ok().map(Arc::from)
}
