//! What each assistant gives its hooks, brought to one form. What is not named here is not read.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::HookClient;

/// What a hook was given.
#[derive(Debug)]
pub struct Given {
    /// The assistant's name for the moment.
    pub event: String,
    /// Its id of the session.
    pub session: String,
    /// The folder that it works in.
    pub folder: String,
    /// Whether a person has stopped the agent, or an error has: nobody wants it to go on then.
    pub broken_off: bool,
    /// The tool that the hook is about.
    pub tool: Option<Tool>,
}

/// A tool that has answered.
#[derive(Debug)]
pub struct Tool {
    /// Whether it can be one of ours, as far as the assistant says whose it is.
    pub may_be_ours: bool,
    /// Its name, with what the assistant puts before it.
    pub name: String,
    /// The arguments, as JSON.
    pub input: String,
    /// The answer, as JSON.
    pub answer: String,
}

impl Given {
    /// Reads it.
    ///
    /// # Errors
    /// It is no JSON, or something is missing in it.
    pub fn parse(client: HookClient, body: &[u8]) -> serde_json::Result<Self> {
        match client {
            HookClient::Cursor => serde_json::from_slice::<Cursor>(body).map(Into::into),
            HookClient::Windsurf => serde_json::from_slice::<Windsurf>(body).map(Into::into),
            HookClient::ClaudeCode
            | HookClient::Codex
            | HookClient::Gemini
            | HookClient::Qwen
            | HookClient::OpenCode
            | HookClient::Acp => serde_json::from_slice::<Usual>(body).map(Into::into),
        }
    }
}

/// In the words of Claude Code, which the others share.
#[derive(Deserialize)]
struct Usual {
    hook_event_name: String,
    session_id: String,
    cwd: String,
    tool_name: Option<String>,
    tool_input: Option<Box<RawValue>>,
    tool_response: Option<Box<RawValue>>,
}

impl From<Usual> for Given {
    fn from(given: Usual) -> Self {
        Self {
            event: given.hook_event_name,
            session: given.session_id,
            folder: given.cwd,
            broken_off: false,
            tool: given.tool_name.map(|name| Tool {
                may_be_ours: name.contains("staffel"),
                name,
                input: json(given.tool_input),
                answer: json(given.tool_response),
            }),
        }
    }
}

/// <https://cursor.com/docs/hooks>. The tools of all servers have names like `MCP:start_pipeline` there.
#[derive(Deserialize)]
struct Cursor {
    hook_event_name: String,
    conversation_id: String,
    workspace_roots: Vec<String>,
    status: Option<String>,
    tool_name: Option<String>,
    tool_input: Option<Box<RawValue>>,
    tool_output: Option<Box<RawValue>>,
}

impl From<Cursor> for Given {
    fn from(given: Cursor) -> Self {
        Self {
            event: given.hook_event_name,
            session: given.conversation_id,
            folder: given.workspace_roots.into_iter().next().unwrap_or_default(),
            broken_off: given.status.is_some_and(|status| status != "completed"),
            tool: given.tool_name.map(|name| Tool {
                may_be_ours: name.starts_with("MCP:"),
                name,
                input: json(given.tool_input),
                answer: json(given.tool_output),
            }),
        }
    }
}

/// <https://docs.windsurf.com/windsurf/cascade/hooks>. The folder is not among it: hooks run in it, and `staffel hook` adds it.
#[derive(Deserialize)]
struct Windsurf {
    agent_action_name: String,
    trajectory_id: String,
    cwd: String,
    tool_info: Option<ToolInfo>,
}

#[derive(Deserialize)]
struct ToolInfo {
    mcp_server_name: Option<String>,
    mcp_tool_name: Option<String>,
    mcp_tool_arguments: Option<Box<RawValue>>,
    mcp_result: Option<Box<RawValue>>,
}

impl From<Windsurf> for Given {
    fn from(given: Windsurf) -> Self {
        let tool = given.tool_info.and_then(|tool| {
            let server = tool.mcp_server_name.unwrap_or_default();
            Some(Tool {
                may_be_ours: server.contains("staffel"),
                name: tool.mcp_tool_name?,
                input: json(tool.mcp_tool_arguments),
                answer: json(tool.mcp_result),
            })
        });
        Self {
            event: given.agent_action_name,
            session: given.trajectory_id,
            folder: given.cwd,
            broken_off: false,
            tool,
        }
    }
}

/// The JSON itself; where it is JSON in a string, what the string holds.
fn json(value: Option<Box<RawValue>>) -> String {
    let Some(value) = value else {
        return String::new();
    };
    serde_json::from_str::<String>(value.get()).unwrap_or_else(|_| value.get().to_owned())
}
