//! A question of an agent at its own client: shown to the person there, and the answer taken in. Both the board and the client
//! look at the same fact in the journal.

use std::time::Duration;

use domain::{Actor, Pipeline, Question, QuestionId, Reason, Refusal};
use rmcp::{RoleServer, model::CallToolResponse, service::RequestContext};

use super::{
    asking::{self, Brought, Said, Way},
    caller,
    decisions::unasked,
    handler::Handler,
    waiting,
};
use crate::{access::Action, relay::RelayError};

impl Handler {
    /// Whom to ask at the client, unless that person has declined to answer there.
    fn answerer<'a>(
        &self,
        pipeline: &'a Pipeline,
        id: &QuestionId,
        context: &RequestContext<RoleServer>,
    ) -> Option<(&'a Question, Actor, Way)> {
        let question = pipeline.question(id)?;
        let (person, way) = asking::person(context, &self.agents, &question.by)?;
        let asks = question.is_open()
            // Nobody waits for the other ones: they stand on the board.
            && question.asked.blocking
            && !pipeline.status.has_ended()
            && !self.asking.declined.contains(&id.to_string())
            && self.may(&person, Action::Answer);
        asks.then_some((question, person, way))
    }

    /// Takes in what the client brings back, or has it ask.
    pub(super) async fn asks_question(
        &self,
        pipeline: &Pipeline,
        id: &QuestionId,
        actor: &Actor,
        brought: &Brought,
        context: &RequestContext<RoleServer>,
    ) -> Result<Option<CallToolResponse>, RelayError> {
        let Some((question, person, Way::InAnswer)) = self.answerer(pipeline, id, context) else {
            return Ok(None);
        };
        let form = asking::question::form(pipeline, question, &self.board);
        match self.asking.brought(brought, &form, actor) {
            Some(said) => {
                self.take_answer(said, question, &person).await?;
                Ok(None)
            }
            None => match self.asking.in_answer(&form, actor) {
                Ok(form) => Ok(Some(form.into())),
                Err(error) => Err(unasked(&error, "answering").into()),
            },
        }
    }

    /// The question with whose form a call comes back.
    pub(super) fn brought_question(&self, brought: &Brought, actor: &Actor) -> Option<QuestionId> {
        self.asking.about(brought, actor)?.parse().ok()
    }

    /// Waits for the answer; where the person at the client can be asked meanwhile, asks.
    pub(super) async fn wait_for_answer(
        &self,
        pipeline: &Pipeline,
        id: &QuestionId,
        longest: Duration,
        context: &RequestContext<RoleServer>,
    ) -> Result<(), RelayError> {
        let is_open = is_open(id);
        let settled = |pipeline: &Pipeline| !is_open(pipeline);
        let relay = &self.relay;
        let wait = waiting::until(relay, &pipeline.id, longest, context, "to answer", settled);
        asking::beside(self.asks_in_call(pipeline, id, context), wait).await
    }

    /// Asks the person at a client of the legacy protocol, unless they are being asked already, and takes in what they say.
    fn asks_in_call(
        &self,
        pipeline: &Pipeline,
        id: &QuestionId,
        context: &RequestContext<RoleServer>,
    ) -> Option<impl Future<Output = Result<(), RelayError>> + Send + use<>> {
        let (question, person, Way::InCall) = self.answerer(pipeline, id, context)? else {
            return None;
        };
        let open = self.forms.open(id.to_string())?;
        let form = asking::question::form(pipeline, question, &self.board);
        let (handler, question, peer) = (self.clone(), question.clone(), context.peer.clone());
        let revoked = caller::identity(context)?.revoked.clone();
        Some(async move {
            let id = &question.id;
            let settled = async {
                tokio::select! {
                    // Where nobody can wait any more, the form stays open for as long as its client is there.
                    Ok(()) = waiting::closed(&handler.relay, id.pipeline(), is_open(id)) => {}
                    () = revoked.cancelled() => {}
                }
            };
            let said = asking::in_call(&peer, &form, settled).await;
            drop(open);
            match said {
                Some(said) => handler.take_answer(said, &question, &person).await,
                None => Ok(()),
            }
        })
    }

    async fn take_answer(
        &self,
        said: Said,
        question: &Question,
        person: &Actor,
    ) -> Result<(), RelayError> {
        let content = match said {
            Said::Filled(content) => content,
            Said::Declined => {
                self.asking.declined.add(question.id.to_string());
                return Ok(());
            }
            Said::ByItself => return Ok(()),
        };
        if !self.may(person, Action::Answer) {
            return Ok(());
        }
        let command = asking::question::read(question, content)?;
        let pipeline = question.id.pipeline();
        match self.relay.execute(pipeline, &command, person, None).await {
            // Somebody was faster: what they answered counts, and the wait tells.
            Err(RelayError::Refused(Refusal {
                reason: Reason::AlreadyDecided | Reason::Ended,
                ..
            })) => Ok(()),
            done => done.map(drop),
        }
    }
}

/// Whether somebody can still answer.
fn is_open(id: &QuestionId) -> impl Fn(&Pipeline) -> bool {
    move |pipeline| {
        let question = pipeline.question(id);
        !pipeline.status.has_ended() && question.is_some_and(Question::is_open)
    }
}
