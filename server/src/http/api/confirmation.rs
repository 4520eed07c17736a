//! Confirming that the person is there: before a decision that has to be confirmed, and before credentials change.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use domain::ProvenBy;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    Answer,
    account::own,
    passkey::{PasskeyBody, PasskeyChallenge, site},
};
use crate::{
    access::Principal,
    http::caller::{Body, blocking},
    people::{By, ConfirmBy, People},
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
            let keys = [format!("pin of {name}")];
            if !people
                .guess(&keys, &name, SecretKind::Pin, pin, &by)
                .await?
            {
                return Err(wrong_pin());
            }
            blocking(move || people.confirmed.note(&device, ProvenBy::Pin)).await??;
        }
        ConfirmationBody {
            pin: None,
            passkey: Some(passkey),
        } => {
            let answer = passkey.at(site(&headers)?);
            let (checking, here) = (Arc::clone(&people), device.clone());
            blocking(move || checking.check_passkey_confirmation(&here, answer)).await??;
            blocking(move || people.confirmed.note(&device, ProvenBy::Passkey)).await??;
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

/// Lets somebody change credentials, let people in, or make a token: whoever has a PIN or a passkey has confirmed, since a
/// browser that was left open must not be enough. Blocks.
///
/// # Errors
/// It was not confirmed on this device within the last minutes; or decisions have to be confirmed and this person has nothing
/// to confirm with; or the registry cannot be read.
pub(super) fn confirmed(people: &People, name: &str, device: &str) -> Result<(), Problem> {
    match confirms_with(people, name)? {
        Some(by) => is_confirmed(people, device, by),
        None if people.confirm.by.is_some() => Err(nothing_to_confirm_with()),
        None => Ok(()),
    }
}

/// The same for the own credentials. The first one, where decisions have to be confirmed, is set on a device that has only just
/// signed in: whoever could set it anywhere would confirm with it.
///
/// # Errors
/// As above.
pub(super) fn may_change_own(people: &People, name: &str, device: &str) -> Result<(), Problem> {
    let by = confirms_with(people, name)?;
    if let Some(by) = by {
        is_confirmed(people, device, by)?;
    }
    let first = match people.confirm.by {
        None => false,
        Some(ConfirmBy::Pin) => by.is_none(),
        Some(ConfirmBy::Passkey) => by != Some(ConfirmBy::Passkey),
    };
    if first && !people.is_new_device(device) {
        return Err(nothing_to_confirm_with());
    }
    Ok(())
}

/// What a person confirms with: the strongest that there is, where decisions ask for that.
fn confirms_with(people: &People, name: &str) -> Result<Option<ConfirmBy>, StoreError> {
    let has_passkey = !people.passkeys(name)?.is_empty();
    let has_pin = people.has_secret(name, SecretKind::Pin)?;
    let strong = people.confirm.by == Some(ConfirmBy::Passkey);
    Ok(match (has_pin, has_passkey) {
        (_, true) if strong || !has_pin => Some(ConfirmBy::Passkey),
        (true, _) => Some(ConfirmBy::Pin),
        (false, _) => None,
    })
}

fn is_confirmed(people: &People, device: &str, by: ConfirmBy) -> Result<(), Problem> {
    let lately = people.confirmed.lately(device)?;
    if lately.is_some_and(|lately| by.is_met(lately)) {
        return Ok(());
    }
    Err(Problem::confirmation_needed(by))
}

fn nothing_to_confirm_with() -> Problem {
    Problem {
        allowed: Some("a device that signed in within the last ten minutes, to set a PIN or a passkey.".to_owned()),
        next: Some(
            "Sign in anew with a link: `staffel people link NAME` makes one at a terminal, or an owner who has confirmed; then set a \
             PIN or a passkey on the page People."
                .to_owned(),
        ),
        ..Problem::new(
            StatusCode::FORBIDDEN,
            "nothing-to-confirm-with",
            "Set a PIN or a passkey first",
            "Decisions have to be confirmed here, and you have nothing yet to confirm with.",
        )
    }
}

fn wrong_pin() -> Problem {
    Problem {
        next: Some("Try again. Without a PIN, set one on the page People; whoever forgot it asks an owner.".to_owned()),
        ..Problem::new(
            StatusCode::UNAUTHORIZED,
            "wrong-pin",
            "This is not the PIN",
            "The PIN is wrong, or no PIN is set.",
        )
    }
}
