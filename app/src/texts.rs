//! The long texts of a pipeline, as much of them as the board keeps.
//!
//! Everything else about them comes with the pipeline's status, so it is not read a second time here.

use domain::{
    HandoverId, PromptId,
    view::{HandoverView, Link, PromptView},
};
use serde::{Deserialize, Serialize};

/// The document of a handover.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// The handover.
    pub handover: HandoverId,
    /// The revision that this is the text of.
    pub revision: u32,
    /// The text as sanitised HTML.
    pub html: String,
}

impl From<HandoverView> for Document {
    fn from(view: HandoverView) -> Self {
        Self {
            handover: view.about.handover,
            revision: view.about.revision,
            html: view.html,
        }
    }
}

/// A prompt and the ways into assistants.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PromptText {
    /// The prompt.
    pub prompt_id: PromptId,
    /// The text.
    pub prompt: String,
    /// One-click ways into assistants.
    pub links: Vec<Link>,
}

impl From<PromptView> for PromptText {
    fn from(view: PromptView) -> Self {
        Self {
            prompt_id: view.about.prompt_id,
            prompt: view.prompt,
            links: view.links,
        }
    }
}
