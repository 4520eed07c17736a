//! The assistants whose hooks are understood, and how each is answered.

use std::str::FromStr;

use serde_json::{Value, json};

use super::Answer;

/// An assistant with hooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HookClient {
    /// Claude Code. <https://code.claude.com/docs/en/hooks>
    ClaudeCode,
    /// Codex. Its hooks follow Claude Code's.
    Codex,
    /// Gemini CLI. <https://geminicli.com/docs/hooks>
    Gemini,
    /// Qwen Code.
    Qwen,
    /// `OpenCode`, by the plugin that `staffel connect` writes.
    OpenCode,
    /// Cursor. <https://cursor.com/docs/hooks>
    Cursor,
    /// Windsurf. <https://docs.windsurf.com/windsurf/cascade/hooks>. What its hooks answer does not reach the agent.
    Windsurf,
    /// `staffel run`, which tells of the agent that it started. It runs no hook, and brings the prompts itself.
    Acp,
}

impl HookClient {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::ClaudeCode,
        Self::Codex,
        Self::Gemini,
        Self::Qwen,
        Self::OpenCode,
        Self::Cursor,
        Self::Windsurf,
        Self::Acp,
    ];

    /// Its name, as in `staffel connect`.
    pub fn name(self) -> &'static str {
        match self {
            Self::ClaudeCode => "claude-code",
            Self::Codex => "codex",
            Self::Gemini => "gemini",
            Self::Qwen => "qwen",
            Self::OpenCode => "opencode",
            Self::Cursor => "cursor",
            Self::Windsurf => "windsurf",
            Self::Acp => "acp",
        }
    }

    /// The answer to a hook of this event, in the assistant's own words: JSON, or no word at all.
    pub fn say(self, answer: &Answer, event: &str) -> String {
        let said: Value = match (answer, self) {
            (Answer::Stopped, _) => return String::new(),
            (Answer::Nothing, _) | (_, Self::Windsurf) => json!({}),
            (Answer::GoOn(text), Self::Cursor) => json!({"followup_message": text}),
            (Answer::GoOn(text), Self::Gemini) => json!({"decision": "deny", "reason": text}),
            (Answer::GoOn(text), _) => json!({"decision": "block", "reason": text}),
            (Answer::Context(text), Self::Cursor) => json!({"additional_context": text}),
            (Answer::Context(text), _) => json!({
                "hookSpecificOutput": {"hookEventName": event, "additionalContext": text}
            }),
        };
        said.to_string()
    }
}

impl FromStr for HookClient {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        let mut all = Self::ALL.into_iter();
        all.find(|client| client.name() == name).ok_or(())
    }
}
