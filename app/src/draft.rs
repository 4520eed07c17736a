//! A prompt before an agent has it, as a person changes it.
//!
//! What is typed is kept by this tab until it is saved as a version, also when somebody else saves one first.

use domain::{PromptId, PromptVersion};
use leptos::prelude::*;
use protocol::{ColdRead, PromptDiff, Secret};

use crate::{board::Board, components::say::Say, follow::StatusSignal, wording::pipeline};

/// Who writes where no model does, as the server calls it.
pub(crate) const TEMPLATE: &str = "template";

/// The version that the server has.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Saved {
    /// Its number.
    pub version: u32,
    /// Its text.
    pub text: String,
    /// What in it may be a secret.
    pub secrets: Vec<Secret>,
}

/// The editor of one prompt. Copied into every handler.
#[derive(Clone, Copy)]
pub(crate) struct Draft {
    /// The board.
    pub board: Board,
    /// The pipeline.
    pub status: StatusSignal,
    /// What is typed, and what is sent.
    pub say: Say,
    /// Whether it is open although the prompt is not held.
    pub editing: RwSignal<bool>,
    /// What the writer is to mind.
    pub hint: RwSignal<String>,
    /// Who writes anew.
    pub writer: RwSignal<String>,
    /// The models that can write.
    pub models: RwSignal<Vec<String>>,
    /// The current version; nothing until it is here.
    pub saved: RwSignal<Option<Saved>>,
    /// The version that the typed text was made from.
    pub base: RwSignal<u32>,
    /// Two versions compared, where that was asked for.
    pub diff: RwSignal<Option<PromptDiff>>,
    /// What a model said that read only this prompt.
    pub cold: RwSignal<Option<ColdRead>>,
    /// The version that was asked for last.
    pub chosen: StoredValue<u32>,
    id: StoredValue<PromptId>,
}

impl Draft {
    /// The editor of this prompt.
    pub fn of(board: Board, status: StatusSignal, id: PromptId, editing: RwSignal<bool>) -> Self {
        Self {
            board,
            status,
            say: Say::new(board, format!("draft-{id}")),
            editing,
            hint: RwSignal::new(String::new()),
            writer: RwSignal::new(String::new()),
            models: RwSignal::new(Vec::new()),
            saved: RwSignal::new(None),
            base: RwSignal::new(0),
            diff: RwSignal::new(None),
            cold: RwSignal::new(None),
            chosen: StoredValue::new(0),
            id: StoredValue::new(id),
        }
    }

    /// The prompt.
    pub fn id(self) -> PromptId {
        self.id.get_value()
    }

    /// Whether what is typed is not saved. Follows it.
    pub fn is_edited(self) -> bool {
        let saved = |words: &String| {
            self.saved
                .with(|saved| saved.as_ref().is_some_and(|saved| saved.text != *words))
        };
        self.say.words.with(saved)
    }

    /// The number of the current version; 0 until it is here. Follows it.
    pub fn version(self) -> u32 {
        self.saved
            .with(|saved| saved.as_ref().map_or(0, |saved| saved.version))
    }

    /// How many places of the current version may be a secret. Follows it.
    pub fn secrets(self) -> usize {
        self.saved
            .with(|saved| saved.as_ref().map_or(0, |saved| saved.secrets.len()))
    }

    /// All versions, once there is more than one. Follows them.
    pub fn versions(self) -> Vec<PromptVersion> {
        let about = self.board.about_prompt(&self.id());
        about.map(|about| about.versions).unwrap_or_default()
    }

    /// The version that the current one is compared with: what is typed with what it was made from, a version with the
    /// one before, the first with the newest. Nothing where there is only one text. Follows all of it.
    pub fn compared_with(self) -> Option<u32> {
        let versions = u32::try_from(self.versions().len()).unwrap_or_default();
        compared_with(self.version(), versions, self.is_edited())
    }

    /// Who made the current version. Follows it.
    pub fn newest_by(self) -> String {
        let about = self.board.about_prompt(&self.id());
        about.map_or_else(String::new, |about| {
            let lang = self.board.lang.get();
            pipeline::written_by(lang, &self.board.reader(), &about.writer)
        })
    }

