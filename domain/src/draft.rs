//! A prompt before it leaves: its versions, and whether a person looks at it first.

use serde::{Deserialize, Serialize};

use crate::{
    Actor, ActorKind, Changes, DeliveryState, Document, DocumentRef, Event, PhaseName, Pipeline,
    Prompt, PromptId, Reason, Recorded, Refusal, Status, Timestamp, Via, What, Writer, lifecycle,
    limits::{MESSAGE_MAX, PROMPT_MAX, PROMPT_VERSIONS_MAX},
    phase, prompt, text,
};

/// One text of a prompt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PromptVersion {
    /// The text.
    pub document: DocumentRef,
    /// Who or what wrote it.
    pub writer: Writer,
    /// Who asked for it.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
    /// What the writer was told to mind, where it wrote anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// Why a prompt does not leave by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Held {
    /// People want to look at it first, by a choice for this pipeline or by the settings.
    ToLook,
    /// It may contain a secret.
    Secrets,
    /// A person is changing it.
    Changed,
    /// A reason that a newer Staffel wrote into the journal.
    #[serde(other)]
    Unknown,
}

/// Decides about which phases' prompts people look at before they leave. No events means: it is so already.
pub(crate) fn hold(
    pipeline: &Pipeline,
    actor: &Actor,
    phases: &[String],
) -> Result<Vec<Event>, Refusal> {
    refuse_others(pipeline, actor, "hold prompts")?;
    lifecycle::refuse_when_ended(pipeline)?;
    let mut known: Vec<PhaseName> = Vec::new();
    let all: Vec<PhaseName> = pipeline.phases.iter().map(|p| p.name.clone()).collect();
    for name in phases {
        let name = PhaseName::parse(name)?;
        if !all.contains(&name) {
            return Err(phase::unknown(&name, &all));
        }
        if !known.contains(&name) {
            known.push(name);
        }
    }
    if pipeline.held_phases.as_ref() == Some(&known) {
        return Ok(vec![]);
    }
    Ok(vec![Event::HeldPhasesChanged { phases: known }])
}

/// Decides about another text for a prompt that no agent has: it stays until a person sends it.
pub(crate) fn revise(
    pipeline: &Pipeline,
    actor: &Actor,
    id: &PromptId,
    base: u32,
    new_text: &str,
    writer: &Writer,
    hint: Option<&str>,
) -> Result<Changes, Refusal> {
    let prompt = changeable(pipeline, actor, id)?;
    refuse_stale(prompt, base)?;
    let document = Document::new(text::written_document("text", new_text, PROMPT_MAX)?);
    let hint = text::optional_line("hint", hint, MESSAGE_MAX)?;
    let reference = document.reference();
    if prompt.document == reference && hint.is_none() {
        return Ok(Changes::default());
    }
    let versions = prompt.version_count();
    if versions >= PROMPT_VERSIONS_MAX {
        return Err(Refusal::new(
            Reason::NotYourTurn,
            format!("{id} has {versions} versions."),
            format!("at most {PROMPT_VERSIONS_MAX} versions of a prompt."),
            "Choose one of them, and send it.",
        ));
    }
    Ok(Changes {
        events: vec![Event::PromptRevised {
            prompt: id.clone(),
            version: versions + 1,
            document: reference,
            writer: writer.clone(),
            hint,
        }],
        documents: vec![document],
    })
}

/// Decides about going back to another version. No events means: it is chosen.
pub(crate) fn choose(
    pipeline: &Pipeline,
    actor: &Actor,
    id: &PromptId,
    version: u32,
) -> Result<Vec<Event>, Refusal> {
    let prompt = changeable(pipeline, actor, id)?;
    if version == 0 || version > prompt.version_count() {
        return Err(Refusal::new(
            Reason::NotFound,
            format!("{id} has no version {version}."),
            format!("1 to {}.", prompt.version_count()),
            "Reload to see its versions.",
        ));
    }
    if prompt.version == version {
        return Ok(vec![]);
    }
    Ok(vec![Event::PromptVersionChosen {
        prompt: id.clone(),
        version,
    }])
}

/// Decides about sending a held prompt: from here on agents get it. No events means: it is sent.
pub(crate) fn send(
    pipeline: &Pipeline,
    actor: &Actor,
    id: &PromptId,
    version: u32,
) -> Result<Vec<Event>, Refusal> {
    refuse_others(pipeline, actor, "send a prompt")?;
    let prompt = prompt::find(pipeline, id)?;
    if prompt.held.is_none() {
        return Ok(vec![]);
    }
    lifecycle::refuse_when_ended(pipeline)?;
    refuse_stale(prompt, version)?;
    Ok(vec![Event::PromptOffered {
        prompt: id.clone(),
        via: Some(Via::Stream),
    }])
}

/// Refuses what would give a held prompt away.
pub(crate) fn refuse_when_held(prompt: &Prompt) -> Result<(), Refusal> {
    if prompt.held.is_none() {
        return Ok(());
    }
    Err(Refusal::new(
        Reason::NotYourTurn,
        format!(
            "A person looks at the prompt {} before it leaves.",
            prompt.id
        ),
        "waiting until it is sent.",
        "Call await_handover_decision: it waits until then. People send it on the board.",
    ))
}

