//! Who may come in, and what they may send: checked on every route, before anything else looks at a request.

mod deadline;
mod guard;
mod identity;
mod layers;

use axum::http::{HeaderMap, HeaderValue, header};

pub use guard::Guard;
pub use identity::{METADATA, METADATA_MCP, Tokens, metadata, require};
pub use layers::{BODY_MAX, guarded};

/// Where the sender of a request sees this server.
pub fn origin(headers: &HeaderMap) -> String {
    let header = |name| {
        headers
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok())
    };
    let scheme = header(header::HeaderName::from_static("x-forwarded-proto"))
        .filter(|scheme| *scheme == "https")
        .unwrap_or("http");
    format!("{scheme}://{}", header(header::HOST).unwrap_or_default())
}
