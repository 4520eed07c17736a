//! The way of a prompt to an assistant.

use serde::{Deserialize, Serialize};

use crate::{
    Actor, Event, PhaseName, Pipeline, Prompt, PromptId, Purpose, Reason, Recorded, Refusal,
    Status, Timestamp, What, draft, lifecycle, prompt,
};

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

impl Delivery {
    /// The first step: the prompt exists.
    pub(crate) fn written(recorded: &Recorded) -> Self {
        Self {
            state: DeliveryState::Written,
            via: None,
            by: recorded.actor.clone(),
            at: recorded.at,
        }
    }
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
    /// A hook of the assistant, at the end of a turn: it gives the prompt to the session that waits there.
    Hook,
    /// The call `get_next_prompt`.
    Pull,
    /// The MCP prompt `next_phase`, which a person called in the assistant.
    McpPrompt,
    /// The agent went on without asking: the prompt reached it by copy or link.
    Report,
    /// A file in the folder that the settings name.
    File,
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

/// Decides about an offer. No events means: it was offered this way just before.
pub(crate) fn offer(pipeline: &Pipeline, id: &PromptId, via: Via) -> Result<Vec<Event>, Refusal> {
    let prompt = prompt::find(pipeline, id)?;
    lifecycle::refuse_when_ended(pipeline)?;
    draft::refuse_when_held(prompt)?;
    let again = prompt
        .deliveries
        .last()
        .is_some_and(|d| d.state == DeliveryState::Offered && d.via == Some(via));
    Ok(if again {
        vec![]
    } else {
        vec![Event::PromptOffered {
            prompt: id.clone(),
            via: Some(via),
        }]
    })
}

/// Decides about picking a prompt up. No events means: an agent has it.
pub(crate) fn pick_up(pipeline: &Pipeline, id: &PromptId, via: Via) -> Result<Vec<Event>, Refusal> {
    let prompt = prompt::find(pipeline, id)?;
    if prompt.state() >= DeliveryState::PickedUp {
        return Ok(vec![]);
    }
    lifecycle::refuse_when_ended(pipeline)?;
    refuse_when_superseded(pipeline, prompt)?;
    Ok(picked_up(prompt, via))
}

/// Decides about the confirmation that a prompt was read. It also picks the prompt up.
pub(crate) fn acknowledge(pipeline: &Pipeline, id: &PromptId) -> Result<Vec<Event>, Refusal> {
    let prompt = prompt::find(pipeline, id)?;
    if prompt.state() >= DeliveryState::Acknowledged {
        let known = prompt
            .deliveries
            .iter()
            .any(|d| d.state == DeliveryState::Acknowledged);
        return Ok(if known {
            vec![]
        } else {
            vec![Event::PromptAcknowledged { prompt: id.clone() }]
        });
    }
    let mut events = Vec::new();
    if prompt.state() < DeliveryState::PickedUp {
        lifecycle::refuse_when_ended(pipeline)?;
        refuse_when_superseded(pipeline, prompt)?;
        events = picked_up(prompt, reached_by(prompt));
    }
    events.push(Event::PromptAcknowledged { prompt: id.clone() });
    Ok(events)
}

/// What has to happen so that the agent runs, and the phase that it then runs: nothing when it does;
/// picking the waiting prompt up when the agent shows by working that the prompt has reached it.
pub(crate) fn to_running(pipeline: &Pipeline) -> Result<(Vec<Event>, PhaseName), Refusal> {
    lifecycle::refuse_when_ended(pipeline)?;
    match pipeline.status {
        Status::AwaitingReview => {
            let handover = pipeline.handovers.last();
            let id = handover.map(|h| h.id.to_string()).unwrap_or_default();
            Err(Refusal::new(
                Reason::NotYourTurn,
                format!(
                    "{} is handed over ({id}) and waits for a person.",
                    pipeline.phase().name
                ),
                "waiting for the decision, or a better revision with save_handover_content.",
                format!("Call await_handover_decision with handover={id}."),
            ))
        }
        Status::HandingOver => match pipeline.prompt_in_transit() {
            Some(prompt) => Ok((picked_up(prompt, reached_by(prompt)), prompt.phase.clone())),
            None => {
                if let Some(held) = pipeline.held_prompt() {
                    draft::refuse_when_held(held)?;
                }
                Err(Refusal::new(
                    Reason::NotYourTurn,
                    "The handover is decided and its prompt is being written.",
                    "picking the prompt up.",
                    format!(
                        "Call get_next_prompt with pipeline={} in a few seconds.",
                        pipeline.id
                    ),
                ))
            }
        },
        _ => Ok((vec![], pipeline.phase().name.clone())),
    }
}

/// Which way a prompt reached an agent that goes on with it and has not called for it: a hook gave it, a person did, or,
/// where neither has, it lay in the folder.
fn reached_by(prompt: &Prompt) -> Via {
    let mut offers = prompt.deliveries.iter().rev().filter_map(|step| step.via);
    let mut file = false;
    // Every prompt is on the stream, too, and in the folder if there is one.
    let found = offers.find(|via| {
        file |= *via == Via::File;
        !matches!(via, Via::File | Via::Stream)
    });
    match found {
        Some(Via::Hook) => Via::Hook,
        None if file => Via::File,
        _ => Via::Report,
    }
}

fn picked_up(prompt: &Prompt, via: Via) -> Vec<Event> {
    let phase = prompt.phase.clone();
    vec![
        Event::PromptPickedUp {
            prompt: prompt.id.clone(),
            via: Some(via),
        },
        match prompt.purpose {
            Purpose::NextPhase => Event::PhaseStarted { phase },
            Purpose::Revision => Event::PhaseReopened { phase },
        },
    ]
}

fn refuse_when_superseded(pipeline: &Pipeline, prompt: &Prompt) -> Result<(), Refusal> {
    draft::refuse_when_held(prompt)?;
    if pipeline
        .prompt_in_transit()
        .is_some_and(|current| current.id == prompt.id)
    {
        return Ok(());
    }
    Err(Refusal::new(
        Reason::NotYourTurn,
        format!("The prompt {} is not the one that waits.", prompt.id),
        "the newest prompt of the pipeline.",
        format!("Call get_next_prompt with pipeline={}.", pipeline.id),
    ))
}

impl Pipeline {
    /// The prompt that is on its way: sent, for what was decided last, not yet picked up.
    pub fn prompt_in_transit(&self) -> Option<&Prompt> {
        self.newest_prompt().filter(|prompt| prompt.held.is_none())
    }

