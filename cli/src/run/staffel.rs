//! The server, as a run knows it: REST for what it reads and tells, and the stream for what it waits for.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::Result;
use domain::{PipelineId, PromptId, QuestionId};
use futures::StreamExt;
use protocol::{DetailMore, PromptView, QuestionView, Summary, Token, event_name};
use reqwest::{Client, Method, StatusCode, header};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use sse_stream::SseStream;
use tokio::{
    sync::watch,
    time::{Instant, sleep, timeout},
};

use super::{plain::plain, say};
use crate::{
    http::{self, elsewhere},
    token::as_header,
};

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(3);
/// How long an answer may take. The longest is a wait for the answer to a question, of 50 seconds.
const ANSWER: Duration = Duration::from_secs(70);
/// How long the stream may be silent: the server sends a sign every 15 seconds.
const SILENT: Duration = Duration::from_secs(60);
/// How long the server may be away while we work, for example for an upgrade.
pub const AWAY: Duration = Duration::from_secs(10 * 60);
/// How long it is looked for at the start.
const AT_START: Duration = Duration::from_secs(3);
/// Between two tries to reach it again; doubled up to [`AGAIN_MOST`].
const AGAIN: Duration = Duration::from_millis(500);
/// Longest pause between two tries.
const AGAIN_MOST: Duration = Duration::from_secs(5);
/// Longest wait for an answer in one request, in seconds: the most that the server takes.
const QUESTION_WAIT: u64 = 50;

/// Why a request did not do what it should.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The server refuses, in words.
    #[error("Staffel refuses: {1}")]
    Refused(StatusCode, String),
    /// No server has answered within the bound.
    #[error(
        "no Staffel has answered at {0} for {secs} seconds. Start it with `staffel serve`; what is handed over and decided is not lost",
        secs = .1.as_secs()
    )]
    Away(String, Duration),
    /// The answer is none of this version.
    #[error("{0} answers as no Staffel of this version does: {1}")]
    Strange(String, String),
}

/// Where a pipeline stands: what its page shows.
#[derive(Debug, Clone, Deserialize)]
pub struct Standing {
    /// What a row shows.
    #[serde(flatten)]
    pub summary: Summary,
    /// And the rest.
    #[serde(flatten)]
    pub more: DetailMore,
}

/// What the stream has said last.
#[derive(Debug, Clone, Default)]
pub enum Seen {
    /// Nothing yet.
    #[default]
    Nothing,
    /// How the pipeline is.
    Pipeline(Arc<Summary>),
    /// The server is away for too long.
    Away,
}

/// The server.
pub struct Staffel {
    http: Client,
    base: String,
    /// As whom we act.
    pub agent: String,
    /// Whether it is said that the server is away, so that it is said once.
    away: AtomicBool,
    /// Whether it has answered; before, it is not looked for as long.
    known: AtomicBool,
}

impl Staffel {
    /// The server at `base`, where we act as this agent, or as whom the token proves.
    ///
    /// # Errors
    /// The HTTP client cannot be set up.
    pub fn new(base: &str, agent: &str, token: Option<&Token>) -> Result<Self> {
        let mut headers = header::HeaderMap::new();
        match token {
            Some(token) => headers.insert(header::AUTHORIZATION, as_header(token)),
            None => headers.insert("staffel-actor", format!("agent/{agent}").parse()?),
        };
        let http = http::to_staffel(base)
            .default_headers(headers)
            .connect_timeout(CONNECT);
        let http = http::build(http)?;
        Ok(Self {
            http,
            base: base.to_owned(),
            agent: agent.to_owned(),
            away: AtomicBool::new(false),
            known: AtomicBool::new(false),
        })
    }

    /// The page of a pipeline.
    pub fn page(&self, pipeline: &PipelineId) -> String {
        format!("{}/pipelines/{pipeline}", self.base)
    }

    /// Whether a server answers.
    ///
    /// # Errors
    /// None does.
    pub async fn reachable(&self) -> Result<(), Failure> {
        self.get::<Value>("/api/status").await.map(drop)
    }

    /// That it is away for too long.
    pub fn away(&self) -> Failure {
        Failure::Away(self.base.clone(), AWAY)
    }

    /// Starts a pipeline.
    ///
    /// # Errors
    /// The server refuses, or is away.
    pub async fn start(&self, body: &Value) -> Result<Summary, Failure> {
        self.post("/api/pipelines", body).await
    }

    /// Where a pipeline stands.
    ///
    /// # Errors
    /// There is none, or the server is away.
    pub async fn standing(&self, pipeline: &PipelineId) -> Result<Standing, Failure> {
        self.get(&format!("/api/pipelines/{pipeline}")).await
    }

