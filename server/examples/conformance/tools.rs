//! The tools, and what those answer that need no input.

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use axum::http::request::Parts;
use rmcp::{
    ErrorData, RoleServer,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ClientCapabilities, ContentBlock,
        CreateMessageRequestParams, ElicitRequestParams, JsonObject, LoggingLevel,
        LoggingMessageNotificationParam, ProgressNotificationParam, ResourceContents, Tool, object,
    },
    service::{RequestContext, ServiceError},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::{
    fixtures::{Changed, Fixtures},
    input,
    resources::{self, PNG, WAV},
    tasks,
};

/// Between two notifications, so that a client sees them as two.
const PAUSE: Duration = Duration::from_millis(50);

static TOOLS: LazyLock<Vec<Tool>> = LazyLock::new(|| {
    let plain = [
        ("test_simple_text", "Answers with a text."),
        ("test_image_content", "Answers with an image."),
        ("test_audio_content", "Answers with a sound."),
        ("test_embedded_resource", "Answers with a resource."),
        (
            "test_multiple_content_types",
            "Answers with a text, an image and a resource.",
        ),
        ("test_error_handling", "Always fails."),
        ("test_tool_with_logging", "Logs three lines."),
        (
            "test_reconnection",
            "Ends its own stream before it answers.",
        ),
        ("test_logging_tool", "Logs if the request asks for it."),
        ("test_tool_with_progress", "Reports its progress."),
        (
            "test_trigger_tool_change",
            "Announces that the list of tools changed.",
        ),
        (
            "test_trigger_prompt_change",
            "Announces that the list of prompts changed.",
        ),
        ("test_missing_capability", "Needs a client that can sample."),
        (
            "test_elicitation_sep1034_defaults",
            "Asks with a form that has defaults.",
        ),
        (
            "test_elicitation_sep1330_enums",
            "Asks with a form that has every kind of choice.",
        ),
        (
            "test_streaming_elicitation",
            "Asks for a name, in its answer.",
        ),
        ("test_input_required_result_elicitation", "Asks for a name."),
        (
            "test_input_required_result_sampling",
            "Asks the client's model.",
        ),
        (
            "test_input_required_result_list_roots",
            "Asks for the client's roots.",
        ),
        (
            "test_input_required_result_request_state",
            "Asks, with a state.",
        ),
        (
            "test_input_required_result_tampered_state",
            "Asks, with a state.",
        ),
        (
            "test_input_required_result_multiple_inputs",
            "Asks in three ways at once.",
        ),
        ("test_input_required_result_multi_round", "Asks twice."),
        (
            "test_input_required_result_capabilities",
            "Asks as the client can answer.",
        ),
    ];
    let text = json!({ "type": "string" });
    let with_input = [
        (
            "test_sampling",
            "Asks the client's model.",
            arguments("prompt", &text),
        ),
        (
            "test_elicitation",
            "Asks with a form.",
            arguments("message", &text),
        ),
        ("greet", "Greets by name.", arguments("name", &text)),
        (
            "test_custom_header",
            "Has an argument that is also a header.",
            arguments(
                "region",
                &json!({ "type": "string", "x-mcp-header": "Region" }),
            ),
        ),
        (
            "json_schema_2020_12_tool",
            "Has a schema with the words of JSON Schema 2020-12.",
            json_schema_2020_12(),
        ),
    ];
    let plain = plain.map(|(name, description)| (name, description, json!({ "type": "object" })));
    plain
        .into_iter()
        .chain(with_input)
        .chain(tasks::all())
        .map(|(name, description, schema)| Tool::new(name, description, Arc::new(object(schema))))
        .collect()
});

/// What `tools/list` answers.
pub fn all() -> &'static [Tool] {
    &TOOLS
}

fn arguments(name: &str, schema: &Value) -> Value {
    json!({ "type": "object", "properties": { name: schema }, "required": [name] })
}

fn json_schema_2020_12() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": {
            "address": {
                "$anchor": "addressDef",
                "type": "object",
                "properties": { "street": { "type": "string" }, "city": { "type": "string" } },
            },
        },
        "properties": {
            "name": { "type": "string" },
            "address": { "$ref": "#/$defs/address" },
            "contactMethod": { "type": "string", "enum": ["phone", "email"] },
            "phone": { "type": "string" },
            "email": { "type": "string" },
        },
        "allOf": [{ "anyOf": [{ "required": ["phone"] }, { "required": ["email"] }] }],
        "if": { "properties": { "contactMethod": { "const": "phone" } }, "required": ["contactMethod"] },
        "then": { "required": ["phone"] },
        "else": { "required": ["email"] },
        "additionalProperties": false,
    })
}

