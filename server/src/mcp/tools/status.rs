//! How a pipeline is, and what to do next: the answer of several tools.

use domain::{Pipeline, ProgressSource, Status as PipelineState};
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    answer::Answer,
    policy,
    words::{board_url, word},
};

/// Answer of the tools that tell how a pipeline is.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Status {
    /// The phase that runs, or ran last.
    pub phase: String,
    /// Its progress, 0 to 100.
    pub progress: u8,
    /// idle, running, awaiting_review, handing_over, completed, failed or cancelled.
    pub status: String,
    /// The pipeline id.
    pub pipeline: String,
    /// Its project.
    pub project: String,
    /// Its title.
    pub title: String,
    /// Where the progress comes from: "3 of 7 tasks", "claimed" or "unknown".
    pub progress_source: String,
    /// All phases in order.
    pub phases: Vec<String>,
    /// Who has to act: agent, person, in_transit or nobody.
    pub baton: String,
    /// The newest handover.
    pub handover: Option<String>,
    /// The newest prompt.
    pub prompt_id: Option<String>,
    /// The address of its page on the board.
    pub board_url: String,
    /// What to do next.
    pub next_step: String,
}

impl Status {
    /// How `pipeline` is.
    pub fn new(pipeline: &Pipeline, board: &str) -> Self {
        Self {
            phase: pipeline.phase().name.to_string(),
            progress: pipeline.phase().progress,
            status: word(&pipeline.status),
            pipeline: pipeline.id.to_string(),
            project: pipeline.project.clone(),
            title: pipeline.title.clone(),
            progress_source: match pipeline.phase().progress_source {
                ProgressSource::Unknown => "unknown".to_owned(),
                ProgressSource::Claimed => "claimed".to_owned(),
                ProgressSource::Tasks { done, total } => format!("{done} of {total} tasks"),
            },
            phases: pipeline
                .phases
                .iter()
                .map(|phase| phase.name.to_string())
                .collect(),
            baton: word(&pipeline.baton()),
            handover: pipeline
                .handovers
                .last()
                .map(|handover| handover.id.to_string()),
            prompt_id: pipeline.prompts.last().map(|prompt| prompt.id.to_string()),
            board_url: board_url(board, pipeline),
            next_step: next_step(pipeline),
        }
    }
}

impl Answer for Status {
    fn line(&self) -> String {
        let Self {
            pipeline,
            title,
            phase,
            progress,
            progress_source,
            status,
            baton,
            next_step,
            ..
        } = self;
        format!(
            "Pipeline {pipeline} ({title}): {phase} {progress} % ({progress_source}), {status}, baton: {baton}. Next: {next_step}"
        )
    }
}

/// What an agent does best now.
pub fn next_step(pipeline: &Pipeline) -> String {
    let id = &pipeline.id;
    match pipeline.status {
        _ if pipeline.paused.is_some() => {
            format!(
                "A person has paused your work. Call await_handover_decision(pipeline=\"{id}\"): it waits until you may go on."
            )
        }
        PipelineState::Idle | PipelineState::Running => {
            let phase = &pipeline.phase().name;
            let rule = policy::rule(pipeline, phase).map(|rule| format!(" {rule}"));
            format!(
                "Work on {phase}. Report with update_pipeline_status(pipeline=\"{id}\", …); end the phase with save_handover_content(pipeline=\"{id}\", content=…).{}",
                rule.unwrap_or_default()
            )
        }
        PipelineState::AwaitingReview => {
            let handover = pipeline
                .handovers
                .last()
                .map(|handover| handover.id.to_string())
                .unwrap_or_default();
            format!("A person is reading. Call await_handover_decision(handover=\"{handover}\").")
        }
        PipelineState::HandingOver if pipeline.held_prompt().is_some() => {
            format!(
                "A person looks at the next prompt before it leaves. Call await_handover_decision(pipeline=\"{id}\"): it waits until then."
            )
        }
        PipelineState::HandingOver if pipeline.prompt_in_transit().is_none() => {
            format!(
                "The prompt is being written. Call get_next_prompt(pipeline=\"{id}\") in a few seconds."
            )
        }
        PipelineState::HandingOver => {
            format!("The next prompt waits. Call get_next_prompt(pipeline=\"{id}\") and follow it.")
        }
        PipelineState::Completed | PipelineState::Failed | PipelineState::Cancelled => {
            "The pipeline has ended. Tell the user; start_pipeline for new work.".to_owned()
        }
    }
}
