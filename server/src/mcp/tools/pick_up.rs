//! A prompt goes to the agent that asks for it: what the tools and the slash command `next_phase` share.

use std::sync::Arc;

use domain::{Actor, Command, Pipeline, Prompt, PromptId, Via};

use crate::{mcp::handler::Handler, relay::RelayError};

impl Handler {
    /// Picks up the prompt that waits. While the phase runs that it started, the newest prompt can be had
    /// again: an answer may get lost.
    pub(in crate::mcp) async fn take_prompt(
        &self,
        pipeline: Arc<Pipeline>,
        via: Via,
        actor: &Actor,
    ) -> Result<(Arc<Pipeline>, Option<PromptId>), RelayError> {
        if let Some(waiting) = pipeline.prompt_in_transit() {
            let id = waiting.id.clone();
            let pipeline = self.pick_up(&pipeline, id.clone(), via, actor).await?;
            return Ok((pipeline, Some(id)));
        }
        let running = pipeline.status == domain::Status::Running;
        let newest = pipeline.prompts.last().filter(|_| running);
        let newest = newest.map(|prompt| prompt.id.clone());
        Ok((pipeline, newest))
    }

    /// Notes that an agent has a prompt, and how it came to it.
    pub(in crate::mcp) async fn pick_up(
        &self,
        pipeline: &Pipeline,
        prompt: PromptId,
        via: Via,
        actor: &Actor,
    ) -> Result<Arc<Pipeline>, RelayError> {
        let command = Command::PickUpPrompt { prompt, via };
        match self
            .relay
            .execute(&pipeline.id, &command, actor, None)
            .await
        {
            Ok(done) => Ok(done.pipeline),
            // Stopped or superseded meanwhile: the text is still worth reading, and the status tells.
            Err(RelayError::Refused(_)) => Ok(self.relay.pipeline(&pipeline.id).await?),
            Err(error) => Err(error),
        }
    }
}

/// What to do with a prompt. One that another agent works on is not begun a second time.
pub fn follow(prompt: &Prompt, reader: &Actor) -> String {
    let id = &prompt.id;
    match prompt.taken_by().filter(|taker| *taker != reader) {
        None => format!("Call acknowledge_prompt(prompt_id=\"{id}\"), then follow the prompt."),
        Some(taker) => format!(
            "{} has taken this prompt and works on it. Do not follow it, and end your turn; only if the user wants you \
             to take over, call acknowledge_prompt(prompt_id=\"{id}\") and follow it.",
            taker.name
        ),
    }
}