    /// The prompt for what was decided last, not yet picked up; sent or not.
    pub fn newest_prompt(&self) -> Option<&Prompt> {
        let handover = self
            .handovers
            .last()
            .filter(|_| self.status == Status::HandingOver)?;
        self.prompt_for(&handover.id, handover.current().number)
    }

    pub(crate) fn apply_prompt_offered(
        &mut self,
        recorded: &Recorded,
        id: &PromptId,
        via: Option<Via>,
    ) {
        if let Some(prompt) = self.prompts.iter_mut().find(|prompt| prompt.id == *id) {
            prompt.held = None;
        }
        self.deliver(recorded, id, DeliveryState::Offered, via);
        // Without a known way there is nothing to say in a line.
        if let Some(via) = via.filter(|_| recorded.actor != Actor::system()) {
            self.note(recorded, What::PromptOffered { via });
        }
    }

    pub(crate) fn apply_prompt_picked_up(
        &mut self,
        recorded: &Recorded,
        id: &PromptId,
        via: Option<Via>,
    ) {
        self.deliver(recorded, id, DeliveryState::PickedUp, via);
        self.note(recorded, What::PromptPickedUp { via });
    }

    pub(crate) fn apply_prompt_acknowledged(&mut self, recorded: &Recorded, id: &PromptId) {
        self.deliver(recorded, id, DeliveryState::Acknowledged, None);
        self.note(recorded, What::PromptAcknowledged);
    }

    fn deliver(
        &mut self,
        recorded: &Recorded,
        id: &PromptId,
        state: DeliveryState,
        via: Option<Via>,
    ) {
        let delivery = Delivery {
            state,
            via,
            by: recorded.actor.clone(),
            at: recorded.at,
        };
        if let Some(prompt) = self.prompts.iter_mut().find(|prompt| prompt.id == *id) {
            prompt.deliveries.push(delivery);
        }
    }

    /// Adds the last step of a delivery. No event says it: a report from the phase that the prompt started shows it.
    pub(crate) fn see_running(&mut self, recorded: &Recorded) {
        let works = matches!(
            recorded.event,
            Event::ProgressReported { .. } | Event::TaskUpdated { .. }
        );
        if !works || self.status != Status::Running {
            return;
        }
        if let Some(prompt) = self.prompts.last_mut() {
            let state = prompt.state();
            if state >= DeliveryState::PickedUp && state < DeliveryState::Running {
                prompt.deliveries.push(Delivery {
                    state: DeliveryState::Running,
                    via: None,
                    by: recorded.actor.clone(),
                    at: recorded.at,
                });
            }
        }
    }
}
