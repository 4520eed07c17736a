//! From facts to frames: what the outside world is told about an append.

use std::sync::Arc;

use bytes::BytesMut;
use domain::{
    DeliveryState, Event, Handover, HandoverId, Pipeline, Prompt, PromptId, Recorded, Verdict,
    view::{
        HandoverDecided, HandoverRef, HandoverView, PipelineStatus, PromptDelivery, PromptRef,
        PromptView, VersionView, event_name,
    },
};

use crate::{handoff, markdown};

use super::{
    Unit,
    frame::{EventId, encode},
};

/// The frames of one append to `pipeline`, whose state is `before` and `after` it.
pub fn frames_of(
    epoch: &str,
    before: Option<&Pipeline>,
    after: &Pipeline,
    batch: &[Recorded],
) -> Unit {
    let mut bytes = BytesMut::new();
    for recorded in batch {
        match &recorded.event {
            Event::HandoverSubmitted { handover, .. } | Event::HandoverRevised { handover, .. } => {
                if let Some(handover) = after.handover(handover) {
                    bytes.extend(encode(
                        event_name::HANDOVER,
                        None,
                        &handover_view(after, handover),
                    ));
                }
            }
            Event::HandoverAccepted {
                handover,
                revision,
                review_changes,
            } => {
                bytes.extend(decided(
                    recorded,
                    handover,
                    *revision,
                    Verdict::Accept,
                    review_changes,
                ));
            }
            Event::ChangesRequested {
                handover,
                revision,
                review_changes,
            } => {
                bytes.extend(decided(
                    recorded,
                    handover,
                    *revision,
                    Verdict::RequestChanges,
                    review_changes,
                ));
            }
            Event::HandoverStopped {
                handover,
                revision,
                review_changes,
            } => {
                bytes.extend(decided(
                    recorded,
                    handover,
                    *revision,
                    Verdict::Stop,
                    review_changes,
                ));
            }
            Event::PromptWritten { prompt, .. } => {
                if let Some(prompt) = after.prompt(prompt) {
                    bytes.extend(encode(
                        event_name::CURSOR_PROMPT,
                        None,
                        &prompt_view(after, prompt),
                    ));
                }
            }
            Event::VersionChanged { version } => {
                let view = VersionView {
                    pipeline: after.id.clone(),
                    version: version.clone(),
                };
                bytes.extend(encode(event_name::VERSION, None, &view));
            }
            _ => {}
        }
    }
    deliveries(&mut bytes, before, after);
    let id = EventId {
        epoch: epoch.to_owned(),
        position: after.position,
    };
    bytes.extend(encode(
        event_name::PIPELINE_STATUS,
        Some(&id),
        &PipelineStatus::from(after),
    ));
    Unit {
        position: after.position,
        pipeline: after.id.clone(),
        project: Arc::from(after.project.as_str()),
        bytes: bytes.freeze(),
    }
}

fn decided(
    recorded: &Recorded,
    handover: &HandoverId,
    revision: u32,
    decision: Verdict,
    note: &str,
) -> bytes::Bytes {
    let view = HandoverDecided {
        pipeline: recorded.pipeline.clone(),
        handover: handover.clone(),
        revision,
        decision,
        by: recorded.actor.clone(),
        note: note.to_owned(),
        at: recorded.at,
    };
    encode(event_name::HANDOVER_DECIDED, None, &view)
}

/// Deliveries are compared, not listed by event: the last step is seen from the agent's reports.
fn deliveries(bytes: &mut BytesMut, before: Option<&Pipeline>, after: &Pipeline) {
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
            bytes.extend(encode(event_name::PROMPT_DELIVERY, None, &view));
        }
    }
}

/// A handover with its text, rendered.
pub fn handover_view(pipeline: &Pipeline, handover: &Handover) -> HandoverView {
    let content = handover.current().content.clone();
    HandoverView {
        pipeline: pipeline.id.clone(),
        title: pipeline.title.clone(),
        about: HandoverRef::from(handover),
        html: markdown::to_html(&content),
        content,
    }
}

/// A prompt with its text and its ways into assistants.
pub fn prompt_view(pipeline: &Pipeline, prompt: &Prompt) -> PromptView {
    PromptView {
        pipeline: pipeline.id.clone(),
        about: PromptRef::from(prompt),
        prompt: prompt.text.clone(),
        links: handoff::links(&pipeline.id, &prompt.text),
    }
}
