//! `ask_person`: a question in the middle of a phase, and the wait for its answer.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use domain::{
    Actor, Asked, Command, FieldKind, Pipeline, Question, QuestionField, QuestionId, QuestionKind,
    Reason, Refusal,
};
use rmcp::{
    RoleServer,
    model::{CallToolResponse, JsonObject, Tool},
    service::RequestContext,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Nature, answer::Answer, arguments::parse, await_handover_decision::span, describe,
    find::unknown_id, words::board_url,
};
use crate::{
    mcp::{asking::Brought, caller, handler::Handler, waiting::Waited},
    relay::RelayError,
};

/// Bounds of a wait in seconds, as in `await_handover_decision`; 0 asks and does not wait.
const WAIT: std::ops::RangeInclusive<i64> = 0..=50;
const WAIT_DEFAULT: i64 = 45;

/// Arguments of `ask_person`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Ask {
    /// What you want to know, in plain words and with all that is needed to answer; Markdown, at most 4 KiB. Left out where
    /// you wait for an earlier question.
    pub question: Option<String>,
    /// How it is answered: text (default), choice, confirm (yes or no), or form.
    #[schemars(with = "Option<KindCode>")]
    pub kind: Option<KindCode>,
    /// What can be chosen, with kind=choice: 2 to 20 short lines, the one you would take first. The person may answer otherwise.
    pub options: Vec<String>,
    /// What is to be filled in, with kind=form.
    pub fields: Vec<Field>,
    /// Whether you wait for the answer (default), or go on and get it with the answer of a later call.
    pub blocking: bool,
    /// Longest time to wait before the answer is "pending", 0 to 50 seconds. Default: 45, and 0 where you do not wait.
    #[schemars(range(min = 0, max = 50))]
    pub wait_seconds: Option<i64>,
    /// The id of an earlier question, to wait for its answer.
    pub question_id: Option<String>,
    /// Its id. Default: your one open pipeline.
    pub pipeline: Option<String>,
}

impl Default for Ask {
    fn default() -> Self {
        Self {
            question: None,
            kind: None,
            options: Vec::new(),
            fields: Vec::new(),
            blocking: true,
            wait_seconds: None,
            question_id: None,
            pipeline: None,
        }
    }
}

/// How a question is answered.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(rename_all = "snake_case")]
pub enum KindCode {
    Text,
    Choice,
    Confirm,
    Form,
}

/// What is to be filled in.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Its name, unique in the form; the person sees it.
    pub name: String,
    /// What it takes: text (default), number, choice, or confirm (yes or no).
    #[serde(default)]
    #[schemars(with = "Option<FieldCode>")]
    pub kind: Option<FieldCode>,
    /// What can be chosen, with kind=choice.
    #[serde(default)]
    pub options: Vec<String>,
    /// Whether it may not be left empty.
    #[serde(default)]
    pub required: bool,
}

/// What a field takes.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(rename_all = "snake_case")]
pub enum FieldCode {
    Text,
    Number,
    Choice,
    Confirm,
}

pub const NAME: &str = "ask_person";

pub fn tool() -> Tool {
    describe::<Ask, Reply>(
        NAME,
        "Ask a person",
        "Asks a person something in the middle of a phase and waits for the answer. Use it where only a person can know or decide, \
         not for progress. Returns status=\"pending\" when wait_seconds run out: call it again with question_id. The answer is never \
         lost.",
        Nature::Adds,
    )
}

