//! The door for agents: the Model Context Protocol over Streamable HTTP, every version that rmcp knows.

mod answers;
mod arguments;
mod completion;
mod handler;
mod prompts;
mod resources;
mod tools;
mod waiting;
mod watching;

use std::{sync::Arc, time::Duration};

use rmcp::transport::streamable_http_server::{
    StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
};
use tokio_util::sync::CancellationToken;

use crate::{relay::Relay, web::Guard};

pub use handler::Handler;
pub use tools::all as tools;
use waiting::Rounds;

/// The MCP endpoint as a tower service.
pub type McpService = StreamableHttpService<Handler, LocalSessionManager>;

/// Largest request, in bytes. A handover over its own limit should reach the rules and be refused in words.
const BODY_MAX: usize = 8 * 1024 * 1024;
/// An agent may be silent for as long as a person takes to decide. rmcp's 5 minutes would end its
/// session in the middle of a wait.
const SESSION_IDLE: Duration = Duration::from_secs(7 * 24 * 3600);

/// The sessions of clients of the older protocol era.
#[derive(Clone)]
pub struct Sessions(Arc<LocalSessionManager>);

impl Sessions {
    /// How many there are.
    pub async fn count(&self) -> usize {
        self.0.sessions.read().await.len()
    }
}

/// The endpoint. `board` is the address of the board, for links in answers.
pub fn service(
    relay: &Relay,
    board: &str,
    guard: &Guard,
    shutdown: CancellationToken,
) -> (McpService, Sessions) {
    let mut sessions = LocalSessionManager::default();
    sessions.session_config.keep_alive = Some(SESSION_IDLE);
    // Also the replay window of a stream: progress of several parallel waits must fit.
    sessions.session_config.channel_capacity = 256;
    let sessions = Arc::new(sessions);
    let config = StreamableHttpServerConfig::default()
        .with_sse_keep_alive(Some(Duration::from_secs(15)))
        .with_max_request_body_bytes(BODY_MAX)
        // The guard checks both on every route; rmcp checks them again at its own door.
        .with_allowed_hosts(
            guard
                .hosts()
                .iter()
                .map(|host| host.trim_matches(['[', ']']).to_owned()),
        )
        .with_allowed_origins(guard.origins().iter().cloned())
        .enforce_origin_validation()
        .with_cancellation_token(shutdown);
    let (relay, board): (Relay, Arc<str>) = (relay.clone(), board.into());
    let rounds = Arc::new(Rounds::default());
    let factory = move || {
        Ok(Handler::new(
            relay.clone(),
            Arc::clone(&board),
            Arc::clone(&rounds),
        ))
    };
    (
        StreamableHttpService::new(factory, Arc::clone(&sessions), config),
        Sessions(sessions),
    )
}
