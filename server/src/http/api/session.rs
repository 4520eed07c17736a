//! Signing in and out, and who is signed in.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{AppendHeaders, IntoResponse, Response},
};
use domain::text;
use protocol::{Happened, Me, Role, Session};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    account::own,
    passkey::{PasskeyBody, PasskeyChallenge, site},
};
use crate::{
    access::{Outlives, Principal, set_cookie},
    http::caller::{Body, blocking},
    people::{By, GuessError, People, SESSION_GOOD, SignInError, SignInWith, SignedIn},
    problem::Problem,
    registry::SecretKind,
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
    let mut session = session(&people, person.as_ref());
    if let Some(owner) = person.filter(|person| person.role == Role::Owner) {
        let unseen = blocking(move || people.unseen_links(&owner.name)).await;
        // The session is answered without them as well.
        session.unseen_links = unseen.ok().and_then(Result::ok).unwrap_or_default();
    }
    Json(session).into_response()
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Seen {
    /// The number of the newest line of the audit that was seen.
    number: u64,
}

/// Says that the links that were made at a terminal have been seen, up to this line of the audit.
#[utoipa::path(post, path = "/api/session/seen", operation_id = "see_links", tag = "people", request_body = Seen, responses((status = 204)))]
pub(super) async fn see(
    State(people): State<Arc<People>>,
    principal: Option<Extension<Principal>>,
    Body(Seen { number }): Body<Seen>,
) -> Result<StatusCode, Problem> {
    let (name, _) = own(principal)?;
    blocking(move || people.see(&name, number)).await??;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SignInBody {
    /// The code of a link.
    code: Option<String>,
    /// With a code: the name of the first owner; the system's where left out. Everybody else has one already. With a
    /// password: whose it is.
    name: Option<String>,
    /// A password, instead of a code.
    password: Option<String>,
    /// The answer of a passkey, instead of a code.
    passkey: Option<PasskeyBody>,
}

/// How somebody signs in, as the body says.
enum Way {
    With(SignInWith),
    Password { name: String, password: String },
}

impl SignInBody {
    fn way(self, headers: &HeaderMap) -> Result<Way, Problem> {
        match self {
            Self {
                code: Some(code),
                name,
                password: None,
                passkey: None,
            } => Ok(Way::With(SignInWith::Code { code, name })),
            Self {
                code: None,
                name: Some(name),
                password: Some(password),
                passkey: None,
            } => Ok(Way::Password { name, password }),
            Self {
                code: None,
                name: None,
                password: None,
                passkey: Some(passkey),
            } => Ok(Way::With(SignInWith::Passkey(passkey.at(site(headers)?)))),
            _ => Err(Problem {
                allowed: Some(
                    "`code`, with `name` for the first owner; or `name` and `password`; or `passkey`."
                        .to_owned(),
                ),
                ..Problem::new(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    "invalid",
                    "A value is not allowed",
                    "The sign-in has none of the ways to sign in, or more than one.",
                )
            }),
        }
    }
}

/// A challenge to sign in with a passkey: whose, its answer says.
#[utoipa::path(post, path = "/api/session/passkey", operation_id = "begin_sign_in", tag = "people",
    responses((status = 200, body = PasskeyChallenge)))]
pub(super) async fn begin(
    State(people): State<Arc<People>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let site = site(&headers)?;
    let begun = blocking(move || people.begin_passkey_sign_in(&site));
    Ok(Json(PasskeyChallenge::from(begun.await??)).into_response())
}

/// Signs in with the code of a link, once, with a password or with a passkey, and sets the cookie of this browser.
#[utoipa::path(post, path = "/api/session", tag = "people", request_body = SignInBody,
    responses((status = 201, body = Session), (status = 401, body = Problem, content_type = "application/problem+json")))]
