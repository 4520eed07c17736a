//! What an agent is told, besides the prompts that Staffel writes.

use domain::{NoteKind, Question, Verdict, text::visible};
use protocol::PromptView;

use super::staffel::Standing;

/// Where the work stands, for an agent that does not know it: at the beginning, or after a run was killed. `prompt` is what it
/// was told for the running phase.
pub fn stands(standing: &Standing, prompt: Option<&PromptView>, begun: bool) -> String {
    let summary = &standing.summary;
    let (id, phase) = (&summary.pipeline, &summary.phase);
    let phases: Vec<_> = summary.phases.iter().map(|it| it.name.as_str()).collect();
    let place = summary.phases.iter().position(|it| it.name == *phase);
    let mut text = format!(
        "You work on the pipeline {id} in Staffel, a relay between agents and people: you work on one phase, hand it over, and a \
         person decides about it.\n\nProject: {}\nTitle: {}\nPhases: {}\nNow runs: {phase} ({} of {})\n",
        visible(&summary.project),
        visible(&standing.more.full_title),
        phases.join(", "),
        place.map_or(1, |place| place + 1),
        phases.len(),
    );
    let goal = visible(&standing.more.goal);
    if !goal.is_empty() {
        text += &format!("\nThe goal:\n\n{goal}\n");
    }
    if let Some(prompt) = prompt {
        text += &format!(
            "\nYou were told this for the phase {phase} ({}):\n\n{}\n",
            prompt.about.prompt_id, prompt.prompt
        );
    }
    if begun {
        text += &format!(
            "\nThe work on this phase may have begun before: look at the folder and at get_pipeline_status(pipeline=\"{id}\") first, \
             and go on from there. Do nothing twice.\n"
        );
    }
    text + "\n" + &rules(standing)
}

/// How to work in a phase.
fn rules(standing: &Standing) -> String {
    let (id, phase) = (&standing.summary.pipeline, &standing.summary.phase);
    format!(
        "Work on the phase {phase}, and on no other. Use the tools of the MCP server `staffel`:\n\
         - update_pipeline_status(pipeline=\"{id}\") while you work: progress, a message, tasks.\n\
         - ask_person(pipeline=\"{id}\") if you need to know something from a person.\n\
         - save_handover_content(pipeline=\"{id}\", phase=\"{phase}\") when the phase is done, with all that the person and the next \
         phase need to know. Then END YOUR TURN. Do not wait, and do not call await_handover_decision: you are woken with the next \
         prompt when a person has decided."
    )
}

/// That a person has decided, with the prompt to follow.
pub fn decided(standing: &Standing, prompt: &PromptView) -> String {
    let about = &prompt.about;
    let decision = standing
        .more
        .handovers
        .iter()
        .find(|it| it.handover == about.handover && it.revision == about.revision)
        .and_then(|it| it.decision.as_ref());
    let by = decision.map_or("A person", |decision| decision.by.name.as_str());
    let did = match decision.map(|decision| decision.decision) {
        Some(Verdict::RequestChanges) => "asks for changes to",
        _ => "has accepted",
    };
    format!(
        "{} {did} the handover {} in Staffel. Call acknowledge_prompt(prompt_id=\"{}\"), then follow this prompt for the phase {}. When it \
         is done, call save_handover_content(pipeline=\"{}\") and END YOUR TURN: you are woken with the next prompt.\n\n{}",
        visible(by),
        about.handover,
        about.prompt_id,
        about.phase,
        prompt.pipeline,
        prompt.prompt
    )
}

/// That the turn ended without a handover.
pub fn reminder(standing: &Standing) -> String {
    let (id, phase) = (&standing.summary.pipeline, &standing.summary.phase);
    format!(
        "Your turn has ended, and the phase {phase} of the pipeline {id} is not handed over. If it is done, call \
         save_handover_content(pipeline=\"{id}\", phase=\"{phase}\") now; if it is not, go on with it. If you need a person, call \
         ask_person(pipeline=\"{id}\"). If it cannot be done, call finish_pipeline(pipeline=\"{id}\", outcome=\"failed\") with the reason."
    )
}

/// What people have said meanwhile: answers, and that the work goes on after a pause.
pub fn told(standing: &Standing, answers: &[&Question], after: Option<u32>) -> String {
    let id = &standing.summary.pipeline;
    let go_on = standing.more.notes.iter().rfind(|note| {
        note.kind == NoteKind::GoOn && after.is_some_and(|after| note.number > after)
    });
    let go_on = go_on.map(|note| {
        let words = visible(&note.text);
        let says = if words.is_empty() {
            String::new()
        } else {
            format!(" {} says: {words}", note.by.name)
        };
        format!("{} lets the paused work go on.{says}", note.by.name)
    });
    let answers = answers.iter().filter_map(|question| {
        let made = question.answer.as_ref()?;
        Some(format!(
            "{} has answered your question {} ({}): {}",
            made.by.name,
            question.id,
            visible(&question.asked.question),
            visible(&made.reply.line())
        ))
    });
    let said: Vec<_> = go_on.into_iter().chain(answers).collect();
    format!(
        "From Staffel, about the pipeline {id}:\n\n{}\n\nHeed it, then go on with the phase {}. When it is done, call \
         save_handover_content(pipeline=\"{id}\") and END YOUR TURN.",
        said.join("\n\n"),
        standing.summary.phase
    )
}
