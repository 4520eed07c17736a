//! Notes: what people tell an agent at work, and that it has read them.

use axum::extract::State;
use domain::{Command, NoteKind};
use protocol::Summary;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Answer, carry_out};
use crate::{
    access::Action,
    http::caller::{Body, Caller, Path},
    problem::Problem,
    relay::Relay,
};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NoteBody {
    /// A word to be read and heeded, `pause`, or `go_on`.
    #[serde(default)]
    kind: NoteKind,
    /// The words, at most 2,000 characters. `pause` and `go_on` need none.
    #[serde(default)]
    text: String,
}

/// Tells the agent at work something, pauses it, or lets it go on. It hears of it with the answer of its next call.
#[utoipa::path(post, path = "/api/pipelines/{pipeline}/notes", tag = "people", params(("pipeline" = String, Path,)), request_body = NoteBody,
    responses((status = 200, body = Summary), (status = 409, body = Problem, content_type = "application/problem+json")))]
pub(super) async fn send(
    State(relay): State<Relay>,
    caller: Caller,
    Path(pipeline): Path<String>,
    Body(NoteBody { kind, text }): Body<NoteBody>,
) -> Answer<Summary> {
    let person = caller.person(Action::Instruct)?;
    let command = Command::SendNote { kind, text };
    carry_out(&relay, &pipeline, &command, &person, &caller).await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReadBody {
    /// The numbers of the notes that the agent has read.
    notes: Vec<u32>,
}

/// Confirms that an agent has read notes.
#[utoipa::path(post, path = "/api/pipelines/{pipeline}/notes/acknowledgement", tag = "agents", params(("pipeline" = String, Path,)), request_body = ReadBody,
    responses((status = 200, body = Summary), (status = 404, body = Problem, content_type = "application/problem+json")))]
pub(super) async fn acknowledge(
    State(relay): State<Relay>,
    caller: Caller,
    Path(pipeline): Path<String>,
    Body(ReadBody { notes }): Body<ReadBody>,
) -> Answer<Summary> {
    let command = Command::AcknowledgeNotes { notes };
    carry_out(&relay, &pipeline, &command, &caller.reporter()?, &caller).await
}
