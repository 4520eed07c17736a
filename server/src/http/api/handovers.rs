//! Handovers: hand over, read, decide.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use domain::{
    Command, DocumentHash, Handover, HandoverId, Pipeline, Proposal, Refusal, Revision, Verdict,
};
use protocol::{HandoverDecided, HandoverView, Summary};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Answer, id, nothing, unknown};
use crate::{
    access::Action,
    http::caller::{Body, Caller, Path, Query},
    people::{By, People},
    problem::Problem,
    projections::handover_view,
    relay::{Relay, RelayError},
    secrets,
};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct HandOverBody {
    /// The phase the agent believes to end; checked where given.
    phase: Option<String>,
    /// The document, in Markdown; at most 1 MiB.
    content: String,
    /// One line of it; taken from the document where left out.
    summary: Option<String>,
}

/// Ends a phase with a handover, or sends a revision.
#[utoipa::path(post, path = "/api/pipelines/{pipeline}/handovers", tag = "agents", params(("pipeline" = String, Path,)), request_body = HandOverBody,
    responses((status = 201, body = HandoverView), (status = 409, body = Problem, content_type = "application/problem+json")))]
pub(super) async fn hand_over(
    State(relay): State<Relay>,
    caller: Caller,
    Path(pipeline): Path<String>,
    Body(body): Body<HandOverBody>,
) -> Result<Response, Problem> {
    let HandOverBody {
        phase,
        content,
        summary,
    } = body;
    let command = Command::HandOver {
        phase,
        content,
        summary,
    };
    let done = relay
        .execute(&id(&pipeline)?, &command, &caller.reporter()?, caller.key())
        .await?;
    let handover = done
        .pipeline
        .handovers
        .last()
        .ok_or_else(|| nothing("handover", &pipeline))?;
    let revision = handover.current();
    let text = relay.documents().text(&revision.document).await?;
    // Without HTML: rendering waits for whoever reads it.
    let view = handover_view(&done.pipeline, handover, revision, &text);
    Ok((StatusCode::CREATED, Json(view)).into_response())
}

#[derive(Deserialize, IntoParams)]
pub(super) struct RevisionQuery {
    /// The revision to read; the newest where left out.
    revision: Option<u32>,
}

/// Reads a revision of a handover.
#[utoipa::path(get, path = "/api/pipelines/{pipeline}/handovers/{handover}", operation_id = "read_handover", tag = "people",
    params(("pipeline" = String, Path,), ("handover" = String, Path,), RevisionQuery),
    responses((status = 200, body = HandoverView), (status = 404, body = Problem, content_type = "application/problem+json")))]
pub(super) async fn read(
    State(relay): State<Relay>,
    caller: Caller,
    Path((pipeline, handover)): Path<(String, String)>,
    Query(RevisionQuery { revision }): Query<RevisionQuery>,
) -> Answer<HandoverView> {
    let pipeline = relay.pipeline(&id(&pipeline)?).await?;
    let handover = find_handover(&pipeline, &handover)?;
    let number = revision.unwrap_or_else(|| handover.current().number);
    let mut revisions = handover.revisions.iter();
    let revision = revisions.find(|known| known.number == number);
    let revision = revision.ok_or_else(|| {
        let newest = handover.current().number;
        unknown(&format!(
            "handover {} has no revision {number}; its newest is {newest}",
            handover.id
        ))
    })?;
    let view = view_of(&relay, &pipeline, handover, revision, caller.is_person());
    Ok(Json(view.await?))
}

/// A revision with its text and its HTML.
async fn view_of(
    relay: &Relay,
    pipeline: &Pipeline,
    handover: &Handover,
    revision: &Revision,
    for_person: bool,
) -> Result<HandoverView, RelayError> {
    let documents = relay.documents();
    let found = documents.secrets(&revision.document).await?;
    if !for_person && !found.is_empty() {
        // Without HTML: nobody but people looks at that.
        let text = documents.masked(&revision.document).await?;
        return Ok(handover_view(pipeline, handover, revision, &text));
    }
    let text = documents.text(&revision.document).await?;
    let page = documents.html(&revision.document).await?;
    Ok(HandoverView {
        html: Some(page.html.to_string()),
        rendering: Some(page.rendering),
        secrets: secrets::told(&text, &found),
        ..handover_view(pipeline, handover, revision, &text)
    })
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DecisionBody {
    /// The decision.
    decision: Verdict,
    /// The revision that was read.
    revision: u32,
    /// The hash of the text that was read; checked where given.
    read: Option<DocumentHash>,
    /// What should be different; `request_changes` needs it.
    #[serde(default)]
    review_changes: String,
    /// Whether the board is shown inside another page: then the decision is always confirmed.
    #[serde(default)]
    framed: bool,
}

/// A decision, and the pipeline after it.
#[derive(Serialize, ToSchema)]
pub(super) struct Decided {
    #[serde(flatten)]
    decided: HandoverDecided,
    status: Summary,
}

/// Decides about a handover. Only people do: an agent gets 403.
#[utoipa::path(post, path = "/api/pipelines/{pipeline}/handovers/{handover}/decision", tag = "people",
    params(("pipeline" = String, Path,), ("handover" = String, Path,)), request_body = DecisionBody,
    responses((status = 200, body = Decided), (status = 409, body = Problem, content_type = "application/problem+json")))]
pub(super) async fn decide(
    State(relay): State<Relay>,
    State(people): State<Arc<People>>,
    caller: Caller,
    by: By,
    Path((pipeline, handover)): Path<(String, String)>,
    Body(body): Body<DecisionBody>,
) -> Answer<Decided> {
    let id = id(&pipeline)?;
    let person = caller.person(Action::Decide)?;
    let (handover, phase) = {
        let pipeline = relay.pipeline(&id).await?;
        let found = find_handover(&pipeline, &handover)?;
        (found.id.clone(), found.phase.clone())
    };
    let DecisionBody {
        decision,
        revision,
        read,
        review_changes,
        framed,
    } = body;
    let command = Command::Decide(Proposal {
        handover: handover.clone(),
        revision,
        read,
        decision,
        review_changes,
        proof: caller.proof(&people, people.confirm.needed(phase.as_str(), framed))?,
    });
    let done = relay.execute(&id, &command, &person, caller.key()).await?;
    if let (false, Command::Decide(decided)) = (done.repeated, &command) {
        people.note_decision(by, decided).await;
    }
    let made = done
        .pipeline
        .handover(&handover)
        .and_then(|handover| handover.decision(revision))
        .cloned();
    let made = made.ok_or_else(|| nothing("decision", &pipeline))?;
    Ok(Json(Decided {
        decided: HandoverDecided {
            pipeline: id,
            handover,
            revision,
            decision: made.decision,
            by: made.by,
            note: made.note,
            at: made.at,
        },
        status: Summary::from(&*done.pipeline),
    }))
}

fn find_handover<'a>(pipeline: &'a Pipeline, text: &str) -> Result<&'a Handover, Refusal> {
    let id = text
        .parse::<HandoverId>()
        .map_err(|error| unknown(&error.to_string()))?;
    pipeline
        .handover(&id)
        .ok_or_else(|| unknown(&format!("pipeline {} has no handover {id}", pipeline.id)))
}
