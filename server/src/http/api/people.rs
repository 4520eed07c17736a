//! Who there is: owners let people in and keep them out, and everybody sees the own devices.

use std::{io, sync::Arc};

use axum::{
    Extension, Json,
    body::Body as Whole,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use futures::stream;
use protocol::{Audit, Devices, Happened, People as PeopleView, Role, SignInLink};
use qrcode::{QrCode, render::svg};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{
    Answer,
    account::{own, own_or_owner, owner},
    confirmation::confirmed,
};
use crate::{
    access::{Principal, is_loopback_name, origin},
    http::caller::{Body, Path, Query, blocking},
    people::{By, People, SignInError},
    problem::Problem,
    registry::{Changed, StoreError},
};

/// How wide the picture of a QR code is at least, in its own pixels: it is drawn without blur at this size.
const QR_SIZE: u32 = 180;

/// Everybody.
#[utoipa::path(get, path = "/api/people", operation_id = "list_people", tag = "people", responses((status = 200, body = PeopleView)))]
pub(super) async fn list(
    State(people): State<Arc<People>>,
    principal: Option<Extension<Principal>>,
) -> Answer<PeopleView> {
    owner(principal)?;
    Ok(Json(PeopleView {
        people: people.view(),
    }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPerson {
    /// The name on the board and in the journal.
    name: String,
    /// What the person may do.
    role: Role,
}

/// Adds a person, and makes the link for the first sign-in.
#[utoipa::path(post, path = "/api/people", operation_id = "add_person", tag = "people", request_body = NewPerson,
    responses((status = 201, body = SignInLink), (status = 409, body = Problem, content_type = "application/problem+json")))]
pub(super) async fn add(
    State(people): State<Arc<People>>,
    principal: Option<Extension<Principal>>,
    by: By,
    headers: HeaderMap,
    Body(NewPerson { name, role }): Body<NewPerson>,
) -> Result<Response, Problem> {
    owner(principal.clone())?;
    let asks = own(principal)?;
    let (adding, adder) = (Arc::clone(&people), by.clone());
    let name = blocking(move || {
        confirmed(&adding, &asks.0, &asks.1)?;
        let name = adding.add(&name, role)?;
        let about = format!("{name}: {}", role.name());
        adding.note(&adder, Happened::PersonAdded, &about);
        Ok::<_, Problem>(name)
    })
    .await??;
    let link = new_link(&people, name, by, &headers).await?;
    Ok((StatusCode::CREATED, Json(link)).into_response())
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PersonChange {
    /// What the person may do from now on.
    role: Option<Role>,
    /// Whether the person is kept out.
    disabled: Option<bool>,
}

/// Changes what a person may do, or whether the person is let in.
#[utoipa::path(post, path = "/api/people/{name}", operation_id = "change_person", tag = "people", params(("name" = String, Path,)),
    request_body = PersonChange, responses((status = 200, body = PeopleView), (status = 409, body = Problem, content_type = "application/problem+json")))]
pub(super) async fn change(
    State(people): State<Arc<People>>,
    principal: Option<Extension<Principal>>,
    by: By,
    Path(name): Path<String>,
    Body(PersonChange { role, disabled }): Body<PersonChange>,
) -> Answer<PeopleView> {
    owner(principal.clone())?;
    let asks = own(principal)?;
    let (changing, of) = (Arc::clone(&people), name.clone());
    let changed = blocking(move || {
        confirmed(&changing, &asks.0, &asks.1)?;
        let mut changed = Changed::Done;
        if let Some(role) = role {
            changed = changing.set_role(&of, role)?;
            if changed == Changed::Done {
                let about = format!("{of}: {}", role.name());
                changing.note(&by, Happened::RoleChanged, &about);
            }
        }
        if let Some(disabled) = disabled
            && changed == Changed::Done
        {
            changed = changing.set_disabled(&of, disabled)?;
            if changed == Changed::Done {
                changing.note(&by, kept_out(disabled), &of);
            }
        }
        Ok::<_, Problem>(changed)
    })
    .await??;
    match changed {
        Changed::Done => Ok(Json(PeopleView {
            people: people.view(),
        })),
        Changed::Nobody => Err(nobody(&name)),
        Changed::LastOwner => Err(Problem {
            next: Some("Make somebody else an owner first.".to_owned()),
            ..Problem::new(
                StatusCode::CONFLICT,
                "last-owner",
                "The last owner",
                format!("{name} is the last owner: nobody could manage people any more."),
            )
        }),
    }
}

/// Makes a link that signs a person in, once, within ten minutes: for oneself on another device, and for others by an owner.
#[utoipa::path(post, path = "/api/people/{name}/link", tag = "people", params(("name" = String, Path, description = "A name, or `me`.")),
    responses((status = 201, body = SignInLink)))]
pub(super) async fn link(
    State(people): State<Arc<People>>,
    principal: Option<Extension<Principal>>,
    by: By,
    headers: HeaderMap,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let asks = own(principal.clone())?;
    let name = own_or_owner(principal, name)?.0;
    let checking = Arc::clone(&people);
    blocking(move || confirmed(&checking, &asks.0, &asks.1)).await??;
    let link = new_link(&people, name, by, &headers).await?;
    Ok((StatusCode::CREATED, Json(link)).into_response())
}

/// The devices of a person: one's own, and for owners everybody's.
#[utoipa::path(get, path = "/api/people/{name}/devices", tag = "people", params(("name" = String, Path, description = "A name, or `me`.")),
    responses((status = 200, body = Devices)))]
