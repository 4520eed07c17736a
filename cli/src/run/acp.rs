//! The Agent Client Protocol, as its client: JSON-RPC in lines over the standard streams of the agent.
//! <https://agentclientprotocol.com>, version 1.
//!
//! The few messages that a run needs are written here. The official crate (5.2.0) would add eleven crates, half a minute of
//! compiling, and the feature `preserve_order` of `serde_json` for the whole program; and it does not bound what an agent sends.

use std::{path::Path, pin::pin, sync::Arc, time::Duration};

use anyhow::{Result, bail};
use serde_json::{Value, json};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until, timeout},
};

use super::{
    agent_process::{AgentProcess, LINE_MAX, Line},
    asking::Desk,
    permission::{Asked, Outcome},
    plain::plain,
    plan::{Entry, Progress},
    say,
};

/// The version of the protocol.
const VERSION: u64 = 1;
/// How long a session may take to open: the agent connects to its MCP servers meanwhile.
const SESSION: Duration = Duration::from_secs(120);
/// How long a turn may take to end once it is cancelled. Then the agent is ended.
const CANCEL: Duration = Duration::from_secs(20);
/// Lines of an agent that are no message of the protocol: some print a line or two of their own there.
const STRANGE_MAX: u32 = 100;
/// Permissions that wait at once. Agents ask for one after the other, a few for some tools together.
const ASKED_MAX: usize = 64;
/// So much of what the agent said last is kept, in bytes, to be shown when it stops.
const SAID_MAX: usize = 2_000;
/// Longest id of a session that is taken, in bytes: the board takes 200 characters.
const SESSION_ID_MAX: usize = 200;
/// The agent has to be signed in first.
const AUTH_REQUIRED: i64 = -32_000;

/// How Staffel's MCP server is reached by an agent.
#[derive(Debug, Clone)]
pub struct McpServer {
    /// Over HTTP, with a token where there is one.
    pub http: Value,
    /// By a program.
    pub stdio: Value,
}

/// What an agent is opened with.
pub struct Opening<'a> {
    /// Where it works.
    pub folder: &'a Path,
    /// How it reaches Staffel's tools.
    pub mcp: &'a McpServer,
    /// The session of a run before.
    pub before: Option<&'a str>,
    /// How long it may take to say what it can do.
    pub within: Duration,
}

/// How a turn ended.
#[derive(Debug)]
pub struct Turn {
    /// Why, in words; `end_turn` in the protocol is "it ended its turn".
    pub how: String,
    /// Whether it failed.
    pub failed: bool,
    /// The last of what the agent said in it.
    pub said: String,
}

/// An agent with a session.
pub struct AcpAgent {
    process: AgentProcess,
    name: String,
    /// How people can sign in at it.
    sign_ins: Vec<String>,
    session: String,
    /// The number of the newest request.
    number: u64,
    /// Where permissions are decided, and who hears of the work; nobody before there is a pipeline.
    board: Option<(Arc<Desk>, Progress)>,
    asking: JoinSet<(Value, Outcome)>,
    /// The permissions that are asked for, by the ids of the requests.
    asked: Vec<Value>,
    /// Whether the turn is cancelled: nothing more is allowed in it.
    cancelled: bool,
    strange: u32,
    said: String,
}

/// Why a request was not answered with a result.
enum Refused {
    /// The agent says no.
    ByAgent { code: i64, message: String },
    /// The agent is of no use any more.
    Broken(anyhow::Error),
}

impl From<anyhow::Error> for Refused {
    fn from(error: anyhow::Error) -> Self {
        Self::Broken(error)
    }
}

/// What happens while an answer is awaited.
enum Event {
    Line(Option<Line>),
    Decided(Value, Outcome),
    Stop,
    Late,
}