    /// Whether somebody else saved a version while this one was typed. Follows it.
    pub fn is_behind(self) -> bool {
        self.is_edited() && self.base.get() != self.version()
    }

    /// Takes in the version that the server has. What is typed stays, unless it was saved just now (`replace`).
    pub fn take(self, new: Saved, replace: bool) {
        let typed = self.say.words.get_untracked();
        let keeps = !replace && !typed.is_empty() && untrack(|| self.is_typed(&typed));
        if !keeps {
            self.base.set(new.version);
            self.say.words.set(new.text.clone());
        } else if self.base.get_untracked() == 0 {
            self.base.set(new.version);
        }
        if self.saved.with_untracked(|saved| {
            let before = saved.as_ref().map(|saved| saved.version);
            before != Some(new.version)
        }) {
            self.diff.set(None);
            self.cold.set(None);
        }
        self.saved.set(Some(new));
    }

    /// Whether these words are the reader's own.
    fn is_typed(self, words: &str) -> bool {
        self.saved
            .with(|saved| saved.as_ref().is_none_or(|saved| saved.text != words))
    }

    /// Back to what the server has.
    pub fn discard(self) {
        self.saved.with_untracked(|saved| {
            if let Some(saved) = saved {
                self.base.set(saved.version);
                self.say.words.set(saved.text.clone());
            }
        });
        self.say.tell("", false);
        self.editing.set(false);
    }
}

fn compared_with(version: u32, versions: u32, edited: bool) -> Option<u32> {
    match (edited, version) {
        (_, 0) => None,
        (true, version) => Some(version),
        (false, _) if versions < 2 => None,
        (false, 1) => Some(versions),
        (false, version) => Some(version - 1),
    }
}

/// A text with a question at its end that waits to be answered.
pub(crate) fn with_question(text: &str, question: &str) -> String {
    format!("{}\n\n{} → ", text.trim_end(), question.trim())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{PageData, samples};

    #[test]
    fn a_text_is_compared_with_what_it_was_made_from() {
        for (version, versions, edited, with) in [
            (0, 0, true, None),
            (1, 0, false, None),
            (1, 0, true, Some(1)),
            (3, 3, false, Some(2)),
            (3, 3, true, Some(3)),
            (1, 3, false, Some(3)),
        ] {
            assert_eq!(compared_with(version, versions, edited), with);
        }
    }

    #[test]
    fn a_question_of_a_cold_read_stands_at_the_end() {
        let text = with_question("Go on.\n", "Which branch? ");
        assert_eq!(text, "Go on.\n\nWhich branch? → ");
    }

    fn saved(version: u32, text: &str) -> Saved {
        Saved {
            version,
            text: text.to_owned(),
            secrets: Vec::new(),
        }
    }

    #[test]
    fn what_is_typed_outlives_the_versions_of_others() {
        Owner::new().with(|| {
            let board = Board::new(PageData::default());
            let status = StatusSignal::new(samples::summary(1));
            let id = PromptId::new(samples::pipeline(1).id, 1);
            let draft = Draft::of(board, status, id, RwSignal::new(false));
            draft.take(saved(1, "Go on."), false);
            assert!(!draft.is_edited());
            // Nobody types: what somebody else writes is shown.
            draft.take(saved(2, "Go on, slowly."), false);
            assert_eq!(draft.say.words.get_untracked(), "Go on, slowly.");
            draft.say.words.set("Go on, fast.".to_owned());
            draft.take(saved(3, "Stop."), false);
            assert!(draft.is_behind());
            assert_eq!(draft.say.words.get_untracked(), "Go on, fast.");
            // Saved as version 4.
            draft.take(saved(4, "Go on, fast.\n"), true);
            assert!(!draft.is_edited() && !draft.is_behind());
            draft.say.words.set("Never mind.".to_owned());
            draft.discard();
            assert_eq!(draft.say.words.get_untracked(), "Go on, fast.\n");
        });
    }
}
