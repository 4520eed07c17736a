//! Pipelines: list, start, read, change the version, end.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{Command, Language, Outcome, Refusal, Start, TrackPlan, Version};
use protocol::{Detail, Page, Summary};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{
    Answer, carry_out, id, invalid,
    policies::{PlannedPolicy, planned},
};
use crate::{
    access::Action,
    http::caller::{Body, Caller, Path, Query},
    journal::{ListQuery, ListState},
    people::People,
    problem::Problem,
    projections::ARCHIVED_KEYS,
    relay::Relay,
};

/// Pipelines in one page when nothing is said.
const PAGE_DEFAULT: usize = 50;
/// Most pipelines in one page: about 200 KB.
const PAGE_MAX: usize = 150;
/// Longest text that is searched for, in characters. Nobody types more, and every word costs.
const FIND_MAX: usize = 200;
/// Most words that are searched for.
const WORDS_MAX: usize = 12;

#[derive(Deserialize, IntoParams)]
pub(super) struct PipelinesQuery {
    /// `open`, `ended`, `archived` or `all`. Where it is left out: all that are not archived, and with `q` all.
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
pub(super) async fn list(
    State(relay): State<Relay>,
    Query(query): Query<PipelinesQuery>,
) -> Answer<Page> {
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

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct StartBody {
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
    /// How the handovers of phases come to their decisions; only a person at a browser names any. People are asked otherwise.
    #[serde(default)]
    policies: Vec<PlannedPolicy>,
}

/// Starts a pipeline.
#[utoipa::path(post, path = "/api/pipelines", tag = "pipelines", request_body = StartBody,
    responses((status = 201, body = Summary), (status = 422, body = Problem, content_type = "application/problem+json")))]
pub(super) async fn start(
    State(relay): State<Relay>,
    State(people): State<Arc<People>>,
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
        policies,
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
        policies: planned(policies, &caller, &people).await?,
    };
    let done = relay
        .start(&start, &caller.reporter()?, caller.key())
        .await?;
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
pub(super) async fn read(
    State(relay): State<Relay>,
    Path(pipeline): Path<String>,
) -> Answer<Detail> {
    Ok(Json(Detail::from(&*relay.pipeline(&id(&pipeline)?).await?)))
}

/// The versions of a cycle; what is left out is taken out.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CycleVersionBody {
    /// The cycle before it.
    previous: Option<String>,
    /// This cycle.
    current: Option<String>,
    /// The cycle after it.
    next: Option<String>,
}

/// Changes the cycle version.
#[utoipa::path(post, path = "/api/pipelines/{pipeline}/version", tag = "people", params(("pipeline" = String, Path,)), request_body = CycleVersionBody,
    responses((status = 200, body = Summary)))]
pub(super) async fn change_version(
    State(relay): State<Relay>,
    caller: Caller,
    Path(pipeline): Path<String>,
    Body(body): Body<CycleVersionBody>,
) -> Answer<Summary> {
    let version = Version {
        previous: body.previous,
        current: body.current,
        next: body.next,
    };
    let command = Command::ChangeVersion { version };
    carry_out(
        &relay,
        &pipeline,
        &command,
        &caller.person(Action::Decide)?,
        &caller,
    )
    .await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FinishBody {
    /// How it ends.
    outcome: Outcome,
    /// A closing line.
    message: Option<String>,
}

/// Ends a pipeline.
#[utoipa::path(post, path = "/api/pipelines/{pipeline}/finish", tag = "agents", params(("pipeline" = String, Path,)), request_body = FinishBody,
    responses((status = 200, body = Summary)))]
pub(super) async fn finish(
    State(relay): State<Relay>,
    State(people): State<Arc<People>>,
    caller: Caller,
    Path(pipeline): Path<String>,
    Body(body): Body<FinishBody>,
) -> Answer<Summary> {
    let FinishBody { outcome, message } = body;
    let command = Command::Finish { outcome, message };
    let actor = if caller.is_person() {
        // What an agent can only do after a decision is one where a person does it.
        let phase = relay.pipeline(&id(&pipeline)?).await?.phase().name.clone();
        let person = caller.person(Action::Decide)?;
        caller
            .proof(&people, people.confirm.needed(phase.as_str(), false))
            .await?;
        person
    } else {
        caller.reporter()?
    };
    carry_out(&relay, &pipeline, &command, &actor, &caller).await
}