    /// A prompt with its text.
    ///
    /// # Errors
    /// There is none, or the server is away.
    pub async fn prompt(&self, prompt: &PromptId) -> Result<PromptView, Failure> {
        self.get(&path_of(prompt)).await
    }

    /// Notes that the agent has a prompt; its phase begins.
    ///
    /// # Errors
    /// Things have moved on, or the server is away.
    pub async fn pick_up(&self, prompt: &PromptId) -> Result<PromptView, Failure> {
        let path = format!("{}/pickup", path_of(prompt));
        self.post(&path, &Value::Null).await
    }

    /// Reports for the agent.
    ///
    /// # Errors
    /// The pipeline is in no state for it, or the server is away.
    pub async fn report(&self, pipeline: &PipelineId, body: &Value) -> Result<(), Failure> {
        let path = format!("/api/pipelines/{pipeline}/reports");
        self.post::<Value>(&path, body).await.map(drop)
    }

    /// Asks a person. The same question that waits already is not asked twice.
    ///
    /// # Errors
    /// The pipeline is in no state for it, or the server is away.
    pub async fn ask(&self, pipeline: &PipelineId, body: &Value) -> Result<QuestionView, Failure> {
        let path = format!("/api/pipelines/{pipeline}/questions");
        self.post(&path, body).await
    }

    /// Waits for the answer to a question, for a part of an hour at most.
    ///
    /// # Errors
    /// The question is not kept any more, or the server is away.
    pub async fn question(&self, question: &QuestionId) -> Result<QuestionView, Failure> {
        self.get(&format!(
            "{}?wait={QUESTION_WAIT}",
            path_of_question(question)
        ))
        .await
    }

    /// Notes that the agent has the answer. A question that is not kept any more needs no note.
    ///
    /// # Errors
    /// The server is away.
    pub async fn received(&self, question: &QuestionId) -> Result<(), Failure> {
        let path = format!("{}/receipt", path_of_question(question));
        match self.post::<Value>(&path, &Value::Null).await {
            Err(failure @ Failure::Away(..)) => Err(failure),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// Tells what a hook of an assistant would after a tool call: which session works on the pipeline, and that it works.
    /// Nothing depends on it, so it is tried once.
    pub async fn tool_used(
        &self,
        pipeline: &PipelineId,
        client: &str,
        session: &str,
        folder: &str,
    ) {
        let body = json!({
            "hook_event_name": "PostToolUse",
            "session_id": session,
            "cwd": folder,
            "tool_name": "mcp__staffel__update_pipeline_status",
            "tool_input": { "pipeline": pipeline },
        });
        let path = format!("/api/hooks/{client}");
        let told = self.once::<Value>(Method::POST, &path, Some(&body));
        let _ = timeout(Duration::from_secs(10), told).await;
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        self.send(Method::GET, path, None).await
    }

    async fn post<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T, Failure> {
        self.send(Method::POST, path, Some(body)).await
    }

    /// Sends a request until it is answered. What may have arrived is sent again with the same key, so it counts once.
    async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<T, Failure> {
        let body = body.map(|body| (body, key()));
        let (begun, mut pause) = (Instant::now(), AGAIN);
        loop {
            let sent = self.request(method.clone(), path, body.as_ref());
            if let Some(answer) = sent.await {
                return answer;
            }
            let known = self.known.load(Ordering::Relaxed);
            let bound = if known { AWAY } else { AT_START };
            if begun.elapsed() > bound {
                return Err(Failure::Away(self.base.clone(), bound));
            }
            self.is_away();
            sleep(pause).await;
            pause = (pause * 2).min(AGAIN_MOST);
        }
    }

    /// Sends a request once. `None`: no answer.
    async fn once<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Option<Result<T, Failure>> {
        self.request(method, path, body.map(|body| (body, key())).as_ref())
            .await
    }

    async fn request<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&(&Value, String)>,
    ) -> Option<Result<T, Failure>> {
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.base))
            .timeout(ANSWER);
        if let Some((body, key)) = body {
            request = request.header("idempotency-key", key);
            if !body.is_null() {
                request = request.json(body);
            }
        }
        let answer = request.send().await.ok()?;
        let status = answer.status();
        // What a proxy says while the server starts anew, and the server when it is full for a moment.
        let for_now = [
            StatusCode::BAD_GATEWAY,
            StatusCode::SERVICE_UNAVAILABLE,
            StatusCode::GATEWAY_TIMEOUT,
        ];
        if for_now.contains(&status) {
            return None;
        }
        if let Some(why) = elsewhere(&answer) {
            return Some(Err(Failure::Strange(self.base.clone(), why)));
        }
        let text = answer.text().await.ok()?;
        self.is_back();
        if !status.is_success() {
            return Some(Err(Failure::Refused(status, refusal(status, &text))));
        }
        let parsed = serde_json::from_str(&text);
        Some(parsed.map_err(|error| Failure::Strange(self.base.clone(), error.to_string())))
    }

    fn is_away(&self) {
        if self.known.load(Ordering::Relaxed) && !self.away.swap(true, Ordering::Relaxed) {
            say(&format!(
                "No Staffel answers at {}; trying again for {} minutes. Nothing is lost.",
                self.base,
                AWAY.as_secs() / 60
            ));
        }
    }

    fn is_back(&self) {
        self.known.store(true, Ordering::Relaxed);
        if self.away.swap(false, Ordering::Relaxed) {
            say("Staffel answers again.");
        }
    }

    /// Follows a pipeline on the stream, until nobody looks any more.
    pub fn follow(self: &Arc<Self>, pipeline: &PipelineId) -> watch::Receiver<Seen> {
        let (seen, receiver) = watch::channel(Seen::Nothing);
        let staffel = Arc::clone(self);
        let pipeline = pipeline.clone();
        tokio::spawn(async move {
            let (mut heard, mut pause) = (Instant::now(), AGAIN);
            loop {
                tokio::select! {
                    connected = staffel.read_stream(&pipeline, &seen) => if connected {
                        (heard, pause) = (Instant::now(), AGAIN);
                    },
                    () = seen.closed() => return,
                }
                if heard.elapsed() > AWAY {
                    let _ = seen.send(Seen::Away);
                    return;
                }
                sleep(pause).await;
                pause = (pause * 2).min(AGAIN_MOST);
            }
        });
        receiver
    }

    /// Reads the stream until it ends. Every beginning has the state, so nothing has to be remembered. Whether it began.
    async fn read_stream(&self, pipeline: &PipelineId, seen: &watch::Sender<Seen>) -> bool {
        let request = self
            .http
            .get(format!("{}/sse?pipeline={pipeline}", self.base));
        let Ok(Ok(answer)) = timeout(CONNECT * 2, request.send()).await else {
            self.is_away();
            return false;
        };
        if !answer.status().is_success() {
            return false;
        }
        self.is_back();
        let mut events = SseStream::from_bytes_stream(answer.bytes_stream());
        while let Ok(Some(Ok(event))) = timeout(SILENT, events.next()).await {
            if event.event.as_deref() != Some(event_name::PIPELINE_STATUS) {
                continue;
            }
            let data = event.data.unwrap_or_default();
            if let Ok(summary) = serde_json::from_str::<Summary>(&data)
                && summary.pipeline == *pipeline
            {
                let _ = seen.send(Seen::Pipeline(Arc::new(summary)));
            }
        }
        true
    }
}