impl AcpAgent {
    /// Opens a session in a folder: the one before, if the agent can, else a new one. Says whether it is the one before.
    ///
    /// # Errors
    /// The agent ends, is silent, wants a sign-in, or does not speak the protocol.
    pub async fn open(
        process: AgentProcess,
        name: &str,
        with: &Opening<'_>,
    ) -> Result<(Self, bool)> {
        let mut agent = Self {
            process,
            name: name.to_owned(),
            sign_ins: Vec::new(),
            session: String::new(),
            number: 0,
            board: None,
            asking: JoinSet::new(),
            asked: Vec::new(),
            cancelled: false,
            strange: 0,
            said: String::new(),
        };
        match agent.handshake(with).await {
            Ok(loaded) => Ok((agent, loaded)),
            Err(error) => {
                agent.process.end().await;
                Err(error)
            }
        }
    }

    async fn handshake(&mut self, with: &Opening<'_>) -> Result<bool> {
        let Opening {
            folder,
            mcp,
            before,
            within,
        } = *with;
        let hello = json!({
            "protocolVersion": VERSION,
            // It reads, writes and runs by itself: that is what it asks permission for.
            "clientCapabilities": { "fs": { "readTextFile": false, "writeTextFile": false }, "terminal": false },
            "clientInfo": { "name": "staffel", "title": "Staffel", "version": protocol::VERSION },
        });
        let answer = self.within(within, "initialize", &hello).await?;
        // Read leniently: what an agent leaves out, it cannot do.
        let version = &answer["protocolVersion"];
        if *version != VERSION {
            bail!(
                "the agent speaks version {} of the Agent Client Protocol, and Staffel speaks {VERSION}. Update the older of the two.",
                plain(&version.to_string(), 40)
            );
        }
        self.sign_ins = sign_ins(&answer["authMethods"]);
        let can = &answer["agentCapabilities"];
        let can_load = can["loadSession"] == true;
        let server = match can["mcpCapabilities"]["http"] == true {
            true => &mcp.http,
            false => &mcp.stdio,
        };
        let mut params = json!({ "cwd": folder, "mcpServers": [server] });
        if let Some(before) = before.filter(|_| can_load) {
            params["sessionId"] = before.into();
            match self.call_within(SESSION, "session/load", &params).await {
                Ok(_) => {
                    self.session = before.to_owned();
                    self.said.clear();
                    return Ok(true);
                }
                Err(Refused::Broken(error)) => return Err(error),
                Err(Refused::ByAgent { code, message }) if !is_auth(code, &message) => {
                    say(&format!(
                        "{} does not know the session of before ({}); it begins a new one.",
                        self.name,
                        plain(&message, 200)
                    ));
                }
                Err(refused) => return Err(self.error("session/load", refused)),
            }
            params = json!({ "cwd": folder, "mcpServers": [server] });
        }
        let answer = self.within(SESSION, "session/new", &params).await?;
        let session = answer["sessionId"].as_str().unwrap_or_default();
        if session.is_empty() || session.len() > SESSION_ID_MAX {
            bail!(
                "the agent's answer to session/new has a sessionId of {} bytes; allowed are 1 to {SESSION_ID_MAX}",
                session.len()
            );
        }
        self.session = session.to_owned();
        Ok(false)
    }

    /// Its process id, which is also that of its group.
    pub fn process(&self) -> u32 {
        self.process.id()
    }

    /// The agent's own name for the session.
    pub fn session(&self) -> &str {
        &self.session
    }

    /// From here on permissions are decided there, and what it does is told.
    pub fn work_for(&mut self, desk: Arc<Desk>, progress: Progress) {
        self.board = Some((desk, progress));
    }

    /// Sends a prompt and waits until the turn ends. When `stop` completes, the turn is cancelled.
    ///
    /// # Errors
    /// The agent ends, floods, does not stop, or wants a sign-in.
    pub async fn turn(&mut self, prompt: &str, stop: impl Future<Output = ()>) -> Result<Turn> {
        self.said.clear();
        self.cancelled = false;
        let params = json!({
            "sessionId": self.session,
            "prompt": [{ "type": "text", "text": prompt }],
        });
        let answered = self.call("session/prompt", &params, stop).await;
        self.refuse_all().await?;
        let said = std::mem::take(&mut self.said);
        let turn = |how: String, failed| Turn { how, failed, said };
        match answered {
            Ok(answer) => Ok(match answer["stopReason"].as_str().unwrap_or_default() {
                "end_turn" => turn("it ended its turn".to_owned(), false),
                "cancelled" => turn("its turn was cancelled".to_owned(), false),
                "max_tokens" => turn("it has used all its tokens".to_owned(), true),
                "max_turn_requests" => turn(
                    "it has made as many requests as a turn may have".to_owned(),
                    true,
                ),
                "refusal" => turn("it refuses to go on".to_owned(), true),
                other => turn(format!("its turn ended with {:?}", plain(other, 40)), true),
            }),
            Err(Refused::ByAgent { code, message }) if !is_auth(code, &message) => Ok(turn(
                format!("its turn failed ({code}: {})", plain(&message, 500)),
                true,
            )),
            Err(refused) => Err(self.error("session/prompt", refused)),
        }
    }

