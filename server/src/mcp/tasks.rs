//! The wait for a decision as a task (SEP-2663), for clients that declare the extension.
//!
//! The handover is the task: nothing about a task is stored, so it survives every restart and says the
//! same as every other way of learning the decision. It belongs to the agent that handed over.

use std::{
    collections::VecDeque,
    fmt,
    str::FromStr,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::{Actor, Handover, HandoverId, Pipeline, Revision};
use rmcp::model::{CallToolResult, DetailedTask, Task, TaskPayload, TaskStatus};

/// How long a task can be asked for at least. The journal keeps it for ever; clients want a figure.
const TTL: Duration = Duration::from_secs(7 * 24 * 3600);
/// How often a client should ask.
const POLL: Duration = Duration::from_secs(5);
/// Most tasks that are remembered.
const MOST: usize = 1_000;

/// The wait for the decision about one revision: `<handover>-r<revision>`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TaskId {
    /// The handover.
    pub handover: HandoverId,
    /// Its revision.
    pub revision: u32,
}

impl TaskId {
    /// The wait for the decision about the newest revision.
    pub fn of(handover: &Handover) -> Self {
        Self {
            handover: handover.id.clone(),
            revision: handover.current().number,
        }
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-r{}", self.handover, self.revision)
    }
}

/// A text that is no task id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidTaskId;

impl FromStr for TaskId {
    type Err = InvalidTaskId;

    fn from_str(text: &str) -> Result<Self, InvalidTaskId> {
        let (handover, revision) = text.rsplit_once("-r").ok_or(InvalidTaskId)?;
        Ok(Self {
            handover: handover.parse().map_err(|_| InvalidTaskId)?,
            revision: revision.parse().map_err(|_| InvalidTaskId)?,
        })
    }
}

/// The revision that `id` is about, if `agent` handed it over.
pub fn find<'a>(pipeline: &'a Pipeline, id: &TaskId, agent: &Actor) -> Option<&'a Revision> {
    let handover = pipeline.handover(&id.handover)?;
    let revision = handover
        .revisions
        .iter()
        .find(|revision| revision.number == id.revision)?;
    (revision.by == *agent).then_some(revision)
}

/// Whether there is nothing more to wait for: the agent has something to do, or a newer revision has taken over.
pub fn is_over(pipeline: &Pipeline, id: &TaskId) -> bool {
    let newest = pipeline
        .handover(&id.handover)
        .is_some_and(|handover| handover.current().number == id.revision);
    !newest || has_outcome(pipeline, &id.handover)
}

/// Whether the agent has something to do: a decision with its prompt, or one that needs none.
pub fn has_outcome(pipeline: &Pipeline, handover: &HandoverId) -> bool {
    let decided = pipeline
        .handover(handover)
        .is_none_or(|handover| !handover.is_open());
    let being_written = pipeline
        .wants_prompt()
        .is_some_and(|(wanting, _)| wanting.id == *handover);
    let held = pipeline.held_prompt();
    let held = held.is_some_and(|prompt| prompt.handover == *handover);
    pipeline.status.has_ended() || (decided && !being_written && !held)
}

/// The task, while it waits.
pub fn waiting(pipeline: &Pipeline, id: &TaskId, revision: &Revision, board: &str) -> Task {
    let message = format!(
        "Waiting for a person to decide at {board}/pipelines/{}",
        pipeline.id
    );
    task(id, revision).with_status_message(message)
}

/// The task, once there is something to do.
pub fn completed(id: &TaskId, revision: &Revision, result: &CallToolResult) -> DetailedTask {
    let result = serde_json::to_value(result)
        .ok()
        .and_then(|result| result.as_object().cloned());
    DetailedTask::new(
        task(id, revision),
        TaskPayload::Completed {
            result: result.unwrap_or_default(),
        },
    )
}

fn task(id: &TaskId, revision: &Revision) -> Task {
    let decided = revision.decision.as_ref().map(|decision| decision.at);
    let updated = decided.unwrap_or(revision.at);
    let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    Task::new(
        id.to_string(),
        TaskStatus::Working,
        revision.at.to_string(),
        updated.to_string(),
    )
    .with_ttl_ms(millis(TTL))
    .with_poll_interval_ms(millis(POLL))
}

/// Some ids, such as those of tasks that their agents have cancelled; the newest last. A restart forgets them: a cancelled
/// task then waits again, and its decision is delivered to an agent that asks.
#[derive(Debug)]
pub struct Remembered<T>(Mutex<VecDeque<T>>);

impl<T> Default for Remembered<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: PartialEq> Remembered<T> {
    /// Remembers one; of very many the oldest is forgotten.
    pub fn add(&self, id: T) {
        let mut tasks = self.lock();
        tasks.retain(|known| *known != id);
        tasks.push_back(id);
        if tasks.len() > MOST {
            tasks.pop_front();
        }
    }

    /// Forgets one.
    pub fn remove(&self, id: &T) {
        self.lock().retain(|known| known != id);
    }

    /// Whether it is remembered.
    pub fn contains(&self, id: &T) -> bool {
        self.lock().contains(id)
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_cancelled_task_is_forgotten_first() {
        let id = |revision| TaskId {
            handover: "02kx9m4t7q-h1".parse().expect("an id"),
            revision,
        };
        let cancelled = Remembered::default();
        for revision in 0..=1_000 {
            cancelled.add(id(revision));
        }
        assert!(!cancelled.contains(&id(0)));
        assert!(cancelled.contains(&id(1)) && cancelled.contains(&id(1_000)));
        cancelled.remove(&id(1));
        assert!(!cancelled.contains(&id(1)));
    }

    #[test]
    fn an_id_leads_back_to_itself() {
        let text = "02kx9m4t7q-h1-r2";
        let id: TaskId = text.parse().expect("an id");
        assert_eq!((id.revision, id.to_string().as_str()), (2, text));
        for text in [
            "",
            "02kx9m4t7q-h1",
            "02kx9m4t7q-p1-r1",
            "02kx9m4t7q-h1-r",
            "x-r1",
        ] {
            assert_eq!(text.parse::<TaskId>(), Err(InvalidTaskId), "{text}");
        }
    }
}
