//! Forms for the person at the agent's own client (elicitation), where the settings say that this person decides
//! (`[agents.approvers]`). What is filled in is a proposal: it goes through the same rules as on the board, in the name that
//! the settings give, and whichever comes first counts.

pub mod decision;
pub mod question;

use std::{
    collections::HashSet,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use domain::{Actor, Refusal, text::visible};
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
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::{caller, tasks::Remembered};
use crate::{
    agents::Agents,
    relay::{RelayError, now},
};

/// How long a form may stay open before it has to be shown anew.
const GOOD_FOR: Duration = Duration::from_secs(24 * 3600);

/// No person reads and answers this fast: the client answered by itself, as print modes and some editors do, or a key
/// meant something else when the form came up. Nobody decides by accident (invariant 9), and a form may have `accept`
/// chosen beforehand.
const BY_ITSELF: Duration = Duration::from_secs(1);

/// A form.
#[derive(Debug, Clone)]
pub struct Form {
    /// What is asked: nothing else is asked in these words.
    about: String,
    /// Under which key the client brings the answer.
    key: &'static str,
    message: String,
    fields: Map<String, Value>,
    required: Vec<String>,
}

impl Form {
    /// The parameters of `elicitation/create`.
    fn shown(&self) -> Value {
        json!({
            "mode": "form",
            "message": visible(&self.message),
            "requestedSchema": {
                "type": "object",
                "properties": self.fields,
                "required": self.required,
            },
        })
    }
}

/// What comes of a form.
#[derive(Debug)]
pub enum Said {
    /// What the person filled in.
    Filled(Value),
    /// The person does not want to answer there. Silence and anything unclear is never a yes.
    Declined,
    /// The client answered before a person could: there may be one the next time.
    ByItself,
}

impl Said {
    fn of(result: ElicitResult, took: Duration) -> Self {
        match (result.action, result.content) {
            _ if took < BY_ITSELF => Self::ByItself,
            (ElicitationAction::Accept, Some(content)) => Self::Filled(content),
            _ => Self::Declined,
        }
    }
}

/// How a server asks its client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// While the call is open, as in sessions of the legacy protocol.
    InCall,
    /// As the answer; the client calls again with what its user says.
    InAnswer,
}

