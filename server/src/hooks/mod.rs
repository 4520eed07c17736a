//! Hooks of assistants: what they tell of a session, and how a decision comes back into it.
//!
//! An assistant runs a hook at a moment of its session and heeds the answer. At the end of a turn the answer may wait
//! for a person, and then make the same session go on, which costs no tokens meanwhile. Which session works on which
//! pipeline, the hook after a tool call tells: it sees the ids that Staffel's own tools answer with.

mod client;
mod report;
mod sessions;
mod words;

use std::{sync::Arc, time::Duration};

use domain::{Actor, Command, Pipeline, PromptId, Session, Status, Via};
use futures::future::select_all;
use tokio::time::{Instant, sleep_until};

pub use client::HookClient;
pub use report::{Invalid, Moment, Report};
use sessions::{Key, Sessions};

use crate::{
    agents::{Agents, Caller, Open},
    relay::{Relay, RelayError, Waiter},
};

/// What the assistant is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Nothing: what it was about to do.
    Nothing,
    /// Go on with this, instead of ending its turn.
    GoOn(String),
    /// Know this.
    Context(String),
    /// There is none: the server stops. Whoever can asks the next one.
    Stopped,
}

/// What hooks are told, and what is known of the sessions that they belong to.
pub struct Hooks {
    relay: Relay,
    agents: Arc<Agents>,
    sessions: Sessions,
    board: String,
}

impl Hooks {
    /// For the pipelines of this relay; `board` is the address that agents tell people.
    pub fn new(relay: Relay, agents: Arc<Agents>, board: &str) -> Self {
        Self {
            relay,
            agents,
            sessions: Sessions::default(),
            board: board.to_owned(),
        }
    }

    /// Notes which session works on a pipeline, as far as a tool call tells.
    ///
    /// # Errors
    /// The journal cannot be read or written.
    pub async fn tool_used(&self, report: &Report, by: Option<&Actor>) -> Result<(), RelayError> {
        let Some(id) = report.pipeline() else {
            return Ok(());
        };
        let pipeline = match self.relay.pipeline(&id).await {
            Ok(pipeline) => pipeline,
            Err(RelayError::Refused(_)) => return Ok(()),
            Err(error) => return Err(error),
        };
        let Some(actor) = self.agent_of(&pipeline, by) else {
            return Ok(());
        };
        let session = &report.session;
        if pipeline.session.as_ref() != Some(session) && !pipeline.status.has_ended() {
            let command = Command::JoinSession {
                session: session.clone(),
            };
            match self.relay.execute(&id, &command, &actor, None).await {
                // It has ended meanwhile, or the folder has a name that is none.
                Err(RelayError::Refused(_)) => return Ok(()),
                done => done?,
            };
        }
        self.sessions.join(&Key::of(session), &id);
        Ok(())
    }

    /// Under which name a hook acts on a pipeline: the one that is proven, or that it gives itself, if that one works on the
    /// pipeline; else the one who does, unless a token proves that one. `None`: the pipeline is none of its business.
    fn agent_of(&self, pipeline: &Pipeline, by: Option<&Actor>) -> Option<Actor> {
        let works = pipeline.agent.as_ref()?;
        match by {
            Some(by) => (by.name == *works || *by == pipeline.started_by).then(|| by.clone()),
            None => (!self.agents.registry.is_reserved(works)).then(|| Actor::agent(works)),
        }
    }

    /// Waits, at most `longest`, until this session has something to go on with. Only one wait of a session lasts: an
    /// older one gives way.
    ///
    /// # Errors
    /// Too many wait already, or the journal cannot be read or written.
    pub async fn turn_ended(
        &self,
        session: &Session,
        by: Option<&Actor>,
        longest: Duration,
    ) -> Result<Answer, RelayError> {
        self.know(session).await?;
        let key = Key::of(session);
        let turn = self.sessions.wait(&key);
        let mut closing = self.relay.live().closing();
        let deadline = Instant::now() + longest;
        let mut shown = None;
        loop {
            let mut waits = Vec::new();
            for id in self.sessions.pipelines(&key) {
                // Before the look: no change is missed in between.
                let waiter = self.relay.wait_for(&id)?;
                let pipeline = self.relay.pipeline(&id).await?;
                let Some(actor) = self.agent_of(&pipeline, by) else {
                    continue;
                };
                if pipeline.session.as_ref() != Some(session) {
                    continue;
                }
                match Standing::of(&pipeline) {
                    Standing::Prompt(prompt) => {
                        let prompt = prompt.clone();
                        if let Some(text) = self.give(&key, &pipeline, &prompt, &actor).await? {
                            return Ok(Answer::GoOn(text));
                        }
                    }
                    Standing::Waits => {
                        waits.push(waiter);
                        shown.get_or_insert_with(|| self.show(session, actor));
                    }
                    Standing::Other => {}
                }
            }
            if waits.is_empty() {
                return Ok(Answer::Nothing);
            }
            tokio::select! {
                () = any(&mut waits) => {}
                () = sleep_until(deadline) => return Ok(Answer::Nothing),
                () = closing.begun() => return Ok(Answer::Stopped),
                () = turn.cancelled() => return Ok(Answer::Nothing),
            }
        }
    }

