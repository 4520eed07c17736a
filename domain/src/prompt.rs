//! The text that starts the next leg, and how far it got.

use serde::{Deserialize, Serialize};

use crate::{Actor, DocumentRef, HandoverId, PhaseName, PromptId, Timestamp};

/// The text that starts the next phase, or the next revision, in an assistant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Prompt {
    /// Its id.
    pub id: PromptId,
    /// The handover it was written from.
    pub handover: HandoverId,
    /// The revision of that handover.
    pub revision: u32,
    /// The phase it starts or continues.
    pub phase: PhaseName,
    /// What it is for.
    pub purpose: Purpose,
    /// The text.
    pub document: DocumentRef,
    /// Who wrote it, and why that one.
    pub writer: Writer,
    /// Every step of its way, the first being that it was written.
    pub deliveries: Vec<Delivery>,
}

impl Prompt {
    /// How far it got.
    pub fn state(&self) -> DeliveryState {
        self.deliveries
            .iter()
            .map(|d| d.state)
            .max()
            .unwrap_or(DeliveryState::Written)
    }

    /// When it was written.
    pub fn written(&self) -> Timestamp {
        self.deliveries
            .first()
            .map_or(Timestamp::from_millis(0), |written| written.at)
    }

    /// Who picked it up, the first if there were several.
    pub fn taken_by(&self) -> Option<&Actor> {
        let mut deliveries = self.deliveries.iter();
        let taken = deliveries.find(|d| d.state == DeliveryState::PickedUp);
        taken.map(|d| &d.by)
    }
}

/// What a prompt is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// It starts the next phase.
    NextPhase,
    /// It asks for a revision of the handover.
    Revision,
}

/// Who wrote a prompt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Writer {
    /// A model or a template.
    pub kind: WriterKind,
    /// The model's name, or the template's.
    pub name: String,
    /// Why this writer, where that needs a word: no model configured, the model failed …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// How long the writing took, in milliseconds.
    #[serde(default)]
    pub took_ms: u64,
}

/// The two kinds of writers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum WriterKind {
    /// A language model behind an OpenAI-compatible API.
    Model,
    /// The deterministic template.
    Template,
}

/// One step of a prompt's way to an assistant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Delivery {
    /// How far it got by this step.
    pub state: DeliveryState,
    /// Which way, where there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<Via>,
    /// Who took the step.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
}

/// How far a prompt got. The order is the order of the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// It exists.
    Written,
    /// It was offered: on the stream, as a link, by copy.
    Offered,
    /// An agent has it.
    PickedUp,
    /// The agent confirmed that it read it.
    Acknowledged,
    /// The agent reported from the phase that the prompt started.
    Running,
}

/// The way a prompt was offered or picked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// The SSE event `cursor_prompt`.
    Stream,
    /// The waiting call `await_handover_decision`.
    Wait,
    /// The call `get_next_prompt`.
    Pull,
    /// The MCP prompt `next_phase`, which a person called in the assistant.
    McpPrompt,
    /// The agent went on without asking: the prompt reached it by copy or link.
    Report,
    /// The clipboard of a person.
    Copy,
    /// A link into Cursor.
    Cursor,
    /// A link into VS Code.
    VsCode,
    /// A link into Claude Code.
    ClaudeCode,
    /// A link into Claude Desktop.
    ClaudeDesktop,
}

/// The language of a pipeline: its prompts are written in it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// German.
    De,
    /// English.
    #[default]
    En,
}
