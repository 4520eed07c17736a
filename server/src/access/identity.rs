//! Who a request comes from, as its token or its cookie proves: on every route, before anything else looks at it.
//!
//! Token and cookie leave the request here: nothing behind this door can log them, store them or send them back.

use std::{
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Json,
    body::{Body, Bytes},
    extract::{ConnectInfo, Request, State},
    http::{Extensions, HeaderMap, HeaderValue, StatusCode, Uri, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use domain::Timestamp;
use http_body::Frame;
use protocol::{PersonalToken, Scope};
use reqwest::Url;
use serde_json::json;
use tokio::task::spawn_blocking;
use tokio_util::sync::{CancellationToken, DropGuard, WaitForCancellationFutureOwned};

use super::{
    Principal,
    guard::is_loopback_name,
    origin,
    principal::{self, set_cookie},
};
use crate::{
    agents::{Agents, Identity, Token, looks_like_token},
    config::{Config, Reading},
    people::{People, SESSION_GOOD, SignedIn, With},
    problem::Problem,
    relay::now,
};

/// Where the metadata of the protected resource is (RFC 9728), for clients that look at the root.
pub const METADATA: &str = "/.well-known/oauth-protected-resource";
/// The same for `/mcp`, whose path the address repeats.
pub const METADATA_MCP: &str = "/.well-known/oauth-protected-resource/mcp";

/// Which tokens there are, who needs one, and who is signed in.
#[derive(Clone)]
pub struct Tokens {
    agents: Arc<Agents>,
    people: Arc<People>,
    required: Option<bool>,
    /// Whether whoever comes from this machine may read.
    open: bool,
}

impl Tokens {
    /// The tokens of these agents, needed as configured, and the browsers of these people.
    pub fn new(agents: Arc<Agents>, people: Arc<People>, config: &Config) -> Self {
        // Behind a public address a request that looks local may have come through the proxy.
        let open = config.reading == Reading::OpenOnLoopback && !is_public(config);
        Self {
            agents,
            people,
            required: config.require_token.or((!open).then_some(true)),
            open,
        }
    }

    /// Whether an agent that sends this request needs a token.
    pub fn needed(&self, sent: &Sent<'_>) -> bool {
        self.required.unwrap_or_else(|| !sent.is_local())
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

/// What tells where a request comes from.
pub struct Sent<'a> {
    uri: &'a Uri,
    headers: &'a HeaderMap,
    extensions: &'a Extensions,
}

impl<'a> From<&'a Request> for Sent<'a> {
    fn from(request: &'a Request) -> Self {
        Self {
            uri: request.uri(),
            headers: request.headers(),
            extensions: request.extensions(),
        }
    }
}

impl<'a> From<&'a Parts> for Sent<'a> {
    fn from(parts: &'a Parts) -> Self {
        Self {
            uri: &parts.uri,
            headers: &parts.headers,
            extensions: &parts.extensions,
        }
    }
}

impl Sent<'_> {
    /// Whether it was made on this machine, as far as it can be told: from there, to a loopback name, and not
    /// through a proxy that says so.
    fn is_local(&self) -> bool {
        let Self {
            uri,
            headers,
            extensions,
        } = self;
        let from_here = extensions
            .get::<ConnectInfo<SocketAddr>>()
            .is_none_or(|ConnectInfo(peer)| peer.ip().to_canonical().is_loopback());
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
        from_here
            && host.is_some_and(is_loopback_name)
            && proxied.iter().all(|name| !headers.contains_key(*name))
    }
}