    /// Listens while there is no turn. Completes only with what went wrong.
    pub async fn idle(&mut self) -> anyhow::Error {
        match self.answer_to(None, std::future::pending()).await {
            Ok(_) => anyhow::anyhow!("the agent answered what nobody asked"),
            Err(refused) => self.error("its idle session", refused),
        }
    }

    /// Ends it.
    pub async fn end(self) {
        self.process.end().await;
    }

    async fn within(&mut self, longest: Duration, method: &str, params: &Value) -> Result<Value> {
        let answered = self.call_within(longest, method, params).await;
        answered.map_err(|refused| self.error(method, refused))
    }

    async fn call_within(
        &mut self,
        longest: Duration,
        method: &str,
        params: &Value,
    ) -> Result<Value, Refused> {
        let call = self.call(method, params, std::future::pending());
        match timeout(longest, call).await {
            Ok(answered) => answered,
            Err(_) => {
                let kept = self.process.kept();
                let wrote = match kept.is_empty() {
                    true => " It wrote nothing on standard error.".to_owned(),
                    false => format!(" It wrote:\n{kept}"),
                };
                let hint = match method {
                    "initialize" => {
                        " Does its command speak the Agent Client Protocol? Such as gemini --acp, qwen --acp, opencode acp; for a program \
                         that reads a prompt on standard input there is --exec. One that takes longer gets --start-within."
                    }
                    _ => " It connects to its MCP servers meanwhile: look whether they all answer.",
                };
                Err(Refused::Broken(anyhow::anyhow!(
                    "the agent has not answered {method} within {} seconds.{hint}{wrote}",
                    longest.as_secs()
                )))
            }
        }
    }

    /// What went wrong, and what to do.
    fn error(&self, method: &str, refused: Refused) -> anyhow::Error {
        match refused {
            Refused::Broken(error) => error,
            Refused::ByAgent { code, message } if is_auth(code, &message) => {
                let ways = match self.sign_ins.is_empty() {
                    true => String::new(),
                    false => format!(" It offers: {}.", self.sign_ins.join(", ")),
                };
                anyhow::anyhow!(
                    "the agent wants a sign-in ({}).{ways} Start it once by itself in a terminal and sign in, or set the variable \
                     with its API key; then run this again.",
                    plain(&message, 300)
                )
            }
            Refused::ByAgent { code, message } => anyhow::anyhow!(
                "the agent refuses {method} ({code}: {}).{}",
                plain(&message, 500),
                match self.process.kept() {
                    kept if kept.is_empty() => String::new(),
                    kept => format!(" It wrote:\n{kept}"),
                }
            ),
        }
    }

    async fn call(
        &mut self,
        method: &str,
        params: &Value,
        stop: impl Future<Output = ()>,
    ) -> Result<Value, Refused> {
        self.number += 1;
        let id = self.number;
        let request = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        let sent = self.send(&request);
        if let Err(error) = sent {
            return Err(Refused::Broken(self.explained(error).await));
        }
        self.answer_to(Some(id), stop).await
    }