fn path_of(prompt: &PromptId) -> String {
    format!("/api/pipelines/{}/prompts/{prompt}", prompt.pipeline())
}

fn path_of_question(question: &QuestionId) -> String {
    format!(
        "/api/pipelines/{}/questions/{question}",
        question.pipeline()
    )
}

/// What makes a repetition harmless. Two requests never have the same.
fn key() -> String {
    use std::{
        process,
        sync::atomic::AtomicU64,
        time::{SystemTime, UNIX_EPOCH},
    };

    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.map_or(0, |now| now.as_nanos());
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    format!("run-{}-{now}-{number}", process::id())
}

/// What the server says, and what to do where it wants a token.
fn refusal(status: StatusCode, text: &str) -> String {
    #[derive(Deserialize)]
    struct Problem {
        detail: String,
    }
    let said = serde_json::from_str(text).map(|problem: Problem| problem.detail);
    let said = plain(&said.unwrap_or_else(|_| format!("{status} {text}")), 1_000);
    match status {
        StatusCode::UNAUTHORIZED => format!(
            "{said} Put a valid token of this server into the variable STAFFEL_TOKEN; `staffel agents add NAME` makes one."
        ),
        _ => said,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_told_in_the_words_of_the_server() {
        let problem = r#"{"type":"x","title":"t","detail":"A handover waits.\u001b[2J"}"#;
        assert_eq!(
            refusal(StatusCode::CONFLICT, problem),
            "A handover waits. [2J"
        );
        assert!(refusal(StatusCode::UNAUTHORIZED, "no").contains("STAFFEL_TOKEN"));
        assert!(refusal(StatusCode::BAD_REQUEST, &"x".repeat(1 << 20)).len() < 2_000);
    }

    #[test]
    fn no_key_comes_twice() {
        assert_ne!(key(), key());
    }
}
