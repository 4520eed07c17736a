//! Who may come in, and what they may send: checked on every route, before anything else looks at a request.

mod deadline;
mod guard;
mod identity;
mod layers;
mod policy;
mod principal;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

pub use guard::{Guard, Proxied, is_loopback_name};
pub use identity::{METADATA, METADATA_MCP, Outlives, Sent, Stranger, Tokens, metadata, require};
pub use layers::{BODY_MAX, guarded};
pub use policy::Action;
pub use principal::{Principal, set_cookie};

/// Says inside the server that a request came over TLS. From outside it says nothing: `connections` takes it out.
const OVER_TLS: HeaderName = HeaderName::from_static("staffel-over-tls");

/// Notes how a request came.
pub fn note_tls(headers: &mut HeaderMap, over_tls: bool) {
    if over_tls {
        headers.insert(OVER_TLS, HeaderValue::from_static("1"));
    } else {
        headers.remove(OVER_TLS);
    }
}

/// Where a request was sent to: scheme, host and port, as its sender names them.
pub fn origin(headers: &HeaderMap) -> String {
    let header = |name| {
        headers
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok())
    };
    let proxied = header(HeaderName::from_static("x-forwarded-proto")) == Some("https");
    let scheme = if proxied || headers.contains_key(OVER_TLS) {
        "https"
    } else {
        "http"
    };
    format!("{scheme}://{}", header(header::HOST).unwrap_or_default())
}
