//! Handovers: hand over, read, decide.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use domain::{
    Command, Comment, CommentAnswer, DocumentHash, Handover, HandoverId, Pipeline, Proposal, Recap,
    Refusal, Review, Revision, Verdict, attachment,
};
use protocol::{
    CommentView, EarlierEvidence, HandoverChanges, HandoverDecided, HandoverView, Summary,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Answer, id, nothing, policies::may_accept, unknown};
use crate::{
    access::Action,
    http::{
        Undo,
        caller::{Caller, Path, Query, StrictBody},
        pictures::with_pictures,
    },
    people::{By, People},
    problem::Problem,
    projections::handover_view,
    relay::{Done, Relay, RelayError},
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
    /// What it says beside its text: results, open questions, next steps, evidence.
    #[serde(default)]
    recap: Recap,
    /// What was done about the comments of the review.
    #[serde(default)]
    answers: Vec<CommentAnswer>,
}

/// Ends a phase with a handover, or sends a revision.
#[utoipa::path(post, path = "/api/pipelines/{pipeline}/handovers", tag = "agents", params(("pipeline" = String, Path,)), request_body = HandOverBody,
    responses((status = 201, body = HandoverView), (status = 409, body = Problem, content_type = "application/problem+json")))]
pub(super) async fn hand_over(
    State(relay): State<Relay>,
    caller: Caller,
    Path(pipeline): Path<String>,
    StrictBody(body): StrictBody<HandOverBody>,
) -> Result<Response, Problem> {
    let HandOverBody {
        phase,
        content,
        summary,
        recap,
        answers,
    } = body;
    let command = Command::HandOver {
        phase,
        content,
        summary,
        recap,
        answers,
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
    State(people): State<Arc<People>>,
    caller: Caller,
    Path((pipeline, handover)): Path<(String, String)>,
    Query(RevisionQuery { revision }): Query<RevisionQuery>,
) -> Answer<HandoverView> {
    let pipeline = relay.pipeline(&id(&pipeline)?).await?;
    let handover = find_handover(&pipeline, &handover)?;
    let number = revision.unwrap_or_else(|| handover.current().number);
    let revision = find_revision(handover, number)?;
    let reader = caller.reader();
    let view = view_of(&relay, &pipeline, handover, revision, reader.is_some()).await?;
    let may_accept = reader.and_then(|reader| may_accept(&pipeline, handover, &people, &reader));
    Ok(Json(HandoverView { may_accept, ..view }))
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
        return Ok(read_view(pipeline, handover, revision, &text));
    }
    let text = documents.text(&revision.document).await?;
    let page = documents.html(&revision.document).await?;
    let findings = documents.findings(&revision.document).await?;
    let recap = revision.recap.as_deref();
    Ok(HandoverView {
        html: Some(with_pictures(&page.html, &pipeline.id, recap, for_person)),
        rendering: Some(page.rendering),
        secrets: secrets::told(&text, &found),
        placeholders: findings.placeholders.clone(),
        not_attached: attachment::missing(&findings.pictures, recap)
            .cloned()
            .collect(),
        ..read_view(pipeline, handover, revision, &text)
    })
}

/// What is read at its address and not sent along the stream.
fn read_view(
    pipeline: &Pipeline,
    handover: &Handover,
    revision: &Revision,
    text: &str,
) -> HandoverView {
    HandoverView {
        recap: revision.recap.as_deref().cloned(),
        earlier: earlier_evidence(handover, revision),
        policy: pipeline.phase_policy(&handover.phase).cloned(),
        hit: revision.hit.clone(),
        comments: comments_on(pipeline, handover)
            .map(CommentView::from)
            .collect(),
        ..handover_view(pipeline, handover, revision, text)
    }
}

/// The newest evidence from before a revision that has none.
fn earlier_evidence(handover: &Handover, revision: &Revision) -> Option<EarlierEvidence> {
    let evidence = |revision: &Revision| {
        let evidence = &revision.recap.as_ref()?.evidence;
        (!evidence.is_empty()).then(|| evidence.clone())
    };
    if evidence(revision).is_some() {
        return None;
    }
    let earlier = handover.revisions.iter().rev();
    let mut earlier = earlier.skip_while(|it| it.number >= revision.number);
    earlier.find_map(|it| {
        Some(EarlierEvidence {
            revision: it.number,
            evidence: evidence(it)?,
        })
    })
}

