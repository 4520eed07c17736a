//! The rules: what may happen next.

use std::collections::HashSet;

use crate::limits::{
    DOCUMENT_MAX, GOAL_MAX, MESSAGE_MAX, PHASES_MAX, PROJECT_MAX, PROMPT_MAX, TITLE_MAX,
    UNDECIDED_REVISIONS_MAX, VERSION_MAX,
};
use crate::{
    Actor, ActorKind, Command, DEFAULT_PHASES, DeliveryState, Document, DocumentHash, Event,
    Handover, HandoverId, Outcome, PhaseName, PhaseStatus, Pipeline, PipelineId, Prompt, PromptId,
    Purpose, Reason, Refusal, Start, Status, TaskReport, Verdict, Version, Via, Writer, archive,
    phase, tasks, text,
};

type Events = Result<Vec<Event>, Refusal>;

/// What a command leads to. Empty: it is so already.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// The facts, in order.
    pub events: Vec<Event>,
    /// The texts that these facts name.
    pub documents: Vec<Document>,
}

impl From<Vec<Event>> for Changes {
    fn from(events: Vec<Event>) -> Self {
        Self {
            events,
            documents: Vec::new(),
        }
    }
}

/// Decides about a new pipeline: its start and the beginning of its first phase.
///
/// # Errors
/// A [`Refusal`] that names the field and what is allowed.
pub fn decide_start(start: &Start) -> Result<Changes, Refusal> {
    let phases = phases(&start.phases)?;
    let first = match start
        .first_phase
        .as_deref()
        .map(PhaseName::parse)
        .transpose()?
    {
        None => phases[0].clone(),
        Some(name) if phases.contains(&name) => name,
        Some(name) => return Err(unknown_phase(&name, &phases)),
    };
    Ok(vec![
        Event::PipelineStarted {
            project: text::line("project", &start.project, PROJECT_MAX)?,
            title: text::line("title", &start.title, TITLE_MAX)?,
            goal: text::document("goal", &start.goal, GOAL_MAX)?,
            tracks: tasks::plan(start, &phases)?,
            phases,
            version: version(&start.version)?,
            language: start.language,
            demo: start.demo,
        },
        Event::PhaseStarted { phase: first },
    ]
    .into())
}

/// Decides about a command to an existing pipeline. No events means: it is so already.
///
/// # Errors
/// A [`Refusal`] in words that the caller can act on.
pub fn decide(pipeline: &Pipeline, actor: &Actor, command: &Command) -> Result<Changes, Refusal> {
    refuse_unknown(actor)?;
    let events = match command {
        Command::Report {
            phase,
            progress,
            message,
            tasks,
        } => report(
            pipeline,
            phase.as_deref(),
            *progress,
            message.as_deref(),
            tasks,
        ),
        Command::HandOver {
            phase,
            content,
            summary,
        } => return hand_over(pipeline, phase.as_deref(), content, summary.as_deref()),
        Command::Decide {
            handover,
            revision,
            read,
            decision,
            review_changes,
        } => settle(
            pipeline,
            actor,
            handover,
            *revision,
            *read,
            *decision,
            review_changes,
        ),
        Command::WritePrompt {
            handover,
            revision,
            text,
            writer,
        } => return write_prompt(pipeline, handover, *revision, text, writer),
        Command::OfferPrompt { prompt, via } => offer_prompt(pipeline, prompt, *via),
        Command::PickUpPrompt { prompt, via } => pick_up_prompt(pipeline, prompt, *via),
        Command::AcknowledgePrompt { prompt } => acknowledge_prompt(pipeline, prompt),
        Command::ChangeVersion { version: new } => {
            let version = version(new)?;
            Ok(if version == pipeline.version {
                vec![]
            } else {
                vec![Event::VersionChanged { version }]
            })
        }
        Command::Finish { outcome, message } => {
            finish(pipeline, actor, *outcome, message.as_deref())
        }
        Command::Archive => archive::archive(pipeline, actor),
        Command::Unarchive => archive::unarchive(pipeline, actor),
    }?;
    Ok(events.into())
}

/// Nobody knows what a kind of actor may do that only a newer Staffel has.
fn refuse_unknown(actor: &Actor) -> Result<(), Refusal> {
    if actor.kind != ActorKind::Unknown {
        return Ok(());
    }
    Err(Refusal::new(
        Reason::NotPermitted,
        format!(
            "`{}` is an actor of a kind that this version does not know.",
            actor.name
        ),
        "commands of agents, people and Staffel.",
        "Upgrade Staffel to the version that recorded this actor.",
    ))
}