fn changeable<'a>(
    pipeline: &'a Pipeline,
    actor: &Actor,
    id: &PromptId,
) -> Result<&'a Prompt, Refusal> {
    refuse_others(pipeline, actor, "change a prompt")?;
    let prompt = prompt::find(pipeline, id)?;
    lifecycle::refuse_when_ended(pipeline)?;
    if let Some(taker) = prompt.taken_by() {
        return Err(Refusal::new(
            Reason::NotYourTurn,
            format!("{} has picked up the prompt {id}.", taker.name),
            "changes until an agent has it.",
            "Send the agent a note instead.",
        ));
    }
    let waits = pipeline.status == Status::HandingOver
        && pipeline
            .newest_prompt()
            .is_some_and(|newest| newest.id == *id);
    if waits {
        return Ok(prompt);
    }
    Err(Refusal::new(
        Reason::NotYourTurn,
        format!("The prompt {id} does not wait any more."),
        "the newest prompt of the pipeline, before an agent has it.",
        "Reload to see what waits.",
    ))
}

fn refuse_stale(prompt: &Prompt, version: u32) -> Result<(), Refusal> {
    if prompt.version == version {
        return Ok(());
    }
    let (id, current) = (&prompt.id, prompt.version);
    let by = prompt.versions.last().map(|newest| &newest.by.name);
    let by = by.map(|name| format!(" (by {name})")).unwrap_or_default();
    Err(Refusal::new(
        Reason::StaleRevision,
        format!("Version {version} of {id} is not the current one."),
        format!("version {current}{by}."),
        format!("Read version {current}. Your own text is not lost: save it as the next version."),
    ))
}

fn refuse_others(pipeline: &Pipeline, actor: &Actor, what: &str) -> Result<(), Refusal> {
    if actor.kind == ActorKind::Person {
        return Ok(());
    }
    Err(Refusal::new(
        Reason::OnlyPeopleDecide,
        format!("`{}` is not a person, and only people {what}.", actor.name),
        "waiting for the prompt.",
        format!("Call get_next_prompt with pipeline={}.", pipeline.id),
    ))
}

impl Prompt {
    /// How many versions there are, from 1.
    pub fn version_count(&self) -> u32 {
        u32::try_from(self.versions.len())
            .unwrap_or(u32::MAX)
            .max(1)
    }
}

impl Pipeline {
    /// Whether this actor may replace a version of a prompt. For what takes long to write: the command decides again.
    ///
    /// # Errors
    /// The [`Refusal`] that [`crate::Command::RevisePrompt`] would lead to.
    pub fn may_revise(&self, actor: &Actor, id: &PromptId, base: u32) -> Result<(), Refusal> {
        refuse_stale(changeable(self, actor, id)?, base)
    }

    /// The prompt that a person looks at before it leaves.
    pub fn held_prompt(&self) -> Option<&Prompt> {
        self.newest_prompt().filter(|prompt| prompt.held.is_some())
    }

    /// Whether people look at the prompts for this phase before they leave; none where nobody chose.
    pub fn holds(&self, phase: &PhaseName) -> Option<bool> {
        Some(self.held_phases.as_ref()?.contains(phase))
    }

    pub(crate) fn apply_held_phases(&mut self, phases: &[PhaseName]) {
        self.held_phases = Some(phases.to_vec());
    }

    pub(crate) fn apply_prompt_revised(
        &mut self,
        recorded: &Recorded,
        id: &PromptId,
        version: u32,
        new: PromptVersion,
    ) {
        let Some(prompt) = self.changing(id) else {
            return;
        };
        if prompt.versions.is_empty() {
            prompt.versions.push(PromptVersion {
                document: prompt.document,
                writer: prompt.writer.clone(),
                by: prompt
                    .deliveries
                    .first()
                    .map_or_else(Actor::system, |written| written.by.clone()),
                at: prompt.written(),
                hint: None,
            });
        }
        if version != prompt.version_count() + 1 {
            return;
        }
        prompt.versions.push(new);
        prompt.make_current(version);
        self.note(recorded, What::PromptVersion { version });
    }

    pub(crate) fn apply_prompt_version_chosen(
        &mut self,
        recorded: &Recorded,
        id: &PromptId,
        version: u32,
    ) {
        let Some(prompt) = self.changing(id) else {
            return;
        };
        if prompt.make_current(version) {
            self.note(recorded, What::PromptVersion { version });
        }
    }

    /// A prompt that no agent has.
    fn changing(&mut self, id: &PromptId) -> Option<&mut Prompt> {
        self.prompts
            .iter_mut()
            .find(|prompt| prompt.id == *id && prompt.state() < DeliveryState::PickedUp)
    }
}

impl Prompt {
    fn make_current(&mut self, version: u32) -> bool {
        let index = usize::try_from(version).unwrap_or(usize::MAX);
        let Some(chosen) = index.checked_sub(1).and_then(|at| self.versions.get(at)) else {
            return false;
        };
        (self.document, self.writer) = (chosen.document, chosen.writer.clone());
        self.version = version;
        self.held.get_or_insert(Held::Changed);
        true
    }
}
