//! What the editor of a prompt knows beside what is typed, and what the server answers to it.

use serde::Deserialize;

/// Who writes where no model does, as the server calls it.
pub(crate) const TEMPLATE: &str = "template";

/// What the server answers to whatever is asked for about a prompt. One shape for all of it: each that can be read is
/// code that the page has to download.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct Found {
    /// In a text: what may be a secret.
    pub secrets: Vec<Listed>,
    /// Two texts compared, line by line.
    pub lines: Vec<Listed>,
    /// Of those: whether some are left out.
    pub cut: bool,
    /// The models that can write.
    pub models: Vec<String>,
    /// The model that read only this prompt.
    pub model: String,
    /// Whether it could begin.
    pub ready: bool,
    /// What it would have to ask first.
    pub questions: Vec<String>,
    /// What a model said that was tried, and how long that took, in milliseconds.
    pub answer: String,
    /// See there.
    pub took_ms: u64,
}

/// Something that the server lists: a place that may be a secret, or a line of a comparison.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct Listed {
    /// What sort of secret.
    pub kind: String,
    /// The line it begins in, from 1.
    pub line: u32,
    /// What became of a line, as [`protocol::LineChange`] is written.
    pub change: String,
    /// The line; how many where equal ones are left out.
    pub text: String,
}

/// What the editor knows beside what is typed.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Known {
    /// The number of the current version; 0 until it is here.
    pub version: u32,
    /// Its text.
    pub text: String,
    /// The version that the typed text was made from; 0 until that is known.
    pub base: u32,
    /// What in the current version may be a secret.
    pub secrets: Vec<Listed>,
    /// What it is compared with, where that was asked for.
    pub from: u32,
    /// That comparison.
    pub diff: Found,
    /// What a model said that read only this prompt, where that was asked for.
    pub cold: Found,
    /// The models that can write.
    pub models: Vec<String>,
}

/// The version that one is compared with; 0 where there is nothing to compare.
pub(crate) fn compared_with(version: u32, versions: u32, edited: bool) -> u32 {
    match version {
        version if edited => version,
        _ if versions < 2 => 0,
        1 => versions,
        version => version.saturating_sub(1),
    }
}

/// A text with a question at its end that waits to be answered.
pub(crate) fn with_question(text: &str, question: &str) -> String {
    format!("{}\n\n{} → ", text.trim_end(), question.trim())
}

#[cfg(test)]
mod tests {
    use protocol::{ColdRead, DiffLine, LineChange, PromptDiff};

    use super::*;
    use crate::json;

    #[test]
    fn a_text_is_compared_with_what_it_was_made_from() {
        for (version, versions, edited, with) in [
            (0, 0, false, 0),
            (1, 0, false, 0),
            (1, 0, true, 1),
            (3, 3, false, 2),
            (3, 3, true, 3),
            (1, 3, false, 3),
        ] {
            assert_eq!(compared_with(version, versions, edited), with);
        }
    }

    #[test]
    fn a_question_of_a_cold_read_stands_at_the_end() {
        let text = with_question("Go on.\n", "Which branch? ");
        assert_eq!(text, "Go on.\n\nWhich branch? → ");
    }

    #[test]
    fn the_answers_of_the_server_are_read() {
        let read =
            |text: Option<String>| -> Found { json::read(&text.expect("JSON")).expect("it") };
        let line = |change, text: &str| DiffLine {
            change,
            text: text.to_owned(),
        };
        let diff = read(json::write(&PromptDiff {
            from: 1,
            to: 2,
            lines: vec![line(LineChange::Added, "a"), line(LineChange::Skipped, "9")],
            cut: true,
        }));
        let changes: Vec<_> = diff.lines.iter().map(|line| line.change.as_str()).collect();
        assert_eq!((changes, diff.cut), (vec!["added", "skipped"], true));
        let cold = read(json::write(&ColdRead {
            version: 2,
            ready: true,
            questions: vec!["Which branch?".to_owned()],
            model: "qwen3".to_owned(),
            took_ms: 9,
        }));
        assert!(cold.ready && cold.questions.len() == 1 && cold.model == "qwen3");
    }
}
