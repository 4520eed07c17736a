//! Prompts as they leave the server.

use domain::{
    Actor, Delivery, DeliveryState, DocumentHash, HandoverId, PhaseName, PipelineId, Prompt,
    PromptId, Purpose, Timestamp, Via, Writer,
};
use serde::{Deserialize, Serialize};

/// A prompt without its text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PromptRef {
    /// The prompt.
    pub prompt_id: PromptId,
    /// The handover it was written from.
    pub handover: HandoverId,
    /// The revision of that handover.
    pub revision: u32,
    /// The phase it is for.
    pub phase: PhaseName,
    /// What it is for.
    pub purpose: Purpose,
    /// Its text.
    pub hash: DocumentHash,
    /// The length of that text in bytes.
    pub bytes: u64,
    /// Who wrote it.
    pub writer: Writer,
    /// How far it got.
    pub state: DeliveryState,
    /// When it was written.
    pub written: Timestamp,
    /// Every step of its way; left out in a [`crate::Summary`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deliveries: Vec<Delivery>,
}

impl PromptRef {
    /// A prompt as a row shows it.
    pub fn short(prompt: &Prompt) -> Self {
        Self {
            prompt_id: prompt.id.clone(),
            handover: prompt.handover.clone(),
            revision: prompt.revision,
            phase: prompt.phase.clone(),
            purpose: prompt.purpose,
            hash: prompt.document.hash,
            bytes: prompt.document.bytes,
            writer: prompt.writer.clone(),
            state: prompt.state(),
            written: prompt.written(),
            deliveries: Vec::new(),
        }
    }

    /// A prompt with every step of its way.
    pub fn whole(prompt: &Prompt) -> Self {
        Self {
            deliveries: prompt.deliveries.clone(),
            ..Self::short(prompt)
        }
    }
}

/// A prompt to be handed over. On the stream a long text is cut, with `content_url`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PromptView {
    /// The pipeline.
    pub pipeline: PipelineId,
    /// The prompt without its text.
    #[serde(flatten)]
    pub about: PromptRef,
    /// The text; its beginning where `content_url` is there.
    pub prompt: String,
    /// Where the whole text is, when `prompt` is only its beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_url: Option<String>,
    /// One-click ways into assistants.
    pub links: Vec<Link>,
}

/// A link that opens an assistant with the prompt typed in. The person there confirms; nothing runs by itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Link {
    /// The way it goes.
    pub via: Via,
    /// The address.
    pub href: String,
    /// Why it carries only the short form ("call `get_next_prompt`"), if it does.
    pub short: Option<ShortForm>,
}

/// Why a link carries the short form of a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ShortForm {
    /// The whole text is over the client's limit.
    TooLong,
    /// The client refuses texts like this one.
    Forbidden,
}

/// A prompt got further on its way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PromptDelivery {
    /// The pipeline.
    pub pipeline: PipelineId,
    /// The prompt.
    pub prompt_id: PromptId,
    /// How far it got.
    pub state: DeliveryState,
    /// Which way.
    pub via: Option<Via>,
    /// Who took the step.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
}
