//! What a request says about its sender: who acts, and the key that makes a repetition harmless.

use std::{
    convert::Infallible,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::{
    Json, extract,
    extract::{ConnectInfo, FromRef, FromRequest, FromRequestParts, Request},
    http::{HeaderMap, StatusCode, request::Parts},
};
use domain::{Actor, Proof, ProvenBy, Reason, Refusal, text};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _},
};

use crate::{
    access::{Action, Principal, Proxied, Sent, Tokens},
    people::{By, ConfirmBy, People},
    problem::Problem,
    registry::StoreError,
};

/// Does what blocks on a thread where that harms nobody.
pub async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| StoreError(error.to_string()).into())
}

/// Who is proven to send it, and the headers `Staffel-Actor` and `Idempotency-Key`.
pub struct Caller {
    principal: Principal,
    tokens: Tokens,
    needs_token: bool,
    claimed: Option<String>,
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
            principal: parts.extensions.get().cloned().unwrap_or_default(),
            needs_token: tokens.needed(&Sent::from(&*parts)),
            tokens,
            claimed: header("staffel-actor"),
            key: header("idempotency-key"),
        })
    }
}

impl Caller {
    /// The key, if one was sent.
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// Whether a person sends it, in a browser or by a script.
    pub fn is_person(&self) -> bool {
        matches!(self.principal, Principal::Person(_))
    }

    /// The person who sends it, in a browser or by a script.
    pub fn reader(&self) -> Option<Actor> {
        self.principal.actor().filter(|_| self.is_person())
    }

    /// The person who acts where people act.
    ///
    /// # Errors
    /// Nobody is signed in, or this one may not.
    pub fn person(&self, action: Action) -> Result<Actor, Problem> {
        self.principal.permit(action)?;
        self.proven()?
            .ok_or_else(|| Problem::sign_in_needed("do this"))
    }

    /// How it is known which person decides, where `needed` has to confirm it.
    ///
    /// # Errors
    /// It was not confirmed on this device within the last minutes, or that cannot be known.
    pub async fn proof(
        &self,
        people: &Arc<People>,
        needed: Option<ConfirmBy>,
    ) -> Result<Option<Proof>, Problem> {
        let Some(device) = self.principal.device().cloned() else {
            return Ok(None);
        };
        let (known, of) = (Arc::clone(people), Arc::clone(&device));
        let by = blocking(move || known.confirmed.lately(&of)).await??;
        let by = by.unwrap_or(ProvenBy::Session);
        if let Some(needed) = needed.filter(|needed| !needed.is_met(by)) {
            return Err(Problem::confirmation_needed(needed));
        }
        Ok(Some(Proof {
            by,
            device: Some(device.to_string()),
        }))
    }

    /// Who acts where agents report: whoever is proven, or an agent by the name that it gives itself, or a script.
    ///
    /// # Errors
    /// A token is needed, or this one may not report.
    pub fn reporter(&self) -> Result<Actor, Problem> {
        if let Some(actor) = self.proven()? {
            self.principal.permit(Action::Report)?;
            return Ok(actor);
        }
        let actor = self.claimed()?.unwrap_or_else(|| Actor::agent("script"));
        if !actor.is_agent() {
            return Err(Problem::sign_in_needed("act as a person"));
        }
        if self.needs_token {
            return Err(Problem::token_needed());
        }
        if self.tokens.is_reserved(&actor.name) {
            return Err(refused(
                format!(
                    "The name {:?} belongs to an agent with a token, and this request carries none.",
                    actor.name
                ),
                "acting under this name with its token, or under another name without one.",
                "Send the token in the header `Authorization: Bearer`.",
            ));
        }
        Ok(actor)
    }

    /// The agent that a hook of an assistant belongs to, where the request says or proves it.
    ///
    /// # Errors
    /// As [`Self::reporter`].
    pub fn agent(&self) -> Result<Option<Actor>, Problem> {
        let actor = self.reporter()?;
        let named = self.claimed.is_some() || self.principal.actor().is_some();
        Ok(named.then_some(actor))
    }

