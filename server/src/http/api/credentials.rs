//! What people prove themselves with beside a link: passkeys, passwords, PINs, and tokens for their scripts.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use protocol::{Credentials, Happened, PasskeyView, PersonalTokenView, Scope};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Answer,
    account::{own, own_or_owner},
    confirmation::{confirmed, may_change_own},
    passkey::{PasskeyBody, PasskeyChallenge, site},
    session::label,
};
use crate::{
    access::Principal,
    http::caller::{Body, Path, blocking},
    people::{By, People, SecretError, SignInError, TOKEN_DAYS},
    problem::Problem,
    registry::{SecretKind, StoreError},
};

/// What a person can prove herself or himself with: one's own, and for owners everybody's. Shows no secret.
#[utoipa::path(get, path = "/api/people/{name}/credentials", operation_id = "list_credentials", tag = "people",
    params(("name" = String, Path, description = "A name, or `me`.")), responses((status = 200, body = Credentials)))]
pub(super) async fn list(
    State(people): State<Arc<People>>,
    principal: Option<Extension<Principal>>,
    Path(name): Path<String>,
) -> Answer<Credentials> {
    let (name, _) = own_or_owner(principal, name)?;
    Ok(Json(blocking(move || of(&people, &name)).await??))
}

fn of(people: &People, name: &str) -> Result<Credentials, StoreError> {
    let passkeys = people
        .passkeys(name)?
        .into_iter()
        .map(|passkey| PasskeyView {
            passkey: passkey.id,
            label: passkey.label,
            site: passkey.site,
            added: passkey.added,
            used: passkey.used,
        });
    Ok(Credentials {
        passkeys: passkeys.collect(),
        password: people.has_secret(name, SecretKind::Password)?,
        pin: people.has_secret(name, SecretKind::Pin)?,
        tokens: people.tokens(name),
    })
}

/// A challenge to make a passkey.
#[utoipa::path(post, path = "/api/people/me/passkeys/challenge", operation_id = "begin_passkey", tag = "people",
    responses((status = 200, body = PasskeyChallenge)))]
pub(super) async fn begin_passkey(
    State(people): State<Arc<People>>,
    principal: Option<Extension<Principal>>,
    headers: HeaderMap,
) -> Answer<PasskeyChallenge> {
    let (name, device) = own(principal)?;
    let site = site(&headers)?;
    let begun = blocking(move || {
        may_change_own(&people, &name, &device)?;
        Ok::<_, Problem>(people.begin_passkey(&site, &name)?)
    });
    Ok(Json(begun.await??.into()))
}

/// Keeps a passkey that the browser has made.
#[utoipa::path(post, path = "/api/people/me/passkeys", operation_id = "add_passkey", tag = "people", request_body = PasskeyBody,
    responses((status = 201, body = Credentials)))]
pub(super) async fn add_passkey(
    State(people): State<Arc<People>>,
    principal: Option<Extension<Principal>>,
    by: By,
    headers: HeaderMap,
    Body(body): Body<PasskeyBody>,
) -> Result<Response, Problem> {
    let (name, _) = own(principal)?;
    let (answer, label) = (body.at(site(&headers)?), label(&headers));
    let added = blocking(move || {
        people.add_passkey(&name, answer, &label)?;
        people.note(&by, Happened::PasskeyAdded, &label);
        Ok::<_, Problem>(of(&people, &name)?)
    });
    Ok((StatusCode::CREATED, Json(added.await??)).into_response())
}

/// Removes a passkey: one's own, and for owners anybody's.
#[utoipa::path(delete, path = "/api/people/{name}/passkeys/{passkey}", operation_id = "remove_passkey", tag = "people",
    params(("name" = String, Path, description = "A name, or `me`."), ("passkey" = String, Path,)), responses((status = 204)))]
pub(super) async fn remove_passkey(
    State(people): State<Arc<People>>,
    principal: Option<Extension<Principal>>,
    by: By,
    Path((name, passkey)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let (name, asks) = changing(principal, name)?;
    let (of, which) = (name.clone(), passkey.clone());
    let removed = blocking(move || {
        confirmed(&people, &asks.name, &asks.device)?;
        let removed = people.remove_passkey(&of, &which)?;
        if removed {
            people.forget_confirmations(&of)?;
            people.note(&by, Happened::PasskeyRemoved, &of);
        }
        Ok::<_, Problem>(removed)
    });
    removed_or_not(removed.await??, &name, &passkey)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SecretBody {
    /// The password, of 12 to 200 characters, or the PIN, of 6 to 12 digits.
    secret: String,
}

/// Sets the own password or PIN.
#[utoipa::path(post, path = "/api/people/me/secrets/{kind}", operation_id = "set_secret", tag = "people",
    params(("kind" = String, Path, description = "`password` or `pin`.")), request_body = SecretBody, responses((status = 204)))]
