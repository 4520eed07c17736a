//! Prompts as they leave the server.

use domain::{
    Actor, Delivery, DeliveryState, DocumentHash, HandoverId, Held, PhaseName, PipelineId, Prompt,
    PromptId, PromptVersion, Purpose, Timestamp, Via, Writer,
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
    /// The number of its current version, from 1.
    #[serde(default = "first")]
    pub version: u32,
    /// Why it waits for a person to send it; nothing once it was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Held>,
    /// How far it got.
    pub state: DeliveryState,
    /// When it was written.
    pub written: Timestamp,
    /// All its versions, the oldest first; empty while there is one, and in a [`crate::Summary`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<PromptVersion>,
    /// Every step of its way; left out in a [`crate::Summary`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deliveries: Vec<Delivery>,
}

fn first() -> u32 {
    1
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
            version: prompt.version,
            held: prompt.held,
            versions: Vec::new(),
            state: prompt.state(),
            written: prompt.written(),
            deliveries: Vec::new(),
        }
    }

    /// A prompt with every step of its way.
    pub fn whole(prompt: &Prompt) -> Self {
        Self {
            deliveries: prompt.deliveries.clone(),
            versions: prompt.versions.clone(),
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
    /// What in the text may be a secret; for people alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<Secret>,
}

/// A place in a text that may be a secret. The secret itself is not repeated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Secret {
    /// What sort of secret, in the words of the rule that found it.
    pub kind: String,
    /// The line it begins in, from 1.
    pub line: u32,
    /// What there is instead when it is masked.
    pub mask: String,
}

/// What can write a prompt anew.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PromptWriters {
    /// The models by name, the default first. The template can always write.
    pub models: Vec<String>,
}

/// What a model said that was given a prompt and nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ColdRead {
    /// The version that it read.
    pub version: u32,
    /// Whether it could begin.
    pub ready: bool,
    /// What it would have to ask first.
    pub questions: Vec<String>,
    /// Its name.
    pub model: String,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
}

/// What a model answered to a short question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ModelTest {
    /// Its name.
    pub model: String,
    /// The answer, cut to a line.
    pub answer: String,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
}

/// Two texts, line by line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PromptDiff {
    /// The version that is compared with.
    pub from: u32,
    /// The version that is compared.
    pub to: u32,
    /// The lines, in order. Long runs of equal lines are left out.
    pub lines: Vec<DiffLine>,
    /// Whether the texts were too long, or too different, to show every line.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
}

/// One line of a comparison.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct DiffLine {
    /// What became of it.
    pub change: LineChange,
    /// The line, without its end; how many lines were left out where `change` is [`LineChange::Skipped`].
    pub text: String,
}

/// What became of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum LineChange {
    /// It is in both.
    Same,
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// Equal lines that are not shown.
    Skipped,
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
