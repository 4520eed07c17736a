//! The writer: after a decision it writes the prompt that carries the baton on.
//!
//! A model writes where one is configured; the template writes otherwise and whenever the model fails.
//! The prompt says who wrote it and why.

mod brief;
mod model;
mod template;

use std::{
    collections::HashSet,
    sync::Arc,
    time::{Duration, Instant},
};

use domain::{Actor, Command, HandoverId, Pipeline, Writer, WriterKind};
use tokio::{sync::mpsc, task::JoinSet};

use crate::{
    live::Filter,
    relay::{Relay, RelayError},
};

pub use model::{Model, ModelConfig};
pub use template::{Template, TemplateError};

use brief::Brief;

/// Between two tries to store a prompt.
const RETRY: Duration = Duration::from_secs(5);

/// Writes every prompt that a decision asks for, for as long as the server runs.
pub struct PromptWriter {
    template: Template,
    model: Option<Model>,
}

impl PromptWriter {
    /// A writer with this template, and with a model where one is configured.
    pub fn new(template: Template, model: Option<Model>) -> Self {
        Self { template, model }
    }

    /// Waits for decisions and writes. A decision from before a restart is found again: what wants a
    /// prompt is read from the state, not from a queue.
    pub async fn run(self, relay: Relay) {
        let writer = Arc::new(self);
        let mut writing = JoinSet::new();
        let mut busy: HashSet<(HandoverId, u32)> = HashSet::new();
        let (done, mut finished) = mpsc::unbounded_channel();
        loop {
            for pipeline in relay.pipelines(&Filter::default()) {
                let Some((handover, _)) = pipeline.wants_prompt() else {
                    continue;
                };
                let job = (handover.id.clone(), handover.current().number);
                if busy.insert(job.clone()) {
                    let (writer, relay, done) = (Arc::clone(&writer), relay.clone(), done.clone());
                    writing.spawn(async move {
                        writer.write(&relay, &pipeline).await;
                        let _ = done.send(job);
                    });
                }
            }
            tokio::select! {
                () = relay.prompt_wanted() => {}
                Some(job) = finished.recv() => { busy.remove(&job); }
            }
            while writing.try_join_next().is_some() {}
        }
    }

    async fn write(&self, relay: &Relay, pipeline: &Pipeline) {
        let Some(brief) = Brief::of(pipeline) else {
            return;
        };
        let (text, writer) = self.compose(&brief).await;
        let command = Command::WritePrompt {
            handover: brief.handover_id.clone(),
            revision: brief.revision,
            text,
            writer,
        };
        while let Err(error) = relay
            .execute(&pipeline.id, &command, &Actor::system(), None)
            .await
        {
            tracing::error!(pipeline = %pipeline.id, %error, "the prompt of pipeline {} is not stored yet: {error}", pipeline.id);
            tokio::time::sleep(RETRY).await;
            // A no from the rules stays a no: the state is looked at again instead.
            if matches!(error, RelayError::Refused(_)) {
                return;
            }
        }
    }

    async fn compose(&self, brief: &Brief) -> (String, Writer) {
        let begun = Instant::now();
        let took = || u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let why = match &self.model {
            None => "no model is configured".to_owned(),
            Some(model) => match model.write(brief).await {
                Ok(text) => {
                    let name = model.name().to_owned();
                    return (
                        text,
                        Writer {
                            kind: WriterKind::Model,
                            name,
                            why: None,
                            took_ms: took(),
                        },
                    );
                }
                Err(error) => {
                    tracing::warn!(pipeline = %brief.pipeline, %error, "the model did not write for pipeline {}: {error}", brief.pipeline);
                    format!("{} did not write: {error}", model.name())
                }
            },
        };
        let (text, name, trouble) = self.template.write(brief);
        let why = trouble.map_or(why.clone(), |trouble| format!("{why}; {trouble}"));
        (
            text,
            Writer {
                kind: WriterKind::Template,
                name,
                why: Some(why),
                took_ms: took(),
            },
        )
    }
}
