//! An agent that is started once for each prompt, which it reads on standard input: `claude -p`, `codex exec -`, a script.

use std::path::PathBuf;

use anyhow::Result;
use tokio::time::sleep;

use super::{
    acp::Turn,
    agent_process::{AgentProcess, LAST_WORDS, Output, shell},
    lock::Lock,
};

/// The command, and the folder in which it runs.
#[derive(Debug)]
pub struct ExecAgent {
    command: String,
    folder: PathBuf,
}

impl ExecAgent {
    /// A command that a shell reads.
    pub fn new(command: &str, folder: PathBuf) -> Self {
        Self {
            command: command.to_owned(),
            folder,
        }
    }

    /// Starts it with a prompt and waits until it ends. When `stop` completes, it is ended.
    ///
    /// # Errors
    /// It cannot be started.
    pub async fn turn(
        &self,
        prompt: &str,
        stop: impl Future<Output = ()>,
        lock: &mut Lock,
    ) -> Result<Turn> {
        let mut process = AgentProcess::start(shell(&self.command), &self.folder, Output::Kept)?;
        lock.note_agent(process.id())?;
        // It may end without reading.
        let _ = process.write(prompt.as_bytes().to_vec());
        process.close_input();
        let status = tokio::select! {
            status = process.ended() => Some(status),
            () = stop => {
                process.kill();
                None
            }
        };
        // What it said last is still coming in.
        sleep(LAST_WORDS).await;
        let said = process.kept();
        let turn = match status {
            None => Turn {
                how: "it was ended".to_owned(),
                failed: false,
                said,
            },
            Some(Some(status)) => Turn {
                how: format!("it ended ({status})"),
                failed: !status.success(),
                said,
            },
            Some(None) => Turn {
                how: "it ended".to_owned(),
                failed: true,
                said,
            },
        };
        process.end().await;
        Ok(turn)
    }
}
