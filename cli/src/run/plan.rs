//! What an agent does while it works, for the board: its plan as tasks, its tool calls as signs of life.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use domain::{PipelineId, Status, limits::NAME_MAX};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{
    sync::{mpsc, watch},
    time::sleep,
};

use super::{
    plain::plain,
    staffel::{Seen, Staffel},
};

/// Most tasks of a plan. The longest plans that assistants make have some thirty.
const ENTRIES_MAX: usize = 100;
/// Between two reports of a plan: assistants send it whole with each change.
const PLAN_EVERY: Duration = Duration::from_secs(2);
/// Between two signs of life. The server notes them once a minute.
const SIGN_EVERY: Duration = Duration::from_millis(500);

/// One step of a plan.
#[derive(Debug, Clone, Deserialize)]
pub struct Entry {
    /// What is to be done.
    content: String,
    /// How far it is: `pending`, `in_progress` or `completed`.
    #[serde(default)]
    status: String,
}

/// Takes what the agent does, and tells the board when it is time.
#[derive(Debug, Clone)]
pub struct Progress {
    plan: watch::Sender<Vec<Entry>>,
    signs: mpsc::Sender<()>,
}

/// Which session works on what.
#[derive(Debug, Clone)]
pub struct Work {
    /// The pipeline.
    pub pipeline: PipelineId,
    /// The name under which the server knows the assistant.
    pub client: String,
    /// The agent's own name for the session.
    pub session: String,
    /// The folder.
    pub folder: String,
}

impl Progress {
    /// Begins to tell the board about this session. It ends with the last handle.
    pub fn of(staffel: &Arc<Staffel>, work: Work, seen: watch::Receiver<Seen>) -> Self {
        let (plan, mut plans) = watch::channel(Vec::new());
        let (signs, mut signed) = mpsc::channel(1);
        let (reporter, pipeline) = (Arc::clone(staffel), work.pipeline.clone());
        tokio::spawn(async move {
            let mut known = BTreeMap::new();
            while plans.changed().await.is_ok() {
                let entries = plans.borrow_and_update().clone();
                // While a handover waits there is nothing to report, and a report would pass for the start of the next phase.
                let Some(phase) = phase_at_work(&seen) else {
                    continue;
                };
                let tasks = changed(&entries, &mut known);
                if !tasks.is_empty() {
                    let body = json!({ "phase": phase, "tasks": tasks });
                    // A plan that the rules refuse is no reason to disturb the agent.
                    let _ = reporter.report(&pipeline, &body).await;
                }
                sleep(PLAN_EVERY).await;
            }
        });
        let teller = Arc::clone(staffel);
        tokio::spawn(async move {
            while signed.recv().await.is_some() {
                let Work {
                    pipeline,
                    client,
                    session,
                    folder,
                } = &work;
                teller.tool_used(pipeline, client, session, folder).await;
                sleep(SIGN_EVERY).await;
            }
        });
        Self { plan, signs }
    }

    /// The agent has a new plan.
    pub fn plans(&self, entries: Vec<Entry>) {
        self.plan.send_replace(entries);
    }

    /// The agent uses a tool. Signs that come too fast are one.
    pub fn works(&self) {
        let _ = self.signs.try_send(());
    }
}

fn phase_at_work(seen: &watch::Receiver<Seen>) -> Option<String> {
    match &*seen.borrow() {
        Seen::Pipeline(summary) if summary.status == Status::Running => {
            Some(summary.phase.as_str().to_owned())
        }
        _ => None,
    }
}

/// The tasks that are new or have another status than was reported.
fn changed(entries: &[Entry], known: &mut BTreeMap<String, String>) -> Vec<Value> {
    let mut tasks = Vec::new();
    for entry in entries.iter().take(ENTRIES_MAX) {
        let name = plain(&entry.content, NAME_MAX);
        let status = match entry.status.as_str() {
            "in_progress" => "in_progress",
            "completed" => "completed",
            _ => "pending",
        };
        if name.is_empty() || known.get(&name).is_some_and(|known| known == status) {
            continue;
        }
        known.insert(name.clone(), status.to_owned());
        tasks.push(json!({ "name": name, "status": status }));
    }
    tasks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(content: &str, status: &str) -> Entry {
        Entry {
            content: content.to_owned(),
            status: status.to_owned(),
        }
    }

    #[test]
    fn only_what_changed_is_reported_and_names_are_bounded() {
        let mut known = BTreeMap::new();
        let long = "x\u{1b}".repeat(10_000);
        let first = [
            entry("a", "pending"),
            entry("", "pending"),
            entry(&long, "odd"),
        ];
        let tasks = changed(&first, &mut known);
        assert_eq!(tasks.len(), 2);
        assert!(
            tasks[1]["name"]
                .as_str()
                .is_some_and(|name| name.chars().count() <= NAME_MAX)
        );
        assert_eq!(tasks[1]["status"], "pending");
        assert!(changed(&first, &mut known).is_empty());
        let next = changed(&[entry("a", "completed")], &mut known);
        assert_eq!(next, [json!({"name": "a", "status": "completed"})]);
        let many: Vec<_> = (0..1_000)
            .map(|number| entry(&number.to_string(), "pending"))
            .collect();
        assert_eq!(changed(&many, &mut known).len(), ENTRIES_MAX);
    }
}
