//! The tools at work: each parses its arguments, calls the relay, answers.

use std::{sync::Arc, time::Duration};

use domain::{
    Actor, Command, HandoverId, Pipeline, PipelineId, PromptId, Reason, Refusal, TaskPlan,
    TaskReport, TrackPlan, Version, Via,
};
use rmcp::{
    ErrorData, RoleServer,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, CreateTaskResult, InputResponses,
        JsonObject, ProtocolVersion,
    },
    service::RequestContext,
};
use serde::de::DeserializeOwned;

use super::{
    answers::{
        Acknowledged, Answer, Decision, Handover, NextPrompt, Pipelines, Saved, Status, Versions,
    },
    arguments,
    asking::{self, Asking},
    door,
    tasks::{self, InvalidTaskId, Remembered, TaskId},
    tools,
    waiting::{self, Rounds},
    watching::Watched,
};
use crate::{
    agents::Agents,
    live::Filter,
    relay::{Relay, RelayError},
};

/// Most pipelines in one list.
const LIST_MAX: usize = 50;
/// Bounds of a wait in seconds. Every known client allows a call at least 60.
const WAIT: std::ops::RangeInclusive<i64> = 1..=50;
const WAIT_DEFAULT: i64 = 45;

/// Serves one session, or one request of the stateless protocol era.
#[derive(Clone)]
pub struct Handler {
    pub(super) relay: Relay,
    pub(super) board: Arc<str>,
    pub(super) agents: Arc<Agents>,
    asking: Arc<Asking>,
    rounds: Arc<Rounds>,
    pub(super) cancelled: Arc<Remembered>,
    /// What a client of the older era watches: its subscriptions live as long as its session.
    pub(super) watched: Arc<Watched>,
}

type Called = Result<CallToolResult, RelayError>;

impl Handler {
    /// A handler on this relay. `board` is the address of the board; what is counted and cancelled is
    /// shared by all sessions, because a client of the newer era has none.
    pub fn new(
        relay: Relay,
        board: Arc<str>,
        rounds: Arc<Rounds>,
        cancelled: Arc<Remembered>,
        agents: Arc<Agents>,
        asking: Arc<Asking>,
    ) -> Self {
        Self {
            relay,
            board,
            agents,
            asking,
            rounds,
            cancelled,
            watched: Arc::default(),
        }
    }

