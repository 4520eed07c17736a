//! The tracks and tasks that a start plans.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::{Task, TaskStatus, Track};
use crate::{
    PhaseName, Reason, Refusal,
    limits::{AGENTS_MAX, GOALS_MAX, NAME_MAX, TASKS_MAX, TRACKS_MAX},
    phase, text,
};

/// A track as planned at the start.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct TrackPlan {
    /// Its name.
    pub name: String,
    /// Who works on it.
    #[serde(default)]
    pub agents: Vec<String>,
    /// What it is for.
    #[serde(default)]
    pub goals: Vec<String>,
    /// Its tasks.
    #[serde(default)]
    pub tasks: Vec<TaskPlan>,
}

/// A task as planned at the start of a pipeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct TaskPlan {
    /// Its name, unique on the track.
    pub name: String,
    /// What sort of work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The phase it belongs to; `None` counts in every phase.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<String>,
    /// How far it is already.
    #[serde(default)]
    pub status: TaskStatus,
}

/// Checks the tracks and tasks that a start plans.
pub(crate) fn plan(plans: &[TrackPlan], phases: &[PhaseName]) -> Result<Vec<Track>, Refusal> {
    let tasks = plans.iter().map(|track| track.tasks.len()).sum::<usize>();
    for (count, max, things) in [
        (plans.len(), TRACKS_MAX, "tracks"),
        (tasks, TASKS_MAX, "tasks"),
    ] {
        if count > max {
            return Err(Refusal::new(
                Reason::TooLarge,
                format!("`tracks` has {count} {things}."),
                format!("at most {max} {things} a pipeline."),
                format!("Plan fewer, larger {things}."),
            ));
        }
    }
    let tracks = plans
        .iter()
        .map(|track| plan_track(track, phases))
        .collect::<Result<Vec<_>, _>>()?;
    if let Some(twice) = first_repeated(tracks.iter().map(|track| track.name.as_str())) {
        return Err(named_twice(twice));
    }
    Ok(tracks)
}

fn plan_track(plan: &TrackPlan, phases: &[PhaseName]) -> Result<Track, Refusal> {
    let name = text::line("tracks[].name", &plan.name, NAME_MAX)?;
    let tasks = plan
        .tasks
        .iter()
        .map(|task| plan_task(task, phases))
        .collect::<Result<Vec<_>, _>>()?;
    if let Some(twice) = first_repeated(tasks.iter().map(|task| task.name.as_str())) {
        return Err(named_twice(twice));
    }
    Ok(Track {
        agents: lines(&name, "agents", &plan.agents, AGENTS_MAX)?,
        goals: lines(&name, "goals", &plan.goals, GOALS_MAX)?,
        name,
        tasks,
    })
}

fn plan_task(plan: &TaskPlan, phases: &[PhaseName]) -> Result<Task, Refusal> {
    let phase = plan.phase.as_deref().map(PhaseName::parse).transpose()?;
    if let Some(unknown) = phase.as_ref().filter(|name| !phases.contains(name)) {
        return Err(phase::unknown(unknown, phases));
    }
    Ok(Task {
        name: text::line("tracks[].tasks[].name", &plan.name, NAME_MAX)?,
        kind: text::optional_line("tracks[].tasks[].kind", plan.kind.as_deref(), NAME_MAX)?,
        phase,
        status: plan.status,
    })
}

fn lines(track: &str, field: &str, texts: &[String], max: usize) -> Result<Vec<String>, Refusal> {
    if texts.len() > max {
        return Err(Refusal::new(
            Reason::TooLarge,
            format!(
                "`{field}` of the track {track:?} has {} entries.",
                texts.len()
            ),
            format!("at most {max}."),
            format!(
                "Name the {max} most important ones; the others belong into the goal of the pipeline."
            ),
        ));
    }
    let field = format!("tracks[].{field}");
    texts
        .iter()
        .map(|text| text::line(&field, text, NAME_MAX))
        .collect()
}

fn first_repeated<'a>(names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let mut seen = HashSet::new();
    names.into_iter().find(|name| !seen.insert(*name))
}

fn named_twice(name: &str) -> Refusal {
    Refusal::new(
        Reason::Invalid,
        format!("`tracks` names {name:?} twice."),
        "track names once a pipeline, task names once a track.",
        "Give each its own name.",
    )
}
