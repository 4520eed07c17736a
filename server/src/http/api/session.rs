//! Signing in and out, and who is signed in.

use std::{sync::Arc, time::Instant};

use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{AppendHeaders, IntoResponse, Response},
};
use protocol::{Happened, Me, Session};
use serde::Deserialize;
use utoipa::ToSchema;

use super::people::blocking;
use crate::{
    access::{Principal, set_cookie},
    http::caller::Body,
    people::{By, People, SESSION_GOOD, SignInError, SignedIn},
    problem::Problem,
};

/// Largest body of a sign-in, in bytes: a code and a name.
pub(super) const BODY_MAX: usize = 8 * 1024;

/// Says who is signed in where the request comes from.
#[utoipa::path(get, path = "/api/session", operation_id = "read_session", tag = "people", responses((status = 200, body = Session)))]
pub(super) async fn read(
    State(people): State<Arc<People>>,
    principal: Option<Extension<Principal>>,
) -> Response {
    let person = principal.and_then(|Extension(principal)| signed_in(principal));
    Json(session(&people, person.as_ref())).into_response()
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SignInBody {
    /// The code of the link.
    code: String,
    /// The name, for the first owner; the system's where left out. Everybody else has one already.
    name: Option<String>,
}

/// Signs in with the code of a link, once, and sets the cookie of this browser.
#[utoipa::path(post, path = "/api/session", tag = "people", request_body = SignInBody,
    responses((status = 201, body = Session), (status = 401, body = Problem, content_type = "application/problem+json")))]
pub(super) async fn sign_in(
    State(people): State<Arc<People>>,
    By { from: address, .. }: By,
    headers: HeaderMap,
    Body(body): Body<SignInBody>,
) -> Result<Response, Problem> {
    let label = label(&headers);
    let signing = Arc::clone(&people);
    let from = address.clone();
    let SignInBody { code, name } = body;
    let signed_in = blocking(move || {
        let signed_in = signing.sign_in(&code, name.as_deref(), &label);
        // Of many guesses the first ones are enough.
        let waits = signing.throttle.wait(&from, Instant::now()).is_some();
        match &signed_in {
            Ok((_, person)) => {
                let who = Some(person.name.to_string());
                signing.note(&By { who, from }, Happened::SignedIn, &label);
            }
            Err(SignInError::Code) if !waits => {
                signing.note(&By { who: None, from }, Happened::WrongCode, &label);
            }
            Err(_) => {}
        }
        signed_in
    })
    .await?;
    let from = address.clone();
    match signed_in {
        Ok((cookie, person)) => {
            people.throttle.right(&from);
            tracing::info!("{} has signed in from {address}", person.name);
            let cookie = cookie_of(&people, &headers, cookie.reveal(), SESSION_GOOD / 1000)?;
            let body = Json(session(&people, Some(&person)));
            Ok((
                StatusCode::CREATED,
                AppendHeaders([(header::SET_COOKIE, cookie)]),
                body,
            )
                .into_response())
        }
        Err(SignInError::Code) => {
            // A right code is let in whatever was guessed before: nobody at this address can keep the person out.
            people.throttle.wrong(&from, Instant::now());
            tracing::warn!("somebody at {address} tried a code that lets nobody in");
            match people.throttle.wait(&from, Instant::now()) {
                Some(wait) => Ok(too_often(wait.as_secs().max(1))),
                None => Err(SignInError::Code.into()),
            }
        }
        Err(error) => Err(error.into()),
    }
}

/// Signs this browser out.
#[utoipa::path(delete, path = "/api/session", tag = "people", responses((status = 204)))]
pub(super) async fn sign_out(
    State(people): State<Arc<People>>,
    principal: Option<Extension<Principal>>,
    by: By,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if let Some(person) = principal.and_then(|Extension(principal)| signed_in(principal)) {
        let leaving = Arc::clone(&people);
        blocking(move || {
            leaving.note(&by, Happened::SignedOut, &person.device);
            leaving.sign_out(&person.name, &person.device)
        })
        .await??;
    }
    let cookie = cookie_of(&people, &headers, "", 0)?;
    Ok((
        StatusCode::NO_CONTENT,
        AppendHeaders([(header::SET_COOKIE, cookie)]),
    )
        .into_response())
}

