//! The server's side of the bridge: one HTTP request for each message, one stream for what comes unasked.

use std::{
    collections::BTreeSet,
    mem,
    ops::ControlFlow,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use anyhow::{Context, Result};
use futures::{Stream, StreamExt};
use reqwest::{Client, RequestBuilder, Response, StatusCode, header};
use serde_json::{Value, json};
use sse_stream::SseStream;
use tokio::{sync::mpsc, task::AbortHandle, time::sleep};

use protocol::Token;

use crate::token::as_header;

use super::{
    absence::{self, Fallback},
    message::{Kind, Message, error},
    start,
};

/// How long a connection may take to be made. The server is on this machine, or away.
const CONNECT: Duration = Duration::from_secs(3);
/// How long the server may take over what begins a session. Everything else waits for that.
const INTRODUCE: Duration = Duration::from_secs(5);
/// Between two tries to hear again what the server says unasked.
const LISTEN_AGAIN: Duration = Duration::from_secs(2);

const SESSION: &str = "mcp-session-id";
const VERSION: &str = "mcp-protocol-version";

/// Why a message did not get its answer.
enum Trouble {
    /// Nobody answers at the address.
    Away,
    /// The server does not know the session that the message belongs to.
    SessionLost,
    /// The connection broke before the answer was complete.
    Broken,
    /// The server answers, but not with an answer to the message; what it says.
    Refused(String),
}

impl From<reqwest::Error> for Trouble {
    fn from(error: reqwest::Error) -> Self {
        if error.is_connect() {
            Self::Away
        } else {
            Self::Broken
        }
    }
}

/// A session, as the server has opened it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Session {
    /// None where a server works without.
    id: Option<String>,
    version: Option<String>,
}

/// The session of now, and what the client has said that the next one has to hear again. Only in the era with
/// sessions.
#[derive(Default)]
struct Conversation {
    introduction: Option<Message>,
    session: Option<Session>,
    /// The resources whose changes the client wants to hear of.
    subscriptions: BTreeSet<String>,
    listening: Option<AbortHandle>,
}

/// The server, as the bridge knows it.
pub struct Upstream {
    url: String,
    http: Client,
    may_start: bool,
    fallback: Fallback,
    out: mpsc::Sender<Value>,
    conversation: Mutex<Conversation>,
    /// Held by whoever starts the server or begins a session: one does it, and the others find it done.
    beginning: tokio::sync::Mutex<()>,
    tools: Mutex<Option<Value>>,
}

