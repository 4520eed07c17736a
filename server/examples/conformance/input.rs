//! Tools that need input from the client first: of the stateless protocol, where a server asks in its answer and the
//! client calls again with what was asked.

use rmcp::{
    ErrorData,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ClientCapabilities, ContentBlock,
        CreateMessageResult, ElicitResult, ElicitationAction, InputRequest, InputRequiredResult,
        InputResponses, ListRootsResult, RequestStateCodec,
    },
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Asks for these inputs. The client brings `state` back with them.
pub fn required<const N: usize>(
    requests: [(&str, Value); N],
    state: Option<String>,
) -> Result<InputRequiredResult, ErrorData> {
    let requests = requests.into_iter().map(|(key, request)| {
        let request = serde_json::from_value::<InputRequest>(request);
        let request = request.map_err(|error| ErrorData::internal_error(error.to_string(), None));
        Ok((key.to_owned(), request?))
    });
    let requests = requests.collect::<Result<_, ErrorData>>()?;
    Ok(InputRequiredResult::new(Some(requests), state))
}

/// A form with one text field.
pub fn form(message: &str, field: &str) -> Value {
    elicitation(message, field, "string")
}

fn confirmation() -> Value {
    elicitation("Please confirm", "ok", "boolean")
}

fn elicitation(message: &str, field: &str, of_type: &str) -> Value {
    json!({
        "method": "elicitation/create",
        "params": {
            "mode": "form",
            "message": message,
            "requestedSchema": {
                "type": "object",
                "properties": { field: { "type": of_type } },
                "required": [field],
            },
        },
    })
}

fn sampling(prompt: &str) -> Value {
    json!({
        "method": "sampling/createMessage",
        "params": {
            "messages": [{ "role": "user", "content": { "type": "text", "text": prompt } }],
            "maxTokens": 100,
        },
    })
}

fn roots() -> Value {
    json!({ "method": "roots/list", "params": {} })
}

/// What the user filled in; `None` if it was not asked, or not answered as asked.
pub fn elicited(given: Option<&InputResponses>, key: &str) -> Option<Value> {
    let result: ElicitResult = response(given, key)?;
    result
        .content
        .filter(|content| result.action == ElicitationAction::Accept && content.is_object())
}

fn response<T: DeserializeOwned>(given: Option<&InputResponses>, key: &str) -> Option<T> {
    serde_json::from_value(given?.get(key)?.clone()).ok()
}

/// What the tools answer. `None`: there is no such tool here.
pub fn call(
    request: &CallToolRequestParams,
    capabilities: &ClientCapabilities,
    states: &RequestStateCodec,
) -> Option<Result<CallToolResponse, ErrorData>> {
    let given = request.input_responses.as_ref();
    let state = request.request_state.as_deref();
    Some(match request.name.as_ref() {
        "test_input_required_result_elicitation" => greeting(given),
        "test_input_required_result_sampling" => capital(given),
        "test_input_required_result_list_roots" => list_roots(given),
        "test_input_required_result_request_state"
        | "test_input_required_result_tampered_state" => confirmed(given, state, states),
        "test_input_required_result_multiple_inputs" => several(given, state, states),
        "test_input_required_result_multi_round" => rounds(given, state, states),
        "test_input_required_result_capabilities" => within(capabilities),
        "test_streaming_elicitation" => greeting(given),
        _ => return None,
    })
}

type Answer = Result<CallToolResponse, ErrorData>;

fn done(text: String) -> Answer {
    Ok(CallToolResult::success(vec![ContentBlock::text(text)]).into())
}

fn greeting(given: Option<&InputResponses>) -> Answer {
    match elicited(given, "user_name") {
        Some(name) => done(format!("Hello, {}!", name["name"])),
        None => {
            let question = form("What is your name?", "name");
            Ok(required([("user_name", question)], None)?.into())
        }
    }
}

fn capital(given: Option<&InputResponses>) -> Answer {
    match response::<CreateMessageResult>(given, "capital_question") {
        Some(result) => done(format!("{:?}", result.message.content)),
        None => {
            let question = sampling("What is the capital of France?");
            Ok(required([("capital_question", question)], None)?.into())
        }
    }
}

fn list_roots(given: Option<&InputResponses>) -> Answer {
    match response::<ListRootsResult>(given, "client_roots") {
        Some(result) => {
            let uris: Vec<_> = result.roots.into_iter().map(|root| root.uri).collect();
            done(format!("Roots: {}", uris.join(", ")))
        }
        None => Ok(required([("client_roots", roots())], None)?.into()),
    }
}

fn confirmed(
    given: Option<&InputResponses>,
    state: Option<&str>,
    states: &RequestStateCodec,
) -> Answer {
    let state = open(states, state)?;
    match (state.as_deref(), elicited(given, "confirm")) {
        (Some(b"confirm"), Some(_)) => done("state-ok".to_owned()),
        _ => {
            let state = states.seal(b"confirm");
            Ok(required([("confirm", confirmation())], Some(state))?.into())
        }
    }
}

fn several(
    given: Option<&InputResponses>,
    state: Option<&str>,
    states: &RequestStateCodec,
) -> Answer {
    let state = open(states, state)?;
    let name = elicited(given, "user_name");
    let greeting = response::<CreateMessageResult>(given, "greeting");
    let client_roots = response::<ListRootsResult>(given, "client_roots");
    match (state.as_deref(), name, greeting, client_roots) {
        (Some(b"several"), Some(name), Some(_), Some(result)) => done(format!(
            "{} with {} roots",
            name["name"],
            result.roots.len()
        )),
        _ => {
            let requests = [
                ("user_name", form("What is your name?", "name")),
                ("greeting", sampling("Generate a greeting")),
                ("client_roots", roots()),
            ];
            Ok(required(requests, Some(states.seal(b"several")))?.into())
        }
    }
}

fn rounds(
    given: Option<&InputResponses>,
    state: Option<&str>,
    states: &RequestStateCodec,
) -> Answer {
    let round = open(states, state)?;
    let (name, color) = (elicited(given, "step1"), elicited(given, "step2"));
    match (round.as_deref(), name, color) {
        (Some(b"round 2"), _, Some(color)) => done(format!("The color is {}", color["color"])),
        (Some(b"round 1"), Some(_), _) => {
            let question = form("Step 2: What is your favorite color?", "color");
            Ok(required([("step2", question)], Some(states.seal(b"round 2")))?.into())
        }
        _ => {
            let question = form("Step 1: What is your name?", "name");
            Ok(required([("step1", question)], Some(states.seal(b"round 1")))?.into())
        }
    }
}

/// Asks only in the ways that the client has declared.
fn within(capabilities: &ClientCapabilities) -> Answer {
    if capabilities.sampling.is_some() {
        let question = sampling("What is the capital of France?");
        Ok(required([("question", question)], None)?.into())
    } else if capabilities.elicitation.is_some() {
        Ok(required([("question", confirmation())], None)?.into())
    } else {
        done("There is no way to ask this client".to_owned())
    }
}

/// What a state says that this server has sealed; a state of another origin is an error.
fn open(states: &RequestStateCodec, state: Option<&str>) -> Result<Option<Vec<u8>>, ErrorData> {
    let opened = state.map(|state| states.open(state)).transpose();
    opened.map_err(|_| ErrorData::invalid_params("requestState is not from this server", None))
}
