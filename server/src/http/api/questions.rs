//! Questions of agents: ask, wait for the answer, answer.

use std::{sync::Arc, time::Duration};

use axum::{Json, extract::State, http::StatusCode, response::IntoResponse, response::Response};
use domain::{
    Asked, Command, FieldKind, Pipeline, QuestionField, QuestionId, QuestionKind, Refusal, Reply,
};
use protocol::QuestionView;
use serde::Deserialize;
use tokio::time::{Instant, sleep_until};
use utoipa::{IntoParams, ToSchema};

use super::{Answer, id, nothing, unknown};
use crate::{
    access::Action,
    http::caller::{Body, Caller, Path, Query},
    people::People,
    problem::Problem,
    relay::{Relay, RelayError},
};

/// Longest wait for an answer in one request, in seconds: proxies give up a silent one after a minute.
const WAIT_MOST: u64 = 50;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AskBody {
    /// What is asked, in Markdown; at most 4 KiB.
    question: String,
    /// How it is answered.
    #[serde(default)]
    kind: Kind,
    /// What can be chosen, of a `choice`.
    #[serde(default)]
    options: Vec<String>,
    /// What is to be filled in, of a `form`.
    #[serde(default)]
    fields: Vec<FieldBody>,
    /// Whether the agent waits for the answer before it goes on.
    #[serde(default = "yes")]
    blocking: bool,
}

fn yes() -> bool {
    true
}

/// How a question is answered. Stored questions may have kinds that this version does not know; a request may not.
#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    #[default]
    Text,
    Choice,
    Confirm,
    Form,
}

/// What is to be filled in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FieldBody {
    /// Its name, unique in the form.
    name: String,
    /// What it takes.
    #[serde(default)]
    kind: ValueKind,
    /// What can be chosen, of a `choice`.
    #[serde(default)]
    options: Vec<String>,
    /// Whether it may not be left empty.
    #[serde(default)]
    required: bool,
}

/// What a field takes.
#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ValueKind {
    #[default]
    Text,
    Number,
    Choice,
    Confirm,
}

impl From<AskBody> for Asked {
    fn from(body: AskBody) -> Self {
        let field = |field: FieldBody| QuestionField {
            name: field.name,
            kind: match field.kind {
                ValueKind::Text => FieldKind::Text,
                ValueKind::Number => FieldKind::Number,
                ValueKind::Choice => FieldKind::Choice,
                ValueKind::Confirm => FieldKind::Confirm,
            },
            options: field.options,
            required: field.required,
        };
        Self {
            question: body.question,
            kind: match body.kind {
                Kind::Text => QuestionKind::Text,
                Kind::Choice => QuestionKind::Choice,
                Kind::Confirm => QuestionKind::Confirm,
                Kind::Form => QuestionKind::Form,
            },
            options: body.options,
            fields: body.fields.into_iter().map(field).collect(),
            blocking: body.blocking,
        }
    }
}

/// Asks a person something in the middle of a phase. The same question that waits already is not asked twice.
#[utoipa::path(post, path = "/api/pipelines/{pipeline}/questions", tag = "agents", params(("pipeline" = String, Path,)), request_body = AskBody,
    responses((status = 201, body = QuestionView), (status = 409, body = Problem, content_type = "application/problem+json")))]
pub(super) async fn ask(
    State(relay): State<Relay>,
    caller: Caller,
    Path(pipeline): Path<String>,
    Body(body): Body<AskBody>,
) -> Result<Response, Problem> {
    let asked = Asked::from(body);
    let ask = Command::Ask(asked.clone());
    let done = relay
        .execute(&id(&pipeline)?, &ask, &caller.reporter()?, caller.key())
        .await?;
    // A repetition may come after the answer.
    let question = done.pipeline.waiting_question(&asked);
    let question = question.or(done.pipeline.questions.last());
    let question = question
        .ok_or_else(|| nothing("question", &pipeline))?
        .id
        .clone();
    let view = view(&done.pipeline, &question)?;
    Ok((StatusCode::CREATED, Json(view)).into_response())
}

#[derive(Deserialize, IntoParams)]
pub(super) struct WaitQuery {
    /// Waits for the answer at most so many seconds, up to 50. An agent that gets it so has it then.
    wait: Option<u64>,
}

