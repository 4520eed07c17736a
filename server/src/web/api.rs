//! The REST API: everything a person can do on the board, a script can do here.

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{
    Command, DocumentHash, Handover, HandoverId, Language, Outcome, Pipeline, PipelineId, Prompt,
    PromptId, Reason, Refusal, Revision, Start, TaskReport, TaskStatus, Timestamp, TrackPlan,
    Verdict, Version, Via,
};
use protocol::{
    Archive, Archived, Detail, HandoverDecided, HandoverView, Page, PromptView, Refused, Summary,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    journal::{self, ListQuery, ListState},
    projections::{ARCHIVED_KEYS, handover_view, prompt_view},
    relay::{Relay, RelayError},
    web::{
        App,
        caller::{Body, Caller, Path, Query},
        error::Problem,
    },
};

/// Most events in one answer.
const EVENTS_MAX: usize = 1_000;

type Answer<T> = Result<Json<T>, Problem>;

/// The routes of the API.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, start))
        .routes(routes!(archive))
        .routes(routes!(unarchive))
        .routes(routes!(read))
        .routes(routes!(report))
        .routes(routes!(hand_over))
        .routes(routes!(read_handover))
        .routes(routes!(decide))
        .routes(routes!(next_prompt))
        .routes(routes!(read_prompt))
        .routes(routes!(offer))
        .routes(routes!(pick_up))
        .routes(routes!(acknowledge))
        .routes(routes!(change_version))
        .routes(routes!(finish))
        .routes(routes!(events))
}

/// Pipelines in one page when nothing is said.
const PAGE_DEFAULT: usize = 50;
/// Most pipelines in one page: about 200 KB.
const PAGE_MAX: usize = 150;
/// Longest text that is searched for, in characters. Nobody types more, and every word costs.
const FIND_MAX: usize = 200;
/// Most words that are searched for.
const WORDS_MAX: usize = 12;
/// Most pipelines that are archived by one request.
const ARCHIVE_MAX: usize = 500;

#[derive(Deserialize, IntoParams)]
struct PipelinesQuery {
    /// `open`, `ended`, `archived`, or `all` (the default).
    state: Option<String>,
    /// Only pipelines of this project.
    project: Option<String>,
    /// Words to find in titles, projects, goals, messages, reviews, handovers and prompts. The newest match comes first.
    q: Option<String>,
    /// Most pipelines in the answer, 1 to 150; 50 where left out.
    limit: Option<usize>,
    /// Where the page begins: `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Lists pipelines, page by page.
#[utoipa::path(get, path = "/api/pipelines", tag = "pipelines", params(PipelinesQuery),
    responses((status = 200, body = Page), (status = 422, body = Problem, content_type = "application/problem+json")))]
async fn list(State(relay): State<Relay>, Query(query): Query<PipelinesQuery>) -> Answer<Page> {
    Ok(Json(relay.list(&list_query(query)?).await?))
}

fn list_query(query: PipelinesQuery) -> Result<ListQuery, Refusal> {
    let named = query.state.as_deref().filter(|state| !state.is_empty());
    let state = match named.unwrap_or("all") {
        "all" => None,
        "open" => Some(ListState::Open),
        "ended" => Some(ListState::Ended),
        "archived" => Some(ListState::Archived),
        other => {
            return Err(invalid(
                format!("`state` is {:?}.", protocol::shorten(other, 40)),
                "open, ended, archived or all.",
            ));
        }
    };
    let cursor = query.cursor.filter(|cursor| !cursor.is_empty());
    let cursor = cursor.map(|cursor| {
        cursor.parse().map_err(|_| {
            invalid(
                format!(
                    "`cursor` is {:?}, which is no cursor.",
                    protocol::shorten(&cursor, 40)
                ),
                "`next_cursor` of the page before, unchanged.",
            )
        })
    });
    let find = query.q.unwrap_or_default();
    let length = find.chars().count();
    if length > FIND_MAX {
        return Err(invalid(
            format!("`q` has {length} characters."),
            format!("at most {FIND_MAX}."),
        ));
    }
    // As the index sees them: letters and digits.
    let words = find
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    let words: Vec<_> = words.take(WORDS_MAX).map(str::to_owned).collect();
    if words.is_empty() && !find.trim().is_empty() {
        return Err(invalid(
            format!("`q` is {find:?}, in which there is no word."),
            "words of letters and digits.",
        ));
    }
    // Archived pipelines come when they are asked for, and by search.
    let without_archived = named.is_none() && words.is_empty();
    Ok(ListQuery {
        state,
        keys_below: without_archived.then_some(ARCHIVED_KEYS),
        project: query.project.filter(|project| !project.is_empty()),
        words,
        cursor: cursor.transpose()?,
        limit: query.limit.unwrap_or(PAGE_DEFAULT).clamp(1, PAGE_MAX),
    })
}