pub async fn call(
    handler: &Handler,
    given: JsonObject,
    actor: &Actor,
    brought: &Brought,
    context: &RequestContext<RoleServer>,
) -> Result<CallToolResponse, RelayError> {
    let given: Ask = parse(NAME, given)?;
    let blocking = given.blocking;
    let seconds = given
        .wait_seconds
        .unwrap_or(if blocking { WAIT_DEFAULT } else { 0 });
    let longest = u64::try_from(seconds)
        .ok()
        .filter(|_| WAIT.contains(&seconds))
        .map(Duration::from_secs)
        .ok_or_else(|| {
            Refusal::new(
                Reason::Invalid,
                format!("`wait_seconds` is {seconds}."),
                "0 to 50.",
                "Call again with wait_seconds within the bounds; a wait can be repeated as often as needed.",
            )
        })?;
    // A call that comes back with a form is about the question of that form, also where it was answered meanwhile.
    let known_id = match &given.question_id {
        Some(text) => Some(
            text.trim()
                .parse()
                .map_err(|error: domain::InvalidId| unknown_id(&error))?,
        ),
        None => handler.brought_question(brought, actor),
    };
    let (pipeline, id) = match known_id {
        Some(id) => (handler.relay.pipeline(id.pipeline()).await?, id),
        None => {
            let key = caller::key(context);
            handler.ask(given, actor, key.as_deref()).await?
        }
    };
    known(&pipeline, &id)?;
    let begun = Instant::now();
    if let Some(form) = handler
        .asks_question(&pipeline, &id, actor, brought, context)
        .await?
    {
        return Ok(form);
    }
    handler
        .wait_for_answer(&pipeline, &id, longest, context)
        .await?;
    let mut pipeline = handler.relay.pipeline(&pipeline.id).await?;
    let answered = known(&pipeline, &id)?.answer.is_some();
    // A call that was cancelled has nobody to give the answer to.
    if answered && !context.ct.is_cancelled() {
        let deliver = Command::DeliverAnswer {
            question: id.clone(),
            with: NAME.to_owned(),
        };
        pipeline = handler
            .relay
            .execute(&pipeline.id, &deliver, actor, None)
            .await?
            .pipeline;
    }
    let subject = id.to_string();
    let waited = handler.unanswered_waits.add(&subject, 0, begun.elapsed());
    if answered || pipeline.status.has_ended() {
        handler.unanswered_waits.remove(&subject);
    }
    let question = known(&pipeline, &id)?;
    Ok(Reply::new(&pipeline, question, waited, &handler.board)
        .into_result()
        .into())
}

fn known<'a>(pipeline: &'a Pipeline, id: &QuestionId) -> Result<&'a Question, Refusal> {
    pipeline.question(id).ok_or_else(|| {
        Refusal::new(
            Reason::NotFound,
            format!("There is no question {id}, or it is long ago."),
            "a question_id as ask_person returned it.",
            "Ask again with `question`.",
        )
    })
}

impl Handler {
    /// Asks, and says under which id. The same question that waits already is not asked twice, nor is one that was answered
    /// since by a call that comes again.
    async fn ask(
        &self,
        given: Ask,
        actor: &Actor,
        key: Option<&str>,
    ) -> Result<(std::sync::Arc<Pipeline>, QuestionId), RelayError> {
        let question = given.question.ok_or_else(|| {
            Refusal::new(
                Reason::Invalid,
                "`question` is missing.",
                "a question, or the question_id of an earlier one.",
                "Call ask_person with `question`.",
            )
        })?;
        let pipeline = self.find(given.pipeline.as_deref(), actor).await?;
        let field = |field: Field| QuestionField {
            name: field.name,
            kind: match field.kind {
                None | Some(FieldCode::Text) => FieldKind::Text,
                Some(FieldCode::Number) => FieldKind::Number,
                Some(FieldCode::Choice) => FieldKind::Choice,
                Some(FieldCode::Confirm) => FieldKind::Confirm,
            },
            options: field.options,
            required: field.required,
        };
        let asked = Asked {
            question,
            kind: match given.kind {
                None | Some(KindCode::Text) => QuestionKind::Text,
                Some(KindCode::Choice) => QuestionKind::Choice,
                Some(KindCode::Confirm) => QuestionKind::Confirm,
                Some(KindCode::Form) => QuestionKind::Form,
            },
            options: given.options,
            fields: given.fields.into_iter().map(field).collect(),
            blocking: given.blocking,
        };
        let ask = Command::Ask(asked.clone());
        let asking = self.relay.execute(&pipeline.id, &ask, actor, key).await;
        let done = match asking {
            // Some clients number all their calls alike: this is another one.
            Err(RelayError::KeyReuse(_)) => {
                let relay = &self.relay;
                relay.execute(&pipeline.id, &ask, actor, None).await?
            }
            done => done?,
        };
        let waiting = done.pipeline.waiting_question(&asked);
        // Or it was answered meanwhile; its words may be masked.
        let question = waiting
            .or_else(|| done.pipeline.newest_question(&asked))
            .or(done.pipeline.questions.last());
        match question.map(|question| question.id.clone()) {
            Some(id) => Ok((done.pipeline, id)),
            None => Err(no_question(&pipeline).into()),
        }
    }
}

