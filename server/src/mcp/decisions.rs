//! The wait for a decision at work: as a call, as a task, and as a question to the person at the client. All of them
//! look at the same fact in the journal.

use std::{sync::Arc, time::Duration};

use domain::{
    Actor, Command, Handover, HandoverId, Pipeline, Prompt, Reason, Refusal, Verdict, Via,
};
use rmcp::{
    ErrorData, RoleServer,
    model::{CallToolResponse, CreateTaskResult, ProtocolVersion},
    service::RequestContext,
};

use super::{
    asking::{self, Brought, Way, decision},
    caller,
    handler::{Called, Handler},
    tasks::{self, InvalidTaskId, TaskId},
    tools::{Answer, Decision, no_handover},
    waiting,
};
use crate::{access::Action, people::By, relay::RelayError};

impl Handler {
    /// Whom to ask at the client about the newest revision, unless that person has declined to answer there.
    fn approver<'a>(
        &self,
        pipeline: &'a Pipeline,
        id: &HandoverId,
        context: &RequestContext<RoleServer>,
    ) -> Option<(&'a Handover, Actor, Way)> {
        let handover = pipeline.handover(id)?;
        let (person, way) = asking::person(context, &self.agents, &handover.current().by)?;
        // Whoever has accepted already waits for another person.
        let approval = handover.current().approval.as_ref();
        let asks = handover.is_open()
            && approval.is_none_or(|approval| approval.by != person)
            && !pipeline.status.has_ended()
            && !self.asking.declined.contains(&TaskId::of(handover).to_string())
            && self.may(&person, Action::Decide)
            // No client can confirm.
            && self.people.confirm.needed(handover.phase.as_str(), false).is_none();
        asks.then_some((handover, person, way))
    }

    /// The settings name a person, and the registry says what that person may do.
    pub(super) fn may(&self, person: &Actor, action: Action) -> bool {
        let role = self.people.role(&person.name);
        role.is_some_and(|role| role >= action.role())
    }

    /// Where the person at the client decides: takes in what the client brings back, or has it ask.
    pub(super) async fn asks(
        &self,
        pipeline: &Pipeline,
        id: &HandoverId,
        actor: &Actor,
        brought: &Brought,
        context: &RequestContext<RoleServer>,
    ) -> Result<Option<CallToolResponse>, RelayError> {
        let Some((handover, person, Way::InAnswer)) = self.approver(pipeline, id, context) else {
            return Ok(None);
        };
        let form = |step| decision::form(pipeline, handover, &self.board, step);
        let said = decision::Step::ALL.into_iter().find_map(|step| {
            let said = self.asking.brought(brought, &form(step), actor)?;
            Some(decision::read(handover, step, said))
        });
        let step = match said.transpose()? {
            Some(decision::Answer::WantsChanges) => decision::Step::Changes,
            Some(answer) => {
                self.take(answer, handover, &person).await?;
                return Ok(None);
            }
            None => decision::Step::Decision,
        };
        match self.asking.in_answer(&form(step), actor) {
            Ok(form) => Ok(Some(form.into())),
            Err(error) => Err(unasked(&error, "deciding").into()),
        }
    }

    /// Waits for the decision; where the person at the client decides and can be asked meanwhile, asks.
    pub(super) async fn wait(
        &self,
        pipeline: &Pipeline,
        id: &HandoverId,
        longest: Duration,
        context: &RequestContext<RoleServer>,
    ) -> Result<(), RelayError> {
        let wait = waiting::decision(&self.relay, id, longest, context);
        asking::beside(self.question(pipeline, id, context), wait).await
    }

    /// Asks the person at a client of the legacy protocol, unless they are being asked already, and takes in what they say.
    fn question(
        &self,
        pipeline: &Pipeline,
        id: &HandoverId,
        context: &RequestContext<RoleServer>,
    ) -> Option<impl Future<Output = Result<(), RelayError>> + Send + use<>> {
        let (handover, person, Way::InCall) = self.approver(pipeline, id, context)? else {
            return None;
        };
        let about = TaskId::of(handover);
        let open = self.forms.open(about.to_string())?;
        let forms =
            decision::Step::ALL.map(|step| decision::form(pipeline, handover, &self.board, step));
        let (handler, handover, peer) = (self.clone(), handover.clone(), context.peer.clone());
        let revoked = caller::identity(context)?.revoked.clone();
        Some(async move {
            let is_open = |pipeline: &Pipeline| {
                let handover = pipeline.handover(&about.handover);
                let open = handover.is_some_and(|it| it.is_open() && TaskId::of(it) == about);
                open && !pipeline.status.has_ended()
            };
            let settled = async {
                tokio::select! {
                    // Where nobody can wait any more, the form stays open for as long as its client is there.
                    Ok(()) = waiting::closed(&handler.relay, handover.id.pipeline(), is_open) => {}
                    () = revoked.cancelled() => {}
                }
            };
            let answer = decision::ask(&peer, &handover, forms, settled).await;
            drop(open);
            match answer {
                Some(answer) => handler.take(answer?, &handover, &person).await,
                None => Ok(()),
            }
        })
    }

    /// Brings the answer of the person at the client as a command like any other.
    async fn take(
        &self,
        answer: decision::Answer,
        handover: &Handover,
        person: &Actor,
    ) -> Result<(), RelayError> {
        let mut proposal = match answer {
            decision::Answer::Proposal(proposal) => *proposal,
            decision::Answer::Declined => {
                self.asking.declined.add(TaskId::of(handover).to_string());
                return Ok(());
            }
            // The board remains.
            decision::Answer::WantsChanges | decision::Answer::ByItself => return Ok(()),
        };
        if !self.may(person, Action::Decide) {
            return Ok(());
        }
        let pipeline = handover.id.pipeline();
        if proposal.decision == Verdict::Accept {
            // The form has said which these are.
            let now = self.relay.pipeline(pipeline).await?;
            let blocking = now.blocking_comments();
            proposal.review.settled = blocking.map(|comment| comment.number).collect();
        }
        let command = Command::Decide(proposal);
        match self.relay.execute(pipeline, &command, person, None).await {
            // Somebody was faster: what they decided counts, and the wait tells.
            Err(RelayError::Refused(Refusal {
                reason: Reason::AlreadyDecided | Reason::StaleRevision | Reason::Ended,
                ..
            })) => Ok(()),
            done => {
                if let (false, Command::Decide(decided)) = (done?.repeated, &command) {
                    let by = By {
                        who: Some(person.name.clone()),
                        from: "client".to_owned(),
                    };
                    self.people.note_decision(by, decided).await;
                }
                Ok(())
            }
        }
    }

    /// The wait as a task, for a client that can: it works on and asks now and then.
    pub(super) fn as_task(
        &self,
        pipeline: &Pipeline,
        handover: &HandoverId,
        actor: &Actor,
        context: &RequestContext<RoleServer>,
    ) -> Option<CallToolResponse> {
        // In the legacy protocol there is no such answer, whatever a client says it knows.
        let modern = context.protocol_version()? >= ProtocolVersion::V_2026_07_28;
        let client = context.client_capabilities()?;
        let handover = pipeline.handover(handover)?;
        // Once it is decided, what is left to wait for takes a moment.
        let open = handover.is_open() && !pipeline.status.has_ended();
        if !modern || !client.supports_tasks() || !open {
            return None;
        }
        let id = TaskId::of(handover);
        let revision = tasks::find(pipeline, &id, actor)?;
        self.cancelled.remove(&id);
        let task = tasks::waiting(pipeline, &id, revision, &self.board);
        Some(CallToolResponse::Task(CreateTaskResult::new(task)))
    }

    /// How the decision about a revision stands, for `reader`, who has just `waited` for it. Where it `takes` the prompt
    /// that there is, it has it then.
    pub(super) async fn decision(
        &self,
        id: &HandoverId,
        revision: u32,
        reader: &Actor,
        takes: bool,
        waited: Duration,
    ) -> Called {
        let mut pipeline = self.relay.pipeline(id.pipeline()).await?;
        let sent = |prompt: &&Prompt| prompt.held.is_none();
        let prompt = pipeline.prompt_for(id, revision).filter(sent);
        let prompt = prompt.filter(|_| takes);
        if let Some(prompt) = prompt.map(|prompt| prompt.id.clone()) {
            pipeline = self.pick_up(&pipeline, prompt, Via::Wait, reader).await?;
        }
        let unknown = || no_handover(&pipeline);
        let handover = pipeline.handover(id).ok_or_else(unknown)?;
        let mut revisions = handover.revisions.iter();
        let revision = revisions
            .find(|known| known.number == revision)
            .ok_or_else(unknown)?;
        let prompt = pipeline.prompt_for(id, revision.number).filter(sent);
        let waited = self
            .unanswered_waits
            .add(&id.to_string(), revision.number, waited);
        let held = pipeline.held_prompt().is_some();
        if (revision.decision.is_some() && !held) || pipeline.status.has_ended() {
            self.unanswered_waits.remove(&id.to_string());
        }
        let text = match prompt {
            Some(prompt) => Some(self.relay.documents().text(&prompt.document).await?),
            None => None,
        };
        Ok(Decision::new(
            &pipeline,
            handover,
            revision,
            prompt.zip(text.as_deref()),
            reader,
            waited,
            &self.board,
        )
        .into_result())
    }

    /// What a task is about, for the agent that may know of it.
    pub(super) async fn find_task(
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
            .await
            .map_err(|_| unknown())?;
        let actor = self.actor(context).map_err(|_| unknown())?;
        tasks::find(&pipeline, &id, &actor).ok_or_else(unknown)?;
        Ok((pipeline, id))
    }
}

/// That the person cannot be asked there, and what remains: `doing` it on the board.
pub(super) fn unasked(error: &ErrorData, doing: &str) -> Refusal {
    Refusal::new(
        Reason::Invalid,
        format!(
            "The person at this client cannot be asked: {}",
            error.message
        ),
        format!("{doing} on the board."),
        "Tell the user to go to the board.",
    )
}
