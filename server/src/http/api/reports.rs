//! What agents report while they work.

use axum::extract::State;
use domain::{Command, TaskReport, TaskStatus};
use protocol::Summary;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Answer, carry_out};
use crate::{
    http::caller::{Body, Caller, Path},
    problem::Problem,
    relay::Relay,
};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReportBody {
    /// The phase the agent believes to be in; checked where given.
    phase: Option<String>,
    /// The progress it claims, 0 to 100.
    progress: Option<i64>,
    /// A line of text for the board.
    message: Option<String>,
    /// Tasks that are new or changed.
    #[serde(default)]
    tasks: Vec<TaskBody>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TaskBody {
    /// The track it is on.
    track: Option<String>,
    /// Its name.
    name: String,
    /// What sort of work.
    kind: Option<String>,
    /// How far it is.
    status: TaskStatus,
}

/// Reports progress.
#[utoipa::path(post, path = "/api/pipelines/{pipeline}/reports", tag = "agents", params(("pipeline" = String, Path,)), request_body = ReportBody,
    responses((status = 200, body = Summary), (status = 409, body = Problem, content_type = "application/problem+json")))]
pub(super) async fn report(
    State(relay): State<Relay>,
    caller: Caller,
    Path(pipeline): Path<String>,
    Body(body): Body<ReportBody>,
) -> Answer<Summary> {
    let task = |TaskBody {
                    track,
                    name,
                    kind,
                    status,
                }| TaskReport {
        track,
        name,
        kind,
        status,
    };
    let ReportBody {
        phase,
        progress,
        message,
        tasks,
    } = body;
    let command = Command::Report {
        phase,
        progress,
        message,
        tasks: tasks.into_iter().map(task).collect(),
    };
    carry_out(&relay, &pipeline, &command, &caller.reporter()?, &caller).await
}
