//! `get_next_prompt`: the prompt that waits, or the newest again.

use std::borrow::Cow;

use domain::{Actor, Pipeline, Prompt, Purpose, Via};
use rmcp::model::{JsonObject, Tool};
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    Nature,
    answer::Answer,
    arguments::{OfPipeline, parse},
    describe,
    pick_up::follow,
    status::next_step,
};
use crate::mcp::handler::{Called, Handler};

pub const NAME: &str = "get_next_prompt";

pub fn tool() -> Tool {
    describe::<OfPipeline, NextPrompt>(
        NAME,
        "Get the next prompt",
        "The prompt that starts the next phase or revision, if one waits, and marks it as picked up. Returns the newest \
         prompt again if you lost it.",
        Nature::Adds,
    )
}

pub async fn call(handler: &Handler, given: JsonObject, actor: &Actor) -> Called {
    let OfPipeline { pipeline } = parse(NAME, given)?;
    let pipeline = handler.find(pipeline.as_deref(), actor).await?;
    let (pipeline, prompt) = handler.take_prompt(pipeline, Via::Pull, actor).await?;
    let prompt = prompt.and_then(|id| pipeline.prompt(&id));
    let text = match prompt {
        Some(prompt) => Some(handler.relay.documents().text(&prompt.document).await?),
        None => None,
    };
    Ok(NextPrompt::new(&pipeline, prompt.zip(text.as_deref()), actor).into_result())
}

/// Answer of `get_next_prompt`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct NextPrompt {
    /// The prompt to follow; null when none waits.
    pub prompt: Option<String>,
    /// Its id, for acknowledge_prompt.
    pub prompt_id: Option<String>,
    /// The phase it is for.
    pub phase: Option<String>,
    /// next_phase or revision.
    pub purpose: Option<String>,
    /// The pipeline id.
    pub pipeline: String,
    /// What to do next.
    pub next_step: String,
}

impl NextPrompt {
    /// The prompt for `reader`, or that none waits.
    pub fn new(pipeline: &Pipeline, prompt: Option<(&Prompt, &str)>, reader: &Actor) -> Self {
        let text = prompt.map(|(_, text)| text.to_owned());
        let prompt = prompt.map(|(prompt, _)| prompt);
        Self {
            prompt: text,
            prompt_id: prompt.map(|prompt| prompt.id.to_string()),
            phase: prompt.map(|prompt| prompt.phase.to_string()),
            purpose: prompt.map(|prompt| match prompt.purpose {
                Purpose::NextPhase => "next_phase".to_owned(),
                Purpose::Revision => "revision".to_owned(),
            }),
            pipeline: pipeline.id.to_string(),
            next_step: match prompt {
                Some(prompt) => follow(prompt, reader),
                None => next_step(pipeline),
            },
        }
    }
}

impl Answer for NextPrompt {
    fn line(&self) -> String {
        match (&self.prompt_id, &self.phase) {
            (Some(id), Some(phase)) => format!("Prompt {id} for {phase}. Next: {}", self.next_step),
            _ => format!(
                "No prompt waits for pipeline {}. Next: {}",
                self.pipeline, self.next_step
            ),
        }
    }

    fn document(&self) -> Option<Cow<'_, str>> {
        self.prompt.as_deref().map(Cow::from)
    }
}