fn invalid(what: String, allowed: impl Into<String>) -> Refusal {
    Refusal::new(
        Reason::Invalid,
        what,
        allowed,
        "Send the request again within these bounds.",
    )
}

/// Archives ended pipelines: lists leave them out unless they are asked for.
#[utoipa::path(post, path = "/api/pipelines/archive", tag = "people", request_body = Archive,
    responses((status = 200, body = Archived), (status = 422, body = Problem, content_type = "application/problem+json")))]
async fn archive(
    State(relay): State<Relay>,
    caller: Caller,
    Body(body): Body<Archive>,
) -> Answer<Archived> {
    for_each(&relay, &caller, body, &Command::Archive).await
}

/// Brings archived pipelines back.
#[utoipa::path(post, path = "/api/pipelines/unarchive", tag = "people", request_body = Archive,
    responses((status = 200, body = Archived), (status = 422, body = Problem, content_type = "application/problem+json")))]
async fn unarchive(
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
    let person = caller.person()?;
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

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct StartBody {
    /// The project it belongs to.
    project: String,
    /// What the board calls it.
    title: String,
    /// What it is to achieve; goes into every prompt.
    #[serde(default)]
    goal: String,
    /// Its phases in order; VAN, PLAN, CREATE, IMPLEMENT, REFLECT where left out.
    #[serde(default)]
    phases: Vec<String>,
    /// The phase to begin with.
    first_phase: Option<String>,
    /// The cycle version, as text.
    #[serde(default)]
    version: Version,
    /// Tracks and tasks that are known already.
    #[serde(default)]
    tracks: Vec<TrackPlan>,
    /// The language of its prompts.
    #[serde(default)]
    language: Language,
}

/// Starts a pipeline.
#[utoipa::path(post, path = "/api/pipelines", tag = "pipelines", request_body = StartBody,
    responses((status = 201, body = Summary), (status = 422, body = Problem, content_type = "application/problem+json")))]
async fn start(
    State(relay): State<Relay>,
    caller: Caller,
    Body(body): Body<StartBody>,
) -> Result<Response, Problem> {
    let StartBody {
        project,
        title,
        goal,
        phases,
        first_phase,
        version,
        tracks,
        language,
    } = body;
    let start = Start {
        project,
        title,
        goal,
        phases,
        first_phase,
        version,
        tracks,
        language,
        demo: false,
    };
    let done = relay.start(&start, &caller.agent()?, caller.key()).await?;
    let location = format!("/api/pipelines/{}", done.pipeline.id);
    Ok((
        StatusCode::CREATED,
        [(header::LOCATION, location)],
        Json(Summary::from(&*done.pipeline)),
    )
        .into_response())
}

/// Reads a pipeline.
#[utoipa::path(get, path = "/api/pipelines/{pipeline}", tag = "pipelines", params(("pipeline" = String, Path,)),
    responses((status = 200, body = Detail), (status = 404, body = Problem, content_type = "application/problem+json")))]
