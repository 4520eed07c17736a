//! What a request says about its sender: who acts, and the key that makes a repetition harmless.

use std::convert::Infallible;

use axum::{
    Json, extract,
    extract::{FromRequest, FromRequestParts, Request},
    http::{StatusCode, request::Parts},
};
use domain::{Actor, text};
use serde::de::DeserializeOwned;

use crate::web::error::Problem;

/// The headers `Staffel-Actor` and `Idempotency-Key`.
pub struct Caller {
    actor: Option<String>,
    key: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let header = |name| {
            parts
                .headers
                .get(name)
                .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        Ok(Self {
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
        self.actor(|| Actor::person("local"))
    }

    /// Who acts where agents report: the sender, or a script.
    pub fn agent(&self) -> Result<Actor, Problem> {
        self.actor(|| Actor::agent("script"))
    }

    fn actor(&self, otherwise: impl FnOnce() -> Actor) -> Result<Actor, Problem> {
        let Some(given) = &self.actor else {
            return Ok(otherwise());
        };
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
