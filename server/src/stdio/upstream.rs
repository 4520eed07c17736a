//! The server's side of the bridge: one HTTP request for each message, one stream for what comes unasked.

use std::{pin::pin, sync::Arc, time::Duration};

use anyhow::{Context, Result};
use futures::{Stream, StreamExt};
use reqwest::{Client, RequestBuilder, Response, StatusCode, header};
use serde_json::Value;
use sse_stream::SseStream;
use tokio::{
    sync::{Mutex, mpsc},
    task::AbortHandle,
    time::sleep,
};

use crate::agents::Token;

use super::{
    absence,
    message::{Kind, Message, error},
    start,
};

/// How long a connection may take to be made. The server is on this machine, or away.
const CONNECT: Duration = Duration::from_secs(3);
/// Between two tries to hear again what the server says unasked.
const LISTEN_AGAIN: Duration = Duration::from_secs(2);

const SESSION: &str = "mcp-session-id";
const VERSION: &str = "mcp-protocol-version";

/// Why a message did not get its answer.
enum Trouble {
    /// Nobody answers at the address.
    Away,
    /// The server does not know the session any more.
    SessionLost,
    /// The connection broke before the answer was complete.
    Broken,
    /// The server answers with something that is no JSON-RPC.
    Refused(StatusCode, String),
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

/// How the client introduced itself, and what the server made of it. Only in the era with sessions.
#[derive(Default)]
struct Session {
    introduction: Option<Message>,
    id: Option<String>,
    version: Option<String>,
    listening: Option<AbortHandle>,
}

/// The server, as the bridge knows it.
pub struct Upstream {
    url: String,
    http: Client,
    may_start: bool,
    out: mpsc::Sender<Value>,
    session: Mutex<Session>,
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
        out: mpsc::Sender<Value>,
    ) -> Result<Self> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let headers = token.map(Token::as_header).into_iter();
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
            out,
            session: Mutex::default(),
            tools: Mutex::default(),
        })
    }

    /// Says something to the client.
    pub async fn say(&self, message: Value) {
        // A client that has gone hears nothing.
        let _ = self.out.send(message).await;
    }

    /// Carries one message, and sees to it that a request gets exactly one answer.
    pub async fn carry(self: Arc<Self>, message: Message) {
        let carried = self.try_everything(&message).await;
        if carried.is_ok() && message.method() == "notifications/initialized" {
            self.listen().await;
        }
        let (Err(trouble), Kind::Request) = (carried, message.kind()) else {
            return;
        };
        let answer = match trouble {
            Trouble::Away | Trouble::SessionLost => {
                let tools = self.tools.lock().await;
                absence::answer(&message, &self.url, tools.as_ref())
            }
            Trouble::Broken if message.method() == "tools/call" => absence::broken(&message),
            Trouble::Broken => error(
                message.id(),
                -32603,
                "The connection to Staffel broke before it answered. Try again.",
            ),
            Trouble::Refused(status, text) => error(
                message.id(),
                -32603,
                &format!("Staffel answered {status}: {text}"),
            ),
        };
        self.say(answer).await;
    }

    async fn try_everything(self: &Arc<Self>, message: &Message) -> Result<(), Trouble> {
        if message.method() == "initialize" {
            let mut session = self.session.lock().await;
            session.introduction = Some(message.clone());
            (session.id, session.version) = (None, None);
        }
        match self.exchange(message, true).await {
            Err(Trouble::Away) if self.may_start && message.kind() == Kind::Request => {
                if let Err(why) = start::start(&self.url, &self.http).await {
                    tracing::warn!("{why:#}");
                    return Err(Trouble::Away);
                }
            }
            Err(Trouble::SessionLost) => {}
            carried => return carried,
        }
        if !message.is_modern() && message.method() != "initialize" {
            self.introduce_again().await?;
        }
        self.exchange(message, true).await
    }

    /// Makes a new session with the client's own words; the client does not notice.
    async fn introduce_again(self: &Arc<Self>) -> Result<(), Trouble> {
        let introduction = {
            let mut session = self.session.lock().await;
            (session.id, session.version) = (None, None);
            session.introduction.clone()
        };
        let Some(introduction) = introduction else {
            return Err(Trouble::SessionLost);
        };
        self.exchange(&introduction, false).await?;
        let initialized = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
        if let Ok(initialized) = Message::parse(initialized) {
            self.exchange(&initialized, false).await?;
        }
        self.listen().await;
        Ok(())
    }

    /// One message and its answers. `aloud` says whether the client hears them.
    async fn exchange(&self, message: &Message, aloud: bool) -> Result<(), Trouble> {
        let mut request = self
            .http
            .post(format!("{}/mcp", self.url))
            .header(header::ACCEPT, "application/json, text/event-stream")
            .json(message.json());
        request = match message.version() {
            Some(version) => {
                let request = request
                    .header(VERSION, version)
                    .header("mcp-method", message.method());
                match message.name() {
                    Some(name) => request.header("mcp-name", name),
                    None => request,
                }
            }
            None => self.in_session(request).await,
        };
        let answer = request.send().await?;
        if answer.status() == StatusCode::NOT_FOUND && !message.is_modern() {
            return Err(Trouble::SessionLost);
        }
        if message.method() == "initialize" {
            let id = answer.headers().get(SESSION);
            let id = id.and_then(|id| id.to_str().ok()).map(str::to_owned);
            self.session.lock().await.id = id;
        }
        let status = answer.status();
        if kind_of(&answer) == Some("text/event-stream") {
            let mut heard = pin!(messages(answer));
            while let Some(said) = heard.next().await {
                let said = said?;
                if self.heard(message, said, aloud).await {
                    return Ok(());
                }
            }
            return match message.kind() {
                Kind::Request => Err(Trouble::Broken),
                _ => Ok(()),
            };
        }
        let text = answer.text().await?;
        match serde_json::from_str::<Value>(&text) {
            Ok(said) if said.get("jsonrpc").is_some() => {
                self.heard(message, said, aloud).await;
                Ok(())
            }
            _ if status.is_success() => Ok(()),
            _ => Err(Trouble::Refused(status, explained(status, text))),
        }
    }

    /// Takes in what the server says while `message` is on its way; `true` if it is the answer.
    async fn heard(&self, message: &Message, said: Value, aloud: bool) -> bool {
        let answers = said.get("method").is_none() && said.get("id") == Some(message.id());
        if answers && let Some(answer) = said.get("result") {
            match message.method() {
                "initialize" => {
                    let version = answer.get("protocolVersion").and_then(Value::as_str);
                    self.session.lock().await.version = version.map(str::to_owned);
                }
                "tools/list" if answer.get("nextCursor").is_none() => {
                    *self.tools.lock().await = Some(answer.clone());
                }
                _ => {}
            }
        }
        if aloud {
            self.say(said).await;
        }
        answers
    }

    async fn in_session(&self, mut request: RequestBuilder) -> RequestBuilder {
        let session = self.session.lock().await;
        if let Some(id) = &session.id {
            request = request.header(SESSION, id);
        }
        if let Some(version) = &session.version {
            request = request.header(VERSION, version);
        }
        request
    }

    /// Hears what the server says unasked, for as long as the session lasts.
    async fn listen(self: &Arc<Self>) {
        let upstream = Arc::downgrade(self);
        let listening = tokio::spawn(async move {
            // Not held while waiting: the bridge ends when nobody else holds it.
            while let Some(upstream) = upstream.upgrade() {
                if upstream.hear_unasked().await.is_break() {
                    return;
                }
                drop(upstream);
                sleep(LISTEN_AGAIN).await;
            }
        });
        let mut session = self.session.lock().await;
        if let Some(before) = session.listening.replace(listening.abort_handle()) {
            before.abort();
        }
    }

    async fn hear_unasked(&self) -> std::ops::ControlFlow<()> {
        use std::ops::ControlFlow::{Break, Continue};
        let request = self
            .http
            .get(format!("{}/mcp", self.url))
            .header(header::ACCEPT, "text/event-stream");
        match self.in_session(request).await.send().await {
            Ok(answer) if answer.status().is_success() => {
                let mut heard = pin!(messages(answer));
                while let Some(Ok(said)) = heard.next().await {
                    self.say(said).await;
                }
                Continue(())
            }
            // A server that offers no stream, or that has forgotten the session: the next request makes a new one.
            Ok(answer) if answer.status().is_client_error() => Break(()),
            Ok(_) | Err(_) => Continue(()),
        }
    }

    /// Ends the session, if there is one.
    pub async fn close(&self) {
        let mut session = self.session.lock().await;
        if let Some(listening) = session.listening.take() {
            listening.abort();
        }
        if let Some(id) = session.id.take() {
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

/// What the person has to do comes first; the server's own words follow.
fn explained(status: StatusCode, text: String) -> String {
    if status == StatusCode::UNAUTHORIZED {
        format!(
            "put a valid token of this server into the variable STAFFEL_TOKEN of this client's configuration. {text}"
        )
    } else {
        text
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
