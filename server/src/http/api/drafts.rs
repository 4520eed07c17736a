//! A prompt before it leaves: its versions, what writes it anew, and sending it. For people.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use domain::{
    Actor, Command, DocumentRef, Pipeline, Prompt, PromptId, Writer, WriterKind,
    limits::MESSAGE_MAX, text::optional_line,
};
use protocol::{ColdRead, ModelTest, PromptDiff, PromptView, PromptWriters, Summary};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    Answer, carry_out, id, nothing,
    prompts::{document_of, prompt_in, view_for},
    unknown,
};
use crate::{
    access::Action,
    documents,
    http::caller::{Body, Caller, Path, Query},
    problem::Problem,
    prompt::{Brief, WriteError, Writers},
    relay::Relay,
    secrets,
};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TextBody {
    /// The version that the text was made from: the current one.
    base: u32,
    /// The text.
    text: String,
}

/// Gives a prompt another text, as long as no agent has it. It waits to be sent then.
#[utoipa::path(post, path = "/api/pipelines/{pipeline}/prompts/{prompt}/versions", operation_id = "revise_prompt", tag = "people",
    params(("pipeline" = String, Path,), ("prompt" = String, Path,)), request_body = TextBody,
    responses((status = 200, body = PromptView), (status = 409, body = Problem, content_type = "application/problem+json")))]
pub(super) async fn revise(
    State(relay): State<Relay>,
    caller: Caller,
    Path((pipeline, prompt)): Path<(String, String)>,
    Body(TextBody { base, text }): Body<TextBody>,
) -> Answer<PromptView> {
    let draft = Draft::find(&relay, &caller, &pipeline, &prompt).await?;
    let writer = by_person(&draft.actor);
    draft
        .revise(&relay, &caller, base, text, writer, None)
        .await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RewriteBody {
    /// The version that is replaced: the current one.
    base: u32,
    /// What the writer should mind.
    #[serde(default)]
    hint: Option<String>,
    /// Who writes: `template`, or the name of a model. The default writer where left out.
    #[serde(default)]
    writer: Option<String>,
}

/// Has a prompt written anew, as long as no agent has it. It waits to be sent then. A failure changes nothing.
#[utoipa::path(post, path = "/api/pipelines/{pipeline}/prompts/{prompt}/rewrite", operation_id = "rewrite_prompt", tag = "people",
    params(("pipeline" = String, Path,), ("prompt" = String, Path,)), request_body = RewriteBody,
    responses((status = 200, body = PromptView), (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 502, body = Problem, content_type = "application/problem+json")))]
pub(super) async fn rewrite(
    State(relay): State<Relay>,
    State(writers): State<Arc<Writers>>,
    caller: Caller,
    Path((pipeline, prompt)): Path<(String, String)>,
    Body(RewriteBody { base, hint, writer }): Body<RewriteBody>,
) -> Answer<PromptView> {
    let draft = Draft::find(&relay, &caller, &pipeline, &prompt).await?;
    // Before a model is asked: whether it could be used at all.
    draft
        .pipeline
        .may_revise(&draft.actor, &draft.prompt, base)?;
    let hint = optional_line("hint", hint.as_deref(), MESSAGE_MAX)?;
    let brief = draft.brief(&relay, hint.as_deref().unwrap_or_default());
    let brief = brief.await?;
    let written = writers.write_anew(brief, writer.as_deref()).await;
    let (text, by) = written.map_err(failed)?;
    draft.revise(&relay, &caller, base, text, by, hint).await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MaskBody {
    /// The version that is masked: the current one.
    base: u32,
}

/// Masks what may be a secret in a prompt, as long as no agent has it.
#[utoipa::path(post, path = "/api/pipelines/{pipeline}/prompts/{prompt}/mask", operation_id = "mask_prompt", tag = "people",
    params(("pipeline" = String, Path,), ("prompt" = String, Path,)), request_body = MaskBody,
    responses((status = 200, body = PromptView), (status = 409, body = Problem, content_type = "application/problem+json")))]