/// Puts the [`Identity`] of the sender into the request, and ends the answer when its token is revoked.
pub async fn identify(State(tokens): State<Tokens>, mut request: Request, next: Next) -> Response {
    let address = request.uri().path_and_query();
    if address.is_some_and(|address| looks_like_token(address.as_str())) {
        return token_in_address().into_response();
    }
    let mut renewed = None;
    let (principal, ended) = match credentials(request.headers()) {
        Some(given) => {
            let Some(principal) = proven(&tokens, &given) else {
                return refuse(&request, Problem::invalid_token());
            };
            request.headers_mut().remove(header::AUTHORIZATION);
            match principal {
                Principal::Person(person) => {
                    note_use(&tokens.people, &person).await;
                    let ended = person.ended.child_token();
                    if let Some(expires) = person.expires {
                        tokio::spawn(end_at(expires, ended.clone()));
                    }
                    (Principal::Person(person), ended)
                }
                Principal::Agent(identity) => {
                    request.extensions_mut().insert(identity.clone());
                    let revoked = identity.revoked.child_token();
                    (Principal::Agent(identity), revoked)
                }
                Principal::Nobody => return refuse(&request, Problem::invalid_token()),
            }
        }
        None => match principal::person(request.headers(), &tokens.people) {
            Some((person, value))
                if principal::is_sent_by_our_page(request.method(), request.headers()) =>
            {
                let ended = person.ended.child_token();
                // A browser that comes back within 90 days stays signed in for 90 more.
                if note_use(&tokens.people, &person).await {
                    let seconds = SESSION_GOOD / 1000;
                    renewed = set_cookie(&tokens.people, request.headers(), &value, seconds);
                }
                (Principal::Person(person), ended)
            }
            Some(_) => return Problem::no_origin().into_response(),
            None => return next.run(request).await,
        },
    };
    principal::forget_cookie(request.headers_mut(), &tokens.people);
    request.extensions_mut().insert(principal);
    // Dropped with the answer: nothing waits for the end of a token then.
    let ends_with_answer = ended.clone().drop_guard();
    let ended = Box::pin(ended.cancelled_owned());
    let answer = next.run(request).await;
    if answer.extensions().get::<Outlives>().is_some() {
        return answer;
    }
    let mut answer = answer.map(|body| {
        Body::new(Revocable {
            body,
            revoked: ended,
            _answered: ends_with_answer,
        })
    });
    // Whoever signs out here gets another one.
    let headers = answer.headers_mut();
    if let Some(cookie) = renewed.filter(|_| !headers.contains_key(header::SET_COOKIE)) {
        headers.insert(header::SET_COOKIE, cookie);
    }
    answer
}

/// Marks an answer that is given to the end: it says that its sender is signed out.
#[derive(Debug, Clone, Copy)]
pub struct Outlives;

/// Ends what a token has open when it ends by itself; before, if the answer has ended.
async fn end_at(expires: Timestamp, ended: CancellationToken) {
    let left = expires.millis_since(now()).max(0).unsigned_abs();
    let pause = tokio::time::sleep(Duration::from_millis(left));
    if ended.run_until_cancelled(pause).await.is_some() {
        ended.cancel();
    }
}

/// Whom a token proves: an agent, or a person's script.
fn proven(tokens: &Tokens, given: &str) -> Option<Principal> {
    if let Some(token) = PersonalToken::parse(given) {
        return tokens.people.verify_token(&token).map(Principal::Person);
    }
    let token = Token::parse(given)?;
    tokens.agents.registry.verify(&token).map(Principal::Agent)
}

/// Notes that a device or a token is used, at most once an hour. `true` if it was noted.
async fn note_use(people: &Arc<People>, person: &SignedIn) -> bool {
    if !people.is_due(&person.with) {
        return false;
    }
    let (people, with) = (Arc::clone(people), person.with.clone());
    let noted = spawn_blocking(move || people.note_use(&with)).await;
    match noted {
        Ok(Ok(noted)) => noted,
        // A full disk must not sign anybody out.
        Ok(Err(error)) => {
            tracing::warn!("it cannot be noted that somebody is here: {error}");
            false
        }
        Err(_) => false,
    }
}

/// Marks a request that may not read: a page shows nothing of what there is then.
#[derive(Debug, Clone, Copy)]
pub struct Stranger;

