//! What an HTTP caller is told when something goes wrong: `application/problem+json` (RFC 9457).
//!
//! Which error lives where: `domain::Refusal` for rules, `RelayError` for the one door, `OpenError` for
//! the start, and [`Problem`] here at the edge, where each becomes a status and a body.

use axum::{
    Json,
    extract::rejection::{BytesRejection, JsonRejection, PathRejection, QueryRejection},
    http::{HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use domain::{Reason, Refusal};
use serde::Serialize;
use utoipa::ToSchema;

use crate::relay::RelayError;

/// The body of an error.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// The kind, for programs.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind, for people.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// What happened, naming the thing and the value.
    pub detail: String,
    /// The kind of a refusal, for programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// What is allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed: Option<String>,
    /// What to do next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// After how many seconds the same may be tried again, for the header `Retry-After`.
    #[serde(skip)]
    #[schema(ignore)]
    pub retry_after: Option<u16>,
}

impl Problem {
    /// A problem of this kind.
    pub fn new(
        status: StatusCode,
        kind: &str,
        title: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            kind: format!("urn:staffel:problem:{kind}"),
            title,
            status: status.as_u16(),
            detail: detail.into(),
            reason: None,
            allowed: None,
            next: None,
            retry_after: None,
        }
    }

    /// Something that goes on by itself in a moment.
    fn later(kind: &'static str, title: &'static str, detail: String) -> Self {
        Self {
            retry_after: Some(2),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, kind, title, detail)
        }
    }

    /// Nothing has this address.
    pub fn no_such_address(path: &str) -> Self {
        let next = "See /api/openapi.json for every address.".to_owned();
        let detail = format!("There is nothing at {path}.");
        Self {
            next: Some(next),
            ..Self::new(
                StatusCode::NOT_FOUND,
                "no-such-address",
                "No such address",
                detail,
            )
        }
    }

    /// What the rules refuse.
    pub fn refused(refusal: Refusal) -> Self {
        let (status, kind, title) = match refusal.reason {
            Reason::Invalid => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "invalid",
                "A value is not allowed",
            ),
            Reason::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too-large", "Too large"),
            Reason::NotFound => (StatusCode::NOT_FOUND, "not-found", "Not found"),
            Reason::WrongPhase => (
                StatusCode::CONFLICT,
                "wrong-phase",
                "Another phase is running",
            ),
            Reason::NotYourTurn => (
                StatusCode::CONFLICT,
                "not-your-turn",
                "Somebody else has the baton",
            ),
            Reason::AlreadyDecided => (StatusCode::CONFLICT, "already-decided", "Decided already"),
            Reason::StaleRevision => (
                StatusCode::CONFLICT,
                "stale-revision",
                "A newer revision exists",
            ),
            Reason::Unsettled => (
                StatusCode::CONFLICT,
                "unsettled",
                "Comments are not settled",
            ),
            Reason::OnlyPeopleDecide => (
                StatusCode::FORBIDDEN,
                "only-people-decide",
                "Only people decide",
            ),
            Reason::NotPermitted => (StatusCode::FORBIDDEN, "not-permitted", "Not permitted"),
            Reason::Ended => (StatusCode::CONFLICT, "ended", "The pipeline has ended"),
        };
        Self {
            reason: Some(refusal.reason),
            allowed: Some(refusal.allowed),
            next: Some(refusal.next),
            ..Self::new(status, kind, title, refusal.what)
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let kind = [(header::CONTENT_TYPE, "application/problem+json")];
        let retry_after = self.retry_after;
        let mut response = (status, kind, Json(self)).into_response();
        if let Some(seconds) = retry_after {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self::refused(refusal)
    }
}

impl From<RelayError> for Problem {
    fn from(error: RelayError) -> Self {
        let detail = error.to_string();
        match error {
            RelayError::Refused(refusal) => Self::refused(refusal),
            RelayError::KeyReuse(_) => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "key-reuse",
                "Key used already",
                detail,
            ),
            RelayError::Full => Self::new(
                StatusCode::INSUFFICIENT_STORAGE,
                "disk-full",
                "Disk full",
                detail,
            ),
            RelayError::Unavailable(_) => Self::later("unavailable", "Journal unavailable", detail),
            RelayError::Unknown(_) => Self::later("unknown-outcome", "Outcome unknown", detail),
            RelayError::Behind(_) => Self::later("behind", "Stored, but not shown yet", detail),
        }
    }
}

impl From<crate::journal::ReadError> for Problem {
    fn from(error: crate::journal::ReadError) -> Self {
        RelayError::from(error).into()
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        Self::new(
            rejection.status(),
            "body",
            "The body cannot be read",
            rejection.body_text(),
        )
    }
}

impl From<BytesRejection> for Problem {
    fn from(rejection: BytesRejection) -> Self {
        Self::new(
            rejection.status(),
            "body",
            "The body cannot be read",
            rejection.body_text(),
        )
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Self::new(
            rejection.status(),
            "query",
            "The query cannot be read",
            rejection.body_text(),
        )
    }
}

impl From<PathRejection> for Problem {
    fn from(rejection: PathRejection) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not-found",
            "Not found",
            rejection.body_text(),
        )
    }
}

/// Answers a method that the route does not take.
pub async fn wrong_method(method: Method, uri: Uri) -> Problem {
    let detail = format!("{} does not take {method}.", uri.path());
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method",
        "Method not allowed",
        detail,
    )
}