    /// Who acts.
    pub(super) fn actor(&self, context: &RequestContext<RoleServer>) -> Result<Actor, Refusal> {
        door::actor(context, &self.agents)
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
            door::reporter(context, &self.agents)
        };
        let actor = match actor {
            Ok(actor) => actor,
            Err(refused) => return Some(Err(refused.into())),
        };
        let called = match name {
            "list_pipelines" => self.list(given),
            "start_pipeline" => self.start(given, &actor).await,
            "get_pipeline_status" => self.status(given),
            "update_pipeline_status" => self.update(given, &actor).await,
            "save_handover_content" => self.save_handover(given, &actor).await,
            "get_handover_content" => self.get_handover(given),
            "await_handover_decision" => {
                let brought = (request.input_responses, request.request_state);
                return Some(self.await_decision(given, &actor, brought, context).await);
            }
            "get_next_prompt" => self.next_prompt(given, &actor).await,
            "acknowledge_prompt" => self.acknowledge(given, &actor).await,
            "finish_pipeline" => self.finish(given, &actor).await,
            "get_version" => self.version(given),
            _ => return None,
        };
        Some(called.map(CallToolResponse::from))
    }

    fn list(&self, given: JsonObject) -> Called {
        let arguments::List {
            project,
            include_ended,
        } = parse("list_pipelines", given)?;
        let all = self.relay.pipelines(&Filter {
            pipeline: None,
            project,
        });
        let shown: Vec<&Pipeline> = all
            .iter()
            .map(|pipeline| &**pipeline)
            .filter(|pipeline| include_ended || !pipeline.status.has_ended())
            .collect();
        Ok(Pipelines::of(&shown, LIST_MAX).into_result())
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

    fn status(&self, given: JsonObject) -> Called {
        let arguments::OfPipeline { pipeline } = parse("get_pipeline_status", given)?;
        Ok(Status::new(&*self.find(pipeline.as_deref())?, &self.board).into_result())
    }

    async fn update(&self, given: JsonObject, actor: &Actor) -> Called {
        let given: arguments::Update = parse("update_pipeline_status", given)?;
        let id = self.find(given.pipeline.as_deref())?.id.clone();
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
        let id = self.find(given.pipeline.as_deref())?.id.clone();
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

    fn get_handover(&self, given: JsonObject) -> Called {
        let arguments::GetHandover { handover, pipeline } = parse("get_handover_content", given)?;
        let (pipeline, id) = self.find_handover(handover.as_deref(), pipeline.as_deref())?;
        let handover = pipeline
            .handover(&id)
            .ok_or_else(|| no_handover(&pipeline))?;
        Ok(Handover::new(&pipeline, handover).into_result())
    }

    async fn await_decision(
        &self,
        given: JsonObject,
        actor: &Actor,
        brought: (Option<InputResponses>, Option<String>),
        context: &RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, RelayError> {
        let arguments::Await {
            handover,
            pipeline,
            wait_seconds,
        } = parse("await_handover_decision", given)?;
        let seconds = wait_seconds.unwrap_or(WAIT_DEFAULT);
        let longest = u64::try_from(seconds).ok().filter(|_| WAIT.contains(&seconds)).map(Duration::from_secs).ok_or_else(|| {
            Refusal::new(
                Reason::Invalid,
                format!("`wait_seconds` is {seconds}."),
                "1 to 50.",
                "Call again with wait_seconds within the bounds; a wait can be repeated as often as needed.",
            )
        })?;
        let (pipeline, id) = self.find_handover(handover.as_deref(), pipeline.as_deref())?;
        if let Some(question) = self.asks(&pipeline, &id, actor, brought, context).await? {
            return Ok(question);
        }
        if let Some(task) = self.as_task(&pipeline, &id, actor, context) {
            return Ok(task);
        }
        self.wait(&id, longest, context).await?;
        let pipeline = self.relay.pipeline(id.pipeline())?;
        let handover = pipeline
            .handover(&id)
            .ok_or_else(|| no_handover(&pipeline))?;
        let revision = handover.current().number;
        // A call that was cancelled has nobody to give the prompt to.
        let taker = (!context.ct.is_cancelled()).then_some(actor);
        Ok(self.decision(&id, revision, taker).await?.into())
    }

    /// Where the person at the client decides: takes in what the client brings back, or has it ask.
    async fn asks(
        &self,
        pipeline: &Pipeline,
        id: &HandoverId,
        actor: &Actor,
        (given, state): (Option<InputResponses>, Option<String>),
        context: &RequestContext<RoleServer>,
    ) -> Result<Option<CallToolResponse>, RelayError> {
        let open = pipeline.handover(id).filter(|handover| handover.is_open());
        let (Some(handover), Some(person)) = (open, asking::approver(context, &self.agents)) else {
            return Ok(None);
        };
        let declined = self.asking.declined.contains(&TaskId::of(handover));
        if asking::can_ask_at_once(context) || declined || pipeline.status.has_ended() {
            return Ok(None);
        }
        let answer = self
            .asking
            .brought(given.as_ref(), state.as_deref(), handover, actor);
        match answer {
            Some(answer) => {
                self.take(answer?, handover, &person).await?;
                Ok(None)
            }
            None => self
                .asking
                .question(pipeline, handover, &self.board, actor)
                .map(|question| Some(question.into()))
                .map_err(|error| unasked(&error).into()),
        }
    }

    /// Waits for the decision; where the person at the client decides and can be asked meanwhile, asks.
    async fn wait(
        &self,
        id: &HandoverId,
        longest: Duration,
        context: &RequestContext<RoleServer>,
    ) -> Result<(), RelayError> {
        let decided = waiting::decision(&self.relay, id, longest, context);
        let pipeline = self.relay.pipeline(id.pipeline())?;
        let open = pipeline.handover(id).filter(|handover| handover.is_open());
        let person = asking::approver(context, &self.agents);
        let (Some(handover), Some(person), true) = (open, person, asking::can_ask_at_once(context))
        else {
            decided.await;
            return Ok(());
        };
        if self.asking.declined.contains(&TaskId::of(handover)) {
            decided.await;
            return Ok(());
        }
        let mut decided = std::pin::pin!(decided);
        let answer = tokio::select! {
            // Whoever decides on the board meanwhile was faster; the client's answer is of no use then.
            () = &mut decided => return Ok(()),
            answer = asking::ask(context, &pipeline, handover, &self.board) => answer,
        };
        if let Some(answer) = answer {
            self.take(answer?, handover, &person).await?;
        }
        decided.await;
        Ok(())
    }

    /// Brings the answer of the person at the client through the one door.
    async fn take(
        &self,
        answer: asking::Answer,
        handover: &domain::Handover,
        person: &Actor,
    ) -> Result<(), RelayError> {
        let command = match answer {
            asking::Answer::Proposal(command) => command,
            asking::Answer::Declined => {
                self.asking.declined.add(TaskId::of(handover));
                return Ok(());
            }
        };
        let pipeline = handover.id.pipeline();
        match self.relay.execute(pipeline, &command, person, None).await {
            // Somebody was faster: what they decided counts, and the wait tells.
            Err(RelayError::Refused(Refusal {
                reason: Reason::AlreadyDecided | Reason::StaleRevision | Reason::Ended,
                ..
            })) => Ok(()),
            done => done.map(drop),
        }
    }

    /// The wait as a task, for a client that can: it works on and asks now and then.
    fn as_task(
        &self,
        pipeline: &Pipeline,
        handover: &HandoverId,
        actor: &Actor,
        context: &RequestContext<RoleServer>,
    ) -> Option<CallToolResponse> {
        // In the older era there is no such answer, whatever a client says it knows.
        let modern = context.protocol_version()? >= ProtocolVersion::V_2026_07_28;
        let client = context.client_capabilities()?;
        if !modern || !client.supports_tasks() || waiting::is_settled(pipeline, handover) {
            return None;
        }
        let id = TaskId::of(pipeline.handover(handover)?);
        let revision = tasks::find(pipeline, &id, actor)?;
        self.cancelled.remove(&id);
        let task = tasks::waiting(pipeline, &id, revision, &self.board);
        Some(CallToolResponse::Task(CreateTaskResult::new(task)))
    }

    /// How the decision about a revision stands. Its prompt, if there is one, goes to `taker`.
    pub(super) async fn decision(
        &self,
        id: &HandoverId,
        revision: u32,
        taker: Option<&Actor>,
    ) -> Called {
        let mut pipeline = self.relay.pipeline(id.pipeline())?;
        let prompt = pipeline
            .prompt_for(id, revision)
            .map(|prompt| prompt.id.clone());
        if let (Some(prompt), Some(taker)) = (prompt, taker) {
            pipeline = self.pick_up(&pipeline, prompt, Via::Wait, taker).await?;
        }
        let unknown = || no_handover(&pipeline);
        let handover = pipeline.handover(id).ok_or_else(unknown)?;
        let mut revisions = handover.revisions.iter();
        let revision = revisions
            .find(|known| known.number == revision)
            .ok_or_else(unknown)?;
        let prompt = pipeline.prompt_for(id, revision.number);
        let in_vain = if revision.decision.is_none() && !pipeline.status.has_ended() {
            self.rounds.in_vain(id, revision.number)
        } else {
            self.rounds.settled(id);
            0
        };
        Ok(
            Decision::new(&pipeline, handover, revision, prompt, in_vain, &self.board)
                .into_result(),
        )
    }

    /// What a task is about, for the agent that may know of it.
    pub(super) fn find_task(
        &self,
        task_id: &str,
        context: &RequestContext<RoleServer>,
    ) -> Result<(Arc<Pipeline>, TaskId), ErrorData> {
        // One answer for a task that is not there and for one of somebody else.
        let unknown = || {
            let message = format!(
                "There is no task {task_id:?} of yours. Call await_handover_decision to wait for a decision."
            );
            ErrorData::invalid_params(message, None)
        };
        let id: TaskId = task_id.parse().map_err(|InvalidTaskId| unknown())?;
        let pipeline = self
            .relay
            .pipeline(id.handover.pipeline())
            .map_err(|_| unknown())?;
        let actor = self.actor(context).map_err(|_| unknown())?;
        tasks::find(&pipeline, &id, &actor).ok_or_else(unknown)?;
        Ok((pipeline, id))
    }

    async fn next_prompt(&self, given: JsonObject, actor: &Actor) -> Called {
        let arguments::OfPipeline { pipeline } = parse("get_next_prompt", given)?;
        let pipeline = self.find(pipeline.as_deref())?;
        let (pipeline, prompt) = self.take_prompt(pipeline, Via::Pull, actor).await?;
        let prompt = prompt.and_then(|id| pipeline.prompt(&id));
        Ok(NextPrompt::new(&pipeline, prompt).into_result())
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

    async fn pick_up(
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
            Err(RelayError::Refused(_)) => Ok(self.relay.pipeline(&pipeline.id)?),
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
                (self.relay.pipeline(id.pipeline())?, id)
            }
            None => {
                let pipeline = self.find(pipeline.as_deref())?;
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
        let id = self.find(pipeline.as_deref())?.id.clone();
        let done = self
            .relay
            .execute(&id, &Command::Finish { outcome, message }, actor, None)
            .await?;
        Ok(Status::new(&done.pipeline, &self.board).into_result())
    }

    fn version(&self, given: JsonObject) -> Called {
        let arguments::OfPipeline { pipeline } = parse("get_version", given)?;
        let pipeline = match pipeline {
            Some(id) => Some(self.find(Some(&id))?),
            None => self.find(None).ok(),
        };
        Ok(Versions::new(pipeline.as_deref()).into_result())
    }

    /// The named pipeline; without a name the only one that has not ended.
    pub(super) fn find(&self, given: Option<&str>) -> Result<Arc<Pipeline>, Refusal> {
        if let Some(given) = given {
            let id: PipelineId = given
                .trim()
                .parse()
                .map_err(|error: domain::InvalidId| unknown_id(&error))?;
            return self.relay.pipeline(&id);
        }
        let all = self.relay.pipelines(&Filter::default());
        let mut open: Vec<_> = all
            .iter()
            .filter(|pipeline| !pipeline.status.has_ended())
            .collect();
        match (open.len(), all.first()) {
            (1, _) => Ok(Arc::clone(open.remove(0))),
            (0, Some(newest)) => Ok(Arc::clone(newest)),
            (0, None) => Err(Refusal::new(
                Reason::NotFound,
                "There is no pipeline yet.",
                "starting one.",
                "Call start_pipeline(project=…, title=…).",
            )),
            (count, _) => Err(Refusal::new(
                Reason::Invalid,
                format!("`pipeline` is missing, and {count} pipelines are open."),
                open.iter()
                    .take(10)
                    .map(|pipeline| format!("{} ({})", pipeline.id, pipeline.title))
                    .collect::<Vec<_>>()
                    .join(", "),
                "Call again with one of these ids as `pipeline`.",
            )),
        }
    }

    fn find_handover(
        &self,
        handover: Option<&str>,
        pipeline: Option<&str>,
    ) -> Result<(Arc<Pipeline>, HandoverId), Refusal> {
        if let Some(given) = handover {
            let id: HandoverId = given
                .trim()
                .parse()
                .map_err(|error: domain::InvalidId| unknown_id(&error))?;
            let pipeline = self.relay.pipeline(id.pipeline())?;
            return match pipeline.handover(&id) {
                Some(_) => Ok((pipeline, id)),
                None => Err(no_handover(&pipeline)),
            };
        }
        let pipeline = self.find(pipeline)?;
        let newest = pipeline
            .handovers
            .last()
            .map(|handover| handover.id.clone());
        newest
            .map(|id| (Arc::clone(&pipeline), id))
            .ok_or_else(|| no_handover(&pipeline))
    }
}

fn parse<T: DeserializeOwned>(tool: &str, given: JsonObject) -> Result<T, Refusal> {
    serde_json::from_value(given.into()).map_err(|error| {
        Refusal::new(
            Reason::Invalid,
            format!("The arguments of {tool} cannot be used: {error}."),
            "the arguments in the tool's input schema, each in its type.",
            format!("Call {tool} again with corrected arguments."),
        )
    })
}

fn unasked(error: &ErrorData) -> Refusal {
    Refusal::new(
        Reason::Invalid,
        format!(
            "The person at this client cannot be asked: {}",
            error.message
        ),
        "deciding on the board.",
        "Tell the user to decide on the board.",
    )
}

fn unknown_id(error: &domain::InvalidId) -> Refusal {
    Refusal::new(
        Reason::NotFound,
        format!("{error}."),
        "an id exactly as a tool returned it.",
        "Call list_pipelines to see the pipelines.",
    )
}

fn no_handover(pipeline: &Pipeline) -> Refusal {
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
