//! What several tools take, and how arguments are read. The schemas are closed: an argument that nobody knows is refused,
//! not ignored.

use domain::{Reason, Refusal};
use rmcp::model::JsonObject;
use schemars::JsonSchema;
use serde::{Deserialize, de::DeserializeOwned};

/// Most of what serde says about arguments, in characters.
const ERROR_MAX: usize = 500;

/// Arguments of tools that only name a pipeline.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct OfPipeline {
    /// Its id. Default: your one open pipeline.
    pub pipeline: Option<String>,
}

// The schema of domain's `TaskStatus`: domain itself knows nothing of JSON Schema.
#[derive(JsonSchema)]
#[schemars(inline, rename_all = "snake_case")]
#[expect(dead_code, reason = "only its schema is used")]
pub enum TaskStatusCode {
    Pending,
    InProgress,
    Completed,
    Failed,
}

/// The arguments of `tool`.
pub fn parse<T: DeserializeOwned>(tool: &str, given: JsonObject) -> Result<T, Refusal> {
    serde_json::from_value(given.into()).map_err(|error| {
        // It repeats what was sent, of any length.
        let error: String = error.to_string().chars().take(ERROR_MAX).collect();
        Refusal::new(
            Reason::Invalid,
            format!("The arguments of {tool} cannot be used: {error}."),
            "the arguments in the tool's input schema, each in its type.",
            format!("Call {tool} again with corrected arguments."),
        )
    })
}
