//! What a row of the overview shows.

use domain::{
    Baton, PhaseName, PhaseStatus, Pipeline, PipelineId, ProgressSource, Status, TaskStatus,
    Timestamp, Version,
};
use serde::{Deserialize, Serialize};

use crate::{HandoverRef, PromptRef, QuestionRef, shorten};

/// Longest title in a summary, in characters. The whole title is in the [`crate::Detail`].
const TITLE_MAX: usize = 120;
/// Longest message in a summary, in characters: what fits into a line of the board.
const MESSAGE_MAX: usize = 200;

/// A pipeline as a row shows it: about a kilobyte, and complete. Applying the newest one is enough.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Summary {
    /// The pipeline.
    pub pipeline: PipelineId,
    /// Its project.
    pub project: String,
    /// What the board calls it, cut to a line.
    pub title: String,
    /// The cycle version.
    pub version: Version,
    /// Whether it is a demonstration.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub demo: bool,
    /// The phase that runs, or ran last.
    pub phase: PhaseName,
    /// The progress of that phase, 0 to 100.
    pub progress: u8,
    /// Where that figure comes from.
    pub progress_source: ProgressSource,
    /// Where it stands.
    pub status: Status,
    /// Who has the baton.
    pub baton: Baton,
    /// Since when.
    pub baton_since: Timestamp,
    /// All phases.
    pub phases: Vec<PhaseSummary>,
    /// How many tasks there are.
    pub tasks: TaskCounts,
    /// The agent's latest line of text in this phase, cut to a line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The newest handover, without its text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handover: Option<HandoverRef>,
    /// The newest prompt, without its text and its deliveries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<PromptRef>,
    /// The question of its agent that waits for a person, the oldest one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question: Option<QuestionRef>,
    /// Since when a person has paused the agent at work, if one has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused: Option<Timestamp>,
    /// The agent that acted last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// The agent that started it, if an agent did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_by: Option<String>,
    /// When it started.
    pub started: Timestamp,
    /// When it was archived, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived: Option<Timestamp>,
    /// When an agent last did anything here.
    pub last_sign_of_life: Timestamp,
    /// The usual time between two signs of life in this phase, in milliseconds; 0 before there were three.
    #[serde(default)]
    pub usual_gap_ms: u64,
    /// How long decided handovers waited for people, all together, in milliseconds.
    #[serde(default)]
    pub waited_ms: u64,
    /// The number of its newest event.
    pub revision: u64,
    /// The journal position of its newest event.
    pub position: u64,
}

/// A phase as a row shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PhaseSummary {
    /// Its name.
    pub name: PhaseName,
    /// Where it stands.
    pub status: PhaseStatus,
    /// How far it got, 0 to 100.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub progress: u8,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks for a reference"
)]
fn is_zero(value: &u8) -> bool {
    *value == 0
}

/// How many tasks there are, in all phases.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct TaskCounts {
    /// Completed ones.
    pub done: u32,
    /// Failed ones.
    #[serde(default)]
    pub failed: u32,
    /// All.
    pub total: u32,
}

impl From<&Pipeline> for TaskCounts {
    fn from(pipeline: &Pipeline) -> Self {
        let mut counts = Self::default();
        for task in pipeline.tracks.iter().flat_map(|track| &track.tasks) {
            counts.total += 1;
            counts.done += u32::from(task.status == TaskStatus::Completed);
            counts.failed += u32::from(task.status == TaskStatus::Failed);
        }
        counts
    }
}

impl From<&Pipeline> for Summary {
    fn from(pipeline: &Pipeline) -> Self {
        let phase = pipeline.phase();
        Self {
            pipeline: pipeline.id.clone(),
            project: pipeline.project.clone(),
            title: shorten(&pipeline.title, TITLE_MAX),
            version: pipeline.version.clone(),
            demo: pipeline.demo,
            phase: phase.name.clone(),
            progress: phase.progress,
            progress_source: phase.progress_source,
            status: pipeline.status,
            baton: pipeline.baton(),
            baton_since: pipeline.baton_since,
            phases: pipeline
                .phases
                .iter()
                .map(|phase| PhaseSummary {
                    name: phase.name.clone(),
                    status: phase.status,
                    progress: phase.progress,
                })
                .collect(),
            tasks: TaskCounts::from(pipeline),
            message: pipeline
                .message
                .as_deref()
                .map(|text| shorten(text, MESSAGE_MAX)),
            handover: HandoverRef::newest(pipeline),
            prompt: pipeline.prompts.last().map(PromptRef::short),
            question: QuestionRef::first(pipeline),
            paused: pipeline.paused,
            agent: pipeline.agent.clone(),
            started_by: Some(&pipeline.started_by)
                .filter(|actor| actor.is_agent())
                .map(|actor| actor.name.clone()),
            started: pipeline.started,
            archived: pipeline.archived,
            last_sign_of_life: pipeline.last_sign_of_life,
            usual_gap_ms: pipeline.usual_gap_ms,
            waited_ms: pipeline.waited_ms,
            revision: pipeline.revision,
            position: pipeline.position,
        }
    }
}