pub(super) async fn mask(
    State(relay): State<Relay>,
    caller: Caller,
    Path((pipeline, prompt)): Path<(String, String)>,
    Body(MaskBody { base }): Body<MaskBody>,
) -> Answer<PromptView> {
    let draft = Draft::find(&relay, &caller, &pipeline, &prompt).await?;
    let document = draft.document(base)?;
    let text = relay.documents().text(&document).await?;
    let found = relay.documents().secrets(&document).await?;
    let masked = secrets::masked(&text, &found).into_owned();
    let writer = by_person(&draft.actor);
    draft
        .revise(&relay, &caller, base, masked, writer, None)
        .await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct VersionBody {
    /// The version.
    version: u32,
}

/// Goes back to another version of a prompt, as long as no agent has it.
#[utoipa::path(post, path = "/api/pipelines/{pipeline}/prompts/{prompt}/current", operation_id = "choose_prompt_version", tag = "people",
    params(("pipeline" = String, Path,), ("prompt" = String, Path,)), request_body = VersionBody,
    responses((status = 200, body = PromptView), (status = 409, body = Problem, content_type = "application/problem+json")))]
pub(super) async fn choose(
    State(relay): State<Relay>,
    caller: Caller,
    Path((pipeline, prompt)): Path<(String, String)>,
    Body(VersionBody { version }): Body<VersionBody>,
) -> Answer<PromptView> {
    let draft = Draft::find(&relay, &caller, &pipeline, &prompt).await?;
    let command = Command::ChoosePromptVersion {
        prompt: draft.prompt.clone(),
        version,
    };
    draft.carry_out(&relay, &caller, &command).await
}

/// Sends a prompt that was held: from here on agents get it.
#[utoipa::path(post, path = "/api/pipelines/{pipeline}/prompts/{prompt}/send", operation_id = "send_prompt", tag = "people",
    params(("pipeline" = String, Path,), ("prompt" = String, Path,)), request_body = VersionBody,
    responses((status = 200, body = PromptView), (status = 409, body = Problem, content_type = "application/problem+json")))]
pub(super) async fn send(
    State(relay): State<Relay>,
    caller: Caller,
    Path((pipeline, prompt)): Path<(String, String)>,
    Body(VersionBody { version }): Body<VersionBody>,
) -> Answer<PromptView> {
    let draft = Draft::find(&relay, &caller, &pipeline, &prompt).await?;
    let command = Command::SendPrompt {
        prompt: draft.prompt.clone(),
        version,
    };
    draft.carry_out(&relay, &caller, &command).await
}

#[derive(Deserialize, IntoParams)]
pub(super) struct ChangesQuery {
    /// The version to compare with; the first where left out.
    from: Option<u32>,
    /// The version that is compared; the current one where left out.
    to: Option<u32>,
}

/// Compares two versions of a prompt, line by line.
#[utoipa::path(get, path = "/api/pipelines/{pipeline}/prompts/{prompt}/changes", operation_id = "compare_prompt_versions", tag = "people",
    params(("pipeline" = String, Path,), ("prompt" = String, Path,), ChangesQuery),
    responses((status = 200, body = PromptDiff), (status = 404, body = Problem, content_type = "application/problem+json")))]
pub(super) async fn compare(
    State(relay): State<Relay>,
    caller: Caller,
    Path((pipeline, prompt)): Path<(String, String)>,
    Query(ChangesQuery { from, to }): Query<ChangesQuery>,
) -> Answer<PromptDiff> {
    let draft = Draft::find(&relay, &caller, &pipeline, &prompt).await?;
    let (from, to) = (from.unwrap_or(1), to.unwrap_or(draft.prompt()?.version));
    let (old, new) = (
        draft.text(&relay, from).await?,
        draft.text(&relay, to).await?,
    );
    let (lines, cut) = tokio::task::spawn_blocking(move || documents::lines(&old, &new))
        .await
        .map_err(|error| failed(WriteError::Internal(error.to_string())))?;
    Ok(Json(PromptDiff {
        from,
        to,
        lines,
        cut,
    }))
}

