//! Tracks of work and their tasks.

mod plan;
mod report;

use serde::{Deserialize, Serialize};

use crate::{PhaseName, Pipeline, Recorded, What, known::known_or_default};

pub use plan::{TaskPlan, TrackPlan};
pub use report::TaskReport;

pub(crate) use plan::plan;
pub(crate) use report::report;

/// Work inside a pipeline that goes on beside other work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Track {
    /// Its name, unique in the pipeline.
    pub name: String,
    /// Who works on it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub agents: Vec<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub goals: Vec<String>,
    /// Its tasks, in the order in which they became known.
    pub tasks: Vec<Task>,
}

/// One item on a track. Its name is its identity there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Task {
    /// Its name, unique on the track.
    pub name: String,
    /// What sort of work: `documentation`, `analysis`, `code_generation` …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The phase it belongs to; `None` counts in every phase.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<PhaseName>,
    /// How far it is. What this version does not know is not done: it is read as `pending`.
    #[serde(deserialize_with = "known_or_default")]
    pub status: TaskStatus,
}

/// How far a task is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TaskStatus {
    /// Not begun.
    #[default]
    Pending,
    /// Being worked on.
    InProgress,
    /// Done.
    Completed,
    /// Given up.
    Failed,
}

impl Pipeline {
    pub(crate) fn apply_task(&mut self, recorded: &Recorded, track: &str, task: Task) {
        let (name, status) = (task.name.clone(), task.status);
        let added = self.put_task(track, task);
        self.note(
            recorded,
            What::Task {
                name,
                status,
                added,
            },
        );
    }

    /// Whether it is new.
    fn put_task(&mut self, track: &str, task: Task) -> bool {
        let index = self
            .tracks
            .iter()
            .position(|t| t.name == track)
            .unwrap_or_else(|| {
                self.tracks.push(Track {
                    name: track.to_owned(),
                    agents: Vec::new(),
                    goals: Vec::new(),
                    tasks: Vec::new(),
                });
                self.tracks.len() - 1
            });
        let tasks = &mut self.tracks[index].tasks;
        match tasks.iter_mut().find(|t| t.name == task.name) {
            Some(known) => {
                *known = Task {
                    kind: task.kind.or(known.kind.take()),
                    ..task
                };
                false
            }
            None => {
                tasks.push(task);
                true
            }
        }
    }
}
