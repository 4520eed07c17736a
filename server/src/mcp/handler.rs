//! The tools at work: each parses its arguments, calls the relay, answers.

use std::sync::Arc;

use domain::{
    Actor, Command, HandoverId, Pipeline, PipelineId, PromptId, Reason, Refusal, TaskPlan,
    TaskReport, TrackPlan, Version, Via,
};
use rmcp::{
    RoleServer,
    model::{CallToolRequestParams, CallToolResponse, CallToolResult, JsonObject},
    service::RequestContext,
};
use serde::de::DeserializeOwned;

use super::{
    answers::{Acknowledged, Answer, Handover, NextPrompt, Pipelines, Saved, Status, Versions},
    arguments,
    asking::{Asking, OpenQuestions},
    caller,
    sessions::Sessions,
    tasks::Remembered,
    tools,
    waiting::UnansweredWaits,
    watching::Watched,
};
use crate::{
    agents::Agents,
    journal::{ListQuery, ListState},
    projections::ARCHIVED_KEYS,
    relay::{Relay, RelayError},
};

/// Most of what serde says about arguments, in characters.
const ERROR_MAX: usize = 500;
/// Most pipelines in one list.
const LIST_MAX: usize = 50;
/// Most pipelines that a refusal lists.
const LISTED: usize = 10;

/// Serves one session, or one request of the stateless protocol.
#[derive(Clone)]
pub struct Handler {
    pub(super) relay: Relay,
    pub(super) board: Arc<str>,
    pub(super) agents: Arc<Agents>,
    pub(super) asking: Arc<Asking>,
    pub(super) sessions: Arc<Sessions>,
    pub(super) unanswered_waits: Arc<UnansweredWaits>,
    pub(super) cancelled: Arc<Remembered>,
    /// What a client of the legacy protocol watches: its subscriptions live as long as its session.
    pub(super) watched: Arc<Watched>,
    /// What the person at such a client is being asked.
    pub(super) questions: Arc<OpenQuestions>,
}

pub(super) type Called = Result<CallToolResult, RelayError>;

impl Handler {
    /// A handler on this relay. `board` is the address of the board; what is counted and cancelled is
    /// shared by all sessions, because a client of the stateless protocol has none.
    pub fn new(
        relay: Relay,
        board: Arc<str>,
        unanswered_waits: Arc<UnansweredWaits>,
        cancelled: Arc<Remembered>,
        agents: Arc<Agents>,
        asking: Arc<Asking>,
        sessions: Arc<Sessions>,
    ) -> Self {
        Self {
            relay,
            board,
            agents,
            asking,
            sessions,
            unanswered_waits,
            cancelled,
            watched: Arc::default(),
            questions: Arc::default(),
        }
    }

    /// Who acts.
    pub(super) fn actor(&self, context: &RequestContext<RoleServer>) -> Result<Actor, Refusal> {
        caller::actor(context, &self.agents)
    }