/// Lets nobody read who is not proven and does not come from where reading is open; signing in, the files of the board and
/// what agents have to prove elsewhere are left out of it.
pub async fn reading(State(tokens): State<Tokens>, mut request: Request, next: Next) -> Response {
    let known = request.extensions().get::<Principal>().is_some();
    if known || tokens.open && Sent::from(&request).is_local() {
        return next.run(request).await;
    }
    request.extensions_mut().insert(Stranger);
    let path = request.uri().path();
    if is_for_strangers(path) {
        return next.run(request).await;
    }
    let for_programs = ["/api/", "/sse", "/metrics"];
    if for_programs.iter().any(|start| path.starts_with(start)) {
        return Problem::sign_in_needed("read here").into_response();
    }
    Redirect::to(&app::paths::sign_in_page()).into_response()
}

/// Whether an address shows nothing of the work. `/mcp` asks for a token itself.
fn is_for_strangers(path: &str) -> bool {
    let whole = [
        "/sign-in",
        "/api/session",
        "/api/session/passkey",
        "/health",
        "/health/live",
        "/health/ready",
        "/mcp",
    ];
    let below = ["/pkg/", "/.well-known/"];
    // Pages and programs have no dot in the first part of their addresses, files of the board have one.
    let file = path
        .rsplit_once('/')
        .is_some_and(|(folder, name)| folder.is_empty() && name.contains('.'));
    file || whole.contains(&path) || below.iter().any(|folder| path.starts_with(folder))
}

/// Refuses agents that need a token and have none.
pub async fn require(State(tokens): State<Tokens>, request: Request, next: Next) -> Response {
    if let Some(Principal::Person(SignedIn {
        with: With::Token { .. },
        ..
    })) = request.extensions().get()
    {
        return Problem::not_for_agents().into_response();
    }
    let known = request.extensions().get::<Identity>().is_some();
    if !known && tokens.needed(&Sent::from(&request)) {
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

    /// The token of a person's script where agents come in.
    fn not_for_agents() -> Self {
        Self {
            allowed: Some("a token of an agent, or none on this machine.".to_owned()),
            next: Some("Make one: staffel agents add NAME.".to_owned()),
            ..Self::new(
                StatusCode::FORBIDDEN,
                "token-of-a-person",
                "This is a token of a person",
                "Agents come in here, and this token is for the scripts of a person.",
            )
        }
    }

    fn invalid_token() -> Self {
        Self::unauthorized(
            "invalid-token",
            "The token is not valid: it is not one of this server's, or it was revoked.",
        )
    }

    /// Somebody who is not signed in wants what only people may.
    pub fn sign_in_needed(what: &str) -> Self {
        Self {
            allowed: Some("people who are signed in.".to_owned()),
            next: Some(
                "Sign in on the board, at /sign-in: the server prints the link for the first person when it starts, owners \
                 make links for others, and `staffel people link NAME` makes one at a terminal."
                    .to_owned(),
            ),
            ..Self::new(
                StatusCode::UNAUTHORIZED,
                "sign-in-needed",
                "Sign in first",
                format!("Only a person who is signed in may {what}."),
            )
        }
    }

    /// A request with somebody's cookie that does not say which page it comes from.
    fn no_origin() -> Self {
        Self {
            allowed: Some(
                "`Origin` with an address of this board, or `Sec-Fetch-Site: same-origin`; browsers send them."
                    .to_owned(),
            ),
            next: Some("Send it from a page of this board.".to_owned()),
            ..Self::new(
                StatusCode::FORBIDDEN,
                "no-origin",
                "It does not say where it comes from",
                "The request changes something with the cookie of a person, and does not say which page sends it.",
            )
        }
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
            "Addresses are logged in many places: revoke this token (`staffel agents revoke NAME`, or on the page People) and make a \
             new one."
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
    _answered: DropGuard,
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
