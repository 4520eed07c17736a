//! What the tools take. The schemas are closed: an argument that nobody knows is refused, not ignored.

#![expect(
    clippy::doc_markdown,
    reason = "these comments are the descriptions that a model reads"
)]

use domain::{Language, Outcome, TaskStatus};
use schemars::JsonSchema;
use serde::Deserialize;

/// Arguments of `list_pipelines`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct List {
    /// Only pipelines of this project.
    #[schemars(length(max = 80))]
    pub project: Option<String>,
    /// Also pipelines that have ended. Default: false.
    pub include_ended: bool,
}

/// Arguments of `start_pipeline`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Start {
    /// What the board calls the work, at most 200 characters.
    #[schemars(length(max = 200))]
    pub title: String,
    /// The project it belongs to, at most 80 characters; usually the repository's name.
    #[schemars(length(max = 80))]
    pub project: String,
    /// What is to be achieved, in Markdown; goes into every prompt.
    #[serde(default)]
    pub goal: String,
    /// The phases in order. Default: VAN, PLAN, CREATE, IMPLEMENT, REFLECT.
    #[serde(default)]
    pub phases: Vec<String>,
    /// The phase to begin with. Default: the first.
    #[schemars(length(max = 200))]
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
    #[schemars(length(max = 200))]
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
    #[schemars(length(max = 200))]
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
    #[schemars(length(max = 200))]
    pub name: String,
    /// What sort of work, for example "documentation" or "code_generation".
    #[schemars(length(max = 200))]
    #[serde(default)]
    pub kind: Option<String>,
    /// The phase it belongs to. Left out, it counts in every phase.
    #[schemars(length(max = 200))]
    #[serde(default)]
    pub phase: Option<String>,
    /// How far it is. Default: "pending".
    #[serde(default)]
    #[schemars(with = "Option<TaskStatusCode>")]
    pub status: Option<TaskStatus>,
}

/// Arguments of tools that only name a pipeline.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct OfPipeline {
    /// The pipeline id. May be left out while exactly one open pipeline is yours.
    #[schemars(regex(pattern = r"^[0-9a-z]{10}$"))]
    pub pipeline: Option<String>,
}

/// Arguments of `update_pipeline_status`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Update {
    /// The pipeline id. May be left out while exactly one open pipeline is yours.
    #[schemars(regex(pattern = r"^[0-9a-z]{10}$"))]
    pub pipeline: Option<String>,
    /// The phase you believe to be in; refused when another one runs.
    #[schemars(length(max = 200))]
    pub phase: Option<String>,
    /// A claimed percentage, 0 to 100. Where tasks are reported, the figure is counted from them instead.
    #[schemars(range(min = 0, max = 100))]
    pub progress: Option<i64>,
    /// One line for the board on what you are doing, at most 2,000 characters.
    #[schemars(length(max = 2000))]
    pub message: Option<String>,
    /// Tasks that are new or have changed; others stay as they are.
    pub tasks: Vec<ReportedTask>,
    /// Any text that is unique for this report: the same call sent again then changes nothing twice.
    #[schemars(length(max = 200))]
    pub idempotency_key: Option<String>,
}

/// A task that is new or has changed.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(deny_unknown_fields)]
pub struct ReportedTask {
    /// Its name, unique on the track.
    #[schemars(length(max = 200))]
    pub name: String,
    /// How far it is.
    #[schemars(with = "TaskStatusCode")]
    pub status: TaskStatus,
    /// The track it is on. Left out: where a task of this name is, else "Tasks".
    #[schemars(length(max = 200))]
    #[serde(default)]
    pub track: Option<String>,
    /// What sort of work, for example "analysis".
    #[schemars(length(max = 200))]
    #[serde(default)]
    pub kind: Option<String>,
}

/// Arguments of `save_handover_content`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SaveHandover {
    /// The document in Markdown, at most 1 MiB: results, decisions with reasons, open questions, next steps.
    pub content: String,
    /// The pipeline id. May be left out while exactly one open pipeline is yours.
    #[schemars(regex(pattern = r"^[0-9a-z]{10}$"))]
    #[serde(default)]
    pub pipeline: Option<String>,
    /// The phase you believe to end; refused when another one runs.
    #[schemars(length(max = 200))]
    #[serde(default)]
    pub phase: Option<String>,
    /// One line that tells the reviewer what to expect. Default: the first sentence.
    #[serde(default)]
    pub summary: Option<String>,
    /// Any text that is unique for this handover: the same call sent again then changes nothing twice.
    #[schemars(length(max = 200))]
    #[serde(default)]
    pub idempotency_key: Option<String>,
}

/// Arguments of `get_handover_content`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct GetHandover {
    /// The handover id as save_handover_content returned it. Default: the newest of the pipeline.
    #[schemars(regex(pattern = r"^[0-9a-z]{10}-h[0-9]+$"))]
    pub handover: Option<String>,
    /// The pipeline id. May be left out while exactly one open pipeline is yours.
    #[schemars(regex(pattern = r"^[0-9a-z]{10}$"))]
    pub pipeline: Option<String>,
}

/// Arguments of `await_handover_decision`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Await {
    /// The handover id as save_handover_content returned it. Default: the newest of the pipeline.
    #[schemars(regex(pattern = r"^[0-9a-z]{10}-h[0-9]+$"))]
    pub handover: Option<String>,
    /// The pipeline id. May be left out while exactly one open pipeline is yours.
    #[schemars(regex(pattern = r"^[0-9a-z]{10}$"))]
    pub pipeline: Option<String>,
    /// Longest time to wait before the answer is "pending", 1 to 50 seconds. Default: 45.
    #[schemars(range(min = 1, max = 50))]
    pub wait_seconds: Option<i64>,
}

/// Arguments of `acknowledge_prompt`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Acknowledge {
    /// The prompt id as get_next_prompt returned it. Default: the newest of the pipeline.
    #[schemars(regex(pattern = r"^[0-9a-z]{10}-p[0-9]+$"))]
    pub prompt_id: Option<String>,
    /// The pipeline id. May be left out while exactly one open pipeline is yours.
    #[schemars(regex(pattern = r"^[0-9a-z]{10}$"))]
    pub pipeline: Option<String>,
}

/// Arguments of `finish_pipeline`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Finish {
    /// How it ends: "completed" (once a person accepted the last phase), "failed" or "cancelled".
    #[schemars(with = "OutcomeCode")]
    pub outcome: Outcome,
    /// The pipeline id. May be left out while exactly one open pipeline is yours.
    #[schemars(regex(pattern = r"^[0-9a-z]{10}$"))]
    #[serde(default)]
    pub pipeline: Option<String>,
    /// A closing line: why.
    #[schemars(length(max = 2000))]
    #[serde(default)]
    pub message: Option<String>,
}

// The schemas of domain's enums: domain itself knows nothing of JSON Schema.

#[derive(JsonSchema)]
#[schemars(inline, rename_all = "snake_case")]
#[expect(dead_code, reason = "only its schema is used")]
enum LanguageCode {
    En,
    De,
}

#[derive(JsonSchema)]
#[schemars(inline, rename_all = "snake_case")]
#[expect(dead_code, reason = "only its schema is used")]
enum TaskStatusCode {
    Pending,
    InProgress,
    Completed,
    Failed,
}

#[derive(JsonSchema)]
#[schemars(inline, rename_all = "snake_case")]
#[expect(dead_code, reason = "only its schema is used")]
enum OutcomeCode {
    Completed,
    Failed,
    Cancelled,
}
