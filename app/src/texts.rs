//! The long texts of a pipeline, as much of them as the board keeps.
//!
//! Each comes with what it is about: the detail of a pipeline lists only the newest ones.

mod shown;

pub(crate) use shown::{Hit, Point, Shown};

use domain::{HandoverId, PromptId};
use protocol::{HandoverRef, HandoverView, Link, PromptRef, PromptView, Rendering};
use serde::{Deserialize, Serialize};

use crate::paths;

/// A revision of a handover with its text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// Which one it is, who wrote it, and what was decided about it when it was fetched.
    pub about: HandoverRef,
    /// The text.
    pub body: DocumentBody,
}

/// The text of a handover. Over REST it lies in one object with the [`HandoverRef`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DocumentBody {
    /// The text as sanitised HTML.
    #[serde(default)]
    pub html: String,
    /// How the text became HTML.
    #[serde(default)]
    pub rendering: Option<Rendering>,
}

impl Document {
    fn is(&self, handover: &HandoverId, revision: u32) -> bool {
        self.about.revision == revision && self.about.handover == *handover
    }
}

impl From<HandoverView> for Document {
    fn from(view: HandoverView) -> Self {
        Self {
            about: view.about,
            body: DocumentBody {
                html: view.html.unwrap_or_default(),
                rendering: view.rendering,
            },
        }
    }
}

/// A prompt with its text and the ways into assistants.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PromptText {
    /// Which one it is, and how far it was when it was fetched.
    pub about: PromptRef,
    /// The text.
    pub body: PromptBody,
}

/// The text of a prompt. On the wire it lies in one object with the [`PromptRef`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PromptBody {
    /// The text; only its beginning where `content_url` is there.
    pub prompt: String,
    /// Where the whole text is, when this is only its beginning.
    #[serde(default)]
    pub content_url: Option<String>,
    /// One-click ways into assistants.
    pub links: Vec<Link>,
}

impl From<PromptView> for PromptText {
    fn from(view: PromptView) -> Self {
        Self {
            about: view.about,
            body: PromptBody {
                prompt: view.prompt,
                content_url: view.content_url,
                links: view.links,
            },
        }
    }
}

/// The texts that were read last. Each may be a megabyte, so only a few are kept.
#[derive(Debug, Clone, Default)]
pub(crate) struct Texts {
    documents: Vec<Document>,
    prompts: Vec<PromptText>,
}

/// So many documents and so many prompts are kept.
const KEPT: usize = 8;

impl Texts {
    /// The text with this address.
    pub fn document_at(&self, address: &str) -> Option<&Document> {
        self.documents.iter().find(|known| {
            let about = &known.about;
            paths::handover(&about.handover, about.revision) == address
        })
    }

    /// The text of a revision.
    pub fn document(&self, handover: &HandoverId, revision: u32) -> Option<&Document> {
        self.documents
            .iter()
            .find(|known| known.is(handover, revision))
    }

    /// A prompt with its text.
    pub fn prompt(&self, id: &PromptId) -> Option<&PromptText> {
        self.prompts
            .iter()
            .find(|known| known.about.prompt_id == *id)
    }

    /// Keeps a document; the one that was kept longest may go.
    pub fn keep_document(&mut self, document: Document) {
        let about = &document.about;
        self.documents
            .retain(|known| !known.is(&about.handover, about.revision));
        self.documents.push(document);
        if self.documents.len() > KEPT {
            self.documents.remove(0);
        }
    }

    /// Keeps a prompt, if it is whole; the one that was kept longest may go.
    pub fn keep_prompt(&mut self, prompt: PromptText) {
        if prompt.body.content_url.is_some() {
            return;
        }
        self.prompts
            .retain(|known| known.about.prompt_id != prompt.about.prompt_id);
        self.prompts.push(prompt);
        if self.prompts.len() > KEPT {
            self.prompts.remove(0);
        }
    }
}
