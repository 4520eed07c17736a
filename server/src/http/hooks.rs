//! `POST /api/hooks/{client}`: the hooks of assistants.

use std::{convert::Infallible, time::Duration};

use axum::{
    body::{Body, Bytes},
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::Actor;
use futures::{StreamExt, future::BoxFuture, stream};
use serde::Deserialize;
use tokio::time::timeout;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    App,
    caller::{Caller, Path, Query},
};
use crate::{
    hooks::{Answer, HookClient, Moment, Report},
    problem::Problem,
    relay::RelayError,
};

/// An answer that takes longer begins before it is known.
const AT_ONCE: Duration = Duration::from_secs(1);
/// Between two spaces before a late answer. Some clients give a connection up that is silent for five minutes.
const SIGN_EVERY: Duration = Duration::from_secs(15);
/// Longest wait for a person, in seconds: a week-end.
const WAIT_MOST: u64 = 3 * 24 * 60 * 60;
/// The wait where none is asked for, in seconds: under the ten minutes that assistants give a hook.
const WAIT_USUAL: u64 = 590;

/// The routes.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(hook))
}

#[derive(Deserialize, IntoParams)]
struct HookQuery {
    /// Longest wait for a person at the end of a turn, in seconds; at most three days. Less than the assistant gives the hook.
    wait: Option<u64>,
}

/// A hook of an assistant: takes the JSON that the assistant gives it, and answers what the assistant is to be told.
///
/// At the end of a turn it waits until a person has decided, if a handover of that session waits; spaces come before the answer
/// then. Clients: claude-code, codex, gemini, qwen, opencode; acp for the agents of `staffel run`.
#[utoipa::path(post, path = "/api/hooks/{client}", tag = "agents", params(("client" = String, Path,), HookQuery),
    request_body(content = String, content_type = "application/json"),
    responses((status = 200, content_type = "application/json", body = String), (status = 422, body = Problem, content_type = "application/problem+json")))]
async fn hook(
    State(app): State<App>,
    caller: Caller,
    Path(client): Path<String>,
    Query(query): Query<HookQuery>,
    body: Bytes,
) -> Result<Response, Problem> {
    let client: HookClient = client.parse().map_err(|()| unknown(&client))?;
    let report = Report::parse(client, &body).map_err(|error| {
        Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid",
            "A value is not allowed",
            error.to_string(),
        )
    })?;
    let by = caller.agent()?;
    let wait = Duration::from_secs(query.wait.unwrap_or(WAIT_USUAL).min(WAIT_MOST));
    let event = report.event.clone();
    let mut work: BoxFuture<'static, Result<Answer, RelayError>> =
        Box::pin(answer(app, report, by, wait));
    if let Ok(answer) = timeout(AT_ONCE, &mut work).await {
        return Ok(json(Body::from(said(client, &event, &answer?))));
    }
    let late = stream::unfold(Some(work), move |work| {
        let event = event.clone();
        async move {
            let mut work = work?;
            let (bytes, work) = match timeout(SIGN_EVERY, &mut work).await {
                Err(_) => (Bytes::from_static(b" "), Some(work)),
                Ok(Ok(answer)) => (said(client, &event, &answer), None),
                Ok(Err(error)) => {
                    tracing::warn!(
                        "a hook of {} ends without an answer: {error}",
                        client.name()
                    );
                    (said(client, &event, &Answer::Nothing), None)
                }
            };
            Some((bytes, work))
        }
    });
    // A byte at once: the client has the head then, and knows that it is heard.
    let first = stream::iter([Bytes::from_static(b" ")]);
    Ok(json(Body::from_stream(
        first.chain(late).map(Ok::<_, Infallible>),
    )))
}

async fn answer(
    app: App,
    report: Report,
    by: Option<Actor>,
    wait: Duration,
) -> Result<Answer, RelayError> {
    let (hooks, session) = (&app.hooks, &report.session);
    match report.moment {
        Moment::ToolUsed => hooks.tool_used(&report, by.as_ref()).await,
        Moment::TurnEnded => hooks.turn_ended(session, by.as_ref(), wait).await,
        Moment::SessionStarted => hooks.context(session, by.as_ref(), true).await,
        Moment::PersonWrote => hooks.context(session, by.as_ref(), false).await,
        Moment::Other => Ok(Answer::Nothing),
    }
}

fn said(client: HookClient, event: &str, answer: &Answer) -> Bytes {
    client.say(answer, event).into()
}

fn json(body: Body) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}

fn unknown(client: &str) -> Problem {
    let known = HookClient::ALL.map(HookClient::name).join(", ");
    Problem::new(
        StatusCode::NOT_FOUND,
        "not-found",
        "Not found",
        format!("{client:?} is no assistant whose hooks Staffel knows. Allowed: {known}."),
    )
}
