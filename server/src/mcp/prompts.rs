//! The MCP prompts: what a person calls in the assistant, as a slash command, to set an agent to work.

use std::fmt::Write as _;

use domain::{Pipeline, Prompt, Via, text::visible};
use rmcp::{
    ErrorData, RoleServer,
    model::{
        CacheScope, GetPromptRequestParams, ListPromptsResult, Prompt as Listed, PromptArgument,
        PromptMessage, Role,
    },
    service::RequestContext,
};

use super::{
    caller,
    handler::Handler,
    tools::{Answer, NextPrompt},
};
use crate::{quote::fenced, relay::RelayError};

/// Brings the next prompt of a pipeline into the chat.
pub const NEXT_PHASE: &str = "next_phase";
/// Sets an agent to work on the phase that runs, or on something new.
pub const START_PHASE: &str = "start_phase";

/// What there is, in a fixed order: clients cache the list.
pub fn list() -> ListPromptsResult {
    let argument = |name: &str, description: &str| {
        PromptArgument::new(name)
            .with_description(description)
            .with_required(false)
    };
    let pipeline = || {
        argument(
            "pipeline",
            "The pipeline id. Not needed while only one is open.",
        )
    };
    let listed = |name, title, description, arguments| {
        Listed::new(name, Some(description), Some(arguments)).with_title(title)
    };
    let result = ListPromptsResult {
        prompts: vec![
            listed(
                NEXT_PHASE,
                "Start the next phase",
                "Brings the prompt that Staffel wrote after the last decision into this chat.",
                vec![pipeline()],
            ),
            listed(
                START_PHASE,
                "Work on a phase",
                "Sets this agent to work on the running phase of a pipeline, or on a new pipeline for a goal.",
                vec![
                    pipeline(),
                    argument("goal", "For a new pipeline: what it is to achieve."),
                    argument("project", "For a new pipeline: its project."),
                    argument(
                        "phase",
                        "For a new pipeline: the phase to begin with. Otherwise: the phase that should run.",
                    ),
                ],
            ),
        ],
        ..ListPromptsResult::default()
    };
    result
        .with_ttl_ms(3_600_000)
        .with_cache_scope(CacheScope::Private)
}

impl Handler {
    /// The text of the prompt that is asked for. `next_phase` picks up the one that waits.
    pub(super) async fn prompt(
        &self,
        request: GetPromptRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> Result<String, ErrorData> {
        let given = request.arguments.unwrap_or_default();
        let given = |name: &str| {
            let value = given.get(name).and_then(serde_json::Value::as_str);
            value.map(str::trim).filter(|value| !value.is_empty())
        };
        let refused = |error: RelayError| ErrorData::invalid_params(error.to_string(), None);
        Ok(match request.name.as_str() {
            NEXT_PHASE => {
                let actor = caller::reporter(context, &self.agents)
                    .map_err(|error| refused(error.into()))?;
                let pipeline = self.find(given("pipeline"), &actor).await;
                let pipeline = pipeline.map_err(refused)?;
                let (pipeline, prompt) = self
                    .take_prompt(pipeline, Via::McpPrompt, &actor)
                    .await
                    .map_err(refused)?;
                match prompt.and_then(|id| pipeline.prompt(&id)) {
                    Some(prompt) => {
                        let text = self.relay.documents().text(&prompt.document).await;
                        let text = text.map_err(|error| refused(error.into()))?;
                        next_phase(prompt, &text)
                    }
                    None => NextPrompt::new(&pipeline, None, &actor).line(),
                }
            }
            START_PHASE => match (given("pipeline"), given("goal")) {
                (None, Some(goal)) => new_pipeline(Some(goal), given("project"), given("phase")),
                (id, _) => {
                    let actor = self.actor(context).map_err(|error| refused(error.into()))?;
                    match self.find(id, &actor).await {
                        Ok(pipeline) => running_phase(&pipeline, given("phase")),
                        // Without an id and without an open pipeline it is about something new.
                        Err(_) if id.is_none() && self.relay.open_of(&actor.name).is_empty() => {
                            new_pipeline(None, given("project"), given("phase"))
                        }
                        Err(error) => return Err(refused(error)),
                    }
                }
            },
            name => {
                let message = format!(
                    "There is no prompt {name:?}. The prompts are: {}, {}.",
                    NEXT_PHASE, START_PHASE
                );
                return Err(ErrorData::invalid_params(message, None));
            }
        })
    }
}

/// What the person says by calling one.
pub fn message(text: String) -> Vec<PromptMessage> {
    vec![PromptMessage::new_text(Role::User, visible(&text))]
}

/// The prompt that waits, with the call that confirms it.
fn next_phase(prompt: &Prompt, text: &str) -> String {
    format!(
        "First call acknowledge_prompt(prompt_id=\"{}\"), then follow this:\n\n{}",
        prompt.id, text
    )
}

/// The running phase of a pipeline. Whoever wanted another one is told.
fn running_phase(pipeline: &Pipeline, wanted: Option<&str>) -> String {
    let id = &pipeline.id;
    let phase = &pipeline.phase().name;
    if let Some(wanted) = wanted.filter(|wanted| *wanted != phase.as_str()) {
        return format!(
            "The Staffel pipeline {id} ({}) is in the phase {phase}, not in {wanted:?}. Only a person's decision moves it on. \
             Ask me whether to work on {phase} instead; do not begin {wanted:?}.\n",
            pipeline.title
        );
    }
    let mut text = format!(
        "Work on the phase {phase} of the Staffel pipeline {id}: {} ({}).\n",
        pipeline.title, pipeline.project
    );
    if !pipeline.goal.trim().is_empty() {
        let _ = write!(
            text,
            "\nIts goal, as it was written down:\n\n{}\n",
            fenced(&pipeline.goal)
        );
    }
    let _ = write!(
        text,
        "\n- What was decided so far: get_next_prompt(pipeline=\"{id}\") has the newest prompt, if there is one.\n\
         - Report as you go: update_pipeline_status(pipeline=\"{id}\", …) with tasks and a line of text.\n\
         - At the end of the phase: save_handover_content(pipeline=\"{id}\", content=…), then await_handover_decision. \
         A person decides; do not go on before.\n"
    );
    text
}

/// Something new.
fn new_pipeline(goal: Option<&str>, project: Option<&str>, phase: Option<&str>) -> String {
    let project = project.map_or_else(
        || "the name of the repository or folder you work in".to_owned(),
        |project| format!("{project:?}"),
    );
    let goal = goal.map_or_else(
        || "Ask me what it is to achieve.".to_owned(),
        |goal| format!("Its goal:\n\n{}", fenced(goal)),
    );
    let (begin, work) = phase.map_or_else(
        || (String::new(), "its first phase".to_owned()),
        |phase| {
            (
                format!(", first_phase {phase:?}"),
                format!("the phase {phase:?}"),
            )
        },
    );
    format!(
        "Start a Staffel pipeline for this work: start_pipeline with a short title, as project {project}{begin}. {goal}\n\n\
         Then work on {work}, report with update_pipeline_status, and end the phase with save_handover_content. \
         A person decides about every handover; do not go on before.\n"
    )
}
