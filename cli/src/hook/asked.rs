//! One question to the server, and what comes of it.

use std::time::Duration;

use anyhow::Result;
use protocol::Token;
use reqwest::{Client, StatusCode, header};

use crate::{
    http::{self, elsewhere},
    token::as_header,
};

/// How long a connection may take to be made. The server is on this machine, or near; an agent must not stand still for one
/// that is away.
const CONNECT: Duration = Duration::from_secs(2);
/// How long an answer may be silent: the server sends a sign every 15 seconds.
const SILENT: Duration = Duration::from_secs(60);

/// What comes of a question.
pub enum Asked {
    /// What the assistant is to be told.
    Answer(String),
    /// The server refuses, in words.
    Refused(String),
    /// There is no server, or it stops, or something between fails.
    Unanswered,
}

/// The server that hooks ask.
pub struct Server {
    http: Client,
    address: String,
}

impl Server {
    /// The server at `base`, which knows this agent by its token.
    ///
    /// # Errors
    /// The HTTP client cannot be set up.
    pub fn new(base: &str, client: &str, token: Option<Token>) -> Result<Self> {
        let headers = token.iter().map(as_header);
        let http = http::to_staffel(base)
            .default_headers(
                headers
                    .map(|value| (header::AUTHORIZATION, value))
                    .collect(),
            )
            .connect_timeout(CONNECT)
            .read_timeout(SILENT);
        let http = http::build(http)?;
        Ok(Self {
            http,
            address: format!("{base}/api/hooks/{client}"),
        })
    }

    /// Asks, and waits for a person at most `longest`.
    pub async fn ask(&self, given: &str, longest: Duration) -> Asked {
        let request = self
            .http
            .post(format!("{}?wait={}", self.address, longest.as_secs()))
            .header(header::CONTENT_TYPE, "application/json")
            .body(given.to_owned());
        let Ok(answer) = request.send().await else {
            return Asked::Unanswered;
        };
        let status = answer.status();
        // What a proxy says while the server starts anew.
        let for_now = [
            StatusCode::BAD_GATEWAY,
            StatusCode::SERVICE_UNAVAILABLE,
            StatusCode::GATEWAY_TIMEOUT,
        ];
        if for_now.contains(&status) {
            return Asked::Unanswered;
        }
        if let Some(why) = elsewhere(&answer) {
            return Asked::Refused(format!("{} was answered {why}", self.address));
        }
        match answer.text().await {
            Ok(text) if !status.is_success() => Asked::Refused(format!("{status}: {text}")),
            // The end without an answer is that of a server that stops.
            Ok(text) if text.trim().is_empty() => Asked::Unanswered,
            Ok(text) => Asked::Answer(text),
            Err(_) => Asked::Unanswered,
        }
    }
}
