//! What an assistant is told by its hook. Titles stay out: an agent wrote them, and what stands here is taken for an order.

use domain::{Pipeline, Prompt, Verdict};

/// Longest prompt that is told whole, in bytes. A longer one is fetched: assistants cut what hooks say.
const WHOLE: usize = 32 * 1024;

/// That a decision was made, with the prompt to follow.
pub fn go_on(pipeline: &Pipeline, prompt: &Prompt, text: &str) -> String {
    let handover = &prompt.handover;
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
    let begin = format!("{by} {did} the handover {handover} in Staffel.");
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

/// What people have said meanwhile, to an agent whose turn has ended.
pub fn told(pipeline: &Pipeline, words: &str) -> String {
    let id = &pipeline.id;
    format!(
        "From Staffel, about the pipeline {id}:\n\n{words}\n\nHeed it, then go on with the phase {}; report with \
         update_pipeline_status(pipeline=\"{id}\").",
        pipeline.phase().name
    )
}

/// That a person has to answer, or to let the work go on.
pub fn person_speaks(pipeline: &Pipeline, board: &str) -> String {
    let id = &pipeline.id;
    let what = match pipeline.paused {
        Some(_) => "is paused by a person, who lets it go on",
        None => "waits for a person to answer a question",
    };
    format!("Staffel: the pipeline {id} of this folder {what} at {board}/pipelines/{id}.")
}

/// That a prompt waits for an agent.
pub fn prompt_waits(pipeline: &Pipeline) -> String {
    let id = &pipeline.id;
    format!(
        "Staffel: a person has decided about the pipeline {id} of this folder, and the prompt waits for an agent. Unless the user wants \
         something else, call get_next_prompt(pipeline=\"{id}\") and follow it."
    )
}

/// That a person has to decide first.
pub fn person_decides(pipeline: &Pipeline, board: &str) -> String {
    let id = &pipeline.id;
    format!(
        "Staffel: the pipeline {id} of this folder waits for a person to decide at {board}/pipelines/{id}. Nothing can be reported \
         to it until then."
    )
}

/// That a phase is being worked on.
pub fn at_work(pipeline: &Pipeline) -> String {
    let (id, phase) = (&pipeline.id, pipeline.phase());
    format!(
        "Staffel: the pipeline {id} of this folder is in the phase {} ({} %). When the user wants to go on with it, call \
         get_pipeline_status(pipeline=\"{id}\").",
        phase.name, phase.progress
    )
}
