//! What a request says about its sender: who acts, and the key that makes a repetition harmless.

use std::convert::Infallible;

use axum::{
    Json, extract,
    extract::{FromRef, FromRequest, FromRequestParts, Request},
    http::{StatusCode, request::Parts},
};
use domain::{Actor, Reason, Refusal, text};
use protocol::Scope;
use serde::de::DeserializeOwned;

use crate::{access::Tokens, agents::Identity, problem::Problem};

/// The token, and the headers `Staffel-Actor` and `Idempotency-Key`.
pub struct Caller {
    identity: Option<Identity>,
    tokens: Tokens,
    needs_token: bool,
    actor: Option<String>,
    key: Option<String>,
}

impl<S> FromRequestParts<S> for Caller
where
    S: Send + Sync,
    Tokens: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let tokens = Tokens::from_ref(state);
        let header = |name| {
            parts
                .headers
                .get(name)
                .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        Ok(Self {
            identity: parts.extensions.get().cloned(),
            needs_token: tokens.needed(&parts.headers, &parts.uri),
            tokens,
            actor: header("staffel-actor"),
            key: header("idempotency-key"),
        })
    }
}

impl Caller {
    /// The key, if one was sent.
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// Who acts where people act: the sender, or the person at this machine.
    pub fn person(&self) -> Result<Actor, Problem> {
        self.actor(false, || Actor::person("local"))
    }

    /// Who acts where agents report: the sender, or a script. Who says to be a person needs a token as well: it can be
    /// said by anybody.
    pub fn agent(&self) -> Result<Actor, Problem> {
        self.actor(true, || Actor::agent("script"))
    }

    fn actor(&self, reports: bool, otherwise: impl FnOnce() -> Actor) -> Result<Actor, Problem> {
        let claimed = self.actor.as_deref().map(claimed).transpose()?;
        if let Some(identity) = &self.identity {
            return proven(identity, claimed);
        }
        let actor = claimed.unwrap_or_else(otherwise);
        if self.needs_token && (reports || actor.is_agent()) {
            return Err(Problem::token_needed());
        }
        if actor.is_agent() && self.tokens.is_reserved(&actor.name) {
            return Err(Problem::refused(Refusal::new(
                Reason::NotPermitted,
                format!(
                    "The name {:?} belongs to an agent with a token, and this request carries none.",
                    actor.name
                ),
                "acting under this name with its token, or under another name without one.",
                "Send the token in the header `Authorization: Bearer`.",
            )));
        }
        Ok(actor)
    }
}

/// The agent that a token proves; nothing else in the request can make it another.
fn proven(identity: &Identity, claimed: Option<Actor>) -> Result<Actor, Problem> {
    let actor = Actor::agent(&*identity.name);
    let refused = |what: String, allowed: &str, next: &str| {
        Problem::refused(Refusal::new(Reason::NotPermitted, what, allowed, next))
    };
    if claimed.is_some_and(|claimed| claimed != actor) {
        return Err(refused(
            format!(
                "Staffel-Actor names somebody else than the token, which is that of {}.",
                actor.name
            ),
            "acting as the agent of the token.",
            "Leave Staffel-Actor out.",
        ));
    }
    if identity.scope == Scope::Read {
        return Err(refused(
            format!(
                "The token of {} only allows reading (scope `read`).",
                actor.name
            ),
            "GET requests.",
            "Use a token with the scope `report`.",
        ));
    }
    Ok(actor)
}

fn claimed(given: &str) -> Result<Actor, Problem> {
    let (kind, name) = given.split_once('/').unwrap_or((given, ""));
    let name = text::line("Staffel-Actor", name, text::NAME_MAX)?;
    match kind {
        "agent" => Ok(Actor::agent(name)),
        "person" => Ok(Actor::person(name)),
        _ => Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid",
            "A value is not allowed",
            format!("Staffel-Actor is {given:?}. Allowed: agent/NAME or person/NAME."),
        )),
    }
}

/// A JSON body whose errors are problems.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let Json(body) = Json::from_request(request, state).await?;
        Ok(Self(body))
    }
}

/// Parameters of the path whose errors are problems.
#[derive(FromRequestParts)]
#[from_request(via(extract::Path), rejection(Problem))]
pub struct Path<T>(pub T);

/// A query whose errors are problems.
#[derive(FromRequestParts)]
#[from_request(via(extract::Query), rejection(Problem))]
pub struct Query<T>(pub T);