fn report(
    pipeline: &Pipeline,
    phase: Option<&str>,
    progress: Option<i64>,
    message: Option<&str>,
    reported: &[TaskReport],
) -> Events {
    let claimed = progress.map(percent).transpose()?;
    let message = text::optional_line("message", message, MESSAGE_MAX)?;
    let (mut events, running) = to_running(pipeline)?;
    check_phase(pipeline, phase, &running)?;
    events.extend(tasks::report(pipeline, &running, reported)?);
    let said = claimed.is_some() || message.is_some();
    if said || reported.is_empty() {
        events.push(Event::ProgressReported {
            phase: running,
            claimed,
            message,
        });
    }
    Ok(events)
}

fn hand_over(
    pipeline: &Pipeline,
    phase: Option<&str>,
    content: &str,
    summary: Option<&str>,
) -> Result<Changes, Refusal> {
    let content = text::written_document("content", content, DOCUMENT_MAX)?;
    let summary = text::optional_line("summary", summary, MESSAGE_MAX)?
        .unwrap_or_else(|| text::summary_of(&content));
    let content = Document::new(content);
    let document = content.reference();
    if let Some(open) = pipeline.open_handover() {
        check_phase(pipeline, phase, &open.phase)?;
        let current = open.current();
        if current.document == document && current.summary == summary {
            return Ok(Changes::default());
        }
        let undecided = open.undecided_revisions();
        if undecided >= UNDECIDED_REVISIONS_MAX {
            return Err(Refusal::new(
                Reason::NotYourTurn,
                format!(
                    "{} has {undecided} revisions that no person has decided about.",
                    open.id
                ),
                format!("at most {UNDECIDED_REVISIONS_MAX} revisions until the next decision."),
                format!(
                    "Wait for the person: call await_handover_decision with handover={}.",
                    open.id
                ),
            ));
        }
        let revision = current.number + 1;
        return Ok(Changes {
            events: vec![Event::HandoverRevised {
                handover: open.id.clone(),
                revision,
                document,
                summary,
            }],
            documents: vec![content],
        });
    }
    if let (Status::HandingOver, Some(accepted), None) =
        (pipeline.status, pipeline.handovers.last(), phase)
        && pipeline.phase().status == PhaseStatus::Accepted
    {
        return Err(Refusal::new(
            Reason::NotYourTurn,
            format!(
                "The handover of {} is accepted; the next phase has not begun.",
                accepted.phase
            ),
            "picking up the prompt for the next phase.",
            format!(
                "Call get_next_prompt with pipeline={} and follow it.",
                pipeline.id
            ),
        ));
    }
    let (mut events, running) = to_running(pipeline)?;
    check_phase(pipeline, phase, &running)?;
    let earlier = pipeline.handovers.last().filter(|handover| {
        handover.phase == running
            && handover
                .decision(handover.current().number)
                .is_some_and(|d| d.decision == Verdict::RequestChanges)
    });
    events.push(match earlier {
        Some(handover) => {
            let revision = handover.current().number + 1;
            Event::HandoverRevised {
                handover: handover.id.clone(),
                revision,
                document,
                summary,
            }
        }
        None => Event::HandoverSubmitted {
            handover: HandoverId::new(pipeline.id.clone(), number_after(pipeline.handovers.len())),
            next_phase: after(pipeline, &running),
            phase: running,
            document,
            summary,
        },
    });
    Ok(Changes {
        events,
        documents: vec![content],
    })
}

