//! The question to the person at the agent's own client, where the settings say that this person decides
//! (`[agents.approvers]`). The answer is a proposal: it goes through the same rules as a decision on the board, in the
//! name that the settings give, and whichever comes first counts.
//!
//! The decision is asked for alone, and the text only after `request_changes`: Codex 0.169 cannot send a form whose
//! optional last field is empty.

use std::{
    collections::HashSet,
    pin::{Pin, pin},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use domain::{
    Actor, Command, Handover, HandoverId, Pipeline, Proof, Proposal, ProvenBy, Reason, Refusal,
    Verdict, text::visible,
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
    caller,
    tasks::{Remembered, TaskId},
};
use crate::{agents::Agents, relay::now};

/// Under which key the client brings the answer.
const KEY: &str = "decision";
/// How long a question may stay open before it has to be asked anew.
const GOOD_FOR: Duration = Duration::from_secs(24 * 3600);

/// No person reads and answers this fast: the client answered by itself, as print modes and some editors do, or a key
/// meant something else when the form came up. Nobody decides by accident (invariant 9), and a form may have `accept`
/// chosen beforehand.
const BY_ITSELF: Duration = Duration::from_secs(1);

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    /// What the person decides.
    Decision,
    /// What should change.
    Changes,
}

/// What the client brings back with the answer, sealed: it can neither be made up nor be moved to another question.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Asked {
    agent: String,
    task: String,
    step: Step,
    /// When, in milliseconds since 1970.
    at: i64,
}

/// What the person filled in first.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DecisionForm {
    decision: Verdict,
}

/// What the person filled in after `request_changes`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangesForm {
    review_changes: String,
}

/// The person's answer.
#[derive(Debug)]
pub enum Answer {
    /// A decision, to be checked by the rules.
    Proposal(Command),
    /// Changes are wanted; which, is asked next.
    WantsChanges,
    /// The person does not want to decide there.
    Declined,
    /// The client answered before a person could: there may be one at the next question.
    ByItself,
}

/// How a server asks its client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// While the call is open, as in sessions of the legacy protocol.
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
    let agent = &caller::identity(context)?.name;
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
    caller::session(&context.extensions).map(|_| Way::InCall)
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
        step: Step,
    ) -> Result<InputRequiredResult, ErrorData> {
        let failed = |error: serde_json::Error| ErrorData::internal_error(error.to_string(), None);
        let request = json!({ "method": "elicitation/create", "params": form(pipeline, handover, board, step) });
        let request: InputRequest = serde_json::from_value(request).map_err(failed)?;
        let asked = Asked {
            agent: agent.name.clone(),
            task: TaskId::of(handover).to_string(),
            step,
            at: now().millis(),
        };
        let state = self
            .states
            .seal_json_with(&asked, &SealOptions::new().ttl(GOOD_FOR));
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
        let asked: Asked = self.states.open_json(state?).ok()?;
        let result: ElicitResult = serde_json::from_value(given?.get(KEY)?.clone()).ok()?;
        let ours = asked.agent == agent.name && asked.task == TaskId::of(handover).to_string();
        let took = now().millis().saturating_sub(asked.at);
        let took = Duration::from_millis(u64::try_from(took).unwrap_or(0));
        ours.then(|| answer(result, handover, asked.step, took))
    }
}

/// The question, for the client to put to its user.
pub fn form(pipeline: &Pipeline, handover: &Handover, board: &str, step: Step) -> Value {
    let current = handover.current();
    let (message, field, schema) = match step {
        Step::Decision => (
            format!(
                "{} is handed over in {:?} (revision {}): {}\nRead it at {board}/pipelines/{} and decide there or here.",
                handover.phase, pipeline.title, current.number, current.summary, pipeline.id
            ),
            "decision",
            json!({
                "type": "string",
                "title": "Decision",
                "enum": ["accept", "request_changes", "stop"],
            }),
        ),
        Step::Changes => (
            format!(
                "What should change in {} of {:?} (revision {})? Your text goes into the next prompt.\nThe handover: {board}/pipelines/{}",
                handover.phase, pipeline.title, current.number, pipeline.id
            ),
            "review_changes",
            json!({ "type": "string", "title": "What should change?", "minLength": 1 }),
        ),
    };
    json!({
        "mode": "form",
        "message": visible(&message),
        "requestedSchema": {
            "type": "object",
            "properties": { field: schema },
            "required": [field],
        },
    })
}

