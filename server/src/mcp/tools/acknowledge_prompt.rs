//! `acknowledge_prompt`: the agent has read a prompt and begins.

use domain::{Actor, Command, DeliveryState, Pipeline, Prompt, PromptId, Reason, Refusal};
use rmcp::model::{JsonObject, Tool};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Nature,
    answer::Answer,
    arguments::parse,
    describe,
    find::{no_handover, unknown_id},
    status::next_step,
    words::word,
};
use crate::mcp::handler::{Called, Handler};

/// Arguments of `acknowledge_prompt`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Acknowledge {
    /// The prompt id as get_next_prompt returned it. Default: the newest of the pipeline.
    pub prompt_id: Option<String>,
    /// Its id. Default: your one open pipeline.
    pub pipeline: Option<String>,
}

pub const NAME: &str = "acknowledge_prompt";

pub fn tool() -> Tool {
    describe::<Acknowledge, Acknowledged>(
        NAME,
        "Acknowledge the prompt",
        "Confirms that you have read a prompt and begin. The board shows it to the person who is waiting to see it.",
        Nature::Adds,
    )
}

pub async fn call(handler: &Handler, given: JsonObject, actor: &Actor) -> Called {
    let Acknowledge {
        prompt_id,
        pipeline,
    } = parse(NAME, given)?;
    let (pipeline, prompt) = match prompt_id {
        Some(given) => {
            let id: PromptId = given
                .parse()
                .map_err(|error: domain::InvalidId| unknown_id(&error))?;
            (handler.relay.pipeline(id.pipeline()).await?, id)
        }
        None => {
            let pipeline = handler.find(pipeline.as_deref(), actor).await?;
            let newest = pipeline.prompts.last().map(|prompt| prompt.id.clone());
            let prompt = newest.ok_or_else(|| {
                Refusal::new(
                    Reason::NotFound,
                    format!("Pipeline {} has no prompt yet.", pipeline.id),
                    "working on the phase that runs.",
                    format!("Call get_pipeline_status(pipeline=\"{}\").", pipeline.id),
                )
            })?;
            (pipeline, prompt)
        }
    };
    let command = Command::AcknowledgePrompt {
        prompt: prompt.clone(),
    };
    let done = handler
        .relay
        .execute(&pipeline.id, &command, actor, None)
        .await?;
    let prompt = done
        .pipeline
        .prompt(&prompt)
        .ok_or_else(|| no_handover(&done.pipeline))?;
    Ok(Acknowledged::new(&done.pipeline, prompt).into_result())
}

/// Answer of `acknowledge_prompt`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Acknowledged {
    /// The prompt.
    pub prompt_id: String,
    /// written, offered, picked_up, acknowledged or running.
    pub state: String,
    /// The phase that runs now.
    pub phase: String,
    /// The pipeline id.
    pub pipeline: String,
    /// What to do next.
    pub next_step: String,
}

impl Acknowledged {
    /// A prompt of `pipeline` after it was acknowledged.
    pub fn new(pipeline: &Pipeline, prompt: &Prompt) -> Self {
        Self {
            prompt_id: prompt.id.to_string(),
            state: word::<DeliveryState>(&prompt.state()),
            phase: pipeline.phase().name.to_string(),
            pipeline: pipeline.id.to_string(),
            next_step: next_step(pipeline),
        }
    }
}

impl Answer for Acknowledged {
    fn line(&self) -> String {
        format!(
            "Prompt {} is {}; {} runs. Next: {}",
            self.prompt_id, self.state, self.phase, self.next_step
        )
    }
}
