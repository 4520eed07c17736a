//! The text that starts the next phase or the next revision.

use serde::{Deserialize, Serialize};

use crate::{
    Actor, Changes, Delivery, DeliveryState, Document, DocumentRef, Event, Handover, HandoverId,
    Held, PhaseName, Pipeline, PromptId, PromptVersion, Recorded, Refusal, Status, Timestamp,
    Verdict, Via, What, id::number_after, limits::PROMPT_MAX, text,
};

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
    /// The text of its current version.
    pub document: DocumentRef,
    /// Who wrote that, and why that one.
    pub writer: Writer,
    /// The number of its current version, from 1.
    #[serde(default = "first")]
    pub version: u32,
    /// All its versions, the oldest first; empty while there is one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<PromptVersion>,
    /// Why it waits for a person to send it; nothing once it was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Held>,
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

fn first() -> u32 {
    1
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

/// The kinds of writers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum WriterKind {
    /// A language model behind an OpenAI-compatible API.
    Model,
    /// The deterministic template.
    Template,
    /// A person.
    Person,
    /// A kind that a newer Staffel wrote into the journal.
    #[serde(other)]
    Unknown,
}

/// Decides about a written prompt. No events means: nothing wants it any more.
pub(crate) fn write(
    pipeline: &Pipeline,
    id: &HandoverId,
    revision: u32,
    text: &str,
    writer: &Writer,
    hold: Option<Held>,
) -> Result<Changes, Refusal> {
    let Some((handover, purpose)) = pipeline.wants_prompt() else {
        return Ok(Changes::default());
    };
    if handover.id != *id || handover.current().number != revision {
        return Ok(Changes::default());
    }
    let phase = match purpose {
        Purpose::NextPhase => handover
            .next_phase
            .clone()
            .unwrap_or_else(|| handover.phase.clone()),
        Purpose::Revision => handover.phase.clone(),
    };
    let prompt = PromptId::new(pipeline.id.clone(), number_after(pipeline.prompts.len()));
    let text = Document::new(text::written_document("text", text, PROMPT_MAX)?);
    let held = match pipeline.holds(&phase) {
        Some(true) => hold.or(Some(Held::ToLook)),
        // The settings say what holds where nobody chose; a secret is held whoever chose.
        Some(false) => hold.filter(|why| *why != Held::ToLook),
        None => hold,
    };
    let mut events = vec![Event::PromptWritten {
        prompt: prompt.clone(),
        handover: id.clone(),
        revision,
        phase,
        purpose: Some(purpose),
        document: text.reference(),
        writer: writer.clone(),
        held,
    }];
    if held.is_none() {
        events.push(Event::PromptOffered {
            prompt,
            via: Some(Via::Stream),
        });
    }
    Ok(Changes {
        events,
        documents: vec![text],
    })
}

/// Finds a prompt by id.
pub(crate) fn find<'a>(pipeline: &'a Pipeline, id: &PromptId) -> Result<&'a Prompt, Refusal> {
    pipeline.prompt(id).ok_or_else(|| {
        let known: Vec<String> = pipeline.prompts.iter().map(|p| p.id.to_string()).collect();
        Refusal::not_found("prompt", &id.to_string(), &pipeline.id, &known)
    })
}

impl Pipeline {
    /// A prompt by id.
    pub fn prompt(&self, id: &PromptId) -> Option<&Prompt> {
        self.prompts.iter().find(|prompt| prompt.id == *id)
    }

    /// The prompt that a decision about this revision led to.
    pub fn prompt_for(&self, handover: &HandoverId, revision: u32) -> Option<&Prompt> {
        self.prompts
            .iter()
            .rev()
            .find(|prompt| prompt.handover == *handover && prompt.revision == revision)
    }

    /// The decided handover whose prompt has still to be written.
    pub fn wants_prompt(&self) -> Option<(&Handover, Purpose)> {
        let handover = self
            .handovers
            .last()
            .filter(|_| self.status == Status::HandingOver)?;
        let purpose = match handover.current().decision.as_ref()?.decision {
            Verdict::Accept => Purpose::NextPhase,
            Verdict::RequestChanges => Purpose::Revision,
            Verdict::Stop => return None,
        };
        let missing = self
            .prompt_for(&handover.id, handover.current().number)
            .is_none();
        missing.then_some((handover, purpose))
    }

    /// What a prompt is for that was written after the decision about this revision.
    pub(crate) fn purpose_of(&self, handover: &HandoverId, revision: u32) -> Purpose {
        let decision = self
            .handover(handover)
            .and_then(|handover| handover.decision(revision));
        match decision.map(|decision| decision.decision) {
            Some(Verdict::RequestChanges) => Purpose::Revision,
            _ => Purpose::NextPhase,
        }
    }

    pub(crate) fn apply_prompt_written(&mut self, recorded: &Recorded, prompt: Prompt) {
        let (writer, phase) = (prompt.writer.name.clone(), prompt.phase.clone());
        self.prompts.push(prompt);
        self.note(recorded, What::PromptWritten { writer, phase });
    }
}
