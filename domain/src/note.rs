//! What a person tells an agent at work: a word, to pause, or to go on. Each is read with the agent's next call.

use serde::{Deserialize, Serialize};

use crate::{
    Actor, ActorKind, Event, Pipeline, Reason, Recorded, Refusal, Status, Timestamp, What,
    lifecycle,
    limits::{MESSAGE_MAX, NAME_MAX, NOTES_KEPT, UNREAD_NOTES_MAX},
    text,
};

/// What a person told the agent, and how far it got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Note {
    /// Its number in the pipeline, from 1.
    pub number: u32,
    /// What it asks for.
    pub kind: NoteKind,
    /// The words; those of a pause may be empty.
    pub text: String,
    /// Who wrote it.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
    /// How an agent got it first; nothing while none has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered: Option<Receipt>,
    /// When the agent confirmed that it has read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledged: Option<Timestamp>,
}

/// What a note asks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum NoteKind {
    /// To be read, and heeded in the work.
    #[default]
    Word,
    /// To stop working until a person says otherwise.
    Pause,
    /// To go on after a pause.
    GoOn,
}

/// How something reached an agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Receipt {
    /// The call that it was answered with: the name of a tool, or `hook`.
    pub with: String,
    /// Who called.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
}

impl Receipt {
    pub(crate) fn of(recorded: &Recorded, with: &str) -> Self {
        Self {
            with: with.to_owned(),
            by: recorded.actor.clone(),
            at: recorded.at,
        }
    }
}

/// Decides about a note. No events means: it is so already.
pub(crate) fn send(
    pipeline: &Pipeline,
    actor: &Actor,
    kind: NoteKind,
    words: &str,
) -> Result<Vec<Event>, Refusal> {
    if actor.kind != ActorKind::Person {
        return Err(Refusal::new(
            Reason::OnlyPeopleDecide,
            format!(
                "`{}` is not a person, and notes to agents come from people.",
                actor.name
            ),
            "reports, questions and handovers of agents.",
            "Say it with update_pipeline_status, or ask with ask_person.",
        ));
    }
    lifecycle::refuse_when_ended(pipeline)?;
    let text = match kind {
        NoteKind::Word => text::line("text", words, MESSAGE_MAX)?,
        NoteKind::Pause | NoteKind::GoOn => {
            text::optional_line("text", Some(words), MESSAGE_MAX)?.unwrap_or_default()
        }
    };
    match kind {
        NoteKind::Word => {}
        NoteKind::Pause if pipeline.paused.is_some() => return Ok(vec![]),
        NoteKind::GoOn if pipeline.paused.is_none() => return Ok(vec![]),
        NoteKind::Pause if pipeline.status != Status::Running => {
            return Err(Refusal::new(
                Reason::NotYourTurn,
                format!("No agent works on the pipeline {} just now.", pipeline.id),
                "pausing while the agent has the baton.",
                "Decide about the handover, or send a note: the agent reads it when it goes on.",
            ));
        }
        NoteKind::Pause | NoteKind::GoOn => {}
    }
    let unread = pipeline.undelivered_notes().count();
    // To stop an agent must always be possible.
    if kind == NoteKind::Word && unread >= UNREAD_NOTES_MAX {
        return Err(Refusal::new(
            Reason::NotYourTurn,
            format!("{unread} notes to the agent of {} are unread.", pipeline.id),
            format!("at most {UNREAD_NOTES_MAX} unread notes."),
            "Wait until the agent calls Staffel, or say it with your next decision.",
        ));
    }
    Ok(vec![Event::NoteSent {
        note: pipeline.next_note(),
        kind,
        text,
    }])
}

/// Decides about a call that is answered with every note that no agent has. No events means: there is none.
pub(crate) fn deliver(pipeline: &Pipeline, with: &str) -> Result<Vec<Event>, Refusal> {
    let with = text::line("with", with, NAME_MAX)?;
    let notes: Vec<u32> = pipeline
        .undelivered_notes()
        .map(|note| note.number)
        .collect();
    Ok(if notes.is_empty() {
        vec![]
    } else {
        vec![Event::NotesDelivered { notes, with }]
    })
}