/// Who can be asked at the client of this request about what `by` does, and how. `None`: nobody.
pub fn person(
    context: &RequestContext<RoleServer>,
    agents: &Agents,
    by: &Actor,
) -> Option<(Actor, Way)> {
    // Only a proven name, another client could take that of an agent without a token; and only its own work.
    let agent = &caller::identity(context)?.name;
    let person = agents.approver(agent)?;
    if *by != Actor::agent(&**agent) {
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

/// What one client is being asked.
#[derive(Debug, Default)]
pub struct OpenForms(Mutex<HashSet<String>>);

impl OpenForms {
    /// Opens a form until the answer is dropped; `None` if it is open already.
    pub fn open(self: &Arc<Self>, about: String) -> Option<OpenForm> {
        self.lock().insert(about.clone()).then(|| OpenForm {
            about,
            among: Arc::clone(self),
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A form that is open while this lives.
#[derive(Debug)]
pub struct OpenForm {
    about: String,
    among: Arc<OpenForms>,
}

impl Drop for OpenForm {
    fn drop(&mut self) {
        self.among.lock().remove(&self.about);
    }
}

/// What a call of the stateless protocol brings back: the answers of the person there, and the state that the form went with.
#[derive(Debug, Default)]
pub struct Brought {
    /// By key.
    pub given: Option<InputResponses>,
    /// Sealed.
    pub state: Option<String>,
}

/// What the client brings back with the answer, sealed: it can neither be made up nor be moved to another question.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Sealed {
    agent: String,
    about: String,
    /// When, in milliseconds since 1970.
    at: i64,
}

/// What is known about forms, whoever shows them.
pub struct Asking {
    states: RequestStateCodec,
    /// Where the person did not want to answer at the client: the board remains, and nobody is asked again.
    pub declined: Remembered<String>,
}

impl Asking {
    /// With the secret of this Staffel: whichever node is answered knows what another one asked.
    ///
    /// # Errors
    /// None that a secret of this length could bring about.
    pub fn new(secret: &[u8; 32]) -> anyhow::Result<Self> {
        // Another key than for anything else that is made of the same secret.
        let key = Sha256::new_with_prefix("forms at clients\0").chain_update(secret);
        let key: [u8; 32] = key.finalize().into();
        Ok(Self {
            states: RequestStateCodec::try_new(key)?,
            declined: Remembered::default(),
        })
    }

    /// The form as the answer of a call: the client calls again with what its user says.
    pub fn in_answer(&self, form: &Form, agent: &Actor) -> Result<InputRequiredResult, ErrorData> {
        let failed = |error: serde_json::Error| ErrorData::internal_error(error.to_string(), None);
        let request = json!({ "method": "elicitation/create", "params": form.shown() });
        let request: InputRequest = serde_json::from_value(request).map_err(failed)?;
        let sealed = Sealed {
            agent: agent.name.clone(),
            about: form.about.clone(),
            at: now().millis(),
        };
        let state = self
            .states
            .seal_json_with(&sealed, &SealOptions::new().ttl(GOOD_FOR));
        let state = state.map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
        Ok(InputRequiredResult::new(
            Some([(form.key.to_owned(), request)].into()),
            Some(state),
        ))
    }

    /// What a call brings back of a form. `None` if it brings nothing, or nothing that belongs to this one: then it is shown
    /// anew.
    pub fn brought(&self, brought: &Brought, form: &Form, agent: &Actor) -> Option<Said> {
        let sealed = self.sealed(brought, agent)?;
        let result = brought.given.as_ref()?.get(form.key)?.clone();
        let result: ElicitResult = serde_json::from_value(result).ok()?;
        let took = now().millis().saturating_sub(sealed.at);
        let took = Duration::from_millis(u64::try_from(took).unwrap_or(0));
        (sealed.about == form.about).then(|| Said::of(result, took))
    }

    /// What the form was about with which this call comes back.
    pub fn about(&self, brought: &Brought, agent: &Actor) -> Option<String> {
        Some(self.sealed(brought, agent)?.about)
    }

    fn sealed(&self, brought: &Brought, agent: &Actor) -> Option<Sealed> {
        let sealed: Sealed = self.states.open_json(brought.state.as_deref()?).ok()?;
        (sealed.agent == agent.name).then_some(sealed)
    }
}

/// Shows a form while the call is open, and waits as long as the person takes. When `settled` completes first, the client is
/// told that there is nothing to answer any more.
pub async fn in_call(
    peer: &Peer<RoleServer>,
    form: &Form,
    settled: impl Future<Output = ()>,
) -> Option<Said> {
    let shown: ElicitRequestParams = serde_json::from_value(form.shown()).ok()?;
    let request = ServerRequest::ElicitRequest(ElicitRequest::new(shown));
    let options = PeerRequestOptions::no_options();
    let begun = Instant::now();
    let mut asked = peer.send_cancellable_request(request, options).await.ok()?;
    let settled = pin!(settled);
    tokio::select! {
        biased;
        answered = &mut asked.rx => match answered.ok()?.ok()? {
            ClientResult::ElicitResult(result) => Some(Said::of(result, begun.elapsed())),
            _ => None,
        },
        () = settled => {
            // An error means that the client has gone, and the form with it.
            let _ = asked.cancel(Some("decided elsewhere".to_owned())).await;
            None
        }
    }
}

/// Waits, and meanwhile asks the person at the client. A person takes longer than a call: what they say later counts too.
pub async fn beside(
    asks: Option<impl Future<Output = Result<(), RelayError>> + Send + 'static>,
    wait: impl Future<Output = Result<(), Refusal>>,
) -> Result<(), RelayError> {
    let mut wait = pin!(wait);
    if let Some(asks) = asks {
        let mut asks = Box::pin(asks);
        tokio::select! {
            biased;
            done = &mut asks => done?,
            done = &mut wait => {
                done?;
                tokio::spawn(asks);
                return Ok(());
            }
        }
    }
    Ok(wait.await?)
}
