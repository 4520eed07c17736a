//! The session of the legacy protocol that the bridge keeps for its client.

use std::collections::BTreeSet;

use reqwest::RequestBuilder;
use rmcp::transport::common::http_header::{HEADER_MCP_PROTOCOL_VERSION, HEADER_SESSION_ID};
use tokio::task::AbortHandle;

use super::message::Message;

/// A session, as the server has opened it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// `None` where a server works without sessions.
    pub id: Option<String>,
    /// The protocol version that was agreed on.
    pub version: Option<String>,
}

/// The current session, and what has to be repeated in the next one. Only of the legacy protocol (2025-11-25 and
/// before), which has sessions.
#[derive(Default)]
pub struct SessionState {
    /// The client's `initialize`.
    pub introduction: Option<Message>,
    /// The session, while there is one.
    pub session: Option<Session>,
    /// The resources to whose changes the client has subscribed.
    pub subscriptions: BTreeSet<String>,
    /// The task that reads the stream of what the server sends on its own.
    pub listening: Option<AbortHandle>,
}

/// The request with the headers of the session.
pub fn in_session(mut request: RequestBuilder, session: &Session) -> RequestBuilder {
    if let Some(id) = &session.id {
        request = request.header(HEADER_SESSION_ID, id);
    }
    if let Some(version) = &session.version {
        request = request.header(HEADER_MCP_PROTOCOL_VERSION, version);
    }
    request
}
