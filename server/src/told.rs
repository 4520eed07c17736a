//! What people have to say to an agent at work, besides decisions: notes, a pause, answers to its questions. It comes with the
//! answer to whatever the agent calls next, whichever way it calls, and each is a receipt for the person.

use domain::{Actor, Command, Note, NoteKind, Pipeline, Question, text::visible};

use crate::relay::{Relay, RelayError};

/// What an agent is told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// Notes: a pause first, then words, the oldest first.
    pub notes: Vec<Note>,
    /// Questions with answers that no agent has, the oldest first.
    pub answers: Vec<Question>,
}

impl Told {
    /// What no agent has been told; with `again` also words that none has confirmed, and a pause for as long as it lasts: an
    /// answer may get lost.
    pub fn of(pipeline: &Pipeline, again: bool) -> Self {
        let is_new = |note: &&Note| again || note.delivered.is_none();
        let pause = pipeline.pause().filter(is_new);
        let words = pipeline.unread_notes().filter(is_new);
        let notes = pause
            .into_iter()
            .chain(pipeline.untold_go_on())
            .chain(words);
        let answers = pipeline.undelivered_answers().map(|(question, _)| question);
        Self {
            notes: notes.cloned().collect(),
            answers: answers.cloned().collect(),
        }
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.notes.is_empty() && self.answers.is_empty()
    }

    /// The same for the model, one paragraph each.
    pub fn words(&self, pipeline: &Pipeline) -> String {
        let note = |note: &Note| {
            let (by, number) = (&note.by.name, note.number);
            let text = visible(&note.text);
            let says = if text.is_empty() {
                String::new()
            } else {
                format!(" {by} says: {text}")
            };
            let next = next_step(note, pipeline);
            match note.kind {
                NoteKind::Pause => format!("{by} has PAUSED this pipeline.{says} {next}"),
                NoteKind::GoOn => format!("{by} lets the work go on.{says}"),
                NoteKind::Word => {
                    format!("Note {number} from {by}, for you to heed: {text}\n{next}")
                }
            }
        };
        let answer = |question: &Question| {
            let made = question.answer.as_ref()?;
            Some(format!(
                "{} has answered your question {} ({}): {}",
                made.by.name,
                question.id,
                visible(&question.asked.question),
                visible(&made.reply.line())
            ))
        };
        let notes = self.notes.iter().map(note);
        let all = notes.chain(self.answers.iter().filter_map(answer));
        all.collect::<Vec<_>>().join("\n\n")
    }

    /// Notes that an agent has it, and with which call.
    ///
    /// # Errors
    /// The journal cannot be written: nothing counts as told then.
    pub async fn deliver(
        &self,
        relay: &Relay,
        pipeline: &Pipeline,
        actor: &Actor,
        with: &str,
    ) -> Result<(), RelayError> {
        let with = || with.to_owned();
        if self.notes.iter().any(|note| note.delivered.is_none()) {
            let notes = Command::DeliverNotes { with: with() };
            relay.execute(&pipeline.id, &notes, actor, None).await?;
        }
        for question in &self.answers {
            let answer = Command::DeliverAnswer {
                question: question.id.clone(),
                with: with(),
            };
            relay.execute(&pipeline.id, &answer, actor, None).await?;
        }
        Ok(())
    }
}

/// What the agent does about a note.
pub fn next_step(note: &Note, pipeline: &Pipeline) -> String {
    let (id, number) = (&pipeline.id, note.number);
    match note.kind {
        NoteKind::Pause => format!(
            "Stop working now and call await_handover_decision(pipeline=\"{id}\"): it waits until you may go on."
        ),
        NoteKind::GoOn => "Go on with your work.".to_owned(),
        NoteKind::Word => format!(
            "Confirm it with update_pipeline_status(pipeline=\"{id}\", notes_read=[{number}])."
        ),
    }
}