fn settle(
    pipeline: &Pipeline,
    actor: &Actor,
    id: &HandoverId,
    revision: u32,
    read: Option<DocumentHash>,
    decision: Verdict,
    review_changes: &str,
) -> Events {
    if actor.kind != ActorKind::Person {
        return Err(Refusal::new(
            Reason::OnlyPeopleDecide,
            format!(
                "`{}` is not a person, and only people decide about a handover.",
                actor.name
            ),
            "waiting for the decision.",
            format!("Call await_handover_decision with handover={id}."),
        ));
    }
    let handover = find_handover(pipeline, id)?;
    if let Some(made) = handover.decision(revision) {
        return Err(Refusal::new(
            Reason::AlreadyDecided,
            format!(
                "Revision {revision} of {id} was decided already: {} by {} at {}.",
                words(made.decision),
                made.by.name,
                made.at
            ),
            "one decision a revision.",
            "Reload to see what follows from it.",
        ));
    }
    let current = handover.current().number;
    if revision != current {
        return Err(Refusal::new(
            Reason::StaleRevision,
            format!("Revision {revision} of {id} is not the newest."),
            format!("a decision about revision {current}."),
            format!("Read revision {current} and decide about it."),
        ));
    }
    if let Some(read) = read.filter(|read| *read != handover.current().document.hash) {
        let shown = handover.current().document.hash;
        return Err(Refusal::new(
            Reason::StaleRevision,
            format!(
                "Revision {revision} of {id} has another text than the one that was read ({read})."
            ),
            format!("a decision about the text {shown}."),
            "Read the handover again and decide about what it says now.",
        ));
    }
    refuse_when_ended(pipeline)?;
    let review_changes = text::document("review_changes", review_changes, GOAL_MAX)?;
    let handover_id = id.clone();
    Ok(match decision {
        Verdict::Accept => {
            let accepted = Event::HandoverAccepted {
                handover: handover_id,
                revision,
                review_changes,
            };
            let last = handover.next_phase.is_none();
            if last {
                vec![accepted, Event::PipelineCompleted { message: None }]
            } else {
                vec![accepted]
            }
        }
        Verdict::RequestChanges if review_changes.is_empty() => {
            return Err(Refusal::new(
                Reason::Invalid,
                "`review_changes` is empty, and request_changes needs to say what should change.",
                "one sentence or more.",
                "Write what should be different, or accept.",
            ));
        }
        Verdict::RequestChanges => vec![Event::ChangesRequested {
            handover: handover_id,
            revision,
            review_changes,
        }],
        Verdict::Stop => vec![
            Event::HandoverStopped {
                handover: handover_id,
                revision,
                review_changes,
            },
            Event::PipelineCancelled { message: None },
        ],
    })
}

fn write_prompt(
    pipeline: &Pipeline,
    id: &HandoverId,
    revision: u32,
    text: &str,
    writer: &Writer,
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
    let events = vec![
        Event::PromptWritten {
            prompt: prompt.clone(),
            handover: id.clone(),
            revision,
            phase,
            purpose,
            document: text.reference(),
            writer: writer.clone(),
        },
        Event::PromptOffered {
            prompt,
            via: Via::Stream,
        },
    ];
    Ok(Changes {
        events,
        documents: vec![text],
    })
}

fn offer_prompt(pipeline: &Pipeline, id: &PromptId, via: Via) -> Events {
    let prompt = find_prompt(pipeline, id)?;
    refuse_when_ended(pipeline)?;
    let again = prompt
        .deliveries
        .last()
        .is_some_and(|d| d.state == DeliveryState::Offered && d.via == Some(via));
    Ok(if again {
        vec![]
    } else {
        vec![Event::PromptOffered {
            prompt: id.clone(),
            via,
        }]
    })
}

fn pick_up_prompt(pipeline: &Pipeline, id: &PromptId, via: Via) -> Events {
    let prompt = find_prompt(pipeline, id)?;
    if prompt.state() >= DeliveryState::PickedUp {
        return Ok(vec![]);
    }
    refuse_when_ended(pipeline)?;
    refuse_when_superseded(pipeline, prompt)?;
    Ok(pick_up(prompt, via))
}

fn acknowledge_prompt(pipeline: &Pipeline, id: &PromptId) -> Events {
    let prompt = find_prompt(pipeline, id)?;
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
        refuse_when_ended(pipeline)?;
        refuse_when_superseded(pipeline, prompt)?;
        events = pick_up(prompt, Via::Report);
    }
    events.push(Event::PromptAcknowledged { prompt: id.clone() });
    Ok(events)
}

fn finish(pipeline: &Pipeline, actor: &Actor, outcome: Outcome, message: Option<&str>) -> Events {
    let message = text::optional_line("message", message, MESSAGE_MAX)?;
    let already = match outcome {
        Outcome::Completed => Status::Completed,
        Outcome::Failed => Status::Failed,
        Outcome::Cancelled => Status::Cancelled,
    };
    if pipeline.status == already {
        return Ok(vec![]);
    }
    refuse_when_ended(pipeline)?;
    Ok(vec![match outcome {
        Outcome::Completed => {
            refuse_when_incomplete(pipeline, actor)?;
            Event::PipelineCompleted { message }
        }
        Outcome::Failed => Event::PipelineFailed { message },
        Outcome::Cancelled => Event::PipelineCancelled { message },
    }])
}

