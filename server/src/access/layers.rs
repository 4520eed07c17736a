//! What every request passes first: the guard, the question who sends it, and the limits of its body.

use std::sync::Arc;

use axum::{Router, extract::DefaultBodyLimit, middleware};
use tower::ServiceBuilder;

use super::{
    deadline,
    guard::{self, Guard},
    identity::{self, Tokens},
};

/// Largest body of a request, in bytes: a handover of 1 MiB with every character escaped fits.
pub const BODY_MAX: usize = 8 * 1024 * 1024;

/// Puts these checks in front of all routes.
pub fn guarded<S>(routes: Router<S>, guard: Arc<Guard>, tokens: &Tokens) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    // One by one the router would put each of them into a box of its own, and copy that for each request.
    let layers = ServiceBuilder::new()
        .layer(middleware::from_fn_with_state(guard, guard::check))
        .layer(middleware::from_fn_with_state(
            tokens.clone(),
            identity::identify,
        ))
        .layer(middleware::from_fn_with_state(
            tokens.clone(),
            identity::reading,
        ))
        .map_request(deadline::limit_body)
        .layer(DefaultBodyLimit::max(BODY_MAX));
    routes.layer(layers)
}
