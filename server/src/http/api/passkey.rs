//! Passkeys on the wire: a challenge, the answer of a browser, and what is said when it does not do.

use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    access::origin,
    people::{Challenge, PasskeyAnswer, PasskeyError, Site},
    problem::Problem,
};

/// A challenge for a passkey.
#[derive(Serialize, ToSchema)]
pub(super) struct PasskeyChallenge {
    /// Which one it is: goes back with the answer.
    ceremony: String,
    /// What the browser is asked for, as `PublicKeyCredential.parseCreationOptionsFromJSON` and
    /// `parseRequestOptionsFromJSON` take it.
    #[schema(value_type = Object)]
    options: Value,
}

impl From<Challenge> for PasskeyChallenge {
    fn from(Challenge { ceremony, options }: Challenge) -> Self {
        Self { ceremony, options }
    }
}

/// The answer of a passkey to a challenge.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PasskeyBody {
    /// Of the challenge.
    ceremony: String,
    /// What the browser gives, as its `toJSON`.
    #[schema(value_type = Object)]
    credential: Value,
}

impl PasskeyBody {
    /// The answer, as given on a page of this site.
    pub fn at(self, site: Site) -> PasskeyAnswer {
        let Self {
            ceremony,
            credential,
        } = self;
        PasskeyAnswer {
            site,
            ceremony,
            credential,
        }
    }
}

/// The site of the page that asks.
///
/// # Errors
/// Browsers have no passkeys there.
pub(super) fn site(headers: &HeaderMap) -> Result<Site, Problem> {
    let origin = origin(headers);
    Site::of(&origin).ok_or_else(|| Problem {
        allowed: Some("a name with https, or localhost.".to_owned()),
        next: Some(
            "Open the board there. On this machine: http://localhost with the same port."
                .to_owned(),
        ),
        ..Problem::new(
            StatusCode::CONFLICT,
            "no-passkeys-here",
            "No passkeys here",
            format!("Browsers have no passkeys at {origin}."),
        )
    })
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
