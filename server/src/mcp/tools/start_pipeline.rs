//! `start_pipeline`: a new pipeline.

use domain::{Actor, Language, TaskPlan, TaskStatus, TrackPlan, Version};
use rmcp::model::{JsonObject, Tool};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    Nature,
    answer::Answer,
    arguments::{TaskStatusCode, parse},
    describe,
    status::Status,
};
use crate::mcp::handler::{Called, Handler};

/// Arguments of `start_pipeline`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Start {
    /// What the board calls the work, at most 200 characters.
    pub title: String,
    /// The project it belongs to, at most 80 characters; usually the repository's name.
    pub project: String,
    /// What is to be achieved, in Markdown; goes into every prompt.
    #[serde(default)]
    pub goal: String,
    /// The phases in order. Default: VAN, PLAN, CREATE, IMPLEMENT, REFLECT.
    #[serde(default)]
    pub phases: Vec<String>,
    /// The phase to begin with. Default: the first.
    #[serde(default)]
    pub first_phase: Option<String>,
    /// The cycle version, as text: "1.10", never a number.
    #[serde(default)]
    pub version: VersionArguments,
    /// Strands of work with the tasks that are known already.
    #[serde(default)]
    pub tracks: Vec<Track>,
    /// The language of the prompts: "en" (default) or "de".
    #[serde(default)]
    #[schemars(with = "Option<LanguageCode>")]
    pub language: Option<Language>,
    /// Whether this is a demonstration; the board labels it. Default: false.
    #[serde(default)]
    pub demo: bool,
    /// Any text that is unique for this start: the same call sent again then starts nothing twice.
    #[serde(default)]
    pub idempotency_key: Option<String>,
}

/// The cycle version.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(deny_unknown_fields, default)]
pub struct VersionArguments {
    /// The cycle before this one.
    pub previous: Option<String>,
    /// This cycle.
    pub current: Option<String>,
    /// The one that is planned.
    pub next: Option<String>,
}

/// A strand of work.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(deny_unknown_fields)]
pub struct Track {
    /// Its name, unique in the pipeline.
    pub name: String,
    /// Who works on it.
    #[serde(default)]
    pub agents: Vec<String>,
    /// What it is for.
    #[serde(default)]
    pub goals: Vec<String>,
    /// Its tasks.
    #[serde(default)]
    pub tasks: Vec<PlannedTask>,
}

/// A task that is known at the start.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(deny_unknown_fields)]
pub struct PlannedTask {
    /// Its name, unique on the track.
    pub name: String,
    /// What sort of work, for example "documentation" or "code_generation".
    #[serde(default)]
    pub kind: Option<String>,
    /// The phase it belongs to. Left out, it counts in every phase.
    #[serde(default)]
    pub phase: Option<String>,
    /// How far it is. Default: "pending".
    #[serde(default)]
    #[schemars(with = "Option<TaskStatusCode>")]
    pub status: Option<TaskStatus>,
}

// The schema of domain's `Language`: domain itself knows nothing of JSON Schema.
#[derive(JsonSchema)]
#[schemars(inline, rename_all = "snake_case")]
#[expect(dead_code, reason = "only its schema is used")]
enum LanguageCode {
    En,
    De,
}

pub const NAME: &str = "start_pipeline";

pub fn tool() -> Tool {
    describe::<Start, Status>(
        NAME,
        "Start a pipeline",
        "Starts a pipeline: one piece of work that runs through phases, each ended by a handover that a person reviews. \
         Returns its id and begins the first phase. Call it once for a piece of work.",
        Nature::Begins,
    )
}

pub async fn call(handler: &Handler, given: JsonObject, actor: &Actor) -> Called {
    let given: Start = parse(NAME, given)?;
    let task = |task: PlannedTask| TaskPlan {
        name: task.name,
        kind: task.kind,
        phase: task.phase,
        status: task.status.unwrap_or_default(),
    };
    let track = |track: Track| TrackPlan {
        name: track.name,
        agents: track.agents,
        goals: track.goals,
        tasks: track.tasks.into_iter().map(task).collect(),
    };
    let start = domain::Start {
        project: given.project,
        title: given.title,
        goal: given.goal,
        phases: given.phases,
        first_phase: given.first_phase,
        version: Version {
            previous: given.version.previous,
            current: given.version.current,
            next: given.version.next,
        },
        tracks: given.tracks.into_iter().map(track).collect(),
        language: given.language.unwrap_or_default(),
        demo: given.demo,
        // An agent never sets the rule that it is judged by.
        policies: Vec::new(),
    };
    let done = handler
        .relay
        .start(&start, actor, given.idempotency_key.as_deref())
        .await?;
    Ok(Status::new(&done.pipeline, &handler.board).into_result())
}
