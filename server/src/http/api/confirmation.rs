//! Confirming that the person is there: before a decision that has to be confirmed, and before credentials change.

use std::{sync::Arc, time::Instant};

use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use domain::ProvenBy;
use protocol::Happened;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    Answer,
    credentials::{PasskeyBody, PasskeyChallenge, site},
    people::{blocking, own},
    session::too_often,
};
use crate::{
    access::Principal,
    http::caller::Body,
    people::{By, ConfirmBy, PasskeyError, People},
    problem::Problem,
    registry::{SecretKind, StoreError},
};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ConfirmationBody {
    /// The PIN.
    pin: Option<String>,
    /// Or the answer of a passkey.
    passkey: Option<PasskeyBody>,
}

/// Confirms, with the PIN or with a passkey, that the person sits at this device. Good for five minutes.
#[utoipa::path(post, path = "/api/session/confirmation", operation_id = "confirm", tag = "people", request_body = ConfirmationBody,
    responses((status = 204), (status = 401, body = Problem, content_type = "application/problem+json")))]
pub(super) async fn confirm(
    State(people): State<Arc<People>>,
    principal: Option<Extension<Principal>>,
    by: By,
    headers: HeaderMap,
    Body(body): Body<ConfirmationBody>,
) -> Result<StatusCode, Problem> {
    let (name, device) = own(principal)?;
    match body {
        ConfirmationBody {
            pin: Some(pin),
            passkey: None,
        } => {
            let who = format!("pin {name}");
            if let Some(wait) = people.throttle.wait(&who, Instant::now()) {
                return Err(too_often(wait));
            }
            let checking = Arc::clone(&people);
            let right = blocking(move || {
                let right = checking.is_secret(&name, SecretKind::Pin, &pin)?;
                if !right {
                    checking.note(&by, Happened::WrongSecret, &format!("pin of {name}"));
                }
                Ok::<_, StoreError>(right)
            });
            if !right.await?? {
                people.throttle.wrong(&who, Instant::now());
                return Err(wrong_pin());
            }
            people.throttle.right(&who);
            people
                .confirmed
                .note(&device, ProvenBy::Pin, Instant::now());
        }
        ConfirmationBody {
            pin: None,
            passkey: Some(passkey),
        } => {
            let answer = passkey.at(site(&headers)?);
            let (checking, here) = (Arc::clone(&people), device.clone());
            blocking(move || checking.check_passkey_confirmation(&here, answer)).await??;
            people
                .confirmed
                .note(&device, ProvenBy::Passkey, Instant::now());
        }
        _ => {
            return Err(Problem {
                allowed: Some("either `pin` or `passkey`.".to_owned()),
                ..Problem::new(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    "invalid",
                    "A value is not allowed",
                    "The confirmation has neither a PIN nor a passkey, or both.",
                )
            });
        }
    }
    Ok(StatusCode::NO_CONTENT)
}

/// A challenge for the passkeys of whoever is signed in.
#[utoipa::path(post, path = "/api/session/confirmation/passkey", operation_id = "begin_confirmation", tag = "people",
    responses((status = 200, body = PasskeyChallenge), (status = 409, body = Problem, content_type = "application/problem+json")))]
pub(super) async fn begin(
    State(people): State<Arc<People>>,
    principal: Option<Extension<Principal>>,
    headers: HeaderMap,
) -> Answer<PasskeyChallenge> {
    let (name, device) = own(principal)?;
    let site = site(&headers)?;
    let begun = blocking(move || people.begin_passkey_confirmation(&site, &name, &device));
    Ok(Json(begun.await??.into()))
}

/// Lets credentials be changed: whoever has a PIN or a passkey has confirmed, since a browser that was left open must not be
/// enough to replace them. Blocks.
///
/// # Errors
/// It was not confirmed on this device within the last minutes, or the registry cannot be read.
pub(super) fn confirmed(people: &People, name: &str, device: &str) -> Result<(), Problem> {
    if people.confirmed.lately(device, Instant::now()).is_some() {
        return Ok(());
    }
    if people.has_secret(name, SecretKind::Pin)? {
        return Err(Problem::confirmation_needed(ConfirmBy::Pin));
    }
    if !people.passkeys(name)?.is_empty() {
        return Err(Problem::confirmation_needed(ConfirmBy::Passkey));
    }
    Ok(())
}

fn wrong_pin() -> Problem {
    Problem {
        next: Some("Try again. Without a PIN, set one on the page People; whoever forgot it asks an owner.".to_owned()),
        ..Problem::new(
            StatusCode::UNAUTHORIZED,
            "wrong-pin",
            "This is not the PIN",
            "The PIN is not the one that was set, or none is set.",
        )
    }
}

impl From<PasskeyError> for Problem {
    fn from(error: PasskeyError) -> Self {
        let detail = error.to_string();
        let problem = |status, kind, title| Self::new(status, kind, title, detail.clone());
        match error {
            PasskeyError::Ceremony | PasskeyError::Answer(_) => Self {
                next: Some("Begin again.".to_owned()),
                ..problem(
                    StatusCode::UNAUTHORIZED,
                    "passkey",
                    "The passkey does not prove it",
                )
            },
            PasskeyError::Unreadable(_) => problem(
                StatusCode::UNPROCESSABLE_ENTITY,
                "invalid",
                "A value is not allowed",
            ),
            PasskeyError::None => Self {
                next: Some("Sign in another way, and add one on the page People.".to_owned()),
                ..problem(StatusCode::CONFLICT, "no-passkey", "There is no passkey")
            },
            PasskeyError::TooMany => Self {
                next: Some("Remove one on the page People.".to_owned()),
                ..problem(
                    StatusCode::CONFLICT,
                    "too-many-passkeys",
                    "Another passkey is not possible",
                )
            },
            PasskeyError::Store(_) | PasskeyError::Random(_) => problem(
                StatusCode::SERVICE_UNAVAILABLE,
                "registry-unavailable",
                "Registry unavailable",
            ),
        }
    }
}