/// Gives a model the prompt and nothing else, and asks whether it could begin.
#[utoipa::path(post, path = "/api/pipelines/{pipeline}/prompts/{prompt}/cold-read", operation_id = "read_prompt_cold", tag = "people",
    params(("pipeline" = String, Path,), ("prompt" = String, Path,)),
    responses((status = 200, body = ColdRead), (status = 502, body = Problem, content_type = "application/problem+json")))]
pub(super) async fn read_cold(
    State(relay): State<Relay>,
    State(writers): State<Arc<Writers>>,
    caller: Caller,
    Path((pipeline, prompt)): Path<(String, String)>,
) -> Answer<ColdRead> {
    let draft = Draft::find(&relay, &caller, &pipeline, &prompt).await?;
    let version = draft.prompt()?.version;
    let text = draft.text(&relay, version).await?;
    let read = writers.read_cold(version, &text).await;
    Ok(Json(read.map_err(failed)?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PreviewBody {
    /// The template.
    template: String,
}

/// What a template would write.
#[derive(Serialize, ToSchema)]
pub(super) struct Preview {
    /// The text.
    prompt: String,
}

/// Writes the newest prompt of a pipeline by another template, without keeping it.
#[utoipa::path(post, path = "/api/pipelines/{pipeline}/prompts/preview", operation_id = "preview_template", tag = "people",
    params(("pipeline" = String, Path,)), request_body = PreviewBody,
    responses((status = 200, body = Preview), (status = 422, body = Problem, content_type = "application/problem+json")))]
pub(super) async fn preview(
    State(relay): State<Relay>,
    caller: Caller,
    Path(pipeline): Path<String>,
    Body(PreviewBody { template }): Body<PreviewBody>,
) -> Answer<Preview> {
    caller.person(Action::HandOn)?;
    let pipeline = relay.pipeline(&id(&pipeline)?).await?;
    let handover = pipeline
        .prompts
        .last()
        .and_then(|prompt| pipeline.handover(&prompt.handover));
    let handover = handover.ok_or_else(|| nothing("prompt", pipeline.id.as_str()))?;
    let text = relay.documents().text(&handover.current().document).await?;
    let brief = Brief::again(&pipeline, &text, "")
        .ok_or_else(|| nothing("prompt", pipeline.id.as_str()))?;
    let prompt = Writers::preview(template, brief).await.map_err(|error| {
        Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "template",
            "The template cannot be used",
            format!("{error}. See docs/PROMPTS.md for its variables."),
        )
    })?;
    Ok(Json(Preview { prompt }))
}

/// What can write a prompt anew.
#[utoipa::path(get, path = "/api/prompt-writers", operation_id = "prompt_writers", tag = "people", responses((status = 200, body = PromptWriters)))]
pub(super) async fn writers(
    State(writers): State<Arc<Writers>>,
    caller: Caller,
) -> Answer<PromptWriters> {
    caller.person(Action::HandOn)?;
    Ok(Json(PromptWriters {
        models: writers.models(),
    }))
}

/// Asks a model for one word: whether it answers, and how fast.
#[utoipa::path(post, path = "/api/prompt-writers/{name}/test", operation_id = "test_model", tag = "people", params(("name" = String, Path,)),
    responses((status = 200, body = ModelTest), (status = 502, body = Problem, content_type = "application/problem+json")))]
