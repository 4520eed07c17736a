//! Starting a server that outlives the bridge.

use std::{
    env,
    net::SocketAddr,
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use tokio::time::{Instant, sleep};

use crate::token::VARIABLE;

/// How long a server may take until it answers.
const WITHIN: Duration = Duration::from_secs(15);
/// How long a single answer may take.
const ANSWER: Duration = Duration::from_secs(2);
/// Between two looks whether it answers.
const POLL: Duration = Duration::from_millis(100);

/// Starts a server at `url`, unless one answers there, and waits until it does.
///
/// # Errors
/// The address is not one of this machine, or the server does not come up.
pub async fn start(url: &str, http: &reqwest::Client) -> Result<()> {
    if is_up(url, http).await {
        return Ok(());
    }
    let address: SocketAddr = url
        .strip_prefix("http://")
        .and_then(|address| address.replace("localhost", "127.0.0.1").parse().ok())
        .filter(|address: &SocketAddr| address.ip().is_loopback())
        .with_context(|| format!("{url} is not an address of this machine"))?;
    let mut command = Command::new(env::current_exe().context("the program's own path")?);
    command
        .env_remove(VARIABLE)
        .args(["serve", "--no-open", "--listen"])
        .arg(address.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    // Of its own group: the client ends its children's group when it stops, and other agents use the server.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut server = command.spawn().context("`staffel serve`")?;
    let deadline = Instant::now() + WITHIN;
    while Instant::now() < deadline {
        if is_up(url, http).await {
            return Ok(());
        }
        if let Ok(Some(status)) = server.try_wait() {
            // Two bridges may have started one each: the other won.
            if is_up(url, http).await {
                return Ok(());
            }
            bail!("`staffel serve` ended with {status}");
        }
        sleep(POLL).await;
    }
    bail!("`staffel serve` does not answer at {url}")
}

async fn is_up(url: &str, http: &reqwest::Client) -> bool {
    let health = http.get(format!("{url}/health")).timeout(ANSWER);
    let health = health.send().await;
    health.is_ok_and(|answer| answer.status().is_success())
}
