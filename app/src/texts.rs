//! The long texts of a pipeline, as much of them as the board keeps.
//!
//! Everything else about them comes with the pipeline's summary and detail, so it is not read a second time here.

use domain::{DocumentHash, HandoverId, PromptId};
use protocol::{HandoverView, Link, PromptView, Rendering};
use serde::{Deserialize, Serialize};

/// The text of one revision of a handover.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// The handover.
    pub handover: HandoverId,
    /// The revision that this is the text of.
    pub revision: u32,
    /// What the text is named by: a decision says that this was read.
    pub hash: DocumentHash,
    /// The text as sanitised HTML.
    #[serde(default)]
    pub html: String,
    /// How the text became HTML.
    #[serde(default)]
    pub rendering: Option<Rendering>,
}

impl From<HandoverView> for Document {
    fn from(view: HandoverView) -> Self {
        Self {
            handover: view.about.handover,
            revision: view.about.revision,
            hash: view.about.hash,
            html: view.html.unwrap_or_default(),
            rendering: view.rendering,
        }
    }
}

/// A prompt and the ways into assistants.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PromptText {
    /// The prompt.
    pub prompt_id: PromptId,
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
            prompt_id: view.about.prompt_id,
            prompt: view.prompt,
            content_url: view.content_url,
            links: view.links,
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
    /// The text of a revision.
    pub fn document(&self, handover: &HandoverId, revision: u32) -> Option<&Document> {
        self.documents
            .iter()
            .find(|known| known.revision == revision && known.handover == *handover)
    }

    /// A prompt with its text.
    pub fn prompt(&self, id: &PromptId) -> Option<&PromptText> {
        self.prompts.iter().find(|known| known.prompt_id == *id)
    }

    /// Keeps a document; the one that was kept longest may go.
    pub fn keep_document(&mut self, document: Document) {
        self.documents.retain(|known| {
            known.revision != document.revision || known.handover != document.handover
        });
        self.documents.push(document);
        if self.documents.len() > KEPT {
            self.documents.remove(0);
        }
    }

    /// Keeps a prompt, if it is whole; the one that was kept longest may go.
    pub fn keep_prompt(&mut self, prompt: PromptText) {
        if prompt.content_url.is_some() {
            return;
        }
        self.prompts
            .retain(|known| known.prompt_id != prompt.prompt_id);
        self.prompts.push(prompt);
        if self.prompts.len() > KEPT {
            self.prompts.remove(0);
        }
    }
}
