//! The twelve tools, one a file: its arguments, `tool` (how a client sees it), `call` (its work) and its answer, where no other
//! tool gives it. No tool can decide.

#![expect(
    clippy::doc_markdown,
    reason = "the comments of arguments and answers are the descriptions that a model reads"
)]

mod acknowledge_prompt;
mod answer;
mod arguments;
mod ask_person;
mod await_handover_decision;
mod find;
mod finish_pipeline;
mod get_handover_content;
mod get_next_prompt;
mod get_pipeline_status;
mod get_version;
mod list_pipelines;
mod pick_up;
mod points;
mod policy;
mod said;
mod save_handover_content;
mod start_pipeline;
mod status;
mod update_pipeline_status;
mod words;

use std::sync::{Arc, LazyLock};

use domain::{Actor, Reason, Refusal};
use rmcp::{
    RoleServer,
    handler::server::tool::{schema_for_input, schema_for_output},
    model::{CallToolRequestParams, CallToolResponse, JsonObject, Tool, ToolAnnotations},
    service::RequestContext,
};
use schemars::JsonSchema;
use serde_json::{Value, json};

use super::{asking::Brought, caller, handler::Handler};
use crate::relay::RelayError;

pub use answer::{Answer, refused};
pub use await_handover_decision::Decision;
pub use find::no_handover;
pub use get_handover_content::Handover;
pub use get_next_prompt::NextPrompt;
pub use list_pipelines::Pipelines;
pub use status::Status;

/// How a tool behaves, for clients that ask before they call.
#[derive(Clone, Copy)]
enum Nature {
    /// Changes nothing.
    Reads,
    /// Adds facts; sending the same again adds none.
    Adds,
    /// Begins something; sending the same again without an idempotency key begins another.
    Begins,
    /// Ends something.
    Ends,
}

