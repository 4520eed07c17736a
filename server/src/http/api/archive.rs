//! Archiving pipelines, and bringing them back.

use axum::{Json, extract::State};
use domain::Command;
use protocol::{Archive, Archived, Refused};

use super::{Answer, invalid};
use crate::{
    access::Action,
    http::caller::{Body, Caller},
    problem::Problem,
    relay::{Relay, RelayError},
};

/// Most pipelines that are archived by one request.
const ARCHIVE_MAX: usize = 500;

/// Archives ended pipelines: lists leave them out unless they are asked for.
#[utoipa::path(post, path = "/api/pipelines/archive", tag = "people", request_body = Archive,
    responses((status = 200, body = Archived), (status = 422, body = Problem, content_type = "application/problem+json")))]
pub(super) async fn archive(
    State(relay): State<Relay>,
    caller: Caller,
    Body(body): Body<Archive>,
) -> Answer<Archived> {
    for_each(&relay, &caller, body, &Command::Archive).await
}

/// Brings archived pipelines back.
#[utoipa::path(post, path = "/api/pipelines/unarchive", tag = "people", request_body = Archive,
    responses((status = 200, body = Archived), (status = 422, body = Problem, content_type = "application/problem+json")))]
pub(super) async fn unarchive(
    State(relay): State<Relay>,
    caller: Caller,
    Body(body): Body<Archive>,
) -> Answer<Archived> {
    for_each(&relay, &caller, body, &Command::Unarchive).await
}

async fn for_each(
    relay: &Relay,
    caller: &Caller,
    Archive { pipelines }: Archive,
    command: &Command,
) -> Answer<Archived> {
    let person = caller.person(Action::Archive)?;
    if pipelines.len() > ARCHIVE_MAX {
        return Err(invalid(
            format!("`pipelines` names {}.", pipelines.len()),
            format!("at most {ARCHIVE_MAX} at once."),
        )
        .into());
    }
    let mut done = Archived::default();
    for pipeline in pipelines {
        match relay.execute(&pipeline, command, &person, None).await {
            Ok(_) => done.pipelines.push(pipeline),
            Err(RelayError::Refused(refusal)) => done.refused.push(Refused { pipeline, refusal }),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Json(done))
}
