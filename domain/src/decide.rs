//! From a command to facts: every subject decides about its own commands.

use crate::{
    Actor, ActorKind, Command, Context, Document, Event, NoDeciders, Pipeline, Reason, Refusal,
    activity, archive, delivery, draft, handover, lifecycle, note, pending, policy, progress,
    prompt, question, session, version,
};

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

/// Decides about a command to an existing pipeline where nobody is known who may decide: as [`decide_in`] does, but no policy
/// accepts anything, and no two people do.
///
/// # Errors
/// A [`Refusal`] in words that the caller can act on.
pub fn decide(pipeline: &Pipeline, actor: &Actor, command: &Command) -> Result<Changes, Refusal> {
    let context = Context {
        deciders: &NoDeciders,
        text: None,
    };
    decide_in(pipeline, actor, command, &context)
}

/// Decides about a command to an existing pipeline. No events means: it is so already.
///
/// # Errors
/// A [`Refusal`] in words that the caller can act on.
pub fn decide_in(
    pipeline: &Pipeline,
    actor: &Actor,
    command: &Command,
    context: &Context<'_>,
) -> Result<Changes, Refusal> {
    refuse_unknown(actor)?;
    let events = match command {
        Command::Report {
            phase,
            progress,
            message,
            tasks,
        } => progress::report(
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
            recap,
            answers,
        } => {
            return handover::hand_over(
                pipeline,
                phase.as_deref(),
                content,
                summary.as_deref(),
                recap,
                answers,
                context,
            );
        }
        Command::Decide(proposal) => pending::propose(pipeline, actor, proposal, context),
        Command::TakeBack { handover, revision } => {
            pending::take_back(pipeline, actor, handover, *revision)
        }
        Command::CarryOut { handover, revision } => {
            pending::carry_out(pipeline, actor, handover, *revision, context)
        }
        Command::SetPolicy {
            phase,
            policy,
            may_lift,
            proof,
        } => policy::set(pipeline, actor, phase, *policy, *may_lift, proof.as_ref()),
        Command::WritePrompt {
            handover,
            revision,
            text,
            writer,
            hold,
        } => return prompt::write(pipeline, handover, *revision, text, writer, *hold),
        Command::HoldPrompts { phases } => draft::hold(pipeline, actor, phases),
        Command::RevisePrompt {
            prompt,
            base,
            text,
            writer,
            hint,
        } => {
            return draft::revise(
                pipeline,
                actor,
                prompt,
                *base,
                text,
                writer,
                hint.as_deref(),
            );
        }
        Command::ChoosePromptVersion { prompt, version } => {
            draft::choose(pipeline, actor, prompt, *version)
        }
        Command::SendPrompt { prompt, version } => draft::send(pipeline, actor, prompt, *version),
        Command::OfferPrompt { prompt, via } => delivery::offer(pipeline, prompt, *via),
        Command::PickUpPrompt { prompt, via } => delivery::pick_up(pipeline, prompt, *via),
        Command::AcknowledgePrompt { prompt } => delivery::acknowledge(pipeline, prompt),
        Command::Ask(asked) => question::ask(pipeline, asked),
        Command::AnswerQuestion {
            question,
            reply,
            proof,
        } => question::answer(pipeline, actor, question, reply, proof.as_ref()),
        Command::DeliverAnswer { question, with } => question::deliver(pipeline, question, with),
        Command::SendNote { kind, text } => note::send(pipeline, actor, *kind, text),
        Command::DeliverNotes { with } => note::deliver(pipeline, with),
        Command::AcknowledgeNotes { notes } => note::acknowledge(pipeline, notes),
        Command::JoinSession { session } => session::join(pipeline, session),
        Command::NoteActivity { calls } => activity::see(pipeline, *calls),
        Command::ChangeVersion { version } => version::change(pipeline, version),
        Command::Finish { outcome, message } => {
            lifecycle::finish(pipeline, actor, *outcome, message.as_deref())
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