impl Upstream {
    /// A server at `url`, which knows this agent by its token; what the server says goes to `out`.
    ///
    /// # Errors
    /// The HTTP client cannot be set up.
    pub fn new(
        url: &str,
        token: Option<&Token>,
        may_start: bool,
        fallback: Fallback,
        out: mpsc::Sender<Value>,
    ) -> Result<Self> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let headers = token.map(as_header).into_iter();
        let http = Client::builder()
            .default_headers(
                headers
                    .map(|value| (header::AUTHORIZATION, value))
                    .collect(),
            )
            .connect_timeout(CONNECT)
            .no_proxy()
            .build()
            .context("the HTTP client")?;
        Ok(Self {
            url: url.to_owned(),
            http,
            may_start,
            fallback,
            out,
            conversation: Mutex::default(),
            beginning: tokio::sync::Mutex::default(),
            tools: Mutex::default(),
        })
    }

    /// Says something to the client.
    pub async fn say(&self, message: Value) {
        // A client that has gone hears nothing.
        let _ = self.out.send(message).await;
    }

    /// Carries one message, and sees to it that a request is answered.
    pub async fn carry(self: Arc<Self>, message: Message) {
        let carried = self.try_everything(&message).await;
        if carried.is_ok() && message.method() == "notifications/initialized" {
            self.listen();
        }
        let (Err(trouble), Kind::Request) = (carried, message.kind()) else {
            return;
        };
        let in_its_place = || {
            let tools = lock(&self.tools).clone();
            absence::answer(&message, &self.url, &self.fallback, tools.as_ref())
        };
        let answer = match trouble {
            Trouble::Away | Trouble::SessionLost => in_its_place(),
            // A client that has not heard of any tools asks for none later.
            Trouble::Broken if message.method() == "initialize" => in_its_place(),
            Trouble::Broken if message.method() == "tools/call" => absence::broken(&message),
            Trouble::Broken => error(
                message.id(),
                -32603,
                "The connection to Staffel broke before it answered. Try again.",
            ),
            Trouble::Refused(why) => {
                error(message.id(), -32603, &format!("Staffel answered {why}"))
            }
        };
        self.say(answer).await;
    }

    /// Delivers the message, if need be to a server that is started for it.
    async fn try_everything(self: &Arc<Self>, message: &Message) -> Result<(), Trouble> {
        match self.deliver(message).await {
            Err(Trouble::Away) if self.may_start && message.kind() == Kind::Request => {
                self.start().await?;
                self.deliver(message).await
            }
            delivered => delivered,
        }
    }

    /// Sees to it that a server is there.
    async fn start(&self) -> Result<(), Trouble> {
        let _alone = self.beginning.lock().await;
        start::start(&self.url, &self.http).await.map_err(|why| {
            tracing::warn!("{why:#}");
            Trouble::Away
        })
    }

    /// Sends the message to the server, in the session that it belongs to.
    async fn deliver(self: &Arc<Self>, message: &Message) -> Result<(), Trouble> {
        if message.is_modern() {
            return self.exchange(message, None, true).await.map(drop);
        }
        if message.method() == "initialize" {
            return self.introduce(message).await;
        }
        let (session, introduced) = {
            let now = lock(&self.conversation);
            (now.session.clone(), now.introduction.is_some())
        };
        if let Some(session) = &session {
            match self.exchange(message, Some(session), true).await {
                Err(Trouble::SessionLost) if message.kind() == Kind::Request => {}
                delivered => return delivered.map(drop),
            }
        }
        if message.kind() != Kind::Request {
            // It is about a session, and there is none that knows what it is about.
            return Ok(());
        }
        let session = match introduced {
            true => Some(self.introduce_again(session.as_ref()).await?),
            false => None,
        };
        let delivered = self.exchange(message, session.as_ref(), true).await;
        delivered.map(drop)
    }

    /// Begins the client's first session.
    async fn introduce(&self, introduction: &Message) -> Result<(), Trouble> {
        let _alone = self.beginning.lock().await;
        {
            let mut now = lock(&self.conversation);
            let listening = now.listening.take();
            listening.inspect(AbortHandle::abort);
            *now = Conversation {
                introduction: Some(introduction.clone()),
                ..Conversation::default()
            };
        }
        let session = self.exchange(introduction, None, true).await?;
        lock(&self.conversation).session = session;
        Ok(())
    }

    /// Begins a new session in place of the lost one, with the client's own words; the client does not notice.
    async fn introduce_again(self: &Arc<Self>, lost: Option<&Session>) -> Result<Session, Trouble> {
        let _alone = self.beginning.lock().await;
        let (introduction, subscriptions) = {
            let now = lock(&self.conversation);
            match &now.session {
                // Another message has lost it too, and was here before.
                Some(session) if Some(session) != lost => return Ok(session.clone()),
                _ => (now.introduction.clone(), now.subscriptions.clone()),
            }
        };
        let introduction = introduction.ok_or(Trouble::SessionLost)?;
        let session = self.exchange(&introduction, None, false).await?;
        let session = session.ok_or_else(|| {
            let why = "the client's introduction with an error. Start the client anew.";
            Trouble::Refused(why.to_owned())
        })?;
        let initialized = Message::own(json!({
            "jsonrpc": "2.0", "method": "notifications/initialized"
        }));
        self.exchange(&initialized, Some(&session), false).await?;
        for uri in subscriptions {
            let subscribe = Message::own(json!({
                "jsonrpc": "2.0", "id": "staffel stdio", "method": "resources/subscribe", "params": { "uri": uri }
            }));
            // What is gone cannot change any more.
            let _ = self.exchange(&subscribe, Some(&session), false).await;
            // What changed meanwhile nobody has told.
            self.say(json!({
                "jsonrpc": "2.0", "method": "notifications/resources/updated", "params": { "uri": uri }
            }))
            .await;
        }
        lock(&self.conversation).session = Some(session.clone());
        self.listen();
        Ok(session)
    }

    /// One message and its answers; `aloud` says whether the client hears them. Gives the session that it began.
    async fn exchange(
        &self,
        message: &Message,
        session: Option<&Session>,
        aloud: bool,
    ) -> Result<Option<Session>, Trouble> {
        let answer = self.request(message, session, aloud).send().await?;
        let status = answer.status();
        if status == StatusCode::NOT_FOUND && session.is_some() {
            return Err(Trouble::SessionLost);
        }
        let id = answer.headers().get(SESSION);
        let id = id.and_then(|id| id.to_str().ok()).map(str::to_owned);
        let is_request = message.kind() == Kind::Request;
        if kind_of(&answer) == Some("text/event-stream") {
            let mut heard = pin!(messages(answer));
            while let Some(said) = heard.next().await {
                let said = said?;
                let begun = message
                    .is_answered_by(&said)
                    .then(|| self.learn(message, &said, id.as_deref()));
                if aloud {
                    self.say(said).await;
                }
                if let Some(begun) = begun {
                    return Ok(begun);
                }
            }
            return match is_request {
                true => Err(Trouble::Broken),
                false => Ok(None),
            };
        }
        let text = answer.text().await?;
        let said = serde_json::from_str::<Value>(&text).ok();
        match said.and_then(|said| message.addressed(said)) {
            Some(said) => {
                let begun = self.learn(message, &said, id.as_deref());
                if aloud {
                    self.say(said).await;
                }
                Ok(begun)
            }
            None if status.is_success() && !is_request => Ok(None),
            None => Err(Trouble::Refused(explained(status, &text))),
        }
    }

    fn request(&self, message: &Message, session: Option<&Session>, aloud: bool) -> RequestBuilder {
        let mut request = self
            .http
            .post(format!("{}/mcp", self.url))
            .header(header::ACCEPT, "application/json, text/event-stream")
            .json(message.json());
        if !aloud || message.begins() {
            request = request.timeout(INTRODUCE);
        }
        match (message.version(), session) {
            (Some(version), _) => {
                let request = request
                    .header(VERSION, version)
                    .header("mcp-method", message.method());
                match message.name() {
                    Some(name) => request.header("mcp-name", name),
                    None => request,
                }
            }
            (None, Some(session)) => in_session(request, session),
            (None, None) => request,
        }
    }

    /// Remembers of an answer what is needed again, and gives the session that it begins.
    fn learn(&self, message: &Message, said: &Value, id: Option<&str>) -> Option<Session> {
        let answer = said.get("result")?;
        let uri = || message.param("uri").and_then(Value::as_str);
        match message.method() {
            "initialize" => {
                let version = answer.get("protocolVersion").and_then(Value::as_str);
                return Some(Session {
                    id: id.map(str::to_owned),
                    version: version.map(str::to_owned),
                });
            }
            "tools/list" if answer.get("nextCursor").is_none() => {
                *lock(&self.tools) = Some(answer.clone());
            }
            "resources/subscribe" if !message.is_modern() => {
                let uri = uri().map(str::to_owned);
                lock(&self.conversation).subscriptions.extend(uri);
            }
            "resources/unsubscribe" => {
                lock(&self.conversation)
                    .subscriptions
                    .retain(|subscribed| Some(subscribed.as_str()) != uri());
            }
            _ => {}
        }
        None
    }

    /// Hears what the server says unasked, for as long as the session lasts.
    fn listen(self: &Arc<Self>) {
        let mut now = lock(&self.conversation);
        let Some(session) = now.session.clone() else {
            return;
        };
        let upstream = Arc::downgrade(self);
        let listening = tokio::spawn(async move {
            // Not held while waiting: the bridge ends when nobody else holds it.
            while let Some(upstream) = upstream.upgrade() {
                if upstream.hear_unasked(&session).await.is_break() {
                    return;
                }
                drop(upstream);
                sleep(LISTEN_AGAIN).await;
            }
        });
        if let Some(before) = now.listening.replace(listening.abort_handle()) {
            before.abort();
        }
    }

    async fn hear_unasked(&self, session: &Session) -> ControlFlow<()> {
        use ControlFlow::{Break, Continue};
        let request = self
            .http
            .get(format!("{}/mcp", self.url))
            .header(header::ACCEPT, "text/event-stream");
        match in_session(request, session).send().await {
            Ok(answer) if answer.status().is_success() => {
                let mut heard = pin!(messages(answer));
                while let Some(Ok(said)) = heard.next().await {
                    self.say(said).await;
                }
                Continue(())
            }
            // A server that offers no stream, or that has forgotten the session: the next request begins a new one.
            Ok(answer) if answer.status().is_client_error() => Break(()),
            Ok(_) | Err(_) => Continue(()),
        }
    }

    /// Ends the session, if there is one.
    pub async fn close(&self) {
        let Conversation {
            session, listening, ..
        } = mem::take(&mut *lock(&self.conversation));
        listening.inspect(AbortHandle::abort);
        if let Some(id) = session.and_then(|session| session.id) {
            let goodbye = self
                .http
                .delete(format!("{}/mcp", self.url))
                .header(SESSION, id)
                .timeout(CONNECT);
            // A server that is away has nothing to end.
            let _ = goodbye.send().await;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn in_session(mut request: RequestBuilder, session: &Session) -> RequestBuilder {
    if let Some(id) = &session.id {
        request = request.header(SESSION, id);
    }
    if let Some(version) = &session.version {
        request = request.header(VERSION, version);
    }
    request
}

/// What the server answered in place of an answer. What the person has to do comes first; its own words follow.
fn explained(status: StatusCode, text: &str) -> String {
    if status == StatusCode::UNAUTHORIZED {
        format!(
            "{status}: put a valid token of this server into the variable STAFFEL_TOKEN of this client's configuration. \
             {text}"
        )
    } else {
        format!("{status}: {text}")
    }
}

fn kind_of(answer: &Response) -> Option<&str> {
    let kind = answer.headers().get(header::CONTENT_TYPE)?.to_str().ok()?;
    kind.split(';').next().map(str::trim)
}

/// The messages in a stream of events. Events without data keep the connection open, and that is all.
fn messages(answer: Response) -> impl Stream<Item = Result<Value, Trouble>> {
    SseStream::from_bytes_stream(answer.bytes_stream()).filter_map(async |event| match event {
        Ok(event) => {
            let data = event.data.filter(|data| !data.trim().is_empty())?;
            serde_json::from_str(&data).ok().map(Ok)
        }
        Err(_) => Some(Err(Trouble::Broken)),
    })
}