/// Asks while the call is open, and waits for the answer as long as the person takes. When `settled` completes first,
/// the client is told that there is nothing to answer any more.
pub async fn ask(
    peer: Peer<RoleServer>,
    handover: &Handover,
    form: impl Fn(Step) -> Value,
    settled: impl Future<Output = ()>,
) -> Option<Result<Answer, Refusal>> {
    let mut settled = pin!(settled);
    let decision = ask_one(&peer, handover, Step::Decision, &form, settled.as_mut()).await?;
    match decision {
        Ok(Answer::WantsChanges) => ask_one(&peer, handover, Step::Changes, &form, settled).await,
        decision => Some(decision),
    }
}

async fn ask_one(
    peer: &Peer<RoleServer>,
    handover: &Handover,
    step: Step,
    form: &impl Fn(Step) -> Value,
    settled: Pin<&mut impl Future<Output = ()>>,
) -> Option<Result<Answer, Refusal>> {
    let form: ElicitRequestParams = serde_json::from_value(form(step)).ok()?;
    let request = ServerRequest::ElicitRequest(ElicitRequest::new(form));
    let options = PeerRequestOptions::no_options();
    let begun = Instant::now();
    let mut asked = peer.send_cancellable_request(request, options).await.ok()?;
    tokio::select! {
        biased;
        answered = &mut asked.rx => match answered.ok()?.ok()? {
            ClientResult::ElicitResult(result) => Some(answer(result, handover, step, begun.elapsed())),
            _ => None,
        },
        () = settled => {
            // An error means that the client has gone, and the question with it.
            let _ = asked.cancel(Some("decided elsewhere".to_owned())).await;
            None
        }
    }
}

fn answer(
    result: ElicitResult,
    handover: &Handover,
    step: Step,
    took: Duration,
) -> Result<Answer, Refusal> {
    let content = match (result.action, result.content) {
        _ if took < BY_ITSELF => return Ok(Answer::ByItself),
        (ElicitationAction::Accept, Some(content)) => content,
        // Silence and anything unclear is never a yes.
        _ => return Ok(Answer::Declined),
    };
    let unclear = |error| unclear(&handover.id, step, &error);
    let (decision, review_changes) = match step {
        Step::Decision => {
            let DecisionForm { decision } = serde_json::from_value(content).map_err(unclear)?;
            if decision == Verdict::RequestChanges {
                return Ok(Answer::WantsChanges);
            }
            (decision, String::new())
        }
        Step::Changes => {
            let ChangesForm { review_changes } =
                serde_json::from_value(content).map_err(unclear)?;
            (Verdict::RequestChanges, review_changes)
        }
    };
    Ok(Answer::Proposal(Command::Decide(Proposal {
        handover: handover.id.clone(),
        revision: handover.current().number,
        read: None,
        decision,
        review_changes,
        proof: Some(Proof {
            by: ProvenBy::Client,
            device: None,
        }),
    })))
}

fn unclear(handover: &HandoverId, step: Step, error: &serde_json::Error) -> Refusal {
    Refusal::new(
        Reason::Invalid,
        format!("What the client brought back is no decision about {handover}: {error}."),
        match step {
            Step::Decision => "`decision`: accept, request_changes or stop.",
            Step::Changes => "`review_changes` as text.",
        },
        "Call await_handover_decision again; the person is asked again, or decides on the board.",
    )
}
