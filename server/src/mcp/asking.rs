//! The question to the person at the agent's own client, where the settings say that this person decides
//! (`[agents.approvers]`). The answer is a proposal: it goes through the same door and the same rules as a
//! decision on the board, in the name that the settings give, and whichever comes first counts.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::{
    Actor, Command, Handover, HandoverId, Pipeline, Reason, Refusal, Verdict, text::visible,
};
use rmcp::{
    ErrorData, RoleServer,
    model::{
        ClientResult, ElicitRequest, ElicitRequestParams, ElicitResult, ElicitationAction,
        InputRequest, InputRequiredResult, InputResponses, ProtocolVersion, RequestStateCodec,
        SealOptions, ServerRequest,
    },
    service::{Peer, PeerRequestOptions, RequestContext},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    door,
    tasks::{Remembered, TaskId},
};
use crate::agents::Agents;

/// Under which key the client brings the answer.
const KEY: &str = "decision";
/// How long a question may stay open before it has to be asked anew.
const GOOD_FOR: Duration = Duration::from_secs(24 * 3600);

/// What the client brings back with the answer, sealed: it can neither be made up nor be moved to another question.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Asked {
    agent: String,
    task: String,
}

/// What the person filled in.
#[derive(Debug, Deserialize)]
struct Form {
    decision: Verdict,
    #[serde(default)]
    review_changes: String,
}

/// The person's answer.
#[derive(Debug)]
pub enum Answer {
    /// A decision, to be checked by the rules.
    Proposal(Command),
    /// The person does not want to decide there.
    Declined,
}

/// How a server asks its client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// While the call is open, as in sessions of the older era.
    InCall,
    /// As the answer; the client calls again with what its user says.
    InAnswer,
}

/// Whom to ask at the client of this request about a handover, and how. `None`: nobody.
pub fn approver(
    context: &RequestContext<RoleServer>,
    agents: &Agents,
    handover: &Handover,
) -> Option<(Actor, Way)> {
    // Only a proven name, another client could take that of an agent without a token; and only its own work.
    let agent = &door::identity(context)?.name;
    let person = agents.approver(agent)?;
    if !handover.is_open() || handover.current().by != Actor::agent(&**agent) {
        return None;
    }
    let elicitation = context.client_capabilities()?.elicitation?;
    // A client that names no way can show forms: that was the only one once.
    let shows_forms = elicitation.form.is_some() || elicitation.url.is_none();
    shows_forms.then_some((Actor::person(person), way(context)?))
}

/// A request of an older revision without a session can be asked nothing: its client could not answer.
fn way(context: &RequestContext<RoleServer>) -> Option<Way> {
    if context.protocol_version()? >= ProtocolVersion::V_2026_07_28 {
        return Some(Way::InAnswer);
    }
    door::session(&context.extensions).map(|_| Way::InCall)
}

/// The revisions that one client is being asked about.
#[derive(Debug, Default)]
pub struct OpenQuestions(Mutex<HashSet<TaskId>>);

