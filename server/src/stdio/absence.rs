//! What the bridge answers in the server's place while that is away.

use rmcp::model::{CallToolResult, ContentBlock, InitializeResult, ProtocolVersion};
use serde_json::{Value, json};

use super::message::{Message, error, result};
use crate::mcp;

/// The answer to a request that could not be carried to the server at `url`. `tools` is the list of tools
/// as the server last told it.
pub fn answer(message: &Message, url: &str, tools: Option<&Value>) -> Value {
    let id = message.id();
    let say = |text: String| error(id, -32603, &text);
    match message.method() {
        "ping" => result(id, json!({})),
        // So that the assistant starts with its tools, whatever becomes of the server.
        "initialize" => match serde_json::to_value(introduction(message)) {
            Ok(introduction) => result(id, introduction),
            Err(why) => say(why.to_string()),
        },
        "tools/list" => result(
            id,
            tools
                .cloned()
                .unwrap_or_else(|| json!({ "tools": mcp::tools() })),
        ),
        "tools/call" => refused(
            message,
            &format!(
                "Staffel does not answer at {url}. Nothing was done. Ask the user to start it: `staffel serve`. Then call again."
            ),
        ),
        _ => say(format!(
            "Staffel does not answer at {url}. Start it with `staffel serve`, then try again."
        )),
    }
}

/// The answer to a call whose own got lost on the way.
pub fn broken(message: &Message) -> Value {
    refused(
        message,
        "The connection to Staffel broke before it answered. Nothing that was stored is lost: call get_pipeline_status to see what arrived, then call again.",
    )
}

/// An error of the tool, for the model to read and to tell its user.
fn refused(message: &Message, text: &str) -> Value {
    let refused = CallToolResult::error(vec![ContentBlock::text(text)]);
    match serde_json::to_value(refused) {
        Ok(refused) => result(message.id(), refused),
        Err(why) => error(message.id(), -32603, &why.to_string()),
    }
}

fn introduction(message: &Message) -> InitializeResult {
    let mut introduction = mcp::introduction();
    let asked = message
        .param("protocolVersion")
        .and_then(|version| serde_json::from_value::<ProtocolVersion>(version.clone()).ok())
        .filter(|version| *version <= ProtocolVersion::LATEST_WITH_INITIALIZE);
    introduction.protocol_version = asked.unwrap_or(ProtocolVersion::LATEST_WITH_INITIALIZE);
    introduction
}
