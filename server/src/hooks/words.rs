//! What an assistant is told by its hook.

use domain::{Pipeline, Prompt, Verdict};

/// Longest prompt that is told whole, in bytes. A longer one is fetched: assistants cut what hooks say.
const WHOLE: usize = 32 * 1024;

/// That a decision was made, with the prompt to follow.
pub fn go_on(pipeline: &Pipeline, prompt: &Prompt, text: &str) -> String {
    let handover = &prompt.handover;
    let title = &pipeline.title;
    let decision = pipeline
        .handover(handover)
        .and_then(|known| known.decision(prompt.revision));
    let by = decision.map_or("A person", |decision| decision.by.name.as_str());
    let did = match decision.map(|decision| decision.decision) {
        Some(Verdict::RequestChanges) => "asks for changes to",
        _ => "has accepted",
    };
    let id = &prompt.id;
    let phase = &prompt.phase;
    let begin =
        format!("{by} {did} the handover {handover} of the pipeline \"{title}\" in Staffel.");
    if text.len() > WHOLE {
        return format!(
            "{begin} Call get_next_prompt(pipeline=\"{}\"): it has the prompt for the phase {phase}. Then follow that prompt.",
            pipeline.id
        );
    }
    format!(
        "{begin} Call acknowledge_prompt(prompt_id=\"{id}\"), then follow this prompt for the phase {phase}:\n\n{text}"
    )
}

/// That a prompt waits for an agent.
pub fn prompt_waits(pipeline: &Pipeline) -> String {
    let (id, title) = (&pipeline.id, &pipeline.title);
    format!(
        "Staffel: a person has decided about the pipeline \"{title}\", and the prompt waits for an agent. Unless the user wants \
         something else, call get_next_prompt(pipeline=\"{id}\") and follow it."
    )
}

/// That a person has to decide first.
pub fn person_decides(pipeline: &Pipeline, board: &str) -> String {
    let (id, title) = (&pipeline.id, &pipeline.title);
    format!(
        "Staffel: the pipeline \"{title}\" ({id}) waits for a person to decide at {board}/pipelines/{id}. Nothing can be reported \
         to it until then."
    )
}

/// That a phase is being worked on.
pub fn at_work(pipeline: &Pipeline) -> String {
    let (id, title, phase) = (&pipeline.id, &pipeline.title, pipeline.phase());
    format!(
        "Staffel: the pipeline \"{title}\" ({id}) is in the phase {} ({} %). When the user wants to go on with it, call \
         get_pipeline_status(pipeline=\"{id}\").",
        phase.name, phase.progress
    )
}