impl OpenQuestions {
    /// Opens a question until the answer is dropped; `None` if it is open already.
    pub fn open(self: &Arc<Self>, about: TaskId) -> Option<OpenQuestion> {
        self.lock().insert(about.clone()).then(|| OpenQuestion {
            about,
            among: Arc::clone(self),
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<TaskId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A question that is open while this lives.
#[derive(Debug)]
pub struct OpenQuestion {
    about: TaskId,
    among: Arc<OpenQuestions>,
}

impl Drop for OpenQuestion {
    fn drop(&mut self) {
        self.among.lock().remove(&self.about);
    }
}

/// What is known about questions, whoever asks them.
pub struct Asking {
    states: RequestStateCodec,
    /// Where the person did not want to decide at the client: the board remains, and nobody is asked again.
    pub declined: Remembered,
}

impl Asking {
    /// Nobody was asked yet. Questions of an earlier start of the server are asked anew.
    ///
    /// # Errors
    /// The system has no random bytes.
    pub fn new() -> anyhow::Result<Self> {
        let mut key = [0; 32];
        getrandom::fill(&mut key)?;
        Ok(Self {
            states: RequestStateCodec::try_new(key)?,
            declined: Remembered::default(),
        })
    }

    /// The question as the answer of a call: the client calls again with what its user says.
    pub fn question(
        &self,
        pipeline: &Pipeline,
        handover: &Handover,
        board: &str,
        agent: &Actor,
    ) -> Result<InputRequiredResult, ErrorData> {
        let failed = |error: serde_json::Error| ErrorData::internal_error(error.to_string(), None);
        let request =
            json!({ "method": "elicitation/create", "params": form(pipeline, handover, board) });
        let request: InputRequest = serde_json::from_value(request).map_err(failed)?;
        let state = self
            .states
            .seal_json_with(&asked(handover, agent), &SealOptions::new().ttl(GOOD_FOR));
        let state = state.map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
        Ok(InputRequiredResult::new(
            Some([(KEY.to_owned(), request)].into()),
            Some(state),
        ))
    }

    /// What a call brings back. `None` if it brings nothing, or nothing that belongs to this question: then it is
    /// asked anew.
    pub fn brought(
        &self,
        given: Option<&InputResponses>,
        state: Option<&str>,
        handover: &Handover,
        agent: &Actor,
    ) -> Option<Result<Answer, Refusal>> {
        let state: Asked = self.states.open_json(state?).ok()?;
        let result: ElicitResult = serde_json::from_value(given?.get(KEY)?.clone()).ok()?;
        (state == asked(handover, agent)).then(|| answer(result, handover))
    }
}

/// The question, for the client to put to its user.
pub fn form(pipeline: &Pipeline, handover: &Handover, board: &str) -> Value {
    let current = handover.current();
    let message = format!(
        "{} is handed over in {:?} (revision {}): {}\nRead it at {board}/pipelines/{} and decide there or here.",
        handover.phase, pipeline.title, current.number, current.summary, pipeline.id
    );
    json!({
        "mode": "form",
        "message": visible(&message),
        "requestedSchema": {
            "type": "object",
            "properties": {
                "decision": {
                    "type": "string",
                    "title": "Decision",
                    "enum": ["accept", "request_changes", "stop"],
                },
                "review_changes": {
                    "type": "string",
                    "title": "What should change?",
                    "description": "Goes into the next prompt. Needed to request changes.",
                },
            },
            "required": ["decision"],
        },
    })
}

fn asked(handover: &Handover, agent: &Actor) -> Asked {
    Asked {
        agent: agent.name.clone(),
        task: TaskId::of(handover).to_string(),
    }
}

/// Asks while the call is open, and waits for the answer as long as the person takes. When `settled` completes first,
/// the client is told that there is nothing to answer any more.
pub async fn ask(
    peer: Peer<RoleServer>,
    handover: &Handover,
    form: Value,
    settled: impl Future<Output = ()>,
) -> Option<Result<Answer, Refusal>> {
    let form: ElicitRequestParams = serde_json::from_value(form).ok()?;
    let request = ServerRequest::ElicitRequest(ElicitRequest::new(form));
    let options = PeerRequestOptions::no_options();
    let mut asked = peer.send_cancellable_request(request, options).await.ok()?;
    tokio::select! {
        biased;
        answered = &mut asked.rx => match answered.ok()?.ok()? {
            ClientResult::ElicitResult(result) => Some(answer(result, handover)),
            _ => None,
        },
        () = settled => {
            // An error means that the client has gone, and the question with it.
            let _ = asked.cancel(Some("decided elsewhere".to_owned())).await;
            None
        }
    }
}

fn answer(result: ElicitResult, handover: &Handover) -> Result<Answer, Refusal> {
    let content = match (result.action, result.content) {
        (ElicitationAction::Accept, Some(content)) => content,
        // Silence and anything unclear is never a yes.
        _ => return Ok(Answer::Declined),
    };
    let Form {
        decision,
        review_changes,
    } = serde_json::from_value(content).map_err(|error| unclear(&handover.id, &error))?;
    Ok(Answer::Proposal(Command::Decide {
        handover: handover.id.clone(),
        revision: handover.current().number,
        read: None,
        decision,
        review_changes,
    }))
}

fn unclear(handover: &HandoverId, error: &serde_json::Error) -> Refusal {
    Refusal::new(
        Reason::Invalid,
        format!("What the client brought back is no decision about {handover}: {error}."),
        "`decision` accept, request_changes or stop, and `review_changes` as text.",
        "Call await_handover_decision again; the person is asked again, or decides on the board.",
    )
}
