//! The REST API: everything a person can do on the board, a script can do here. One file a resource.

mod account;
mod archive;
mod attachments;
mod confirmation;
mod credentials;
mod drafts;
mod events;
mod handovers;
mod notes;
mod notifications;
mod passkey;
mod people;
mod pipelines;
mod policies;
mod prompts;
mod questions;
mod reports;
mod session;

use axum::{Json, extract::DefaultBodyLimit};
use domain::{Actor, Command, PipelineId, Reason, Refusal};
use protocol::Summary;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{App, caller::Caller};
use crate::{problem::Problem, relay::Relay};

type Answer<T> = Result<Json<T>, Problem>;

/// The routes of the API.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(pipelines::list, pipelines::start))
        .routes(routes!(archive::archive))
        .routes(routes!(archive::unarchive))
        .routes(routes!(pipelines::read))
        .routes(routes!(reports::report))
        .routes(routes!(handovers::hand_over))
        .routes(routes!(handovers::compare))
        .routes(routes!(handovers::read))
        .routes(routes!(handovers::decide))
        .routes(routes!(handovers::take_back))
        .routes(routes!(handovers::carry_out))
        .routes(routes!(attachments::store))
        .routes(routes!(attachments::read))
        .routes(routes!(questions::ask))
        .routes(routes!(questions::read))
        .routes(routes!(questions::answer))
        .routes(routes!(questions::receive))
        .routes(routes!(notes::send))
        .routes(routes!(notes::acknowledge))
        .routes(routes!(prompts::next))
        .routes(routes!(prompts::read))
        .routes(routes!(prompts::offer))
        .routes(routes!(prompts::pick_up))
        .routes(routes!(prompts::acknowledge))
        .routes(routes!(drafts::revise))
        .routes(routes!(drafts::rewrite))
        .routes(routes!(drafts::mask))
        .routes(routes!(drafts::choose))
        .routes(routes!(drafts::send))
        .routes(routes!(drafts::compare))
        .routes(routes!(drafts::read_cold))
        .routes(routes!(drafts::preview))
        .routes(routes!(drafts::writers))
        .routes(routes!(drafts::test))
        .routes(routes!(drafts::hold))
        .routes(routes!(policies::set))
        .routes(routes!(pipelines::change_version))
        .routes(routes!(pipelines::finish))
        .routes(routes!(events::list))
        .merge(
            OpenApiRouter::new()
                .routes(routes!(session::read, session::sign_in, session::sign_out))
                .routes(routes!(session::begin))
                .routes(routes!(session::see))
                // Strangers send it.
                .layer(DefaultBodyLimit::max(session::BODY_MAX)),
        )
        .routes(routes!(people::list, people::add))
        .routes(routes!(people::change))
        .routes(routes!(people::link))
        .routes(routes!(people::devices))
        .routes(routes!(people::sign_out))
        .routes(routes!(people::audit))
        .routes(routes!(people::export))
        .routes(routes!(confirmation::confirm))
        .routes(routes!(confirmation::begin))
        .routes(routes!(notifications::read, notifications::set))
        .routes(routes!(
            notifications::subscribe,
            notifications::unsubscribe
        ))
        .routes(routes!(notifications::try_out))
        .routes(routes!(notifications::try_webhook))
        .routes(routes!(credentials::list))
        .routes(routes!(credentials::begin_passkey))
        .routes(routes!(credentials::add_passkey))
        .routes(routes!(credentials::remove_passkey))
        .routes(routes!(credentials::set_secret))
        .routes(routes!(credentials::forget_secret))
        .routes(routes!(credentials::add_token))
        .routes(routes!(credentials::remove_token))
}

/// Carries out a command to a pipeline, and answers with the pipeline after it.
async fn carry_out(
    relay: &Relay,
    pipeline: &str,
    command: &Command,
    actor: &Actor,
    caller: &Caller,
) -> Answer<Summary> {
    let done = relay
        .execute(&id(pipeline)?, command, actor, caller.key())
        .await?;
    Ok(Json(Summary::from(&*done.pipeline)))
}

fn id(text: &str) -> Result<PipelineId, Refusal> {
    text.parse()
        .map_err(|error: domain::InvalidId| unknown(&error.to_string()))
}

fn nothing(kind: &str, pipeline: &str) -> Refusal {
    unknown(&format!("pipeline {pipeline} has no {kind} yet"))
}

fn unknown(what: &str) -> Refusal {
    let mut what = format!("{what}.");
    if let Some(first) = what.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    Refusal::new(
        Reason::NotFound,
        what,
        "ids as the API returned them.",
        "See GET /api/pipelines.",
    )
}

fn invalid(what: String, allowed: impl Into<String>) -> Refusal {
    Refusal::new(
        Reason::Invalid,
        what,
        allowed,
        "Send the request again within these bounds.",
    )
}
