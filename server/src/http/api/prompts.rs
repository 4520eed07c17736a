//! Prompts, and their way into assistants.

use axum::{Json, extract::State};
use domain::{Command, DocumentRef, Pipeline, Prompt, PromptId, Reason, Refusal, Via};
use protocol::PromptView;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{Answer, id, nothing, unknown};
use crate::{
    access::Action,
    http::caller::{Body, Caller, Path, Query},
    problem::Problem,
    projections::prompt_view,
    relay::Relay,
    secrets,
};

/// Reads the newest prompt.
#[utoipa::path(get, path = "/api/pipelines/{pipeline}/prompts/next", operation_id = "next_prompt", tag = "agents", params(("pipeline" = String, Path,)),
    responses((status = 200, body = PromptView), (status = 404, body = Problem, content_type = "application/problem+json")))]
pub(super) async fn next(
    State(relay): State<Relay>,
    caller: Caller,
    Path(pipeline): Path<String>,
) -> Answer<PromptView> {
    let pipeline = relay.pipeline(&id(&pipeline)?).await?;
    let prompt = pipeline
        .prompts
        .last()
        .ok_or_else(|| nothing("prompt", pipeline.id.as_str()))?;
    view_for(&relay, &caller, &pipeline, prompt, None).await
}

/// Reads a prompt.
#[utoipa::path(get, path = "/api/pipelines/{pipeline}/prompts/{prompt}", operation_id = "read_prompt", tag = "agents",
    params(("pipeline" = String, Path,), ("prompt" = String, Path,), VersionQuery),
    responses((status = 200, body = PromptView), (status = 404, body = Problem, content_type = "application/problem+json")))]
pub(super) async fn read(
    State(relay): State<Relay>,
    caller: Caller,
    Path((pipeline, prompt)): Path<(String, String)>,
    Query(VersionQuery { version }): Query<VersionQuery>,
) -> Answer<PromptView> {
    let pipeline = relay.pipeline(&id(&pipeline)?).await?;
    let prompt = prompt_in(&pipeline, &prompt)?;
    view_for(&relay, &caller, &pipeline, prompt, version).await
}

#[derive(Deserialize, IntoParams)]
pub(super) struct VersionQuery {
    /// The version to read, for people; the current one where left out.
    version: Option<u32>,
}

/// A prompt with its text. One that is held, and versions that are not current, are for people alone; people are told what
/// may be a secret in it.
pub(super) async fn view_for(
    relay: &Relay,
    caller: &Caller,
    pipeline: &Pipeline,
    prompt: &Prompt,
    version: Option<u32>,
) -> Answer<PromptView> {
    let person = caller.is_person();
    let wanted = version.unwrap_or(prompt.version);
    if !person && (prompt.held.is_some() || wanted != prompt.version) {
        return Err(Refusal::new(
            Reason::NotYourTurn,
            format!(
                "The prompt {} is with a person, who looks at it before it leaves.",
                prompt.id
            ),
            "reading it when it was sent.",
            "Wait for it: call await_handover_decision, or follow GET /sse.",
        )
        .into());
    }
    let document = document_of(prompt, wanted)?;
    let text = relay.documents().text(&document).await?;
    let mut view = prompt_view(pipeline, prompt, &text);
    if person {
        let found = relay.documents().secrets(&document).await?;
        view.secrets = secrets::told(&text, &found);
    }
    Ok(Json(view))
}

/// The text of a version.
pub(super) fn document_of(prompt: &Prompt, version: u32) -> Result<DocumentRef, Refusal> {
    if version == prompt.version {
        return Ok(prompt.document);
    }
    let index = usize::try_from(version)
        .ok()
        .and_then(|number| number.checked_sub(1));
    let known = index.and_then(|index| prompt.versions.get(index));
    known.map(|version| version.document).ok_or_else(|| {
        unknown(&format!(
            "prompt {} has no version {version}; its versions are 1 to {}",
            prompt.id,
            prompt.version_count()
        ))
    })
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ViaBody {
    /// Which way.
    via: Via,
}

/// Records that a prompt was offered: copied, or opened by a link.
#[utoipa::path(post, path = "/api/pipelines/{pipeline}/prompts/{prompt}/offers", tag = "people",
    params(("pipeline" = String, Path,), ("prompt" = String, Path,)), request_body = ViaBody, responses((status = 200, body = PromptView)))]
pub(super) async fn offer(
    State(relay): State<Relay>,
    caller: Caller,
    Path((pipeline, prompt)): Path<(String, String)>,
    Body(ViaBody { via }): Body<ViaBody>,
) -> Answer<PromptView> {
    let actor = caller.person(Action::HandOn)?;
    deliver(&relay, &caller, &pipeline, &prompt, &actor, |prompt| {
        Command::OfferPrompt { prompt, via }
    })
    .await
}

/// Records that an agent has a prompt; the phase it is for begins.
#[utoipa::path(post, path = "/api/pipelines/{pipeline}/prompts/{prompt}/pickup", tag = "agents",
    params(("pipeline" = String, Path,), ("prompt" = String, Path,)), responses((status = 200, body = PromptView)))]
pub(super) async fn pick_up(
    State(relay): State<Relay>,
    caller: Caller,
    Path((pipeline, prompt)): Path<(String, String)>,
) -> Answer<PromptView> {
    let actor = caller.reporter()?;
    deliver(&relay, &caller, &pipeline, &prompt, &actor, |prompt| {
        Command::PickUpPrompt {
            prompt,
            via: Via::Pull,
        }
    })
    .await
}

/// Records that an agent has read a prompt.
#[utoipa::path(post, path = "/api/pipelines/{pipeline}/prompts/{prompt}/acknowledgement", tag = "agents",
    params(("pipeline" = String, Path,), ("prompt" = String, Path,)), responses((status = 200, body = PromptView)))]
pub(super) async fn acknowledge(
    State(relay): State<Relay>,
    caller: Caller,
    Path((pipeline, prompt)): Path<(String, String)>,
) -> Answer<PromptView> {
    let actor = caller.reporter()?;
    deliver(&relay, &caller, &pipeline, &prompt, &actor, |prompt| {
        Command::AcknowledgePrompt { prompt }
    })
    .await
}

async fn deliver(
    relay: &Relay,
    caller: &Caller,
    pipeline: &str,
    prompt: &str,
    actor: &domain::Actor,
    command: impl FnOnce(PromptId) -> Command,
) -> Answer<PromptView> {
    let id = id(pipeline)?;
    let prompt = prompt_in(&*relay.pipeline(&id).await?, prompt)?.id.clone();
    let done = relay
        .execute(&id, &command(prompt.clone()), actor, caller.key())
        .await?;
    let prompt = done
        .pipeline
        .prompt(&prompt)
        .ok_or_else(|| nothing("prompt", pipeline))?;
    let text = relay.documents().text(&prompt.document).await?;
    Ok(Json(prompt_view(&done.pipeline, prompt, &text)))
}

pub(super) fn prompt_in<'a>(pipeline: &'a Pipeline, text: &str) -> Result<&'a Prompt, Refusal> {
    let id = text
        .parse::<PromptId>()
        .map_err(|error| unknown(&error.to_string()))?;
    pipeline
        .prompt(&id)
        .ok_or_else(|| unknown(&format!("pipeline {} has no prompt {id}", pipeline.id)))
}
