//! The eleven tools as a client sees them. No tool can decide.

use std::sync::{Arc, LazyLock};

use rmcp::{
    handler::server::tool::{schema_for_input, schema_for_output},
    model::{JsonObject, Tool, ToolAnnotations},
};
use schemars::JsonSchema;
use serde_json::Value;

use super::{answers, arguments};

/// How a tool behaves, for clients that ask before they call.
#[derive(Clone, Copy)]
enum Nature {
    /// Changes nothing.
    Reads,
    /// Adds facts; sending the same again adds none.
    Adds,
    /// Ends something.
    Ends,
}

static TOOLS: LazyLock<Vec<Tool>> = LazyLock::new(|| {
    vec![
        tool::<arguments::List, answers::Pipelines>(
            "list_pipelines",
            "List pipelines",
            "Lists pipelines with phase, progress and who has the baton: those that wait for a person first, then the newest. Use it to find a pipeline id.",
            Nature::Reads,
        ),
        tool::<arguments::Start, answers::Status>(
            "start_pipeline",
            "Start a pipeline",
            "Starts a pipeline: one piece of work that runs through phases, each ended by a handover that a person reviews. \
             Returns its id and begins the first phase. Call it once for a piece of work.",
            Nature::Adds,
        ),
        tool::<arguments::OfPipeline, answers::Status>(
            "get_pipeline_status",
            "Pipeline status",
            "Current phase, progress and status of a pipeline, who has the baton, and what to do next.",
            Nature::Reads,
        ),
        tool::<arguments::Update, answers::Status>(
            "update_pipeline_status",
            "Report progress",
            "Reports what you are doing: tasks, a line of text, progress. Every open board shows it at once. Call it when a \
             task starts or ends, and at least every few minutes as a sign of life. Does not end the phase.",
            Nature::Adds,
        ),
        tool::<arguments::SaveHandover, answers::Saved>(
            "save_handover_content",
            "Hand the phase over",
            "Ends the phase with a handover document, or sends its revision after changes were requested. The document opens \
             on the board of the person who decides. Returns the handover id to wait for.",
            Nature::Adds,
        ),
        tool::<arguments::GetHandover, answers::Handover>(
            "get_handover_content",
            "Read a handover",
            "The text of a handover, its revision and its decision, if one is made.",
            Nature::Reads,
        ),
        tool::<arguments::Await, answers::Decision>(
            "await_handover_decision",
            "Wait for the decision",
            "Waits until a person has decided about a handover. Returns the decision with the prompt for the next phase (or for \
             the revision) to follow. Returns decision=\"pending\" when wait_seconds run out: call it again with the same \
             arguments. A decision made earlier returns at once, and none is ever lost.",
            Nature::Adds,
        ),
        tool::<arguments::OfPipeline, answers::NextPrompt>(
            "get_next_prompt",
            "Get the next prompt",
            "The prompt that starts the next phase or revision, if one waits, and marks it as picked up. Returns the newest \
             prompt again if you lost it.",
            Nature::Adds,
        ),
        tool::<arguments::Acknowledge, answers::Acknowledged>(
            "acknowledge_prompt",
            "Acknowledge the prompt",
            "Confirms that you have read a prompt and begin. The board shows it to the person who is waiting to see it.",
            Nature::Adds,
        ),
        tool::<arguments::Finish, answers::Status>(
            "finish_pipeline",
            "Finish the pipeline",
            "Ends a pipeline: completed (once a person accepted its last phase), failed or cancelled. Usually not needed: accepting the last \
             handover completes it.",
            Nature::Ends,
        ),
        tool::<arguments::OfPipeline, answers::Versions>(
            "get_version",
            "Versions",
            "The cycle version of a pipeline (previous, current, next) and the version of Staffel itself.",
            Nature::Reads,
        ),
    ]
});

/// All tools, in a fixed order: clients cache the list.
pub fn all() -> &'static [Tool] {
    &TOOLS
}

/// Whether a tool changes nothing.
pub fn only_reads(tool: &Tool) -> bool {
    let annotations = tool.annotations.as_ref();
    annotations.is_some_and(|annotations| annotations.read_only_hint == Some(true))
}

fn tool<A: JsonSchema + 'static, R: JsonSchema + 'static>(
    name: &'static str,
    title: &'static str,
    description: &'static str,
    nature: Nature,
) -> Tool {
    let annotations = ToolAnnotations::with_title(title)
        .read_only(matches!(nature, Nature::Reads))
        .destructive(matches!(nature, Nature::Ends))
        .idempotent(!matches!(name, "start_pipeline"))
        .open_world(false);
    let input: Arc<JsonObject> = schema_for_input::<A>().unwrap_or_default();
    let mut input = JsonObject::clone(&plain(&input));
    input.values_mut().for_each(without_null);
    Tool::new(name, description, input)
        .with_title(title)
        .with_annotations(annotations)
        .with_raw_output_schema(plain(&schema_for_output::<R>()))
}

/// Without `format`: schemars names Rust's integers there (`uint8`), and clients warn their users of
/// formats that they do not know.
fn plain(schema: &JsonObject) -> Arc<JsonObject> {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(object) => {
                if object.get("format").is_some_and(Value::is_string) {
                    object.remove("format");
                }
                object.values_mut().for_each(strip);
            }
            Value::Array(items) => items.iter_mut().for_each(strip),
            _ => {}
        }
    }
    let mut schema = schema.clone();
    schema.values_mut().for_each(strip);
    Arc::new(schema)
}

/// What is optional may be left out, and that is enough: some clients cannot read that a type is one of two.
fn without_null(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            if let Some(Value::Array(types)) = object.get_mut("type") {
                types.retain(|kind| kind != "null");
                if let [only] = types.as_slice() {
                    let only = only.clone();
                    object.insert("type".to_owned(), only);
                }
            }
            if let Some(Value::Array(values)) = object.get_mut("enum") {
                values.retain(|value| !value.is_null());
            }
            if object.get("default").is_some_and(Value::is_null) {
                object.remove("default");
            }
            object.values_mut().for_each(without_null);
        }
        Value::Array(items) => items.iter_mut().for_each(without_null),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tool_is_complete_and_closed() {
        let names: Vec<_> = all().iter().map(|tool| tool.name.to_string()).collect();
        assert_eq!(
            names,
            [
                "list_pipelines",
                "start_pipeline",
                "get_pipeline_status",
                "update_pipeline_status",
                "save_handover_content",
                "get_handover_content",
                "await_handover_decision",
                "get_next_prompt",
                "acknowledge_prompt",
                "finish_pipeline",
                "get_version"
            ]
        );
        for tool in all() {
            let name = &tool.name;
            assert_eq!(
                tool.input_schema.get("additionalProperties"),
                Some(&false.into()),
                "{name} takes unknown arguments"
            );
            assert_eq!(
                tool.input_schema.get("type"),
                Some(&"object".into()),
                "{name}"
            );
            assert!(
                tool.output_schema
                    .as_ref()
                    .is_some_and(|schema| schema.contains_key("properties")),
                "{name}"
            );
            assert!(
                tool.title.is_some() && tool.description.is_some() && tool.annotations.is_some(),
                "{name}"
            );
            let properties = tool
                .input_schema
                .get("properties")
                .and_then(|p| p.as_object())
                .cloned()
                .unwrap_or_default();
            for (argument, schema) in properties {
                assert!(
                    schema.get("description").is_some(),
                    "{name}.{argument} is not described"
                );
            }
        }
    }
}