async fn read(State(relay): State<Relay>, Path(pipeline): Path<String>) -> Answer<Detail> {
    Ok(Json(Detail::from(&*relay.pipeline(&id(&pipeline)?).await?)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReportBody {
    /// The phase the agent believes to be in; checked where given.
    phase: Option<String>,
    /// The progress it claims, 0 to 100.
    progress: Option<i64>,
    /// A line of text for the board.
    message: Option<String>,
    /// Tasks that are new or changed.
    #[serde(default)]
    tasks: Vec<TaskBody>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TaskBody {
    /// The track it is on.
    track: Option<String>,
    /// Its name.
    name: String,
    /// What sort of work.
    kind: Option<String>,
    /// How far it is.
    status: TaskStatus,
}

/// Reports progress.
#[utoipa::path(post, path = "/api/pipelines/{pipeline}/reports", tag = "agents", params(("pipeline" = String, Path,)), request_body = ReportBody,
    responses((status = 200, body = Summary), (status = 409, body = Problem, content_type = "application/problem+json")))]
async fn report(
    State(relay): State<Relay>,
    caller: Caller,
    Path(pipeline): Path<String>,
    Body(body): Body<ReportBody>,
) -> Answer<Summary> {
    let task = |TaskBody {
                    track,
                    name,
                    kind,
                    status,
                }| TaskReport {
        track,
        name,
        kind,
        status,
    };
    let ReportBody {
        phase,
        progress,
        message,
        tasks,
    } = body;
    let command = Command::Report {
        phase,
        progress,
        message,
        tasks: tasks.into_iter().map(task).collect(),
    };
    let done = relay
        .execute(&id(&pipeline)?, &command, &caller.agent()?, caller.key())
        .await?;
    Ok(Json(Summary::from(&*done.pipeline)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct HandOverBody {
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
async fn hand_over(
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
        .execute(&id(&pipeline)?, &command, &caller.agent()?, caller.key())
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
struct RevisionQuery {
    /// The revision to read; the newest where left out.
    revision: Option<u32>,
}

/// Reads a revision of a handover.
#[utoipa::path(get, path = "/api/pipelines/{pipeline}/handovers/{handover}", tag = "people",
    params(("pipeline" = String, Path,), ("handover" = String, Path,), RevisionQuery),
    responses((status = 200, body = HandoverView), (status = 404, body = Problem, content_type = "application/problem+json")))]
async fn read_handover(
    State(relay): State<Relay>,
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
    Ok(Json(view_of(&relay, &pipeline, handover, revision).await?))
}

/// A revision with its text and its HTML.
async fn view_of(
    relay: &Relay,
    pipeline: &Pipeline,
    handover: &Handover,
    revision: &Revision,
) -> Result<HandoverView, RelayError> {
    let text = relay.documents().text(&revision.document).await?;
    let page = relay.documents().html(&revision.document).await?;
    Ok(HandoverView {
        html: Some(page.html.to_string()),
        rendering: Some(page.rendering),
        ..handover_view(pipeline, handover, revision, &text)
    })
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DecisionBody {
    /// The decision.
    decision: Verdict,
    /// The revision that was read.
    revision: u32,
    /// The hash of the text that was read; checked where given.
    read: Option<DocumentHash>,
    /// What should be different; `request_changes` needs it.
    #[serde(default)]
    review_changes: String,
}

/// A decision, and the pipeline after it.
#[derive(Serialize, ToSchema)]
struct Decided {
    #[serde(flatten)]
    decided: HandoverDecided,
    status: Summary,
}

/// Decides about a handover. Only people do: an agent gets 403.
#[utoipa::path(post, path = "/api/pipelines/{pipeline}/handovers/{handover}/decision", tag = "people",
    params(("pipeline" = String, Path,), ("handover" = String, Path,)), request_body = DecisionBody,
    responses((status = 200, body = Decided), (status = 409, body = Problem, content_type = "application/problem+json")))]
async fn decide(
    State(relay): State<Relay>,
    caller: Caller,
    Path((pipeline, handover)): Path<(String, String)>,
    Body(body): Body<DecisionBody>,
) -> Answer<Decided> {
    let id = id(&pipeline)?;
    let handover = find_handover(&*relay.pipeline(&id).await?, &handover)?
        .id
        .clone();
    let DecisionBody {
        decision,
        revision,
        read,
        review_changes,
    } = body;
    let command = Command::Decide {
        handover: handover.clone(),
        revision,
        read,
        decision,
        review_changes,
    };
    let done = relay
        .execute(&id, &command, &caller.person()?, caller.key())
        .await?;
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

/// Reads the newest prompt.
#[utoipa::path(get, path = "/api/pipelines/{pipeline}/prompts/next", tag = "agents", params(("pipeline" = String, Path,)),
    responses((status = 200, body = PromptView), (status = 404, body = Problem, content_type = "application/problem+json")))]
async fn next_prompt(
    State(relay): State<Relay>,
    Path(pipeline): Path<String>,
) -> Answer<PromptView> {
    let pipeline = relay.pipeline(&id(&pipeline)?).await?;
    let prompt = pipeline
        .prompts
        .last()
        .ok_or_else(|| nothing("prompt", pipeline.id.as_str()))?;
    let text = relay.documents().text(&prompt.document).await?;
    Ok(Json(prompt_view(&pipeline, prompt, &text)))
}

/// Reads a prompt.
#[utoipa::path(get, path = "/api/pipelines/{pipeline}/prompts/{prompt}", tag = "agents",
    params(("pipeline" = String, Path,), ("prompt" = String, Path,)),
    responses((status = 200, body = PromptView), (status = 404, body = Problem, content_type = "application/problem+json")))]
async fn read_prompt(
    State(relay): State<Relay>,
    Path((pipeline, prompt)): Path<(String, String)>,
) -> Answer<PromptView> {
    let pipeline = relay.pipeline(&id(&pipeline)?).await?;
    let prompt = prompt_in(&pipeline, &prompt)?;
    let text = relay.documents().text(&prompt.document).await?;
    Ok(Json(prompt_view(&pipeline, prompt, &text)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ViaBody {
    /// Which way.
    via: Via,
}

/// Records that a prompt was offered: copied, or opened by a link.
#[utoipa::path(post, path = "/api/pipelines/{pipeline}/prompts/{prompt}/offers", tag = "people",
    params(("pipeline" = String, Path,), ("prompt" = String, Path,)), request_body = ViaBody, responses((status = 200, body = PromptView)))]
async fn offer(
    State(relay): State<Relay>,
    caller: Caller,
    Path((pipeline, prompt)): Path<(String, String)>,
    Body(ViaBody { via }): Body<ViaBody>,
) -> Answer<PromptView> {
    let actor = caller.person()?;
    carry(&relay, &caller, &pipeline, &prompt, &actor, |prompt| {
        Command::OfferPrompt { prompt, via }
    })
    .await
}

/// Records that an agent has a prompt; the phase it is for begins.
#[utoipa::path(post, path = "/api/pipelines/{pipeline}/prompts/{prompt}/pickup", tag = "agents",
    params(("pipeline" = String, Path,), ("prompt" = String, Path,)), responses((status = 200, body = PromptView)))]
