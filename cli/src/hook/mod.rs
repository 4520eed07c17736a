//! `staffel hook`: runs as the hook of an assistant, asks the server what the assistant is to be told, and waits with it.
//!
//! What it says on standard output is for the assistant, in the assistant's own words, as the server wrote it. It never
//! stands in the agent's way: whatever fails ends it with nothing said there, and the turn ends as it would without a hook.

mod asked;
mod parent;

use std::{
    env,
    io::{self, Read, Write},
    process::ExitCode,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use clap::{Args, builder::PossibleValuesParser};
use serde::Deserialize;
use serde_json::Value;
use tokio::time::Instant;

use crate::{endpoint::ServerArgs, local::LocalServer, token};
use asked::{Asked, Server};

/// The assistants whose hooks the server understands.
pub const CLIENTS: [&str; 7] = [
    "claude-code",
    "codex",
    "gemini",
    "qwen",
    "opencode",
    "cursor",
    WINDSURF,
];
/// It does not tell its hooks in which folder it works, but runs them there.
const WINDSURF: &str = "windsurf";

/// What an assistant may give a hook: a tool's answer is among it.
const MAX_BYTES: u64 = 4 << 20;
/// How long a server that had answered may be away, for example for an upgrade, before the wait ends.
const AWAY: Duration = Duration::from_secs(10 * 60);
/// A server that answers later than this holds the request, since a person has to decide.
const HOLDS: Duration = Duration::from_secs(2);
/// How long a server is looked for that has not held a request yet: no turn of an agent is to stand still for it.
const MOMENT: Duration = Duration::from_secs(3);
/// Between two tries to reach it again.
const AGAIN: Duration = Duration::from_secs(1);

/// What `staffel hook` can be told.
#[derive(Debug, Clone, Args)]
pub struct HookArgs {
    /// The assistant that runs it
    #[arg(value_parser = PossibleValuesParser::new(CLIENTS))]
    pub client: String,
    /// Longest wait for a person at the end of a turn, in seconds; less than the assistant gives the hook
    #[arg(long, value_name = "SECONDS", default_value_t = 590)]
    pub wait: u64,
    /// For a hook that runs beside the session (asyncRewake of Claude Code): say it on standard error, with exit code 2
    #[arg(long)]
    pub rewake: bool,
    /// Which server.
    #[command(flatten)]
    pub server: ServerArgs,
}

/// Reads on standard input what the assistant gives its hook, and says what the assistant is to do.
pub async fn run(args: &HookArgs, local: &dyn LocalServer) -> ExitCode {
    let answer = tokio::select! {
        answer = answer(args, local) => answer,
        () = parent::gone() => return ExitCode::SUCCESS,
    };
    match answer {
        Ok(answer) if args.rewake => rewake(&answer),
        Ok(answer) => {
            // An assistant that has gone reads nothing.
            let _ = writeln!(io::stdout(), "{}", answer.trim());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("staffel hook: {error:#}");
            // The assistants take 2 for an order, and every other number for a failure that stops nothing.
            ExitCode::FAILURE
        }
    }
}

async fn answer(args: &HookArgs, local: &dyn LocalServer) -> Result<String> {
    let given = tokio::task::spawn_blocking(given)
        .await
        .context("standard input")??;
    #[derive(Deserialize)]
    struct Given {
        #[serde(alias = "agent_action_name")]
        hook_event_name: String,
    }
    let not_given = "standard input is not what an assistant gives its hook";
    let event: Given = serde_json::from_str(&given).context(not_given)?;
    let waits = matches!(
        event.hook_event_name.as_str(),
        "Stop" | "AfterAgent" | "stop"
    );
    let given = match args.client.as_str() {
        WINDSURF => with_folder(&given).context(not_given)?,
        _ => given,
    };
    let endpoint = args.server.endpoint(local)?;
    let server = Server::new(&endpoint.base(), &args.client, token::from_environment()?)?;
    let deadline = Instant::now() + Duration::from_secs(args.wait);
    // When a server last held a request: one that has never done so gets no more than a moment.
    let mut held = None;
    let begun = Instant::now();
    loop {
        let asked = Instant::now();
        let left = deadline.saturating_duration_since(asked);
        match server.ask(&given, left).await {
            Asked::Answer(answer) => return Ok(answer),
            Asked::Refused(why) => anyhow::bail!("{why}"),
            Asked::Unanswered if asked.elapsed() > HOLDS => held = Some(Instant::now()),
            Asked::Unanswered => {}
        }
        let patience = match held {
            Some(held) => AWAY.saturating_sub(held.elapsed()),
            None => MOMENT.saturating_sub(begun.elapsed()),
        };
        ensure!(
            waits && !patience.is_zero() && Instant::now() < deadline,
            "no Staffel answers at {}. A decision is not lost: start the server with `staffel serve`, then tell the agent to \
             call get_next_prompt.",
            endpoint.base()
        );
        tokio::time::sleep(AGAIN).await;
    }
}

/// What the assistant gives its hook.
fn given() -> Result<String> {
    let mut given = String::new();
    let read = io::stdin().take(MAX_BYTES + 1).read_to_string(&mut given);
    let read = read.context("standard input cannot be read as text")?;
    ensure!(
        read as u64 <= MAX_BYTES,
        "standard input has more than {MAX_BYTES} bytes"
    );
    Ok(given)
}

/// The same, with the folder that this runs in.
fn with_folder(given: &str) -> Result<String> {
    let mut given: serde_json::Map<String, Value> = serde_json::from_str(given)?;
    let folder = env::current_dir()?;
    given.insert("cwd".to_owned(), folder.to_string_lossy().into());
    Ok(Value::Object(given).to_string())
}

/// Says the text of an answer that makes the session go on where a hook beside it is heard.
fn rewake(answer: &str) -> ExitCode {
    #[derive(Deserialize)]
    struct Answer {
        reason: Option<String>,
    }
    let reason = serde_json::from_str(answer)
        .ok()
        .and_then(|answer: Answer| answer.reason);
    let Some(reason) = reason else {
        return ExitCode::SUCCESS;
    };
    eprintln!("{reason}");
    ExitCode::from(2)
}
