//! A prompt before an agent has it, as a person changes it.
//!
//! What is typed is kept by this tab until it is saved as a version, also when somebody else saves one first.

use domain::{PromptId, PromptVersion};
use leptos::prelude::*;

use crate::{
    board::Board,
    components::say::Say,
    draft::{Found, Known, Listed, compared_with},
    follow::StatusSignal,
    wording::pipeline,
};

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
    /// What else there is.
    known: RwSignal<Known>,
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
            known: RwSignal::new(Known::default()),
            chosen: StoredValue::new(0),
            id: StoredValue::new(id),
        }
    }

    /// The prompt.
    pub fn id(self) -> PromptId {
        self.id.get_value()
    }

    /// Reads what is known, and follows it.
    pub fn with<R>(self, read: impl Fn(&Known) -> R) -> R {
        let mut result = None;
        self.lend(&mut |known| result = Some(read(known)));
        result.expect("lend calls back")
    }

    /// Not generic, so that it is compiled once for all readers.
    fn lend(self, reader: &mut dyn FnMut(&Known)) {
        self.known.with(reader);
    }

    /// Changes what is known: once for all who do, in the same way.
    pub fn change(self, change: &mut dyn FnMut(&mut Known)) {
        self.known.update(change);
    }

    /// Whether it is still open.
    pub fn is_open(self) -> bool {
        !self.known.is_disposed()
    }

    /// The number of the current version; 0 until it is here. Follows it.
    pub fn version(self) -> u32 {
        self.with(|known| known.version)
    }

    /// How many places of the current version may be a secret. Follows it.
    pub fn secrets(self) -> u64 {
        self.with(|known| known.secrets.len() as u64)
    }

    /// Whether what is typed is not saved. Follows it.
    pub fn is_edited(self) -> bool {
        let saved = self
            .say
            .words
            .with(|words| self.with(|known| *words == known.text));
        self.version() > 0 && !saved
    }

    /// All versions, once there is more than one. Follows them.
    pub fn versions(self) -> Vec<PromptVersion> {
        let about = self.board.about_prompt(&self.id());
        about.map(|about| about.versions).unwrap_or_default()
    }

    /// The version that the current one is compared with: what is typed with what it was made from, a version with the
    /// one before, the first with the newest. 0 where there is only one text. Follows all of it.
    pub fn compared_with(self) -> u32 {
        let versions = self.versions().len() as u32;
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
        self.is_edited() && self.with(|known| known.base != known.version)
    }

    /// Takes in the version that the server has. What is typed stays, unless it was saved just now (`replace`).
    pub fn take(self, version: u32, text: String, secrets: Vec<Listed>, replace: bool) {
        // Before the first version is here: what this tab has kept.
        let typed = self.say.words.get_untracked();
        let saved = untrack(|| self.with(|known| typed == known.text));
        let keeps = !replace && !typed.is_empty() && !saved;
        if !keeps {
            self.say.words.set(text.clone());
        }
        let mut new = Some((text, secrets));
        self.change(&mut |known| {
            if !keeps || known.base == 0 {
                known.base = version;
            }
            if known.version != version {
                known.from = 0;
                known.cold = Found::default();
            }
            known.version = version;
            (known.text, known.secrets) = new.take().unwrap_or_default();
        });
    }

    /// Back to what the server has, and away where nobody holds the prompt.
    pub fn discard(self) {
        let text = untrack(|| self.with(|known| known.text.clone()));
        self.change(&mut |known| known.base = known.version);
        self.say.words.set(text);
        self.say.tell("", false);
        self.editing.set(false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{PageData, samples};

    #[test]
    fn what_is_typed_outlives_the_versions_of_others() {
        Owner::new().with(|| {
            let board = Board::new(PageData::default());
            let status = StatusSignal::new(samples::summary(1));
            let id = PromptId::new(samples::pipeline(1).id, 1);
            let draft = Draft::of(board, status, id, RwSignal::new(false));
            let take = |version, text: &str, replace| {
                draft.take(version, text.to_owned(), Vec::new(), replace);
            };
            let typed = || draft.say.words.get_untracked();
            take(1, "Go on.", false);
            assert!(!draft.is_edited());
            // Nobody types: what somebody else writes is shown.
            take(2, "Go on, slowly.", false);
            assert_eq!(typed(), "Go on, slowly.");
            draft.say.words.set("Go on, fast.".to_owned());
            take(3, "Stop.", false);
            assert!(draft.is_behind());
            assert_eq!(typed(), "Go on, fast.");
            // Saved as version 4.
            take(4, "Go on, fast.\n", true);
            assert!(!draft.is_edited() && !draft.is_behind());
            draft.say.words.set("Never mind.".to_owned());
            draft.discard();
            assert_eq!(typed(), "Go on, fast.\n");
        });
    }

    #[test]
    fn what_this_tab_has_kept_stays_when_the_first_version_arrives() {
        Owner::new().with(|| {
            let board = Board::new(PageData::default());
            let status = StatusSignal::new(samples::summary(1));
            let id = PromptId::new(samples::pipeline(1).id, 1);
            let draft = Draft::of(board, status, id, RwSignal::new(false));
            draft.say.words.set("Mine.".to_owned());
            draft.change(&mut |known| known.base = 1);
            draft.take(2, "Go on.".to_owned(), Vec::new(), false);
            assert!(draft.is_edited() && draft.is_behind());
            assert_eq!(draft.compared_with(), 2);
        });
    }
}