/// The comments on a handover, and those on the handovers before it that are not settled.
fn comments_on<'a>(
    pipeline: &'a Pipeline,
    handover: &'a Handover,
) -> impl Iterator<Item = &'a Comment> {
    let number = handover.id.number();
    pipeline.comments.iter().filter(move |comment| {
        let of = comment.handover.number();
        of == number || (of < number && comment.settled.is_none())
    })
}

#[derive(Deserialize, IntoParams)]
pub(super) struct ChangesQuery {
    /// The revision to compare with; the one before where left out.
    from: Option<u32>,
    /// The revision that is compared; the newest where left out.
    to: Option<u32>,
}

/// Compares two revisions of a handover: as they are read, block by block, and as they are written, line by line.
#[utoipa::path(get, path = "/api/pipelines/{pipeline}/handovers/{handover}/changes", operation_id = "compare_revisions", tag = "people",
    params(("pipeline" = String, Path,), ("handover" = String, Path,), ChangesQuery),
    responses((status = 200, body = HandoverChanges), (status = 404, body = Problem, content_type = "application/problem+json")))]
pub(super) async fn compare(
    State(relay): State<Relay>,
    caller: Caller,
    Path((pipeline, handover)): Path<(String, String)>,
    Query(ChangesQuery { from, to }): Query<ChangesQuery>,
) -> Answer<HandoverChanges> {
    let pipeline = relay.pipeline(&id(&pipeline)?).await?;
    let handover = find_handover(&pipeline, &handover)?;
    let to = to.unwrap_or_else(|| handover.current().number);
    let from = from.unwrap_or_else(|| to.saturating_sub(1).max(1));
    let (old, new) = (find_revision(handover, from)?, find_revision(handover, to)?);
    let documents = relay.documents();
    let changes = documents.changes(&old.document, &new.document, caller.is_person());
    let changes = changes.await.map_err(RelayError::from)?;
    Ok(Json(HandoverChanges {
        from,
        to,
        blocks: changes.blocks.clone(),
        lines: changes.lines.clone(),
        cut: changes.cut,
    }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DecisionBody {
    /// The decision.
    decision: Verdict,
    /// The revision that was read.
    revision: u32,
    /// What was read, as `shown` names it; checked where given.
    read: Option<DocumentHash>,
    /// What should be different; `request_changes` needs it.
    #[serde(default)]
    review_changes: String,
    /// New comments, and what becomes of earlier ones.
    #[serde(default)]
    review: Review,
    /// Whether it can be taken back for as long as the settings say (`[people] undo_seconds`) before anybody acts on it.
    #[serde(default)]
    undo: bool,
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

/// Decides about a handover. Only people do: an agent gets 403. 202: it can be taken back until
/// `handover.pending.due`, or another person has to accept too: `handover.approval`.
#[utoipa::path(post, path = "/api/pipelines/{pipeline}/handovers/{handover}/decision", tag = "people",
    params(("pipeline" = String, Path,), ("handover" = String, Path,)), request_body = DecisionBody,
    responses((status = 200, body = Decided), (status = 202, body = Summary), (status = 409, body = Problem, content_type = "application/problem+json")))]
pub(super) async fn decide(
    State(relay): State<Relay>,
    State(people): State<Arc<People>>,
    State(longest): State<Undo>,
    caller: Caller,
    by: By,
    Path((pipeline, handover)): Path<(String, String)>,
    StrictBody(body): StrictBody<DecisionBody>,
) -> Result<Response, Problem> {
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
        review,
        undo,
        framed,
    } = body;
    let command = Command::Decide(Proposal {
        handover: handover.clone(),
        revision,
        read,
        decision,
        review_changes,
        review,
        undo_seconds: if undo { longest.0 } else { 0 },
        proof: caller
            .proof(&people, people.confirm.needed(phase.as_str(), framed))
            .await?,
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
    let Some(made) = made else {
        // An acceptance that waits for a second one is none yet.
        let status = Summary::from(&*done.pipeline);
        return Ok((StatusCode::ACCEPTED, Json(status)).into_response());
    };
    Ok(Json(Decided {
        decided: HandoverDecided {
            pipeline: id,
            handover,
            revision,
            decision: made.decision,
            by: made.by,
            note: made.note,
            at: made.at,
            policy_by: made.policy_by.map(|by| *by),
        },
        status: Summary::from(&*done.pipeline),
    })
    .into_response())
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PendingBody {
    /// The revision that was decided about.
    revision: u32,
}

/// The pipeline after a decision was taken back, and what went along with that: a person who decided elsewhere can go on
/// with it.
#[derive(Serialize, ToSchema)]
pub(super) struct TakenBack {
    #[serde(flatten)]
    status: Summary,
    /// The words of the decision.
    review_changes: String,
    /// Its comments, and what was to become of earlier ones.
    review: Review,
}

/// Takes the own decision back, while nobody has acted on it.
#[utoipa::path(post, path = "/api/pipelines/{pipeline}/handovers/{handover}/decision/undo", operation_id = "take_decision_back", tag = "people",
    params(("pipeline" = String, Path,), ("handover" = String, Path,)), request_body = PendingBody,
    responses((status = 200, body = TakenBack), (status = 409, body = Problem, content_type = "application/problem+json")))]
pub(super) async fn take_back(
    State(relay): State<Relay>,
    State(people): State<Arc<People>>,
    caller: Caller,
    by: By,
    Path((pipeline, handover)): Path<(String, String)>,
    StrictBody(PendingBody { revision }): StrictBody<PendingBody>,
) -> Answer<TakenBack> {
    let before = relay.pipeline(&id(&pipeline)?).await?;
    let command = |handover| Command::TakeBack { handover, revision };
    let done = on_pending(&relay, &caller, &pipeline, &handover, command).await?;
    let proposal = before.pending.as_deref().map(|pending| &pending.proposal);
    let proposal = proposal.filter(|proposal| proposal.revision == revision);
    if !done.repeated {
        let handover = &find_handover(&before, &handover)?.id;
        people.note_taken_back(by, handover, revision).await;
    }
    Ok(Json(TakenBack {
        status: Summary::from(&*done.pipeline),
        review_changes: proposal.map_or_else(String::new, |it| it.review_changes.clone()),
        review: proposal.map_or_else(Review::default, |it| it.review.clone()),
    }))
}

/// Carries the own decision out at once that could still be taken back.
#[utoipa::path(post, path = "/api/pipelines/{pipeline}/handovers/{handover}/decision/now", operation_id = "carry_decision_out", tag = "people",
    params(("pipeline" = String, Path,), ("handover" = String, Path,)), request_body = PendingBody,
    responses((status = 200, body = Summary), (status = 409, body = Problem, content_type = "application/problem+json")))]