    /// Who it is proven to be; nothing else in the request can make it another.
    fn proven(&self) -> Result<Option<Actor>, Problem> {
        let actor = self.principal.actor();
        if let (Some(actor), Some(claimed)) = (&actor, self.claimed()?)
            && claimed != *actor
        {
            return Err(refused(
                format!(
                    "Staffel-Actor names somebody else than this request proves, which is {}.",
                    actor.name
                ),
                "acting as whoever the token or the session proves.",
                "Leave Staffel-Actor out.",
            ));
        }
        Ok(actor)
    }

    /// Who it says it is.
    fn claimed(&self) -> Result<Option<Actor>, Problem> {
        let Some(given) = self.claimed.as_deref() else {
            return Ok(None);
        };
        let (kind, name) = given.split_once('/').unwrap_or((given, ""));
        let name = text::line("Staffel-Actor", name, text::NAME_MAX)?;
        match kind {
            "agent" => Ok(Some(Actor::agent(name))),
            "person" => Ok(Some(Actor::person(name))),
            _ => Err(Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "invalid",
                "A value is not allowed",
                format!("Staffel-Actor is {given:?}. Allowed: agent/NAME or person/NAME."),
            )),
        }
    }
}

impl Problem {
    /// A decision that has to be confirmed.
    pub fn confirmation_needed(by: ConfirmBy) -> Self {
        Self {
            allowed: Some(match by {
                ConfirmBy::Pin => {
                    "a decision within five minutes after the PIN or a passkey.".to_owned()
                }
                ConfirmBy::Passkey => "a decision within five minutes after a passkey.".to_owned(),
            }),
            next: Some(
                "Confirm with POST /api/session/confirmation, then send the decision again."
                    .to_owned(),
            ),
            ..Self::new(
                StatusCode::FORBIDDEN,
                match by {
                    ConfirmBy::Pin => "pin-needed",
                    ConfirmBy::Passkey => "passkey-needed",
                },
                "Confirm first",
                "This decision has to be confirmed on this device, and was not within the last five minutes.",
            )
        }
    }
}

fn refused(what: String, allowed: &str, next: &str) -> Problem {
    Problem::refused(Refusal::new(Reason::NotPermitted, what, allowed, next))
}

impl<S: Send + Sync> FromRequestParts<S> for By {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        let principal: Option<&Principal> = parts.extensions.get();
        let peer: Option<&ConnectInfo<SocketAddr>> = parts.extensions.get();
        Ok(Self {
            who: principal.and_then(Principal::actor).map(|actor| actor.name),
            from: peer.map_or_else(String::new, |ConnectInfo(peer)| {
                let peer = peer.ip().to_canonical();
                match parts.extensions.get::<Proxied>() {
                    Some(_) => address(&parts.headers, peer),
                    None => peer.to_string(),
                }
            }),
        })
    }
}

/// Where a request comes from: the address of the peer, or what a proxy on this machine says about its own peer. A program on
/// this machine can say the same, which is why the peer stands there too.
fn address(headers: &HeaderMap, peer: IpAddr) -> String {
    let forwarded = headers.get_all("x-forwarded-for").iter().next_back();
    let forwarded = forwarded
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.rsplit(',').next()?.trim().parse::<IpAddr>().ok());
    match forwarded.filter(|_| peer.is_loopback()) {
        Some(client) => format!("{client} via {peer}"),
        None => peer.to_string(),
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

/// A JSON body all of whose fields are known, however deep: what has a slip in its name would be lost without a word. Not for
/// what a browser makes by itself, where a newer one may have more.
pub struct StrictBody<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for StrictBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let Json(Strict(body)) = Json::from_request(request, state).await?;
        Ok(Self(body))
    }
}

struct Strict<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Strict<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut unknown = None;
        let value = serde_ignored::deserialize(deserializer, |path| {
            unknown.get_or_insert_with(|| path.to_string());
        })?;
        match unknown {
            None => Ok(Self(value)),
            Some(path) => Err(D::Error::custom(format!("unknown field `{path}`"))),
        }
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
