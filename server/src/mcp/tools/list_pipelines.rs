//! `list_pipelines`: the open pipelines, or all of them.

use protocol::{Page, Summary};
use rmcp::model::{JsonObject, Tool};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Nature, answer::Answer, arguments::parse, describe, words::word};
use crate::{
    journal::{ListQuery, ListState},
    mcp::handler::{Called, Handler},
    projections::ARCHIVED_KEYS,
    relay::{Relay, RelayError},
};

/// Most pipelines in one list.
const LIST_MAX: usize = 50;

/// Arguments of `list_pipelines`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct List {
    /// Only pipelines of this project.
    pub project: Option<String>,
    /// Also pipelines that have ended. Default: false.
    pub include_ended: bool,
}

pub const NAME: &str = "list_pipelines";

pub fn tool() -> Tool {
    describe::<List, Pipelines>(
        NAME,
        "List pipelines",
        "Lists pipelines with phase, progress and who has the baton: those that wait for a person first, then the newest. Use it to find a pipeline id.",
        Nature::Reads,
    )
}

pub async fn call(handler: &Handler, given: JsonObject) -> Called {
    let List {
        project,
        include_ended,
    } = parse(NAME, given)?;
    let query = ListQuery {
        project,
        state: (!include_ended).then_some(ListState::Open),
        limit: LIST_MAX,
        keys_below: Some(ARCHIVED_KEYS),
        ..ListQuery::default()
    };
    Ok(Pipelines::read(&handler.relay, &query).await?.into_result())
}

/// Answer of `list_pipelines`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Pipelines {
    /// The pipelines: those that wait for a person first, then the newest; at most 50.
    pub pipelines: Vec<Line>,
    /// How many more there are.
    pub more: usize,
    /// What to do next.
    pub next_step: String,
}

/// A pipeline in a list.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Line {
    /// The pipeline id.
    pub pipeline: String,
    /// Its project.
    pub project: String,
    /// Its title.
    pub title: String,
    /// The phase that runs, or ran last.
    pub phase: String,
    /// Its progress, 0 to 100.
    pub progress: u8,
    /// idle, running, awaiting_review, handing_over, completed, failed or cancelled.
    pub status: String,
    /// Who has to act: agent, person, in_transit or nobody.
    pub baton: String,
    /// When an agent last did anything here.
    pub last_sign_of_life: String,
}

impl Pipelines {
    /// The first page of such a list, and how many more there are.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub async fn read(relay: &Relay, query: &ListQuery) -> Result<Self, RelayError> {
        let page = relay.list(query).await?;
        let all = match page.next_cursor {
            Some(_) => relay.count(query).await?,
            None => page.pipelines.len() as u64,
        };
        Ok(Self::of(&page, all))
    }

    fn of(page: &Page, all: u64) -> Self {
        let shown = page.pipelines.len();
        Self {
            pipelines: page.pipelines.iter().map(Line::from).collect(),
            more: usize::try_from(all)
                .unwrap_or(usize::MAX)
                .saturating_sub(shown),
            next_step: match page.pipelines.first() {
                None => "Call start_pipeline(project=…, title=…) for new work.".to_owned(),
                Some(first) => format!(
                    "Call get_pipeline_status(pipeline=\"{}\") for the first, or with another id of the list.",
                    first.pipeline
                ),
            },
        }
    }
}

impl From<&Summary> for Line {
    fn from(summary: &Summary) -> Self {
        Self {
            pipeline: summary.pipeline.to_string(),
            project: summary.project.clone(),
            title: summary.title.clone(),
            phase: summary.phase.to_string(),
            progress: summary.progress,
            status: word(&summary.status),
            baton: word(&summary.baton),
            last_sign_of_life: summary.last_sign_of_life.to_string(),
        }
    }
}

impl Answer for Pipelines {
    fn line(&self) -> String {
        let lines = self.pipelines.iter().map(|line| {
            let Line { pipeline, project, title, phase, progress, status, baton, .. } = line;
            format!("\n- {pipeline}: {project} / {title}, {phase} {progress} %, {status}, baton: {baton}")
        });
        let lines: String = lines.collect();
        format!(
            "{} pipelines. Next: {}{lines}",
            self.pipelines.len() + self.more,
            self.next_step
        )
    }
}
