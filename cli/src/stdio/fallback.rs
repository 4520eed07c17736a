//! What the bridge answers in the server's place while that is away.

use rmcp::model::{CallToolResult, ContentBlock, InitializeResult, ProtocolVersion, Tool};
use serde_json::{Value, json};

use super::message::{Message, error, result};

/// What a server of this version says of itself.
#[derive(Debug, Clone)]
pub struct Fallback {
    /// The answer to `initialize`.
    pub introduction: InitializeResult,
    /// The tools that `tools/list` names.
    pub tools: &'static [Tool],
}

/// The answer to a request that could not be delivered to the server at `url`. `tools` is the list of tools
/// as the server last sent it.
pub fn answer(message: &Message, url: &str, fallback: &Fallback, tools: Option<&Value>) -> Value {
    let id = message.id();
    let say = |text: String| error(id, -32603, &text);
    match message.method() {
        "ping" => result(id, json!({})),
        // So that the assistant starts with its tools, whatever becomes of the server.
        "initialize" => match serde_json::to_value(introduction(message, fallback)) {
            Ok(introduction) => result(id, introduction),
            Err(why) => say(why.to_string()),
        },
        "tools/list" => result(
            id,
            tools
                .cloned()
                .unwrap_or_else(|| json!({ "tools": fallback.tools })),
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

fn introduction(message: &Message, fallback: &Fallback) -> InitializeResult {
    let mut introduction = fallback.introduction.clone();
    let asked = message
        .param("protocolVersion")
        .and_then(|version| serde_json::from_value::<ProtocolVersion>(version.clone()).ok())
        .filter(|version| *version <= ProtocolVersion::LATEST_WITH_INITIALIZE);
    introduction.protocol_version = asked.unwrap_or(ProtocolVersion::LATEST_WITH_INITIALIZE);
    introduction
}