pub(super) async fn test(
    State(writers): State<Arc<Writers>>,
    caller: Caller,
    Path(name): Path<String>,
) -> Answer<ModelTest> {
    caller.person(Action::HandOn)?;
    Ok(Json(writers.test(&name).await.map_err(failed)?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PhasesBody {
    /// The phases; for all others prompts leave at once.
    phases: Vec<String>,
}

/// Chooses the phases whose prompts people look at before they leave.
#[utoipa::path(put, path = "/api/pipelines/{pipeline}/held-phases", operation_id = "hold_prompts", tag = "people",
    params(("pipeline" = String, Path,)), request_body = PhasesBody, responses((status = 200, body = Summary)))]
pub(super) async fn hold(
    State(relay): State<Relay>,
    caller: Caller,
    Path(pipeline): Path<String>,
    Body(PhasesBody { phases }): Body<PhasesBody>,
) -> Answer<Summary> {
    let actor = caller.person(Action::HandOn)?;
    let command = Command::HoldPrompts { phases };
    carry_out(&relay, &pipeline, &command, &actor, &caller).await
}

/// A prompt, and the person who works on it.
struct Draft {
    pipeline: Arc<Pipeline>,
    prompt: PromptId,
    actor: Actor,
}

impl Draft {
    async fn find(
        relay: &Relay,
        caller: &Caller,
        pipeline: &str,
        prompt: &str,
    ) -> Result<Self, Problem> {
        let actor = caller.person(Action::HandOn)?;
        let pipeline = relay.pipeline(&id(pipeline)?).await?;
        let prompt = prompt_in(&pipeline, prompt)?.id.clone();
        Ok(Self {
            pipeline,
            prompt,
            actor,
        })
    }

    fn prompt(&self) -> Result<&Prompt, Problem> {
        let gone = || {
            unknown(&format!(
                "pipeline {} has no prompt {}",
                self.pipeline.id, self.prompt
            ))
        };
        Ok(self.pipeline.prompt(&self.prompt).ok_or_else(gone)?)
    }

    fn document(&self, version: u32) -> Result<DocumentRef, Problem> {
        Ok(document_of(self.prompt()?, version)?)
    }

    async fn text(&self, relay: &Relay, version: u32) -> Result<Arc<str>, Problem> {
        Ok(relay.documents().text(&self.document(version)?).await?)
    }

    /// What a writer is told who writes it anew.
    async fn brief(&self, relay: &Relay, hint: &str) -> Result<Brief, Problem> {
        let prompt = self.prompt()?;
        let none = || nothing("handover", self.pipeline.id.as_str());
        let handover = self.pipeline.handover(&prompt.handover).ok_or_else(none)?;
        let text = relay.documents().text(&handover.current().document).await?;
        Ok(Brief::again(&self.pipeline, &text, hint).ok_or_else(none)?)
    }

    async fn revise(
        &self,
        relay: &Relay,
        caller: &Caller,
        base: u32,
        text: String,
        writer: Writer,
        hint: Option<String>,
    ) -> Answer<PromptView> {
        let command = Command::RevisePrompt {
            prompt: self.prompt.clone(),
            base,
            text,
            writer,
            hint,
        };
        self.carry_out(relay, caller, &command).await
    }

    async fn carry_out(
        &self,
        relay: &Relay,
        caller: &Caller,
        command: &Command,
    ) -> Answer<PromptView> {
        let id = &self.pipeline.id;
        let done = relay
            .execute(id, command, &self.actor, caller.key())
            .await?;
        let prompt = done.pipeline.prompt(&self.prompt);
        let prompt = prompt.ok_or_else(|| nothing("prompt", id.as_str()))?;
        view_for(relay, caller, &done.pipeline, prompt, None).await
    }
}

fn by_person(actor: &Actor) -> Writer {
    Writer {
        kind: WriterKind::Person,
        name: actor.name.clone(),
        why: None,
        took_ms: 0,
    }
}

fn failed(error: WriteError) -> Problem {
    let (status, kind, title) = match &error {
        WriteError::Unknown { .. } => (
            StatusCode::NOT_FOUND,
            "not-found",
            "There is no such writer",
        ),
        WriteError::NoModel => (StatusCode::CONFLICT, "no-model", "There is no model"),
        WriteError::Busy => (StatusCode::TOO_MANY_REQUESTS, "busy", "Too many at once"),
        WriteError::Failed { .. } => (StatusCode::BAD_GATEWAY, "model", "The model did not answer"),
        WriteError::Internal(_) => (
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "It could not be written",
        ),
    };
    Problem::new(status, kind, title, error.to_string())
}
