//! `update_pipeline_status`: what the agent is doing.

use domain::{Actor, Command, TaskReport, TaskStatus};
use rmcp::model::{JsonObject, Tool};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    Nature,
    answer::Answer,
    arguments::{TaskStatusCode, parse},
    describe,
    status::Status,
};
use crate::mcp::handler::{Called, Handler};

/// Arguments of `update_pipeline_status`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Update {
    /// Its id. Default: your one open pipeline.
    pub pipeline: Option<String>,
    /// The phase you believe to be in; refused when another one runs.
    pub phase: Option<String>,
    /// A claimed percentage, 0 to 100. Where tasks are reported, the figure is counted from them instead.
    #[schemars(range(min = 0, max = 100))]
    pub progress: Option<i64>,
    /// One line for the board on what you are doing, at most 2,000 characters.
    pub message: Option<String>,
    /// Tasks that are new or have changed; others stay as they are.
    pub tasks: Vec<ReportedTask>,
    /// Numbers of notes that you have read and heed; they come in the field `notes` of every answer.
    pub notes_read: Vec<u32>,
    /// Any text that is unique for this report: the same call sent again then changes nothing twice.
    pub idempotency_key: Option<String>,
}

/// A task that is new or has changed.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(deny_unknown_fields)]
pub struct ReportedTask {
    /// Its name, unique on the track.
    pub name: String,
    /// How far it is.
    #[schemars(with = "TaskStatusCode")]
    pub status: TaskStatus,
    /// The track it is on. Left out: where a task of this name is, else "Tasks".
    #[serde(default)]
    pub track: Option<String>,
    /// What sort of work, for example "analysis".
    #[serde(default)]
    pub kind: Option<String>,
}

pub const NAME: &str = "update_pipeline_status";

pub fn tool() -> Tool {
    describe::<Update, Status>(
        NAME,
        "Report progress",
        "Reports what you are doing: tasks, a line of text, progress. Every open board shows it at once. Call it when a \
         task starts or ends, and at least every few minutes as a sign of life. Does not end the phase.",
        Nature::Adds,
    )
}

pub async fn call(handler: &Handler, given: JsonObject, actor: &Actor) -> Called {
    let given: Update = parse(NAME, given)?;
    let id = handler
        .find(given.pipeline.as_deref(), actor)
        .await?
        .id
        .clone();
    let task = |task: ReportedTask| TaskReport {
        track: task.track,
        name: task.name,
        kind: task.kind,
        status: task.status,
    };
    let command = Command::Report {
        phase: given.phase,
        progress: given.progress,
        message: given.message,
        tasks: given.tasks.into_iter().map(task).collect(),
    };
    if !given.notes_read.is_empty() {
        let read = Command::AcknowledgeNotes {
            notes: given.notes_read,
        };
        handler.relay.execute(&id, &read, actor, None).await?;
    }
    let done = handler
        .relay
        .execute(&id, &command, actor, given.idempotency_key.as_deref())
        .await?;
    Ok(Status::new(&done.pipeline, &handler.board).into_result())
}