/// What `tools/call` answers.
pub async fn call(
    fixtures: &Fixtures,
    request: CallToolRequestParams,
    context: &RequestContext<RoleServer>,
) -> Result<CallToolResponse, ErrorData> {
    let capabilities = context.client_capabilities().unwrap_or_default();
    if let Some(answer) = input::call(&request, &capabilities, &fixtures.states) {
        return answer;
    }
    if let Some(answer) = tasks::call(&request, &capabilities, &fixtures.tasks).await {
        return answer;
    }
    let given = request.arguments.unwrap_or_default();
    let contents = match request.name.as_ref() {
        "test_simple_text" => text("This is a simple text response for testing."),
        "test_image_content" => vec![ContentBlock::image(PNG, "image/png")],
        "test_audio_content" => vec![ContentBlock::audio(WAV, "audio/wav")],
        "test_embedded_resource" => {
            let text = "This is an embedded resource content.";
            let resource = resources::text(text, "test://embedded-resource");
            vec![ContentBlock::resource(resource)]
        }
        "test_multiple_content_types" => {
            let data = json!({ "test": "data", "value": 123 }).to_string();
            let resource = ResourceContents::text(data, "test://mixed-content-resource");
            vec![
                ContentBlock::text("Multiple content types test:"),
                ContentBlock::image(PNG, "image/png"),
                ContentBlock::resource(resource.with_mime_type("application/json")),
            ]
        }
        "test_error_handling" => {
            let text = text("This tool intentionally returns an error for testing");
            return Ok(CallToolResult::error(text).into());
        }
        "test_tool_with_logging" | "test_logging_tool" => log(context).await.map_err(failed)?,
        "test_tool_with_progress" => progress(context).await.map_err(failed)?,
        "test_reconnection" => disconnect(fixtures, context).await,
        "test_trigger_tool_change" => announce(fixtures, Changed::Tools),
        "test_trigger_prompt_change" => announce(fixtures, Changed::Prompts),
        "test_missing_capability" if capabilities.sampling.is_none() => {
            let sampling = ClientCapabilities::builder().enable_sampling().build();
            return Err(ErrorData::missing_required_client_capability(sampling));
        }
        "test_missing_capability" => text("The client can sample."),
        "test_sampling" => sample(&given, context).await?,
        "test_elicitation" => {
            let message = argument(&given, "message")?;
            elicit(context, message, contact_form()).await?
        }
        "test_elicitation_sep1034_defaults" => {
            elicit(context, "Is this right?", form_with_defaults()).await?
        }
        "test_elicitation_sep1330_enums" => elicit(context, "Choose.", form_with_choices()).await?,
        "greet" => text(&format!("Hello, {}!", argument(&given, "name")?)),
        "test_custom_header" => text(argument(&given, "region")?),
        "json_schema_2020_12_tool" => text(&Value::Object(given).to_string()),
        name => {
            let message = format!("There is no tool {name:?}");
            return Err(ErrorData::invalid_params(message, None));
        }
    };
    Ok(CallToolResult::success(contents).into())
}

fn text(text: &str) -> Vec<ContentBlock> {
    vec![ContentBlock::text(text)]
}

fn argument<'a>(given: &'a JsonObject, name: &str) -> Result<&'a str, ErrorData> {
    let value = given.get(name).and_then(Value::as_str);
    value.ok_or_else(|| ErrorData::invalid_params(format!("{name} is missing"), None))
}

fn failed(error: ServiceError) -> ErrorData {
    match error {
        ServiceError::McpError(error) => error,
        error => ErrorData::internal_error(error.to_string(), None),
    }
}

/// In the stateless protocol only a request that names a level wants to hear anything.
async fn log(context: &RequestContext<RoleServer>) -> Result<Vec<ContentBlock>, ServiceError> {
    let stateless = context.meta.protocol_version().is_some();
    if !stateless || context.meta.log_level().is_some() {
        for line in [
            "Tool execution started",
            "Tool processing data",
            "Tool execution completed",
        ] {
            let message = LoggingMessageNotificationParam::new(LoggingLevel::Info, line.into());
            context.peer.notify_logging_message(message).await?;
            sleep(PAUSE).await;
        }
    }
    Ok(text("Done"))
}

