//! What a hook tells: the JSON that assistants give their hooks.

use domain::{
    HandoverId, PipelineId, PromptId, QuestionId, Refusal, Session,
    limits::{FOLDER_MAX, NAME_MAX},
    text,
};
use serde::Deserialize;

use super::{
    HookClient,
    given::{Given, Tool},
};

/// The tools after which a session works on the pipeline that they were about. Reading one, or a list, is no work.
const WORK: [&str; 7] = [
    "start_pipeline",
    "update_pipeline_status",
    "save_handover_content",
    "await_handover_decision",
    "ask_person",
    "get_next_prompt",
    "acknowledge_prompt",
];
/// So far an answer is searched for the id: every tool names it in its first line or fields.
const SEARCHED: usize = 16 * 1024;

/// When a hook runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// The agent is about to end its turn.
    TurnEnded,
    /// A session begins or goes on.
    SessionStarted,
    /// A person has written to the agent.
    PersonWrote,
    /// A tool has answered.
    ToolUsed,
    /// Another one, about which there is nothing to say.
    Other,
}

/// What a hook tells.
#[derive(Debug)]
pub struct Report {
    /// When it runs.
    pub moment: Moment,
    /// The name that the assistant has for that.
    pub event: String,
    /// The session that it belongs to.
    pub session: Session,
    tool: Option<Tool>,
}

/// A body that is none of a hook.
#[derive(Debug, thiserror::Error)]
pub enum Invalid {
    /// It is no JSON, or lacks something.
    #[error("The body is not what a hook of {client} is given: {why}.")]
    Body {
        /// The assistant.
        client: &'static str,
        /// What the parser says.
        why: serde_json::Error,
    },
    /// A field has a value that nobody has.
    #[error(transparent)]
    Field(#[from] Refusal),
}

impl Report {
    /// Reads what a hook was given.
    ///
    /// # Errors
    /// It is no JSON, or has no event, session or folder, or longer ones than there are.
    pub fn parse(client: HookClient, body: &[u8]) -> Result<Self, Invalid> {
        let given = Given::parse(client, body).map_err(|why| Invalid::Body {
            client: client.name(),
            why,
        })?;
        let moment = match given.event.as_str() {
            "Stop" | "AfterAgent" | "stop" if given.broken_off => Moment::Other,
            "Stop" | "AfterAgent" | "stop" => Moment::TurnEnded,
            "SessionStart" | "sessionStart" => Moment::SessionStarted,
            "UserPromptSubmit" | "BeforeAgent" => Moment::PersonWrote,
            "PostToolUse" | "AfterTool" | "postToolUse" | "post_mcp_tool_use" => Moment::ToolUsed,
            _ => Moment::Other,
        };
        Ok(Self {
            moment,
            session: Session {
                client: client.name().to_owned(),
                id: text::line("the session's id", &given.session, NAME_MAX)?,
                folder: text::line("the session's folder", &given.folder, FOLDER_MAX)?,
            },
            event: given.event,
            tool: given.tool,
        })
    }

