//! One HTTP request for each message, and the answers to it.

use std::{pin::pin, time::Duration};

use futures::{Stream, StreamExt};
use reqwest::{RequestBuilder, Response, StatusCode, header};
use rmcp::transport::common::http_header::{
    HEADER_MCP_METHOD, HEADER_MCP_NAME, HEADER_MCP_PROTOCOL_VERSION, HEADER_SESSION_ID,
};
use serde_json::Value;
use sse_stream::SseStream;

use crate::http::elsewhere;

use super::{
    message::{Kind, Message},
    session::{Session, in_session},
    upstream::{Upstream, lock},
};

/// How long the server may take over what opens a session. Everything else waits for that.
const INITIALIZE: Duration = Duration::from_secs(5);

/// Why a message did not get its answer.
pub enum ExchangeError {
    /// No server answers at the address.
    Unreachable,
    /// The server does not know the session that the message belongs to.
    SessionLost,
    /// The connection broke before the answer was complete.
    Broken,
    /// The server answers, but not with an answer to the message; what it says.
    Refused(String),
}

impl From<reqwest::Error> for ExchangeError {
    fn from(error: reqwest::Error) -> Self {
        if error.is_connect() {
            Self::Unreachable
        } else {
            Self::Broken
        }
    }
}

impl Upstream {
    /// Sends one message and reads its answers; with `forward` they go on to the client. Gives the session that it
    /// opened.
    pub async fn exchange(
        &self,
        message: &Message,
        session: Option<&Session>,
        forward: bool,
    ) -> Result<Option<Session>, ExchangeError> {
        let answer = self.request(message, session, forward).send().await?;
        let status = answer.status();
        if status == StatusCode::NOT_FOUND && session.is_some() {
            return Err(ExchangeError::SessionLost);
        }
        if let Some(why) = elsewhere(&answer) {
            return Err(ExchangeError::Refused(why));
        }
        let id = answer.headers().get(HEADER_SESSION_ID);
        let id = id.and_then(|id| id.to_str().ok()).map(str::to_owned);
        let is_request = message.kind() == Kind::Request;
        if kind_of(&answer) == Some("text/event-stream") {
            let mut received = pin!(messages(answer));
            while let Some(said) = received.next().await {
                let said = said?;
                let begun = message
                    .is_answered_by(&said)
                    .then(|| self.remember(message, &said, id.as_deref()));
                if forward {
                    self.send_to_client(said).await;
                }
                if let Some(begun) = begun {
                    return Ok(begun);
                }
            }
            return match is_request {
                true => Err(ExchangeError::Broken),
                false => Ok(None),
            };
        }
        let text = answer.text().await?;
        let said = serde_json::from_str::<Value>(&text).ok();
        match said.and_then(|said| message.addressed(said)) {
            Some(said) => {
                let begun = self.remember(message, &said, id.as_deref());
                if forward {
                    self.send_to_client(said).await;
                }
                Ok(begun)
            }
            None if status.is_success() && !is_request => Ok(None),
            None => Err(ExchangeError::Refused(explained(status, &text))),
        }
    }

    fn request(
        &self,
        message: &Message,
        session: Option<&Session>,
        forward: bool,
    ) -> RequestBuilder {
        let mut request = self
            .http
            .post(format!("{}/mcp", self.url))
            .header(header::ACCEPT, "application/json, text/event-stream")
            .json(message.json());
        if !forward || message.begins_session() {
            request = request.timeout(INITIALIZE);
        }
        match (message.version(), session) {
            (Some(version), _) => {
                let request = request
                    .header(HEADER_MCP_PROTOCOL_VERSION, version)
                    .header(HEADER_MCP_METHOD, message.method());
                match message.name() {
                    Some(name) => request.header(HEADER_MCP_NAME, name),
                    None => request,
                }
            }
            (None, Some(session)) => in_session(request, session),
            (None, None) => request,
        }
    }

    /// Remembers of an answer what is needed again, and gives the session that it opens.
    fn remember(&self, message: &Message, said: &Value, id: Option<&str>) -> Option<Session> {
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
            "resources/subscribe" if !message.is_stateless() => {
                let uri = uri().map(str::to_owned);
                lock(&self.state).subscriptions.extend(uri);
            }
            "resources/unsubscribe" => {
                lock(&self.state)
                    .subscriptions
                    .retain(|subscribed| Some(subscribed.as_str()) != uri());
            }
            _ => {}
        }
        None
    }
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
pub fn messages(answer: Response) -> impl Stream<Item = Result<Value, ExchangeError>> {
    SseStream::from_bytes_stream(answer.bytes_stream()).filter_map(async |event| match event {
        Ok(event) => {
            let data = event.data.filter(|data| !data.trim().is_empty())?;
            serde_json::from_str(&data).ok().map(Ok)
        }
        Err(_) => Some(Err(ExchangeError::Broken)),
    })
}
