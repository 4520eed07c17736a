//! One run at a time for a pipeline: a lock file in the folder of this user's state.
//!
//! The lock is the system's: it is gone with the process that holds it, however that ends, so a run that was killed never
//! stands in the way of the next. The server cannot hold it: a run goes on while the server is away. It does not hold off
//! a run on another machine, or of another user.

use std::{
    fs::{self, File, TryLockError},
    io::{Read, Seek, SeekFrom, Write},
    path::PathBuf,
    process,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use domain::PipelineId;
use serde::{Deserialize, Serialize};
use tokio::time::sleep;

use super::agent_process::{Signal, signal_group};

/// How long an agent of a run that was killed may take to end when it is asked to.
const GRACE: Duration = Duration::from_secs(2);
/// Most of a lock file that is read, in bytes. Ours have a hundred.
const READ: u64 = 4_096;

/// The lock. It is released when dropped.
pub struct Lock {
    file: File,
    written: Written,
}

/// What a lock file says of the run that holds it.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Written {
    /// The process that holds it.
    run: u32,
    /// The agent that it started: its process and group, and when that began, as the system counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    agent: Option<(u32, String)>,
}

impl Lock {
    /// Takes the lock of a pipeline, and ends the agent that a killed run has left behind, if it still runs.
    ///
    /// # Errors
    /// Another run has it, or the file cannot be used.
    pub async fn take(pipeline: &PipelineId) -> Result<Self> {
        let folder = folder()?;
        fs::create_dir_all(&folder).with_context(|| format!("{}", folder.display()))?;
        let path = folder.join(format!("{pipeline}.lock"));
        let file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .with_context(|| format!("{}", path.display()))?;
        let taken = file.try_lock();
        let mut text = String::new();
        // What is no text of ours says nothing.
        let _ = (&file).take(READ).read_to_string(&mut text);
        let before: Written = serde_json::from_str(&text).unwrap_or_default();
        match taken {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => bail!(
                "another `staffel run` works on the pipeline {pipeline} (process {}). One at a time is allowed: let it go on, or end \
                 it first.",
                before.run
            ),
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("{} cannot be locked", path.display()));
            }
        }
        if let Some((agent, begun)) = before.agent
            && begun_at(agent).is_some_and(|now| now == begun)
        {
            super::say(&format!(
                "The agent of the run before still runs (process {agent}); it is ended first."
            ));
            signal_group(agent, Signal::Terminate);
            sleep(GRACE).await;
            signal_group(agent, Signal::Kill);
        }
        let mut lock = Self {
            file,
            written: Written {
                run: process::id(),
                agent: None,
            },
        };
        lock.write()?;
        Ok(lock)
    }

    /// Notes which agent runs, so that a later run can end it should we be killed.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn note_agent(&mut self, agent: u32) -> Result<()> {
        self.written.agent = begun_at(agent).map(|begun| (agent, begun));
        self.write()
    }

    fn write(&mut self) -> Result<()> {
        let text = serde_json::to_vec(&self.written)?;
        self.file.seek(SeekFrom::Start(0))?;
        self.file.set_len(0)?;
        self.file.write_all(&text).context("the lock file")
    }
}

/// Where lock files are.
fn folder() -> Result<PathBuf> {
    let folders = directories::ProjectDirs::from("", "", "staffel")
        .context("the folder of your settings cannot be found: HOME is not set")?;
    let state = folders
        .state_dir()
        .unwrap_or_else(|| folders.data_local_dir());
    Ok(state.join("runs"))
}

/// When a process began, as the system counts: another process with its number has another time.
#[cfg(target_os = "linux")]
fn begun_at(process: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name stands in brackets and may have any character; the 22nd field is the 20th behind it.
    let behind = stat.rsplit_once(')')?.1;
    behind.split_whitespace().nth(19).map(str::to_owned)
}

/// When a process began, as the system counts.
#[cfg(all(unix, not(target_os = "linux")))]
fn begun_at(process: u32) -> Option<String> {
    let asked = process::Command::new("ps")
        .args(["-o", "lstart=", "-p", &process.to_string()])
        .output()
        .ok()?;
    let said = String::from_utf8(asked.stdout).ok()?.trim().to_owned();
    (!said.is_empty()).then_some(said)
}

/// There are no process groups here to end.
#[cfg(not(unix))]
fn begun_at(_: u32) -> Option<String> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn a_process_is_known_by_its_beginning() {
        let ours = begun_at(process::id());
        assert!(ours.is_some());
        assert_eq!(ours, begun_at(process::id()));
        assert_eq!(begun_at(u32::MAX), None);
    }

    #[test]
    fn a_lock_file_of_any_content_is_read() {
        for text in ["", "x", "{}", r#"{"run":1}"#] {
            let read: Written = serde_json::from_str(text).unwrap_or_default();
            assert_eq!(read.agent, None);
        }
    }
}
