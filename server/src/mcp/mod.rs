//! For agents: the Model Context Protocol over Streamable HTTP, every version that rmcp knows.

mod asking;
mod caller;
mod completion;
mod decisions;
mod errors;
mod handler;
mod methods;
mod notices;
mod ownership;
mod prompts;
mod questions;
mod resource;
mod resources;
mod resuming;
mod routes;
mod sessions;
mod stored_sessions;
mod tasks;
mod tools;
mod waiting;
mod watching;

use std::{sync::Arc, time::Duration};

use rmcp::{
    ServerHandler,
    transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService},
};
use tokio_util::sync::CancellationToken;

use crate::access::{self, Guard};

pub use handler::Handler;
pub use methods::introduction;
pub use routes::routes;
pub use sessions::Sessions;
pub use stored_sessions::StoredSessions;
pub use tools::all as tools;
pub use tools::waits;

/// The MCP endpoint as a tower service.
pub type McpService<H = Handler> = StreamableHttpService<H, Sessions>;

/// The endpoint of Staffel.
pub fn service(handler: Handler, guard: &Guard, shutdown: CancellationToken) -> McpService {
    let sessions = Arc::clone(&handler.sessions);
    endpoint(move || handler.next(), guard, &sessions, shutdown)
}

/// An endpoint with the settings of Staffel's. `handler` is called once for each session, and once for each
/// request of the stateless protocol.
pub fn endpoint<H: ServerHandler>(
    handler: impl Fn() -> H + Send + Sync + 'static,
    guard: &Guard,
    sessions: &Arc<Sessions>,
    shutdown: CancellationToken,
) -> McpService<H> {
    let mut config = StreamableHttpServerConfig::default()
        .with_sse_keep_alive(Some(Duration::from_secs(15)))
        // Which sessions can resume is known only to them: `Sessions` advises those.
        .with_sse_retry(None)
        .with_max_request_body_bytes(access::BODY_MAX)
        // A call without sessions that says nothing before its answer needs no stream: a quarter more calls a second.
        .with_json_response(true)
        // The guard checks both on every route; rmcp checks them again for its own.
        .with_allowed_hosts(
            guard
                .hosts()
                .iter()
                .map(|host| host.trim_matches(['[', ']']).to_owned()),
        )
        .with_allowed_origins(guard.origins().iter().cloned())
        .enforce_origin_validation()
        .with_cancellation_token(shutdown);
    if guard.is_remote() {
        // It knows names only; the guard has let the addresses through that are this machine's.
        config = config.disable_allowed_hosts();
    }
    config.session_store = Some(sessions.file());
    StreamableHttpService::new(move || Ok(handler()), Arc::clone(sessions), config)
}