    /// What a session that begins, goes on or is told something should know of the pipelines of its folder: with `all`
    /// where the work stands, else only prompts that wait.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub async fn context(&self, session: &Session, all: bool) -> Result<Answer, RelayError> {
        self.know(session).await?;
        let key = Key::of(session);
        let mut said = Vec::new();
        for id in self.sessions.pipelines_in(&session.folder) {
            let pipeline = match self.relay.pipeline(&id).await {
                Ok(pipeline) => pipeline,
                Err(RelayError::Refused(_)) => continue,
                Err(error) => return Err(error),
            };
            match Standing::of(&pipeline) {
                Standing::Prompt(prompt) if all || self.sessions.give(&key, &prompt) => {
                    said.push(words::prompt_waits(&pipeline));
                }
                Standing::Waits if all => said.push(words::person_decides(&pipeline, &self.board)),
                Standing::Other if all && pipeline.status == Status::Running => {
                    said.push(words::at_work(&pipeline));
                }
                _ => {}
            }
        }
        Ok(match said.is_empty() {
            true => Answer::Nothing,
            false => Answer::Context(said.join("\n")),
        })
    }

    /// Shows on the board that an agent waits.
    fn show(&self, session: &Session, actor: Actor) -> Open {
        let caller = Caller {
            name: actor.name,
            client: Some(session.client.clone()),
            protocol: None,
        };
        self.agents.presence.call(caller, "hook")
    }

    /// Hands the prompt to a session, unless it has had it often enough, or things have moved on.
    async fn give(
        &self,
        key: &Key,
        pipeline: &Pipeline,
        prompt: &PromptId,
        actor: &Actor,
    ) -> Result<Option<String>, RelayError> {
        if !self.sessions.give(key, prompt) {
            return Ok(None);
        }
        let offer = Command::OfferPrompt {
            prompt: prompt.clone(),
            via: Via::Hook,
        };
        match self.relay.execute(&pipeline.id, &offer, actor, None).await {
            Ok(_) => {}
            Err(RelayError::Refused(_)) => return Ok(None),
            Err(error) => return Err(error),
        }
        let Some(prompt) = pipeline.prompt(prompt) else {
            return Ok(None);
        };
        let text = self.relay.documents().text(&prompt.document).await?;
        Ok(Some(words::go_on(pipeline, prompt, &text)))
    }

    /// Learns from the journal which sessions work on the open pipelines, once: what hooks have told before this start.
    async fn know(&self, session: &Session) -> Result<(), RelayError> {
        if self.sessions.knows(&Key::of(session)) {
            return Ok(());
        }
        let _turn = self.sessions.loading.lock().await;
        if self.sessions.is_loaded() {
            return Ok(());
        }
        for summary in self.relay.open_summaries(sessions::LOADED) {
            let pipeline = self.relay.pipeline(&summary.pipeline).await?;
            if let Some(session) = &pipeline.session {
                self.sessions.join(&Key::of(session), &pipeline.id);
            }
        }
        self.sessions.loaded();
        Ok(())
    }
}

/// What a session whose turn has ended can do about a pipeline.
enum Standing {
    /// Follow this prompt.
    Prompt(PromptId),
    /// Wait: for a person, or for the prompt.
    Waits,
    /// Nothing.
    Other,
}

impl Standing {
    fn of(pipeline: &Pipeline) -> Self {
        match (pipeline.status, pipeline.prompt_in_transit()) {
            (_, Some(prompt)) => Self::Prompt(prompt.id.clone()),
            (Status::AwaitingReview | Status::HandingOver, None) => Self::Waits,
            _ => Self::Other,
        }
    }
}

async fn any(waits: &mut [Waiter]) {
    select_all(waits.iter_mut().map(|wait| Box::pin(wait.changed()))).await;
}