    /// Calls a tool by its name; `None` if there is no such tool.
    pub(super) async fn call(
        &self,
        request: CallToolRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> Option<Result<CallToolResponse, RelayError>> {
        let name = &*request.name;
        let given = request.arguments.unwrap_or_default();
        let known = tools::all().iter().find(|tool| tool.name == name)?;
        let actor = if tools::only_reads(known) {
            self.actor(context)
        } else {
            caller::reporter(context, &self.agents)
        };
        let actor = match actor {
            Ok(actor) => actor,
            Err(refused) => return Some(Err(refused.into())),
        };
        let called = match name {
            "list_pipelines" => self.list(given).await,
            "start_pipeline" => self.start(given, &actor).await,
            "get_pipeline_status" => self.status(given, &actor).await,
            "update_pipeline_status" => self.update(given, &actor).await,
            "save_handover_content" => self.save_handover(given, &actor).await,
            "get_handover_content" => self.get_handover(given, &actor).await,
            "await_handover_decision" => {
                let brought = (request.input_responses, request.request_state);
                return Some(self.await_decision(given, &actor, brought, context).await);
            }
            "get_next_prompt" => self.next_prompt(given, &actor).await,
            "acknowledge_prompt" => self.acknowledge(given, &actor).await,
            "finish_pipeline" => self.finish(given, &actor).await,
            "get_version" => self.version(given, &actor).await,
            _ => return None,
        };
        Some(called.map(CallToolResponse::from))
    }

    async fn list(&self, given: JsonObject) -> Called {
        let arguments::List {
            project,
            include_ended,
        } = parse("list_pipelines", given)?;
        let query = ListQuery {
            project,
            state: (!include_ended).then_some(ListState::Open),
            limit: LIST_MAX,
            keys_below: Some(ARCHIVED_KEYS),
            ..ListQuery::default()
        };
        Ok(Pipelines::read(&self.relay, &query).await?.into_result())
    }

    async fn start(&self, given: JsonObject, actor: &Actor) -> Called {
        let given: arguments::Start = parse("start_pipeline", given)?;
        let task = |task: arguments::PlannedTask| TaskPlan {
            name: task.name,
            kind: task.kind,
            phase: task.phase,
            status: task.status.unwrap_or_default(),
        };
        let track = |track: arguments::Track| TrackPlan {
            name: track.name,
            agents: track.agents,
            goals: track.goals,
            tasks: track.tasks.into_iter().map(task).collect(),
        };
        let start = domain::Start {
            project: given.project,
            title: given.title,
            goal: given.goal,
            phases: given.phases,
            first_phase: given.first_phase,
            version: Version {
                previous: given.version.previous,
                current: given.version.current,
                next: given.version.next,
            },
            tracks: given.tracks.into_iter().map(track).collect(),
            language: given.language.unwrap_or_default(),
            demo: given.demo,
        };
        let done = self
            .relay
            .start(&start, actor, given.idempotency_key.as_deref())
            .await?;
        Ok(Status::new(&done.pipeline, &self.board).into_result())
    }

    async fn status(&self, given: JsonObject, actor: &Actor) -> Called {
        let arguments::OfPipeline { pipeline } = parse("get_pipeline_status", given)?;
        Ok(Status::new(&*self.find(pipeline.as_deref(), actor).await?, &self.board).into_result())
    }

    async fn update(&self, given: JsonObject, actor: &Actor) -> Called {
        let given: arguments::Update = parse("update_pipeline_status", given)?;
        let id = self
            .find(given.pipeline.as_deref(), actor)
            .await?
            .id
            .clone();
        let task = |task: arguments::ReportedTask| TaskReport {
            track: task.track,
            name: task.name,
            kind: task.kind,
            status: task.status,
        };
        let command = Command::Report {
            phase: given.phase,
            progress: given.progress,
            message: given.message,
            tasks: given.tasks.into_iter().map(task).collect(),
        };
        let done = self
            .relay
            .execute(&id, &command, actor, given.idempotency_key.as_deref())
            .await?;
        Ok(Status::new(&done.pipeline, &self.board).into_result())
    }

    async fn save_handover(&self, given: JsonObject, actor: &Actor) -> Called {
        let given: arguments::SaveHandover = parse("save_handover_content", given)?;
        let id = self
            .find(given.pipeline.as_deref(), actor)
            .await?
            .id
            .clone();
        let command = Command::HandOver {
            phase: given.phase,
            content: given.content,
            summary: given.summary,
        };
        let done = self
            .relay
            .execute(&id, &command, actor, given.idempotency_key.as_deref())
            .await?;
        let saved =
            Saved::new(&done.pipeline, &self.board).ok_or_else(|| no_handover(&done.pipeline))?;
        Ok(saved.into_result())
    }

    async fn get_handover(&self, given: JsonObject, actor: &Actor) -> Called {
        let arguments::GetHandover { handover, pipeline } = parse("get_handover_content", given)?;
        let (pipeline, id) = self
            .find_handover(handover.as_deref(), pipeline.as_deref(), actor)
            .await?;
        let handover = pipeline
            .handover(&id)
            .ok_or_else(|| no_handover(&pipeline))?;
        let text = self
            .relay
            .documents()
            .text(&handover.current().document)
            .await?;
        Ok(Handover::new(&pipeline, handover, &text).into_result())
    }

    async fn next_prompt(&self, given: JsonObject, actor: &Actor) -> Called {
        let arguments::OfPipeline { pipeline } = parse("get_next_prompt", given)?;
        let pipeline = self.find(pipeline.as_deref(), actor).await?;
        let (pipeline, prompt) = self.take_prompt(pipeline, Via::Pull, actor).await?;
        let prompt = prompt.and_then(|id| pipeline.prompt(&id));
        let text = match prompt {
            Some(prompt) => Some(self.relay.documents().text(&prompt.document).await?),
            None => None,
        };
        Ok(NextPrompt::new(&pipeline, prompt.zip(text.as_deref()), actor).into_result())
    }

    /// Picks up the prompt that waits. While the phase runs that it started, the newest prompt can be had
    /// again: an answer may get lost.
    pub(super) async fn take_prompt(
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

    pub(super) async fn pick_up(
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

    async fn acknowledge(&self, given: JsonObject, actor: &Actor) -> Called {
        let arguments::Acknowledge {
            prompt_id,
            pipeline,
        } = parse("acknowledge_prompt", given)?;
        let (pipeline, prompt) = match prompt_id {
            Some(given) => {
                let id: PromptId = given
                    .parse()
                    .map_err(|error: domain::InvalidId| unknown_id(&error))?;
                (self.relay.pipeline(id.pipeline()).await?, id)
            }
            None => {
                let pipeline = self.find(pipeline.as_deref(), actor).await?;
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
        let done = self
            .relay
            .execute(&pipeline.id, &command, actor, None)
            .await?;
        let prompt = done
            .pipeline
            .prompt(&prompt)
            .ok_or_else(|| no_handover(&done.pipeline))?;
        Ok(Acknowledged::new(&done.pipeline, prompt).into_result())
    }

    async fn finish(&self, given: JsonObject, actor: &Actor) -> Called {
        let arguments::Finish {
            outcome,
            pipeline,
            message,
        } = parse("finish_pipeline", given)?;
        let id = self.find(pipeline.as_deref(), actor).await?.id.clone();
        let done = self
            .relay
            .execute(&id, &Command::Finish { outcome, message }, actor, None)
            .await?;
        Ok(Status::new(&done.pipeline, &self.board).into_result())
    }

    async fn version(&self, given: JsonObject, actor: &Actor) -> Called {
        let arguments::OfPipeline { pipeline } = parse("get_version", given)?;
        let pipeline = match pipeline {
            Some(id) => Some(self.find(Some(&id), actor).await?),
            None => self.find(None, actor).await.ok(),
        };
        Ok(Versions::new(pipeline.as_deref()).into_result())
    }

    /// The named pipeline; without a name the one open pipeline of this agent. Never somebody else's: what an agent
    /// reports without a name must not end another's phase.
    pub(super) async fn find(
        &self,
        given: Option<&str>,
        actor: &Actor,
    ) -> Result<Arc<Pipeline>, RelayError> {
        if let Some(given) = given {
            let id: PipelineId = given
                .trim()
                .parse()
                .map_err(|error: domain::InvalidId| unknown_id(&error))?;
            return self.relay.pipeline(&id).await;
        }
        let open = self.relay.open_of(&actor.name);
        match open.as_slice() {
            [only] => self.relay.pipeline(only).await,
            [] => Err(Refusal::new(
                Reason::NotFound,
                format!(
                    "`pipeline` is missing, and {} has no open pipeline: one that it started or reported to last.",
                    actor.name
                ),
                "the id of a pipeline, as start_pipeline or list_pipelines returned it.",
                "Call start_pipeline(project=…, title=…) for new work, or list_pipelines and then again with an id as `pipeline`.",
            )
            .into()),
            open => {
                let listed = open.iter().take(LISTED).map(|id| {
                    let title = self.relay.summary(id).map(|summary| summary.title.clone());
                    format!("{id} ({})", title.unwrap_or_default())
                });
                Err(Refusal::new(
                    Reason::Invalid,
                    format!(
                        "`pipeline` is missing, and {} has {} open pipelines.",
                        actor.name,
                        open.len()
                    ),
                    listed.collect::<Vec<_>>().join(", "),
                    "Call again with one of these ids as `pipeline`.",
                )
                .into())
            }
        }
    }

    pub(super) async fn find_handover(
        &self,
        handover: Option<&str>,
        pipeline: Option<&str>,
        actor: &Actor,
    ) -> Result<(Arc<Pipeline>, HandoverId), RelayError> {
        if let Some(given) = handover {
            let id: HandoverId = given
                .trim()
                .parse()
                .map_err(|error: domain::InvalidId| unknown_id(&error))?;
            let pipeline = self.relay.pipeline(id.pipeline()).await?;
            return match pipeline.handover(&id) {
                Some(_) => Ok((pipeline, id)),
                None => Err(no_handover(&pipeline).into()),
            };
        }
        let pipeline = self.find(pipeline, actor).await?;
        let newest = pipeline
            .handovers
            .last()
            .map(|handover| handover.id.clone());
        newest
            .map(|id| (Arc::clone(&pipeline), id))
            .ok_or_else(|| no_handover(&pipeline).into())
    }
}

pub(super) fn parse<T: DeserializeOwned>(tool: &str, given: JsonObject) -> Result<T, Refusal> {
    serde_json::from_value(given.into()).map_err(|error| {
        // It repeats what was sent, of any length.
        let error: String = error.to_string().chars().take(ERROR_MAX).collect();
        Refusal::new(
            Reason::Invalid,
            format!("The arguments of {tool} cannot be used: {error}."),
            "the arguments in the tool's input schema, each in its type.",
            format!("Call {tool} again with corrected arguments."),
        )
    })
}

fn unknown_id(error: &domain::InvalidId) -> Refusal {
    Refusal::new(
        Reason::NotFound,
        format!("{error}."),
        "an id exactly as a tool returned it.",
        "Call list_pipelines to see the pipelines.",
    )
}

pub(super) fn no_handover(pipeline: &Pipeline) -> Refusal {
    let known: Vec<_> = pipeline
        .handovers
        .iter()
        .map(|handover| handover.id.to_string())
        .collect();
    let allowed = if known.is_empty() {
        "none yet.".to_owned()
    } else {
        format!("{}.", known.join(", "))
    };
    Refusal::new(
        Reason::NotFound,
        format!("Pipeline {} has no such handover.", pipeline.id),
        allowed,
        format!("Call get_pipeline_status(pipeline=\"{}\").", pipeline.id),
    )
}
