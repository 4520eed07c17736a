//! The writer: after a decision it writes the prompt that carries the baton on.
//!
//! A model writes where one is configured; the template writes otherwise and whenever the model fails.
//! The prompt says who wrote it and why. What may be a secret in it holds it until a person sends it.

mod brief;
mod folder;
mod handover;
mod model;
mod template;
mod writers;

use std::{collections::HashSet, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use domain::{Actor, Command, Held, Pipeline, PipelineId, Status, Via};
use futures::FutureExt;
use tokio::{
    sync::{Semaphore, mpsc},
    task::JoinSet,
};

use crate::{
    relay::{Relay, RelayError},
    secrets,
};

pub use brief::Brief;
pub use folder::PromptFolder;
pub use handover::HandoverFacts;
pub use model::{Model, ModelConfig};
pub use template::{Template, TemplateError};
pub use writers::{WriteError, Writers};

/// Between two tries to store a prompt.
const RETRY: Duration = Duration::from_millis(500);
/// The longest pause between two tries, as they become more.
const RETRY_MAX: Duration = Duration::from_secs(60);
/// Prompts that are written at once. A model's API counts requests, and each holds a handover of up to a megabyte.
const WRITING: usize = 4;
/// Open pipelines, in the order of the board, whose prompts a start puts into the folder if they are not there yet.
const LOOKED_AT: usize = 1_000;

/// Writes every prompt that a decision asks for, for as long as the server runs.
pub struct PromptWriter {
    writers: Arc<Writers>,
    /// Whether people look at prompts first where nobody chose for the pipeline.
    look_first: bool,
    folder: Option<PromptFolder>,
    turns: Semaphore,
}

impl PromptWriter {
    /// A writer with these writers, and a folder for files where one is configured. With `look_first` people look at every
    /// prompt before it leaves, as long as nobody chose otherwise for the pipeline.
    pub fn new(writers: Arc<Writers>, look_first: bool, folder: Option<PromptFolder>) -> Self {
        Self {
            writers,
            look_first,
            folder,
            turns: Semaphore::new(WRITING),
        }
    }

    /// Waits for decisions and writes. A decision from before a restart is found again: what wants a
    /// prompt is read from the state, not from a queue.
    pub async fn run(self: Arc<Self>, relay: Relay) {
        let writer = self;
        writer.put_again(&relay).await;
        let mut writing = JoinSet::new();
        let mut busy: HashSet<PipelineId> = HashSet::new();
        let (done, mut finished) = mpsc::unbounded_channel();
        loop {
            writer.put_sent(&relay).await;
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
        let written = self.writers.write(brief).await;
        let (text, writer) = written.map_err(|error| RelayError::Unavailable(error.to_string()))?;
        let (text, hold) = self.look_at(text).await?;
        let command = Command::WritePrompt {
            handover,
            revision,
            text,
            writer,
            hold,
        };
        let done = relay.execute(id, &command, &Actor::system(), None).await?;
        self.put(relay, &done.pipeline).await;
        Ok(())
    }

    /// What people have sent since, after they looked at it.
    async fn put_sent(&self, relay: &Relay) {
        for id in relay.sent_prompts() {
            if self.folder.is_some()
                && let Ok(pipeline) = relay.pipeline(&id).await
            {
                self.put(relay, &pipeline).await;
            }
        }
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

    /// Why a prompt does not leave by itself, if it does not.
    async fn look_at(&self, text: String) -> Result<(String, Option<Held>), RelayError> {
        let find = move || {
            let secret = !secrets::find(&text).is_empty();
            (text, secret)
        };
        let (text, secret) = tokio::task::spawn_blocking(find)
            .await
            .map_err(|error| RelayError::Unavailable(error.to_string()))?;
        let hold = if secret {
            Some(Held::Secrets)
        } else {
            self.look_first.then_some(Held::ToLook)
        };
        Ok((text, hold))
    }
}

async fn brief_of(relay: &Relay, pipeline: &Pipeline) -> Result<Option<Brief>, RelayError> {
    let Some((handover, _)) = pipeline.wants_prompt() else {
        return Ok(None);
    };
    let text = relay.documents().text(&handover.current().document).await?;
    Ok(Brief::of(pipeline, &text))
}
