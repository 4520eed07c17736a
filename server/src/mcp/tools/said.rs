//! What people say comes first in every answer: notes, a pause, answers to questions.

use std::{collections::BTreeMap, sync::Arc};

use domain::{
    Actor, HandoverId, NoteKind, Pipeline, PipelineId, PromptId, QuestionId, text::visible,
};
use rmcp::model::{CallToolResult, ContentBlock, JsonObject};
use serde::Serialize;
use serde_json::Value;

use super::words::word;
use crate::{
    mcp::handler::Handler,
    told::{Told, next_step},
};

/// What every answer has besides its own fields, where there is any.
#[derive(Debug, Serialize)]
pub struct Said {
    /// What a person wants of you now, before anything else.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<SaidNote>,
    /// Answers to your questions that you did not have yet.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<SaidAnswer>,
}

/// What a person told the agent.
#[derive(Debug, Serialize)]
pub struct SaidNote {
    /// Its number.
    pub note: u32,
    /// word (read and heed it), pause (stop working and wait) or go_on.
    pub kind: String,
    /// The words; may be empty.
    pub text: String,
    /// Who wrote it.
    pub by: String,
    /// What to do about it, before anything else.
    pub next_step: String,
}

/// The answer to a question.
#[derive(Debug, Serialize)]
pub struct SaidAnswer {
    /// The question.
    pub question_id: String,
    /// What was asked.
    pub question: String,
    /// The answer in words.
    pub answer: String,
    /// The values of a form.
    pub fields: BTreeMap<String, String>,
    /// Who answered.
    pub by: String,
}

impl Said {
    fn new(told: &Told, pipeline: &Pipeline) -> Self {
        let clean = |text: &str| visible(text).into_owned();
        Self {
            notes: told
                .notes
                .iter()
                .map(|note| SaidNote {
                    note: note.number,
                    kind: word(&note.kind),
                    text: clean(&note.text),
                    by: clean(&note.by.name),
                    next_step: next_step(note, pipeline),
                })
                .collect(),
            answers: told
                .answers
                .iter()
                .filter_map(|question| {
                    let made = question.answer.as_ref()?;
                    let fields = made.reply.fields.iter();
                    Some(SaidAnswer {
                        question_id: question.id.to_string(),
                        question: clean(&question.asked.question),
                        answer: clean(&made.reply.line()),
                        fields: fields
                            .map(|(name, value)| (clean(name), clean(value)))
                            .collect(),
                        by: clean(&made.by.name),
                    })
                })
                .collect(),
        }
    }
}

/// The pipeline that arguments name, whichever way.
pub fn named(given: &JsonObject) -> Option<PipelineId> {
    let text = |name| given.get(name)?.as_str().map(str::trim);
    let pipeline = || text("pipeline")?.parse().ok();
    let handover = || {
        Some(
            text("handover")?
                .parse::<HandoverId>()
                .ok()?
                .pipeline()
                .clone(),
        )
    };
    let prompt = || {
        Some(
            text("prompt_id")?
                .parse::<PromptId>()
                .ok()?
                .pipeline()
                .clone(),
        )
    };
    let question = || {
        Some(
            text("question_id")?
                .parse::<QuestionId>()
                .ok()?
                .pipeline()
                .clone(),
        )
    };
    handover()
        .or_else(prompt)
        .or_else(question)
        .or_else(pipeline)
}

impl Handler {
    /// What this agent is to be told with the answer of a tool, and that it has it then. Only the agent that works on the
    /// pipeline is told: whoever else reads about it takes nothing from it.
    pub(super) async fn say(
        &self,
        tool: &str,
        named: Option<PipelineId>,
        result: Option<&CallToolResult>,
        actor: &Actor,
    ) -> Option<(Told, Arc<Pipeline>)> {
        let answered = || {
            let fields = result?.structured_content.as_ref()?;
            fields.get("pipeline")?.as_str()?.parse().ok()
        };
        let id = match answered().or(named) {
            Some(id) => id,
            None => match self.relay.open_of(&actor.name).as_slice() {
                [only] => only.clone(),
                _ => return None,
            },
        };
        let pipeline = self.relay.pipeline(&id).await.ok()?;
        let works =
            pipeline.agent.as_deref() == Some(&*actor.name) || pipeline.started_by == *actor;
        let told = Told::of(&pipeline, true);
        if !works || told.is_empty() {
            return None;
        }
        if let Err(error) = told.deliver(&self.relay, &pipeline, actor, tool).await {
            tracing::warn!(
                "what people say to {} is not delivered: {error}",
                pipeline.id
            );
            return None;
        }
        Some((told, pipeline))
    }
}

/// Puts what people say before the answer.
pub fn put_first(told: &Told, pipeline: &Pipeline, result: &mut CallToolResult) {
    let words = told.words(pipeline);
    // Into the first block: some clients show the model nothing else.
    let first = result.content.iter_mut().find_map(|block| match block {
        ContentBlock::Text(text) => Some(&mut text.text),
        _ => None,
    });
    match first {
        Some(text) => *text = format!("{words}\n\n{text}"),
        None => result.content.insert(0, ContentBlock::text(words)),
    }
    let fields = result.structured_content.as_mut();
    let Some(fields) = fields.and_then(|fields| fields.as_object_mut()) else {
        return;
    };
    // Some clients show the model these fields alone, and this one is what it follows.
    if let Some(Value::String(next)) = fields.get_mut("next_step") {
        let mut notes = told.notes.iter();
        *next = match notes.find(|note| note.kind == NoteKind::Pause) {
            Some(pause) => next_step(pause, pipeline),
            None => format!("First heed `notes` and `answers`. Then: {next}"),
        };
    }
    if let Ok(Value::Object(said)) = serde_json::to_value(Said::new(told, pipeline)) {
        fields.extend(said);
    }
}
