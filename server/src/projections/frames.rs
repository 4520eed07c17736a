//! From facts to frames: what the outside world is told about an append.

use std::{collections::HashMap, sync::Arc};

use domain::{
    Actor, DeliveryState, DocumentHash, DocumentRef, Event, HandoverId, Pipeline, Prompt, PromptId,
    Recorded, Verdict, Via,
};
use protocol::{
    Changed, HandoverDecided, NoteView, PipelineStatus, PromptDelivery, QuestionView, Summary,
    TaskChange, VersionView, event_name,
};

use super::texts::{streamed_handover, streamed_prompt};
use crate::live::{EventId, Unit, encode_into};

/// Most tasks and most log lines in one event. Who shows a pipeline fetches it again when more has changed.
const CHANGES_MAX: usize = 32;

/// The texts that the facts of an append name.
pub type Texts = HashMap<DocumentHash, Arc<str>>;

/// Which texts [`frames_of`] needs for these facts, after which the pipeline is this, and whether each is a prompt that was
/// sent. That one goes as it is; the others without what may be a secret.
pub fn named_texts<'a>(
    after: &'a Pipeline,
    batch: &'a [Recorded],
) -> impl Iterator<Item = (DocumentRef, bool)> + 'a {
    batch.iter().filter_map(|recorded| match &recorded.event {
        Event::HandoverSubmitted { document, .. } | Event::HandoverRevised { document, .. } => {
            Some((*document, false))
        }
        event => sent_prompt(after, event).map(|prompt| (prompt.document, true)),
    })
}

/// The prompt that left for every client with this fact.
fn sent_prompt<'a>(after: &'a Pipeline, event: &Event) -> Option<&'a Prompt> {
    match event {
        Event::PromptOffered {
            prompt,
            via: Some(Via::Stream),
        } => after.prompt(prompt).filter(|prompt| prompt.held.is_none()),
        _ => None,
    }
}

/// The frames of one append to `pipeline`, whose state is `before` and `after` it.
pub fn frames_of(
    epoch: &str,
    before: Option<&Pipeline>,
    after: &Pipeline,
    batch: &[Recorded],
    texts: &Texts,
) -> Unit {
    let mut bytes = Vec::new();
    let text = |document: &DocumentRef| texts.get(&document.hash).map_or("", |text| text);
    for recorded in batch {
        match &recorded.event {
            Event::HandoverSubmitted {
                handover, document, ..
            } => {
                let revision = 1;
                handover_frame(&mut bytes, after, handover, revision, text(document));
            }
            Event::HandoverRevised {
                handover,
                revision,
                document,
                ..
            } => handover_frame(&mut bytes, after, handover, *revision, text(document)),
            Event::HandoverAccepted {
                handover,
                revision,
                review_changes,
                ..
            } => {
                decided(
                    &mut bytes,
                    recorded,
                    handover,
                    *revision,
                    Verdict::Accept,
                    review_changes,
                );
            }
            Event::HandoverAcceptedByPolicy {
                handover,
                revision,
                set_by,
                ..
            } => {
                let view = HandoverDecided {
                    pipeline: recorded.pipeline.clone(),
                    handover: handover.clone(),
                    revision: *revision,
                    decision: Verdict::Accept,
                    by: Actor::system(),
                    note: String::new(),
                    at: recorded.at,
                    policy_by: Some(set_by.clone()),
                };
                encode_into(&mut bytes, event_name::HANDOVER_DECIDED, None, &view);
            }
            Event::ChangesRequested {
                handover,
                revision,
                review_changes,
                ..
            } => {
                decided(
                    &mut bytes,
                    recorded,
                    handover,
                    *revision,
                    Verdict::RequestChanges,
                    review_changes,
                );
            }
            Event::HandoverStopped {
                handover,
                revision,
                review_changes,
                ..
            } => {
                decided(
                    &mut bytes,
                    recorded,
                    handover,
                    *revision,
                    Verdict::Stop,
                    review_changes,
                );
            }
            Event::PromptOffered { .. } => {
                if let Some(prompt) = sent_prompt(after, &recorded.event) {
                    let view = streamed_prompt(after, prompt, text(&prompt.document));
                    encode_into(&mut bytes, event_name::CURSOR_PROMPT, None, &view);
                }
            }
            Event::QuestionAsked { question, .. }
            | Event::QuestionAnswered { question, .. }
            | Event::AnswerDelivered { question, .. } => {
                if let Some(question) = after.question(question) {
                    let view = QuestionView {
                        pipeline: after.id.clone(),
                        question: question.clone(),
                    };
                    encode_into(&mut bytes, event_name::QUESTION, None, &view);
                }
            }
            Event::NoteSent { note, .. } => notes_frames(&mut bytes, after, &[*note]),
            Event::NotesDelivered { notes, .. } | Event::NotesAcknowledged { notes } => {
                notes_frames(&mut bytes, after, notes);
            }
            Event::VersionChanged { version } => {
                let view = VersionView {
                    pipeline: after.id.clone(),
                    version: version.clone(),
                };
                encode_into(&mut bytes, event_name::VERSION, None, &view);
            }
            _ => {}
        }
    }
    deliveries(&mut bytes, before, after);
    let id = EventId {
        epoch: epoch.to_owned(),
        position: after.position,
    };
    let status = PipelineStatus {
        summary: Summary::from(after),
        changed: changed(before, after, batch),
    };
    encode_into(&mut bytes, event_name::PIPELINE_STATUS, Some(&id), &status);
    // It is kept for long, and counted by its length.
    bytes.shrink_to_fit();
    Unit {
        position: after.position,
        pipeline: after.id.clone(),
        project: Arc::from(after.project.as_str()),
        bytes: bytes.into(),
    }
}

