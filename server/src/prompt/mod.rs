//! The writer: after a decision it writes the prompt that carries the baton on.
//!
//! A model writes where one is configured; the template writes otherwise and whenever the model fails.
//! The prompt says who wrote it and why.

mod brief;
mod folder;
mod model;
mod template;

use std::{
    collections::HashSet,
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, Instant},
};

use domain::{
    Actor, Command, Pipeline, PipelineId, Status, Via, Writer, WriterKind, limits::PROMPT_MAX,
};
use futures::FutureExt;
use tokio::{
    sync::{Semaphore, mpsc},
    task::JoinSet,
};

use crate::relay::{Relay, RelayError};

pub use folder::PromptFolder;
pub use model::{Model, ModelConfig};
pub use template::{Template, TemplateError};

use brief::Brief;

/// Between two tries to store a prompt.
const RETRY: Duration = Duration::from_secs(5);
/// The longest pause between two tries, as they become more.
const RETRY_MAX: Duration = Duration::from_secs(60);
/// Prompts that are written at once. A model's API counts requests, and each holds a handover of up to a megabyte.
const WRITING: usize = 4;
/// Open pipelines, in the order of the board, whose prompts a start puts into the folder if they are not there yet.
const LOOKED_AT: usize = 1_000;

/// Writes every prompt that a decision asks for, for as long as the server runs.
pub struct PromptWriter {
    template: Template,
    model: Option<Model>,
    folder: Option<PromptFolder>,
    turns: Semaphore,
}

impl PromptWriter {
    /// A writer with this template, and with a model and a folder for files where they are configured.
    pub fn new(template: Template, model: Option<Model>, folder: Option<PromptFolder>) -> Self {
        Self {
            template,
            model,
            folder,
            turns: Semaphore::new(WRITING),
        }
    }

    /// Waits for decisions and writes. A decision from before a restart is found again: what wants a
    /// prompt is read from the state, not from a queue.
    pub async fn run(self, relay: Relay) {
        let writer = Arc::new(self);
        writer.put_again(&relay).await;
        let mut writing = JoinSet::new();
        let mut busy: HashSet<PipelineId> = HashSet::new();
        let (done, mut finished) = mpsc::unbounded_channel();
        loop {
            for id in relay.wanting_prompts() {
                if busy.insert(id.clone()) {
                    let (writer, relay, done) = (Arc::clone(&writer), relay.clone(), done.clone());
                    writing.spawn(async move {
                        // A panic over one handover must not leave its pipeline without a prompt for ever.
                        let written = AssertUnwindSafe(writer.write(&relay, &id)).catch_unwind();
                        if written.await.is_err() {
                            tracing::error!(pipeline = %id, "writing the prompt of pipeline {id} ended in an internal error; it is tried again");
                            tokio::time::sleep(RETRY_MAX).await;
                        }
                        let _ = done.send(id);
                    });
                }
            }
            tokio::select! {
                () = relay.prompt_wanted() => {}
                Some(id) = finished.recv() => { busy.remove(&id); }
            }
            while writing.try_join_next().is_some() {}
        }
    }

    async fn write(self: &Arc<Self>, relay: &Relay, id: &PipelineId) {
        let _turn = self.turns.acquire().await;
        let mut pause = RETRY;
        while let Err(error) = self.try_to_write(relay, id).await {
            tracing::error!(pipeline = %id, %error, "the prompt of pipeline {id} is not stored yet: {error}");
            tokio::time::sleep(pause).await;
            // A no from the rules stays a no: the state is looked at again instead.
            if matches!(error, RelayError::Refused(_)) {
                return;
            }
            pause = RETRY_MAX.min(pause * 2);
        }
    }

    async fn try_to_write(
        self: &Arc<Self>,
        relay: &Relay,
        id: &PipelineId,
    ) -> Result<(), RelayError> {
        let pipeline = relay.pipeline(id).await?;
        let Some(brief) = brief_of(relay, &pipeline).await? else {
            return Ok(());
        };
        let (handover, revision) = (brief.handover_id.clone(), brief.revision);
        let (text, writer) = Arc::clone(self).compose(brief).await?;
        let command = Command::WritePrompt {
            handover,
            revision,
            text,
            writer,
            hold: None,
        };
        let done = relay.execute(id, &command, &Actor::system(), None).await?;
        self.put(relay, &done.pipeline).await;
        Ok(())
    }

    /// What a server before this one wrote and did not put into the folder any more.
    async fn put_again(&self, relay: &Relay) {
        if self.folder.is_none() {
            return;
        }
        for summary in relay.open_summaries(LOOKED_AT) {
            if summary.status == Status::HandingOver
                && let Ok(pipeline) = relay.pipeline(&summary.pipeline).await
            {
                self.put(relay, &pipeline).await;
            }
        }
    }

    /// Puts the prompt that waits into the folder, and notes that it is offered there. The prompt waits all the same where
    /// that fails: there are other ways.
    async fn put(&self, relay: &Relay, pipeline: &Arc<Pipeline>) {
        let Some(folder) = self.folder.clone() else {
            return;
        };
        let Some(prompt) = pipeline.prompt_in_transit() else {
            return;
        };
        let is_there = |via| via == Some(Via::File);
        if prompt.deliveries.iter().any(|step| is_there(step.via)) {
            return;
        }
        let id = prompt.id.clone();
        let put = async {
            let text = relay.documents().text(&prompt.document).await?;
            let (of, prompt, path) = (Arc::clone(pipeline), prompt.clone(), folder.clone());
            tokio::task::spawn_blocking(move || path.put(&of, &prompt, &text)).await??;
            let offer = Command::OfferPrompt {
                prompt: id,
                via: Via::File,
            };
            relay
                .execute(&pipeline.id, &offer, &Actor::system(), None)
                .await?;
            anyhow::Ok(())
        };
        if let Err(error) = put.await {
            tracing::warn!(
                pipeline = %pipeline.id,
                "the prompt of pipeline {} is not put into {}: {error}",
                pipeline.id,
                folder.path().display()
            );
        }
    }

    async fn compose(self: Arc<Self>, brief: Brief) -> Result<(String, Writer), RelayError> {
        let begun = Instant::now();
        let took = move || u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let why = match &self.model {
            None => "no model is configured".to_owned(),
            Some(model) => match model.write(&brief).await {
                Ok(text) => {
                    let name = model.name().to_owned();
                    return Ok((
                        text,
                        Writer {
                            kind: WriterKind::Model,
                            name,
                            why: None,
                            took_ms: took(),
                        },
                    ));
                }
                Err(error) => {
                    tracing::warn!(pipeline = %brief.pipeline, %error, "the model did not write for pipeline {}: {error}", brief.pipeline);
                    format!("{} did not write: {error}", model.name())
                }
            },
        };
        // A template of the user's may take long over a megabyte: not on the threads that serve requests.
        let write = move || self.template.write(&brief, PROMPT_MAX);
        let (text, name, trouble) = tokio::task::spawn_blocking(write)
            .await
            .map_err(|error| RelayError::Unavailable(error.to_string()))?;
        let why = trouble.map_or(why.clone(), |trouble| format!("{why}; {trouble}"));
        Ok((
            text,
            Writer {
                kind: WriterKind::Template,
                name,
                why: Some(why),
                took_ms: took(),
            },
        ))
    }
}

async fn brief_of(relay: &Relay, pipeline: &Pipeline) -> Result<Option<Brief>, RelayError> {
    let Some((handover, _)) = pipeline.wants_prompt() else {
        return Ok(None);
    };
    let text = relay.documents().text(&handover.current().document).await?;
    Ok(Brief::of(pipeline, &text))
}
