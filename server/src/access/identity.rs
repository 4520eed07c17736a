//! Who a request comes from, as its token proves: on every route, before anything else looks at it.
//!
//! The token leaves the request here: nothing behind this door can log it, store it or send it back.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    Json,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http_body::Frame;
use protocol::Scope;
use reqwest::Url;
use serde_json::json;
use tokio_util::sync::WaitForCancellationFutureOwned;

use super::{guard::is_loopback_name, origin};
use crate::{
    agents::{Agents, Identity, Token, looks_like_token},
    config::Config,
    problem::Problem,
};

/// Where the metadata of the protected resource is (RFC 9728), for clients that look at the root.
pub const METADATA: &str = "/.well-known/oauth-protected-resource";
/// The same for `/mcp`, whose path the address repeats.
pub const METADATA_MCP: &str = "/.well-known/oauth-protected-resource/mcp";

/// Which tokens there are, and who needs one.
#[derive(Clone)]
pub struct Tokens {
    agents: Arc<Agents>,
    required: Option<bool>,
}

impl Tokens {
    /// The tokens of these agents, needed as configured.
    pub fn new(agents: Arc<Agents>, config: &Config) -> Self {
        Self {
            agents,
            // Behind a public address a request that looks local may have come through the proxy.
            required: config.require_token.or(is_public(config).then_some(true)),
        }
    }

    /// Whether an agent that sends this request needs a token.
    pub fn needed(&self, headers: &HeaderMap, uri: &Uri) -> bool {
        self.required.unwrap_or_else(|| !is_local(headers, uri))
    }

    /// Whether this is the name of an agent with a token.
    pub fn is_reserved(&self, name: &str) -> bool {
        self.agents.registry.is_reserved(name)
    }
}

/// Whether people reach this server under another name than this machine's own.
fn is_public(config: &Config) -> bool {
    let url = config.public_url.as_deref();
    let url = url.and_then(|url| Url::parse(url).ok());
    url.is_some_and(|url| !url.host_str().is_some_and(is_loopback_name))
}

/// Whether a request was made on this machine, as far as it can be told: to a loopback name, and not
/// through a proxy that says so.
fn is_local(headers: &HeaderMap, uri: &Uri) -> bool {
    let host = match uri.authority() {
        Some(authority) => Some(authority.as_str()),
        None => headers
            .get(header::HOST)
            .and_then(|host| host.to_str().ok()),
    };
    let proxied = [
        "forwarded",
        "via",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-proto",
        "x-real-ip",
    ];
    host.is_some_and(is_loopback_name) && proxied.iter().all(|name| !headers.contains_key(*name))
}

/// Puts the [`Identity`] of the sender into the request, and ends the answer when its token is revoked.
pub async fn identify(State(tokens): State<Tokens>, mut request: Request, next: Next) -> Response {
    let address = request.uri().path_and_query();
    if address.is_some_and(|address| looks_like_token(address.as_str())) {
        return token_in_address().into_response();
    }
    let Some(given) = credentials(request.headers()) else {
        return next.run(request).await;
    };
    let identity = Token::parse(&given).and_then(|token| tokens.agents.registry.verify(&token));
    let Some(identity) = identity else {
        return refuse(&request, Problem::invalid_token());
    };
    request.headers_mut().remove(header::AUTHORIZATION);
    let revoked = identity.revoked.clone().cancelled_owned();
    request.extensions_mut().insert(identity);
    next.run(request).await.map(|body| {
        Body::new(Revocable {
            body,
            revoked: Box::pin(revoked),
        })
    })
}

/// Refuses agents that need a token and have none.
pub async fn require(State(tokens): State<Tokens>, request: Request, next: Next) -> Response {
    let known = request.extensions().get::<Identity>().is_some();
    if !known && tokens.needed(request.headers(), request.uri()) {
        return refuse(&request, Problem::token_needed());
    }
    next.run(request).await
}

/// What a client is told about tokens (RFC 9728). There is no authorization server: a person hands them out.
pub async fn metadata(headers: HeaderMap) -> impl IntoResponse {
    let origin = origin(&headers);
    Json(json!({
        "resource": format!("{origin}{}", app::paths::mcp("")),
        "resource_name": "Staffel",
        "bearer_methods_supported": ["header"],
        "scopes_supported": [Scope::Report.name(), Scope::Read.name()],
    }))
}

/// What stands behind `Authorization: Bearer`, and a token that stands behind anything else: it was meant as one, and
/// must not go further. Other credentials are those of a proxy in front, and none of our business.
fn credentials(headers: &HeaderMap) -> Option<String> {
    let values = headers.get_all(header::AUTHORIZATION).iter();
    let mut values = values.map(|value| String::from_utf8_lossy(value.as_bytes()));
    values.find_map(|value| {
        let value = value.trim();
        let (scheme, rest) = value.split_once(char::is_whitespace).unwrap_or((value, ""));
        if scheme.eq_ignore_ascii_case("bearer") {
            Some(rest.trim().to_owned())
        } else {
            looks_like_token(value).then(String::new)
        }
    })
}

/// 401 with a challenge that leads a client to the metadata.
fn refuse(request: &Request, problem: Problem) -> Response {
    let origin = origin(request.headers());
    let invalid = problem.kind.ends_with("invalid-token");
    let challenge = format!(
        "Bearer resource_metadata=\"{origin}{}{METADATA_MCP}\", scope=\"{}\"{}",
        app::paths::base(),
        Scope::Report.name(),
        if invalid {
            ", error=\"invalid_token\""
        } else {
            ""
        },
    );
    let mut response = problem.into_response();
    // A Host that cannot stand in a header leads nowhere.
    if let Ok(challenge) = HeaderValue::from_str(&challenge) {
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}

impl Problem {
    /// An agent needs a token and has none.
    pub fn token_needed() -> Self {
        Self::unauthorized(
            "token-needed",
            "Agents need a token here: this request does not come from the server's own machine, or the server \
             requires one from everybody.",
        )
    }

    fn invalid_token() -> Self {
        Self::unauthorized(
            "invalid-token",
            "The token is not valid: it is not one of this server's, or it was revoked.",
        )
    }

    fn unauthorized(kind: &str, detail: &str) -> Self {
        Self {
            allowed: Some("the header `Authorization: Bearer` with a token of this server.".to_owned()),
            next: Some(
                "Ask the person who runs this Staffel for a token: `staffel agents add NAME` makes one."
                    .to_owned(),
            ),
            ..Self::new(StatusCode::UNAUTHORIZED, kind, "Unauthorized", detail)
        }
    }
}

fn token_in_address() -> Problem {
    Problem {
        allowed: Some("a token in the header `Authorization: Bearer`.".to_owned()),
        next: Some(
            "Addresses are logged in many places: revoke this token (`staffel agents revoke NAME`) and make a new one."
                .to_owned(),
        ),
        ..Problem::new(
            StatusCode::BAD_REQUEST,
            "token-in-address",
            "Token in the address",
            "The address of this request holds a token.",
        )
    }
}

/// An answer that ends when the token of its request is revoked.
struct Revocable {
    body: Body,
    revoked: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl http_body::Body for Revocable {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.revoked.as_mut().poll(context).is_ready() {
            return Poll::Ready(None);
        }
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.body.size_hint()
    }
}
