//! `staffel stdio`: a bridge for clients that only start processes.
//!
//! It passes JSON-RPC between its standard streams and the server's MCP endpoint, message by message and
//! unchanged: tools, resources, prompts, progress, cancellation and notifications need no code of their
//! own here. What it adds: it starts the server when there is none, opens its session again after a
//! restart, and answers in the server's place while that is away.

mod delivery;
mod exchange;
mod fallback;
mod lines;
mod listening;
mod message;
mod session;
mod start;
mod upstream;

use std::{
    collections::HashMap,
    io::{self, Write},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use clap::Args;
use serde_json::Value;
use tokio::{
    sync::{mpsc, oneshot},
    task::{AbortHandle, JoinSet, spawn_blocking},
    time::timeout,
};

use crate::{endpoint::usual_server, token};

pub use fallback::Fallback;
use lines::{Line, lines, too_long};
use message::{Kind, Message};
use upstream::Upstream;

/// Messages that may wait for the client to read them.
const UNREAD: usize = 256;
/// How long open requests may take once the client has closed its side.
const DRAIN: Duration = Duration::from_secs(2);

/// What `staffel stdio` can be told.
#[derive(Debug, Clone, Args)]
pub struct StdioArgs {
    /// The server's address
    #[arg(long, env = "STAFFEL_URL", value_name = "URL", default_value_t = usual_server())]
    pub url: String,
    /// Do not start a server when none answers there
    #[arg(long)]
    pub no_start: bool,
}

/// Passes messages on until the client closes its side. `fallback` is what it says of the server while that is away.
///
/// # Errors
/// The address or the token is none, or the standard streams break.
pub async fn run(args: &StdioArgs, fallback: Fallback) -> Result<()> {
    // The address of the MCP endpoint means the same server.
    let url = args.url.trim_end_matches('/').trim_end_matches("/mcp");
    if !(url.starts_with("http://") || url.starts_with("https://")) {
        let usual = usual_server();
        bail!("--url is {url:?}; it has to begin with http:// or https://, such as {usual}");
    }
    let token = token::from_environment()?;
    let (out, unwritten) = mpsc::channel(UNREAD);
    let writer = spawn_blocking(|| write(unwritten));
    let upstream = Arc::new(Upstream::new(
        url,
        token.as_ref(),
        !args.no_start,
        fallback,
        out,
    )?);
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
    let mut running: HashMap<String, Running> = HashMap::new();
    while let Some(line) = lines.recv().await {
        let message = match line.context("standard input")? {
            Line::Whole(line) if line.trim_ascii().is_empty() => continue,
            Line::Whole(line) => Message::parse(&line),
            Line::TooLong => Err(too_long()),
        };
        let message = match message {
            Ok(message) => message,
            Err(answer) => {
                upstream.send_to_client(answer).await;
                continue;
            }
        };
        while work.try_join_next().is_some() {}
        running.retain(|_, running| !running.task.is_finished());
        if let Some(cancelled) = message.cancels()
            && let Some(cancelled) = running.remove(&cancelled)
        {
            // Nobody waits for its answer any more. The server is told once the task has ended: it could say that the
            // connection broke, where the server closes it at once.
            cancelled.task.abort();
            let _ = cancelled.ended.await;
            // In the stateless protocol, closing the request is what tells the server.
            if cancelled.stateless {
                continue;
            }
        }
        let upstream = Arc::clone(upstream);
        if message.begins_session() {
            // A script sends all of its lines at once; what follows belongs to the session that begins here.
            upstream.handle(message).await;
            continue;
        }
        let (id, stateless) = (message.id().to_string(), message.is_stateless());
        let is_request = message.kind() == Kind::Request;
        let (alive, ended) = oneshot::channel();
        let task = work.spawn(async move {
            let _alive = alive;
            upstream.handle(message).await;
        });
        if is_request {
            running.insert(
                id,
                Running {
                    task,
                    ended,
                    stateless,
                },
            );
        }
    }
    // A script closes its side when it has said everything, and still reads the answers. A client that has gone
    // does not, and nobody waits for long.
    let _ = timeout(DRAIN, async { while work.join_next().await.is_some() {} }).await;
    work.shutdown().await;
    Ok(())
}

/// A request that is on its way.
struct Running {
    task: AbortHandle,
    /// Closed when the task has ended, also where it was aborted: that takes until its next `await`.
    ended: oneshot::Receiver<()>,
    /// Whether it belongs to the stateless protocol.
    stateless: bool,
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
