//! The session of an assistant, and how a person goes on with it.

use std::borrow::Cow;

use domain::{Activity, Session, Timestamp};

/// So far back tool calls are counted, in milliseconds.
const LATELY: i64 = 5 * 60 * 1_000;

/// The assistant, as its maker writes it.
pub(crate) fn client(session: &Session) -> Cow<'_, str> {
    match session.client.as_str() {
        "claude-code" => "Claude Code".into(),
        "codex" => "Codex".into(),
        "gemini" => "Gemini CLI".into(),
        "qwen" => "Qwen Code".into(),
        "opencode" => "OpenCode".into(),
        "cursor" => "Cursor".into(),
        "windsurf" => "Windsurf".into(),
        "acp" => "staffel run".into(),
        other => other.into(),
    }
}

/// The tool calls that were seen in the last five minutes.
pub(crate) fn calls(activity: &[Activity], now: Timestamp) -> u32 {
    let lately = activity
        .iter()
        .filter(|seen| now.millis_since(seen.at) < LATELY);
    lately.map(|seen| seen.calls).sum()
}

/// What goes on with the session in a terminal. Gemini CLI numbers its sessions anew each time: it takes the newest.
pub(crate) fn resume(session: &Session) -> String {
    let id = quoted(&session.id);
    let command = match session.client.as_str() {
        "claude-code" => format!("claude --resume {id}"),
        "codex" => format!("codex resume {id}"),
        "gemini" => "gemini --resume latest".to_owned(),
        "qwen" => format!("qwen --resume {id}"),
        "opencode" => format!("opencode --session {id}"),
        _ => return String::new(),
    };
    format!("cd -- {} && {command}", quoted(&session.folder))
}

/// A word for a shell: what a hook tells is no text to be trusted.
fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-".contains(letter);
    match !word.is_empty() && !word.starts_with('-') && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_safe_to_paste() {
        let session = |id: &str, folder: &str| Session {
            client: "codex".to_owned(),
            id: id.to_owned(),
            folder: folder.to_owned(),
        };
        assert_eq!(
            resume(&session("01-ab", "/home/dana/shop")),
            "cd -- /home/dana/shop && codex resume 01-ab"
        );
        assert_eq!(
            resume(&session("$(x)", "/a b's")),
            r"cd -- '/a b'\''s' && codex resume '$(x)'"
        );
    }
}