/// A pipeline is complete when a person has accepted its last phase. That completes it by itself; a person may also
/// complete it without a handover while the last phase runs.
fn refuse_when_incomplete(pipeline: &Pipeline, actor: &Actor) -> Result<(), Refusal> {
    let is_person = actor.kind == ActorKind::Person;
    let (running, left) = (pipeline.phase(), &pipeline.phases[pipeline.current + 1..]);
    let last = left.last().unwrap_or(running);
    if last.status == PhaseStatus::Accepted
        || (left.is_empty() && is_person && pipeline.status == Status::Running)
    {
        return Ok(());
    }
    let (reason, what) = if left.is_empty() && !is_person {
        (
            Reason::OnlyPeopleDecide,
            format!(
                "`{}` is not a person, and no person has accepted the handover of {}, the last phase.",
                actor.name, running.name
            ),
        )
    } else if left.is_empty() {
        (
            Reason::NotYourTurn,
            format!("The handover of {} is not accepted yet.", running.name),
        )
    } else {
        (
            Reason::NotYourTurn,
            format!(
                "The pipeline is in {}; {} still to come.",
                running.name,
                phase::list(left.iter().map(|phase| &phase.name))
            ),
        )
    };
    let id = &pipeline.id;
    let next = match (pipeline.status, pipeline.open_handover()) {
        (_, Some(open)) if is_person => format!("Decide about the handover {}.", open.id),
        _ if is_person => "Wait for the next handover and decide about it, or end the pipeline as failed or cancelled.".to_owned(),
        (_, Some(open)) => format!("Call await_handover_decision with handover={}.", open.id),
        (Status::HandingOver, None) => {
            format!("Call get_next_prompt with pipeline={id} and follow it.")
        }
        _ => format!(
            "Hand {} over with save_handover_content, pipeline={id}.",
            running.name
        ),
    };
    Err(Refusal::new(
        reason,
        what,
        format!(
            "outcome `failed` or `cancelled` now; accepting the handover of {} completes the pipeline by itself.",
            last.name
        ),
        next,
    ))
}

/// What has to happen so that the agent runs, and the phase that it then runs: nothing when it does;
/// picking the waiting prompt up when the agent shows by working that the prompt has reached it.
fn to_running(pipeline: &Pipeline) -> Result<(Vec<Event>, PhaseName), Refusal> {
    refuse_when_ended(pipeline)?;
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
            Some(prompt) => Ok((pick_up(prompt, Via::Report), prompt.phase.clone())),
            None => Err(Refusal::new(
                Reason::NotYourTurn,
                "The handover is decided and its prompt is being written.",
                "picking the prompt up.",
                format!(
                    "Call get_next_prompt with pipeline={} in a few seconds.",
                    pipeline.id
                ),
            )),
        },
        _ => Ok((vec![], pipeline.phase().name.clone())),
    }
}

fn pick_up(prompt: &Prompt, via: Via) -> Vec<Event> {
    let phase = prompt.phase.clone();
    vec![
        Event::PromptPickedUp {
            prompt: prompt.id.clone(),
            via,
        },
        match prompt.purpose {
            Purpose::NextPhase => Event::PhaseStarted { phase },
            Purpose::Revision => Event::PhaseReopened { phase },
        },
    ]
}

fn refuse_when_ended(pipeline: &Pipeline) -> Result<(), Refusal> {
    if !pipeline.status.has_ended() {
        return Ok(());
    }
    let how = match pipeline.status {
        Status::Failed => "failed",
        Status::Cancelled => "was stopped",
        _ => "is completed",
    };
    Err(Refusal::new(
        Reason::Ended,
        format!("The pipeline {} {how}.", pipeline.id),
        "reading it.",
        "Call start_pipeline for new work.",
    ))
}

fn refuse_when_superseded(pipeline: &Pipeline, prompt: &Prompt) -> Result<(), Refusal> {
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

fn find_handover<'a>(pipeline: &'a Pipeline, id: &HandoverId) -> Result<&'a Handover, Refusal> {
    pipeline.handover(id).ok_or_else(|| {
        let known: Vec<String> = pipeline
            .handovers
            .iter()
            .map(|h| h.id.to_string())
            .collect();
        not_found("handover", &id.to_string(), &pipeline.id, &known)
    })
}