pub(super) async fn set_secret(
    State(people): State<Arc<People>>,
    principal: Option<Extension<Principal>>,
    by: By,
    Path(kind): Path<String>,
    Body(SecretBody { secret }): Body<SecretBody>,
) -> Result<StatusCode, Problem> {
    let (name, device) = own(principal)?;
    let kind = kind_of(&kind)?;
    let set = blocking(move || {
        may_change_own(&people, &name, &device)?;
        people.set_secret(&name, kind, &secret)?;
        people.forget_confirmations(&name)?;
        people.note(&by, Happened::SecretSet, kind.name());
        Ok::<_, Problem>(())
    });
    set.await??;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a password or a PIN away: one's own, and for owners anybody's.
#[utoipa::path(delete, path = "/api/people/{name}/secrets/{kind}", operation_id = "forget_secret", tag = "people",
    params(("name" = String, Path, description = "A name, or `me`."), ("kind" = String, Path, description = "`password` or `pin`.")),
    responses((status = 204)))]
pub(super) async fn forget_secret(
    State(people): State<Arc<People>>,
    principal: Option<Extension<Principal>>,
    by: By,
    Path((name, kind)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let (name, asks) = changing(principal, name)?;
    let kind = kind_of(&kind)?;
    let forgotten = blocking(move || {
        confirmed(&people, &asks.name, &asks.device)?;
        people.forget_secret(&name, kind)?;
        people.forget_confirmations(&name)?;
        people.note(
            &by,
            Happened::SecretForgotten,
            &format!("{} of {name}", kind.name()),
        );
        Ok::<_, Problem>(())
    });
    forgotten.await??;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewToken {
    /// What it is for.
    label: String,
    /// What it allows; no token decides.
    scope: Scope,
    /// How many days it is good.
    days: u32,
}

/// A token that was made: this answer is the only one that shows it.
#[derive(Serialize, ToSchema)]
pub(super) struct MadeToken {
    /// The token.
    secret: String,
    #[serde(flatten)]
    view: PersonalTokenView,
}

/// Makes a token for the own scripts.
#[utoipa::path(post, path = "/api/people/me/tokens", operation_id = "add_token", tag = "people", request_body = NewToken,
    responses((status = 201, body = MadeToken)))]
pub(super) async fn add_token(
    State(people): State<Arc<People>>,
    principal: Option<Extension<Principal>>,
    by: By,
    Body(NewToken { label, scope, days }): Body<NewToken>,
) -> Result<Response, Problem> {
    let (name, device) = own(principal)?;
    if !TOKEN_DAYS.contains(&days) {
        return Err(super::invalid(
            format!("days is {days}."),
            format!("{} to {} days.", TOKEN_DAYS.start(), TOKEN_DAYS.end()),
        )
        .into());
    }
    let made = blocking(move || {
        confirmed(&people, &name, &device)?;
        let (token, view) = people.add_token(&name, &label, scope, days)?;
        people.note(
            &by,
            Happened::TokenMade,
            &format!("{}: {}", view.token, view.label),
        );
        Ok::<_, Problem>(MadeToken {
            secret: token.reveal().to_owned(),
            view,
        })
    });
    Ok((StatusCode::CREATED, Json(made.await??)).into_response())
}

/// Makes a token void: one's own, and for owners anybody's. What it has open ends within a second.
#[utoipa::path(delete, path = "/api/people/{name}/tokens/{token}", operation_id = "remove_token", tag = "people",
    params(("name" = String, Path, description = "A name, or `me`."), ("token" = String, Path,)), responses((status = 204)))]
pub(super) async fn remove_token(
    State(people): State<Arc<People>>,
    principal: Option<Extension<Principal>>,
    by: By,
    Path((name, token)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let (name, _) = own_or_owner(principal, name)?;
    let (of, which) = (name.clone(), token.clone());
    let removed = blocking(move || {
        let removed = people.remove_token(&of, &which)?;
        if removed {
            people.note(&by, Happened::TokenRevoked, &format!("{which} of {of}"));
        }
        Ok::<_, StoreError>(removed)
    });
    removed_or_not(removed.await??, &name, &token)
}

/// Who asks for a change, at which device.
struct Asks {
    name: String,
    device: String,
}

/// Whose credentials change, and who asks for it.
fn changing(
    principal: Option<Extension<Principal>>,
    name: String,
) -> Result<(String, Asks), Problem> {
    let (asking, device) = own(principal.clone())?;
    let (name, _) = own_or_owner(principal, name)?;
    let asks = Asks {
        name: asking,
        device,
    };
    Ok((name, asks))
}

fn kind_of(name: &str) -> Result<SecretKind, Problem> {
    let mut kinds = SecretKind::ALL.into_iter();
    kinds
        .find(|kind| kind.name() == name)
        .ok_or_else(|| Problem::no_such_address(&format!("/api/people/me/secrets/{name}")))
}

fn removed_or_not(removed: bool, name: &str, what: &str) -> Result<StatusCode, Problem> {
    if removed {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(Problem::new(
        StatusCode::NOT_FOUND,
        "not-found",
        "Not found",
        format!("{name} has no {what}."),
    ))
}

impl From<SecretError> for Problem {
    fn from(error: SecretError) -> Self {
        match error {
            SecretError::Refused(refusal) => Self::refused(refusal),
            SecretError::Store(error) => error.into(),
            SecretError::Random(error) => SignInError::Random(error).into(),
            SecretError::Hash(_) => StoreError(error.to_string()).into(),
        }
    }
}