    async fn answer_to(
        &mut self,
        id: Option<u64>,
        stop: impl Future<Output = ()>,
    ) -> Result<Value, Refused> {
        let mut stop = pin!(stop);
        let mut deadline = None;
        loop {
            let late = sleep_until(deadline.unwrap_or_else(Instant::now));
            let event = tokio::select! {
                line = self.process.line() => Event::Line(line),
                Some(Ok((id, outcome))) = self.asking.join_next(), if !self.asking.is_empty() => Event::Decided(id, outcome),
                () = &mut stop, if deadline.is_none() => Event::Stop,
                () = late, if deadline.is_some() => Event::Late,
            };
            match event {
                Event::Line(Some(Line::Whole(line))) => {
                    if let Some(answer) = self.receive(&line, id)? {
                        return answer;
                    }
                }
                Event::Line(Some(Line::TooLong)) => {
                    return Err(Refused::Broken(anyhow::anyhow!(
                        "the agent wrote a line of more than {} MiB; that is the longest message that is allowed. It was ended.",
                        LINE_MAX >> 20
                    )));
                }
                Event::Line(None) => {
                    let gone = anyhow::anyhow!("the agent has ended in the middle of its work");
                    return Err(Refused::Broken(self.explained(gone).await));
                }
                Event::Decided(id, outcome) => self.permit(&id, &outcome)?,
                Event::Stop => {
                    deadline = Some(Instant::now() + CANCEL);
                    self.cancelled = true;
                    let cancel = json!({
                        "jsonrpc": "2.0", "method": "session/cancel", "params": { "sessionId": self.session },
                    });
                    self.send(&cancel)?;
                    self.refuse_all().await?;
                }
                Event::Late => {
                    return Err(Refused::Broken(anyhow::anyhow!(
                        "the agent has not stopped within {} seconds after session/cancel. It was ended.",
                        CANCEL.as_secs()
                    )));
                }
            }
        }
    }

    /// Takes in one line; gives the answer to the request with this id, if it is that.
    fn receive(
        &mut self,
        line: &[u8],
        id: Option<u64>,
    ) -> Result<Option<Result<Value, Refused>>, Refused> {
        if line.trim_ascii().is_empty() {
            return Ok(None);
        }
        let mut message: Value = match serde_json::from_slice(line) {
            Ok(message @ Value::Object(_)) => message,
            _ => {
                return self
                    .strange("it is no message of JSON-RPC", line)
                    .map(|()| None);
            }
        };
        let method = message["method"].as_str().map(str::to_owned);
        let number = message.get("id").filter(|id| !id.is_null()).cloned();
        match (method, number) {
            (Some(method), Some(number)) => {
                let params = message["params"].take();
                self.requested(&method, number, params)?;
                Ok(None)
            }
            (Some(method), None) => {
                if method == "session/update" {
                    self.updated(&mut message["params"]["update"]);
                }
                Ok(None)
            }
            (None, Some(number)) if id.is_some_and(|id| number == id) => {
                let error = &message["error"];
                if error.is_object() {
                    return Ok(Some(Err(Refused::ByAgent {
                        code: error["code"].as_i64().unwrap_or_default(),
                        message: words_of(error),
                    })));
                }
                Ok(Some(Ok(message["result"].take())))
            }
            _ => self
                .strange("it answers what nobody asked", line)
                .map(|()| None),
        }
    }

    /// Counts a line that is none of the protocol. Some agents print a few; many are another program.
    fn strange(&mut self, why: &str, line: &[u8]) -> Result<(), Refused> {
        self.strange += 1;
        if self.strange < STRANGE_MAX {
            return Ok(());
        }
        let end = line.len().min(400);
        Err(Refused::Broken(anyhow::anyhow!(
            "the agent has written {} lines that are not of the Agent Client Protocol. The newest ({why}): {:?}. It was ended. Does its \
             command need a flag, such as --acp?",
            self.strange,
            plain(&String::from_utf8_lossy(&line[..end]), 200)
        )))
    }

    /// The agent wants something from us.
    fn requested(&mut self, method: &str, id: Value, params: Value) -> Result<()> {
        if method != "session/request_permission" {
            return self.fail(&id, -32_601, "Staffel has no such method.");
        }
        let asked: Asked = match serde_json::from_value(params) {
            Ok(asked) => asked,
            Err(error) => {
                return self.fail(&id, -32_602, &plain(&error.to_string(), 200));
            }
        };
        let Some((desk, _)) = self.board.as_ref().filter(|_| !self.cancelled) else {
            return self.permit(&id, &Outcome::Cancelled);
        };
        if self.asked.len() >= ASKED_MAX {
            return self.permit(&id, &asked.refused());
        }
        let desk = Arc::clone(desk);
        self.asked.push(id.clone());
        if self.asked.len() == ASKED_MAX {
            say(&format!(
                "{} asks for {ASKED_MAX} permissions at once; more are refused until these are answered.",
                self.name
            ));
        }
        self.asking.spawn(async move {
            let outcome = desk.decide(&asked).await;
            (id, outcome)
        });
        Ok(())
    }

