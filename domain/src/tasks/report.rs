//! The tasks of a report.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::TaskStatus;
use crate::{
    Event, PhaseName, Pipeline, Reason, Refusal,
    limits::{NAME_MAX, TASKS_MAX, TRACKS_MAX},
    text,
};

/// The track of tasks that name none.
const DEFAULT_TRACK: &str = "Tasks";

/// A task that is new or changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct TaskReport {
    /// The track it is on; `None` finds the task by name, or uses the track `Tasks`.
    pub track: Option<String>,
    /// Its name.
    pub name: String,
    /// What sort of work.
    pub kind: Option<String>,
    /// How far it is.
    pub status: TaskStatus,
}

/// A reported task after its texts were checked.
struct Entry {
    track: Option<String>,
    name: String,
    kind: Option<String>,
    status: TaskStatus,
}

/// What is known about a task: from the state, or from an earlier entry of the same report.
struct Known<'a> {
    kind: Option<&'a String>,
    phase: Option<&'a PhaseName>,
    status: TaskStatus,
}

/// The events for the tasks of a report; none for a task about which nothing changed. Looks at each known task once,
/// however many are reported.
pub(crate) fn report(
    pipeline: &Pipeline,
    running: &PhaseName,
    reports: &[TaskReport],
) -> Result<Vec<Event>, Refusal> {
    if reports.len() > TASKS_MAX {
        return Err(Refusal::new(
            Reason::TooLarge,
            format!("{} tasks are reported at once.", reports.len()),
            format!("at most {TASKS_MAX} tasks in a report."),
            "Send the tasks in several reports.",
        ));
    }
    let entries = reports.iter().map(entry).collect::<Result<Vec<_>, _>>()?;
    let reported: HashSet<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
    let mut known = HashMap::new();
    let mut track_of: HashMap<&str, &str> = HashMap::new();
    for track in &pipeline.tracks {
        let tasks = track.tasks.iter();
        for task in tasks.filter(|task| reported.contains(task.name.as_str())) {
            track_of.entry(&task.name).or_insert(&track.name);
            let task_known = Known {
                kind: task.kind.as_ref(),
                phase: task.phase.as_ref(),
                status: task.status,
            };
            known.insert((track.name.as_str(), task.name.as_str()), task_known);
        }
    }

    let mut events = Vec::new();
    let mut new = New::default();
    for entry in &entries {
        let track = entry.track.as_deref();
        let track = track
            .or_else(|| track_of.get(entry.name.as_str()).copied())
            .unwrap_or(DEFAULT_TRACK);
        let place = (track, entry.name.as_str());
        let (kind, phase) = match known.get(&place) {
            Some(task)
                if task.status == entry.status
                    && (entry.kind.is_none() || entry.kind.as_ref() == task.kind) =>
            {
                continue;
            }
            Some(task) => (task.kind, task.phase),
            None => {
                new.tasks += 1;
                new.tracks.insert(track);
                track_of.entry(&entry.name).or_insert(track);
                (None, Some(running))
            }
        };
        let changed = Known {
            kind: entry.kind.as_ref().or(kind),
            phase,
            status: entry.status,
        };
        known.insert(place, changed);
        events.push(Event::TaskUpdated {
            track: track.to_owned(),
            name: entry.name.clone(),
            kind: entry.kind.clone(),
            phase: phase.cloned(),
            status: entry.status,
        });
    }
    new.check(pipeline)?;
    Ok(events)
}

fn entry(report: &TaskReport) -> Result<Entry, Refusal> {
    Ok(Entry {
        track: text::optional_line("tasks[].track", report.track.as_deref(), NAME_MAX)?,
        name: text::line("tasks[].name", &report.name, NAME_MAX)?,
        kind: text::optional_line("tasks[].kind", report.kind.as_deref(), NAME_MAX)?,
        status: report.status,
    })
}

/// What a report adds.
#[derive(Default)]
struct New<'a> {
    tasks: usize,
    /// The tracks of these tasks, known ones among them.
    tracks: HashSet<&'a str>,
}

impl New<'_> {
    /// Only what is new can be too much: a pipeline from before a limit can still be worked on.
    fn check(mut self, pipeline: &Pipeline) -> Result<(), Refusal> {
        if self.tasks == 0 {
            return Ok(());
        }
        let id = &pipeline.id;
        let tracks = &pipeline.tracks;
        let tasks = tracks.iter().map(|track| track.tasks.len()).sum::<usize>();
        if tasks + self.tasks > TASKS_MAX {
            return Err(Refusal::new(
                Reason::TooLarge,
                format!(
                    "The pipeline has {tasks} tasks, and the report adds {}.",
                    self.tasks
                ),
                format!("at most {TASKS_MAX} tasks a pipeline; known ones can still be updated."),
                format!(
                    "Report only tasks that get_pipeline_status with pipeline={id} lists, or fewer, larger new ones."
                ),
            ));
        }
        for track in tracks {
            self.tracks.remove(track.name.as_str());
        }
        let new = self.tracks.len();
        if new > 0 && tracks.len() + new > TRACKS_MAX {
            return Err(Refusal::new(
                Reason::TooLarge,
                format!(
                    "The pipeline has {} tracks, and the report adds {new}.",
                    tracks.len()
                ),
                format!("at most {TRACKS_MAX} tracks a pipeline; new tasks on known ones."),
                format!(
                    "Name a track that get_pipeline_status with pipeline={id} lists for each new task."
                ),
            ));
        }
        Ok(())
    }
}
