//! `staffel stdio`: a bridge for clients that only start processes.
//!
//! It carries JSON-RPC between its standard streams and the server's MCP endpoint, message by message and
//! unchanged: tools, resources, prompts, progress, cancellation and notifications need no words of their
//! own here. What it adds is patience: it starts the server when there is none, finds its session again
//! after a restart, and answers in the server's place while that is away.

mod absence;
mod message;
mod start;
mod upstream;

use std::{
    collections::HashMap,
    io::{self, BufRead, Write},
    sync::Arc,
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use clap::Args;
use serde_json::Value;
use tokio::{
    sync::mpsc,
    task::{AbortHandle, JoinSet, spawn_blocking},
    time::timeout,
};

use crate::agents::Token;
use message::{Kind, Message};
use upstream::Upstream;

/// Messages that may wait for the client to read them.
const UNREAD: usize = 256;
/// How long answers may take once the client has nothing more to say.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// The address of a server that nobody configured.
const DEFAULT_URL: &str = "http://127.0.0.1:4700";

/// What `staffel stdio` can be told.
#[derive(Debug, Clone, Args)]
pub struct StdioArgs {
    /// The server's address
    #[arg(long, env = "STAFFEL_URL", value_name = "URL", default_value = DEFAULT_URL)]
    pub url: String,
    /// Do not start a server when none answers there
    #[arg(long)]
    pub no_start: bool,
}

/// Carries messages until the client closes its side.
///
/// # Errors
/// The address or the token is none, or the standard streams break.
pub async fn run(args: &StdioArgs) -> Result<()> {
    // The address of the MCP endpoint means the same server.
    let url = args.url.trim_end_matches('/').trim_end_matches("/mcp");
    if !(url.starts_with("http://") || url.starts_with("https://")) {
        bail!("--url is {url:?}; it has to begin with http:// or https://, such as {DEFAULT_URL}");
    }
    let token = Token::from_environment()?;
    let (out, unwritten) = mpsc::channel(UNREAD);
    let writer = spawn_blocking(|| write(unwritten));
    let upstream = Arc::new(Upstream::new(url, token.as_ref(), !args.no_start, out)?);
    let read = read(&upstream).await;
    upstream.close().await;
    // The writer ends when everything that could still say something is gone.
    drop(upstream);
    writer.await.context("the writer")??;
    read
}

/// Takes in one message after the other, and works on as many as the client likes at once.
async fn read(upstream: &Arc<Upstream>) -> Result<()> {
    let mut lines = lines();
    let mut work = JoinSet::new();
    let mut running: HashMap<String, AbortHandle> = HashMap::new();
    while let Some(line) = lines.recv().await {
        let line = line.context("standard input")?;
        if line.trim().is_empty() {
            continue;
        }
        let message = match Message::parse(&line) {
            Ok(message) => message,
            Err(answer) => {
                upstream.say(answer).await;
                continue;
            }
        };
        while work.try_join_next().is_some() {}
        running.retain(|_, task| !task.is_finished());
        // Without sessions, a request is cancelled by giving its answer up.
        if let Some(cancelled) = message.cancels()
            && let Some(task) = running.remove(&cancelled)
        {
            task.abort();
            continue;
        }
        let key = match (message.kind(), message.is_modern()) {
            (Kind::Request, true) => Some(message.id().to_string()),
            _ => None,
        };
        let upstream = Arc::clone(upstream);
        if matches!(message.method(), "initialize" | "notifications/initialized") {
            // A script sends all of its lines at once; what follows belongs to the session that begins here.
            upstream.carry(message).await;
            continue;
        }
        let task = work.spawn(async move { upstream.carry(message).await });
        if let Some(key) = key {
            running.insert(key, task);
        }
    }
    // A script closes its side when it has said everything, and still reads the answers. A client that has gone
    // does not, and nobody waits for long.
    let _ = timeout(LAST_WORDS, async {
        while work.join_next().await.is_some() {}
    })
    .await;
    work.shutdown().await;
    Ok(())
}

/// The lines of standard input. On a thread of its own: a read cannot be broken off, and must not keep the
/// program from ending.
fn lines() -> mpsc::Receiver<io::Result<String>> {
    let (sender, lines) = mpsc::channel(1);
    thread::spawn(move || {
        for line in io::stdin().lock().lines() {
            let failed = line.is_err();
            if sender.blocking_send(line).is_err() || failed {
                return;
            }
        }
    });
    lines
}

/// The one place that writes to standard output: a message a line, and nothing else ever.
fn write(mut unwritten: mpsc::Receiver<Value>) -> Result<()> {
    let mut out = io::stdout().lock();
    while let Some(message) = unwritten.blocking_recv() {
        let mut line = serde_json::to_vec(&message)?;
        line.push(b'\n');
        out.write_all(&line).context("standard output")?;
        out.flush().context("standard output")?;
    }
    Ok(())
}