pub(super) async fn carry_out(
    State(relay): State<Relay>,
    caller: Caller,
    Path((pipeline, handover)): Path<(String, String)>,
    StrictBody(PendingBody { revision }): StrictBody<PendingBody>,
) -> Answer<Summary> {
    let command = |handover| Command::CarryOut { handover, revision };
    let done = on_pending(&relay, &caller, &pipeline, &handover, command).await?;
    Ok(Json(Summary::from(&*done.pipeline)))
}

async fn on_pending(
    relay: &Relay,
    caller: &Caller,
    pipeline: &str,
    handover: &str,
    command: impl FnOnce(HandoverId) -> Command,
) -> Result<Done, Problem> {
    let id = id(pipeline)?;
    let person = caller.person(Action::Decide)?;
    let handover = find_handover(&*relay.pipeline(&id).await?, handover)?
        .id
        .clone();
    let command = command(handover);
    Ok(relay.execute(&id, &command, &person, caller.key()).await?)
}

fn find_revision(handover: &Handover, number: u32) -> Result<&Revision, Refusal> {
    let mut revisions = handover.revisions.iter();
    let revision = revisions.find(|known| known.number == number);
    revision.ok_or_else(|| {
        let newest = handover.current().number;
        unknown(&format!(
            "handover {} has no revision {number}; its newest is {newest}",
            handover.id
        ))
    })
}

fn find_handover<'a>(pipeline: &'a Pipeline, text: &str) -> Result<&'a Handover, Refusal> {
    let id = text
        .parse::<HandoverId>()
        .map_err(|error| unknown(&error.to_string()))?;
    pipeline
        .handover(&id)
        .ok_or_else(|| unknown(&format!("pipeline {} has no handover {id}", pipeline.id)))
}