pub(super) async fn sign_in(
    State(people): State<Arc<People>>,
    principal: Option<Extension<Principal>>,
    By { from: address, .. }: By,
    headers: HeaderMap,
    Body(body): Body<SignInBody>,
) -> Result<Response, Problem> {
    let label = label(&headers);
    // Each kind has a count of its own: nobody keeps others from one way by guessing at another.
    let key = format!("link from {address}");
    let with = match body.way(&headers)? {
        Way::With(with) => with,
        Way::Password { name, password } => {
            let name = text::line("name", &name, text::NAME_MAX)?;
            let keys = [
                format!("password of {name}"),
                format!("password from {address}"),
            ];
            let by = By {
                who: None,
                from: address.clone(),
            };
            let kind = SecretKind::Password;
            if !people.guess(&keys, &name, kind, password, &by).await? {
                tracing::warn!("somebody at {address} tried a wrong password");
                return Err(SignInError::Password.into());
            }
            SignInWith::PasswordOf(name)
        }
    };
    let (signing, counted) = (Arc::clone(&people), key.clone());
    let from = address.clone();
    let signed_in = blocking(move || {
        let signed_in = signing.sign_in(with, &label);
        // Of many guesses the first ones are enough.
        let waits = signing.throttle.wait(&counted, Instant::now()).is_some();
        let what = match &signed_in {
            Ok((_, person)) => {
                let who = Some(person.name.to_string());
                signing.note(&By { who, from }, Happened::SignedIn, &label);
                return signed_in;
            }
            Err(SignInError::Code) => Happened::WrongCode,
            Err(SignInError::Passkey(error)) if error.is_guess() => Happened::WrongSecret,
            Err(_) => return signed_in,
        };
        if !waits {
            signing.note(&By { who: None, from }, what, &label);
        }
        signed_in
    })
    .await?;
    match signed_in {
        Ok((cookie, person)) => {
            people.throttle.right(&key);
            tracing::info!("{} has signed in from {address}", person.name);
            // This browser has another cookie from now on: nobody could sign the device out any more that it was.
            if let Some(before) =
                principal.and_then(|Extension(principal)| signed_in_before(principal))
            {
                let leaving = Arc::clone(&people);
                blocking(move || leaving.sign_out(&before.0, &before.1)).await??;
            }
            let cookie = cookie_of(&people, &headers, cookie.reveal(), SESSION_GOOD / 1000)?;
            let body = Json(session(&people, Some(&person)));
            Ok((
                StatusCode::CREATED,
                Extension(Outlives),
                AppendHeaders([(header::SET_COOKIE, cookie)]),
                body,
            )
                .into_response())
        }
        Err(wrong) => {
            let counts = match &wrong {
                SignInError::Code => true,
                SignInError::Passkey(error) => error.is_guess(),
                _ => false,
            };
            if !counts {
                return Err(wrong.into());
            }
            // A right code is let in whatever was guessed before: nobody at this address can keep the person out.
            people.throttle.wrong(&key, Instant::now());
            tracing::warn!("somebody at {address} tried to sign in: {wrong}");
            Err(match people.throttle.wait(&key, Instant::now()) {
                Some(wait) => too_often(wait),
                None => wrong.into(),
            })
        }
    }
}

/// The person and the device that a browser was before.
fn signed_in_before(principal: Principal) -> Option<(String, String)> {
    let person = signed_in(principal)?;
    Some((person.name.to_string(), person.device()?.to_string()))
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
            let Some(device) = person.device() else {
                return Ok(false);
            };
            leaving.note(&by, Happened::SignedOut, device);
            leaving.confirmed.forget(device)?;
            leaving.sign_out(&person.name, device)
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
            device: person.device().map(ToString::to_string),
        }),
        nobody_yet: people.nobody_yet(),
        unseen_links: Vec::new(),
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
pub(super) fn label(headers: &HeaderMap) -> String {
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

impl From<GuessError> for Problem {
    fn from(error: GuessError) -> Self {
        match error {
            GuessError::Wait(wait) => too_often(wait),
            GuessError::Busy => Self {
                next: Some("Try again in a moment.".to_owned()),
                retry_after: Some(1),
                ..Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "busy",
                    "Many are signing in",
                    error.to_string(),
                )
            },
            GuessError::Store(error) => error.into(),
        }
    }
}

/// Whoever guesses waits.
pub(super) fn too_often(wait: Duration) -> Problem {
    let seconds = u16::try_from(wait.as_secs()).unwrap_or(u16::MAX).max(1);
    Problem {
        next: Some(format!("Try again in {seconds} s.")),
        retry_after: Some(seconds),
        ..Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too-many-guesses",
            "Too many tries",
            "There were many tries from this address, or for this name.",
        )
    }
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
            SignInError::Password => Self {
                next: Some("Check both, or ask an owner for a link.".to_owned()),
                ..Self::new(
                    StatusCode::UNAUTHORIZED,
                    "wrong-password",
                    "The name or the password is wrong",
                    detail,
                )
            },
            SignInError::Passkey(error) => error.into(),
            SignInError::TooManyTokens => Self {
                next: Some("Make one void that is not needed.".to_owned()),
                ..Self::new(
                    StatusCode::CONFLICT,
                    "too-many-tokens",
                    "Too many tokens",
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
