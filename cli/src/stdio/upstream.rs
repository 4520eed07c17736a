//! The server, as the bridge knows it.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use anyhow::Result;
use protocol::Token;
use reqwest::{Client, header};
use serde_json::Value;
use tokio::sync::mpsc;

use crate::{http, token::as_header};

use super::{fallback::Fallback, session::SessionState};

/// How long a connection may take to be made. The server is on this machine, or away.
pub const CONNECT: Duration = Duration::from_secs(3);

/// The server, as the bridge knows it.
pub struct Upstream {
    /// Its address, without a slash at the end.
    pub url: String,
    /// The client with the token of the agent.
    pub http: Client,
    /// Whether a server may be started where none answers.
    pub may_start: bool,
    /// What a server of this version says of itself.
    pub fallback: Fallback,
    /// What goes to the client.
    pub out: mpsc::Sender<Value>,
    /// The session.
    pub state: Mutex<SessionState>,
    /// Held by the task that starts the server or opens a session: the others wait, and find it done.
    pub beginning: tokio::sync::Mutex<()>,
    /// The list of tools as the server last sent it.
    pub tools: Mutex<Option<Value>>,
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
        let headers = token.map(as_header).into_iter();
        let http = http::to_staffel(url)
            .default_headers(
                headers
                    .map(|value| (header::AUTHORIZATION, value))
                    .collect(),
            )
            .connect_timeout(CONNECT);
        let http = http::build(http)?;
        Ok(Self {
            url: url.to_owned(),
            http,
            may_start,
            fallback,
            out,
            state: Mutex::default(),
            beginning: tokio::sync::Mutex::default(),
            tools: Mutex::default(),
        })
    }

    /// Sends a message to the client.
    pub async fn send_to_client(&self, message: Value) {
        // A client that has gone reads nothing.
        let _ = self.out.send(message).await;
    }
}

/// The value behind a lock, also after a panic of another task: every change of it is a single step.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