fn find_prompt<'a>(pipeline: &'a Pipeline, id: &PromptId) -> Result<&'a Prompt, Refusal> {
    pipeline.prompt(id).ok_or_else(|| {
        let known: Vec<String> = pipeline.prompts.iter().map(|p| p.id.to_string()).collect();
        not_found("prompt", &id.to_string(), &pipeline.id, &known)
    })
}

fn not_found(kind: &str, id: &str, pipeline: &PipelineId, known: &[String]) -> Refusal {
    let allowed = if known.is_empty() {
        format!("the pipeline has no {kind} yet.")
    } else {
        format!("{}.", known.join(", "))
    };
    Refusal::new(
        Reason::NotFound,
        format!("There is no {kind} {id}."),
        allowed,
        format!("Call get_pipeline_status with pipeline={pipeline}."),
    )
}

fn percent(progress: i64) -> Result<u8, Refusal> {
    u8::try_from(progress).ok().filter(|percent| *percent <= 100).ok_or_else(|| {
        Refusal::new(
            Reason::Invalid,
            format!("`progress` is {progress}."),
            "a whole number from 0 to 100.",
            "Send progress again within the bounds, or report tasks and let the figure be counted.",
        )
    })
}

fn check_phase(
    pipeline: &Pipeline,
    given: Option<&str>,
    running: &PhaseName,
) -> Result<(), Refusal> {
    let Some(given) = given.filter(|text| !text.trim().is_empty()) else {
        return Ok(());
    };
    let name = PhaseName::parse(given)?;
    if name == *running {
        return Ok(());
    }
    let all: Vec<PhaseName> = pipeline.phases.iter().map(|p| p.name.clone()).collect();
    if !all.contains(&name) {
        return Err(unknown_phase(&name, &all));
    }
    Err(Refusal::new(
        Reason::WrongPhase,
        format!("`phase` is {name}, and the pipeline is in {running}."),
        format!("{running}."),
        format!(
            "Send phase={running}, or leave `phase` out. A phase ends with save_handover_content."
        ),
    ))
}

pub(crate) fn unknown_phase(name: &PhaseName, phases: &[PhaseName]) -> Refusal {
    Refusal::new(
        Reason::WrongPhase,
        format!("This pipeline has no phase {name}."),
        format!("{}.", phase::list(phases)),
        "Send one of these phases, or leave `phase` out.",
    )
}

fn after(pipeline: &Pipeline, phase: &PhaseName) -> Option<PhaseName> {
    let index = pipeline.phases.iter().position(|p| p.name == *phase)?;
    pipeline.phases.get(index + 1).map(|p| p.name.clone())
}

fn number_after(count: usize) -> u32 {
    u32::try_from(count + 1).unwrap_or(u32::MAX)
}

fn phases(names: &[String]) -> Result<Vec<PhaseName>, Refusal> {
    if names.is_empty() {
        return DEFAULT_PHASES.into_iter().map(PhaseName::parse).collect();
    }
    let phases = names
        .iter()
        .map(|name| PhaseName::parse(name))
        .collect::<Result<Vec<_>, _>>()?;
    let mut seen = HashSet::new();
    if let Some(twice) = phases.iter().find(|name| !seen.insert(*name)) {
        return Err(Refusal::new(
            Reason::Invalid,
            format!("The phase {twice} is named twice (aliases count as the same phase)."),
            "each phase once.",
            "Send `phases` without the repetition.",
        ));
    }
    if phases.len() > PHASES_MAX {
        return Err(Refusal::new(
            Reason::TooLarge,
            format!("{} phases are named.", phases.len()),
            format!("at most {PHASES_MAX}."),
            "Use tasks for smaller steps.",
        ));
    }
    Ok(phases)
}

fn version(version: &Version) -> Result<Version, Refusal> {
    let part = |name: &str, text: &Option<String>| {
        text::optional_line(&format!("version.{name}"), text.as_deref(), VERSION_MAX)
    };
    Ok(Version {
        previous: part("previous", &version.previous)?,
        current: part("current", &version.current)?,
        next: part("next", &version.next)?,
    })
}

fn words(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Accept => "accepted",
        Verdict::RequestChanges => "changes requested",
        Verdict::Stop => "stopped",
    }
}