fn decided(
    bytes: &mut Vec<u8>,
    recorded: &Recorded,
    handover: &HandoverId,
    revision: u32,
    decision: Verdict,
    note: &str,
) {
    let view = HandoverDecided {
        pipeline: recorded.pipeline.clone(),
        handover: handover.clone(),
        revision,
        decision,
        by: recorded.actor.clone(),
        note: note.to_owned(),
        at: recorded.at,
        policy_by: None,
    };
    encode_into(bytes, event_name::HANDOVER_DECIDED, None, &view);
}

/// Deliveries are compared, not listed by event: the last step is seen from the agent's reports.
fn deliveries(bytes: &mut Vec<u8>, before: Option<&Pipeline>, after: &Pipeline) {
    let known = |id: &PromptId| {
        before
            .and_then(|b| b.prompt(id))
            .map_or(0, |prompt| prompt.deliveries.len())
    };
    for prompt in &after.prompts {
        let new = prompt.deliveries.iter().skip(known(&prompt.id));
        for delivery in new.filter(|delivery| delivery.state != DeliveryState::Written) {
            let view = PromptDelivery {
                pipeline: after.id.clone(),
                prompt_id: prompt.id.clone(),
                state: delivery.state,
                via: delivery.via,
                by: delivery.by.clone(),
                at: delivery.at,
            };
            encode_into(bytes, event_name::PROMPT_DELIVERY, None, &view);
        }
    }
}

fn handover_frame(
    bytes: &mut Vec<u8>,
    pipeline: &Pipeline,
    handover: &HandoverId,
    revision: u32,
    text: &str,
) {
    let Some(handover) = pipeline.handover(handover) else {
        return;
    };
    let mut revisions = handover.revisions.iter();
    if let Some(revision) = revisions.find(|known| known.number == revision) {
        let view = streamed_handover(pipeline, handover, revision, text);
        encode_into(bytes, event_name::HANDOVER, None, &view);
    }
}

fn notes_frames(bytes: &mut Vec<u8>, pipeline: &Pipeline, numbers: &[u32]) {
    let notes = pipeline.notes.iter();
    for note in notes.filter(|note| numbers.contains(&note.number)) {
        let view = NoteView {
            pipeline: pipeline.id.clone(),
            note: note.clone(),
        };
        encode_into(bytes, event_name::NOTE, None, &view);
    }
}

/// What an append added to the detail of a pipeline.
fn changed(before: Option<&Pipeline>, after: &Pipeline, batch: &[Recorded]) -> Changed {
    let from = before.map_or(0, |before| before.revision);
    let tasks = batch.iter().filter_map(|recorded| match &recorded.event {
        Event::TaskUpdated { track, name, .. } => Some((track, name)),
        _ => None,
    });
    let tasks: Vec<_> = tasks.take(CHANGES_MAX + 1).collect();
    let lines = after
        .log
        .iter()
        .rev()
        .take_while(|line| line.revision > from);
    let mut log: Vec<_> = lines.take(CHANGES_MAX + 1).cloned().collect();
    // Rare, and nothing that a list of changes would be kept for.
    let unlisted = batch.iter().any(|recorded| {
        matches!(
            recorded.event,
            Event::SessionJoined { .. }
                | Event::ActivitySeen { .. }
                | Event::QuestionAsked { .. }
                | Event::QuestionAnswered { .. }
                | Event::AnswerDelivered { .. }
                | Event::NoteSent { .. }
                | Event::NotesDelivered { .. }
                | Event::NotesAcknowledged { .. }
                | Event::PhasePolicySet { .. }
        )
    });
    if unlisted || tasks.len() > CHANGES_MAX || log.len() > CHANGES_MAX {
        return Changed {
            from,
            more: true,
            ..Changed::default()
        };
    }
    log.reverse();
    let task = |(track, name): (&String, &String)| {
        let mut tracks = after.tracks.iter();
        let tasks = &tracks.find(|known| known.name == *track)?.tasks;
        let task = tasks.iter().find(|task| task.name == *name)?;
        Some(TaskChange {
            track: track.clone(),
            task: task.clone(),
        })
    };
    Changed {
        from,
        tasks: tasks.into_iter().filter_map(task).collect(),
        log,
        more: false,
    }
}
