//! Hooks of assistants: what they tell of a session, and how a decision comes back into it.
//!
//! An assistant runs a hook at a moment of its session and heeds the answer. At the end of a turn the answer may wait
//! for a person, and then make the same session go on, which costs no tokens meanwhile. Which session works on which
//! pipeline, the hook after a tool call tells: it sees the ids that Staffel's own tools answer with.

mod client;
mod given;
mod report;
mod sessions;
mod words;

use std::{sync::Arc, time::Duration};

use domain::{Actor, Baton, Command, Pipeline, PipelineId, PromptId, Session, Status, Via};
use futures::future::select_all;
use tokio::time::{Instant, sleep_until};

pub use client::HookClient;
pub use report::{Invalid, Moment, Report};
use sessions::{GIVEN, Key, Sessions};

use crate::{
    agents::{Agents, Caller, Open},
    relay::{Relay, RelayError, Waiter, now},
    told::Told,
};

/// So long a session may take to take up what it was given, in milliseconds; after that another one is told.
const TAKES_UP: i64 = 2 * 60 * 1_000;

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

impl Answer {
    /// To know all of this; nothing, if it is nothing.
    fn context(said: &[String]) -> Self {
        match said {
            [] => Self::Nothing,
            said => Self::Context(said.join("\n")),
        }
    }
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

    /// Notes which session works on a pipeline, as far as a tool call tells, and that it works. What people have to say to it
    /// comes with the answer, once; the answers of Staffel's own tools have had it before.
    ///
    /// # Errors
    /// The journal cannot be read or written.
    pub async fn tool_used(
        &self,
        report: &Report,
        by: Option<&Actor>,
    ) -> Result<Answer, RelayError> {
        let session = &report.session;
        if let Some(id) = report.pipeline() {
            let join = Command::JoinSession {
                session: session.clone(),
            };
            let is_new = |pipeline: &Pipeline| !works_in(pipeline, session);
            let known = self.relay.pipeline(&id).await;
            let works = known.is_ok_and(|pipeline| works_in(&pipeline, session));
            // So that the journal and what is remembered name the same one; who is known already waits for nobody.
            if !works || !self.sessions.pipelines(&Key::of(session)).contains(&id) {
                let _turn = self.sessions.turn.lock().await;
                if self.tell(&id, join, by, is_new).await? {
                    self.sessions.join(session, &id);
                }
            }
        }
        self.know().await?;
        let key = Key::of(session);
        if let Some((id, calls)) = self.sessions.called(&key) {
            let seen = Command::NoteActivity { calls };
            let is_its = |pipeline: &Pipeline| works_in(pipeline, session);
            self.tell(&id, seen, by, is_its).await?;
        }
        let mut said = Vec::new();
        for id in self.sessions.pipelines(&key) {
            let pipeline = self.relay.pipeline(&id).await?;
            let its = works_in(&pipeline, session) && self.agent_of(&pipeline, by).is_some();
            said.extend(self.say(session, &pipeline, 1).filter(|_| its));
        }
        Ok(Answer::context(&said))
    }

    /// What people have to say to the agent of a session, if it has not been given all of it often enough. It counts as
    /// delivered with the agent's next call: what a hook answers may get lost.
    fn say(&self, session: &Session, pipeline: &Pipeline, most: u8) -> Option<String> {
        let told = Told::of(pipeline, false);
        let notes = told
            .notes
            .iter()
            .map(|note| format!("{}-n{}", pipeline.id, note.number));
        let answers = told.answers.iter().map(|question| question.id.to_string());
        let new = notes
            .chain(answers)
            .filter(|what| self.sessions.give(session, what, most));
        (new.count() > 0).then(|| told.words(pipeline))
    }

