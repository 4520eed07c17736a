//! The routes for agents.

use std::{convert::Infallible, sync::Arc};

use axum::{Router, extract::Request, middleware};
use rmcp::ServerHandler;
use tower::{ServiceBuilder, service_fn};

use super::{McpService, Sessions, errors::in_json_rpc, ownership, resuming};
use crate::access::{self, Tokens};

/// The routes for agents.
pub fn routes<S, H>(mcp: McpService<H>, sessions: &Arc<Sessions>, tokens: &Tokens) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    H: ServerHandler,
{
    let mcp = Arc::new(mcp);
    let mcp = service_fn(move |request: Request| {
        // Its settings are many strings, and a layer copies what is below it for each request.
        let mcp = Arc::clone(&mcp);
        async move { Ok::<_, Infallible>(mcp.handle(request).await) }
    });
    let mcp = ServiceBuilder::new()
        .layer(middleware::from_fn_with_state(
            tokens.clone(),
            access::require,
        ))
        .layer(middleware::from_fn_with_state(
            Arc::clone(sessions),
            ownership::check,
        ))
        .layer(middleware::from_fn(in_json_rpc))
        .layer(middleware::from_fn_with_state(
            Arc::clone(sessions),
            resuming::go_on,
        ))
        .service(mcp);
    Router::new()
        .route_service("/mcp", mcp.clone())
        .route_service("/mcp/", mcp)
}
