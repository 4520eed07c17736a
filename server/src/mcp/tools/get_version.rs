//! `get_version`: the cycle version of a pipeline, and the version of Staffel.

use domain::{Actor, Pipeline};
use rmcp::model::{JsonObject, Tool};
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    Nature,
    answer::Answer,
    arguments::{OfPipeline, parse},
    describe,
};
use crate::{
    VERSION,
    mcp::handler::{Called, Handler},
};

pub const NAME: &str = "get_version";

pub fn tool() -> Tool {
    describe::<OfPipeline, Versions>(
        NAME,
        "Versions",
        "The cycle version of a pipeline (previous, current, next) and the version of Staffel itself.",
        Nature::Reads,
    )
}

pub async fn call(handler: &Handler, given: JsonObject, actor: &Actor) -> Called {
    let OfPipeline { pipeline } = parse(NAME, given)?;
    let pipeline = match pipeline {
        Some(id) => Some(handler.find(Some(&id), actor).await?),
        None => handler.find(None, actor).await.ok(),
    };
    Ok(Versions::new(pipeline.as_deref()).into_result())
}

/// Answer of `get_version`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Versions {
    /// The version of Staffel itself.
    pub server: String,
    /// The pipeline id; null when there is none.
    pub pipeline: Option<String>,
    /// The cycle before this one.
    pub previous: Option<String>,
    /// This cycle.
    pub current: Option<String>,
    /// The one that is planned.
    pub next: Option<String>,
}

impl Versions {
    /// The versions around `pipeline`.
    pub fn new(pipeline: Option<&Pipeline>) -> Self {
        let version = pipeline
            .map(|pipeline| pipeline.version.clone())
            .unwrap_or_default();
        Self {
            server: VERSION.to_owned(),
            pipeline: pipeline.map(|pipeline| pipeline.id.to_string()),
            previous: version.previous,
            current: version.current,
            next: version.next,
        }
    }
}

impl Answer for Versions {
    fn line(&self) -> String {
        let part = |text: &Option<String>| text.clone().unwrap_or_else(|| "none".to_owned());
        format!(
            "Cycle version: previous {}, current {}, next {}. Staffel {}.",
            part(&self.previous),
            part(&self.current),
            part(&self.next),
            self.server
        )
    }
}
