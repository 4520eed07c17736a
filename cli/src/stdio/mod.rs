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
    io::{self, BufRead, Read, Write},
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

use crate::{endpoint::usual_server, token};
pub use absence::Fallback;
use message::{Kind, Message, error};
use upstream::Upstream;

/// Messages that may wait for the client to read them.
const UNREAD: usize = 256;
/// How long answers may take once the client has nothing more to say.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// The longest message, as over HTTP.
const MESSAGE_MAX: u64 = 8 << 20;

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

/// Carries messages until the client closes its side. `fallback` is what it says of the server while that is away.
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
                upstream.say(answer).await;
                continue;
            }
        };
        while work.try_join_next().is_some() {}
        running.retain(|_, running| !running.task.is_finished());
        if let Some(cancelled) = message.cancels()
            && let Some(cancelled) = running.remove(&cancelled)
        {
            // Nobody waits for its answer any more.
            cancelled.task.abort();
            // Without sessions, giving it up is what tells the server.
            if cancelled.modern {
                continue;
            }
        }
        let upstream = Arc::clone(upstream);
        if message.begins() {
            // A script sends all of its lines at once; what follows belongs to the session that begins here.
            upstream.carry(message).await;
            continue;
        }
        let (id, modern) = (message.id().to_string(), message.is_modern());
        let is_request = message.kind() == Kind::Request;
        let task = work.spawn(async move { upstream.carry(message).await });
        if is_request {
            running.insert(id, Running { task, modern });
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

/// A request that is on its way.
struct Running {
    task: AbortHandle,
    /// Whether it belongs to the era without sessions.
    modern: bool,
}

/// A line of standard input.
#[derive(Debug, PartialEq, Eq)]
enum Line {
    /// As it came.
    Whole(Vec<u8>),
    /// One that is longer than any message, and was not kept.
    TooLong,
}

/// The lines of standard input. On a thread of its own: a read cannot be broken off, and must not keep the
/// program from ending.
fn lines() -> mpsc::Receiver<io::Result<Line>> {
    let (sender, lines) = mpsc::channel(1);
    thread::spawn(move || {
        let mut input = io::stdin().lock();
        while let Some(line) = read_line(&mut input, MESSAGE_MAX).transpose() {
            let failed = line.is_err();
            if sender.blocking_send(line).is_err() || failed {
                return;
            }
        }
    });
    lines
}

/// The next line; `None` at the end.
fn read_line(input: &mut impl BufRead, most: u64) -> io::Result<Option<Line>> {
    let mut line = Vec::new();
    if input.by_ref().take(most).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    if line.ends_with(b"\n") || (line.len() as u64) < most {
        return Ok(Some(Line::Whole(line)));
    }
    input.skip_until(b'\n')?;
    Ok(Some(Line::TooLong))
}

fn too_long() -> Value {
    let text = format!(
        "This line was not read: a message has {} MiB at most. Send less at once.",
        MESSAGE_MAX >> 20
    );
    error(&Value::Null, -32600, &text)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_as_it_came_and_not_beyond_its_bound() {
        let mut input: &[u8] = b"one\n\xff\n\nfour \nfive5\nsix";
        let mut next = || read_line(&mut input, 5).expect("no error");
        let whole = |line: &[u8]| Some(Line::Whole(line.to_vec()));
        assert_eq!(next(), whole(b"one\n"));
        assert_eq!(next(), whole(b"\xff\n"));
        assert_eq!(next(), whole(b"\n"));
        assert_eq!(next(), Some(Line::TooLong));
        assert_eq!(next(), Some(Line::TooLong));
        assert_eq!(next(), whole(b"six"));
        assert_eq!(next(), None);
    }
}