pub(super) async fn devices(
    State(people): State<Arc<People>>,
    principal: Option<Extension<Principal>>,
    Path(name): Path<String>,
) -> Answer<Devices> {
    let (name, device) = own_or_owner(principal, name)?;
    Ok(Json(people.devices(&name, Some(&device))))
}

/// Most lines of the audit in an answer.
const AUDIT_PAGE: usize = 200;
/// Lines of the audit that are read at once for a file of all of them.
const EXPORT_PAGE: usize = 1_000;

#[derive(Deserialize, IntoParams)]
pub(super) struct AuditQuery {
    /// Only lines with a smaller number: `next` of the page before.
    before: Option<u64>,
}

/// Who let whom in, who decided what, from where and when: for owners, the newest first.
#[utoipa::path(get, path = "/api/audit", operation_id = "read_audit", tag = "people", params(AuditQuery), responses((status = 200, body = Audit)))]
pub(super) async fn audit(
    State(people): State<Arc<People>>,
    principal: Option<Extension<Principal>>,
    Query(AuditQuery { before }): Query<AuditQuery>,
) -> Answer<Audit> {
    owner(principal)?;
    Ok(Json(
        blocking(move || people.audit(before, AUDIT_PAGE)).await??,
    ))
}

/// The whole audit as a file: a line of JSON for each, the newest first.
#[utoipa::path(get, path = "/api/audit/export", operation_id = "export_audit", tag = "people",
    responses((status = 200, content_type = "application/x-ndjson", body = String)))]
pub(super) async fn export(
    State(people): State<Arc<People>>,
    principal: Option<Extension<Principal>>,
) -> Result<Response, Problem> {
    owner(principal)?;
    // Page by page: all of it would be some 20 MB in memory.
    let pages = stream::try_unfold(Some(None), move |before: Option<Option<u64>>| {
        let people = Arc::clone(&people);
        async move {
            let Some(before) = before else {
                return Ok(None);
            };
            let read = tokio::task::spawn_blocking(move || people.audit(before, EXPORT_PAGE));
            let page = read
                .await
                .map_err(io::Error::other)?
                .map_err(io::Error::other)?;
            let mut lines = String::new();
            for entry in &page.entries {
                lines.push_str(&serde_json::to_string(entry)?);
                lines.push('\n');
            }
            Ok::<_, io::Error>(Some((lines, page.next.map(Some))))
        }
    });
    let headers = [
        (header::CONTENT_TYPE, "application/x-ndjson"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"staffel-audit.ndjson\"",
        ),
    ];
    Ok((headers, Whole::from_stream(pages)).into_response())
}

/// Signs a device out; its streams end within a second.
#[utoipa::path(delete, path = "/api/people/{name}/devices/{device}", tag = "people",
    params(("name" = String, Path, description = "A name, or `me`."), ("device" = String, Path,)), responses((status = 204)))]
pub(super) async fn sign_out(
    State(people): State<Arc<People>>,
    principal: Option<Extension<Principal>>,
    by: By,
    Path((name, device)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let name = own_or_owner(principal, name)?.0;
    let (of, which) = (name.clone(), device.clone());
    let left = blocking(move || {
        let left = people.sign_out(&of, &which)?;
        if left {
            people.note(&by, Happened::SignedOut, &format!("{of}: {which}"));
        }
        Ok::<_, StoreError>(left)
    });
    if left.await?? {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(Problem::new(
        StatusCode::NOT_FOUND,
        "not-found",
        "Not found",
        format!("{name} has no device {device}."),
    ))
}

async fn new_link(
    people: &Arc<People>,
    name: String,
    by: By,
    headers: &HeaderMap,
) -> Result<SignInLink, Problem> {
    let (making, of) = (Arc::clone(people), name.clone());
    let made = blocking(move || {
        let made = making.code_for(&of)?;
        if made.is_some() {
            making.note(&by, Happened::LinkMade, &of);
        }
        Ok::<_, SignInError>(made)
    })
    .await??;
    let (code, expires) = made.ok_or_else(|| nobody(&name))?;
    let link = format!("{}{}", origin(headers), app::paths::sign_in(&code));
    let host = headers.get(header::HOST);
    let host = host.and_then(|host| host.to_str().ok()).unwrap_or_default();
    Ok(SignInLink {
        qr: qr(&link)?,
        near: is_loopback_name(host),
        link,
        expires,
    })
}

/// A text as a QR code that a page can show.
fn qr(text: &str) -> Result<String, Problem> {
    let code = QrCode::new(text).map_err(|error| StoreError(error.to_string()))?;
    let picture = code
        .render::<svg::Color<'_>>()
        .min_dimensions(QR_SIZE, QR_SIZE)
        .build();
    let picture = BASE64_STANDARD.encode(picture);
    Ok(format!("data:image/svg+xml;base64,{picture}"))
}

/// How the audit calls it that somebody is kept out, or is not any more.
fn kept_out(disabled: bool) -> Happened {
    if disabled {
        Happened::KeptOut
    } else {
        Happened::LetIn
    }
}

fn nobody(name: &str) -> Problem {
    Problem {
        next: Some("See GET /api/people.".to_owned()),
        ..Problem::new(
            StatusCode::NOT_FOUND,
            "not-found",
            "Not found",
            format!("There is nobody called {name:?} who is let in."),
        )
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "registry-unavailable",
            "Registry unavailable",
            error.to_string(),
        )
    }
}
