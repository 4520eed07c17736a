//! What a server says when it is asked over HTTP and MCP.

use std::time::Duration;

use protocol::{PROBE, Token, VERSION};
use reqwest::{Client, StatusCode, header};
use rmcp::transport::common::http_header::{HEADER_MCP_METHOD, HEADER_MCP_PROTOCOL_VERSION};
use serde_json::{Value, json};

use crate::{
    http::{self, NoClient, elsewhere},
    token::as_header,
};

use super::address::Endpoint;

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(2);
/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(5);
/// The stateless protocol: a question needs no session, so asking leaves nothing behind.
const PROTOCOL: &str = "2026-07-28";

/// What a server answers to `server/discover`.
#[derive(Debug)]
pub enum Discovery {
    /// It accepts the client.
    Accepted {
        /// The newest version of the protocol that it speaks.
        protocol: String,
    },
    /// It wants a token.
    TokenNeeded,
    /// It does not take this token.
    TokenRefused,
    /// It does not answer, or not as a Staffel does; why.
    Unusable(String),
}

impl Endpoint {
    /// Asks what the server speaks. The server keeps nothing of it.
    pub async fn discover(&self, token: Option<&Token>) -> Discovery {
        match self.ask("server/discover", token).await {
            Err(Failure::Unauthorized) if token.is_some() => Discovery::TokenRefused,
            Err(Failure::Unauthorized) => Discovery::TokenNeeded,
            Err(Failure::Other(why)) => Discovery::Unusable(why),
            Ok(answer) => {
                let name = &answer["_meta"]["io.modelcontextprotocol/serverInfo"]["name"];
                let versions = answer["supportedVersions"].as_array();
                let versions = versions.into_iter().flatten().filter_map(Value::as_str);
                match versions.max() {
                    Some(protocol) if name == "staffel" => Discovery::Accepted {
                        protocol: protocol.to_owned(),
                    },
                    _ => Discovery::Unusable(format!("{} is no Staffel", self.mcp())),
                }
            }
        }
    }

    /// How many tools it offers.
    ///
    /// # Errors
    /// It does not tell; why.
    pub async fn tools(&self, token: Option<&Token>) -> Result<usize, String> {
        match self.ask("tools/list", token).await {
            Ok(answer) => answer["tools"]
                .as_array()
                .map(Vec::len)
                .ok_or_else(|| "tools/list was answered without tools".to_owned()),
            Err(Failure::Unauthorized) => Err("it wants a token".to_owned()),
            Err(Failure::Other(why)) => Err(why),
        }
    }

    /// What the server has at `path`, whatever the status.
    ///
    /// # Errors
    /// It does not answer, or not with JSON; why.
    pub async fn get(&self, path: &str) -> Result<Value, String> {
        let base = self.base();
        let client = client(&base).map_err(|error| error.to_string())?;
        let answer = client.get(format!("{base}{path}")).send().await;
        let answer = answer.map_err(|error| in_words(&error))?;
        let status = answer.status();
        if let Some(why) = elsewhere(&answer) {
            return Err(format!("{path} was answered {why}"));
        }
        let json = answer.json().await;
        json.map_err(|_| format!("{path} was answered {status} without JSON"))
    }

    async fn ask(&self, method: &str, token: Option<&Token>) -> Result<Value, Failure> {
        let meta = json!({
            "io.modelcontextprotocol/protocolVersion": PROTOCOL,
            "io.modelcontextprotocol/clientInfo": { "name": PROBE, "version": VERSION },
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        let question =
            json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": { "_meta": meta } });
        let client = client(&self.base()).map_err(|error| error.to_string())?;
        let mut request = client
            .post(self.mcp())
            .header(header::ACCEPT, "application/json, text/event-stream")
            .header(HEADER_MCP_PROTOCOL_VERSION, PROTOCOL)
            .header(HEADER_MCP_METHOD, method)
            .json(&question);
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, as_header(token));
        }
        let answer = request.send().await.map_err(|error| in_words(&error))?;
        let status = answer.status();
        if status == StatusCode::UNAUTHORIZED {
            return Err(Failure::Unauthorized);
        }
        if let Some(why) = elsewhere(&answer) {
            return Err(Failure::Other(format!("{} was answered {why}", self.mcp())));
        }
        let text = answer.text().await.map_err(|error| in_words(&error))?;
        // The answer is a message, or one event of a stream.
        let events = text.lines().filter_map(|line| line.strip_prefix("data:"));
        let message = events
            .chain([text.as_str()])
            .find_map(|text| serde_json::from_str::<Value>(text).ok());
        let message = message.unwrap_or_default();
        match message.get("result") {
            Some(result) => Ok(result.clone()),
            None => {
                let said = message["detail"]
                    .as_str()
                    .or(message["error"]["message"].as_str());
                Err(Failure::Other(match said {
                    Some(said) => said.to_owned(),
                    None => format!("{} answers {status}, and not as MCP", self.mcp()),
                }))
            }
        }
    }
}

/// Why a question got no answer.
enum Failure {
    /// For want of a token that is valid.
    Unauthorized,
    /// For another reason, in words.
    Other(String),
}

impl From<String> for Failure {
    fn from(why: String) -> Self {
        Self::Other(why)
    }
}

/// A client for the server at `base`.
///
/// # Errors
/// TLS cannot be used; why, and what to do.
pub fn client(base: &str) -> Result<Client, NoClient> {
    let builder = http::to_staffel(base)
        .connect_timeout(CONNECT)
        .timeout(ANSWER);
    http::build(builder)
}

fn in_words(error: &reqwest::Error) -> String {
    if error.is_connect() {
        "nobody answers there".to_owned()
    } else if error.is_timeout() {
        format!("no answer within {} seconds", ANSWER.as_secs())
    } else {
        "the answer broke off".to_owned()
    }
}

/// The version of the Staffel whose board is at `base`, if one answers there.
pub async fn staffel_at(base: &str) -> Option<String> {
    let builder = http::to_staffel(base).timeout(Duration::from_secs(1));
    let client = http::build(builder).ok()?;
    let status: Value = client
        .get(format!("{base}/api/status"))
        .send()
        .await
        .ok()?
        .json()
        .await
        .ok()?;
    (status.get("name")? == "staffel")
        .then(|| status.get("version")?.as_str().map(str::to_owned))?
}