static TOOLS: LazyLock<Vec<Tool>> = LazyLock::new(|| {
    let mut tools = vec![
        list_pipelines::tool(),
        start_pipeline::tool(),
        get_pipeline_status::tool(),
        update_pipeline_status::tool(),
        save_handover_content::tool(),
        get_handover_content::tool(),
        await_handover_decision::tool(),
        ask_person::tool(),
        get_next_prompt::tool(),
        acknowledge_prompt::tool(),
        finish_pipeline::tool(),
        get_version::tool(),
    ];
    explain_once(&mut tools);
    tools
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

/// Whether a tool waits for a person, so that a call that is cut off is worth beginning again; nothing is done twice then.
pub fn waits(name: &str) -> bool {
    [await_handover_decision::NAME, ask_person::NAME].contains(&name)
}

impl Handler {
    /// Calls a tool by its name; `None` if there is no such tool. What people have to say to the agent comes first in the
    /// answer.
    pub(in crate::mcp) async fn call(
        &self,
        request: CallToolRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> Option<Result<CallToolResponse, RelayError>> {
        let known = all().iter().find(|tool| tool.name == request.name)?;
        let actor = if only_reads(known) {
            self.actor(context)
        } else {
            caller::reporter(context, &self.agents)
        };
        let actor = match actor {
            Ok(actor) => actor,
            Err(refused) => return Some(Err(refused.into())),
        };
        let named = request.arguments.as_ref().and_then(said::named);
        let mut called = self.carry_out(&known.name, request, &actor, context).await;
        let result = match &called {
            Ok(CallToolResponse::Complete(result)) => Some(result),
            // The client asks its user, or waits by itself: there is no answer yet.
            Ok(_) => return Some(called),
            Err(_) => None,
        };
        // Who may only read takes nothing from the one who works.
        if caller::reads_only(context) || context.ct.is_cancelled() {
            return Some(called);
        }
        if let Some((told, pipeline)) = self.say(&known.name, named, result, &actor).await {
            let mut result = match called {
                Ok(CallToolResponse::Complete(result)) => result,
                Ok(other) => return Some(Ok(other)),
                Err(error) => refused(&error),
            };
            said::put_first(&told, &pipeline, &mut result);
            called = Ok(result.into());
        }
        Some(called)
    }

    async fn carry_out(
        &self,
        name: &str,
        request: CallToolRequestParams,
        actor: &Actor,
        context: &RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, RelayError> {
        let given = request.arguments.unwrap_or_default();
        let brought = Brought {
            given: request.input_responses,
            state: request.request_state,
        };
        let called = match name {
            list_pipelines::NAME => list_pipelines::call(self, given).await,
            start_pipeline::NAME => start_pipeline::call(self, given, actor).await,
            get_pipeline_status::NAME => get_pipeline_status::call(self, given, actor).await,
            update_pipeline_status::NAME => update_pipeline_status::call(self, given, actor).await,
            save_handover_content::NAME => save_handover_content::call(self, given, actor).await,
            get_handover_content::NAME => get_handover_content::call(self, given, actor).await,
            await_handover_decision::NAME => {
                // In memory of their own: every request of a client would be as large as the largest of them.
                let call = await_handover_decision::call(self, given, actor, &brought, context);
                return Box::pin(call).await;
            }
            ask_person::NAME => {
                let call = ask_person::call(self, given, actor, &brought, context);
                return Box::pin(call).await;
            }
            get_next_prompt::NAME => get_next_prompt::call(self, given, actor).await,
            acknowledge_prompt::NAME => acknowledge_prompt::call(self, given, actor).await,
            finish_pipeline::NAME => finish_pipeline::call(self, given, actor).await,
            get_version::NAME => get_version::call(self, given, actor).await,
            // A tool of the list that has no line here: a test calls each of them.
            other => Err(Refusal::new(
                Reason::NotFound,
                format!("There is no tool {other}."),
                "the tools of the list.",
                "Call one of them.",
            )
            .into()),
        };
        called.map(CallToolResponse::from)
    }
}

/// A tool that takes `A` and answers with `R`.
fn describe<A: JsonSchema + 'static, R: JsonSchema + 'static>(
    name: &'static str,
    title: &'static str,
    description: &'static str,
    nature: Nature,
) -> Tool {
    let annotations = ToolAnnotations::with_title(title)
        .read_only(matches!(nature, Nature::Reads))
        .destructive(matches!(nature, Nature::Ends))
        .idempotent(!matches!(nature, Nature::Begins))
        .open_world(false);
    let input: Arc<JsonObject> = schema_for_input::<A>().unwrap_or_default();
    let mut input = JsonObject::clone(&plain(&input));
    input.values_mut().for_each(without_null);
    Tool::new(name, description, input)
        .with_title(title)
        .with_annotations(annotations)
        .with_raw_output_schema(Arc::new(answer_schema::<R>()))
}

/// The schema of an answer, with what people may have said before it. That stands in every answer: it says no more than it
/// has to.
fn answer_schema<R: JsonSchema + 'static>() -> JsonObject {
    let mut schema = JsonObject::clone(&plain(&schema_for_output::<R>()));
    if let Some(Value::Object(own)) = schema.get_mut("properties") {
        for (name, description) in [
            ("notes", "What a person wants of you, first"),
            ("answers", "New answers to your questions"),
        ] {
            let list = json!({"type": "array", "description": description});
            own.insert(name.to_owned(), list);
        }
    }
    schema
}

/// Some tools answer alike. Whoever reads the list has read the first explanation: every word of it costs an agent before it
/// does anything.
fn explain_once(tools: &mut [Tool]) {
    let mut known: Vec<Arc<JsonObject>> = Vec::new();
    for schema in tools
        .iter_mut()
        .filter_map(|tool| tool.output_schema.as_mut())
    {
        if known.contains(schema) {
            let mut bare = JsonObject::clone(schema);
            if let Some(Value::Object(fields)) = bare.get_mut("properties") {
                for field in fields.values_mut().filter_map(Value::as_object_mut) {
                    field.remove("description");
                }
            }
            *schema = Arc::new(bare);
        } else {
            known.push(Arc::clone(schema));
        }
    }
}

/// Without what costs tokens and says little, and without `format`: schemars names Rust's integers there (`uint8`), and
/// clients warn their users of formats that they do not know.
fn plain(schema: &JsonObject) -> Arc<JsonObject> {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(object) => {
                let said_in_words = |value: &Value| {
                    matches!(value, Value::Bool(false)) || value == "" || *value == json!([])
                };
                object.retain(|name, value| match name.as_str() {
                    "format" => !value.is_string(),
                    // What is empty when it is left out.
                    "default" => !said_in_words(value),
                    // An integer of Rust.
                    "minimum" => *value != json!(0),
                    _ => true,
                });
                object.values_mut().for_each(strip);
            }
            Value::Array(items) => items.iter_mut().for_each(strip),
            _ => {}
        }
    }
    let mut schema = schema.clone();
    // The protocol's own dialect.
    schema.remove("$schema");
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
                "ask_person",
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