async fn progress(context: &RequestContext<RoleServer>) -> Result<Vec<ContentBlock>, ServiceError> {
    for percent in [0.0, 50.0, 100.0] {
        if let Some(token) = context.meta.get_progress_token() {
            let progress = ProgressNotificationParam::new(token, percent).with_total(100.0);
            context.peer.notify_progress(progress).await?;
        }
        sleep(PAUSE).await;
    }
    Ok(text("Done"))
}

/// Ends the stream of the session's first request, which the suite takes for this call, and answers when the
/// client is back. Without a session there is nothing to come back to.
async fn disconnect(
    fixtures: &Fixtures,
    context: &RequestContext<RoleServer>,
) -> Vec<ContentBlock> {
    let parts = context.extensions.get::<Parts>();
    let id = parts.and_then(|parts| parts.headers.get("mcp-session-id")?.to_str().ok());
    if let Some(id) = id {
        let open = fixtures.sessions.local().sessions.read().await;
        if let Some(session) = open.get(id) {
            // An error means that the stream has ended already.
            let _ = session.close_sse_stream(0, Some(PAUSE)).await;
        }
    }
    sleep(10 * PAUSE).await;
    text("Back")
}

fn announce(fixtures: &Fixtures, changed: Changed) -> Vec<ContentBlock> {
    // An error means that nobody listens.
    let _ = fixtures.changes.send(changed);
    text("Announced")
}

async fn sample(
    given: &JsonObject,
    context: &RequestContext<RoleServer>,
) -> Result<Vec<ContentBlock>, ErrorData> {
    let prompt = argument(given, "prompt")?;
    let message = json!({
        "messages": [{ "role": "user", "content": { "type": "text", "text": prompt } }],
        "maxTokens": 100,
    });
    let message: CreateMessageRequestParams = params(message)?;
    let answer = context.peer.create_message(message).await.map_err(failed)?;
    Ok(text(&format!("LLM response: {:?}", answer.message.content)))
}

async fn elicit(
    context: &RequestContext<RoleServer>,
    message: &str,
    requested_schema: Value,
) -> Result<Vec<ContentBlock>, ErrorData> {
    let form = json!({ "mode": "form", "message": message, "requestedSchema": requested_schema });
    let form: ElicitRequestParams = params(form)?;
    let answer = context
        .peer
        .create_elicitation(form)
        .await
        .map_err(failed)?;
    let content = answer.content.unwrap_or_default();
    Ok(text(&format!(
        "action={:?}, content={content}",
        answer.action
    )))
}

fn params<T: DeserializeOwned>(value: Value) -> Result<T, ErrorData> {
    serde_json::from_value(value)
        .map_err(|error| ErrorData::internal_error(error.to_string(), None))
}

fn contact_form() -> Value {
    json!({
        "type": "object",
        "properties": {
            "username": { "type": "string", "description": "User's response" },
            "email": { "type": "string", "description": "User's email address" },
        },
        "required": ["username", "email"],
    })
}

fn form_with_defaults() -> Value {
    json!({
        "type": "object",
        "properties": {
            "name": { "type": "string", "default": "John Doe" },
            "age": { "type": "integer", "default": 30 },
            "score": { "type": "number", "default": 95.5 },
            "status": { "type": "string", "enum": ["active", "inactive", "pending"], "default": "active" },
            "verified": { "type": "boolean", "default": true },
        },
    })
}

fn form_with_choices() -> Value {
    let titled = json!([
        { "const": "value1", "title": "First" },
        { "const": "value2", "title": "Second" },
        { "const": "value3", "title": "Third" },
    ]);
    let untitled = ["option1", "option2", "option3"];
    json!({
        "type": "object",
        "properties": {
            "untitledSingle": { "type": "string", "enum": untitled },
            "titledSingle": { "type": "string", "oneOf": titled },
            "legacyEnum": {
                "type": "string",
                "enum": ["opt1", "opt2", "opt3"],
                "enumNames": ["Option One", "Option Two", "Option Three"],
            },
            "untitledMulti": { "type": "array", "items": { "type": "string", "enum": untitled } },
            "titledMulti": { "type": "array", "items": { "anyOf": titled } },
        },
    })
}