    /// The pipeline on which the tool worked: named in what it was given, else in what it answered.
    pub fn pipeline(&self) -> Option<PipelineId> {
        let tool = self.tool.as_ref()?;
        let ours = tool.may_be_ours && WORK.iter().any(|name| tool.name.ends_with(name));
        if !ours {
            return None;
        }
        named(&tool.input).or_else(|| found(&tool.answer))
    }
}

/// What the arguments of a tool say.
fn named(input: &str) -> Option<PipelineId> {
    #[derive(Deserialize)]
    struct Ids {
        pipeline: Option<String>,
        handover: Option<String>,
        prompt_id: Option<String>,
        question_id: Option<String>,
    }
    let ids: Ids = serde_json::from_str(input).ok()?;
    let of_handover = || Some(ids.handover?.parse::<HandoverId>().ok()?.pipeline().clone());
    let of_prompt = || Some(ids.prompt_id?.parse::<PromptId>().ok()?.pipeline().clone());
    let of_question = || {
        Some(
            ids.question_id?
                .parse::<QuestionId>()
                .ok()?
                .pipeline()
                .clone(),
        )
    };
    let pipeline = ids.pipeline.and_then(|id| id.trim().parse().ok());
    pipeline
        .or_else(of_handover)
        .or_else(of_prompt)
        .or_else(of_question)
}

/// The first id behind the word `pipeline` in an answer: some assistants give fields, some text, some text in text.
fn found(answer: &str) -> Option<PipelineId> {
    let mut end = answer.len().min(SEARCHED);
    while !answer.is_char_boundary(end) {
        end -= 1;
    }
    let answer = answer[..end].to_ascii_lowercase();
    answer.match_indices("pipeline").find_map(|(at, word)| {
        let behind = answer[at + word.len()..].trim_start_matches(['\\', '"', ':', '=', ' ']);
        let id = behind.find(|letter: char| !letter.is_ascii_alphanumeric());
        behind[..id.unwrap_or(behind.len())].parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ID: &str = "01k9zq3v7m";

    fn after(name: &str, input: &str, answer: &str) -> Option<PipelineId> {
        let body = format!(
            r#"{{"hook_event_name":"PostToolUse","session_id":"s","cwd":"/p","tool_name":"{name}","tool_input":{input},"tool_response":{answer}}}"#
        );
        let report = Report::parse(HookClient::ClaudeCode, body.as_bytes()).expect("a report");
        assert_eq!(report.moment, Moment::ToolUsed);
        report.pipeline()
    }

    #[test]
    fn the_pipeline_is_found_in_every_form_of_an_answer() {
        let id = Some(ID.parse().expect("an id"));
        let start = "mcp__staffel__start_pipeline";
        let fields = format!(r#"{{"pipeline":"{ID}","title":"Pipeline of pipes"}}"#);
        assert_eq!(after(start, "{}", &fields), id);
        let text = serde_json::to_string(&format!("Pipeline {ID} has begun.")).expect("JSON");
        assert_eq!(after(start, "{}", &text), id);
        let nested = serde_json::to_string(&fields).expect("JSON");
        assert_eq!(after(start, "{}", &nested), id);
        let named = format!(r#"{{"handover":"{ID}-h2"}}"#);
        assert_eq!(
            after("mcp_staffel_await_handover_decision", &named, "null"),
            id
        );
        assert_eq!(after("Read", &fields, &fields), None);
        assert_eq!(after("mcp__staffel__list_pipelines", "{}", &fields), None);
        assert_eq!(after(start, "{}", r#""no pipeline here""#), None);
    }

    #[test]
    fn editors_are_understood_in_their_own_words() {
        let parse = |client, body: serde_json::Value| {
            Report::parse(client, body.to_string().as_bytes()).expect("a report")
        };
        let cursor = |event: &str, status: &str| {
            parse(
                HookClient::Cursor,
                json!({
                    "hook_event_name": event, "conversation_id": "c", "workspace_roots": ["/p", "/q"],
                    "status": status, "loop_count": 0,
                }),
            )
        };
        let ended = cursor("stop", "completed");
        assert_eq!(ended.moment, Moment::TurnEnded);
        assert_eq!((&*ended.session.id, &*ended.session.folder), ("c", "/p"));
        for status in ["aborted", "error"] {
            assert_eq!(cursor("stop", status).moment, Moment::Other, "{status}");
        }
        let id = Some(ID.parse().expect("an id"));
        let used = parse(
            HookClient::Cursor,
            json!({
                "hook_event_name": "postToolUse", "conversation_id": "c", "workspace_roots": ["/p"],
                "tool_name": "MCP:update_pipeline_status", "tool_input": format!(r#"{{"pipeline":"{ID}"}}"#),
                "tool_output": "{}",
            }),
        );
        assert_eq!(
            (used.moment, used.pipeline()),
            (Moment::ToolUsed, id.clone())
        );
        let windsurf = |server: &str| {
            parse(
                HookClient::Windsurf,
                json!({
                    "agent_action_name": "post_mcp_tool_use", "trajectory_id": "t", "cwd": "/p",
                    "tool_info": {
                        "mcp_server_name": server, "mcp_tool_name": "start_pipeline", "mcp_tool_arguments": {},
                        "mcp_result": format!("Pipeline {ID} has begun."),
                    },
                }),
            )
            .pipeline()
        };
        assert_eq!(windsurf("staffel"), id);
        assert_eq!(windsurf("github"), None);
    }

    #[test]
    fn what_is_no_report_is_named() {
        for body in ["", "[]", "\u{0}", r#"{"hook_event_name":"Stop"}"#] {
            let error = Report::parse(HookClient::Codex, body.as_bytes()).expect_err(body);
            assert!(error.to_string().contains("a hook of codex"), "{error}");
        }
    }
}
