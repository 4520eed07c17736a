//! `get_pipeline_status`: how a pipeline is.

use domain::Actor;
use rmcp::model::{JsonObject, Tool};

use super::{
    Nature,
    answer::Answer,
    arguments::{OfPipeline, parse},
    describe,
    status::Status,
};
use crate::mcp::handler::{Called, Handler};

pub const NAME: &str = "get_pipeline_status";

pub fn tool() -> Tool {
    describe::<OfPipeline, Status>(
        NAME,
        "Pipeline status",
        "Current phase, progress and status of a pipeline, who has the baton, and what to do next.",
        Nature::Reads,
    )
}

pub async fn call(handler: &Handler, given: JsonObject, actor: &Actor) -> Called {
    let OfPipeline { pipeline } = parse(NAME, given)?;
    let pipeline = handler.find(pipeline.as_deref(), actor).await?;
    Ok(Status::new(&pipeline, &handler.board).into_result())
}