    fn permit(&mut self, id: &Value, outcome: &Outcome) -> Result<()> {
        self.asked.retain(|open| open != id);
        let answer = json!({ "jsonrpc": "2.0", "id": id, "result": outcome.json() });
        self.send(&answer)
    }

    fn fail(&mut self, id: &Value, code: i64, message: &str) -> Result<()> {
        let error = json!({ "code": code, "message": message });
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "error": error }))
    }

    /// Whatever is still asked for is not decided any more.
    async fn refuse_all(&mut self) -> Result<()> {
        self.asking.abort_all();
        while self.asking.join_next().await.is_some() {}
        for id in std::mem::take(&mut self.asked) {
            self.permit(&id, &Outcome::Cancelled)?;
        }
        Ok(())
    }

    /// The agent tells what it does.
    fn updated(&mut self, update: &mut Value) {
        let Some((_, progress)) = &self.board else {
            return;
        };
        match update["sessionUpdate"].as_str().unwrap_or_default() {
            "plan" => {
                if let Ok(entries) = serde_json::from_value::<Vec<Entry>>(update["entries"].take())
                {
                    progress.plans(entries);
                }
            }
            "tool_call" => progress.works(),
            "agent_message_chunk" => {
                let text = update["content"]["text"].as_str().unwrap_or_default();
                self.said += text;
                let mut over = self.said.len().saturating_sub(SAID_MAX);
                while !self.said.is_char_boundary(over) {
                    over += 1;
                }
                self.said.drain(..over);
            }
            _ => {}
        }
    }

    fn send(&mut self, message: &Value) -> Result<()> {
        let mut line = serde_json::to_vec(message)?;
        line.push(b'\n');
        self.process.write(line)
    }

    /// With how the agent ended, and its last words.
    async fn explained(&mut self, error: anyhow::Error) -> anyhow::Error {
        anyhow::anyhow!("{error}. {}", self.process.last_words().await)
    }
}

/// The names of the ways to sign in, a few of them.
fn sign_ins(methods: &Value) -> Vec<String> {
    let methods = methods.as_array().into_iter().flatten().take(5);
    methods
        .filter_map(|way| way["name"].as_str().or(way["id"].as_str()))
        .map(|name| plain(name, 60))
        .collect()
}

/// Whether an error says that a sign-in is needed. Not all agents send the code for it.
fn is_auth(code: i64, message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    code == AUTH_REQUIRED
        || message.contains("authentication required")
        || message.contains("auth required")
}

/// What an error says: its message, and the details that some agents put beside it.
fn words_of(error: &Value) -> String {
    let message = error["message"].as_str().unwrap_or("no reason");
    let data = &error["data"];
    let details = data["details"]
        .as_str()
        .or(data["message"].as_str())
        .or(data.as_str());
    match details {
        Some(details) => format!("{message}: {details}"),
        None => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_in_is_recognised_by_code_or_words() {
        assert!(is_auth(-32_000, ""));
        assert!(is_auth(-32_603, "Authentication required."));
        assert!(!is_auth(-32_603, "Internal error"));
    }

    #[test]
    fn the_details_of_an_error_are_told() {
        let error =
            json!({"code": -32_603, "message": "Internal error", "data": {"details": "no key"}});
        assert_eq!(words_of(&error), "Internal error: no key");
        assert_eq!(words_of(&json!({})), "no reason");
    }

    #[test]
    fn ways_to_sign_in_are_named_whatever_the_agent_sends() {
        let methods = json!([{"id": "a", "name": "With\u{1b}[2J"}, {"id": "b"}, 7]);
        assert_eq!(sign_ins(&methods), ["With [2J", "b"]);
        assert!(sign_ins(&Value::Null).is_empty());
    }
}