    /// Brings what a hook tells to a pipeline, where there is `need` of it. Whether the pipeline is one of its agent that goes
    /// on.
    async fn tell(
        &self,
        id: &PipelineId,
        command: Command,
        by: Option<&Actor>,
        need: impl Fn(&Pipeline) -> bool,
    ) -> Result<bool, RelayError> {
        let pipeline = match self.relay.pipeline(id).await {
            Ok(pipeline) => pipeline,
            Err(RelayError::Refused(_)) => return Ok(false),
            Err(error) => return Err(error),
        };
        let actor = self.agent_of(&pipeline, by);
        let Some(actor) = actor.filter(|_| !pipeline.status.has_ended()) else {
            return Ok(false);
        };
        if !need(&pipeline) {
            return Ok(true);
        }
        match self.relay.execute(id, &command, &actor, None).await {
            Ok(_) => Ok(true),
            // It has ended meanwhile, or the folder has a name that is none.
            Err(RelayError::Refused(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The agent in whose name a hook acts on a pipeline. A hook that proves or gives a name acts as that agent, if the agent
    /// works on the pipeline. A hook without a name acts as the agent that works on it, unless that agent has a token.
    /// `None`: the hook may not act on this pipeline.
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
        self.know().await?;
        let key = Key::of(session);
        let mut closing = self.relay.live().closing();
        let deadline = Instant::now() + longest;
        // From the first pipeline on that this agent may hear of.
        let mut here = None;
        loop {
            let mut waits = Vec::new();
            for id in self.sessions.pipelines(&key) {
                // Before the look: no change is missed in between.
                let waiter = self.relay.wait_for(&id)?;
                let pipeline = self.relay.pipeline(&id).await?;
                let Some(actor) = self.agent_of(&pipeline, by) else {
                    continue;
                };
                if !works_in(&pipeline, session) {
                    continue;
                }
                let (turn, _) = here.get_or_insert_with(|| (self.sessions.wait(&key), None));
                if turn.is_over() {
                    return Ok(Answer::Nothing);
                }
                let standing = Standing::of(&pipeline);
                if let Standing::Prompt(prompt) = &standing
                    && let Some(text) = self.give(session, &pipeline, prompt, &actor).await?
                {
                    return Ok(Answer::GoOn(text));
                }
                // Whoever is paused has heard of it, or waits just as well.
                if pipeline.paused.is_none()
                    && let Some(words) = self.say(session, &pipeline, GIVEN)
                {
                    return Ok(Answer::GoOn(words::told(&pipeline, &words)));
                }
                match standing {
                    Standing::Waits => {
                        waits.push(waiter);
                        if let Some((_, shown)) = &mut here {
                            shown.get_or_insert_with(|| self.show(session, actor));
                        }
                    }
                    Standing::Prompt(_) | Standing::Other => {}
                }
            }
            let (Some((turn, _)), false) = (&here, waits.is_empty()) else {
                return Ok(Answer::Nothing);
            };
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
    pub async fn context(
        &self,
        session: &Session,
        by: Option<&Actor>,
        all: bool,
    ) -> Result<Answer, RelayError> {
        self.know().await?;
        let mut said = Vec::new();
        for id in self.sessions.pipelines_in(&session.folder) {
            let pipeline = match self.relay.pipeline(&id).await {
                Ok(pipeline) => pipeline,
                Err(RelayError::Refused(_)) => continue,
                Err(error) => return Err(error),
            };
            if self.agent_of(&pipeline, by).is_none() {
                continue;
            }
            match Standing::of(&pipeline) {
                // Another session is about to follow it.
                Standing::Prompt(prompt) if self.is_given(&pipeline, &prompt, session) => {}
                Standing::Prompt(prompt)
                    if all || self.sessions.give(session, &prompt.to_string(), GIVEN) =>
                {
                    said.push(words::prompt_waits(&pipeline));
                }
                Standing::Waits if all && pipeline.status == Status::Running => {
                    said.push(words::person_speaks(&pipeline, &self.board));
                }
                Standing::Waits if all => said.push(words::person_decides(&pipeline, &self.board)),
                Standing::Other if all && pipeline.status == Status::Running => {
                    said.push(words::at_work(&pipeline));
                }
                _ => {}
            }
            let owner = pipeline.session.as_ref();
            // Another session may be about to hear it.
            if !owner.is_some_and(|owner| !owner.is(session) && self.sessions.waits(owner)) {
                said.extend(self.say(session, &pipeline, GIVEN));
            }
        }
        Ok(Answer::context(&said))
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
        session: &Session,
        pipeline: &Pipeline,
        prompt: &PromptId,
        actor: &Actor,
    ) -> Result<Option<String>, RelayError> {
        if !self.sessions.give(session, &prompt.to_string(), GIVEN) {
            return Ok(None);
        }
        let offer = Command::OfferPrompt {
            prompt: prompt.clone(),
            via: Via::Hook,
        };
        let pipeline = match self.relay.execute(&pipeline.id, &offer, actor, None).await {
            Ok(done) => done.pipeline,
            Err(RelayError::Refused(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        let waiting = pipeline.prompt_in_transit();
        let Some(prompt) = waiting.filter(|waiting| waiting.id == *prompt) else {
            return Ok(None);
        };
        let text = self.relay.documents().text(&prompt.document).await?;
        Ok(Some(words::go_on(&pipeline, prompt, &text)))
    }

    /// Whether another session waits for this prompt at the end of its turn, or was given it just now.
    fn is_given(&self, pipeline: &Pipeline, prompt: &PromptId, to: &Session) -> bool {
        let Some(owner) = pipeline.session.as_ref().filter(|owner| !owner.is(to)) else {
            return false;
        };
        let offers = pipeline
            .prompt(prompt)
            .map(|prompt| prompt.deliveries.iter());
        let mut offers = offers.into_iter().flatten();
        let now = now();
        self.sessions.waits(owner)
            || offers
                .any(|offer| offer.via == Some(Via::Hook) && now.millis_since(offer.at) < TAKES_UP)
    }

    /// Learns which sessions work on the open pipelines: once from the journal, what hooks have told before this start; and what
    /// they have told other nodes since.
    async fn know(&self) -> Result<(), RelayError> {
        if self.sessions.is_loaded() {
            for (session, pipeline) in self.relay.joined_sessions() {
                self.sessions.join(&session, &pipeline);
            }
            return Ok(());
        }
        let _turn = self.sessions.turn.lock().await;
        if self.sessions.is_loaded() {
            return Ok(());
        }
        for summary in self.relay.open_summaries(sessions::LOADED) {
            let pipeline = self.relay.pipeline(&summary.pipeline).await?;
            if let Some(session) = &pipeline.session {
                self.sessions.join(session, &pipeline.id);
            }
        }
        self.sessions.loaded();
        Ok(())
    }
}

fn works_in(pipeline: &Pipeline, session: &Session) -> bool {
    let known = pipeline.session.as_ref();
    known.is_some_and(|known| known.is(session))
}

/// What a session whose turn has ended can do about a pipeline.
enum Standing {
    /// Follow this prompt.
    Prompt(PromptId),
    /// Wait: for a person who decides, answers or lets it go on, or for the prompt.
    Waits,
    /// Nothing.
    Other,
}

impl Standing {
    fn of(pipeline: &Pipeline) -> Self {
        match (pipeline.status, pipeline.prompt_in_transit()) {
            (_, Some(prompt)) => Self::Prompt(prompt.id.clone()),
            (Status::AwaitingReview | Status::HandingOver, None) => Self::Waits,
            (Status::Running, None) if pipeline.baton() == Baton::Person => Self::Waits,
            _ => Self::Other,
        }
    }
}

async fn any(waits: &mut [Waiter]) {
    select_all(waits.iter_mut().map(|wait| Box::pin(wait.changed()))).await;
}
