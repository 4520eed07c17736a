//! `finish_pipeline`: the end of a pipeline.

use domain::{Actor, Command, Outcome};
use rmcp::model::{JsonObject, Tool};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Nature, answer::Answer, arguments::parse, describe, status::Status};
use crate::mcp::handler::{Called, Handler};

/// Arguments of `finish_pipeline`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Finish {
    /// How it ends: "completed" (once a person accepted the last phase), "failed" or "cancelled".
    #[schemars(with = "OutcomeCode")]
    pub outcome: Outcome,
    /// Its id. Default: your one open pipeline.
    #[serde(default)]
    pub pipeline: Option<String>,
    /// A closing line: why.
    #[serde(default)]
    pub message: Option<String>,
}

// The schema of domain's `Outcome`: domain itself knows nothing of JSON Schema.
#[derive(JsonSchema)]
#[schemars(inline, rename_all = "snake_case")]
#[expect(dead_code, reason = "only its schema is used")]
enum OutcomeCode {
    Completed,
    Failed,
    Cancelled,
}

pub const NAME: &str = "finish_pipeline";

pub fn tool() -> Tool {
    describe::<Finish, Status>(
        NAME,
        "Finish the pipeline",
        "Ends a pipeline: completed (once a person accepted its last phase), failed or cancelled. Usually not needed: accepting the last \
         handover completes it.",
        Nature::Ends,
    )
}

pub async fn call(handler: &Handler, given: JsonObject, actor: &Actor) -> Called {
    let Finish {
        outcome,
        pipeline,
        message,
    } = parse(NAME, given)?;
    let id = handler.find(pipeline.as_deref(), actor).await?.id.clone();
    let done = handler
        .relay
        .execute(&id, &Command::Finish { outcome, message }, actor, None)
        .await?;
    Ok(Status::new(&done.pipeline, &handler.board).into_result())
}