async fn pick_up(
    State(relay): State<Relay>,
    caller: Caller,
    Path((pipeline, prompt)): Path<(String, String)>,
) -> Answer<PromptView> {
    let actor = caller.agent()?;
    carry(&relay, &caller, &pipeline, &prompt, &actor, |prompt| {
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
async fn acknowledge(
    State(relay): State<Relay>,
    caller: Caller,
    Path((pipeline, prompt)): Path<(String, String)>,
) -> Answer<PromptView> {
    let actor = caller.agent()?;
    carry(&relay, &caller, &pipeline, &prompt, &actor, |prompt| {
        Command::AcknowledgePrompt { prompt }
    })
    .await
}

async fn carry(
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

/// Changes the cycle version.
#[utoipa::path(post, path = "/api/pipelines/{pipeline}/version", tag = "people", params(("pipeline" = String, Path,)), request_body = Version,
    responses((status = 200, body = Summary)))]
async fn change_version(
    State(relay): State<Relay>,
    caller: Caller,
    Path(pipeline): Path<String>,
    Body(version): Body<Version>,
) -> Answer<Summary> {
    let done = relay
        .execute(
            &id(&pipeline)?,
            &Command::ChangeVersion { version },
            &caller.person()?,
            caller.key(),
        )
        .await?;
    Ok(Json(Summary::from(&*done.pipeline)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FinishBody {
    /// How it ends.
    outcome: Outcome,
    /// A closing line.
    message: Option<String>,
}

/// Ends a pipeline.
#[utoipa::path(post, path = "/api/pipelines/{pipeline}/finish", tag = "agents", params(("pipeline" = String, Path,)), request_body = FinishBody,
    responses((status = 200, body = Summary)))]
async fn finish(
    State(relay): State<Relay>,
    caller: Caller,
    Path(pipeline): Path<String>,
    Body(body): Body<FinishBody>,
) -> Answer<Summary> {
    let FinishBody { outcome, message } = body;
    let done = relay
        .execute(
            &id(&pipeline)?,
            &Command::Finish { outcome, message },
            &caller.agent()?,
            caller.key(),
        )
        .await?;
    Ok(Json(Summary::from(&*done.pipeline)))
}

#[derive(Deserialize, IntoParams)]
struct EventsQuery {
    /// Only events after this position.
    #[serde(default)]
    after: u64,
    /// Most events in the answer, 1 to 1,000.
    limit: Option<usize>,
}

/// Facts of one pipeline, as they lie in the journal.
#[derive(Serialize, ToSchema)]
struct Events {
    events: Vec<EventBody>,
    /// The newest position of the journal.
    head: u64,
}

#[derive(Serialize, ToSchema)]
struct EventBody {
    position: u64,
    pipeline: PipelineId,
    revision: u64,
    at: Timestamp,
    actor: domain::Actor,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[schema(value_type = domain::Event)]
    event: Box<RawValue>,
}

/// Reads the facts of a pipeline after a position.
#[utoipa::path(get, path = "/api/pipelines/{pipeline}/events", tag = "pipelines", params(("pipeline" = String, Path,), EventsQuery),
    responses((status = 200, body = Events)))]
async fn events(
    State(relay): State<Relay>,
    Path(pipeline): Path<String>,
    Query(query): Query<EventsQuery>,
) -> Answer<Events> {
    let EventsQuery { after, limit } = query;
    let id = id(&pipeline)?;
    relay.pipeline(&id).await?;
    // The head first: events that arrive in between are in the next answer, none is skipped.
    let (_, head) = relay.live().bounds();
    let stored = relay
        .events(
            &id,
            after.min(head),
            limit.unwrap_or(EVENTS_MAX).clamp(1, EVENTS_MAX),
        )
        .await?;
    let events = stored
        .into_iter()
        .filter(|stored| stored.position <= head)
        .map(|stored| {
            let journal::Stored {
                position,
                pipeline,
                revision,
                at,
                actor,
                key,
                event,
                ..
            } = stored;
            let event = RawValue::from_string(event).map_err(|error| {
                Problem::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "unreadable",
                    "Unreadable event",
                    error.to_string(),
                )
            })?;
            Ok(EventBody {
                position,
                pipeline,
                revision,
                at,
                actor,
                key,
                event,
            })
        });
    Ok(Json(Events {
        events: events.collect::<Result<_, Problem>>()?,
        head,
    }))
}

fn id(text: &str) -> Result<PipelineId, Refusal> {
    text.parse()
        .map_err(|error: domain::InvalidId| unknown(&error.to_string()))
}

fn find_handover<'a>(pipeline: &'a Pipeline, text: &str) -> Result<&'a Handover, Refusal> {
    let id = text
        .parse::<HandoverId>()
        .map_err(|error| unknown(&error.to_string()))?;
    pipeline
        .handover(&id)
        .ok_or_else(|| unknown(&format!("pipeline {} has no handover {id}", pipeline.id)))
}

fn prompt_in<'a>(pipeline: &'a Pipeline, text: &str) -> Result<&'a Prompt, Refusal> {
    let id = text
        .parse::<PromptId>()
        .map_err(|error| unknown(&error.to_string()))?;
    pipeline
        .prompt(&id)
        .ok_or_else(|| unknown(&format!("pipeline {} has no prompt {id}", pipeline.id)))
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