/// Decides about the confirmation that notes were read. No events means: they were confirmed already.
pub(crate) fn acknowledge(pipeline: &Pipeline, numbers: &[u32]) -> Result<Vec<Event>, Refusal> {
    let mut notes = Vec::new();
    for number in numbers {
        let Some(note) = pipeline.notes.iter().find(|note| note.number == *number) else {
            // Confirmed long ago, and forgotten.
            if (1..pipeline.next_note()).contains(number) {
                continue;
            }
            let known = pipeline.notes.iter().map(|note| note.number.to_string());
            let known: Vec<_> = known.collect();
            return Err(Refusal::not_found(
                "note",
                &number.to_string(),
                &pipeline.id,
                &known,
            ));
        };
        if note.acknowledged.is_none() && !notes.contains(number) {
            notes.push(*number);
        }
    }
    Ok(if notes.is_empty() {
        vec![]
    } else {
        vec![Event::NotesAcknowledged { notes }]
    })
}

impl Pipeline {
    /// The notes that no agent has, the oldest first.
    pub fn undelivered_notes(&self) -> impl Iterator<Item = &Note> {
        self.notes.iter().filter(|note| note.delivered.is_none())
    }

    /// The words that no agent has confirmed, the oldest first: an answer may get lost, so each is told again until then.
    pub fn unread_notes(&self) -> impl Iterator<Item = &Note> {
        let words = self.notes.iter().filter(|note| note.kind == NoteKind::Word);
        words.filter(|note| note.acknowledged.is_none())
    }

    /// What a person has to say to an agent that is told to go on, until an agent has it.
    pub fn untold_go_on(&self) -> Option<&Note> {
        let newest = self
            .notes
            .iter()
            .rev()
            .find(|note| note.kind != NoteKind::Word)?;
        let goes_on = newest.kind == NoteKind::GoOn && self.paused.is_none();
        (goes_on && newest.delivered.is_none()).then_some(newest)
    }

    /// The note with which a person paused the agent at work, while it is paused.
    pub fn pause(&self) -> Option<&Note> {
        self.paused?;
        self.notes
            .iter()
            .rev()
            .find(|note| note.kind == NoteKind::Pause)
    }

    fn next_note(&self) -> u32 {
        self.notes
            .last()
            .map_or(1, |note| note.number.saturating_add(1))
    }

    pub(crate) fn apply_note_sent(
        &mut self,
        recorded: &Recorded,
        number: u32,
        kind: NoteKind,
        text: &str,
    ) {
        match kind {
            NoteKind::Word => {}
            NoteKind::Pause if self.status == Status::Running => self.paused = Some(recorded.at),
            NoteKind::Pause => {}
            NoteKind::GoOn => self.paused = None,
        }
        if self.notes.len() == NOTES_KEPT {
            let read = |note: &Note| match note.kind {
                NoteKind::Word => note.acknowledged.is_some(),
                NoteKind::Pause | NoteKind::GoOn => note.delivered.is_some(),
            };
            let read = self.notes.iter().position(read);
            self.notes.remove(read.unwrap_or(0));
        }
        let text = text.to_owned();
        self.notes.push(Note {
            number,
            kind,
            text: text.clone(),
            by: recorded.actor.clone(),
            at: recorded.at,
            delivered: None,
            acknowledged: None,
        });
        self.note(recorded, What::NoteSent { kind, text });
    }

    pub(crate) fn apply_notes_delivered(
        &mut self,
        recorded: &Recorded,
        numbers: &[u32],
        with: &str,
    ) {
        for note in self.notes_mut(numbers) {
            note.delivered
                .get_or_insert_with(|| Receipt::of(recorded, with));
        }
    }

    pub(crate) fn apply_notes_acknowledged(&mut self, recorded: &Recorded, numbers: &[u32]) {
        for note in self.notes_mut(numbers) {
            note.acknowledged.get_or_insert(recorded.at);
            // It was read, whichever way it came.
            note.delivered
                .get_or_insert_with(|| Receipt::of(recorded, ""));
        }
        let notes = numbers.to_vec();
        self.note(recorded, What::NotesRead { notes });
    }

    fn notes_mut(&mut self, numbers: &[u32]) -> impl Iterator<Item = &mut Note> {
        let notes = self.notes.iter_mut();
        notes.filter(|note| numbers.contains(&note.number))
    }

    /// A pause is for an agent at work: whatever ends the work ends it.
    pub(crate) fn end_pause(&mut self) {
        if self.status != Status::Running {
            self.paused = None;
        }
    }
}