fn no_question(pipeline: &Pipeline) -> Refusal {
    Refusal::new(
        Reason::NotFound,
        format!("Pipeline {} has no question.", pipeline.id),
        "asking one.",
        "Call ask_person with `question`.",
    )
}

/// Answer of `ask_person`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reply {
    /// answered, pending, or ended (the pipeline ended without an answer).
    pub status: String,
    /// The id of the question, to wait for its answer.
    pub question_id: String,
    /// The answer: the words, the option, or yes or no; null while there is none.
    pub answer: Option<String>,
    /// The values of a form.
    pub fields: BTreeMap<String, String>,
    /// Who answered.
    pub answered_by: Option<String>,
    /// The pipeline id.
    pub pipeline: String,
    /// What to do next.
    pub next_step: String,
}

impl Reply {
    fn new(pipeline: &Pipeline, question: &Question, waited: Waited, board: &str) -> Self {
        let id = &question.id;
        let again = format!("Call ask_person(question_id=\"{id}\") again");
        let (status, next_step) = match &question.answer {
            Some(_) => (
                "answered",
                "Go on with your work; heed the answer.".to_owned(),
            ),
            None if pipeline.status.has_ended() => {
                ("ended", "The pipeline has ended. Tell the user.".to_owned())
            }
            None if !question.asked.blocking => (
                "pending",
                "Go on with your work. The answer comes with a later call.".to_owned(),
            ),
            // Its hook waits without tokens.
            None if pipeline.session.is_some() => (
                "pending",
                format!(
                    "Nobody has answered yet. Go on with what does not depend on it, or end your turn and tell the user that the \
                     question waits at {}: a hook of your assistant wakes this session with the answer.",
                    board_url(board, pipeline)
                ),
            ),
            None if waited.is_enough() => (
                "pending",
                format!(
                    "Nobody has answered after {}. End your turn now and tell the user that the question waits at {}. \
                     The answer will wait too: {again} when you go on.",
                    span(waited.in_all),
                    board_url(board, pipeline)
                ),
            ),
            None => (
                "pending",
                format!(
                    "Nobody has answered yet. {again} ({} of {} are over), or go on with what does not depend on it.",
                    span(waited.in_all),
                    span(waited.most)
                ),
            ),
        };
        let answer = question.answer.as_ref();
        Self {
            status: status.to_owned(),
            question_id: id.to_string(),
            answer: answer.map(|made| made.reply.line()),
            fields: answer
                .map(|made| made.reply.fields.clone())
                .unwrap_or_default(),
            answered_by: answer.map(|made| made.by.name.clone()),
            pipeline: pipeline.id.to_string(),
            next_step,
        }
    }
}

impl Answer for Reply {
    fn line(&self) -> String {
        let Self {
            status,
            question_id,
            next_step,
            ..
        } = self;
        let answer = match (&self.answered_by, &self.answer) {
            (Some(by), Some(answer)) => format!(" by {by}: {answer}\n"),
            _ => ".".to_owned(),
        };
        format!("Question {question_id}: {status}{answer} Next: {next_step}")
    }
}