fn signed_in(principal: Principal) -> Option<SignedIn> {
    match principal {
        Principal::Person(person) => Some(person),
        Principal::Agent(_) | Principal::Nobody => None,
    }
}

fn session(people: &People, person: Option<&SignedIn>) -> Session {
    Session {
        person: person.map(|person| Me {
            name: person.name.to_string(),
            role: person.role,
            device: Some(person.device.to_string()),
        }),
        nobody_yet: people.nobody_yet(),
    }
}

fn cookie_of(
    people: &People,
    headers: &HeaderMap,
    value: &str,
    seconds: i64,
) -> Result<HeaderValue, Problem> {
    set_cookie(people, headers, value, seconds)
        .ok_or_else(|| Problem::no_such_address(app::paths::base()))
}

/// What a browser calls itself, in words.
fn label(headers: &HeaderMap) -> String {
    let agent = headers
        .get(header::USER_AGENT)
        .and_then(|agent| agent.to_str().ok())
        .unwrap_or_default();
    let one_of = |names: &[(&str, &'static str)], otherwise| {
        let found = names.iter().find(|(mark, _)| agent.contains(mark));
        found.map_or(otherwise, |(_, name)| *name)
    };
    // The order counts: most browsers name others as well.
    let browser = one_of(
        &[
            ("Firefox/", "Firefox"),
            ("Edg/", "Edge"),
            ("OPR/", "Opera"),
            ("Chrome/", "Chrome"),
            ("Safari/", "Safari"),
            ("curl/", "curl"),
        ],
        "A browser",
    );
    let system = one_of(
        &[
            ("iPhone", "iPhone"),
            ("iPad", "iPad"),
            ("Android", "Android"),
            ("Windows", "Windows"),
            ("Mac OS", "Mac"),
            ("Linux", "Linux"),
        ],
        "",
    );
    match system {
        "" => browser.to_owned(),
        system => format!("{browser} on {system}"),
    }
}

fn too_often(seconds: u64) -> Response {
    let problem = Problem {
        next: Some(format!("Try again in {seconds} s, with the newest link.")),
        ..Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too-many-guesses",
            "Too many wrong codes",
            "Many wrong codes came from this address.",
        )
    };
    ([(header::RETRY_AFTER, seconds)], problem).into_response()
}

impl From<SignInError> for Problem {
    fn from(error: SignInError) -> Self {
        let detail = error.to_string();
        match error {
            SignInError::Name(refusal) => Self::refused(refusal),
            SignInError::Taken(_) => Self {
                next: Some("Choose another name.".to_owned()),
                ..Self::new(StatusCode::CONFLICT, "name-taken", "The name is taken", detail)
            },
            SignInError::TooMany => Self {
                next: Some("Use one of them, or wait until they are ten minutes old.".to_owned()),
                ..Self::new(
                    StatusCode::TOO_MANY_REQUESTS,
                    "too-many-links",
                    "Too many links",
                    detail,
                )
            },
            SignInError::Code => Self {
                next: Some(
                    "Ask for a new link: an owner makes one on the board, or `staffel people link NAME` at a terminal. As long \
                     as there is nobody, every start of the server prints one."
                        .to_owned(),
                ),
                ..Self::new(
                    StatusCode::UNAUTHORIZED,
                    "code",
                    "This code is not good",
                    detail,
                )
            },
            SignInError::Store(_) | SignInError::Random(_) => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "registry-unavailable",
                "Registry unavailable",
                detail,
            ),
        }
    }
}