/// Reads a question, or waits for its answer.
#[utoipa::path(get, path = "/api/pipelines/{pipeline}/questions/{question}", operation_id = "read_question", tag = "agents",
    params(("pipeline" = String, Path,), ("question" = String, Path,), WaitQuery),
    responses((status = 200, body = QuestionView), (status = 404, body = Problem, content_type = "application/problem+json")))]
pub(super) async fn read(
    State(relay): State<Relay>,
    Path((pipeline, question)): Path<(String, String)>,
    Query(WaitQuery { wait }): Query<WaitQuery>,
) -> Answer<QuestionView> {
    let pipeline = id(&pipeline)?;
    let question = parse(&question)?;
    let Some(wait) = wait else {
        let pipeline = relay.pipeline(&pipeline).await?;
        return Ok(Json(view(&pipeline, &question)?));
    };
    let deadline = Instant::now() + Duration::from_secs(wait.min(WAIT_MOST));
    // Before the first look: no change is missed in between.
    let mut waiter = relay.wait_for(&pipeline)?;
    let mut closing = relay.live().closing();
    loop {
        let pipeline = relay.pipeline(&pipeline).await?;
        let seen = view(&pipeline, &question)?;
        let over = !seen.question.is_open() || pipeline.status.has_ended();
        if over || closing.has_begun() || Instant::now() >= deadline {
            return Ok(Json(seen));
        }
        tokio::select! {
            () = waiter.changed() => {}
            () = sleep_until(deadline) => {}
            () = closing.begun() => {}
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AnswerBody {
    /// The words, one of the options, or `yes` or `no`. May be left out where a form is filled in.
    #[serde(default)]
    answer: String,
    /// The values of a form, by the names of its fields.
    #[serde(default)]
    fields: std::collections::BTreeMap<String, String>,
}

/// Answers a question. Only people do: an agent gets 403.
#[utoipa::path(post, path = "/api/pipelines/{pipeline}/questions/{question}/answer", tag = "people",
    params(("pipeline" = String, Path,), ("question" = String, Path,)), request_body = AnswerBody,
    responses((status = 200, body = QuestionView), (status = 409, body = Problem, content_type = "application/problem+json")))]
pub(super) async fn answer(
    State(relay): State<Relay>,
    State(people): State<Arc<People>>,
    caller: Caller,
    Path((pipeline, question)): Path<(String, String)>,
    Body(body): Body<AnswerBody>,
) -> Answer<QuestionView> {
    let person = caller.person(Action::Answer)?;
    let question = parse(&question)?;
    let command = Command::AnswerQuestion {
        question: question.clone(),
        reply: Reply {
            answer: body.answer,
            fields: body.fields,
        },
        proof: caller.proof(&people, None).await?,
    };
    let done = relay
        .execute(&id(&pipeline)?, &command, &person, caller.key())
        .await?;
    Ok(Json(view(&done.pipeline, &question)?))
}

/// Notes that the agent has the answer.
#[utoipa::path(post, path = "/api/pipelines/{pipeline}/questions/{question}/receipt", tag = "agents",
    params(("pipeline" = String, Path,), ("question" = String, Path,)),
    responses((status = 200, body = QuestionView), (status = 404, body = Problem, content_type = "application/problem+json")))]
pub(super) async fn receive(
    State(relay): State<Relay>,
    caller: Caller,
    Path((pipeline, question)): Path<(String, String)>,
) -> Answer<QuestionView> {
    let reporter = caller.reporter()?;
    let question = parse(&question)?;
    let command = Command::DeliverAnswer {
        question: question.clone(),
        with: "REST".to_owned(),
    };
    let done = relay
        .execute(&id(&pipeline)?, &command, &reporter, caller.key())
        .await?;
    Ok(Json(view(&done.pipeline, &question)?))
}

fn parse(text: &str) -> Result<QuestionId, Refusal> {
    text.parse()
        .map_err(|error: domain::InvalidId| unknown(&error.to_string()))
}

fn view(pipeline: &Pipeline, id: &QuestionId) -> Result<QuestionView, RelayError> {
    let question = pipeline
        .question(id)
        .ok_or_else(|| unknown(&format!("pipeline {} has no question {id}", pipeline.id)))?;
    Ok(QuestionView {
        pipeline: pipeline.id.clone(),
        question: question.clone(),
    })
}
