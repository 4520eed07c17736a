//! What an agent can read without calling a tool: pipelines, handovers and prompts under `staffel://`.

use std::{fmt, str::FromStr};

use domain::{HandoverId, Pipeline, PipelineId, PromptId, text::visible};
use rmcp::{
    ErrorData,
    model::{
        CacheScope, ListResourceTemplatesResult, ListResourcesResult, ReadResourceResult,
        Resource as Listed, ResourceContents, ResourceTemplate,
    },
};
use serde_json::json;

use super::answers::{Answer, Handover, Pipelines, Status};
use crate::{live::Filter, relay::Relay};

/// Pipelines on one page of `resources/list`; each brings up to three resources.
const PAGE: usize = 50;
const JSON: &str = "application/json";
const MARKDOWN: &str = "text/markdown";

/// A resource, by its address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resource {
    /// `staffel://pipelines`: all of them, a line each.
    Pipelines,
    /// `staffel://pipelines/{pipeline}`: how one is.
    Pipeline(PipelineId),
    /// `staffel://handovers/{handover}`: its document.
    Handover(HandoverId),
    /// `staffel://prompts/{prompt}`: its text.
    Prompt(PromptId),
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pipelines => f.write_str("staffel://pipelines"),
            Self::Pipeline(id) => write!(f, "staffel://pipelines/{id}"),
            Self::Handover(id) => write!(f, "staffel://handovers/{id}"),
            Self::Prompt(id) => write!(f, "staffel://prompts/{id}"),
        }
    }
}

/// An address that names no resource of Staffel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownAddress;

impl FromStr for Resource {
    type Err = UnknownAddress;

    fn from_str(uri: &str) -> Result<Self, UnknownAddress> {
        let path = uri.strip_prefix("staffel://").ok_or(UnknownAddress)?;
        let (kind, id) = path.split_once('/').unwrap_or((path, ""));
        match (kind, id) {
            ("pipelines", "") if !path.ends_with('/') => Ok(Self::Pipelines),
            ("pipelines", id) => id.parse().map(Self::Pipeline).map_err(|_| UnknownAddress),
            ("handovers", id) => id.parse().map(Self::Handover).map_err(|_| UnknownAddress),
            ("prompts", id) => id.parse().map(Self::Prompt).map_err(|_| UnknownAddress),
            _ => Err(UnknownAddress),
        }
    }
}

/// One page of what there is, the newest pipeline first.
///
/// # Errors
/// The cursor is not one of ours.
pub fn list(relay: &Relay, cursor: Option<&str>) -> Result<ListResourcesResult, ErrorData> {
    let pipelines = relay.pipelines(&Filter::default());
    let begin = match cursor {
        None => 0,
        Some(cursor) => {
            let last: PipelineId = cursor.parse().map_err(|_| {
                let message = format!(
                    "`cursor` is {cursor:?}. Allowed is a `nextCursor` from an earlier page. Call resources/list without a cursor to begin anew."
                );
                ErrorData::invalid_params(message, None)
            })?;
            // By value and not by place: pipelines that start between two pages shift nothing.
            pipelines.partition_point(|pipeline| pipeline.id >= last)
        }
    };
    let mut page = pipelines.iter().skip(begin).take(PAGE);
    let mut resources: Vec<Listed> = Vec::new();
    if begin == 0 {
        resources.push(
            Listed::new(Resource::Pipelines.to_string(), "pipelines")
                .with_title("All pipelines")
                .with_description("Every pipeline with phase, progress and who has the baton.")
                .with_mime_type(JSON),
        );
    }
    for pipeline in page.clone() {
        resources.extend(of_pipeline(pipeline));
    }
    let mut result = ListResourcesResult {
        resources,
        ..ListResourcesResult::default()
    };
    if pipelines.len() > begin + PAGE {
        result.next_cursor = page.next_back().map(|pipeline| pipeline.id.to_string());
    }
    Ok(result.with_ttl_ms(0).with_cache_scope(CacheScope::Private))
}

/// A pipeline, its newest handover and its newest prompt.
fn of_pipeline(pipeline: &Pipeline) -> impl Iterator<Item = Listed> {
    let title = &pipeline.title;
    let uri = Resource::Pipeline(pipeline.id.clone()).to_string();
    let status = Listed::new(uri, format!("pipeline-{}", pipeline.id))
        .with_title(format!("{title}: status"))
        .with_mime_type(JSON);
    let handover = pipeline.handovers.last().map(|handover| {
        let uri = Resource::Handover(handover.id.clone()).to_string();
        Listed::new(uri, format!("handover-{}", handover.id))
            .with_title(format!("{title}: handover of {}", handover.phase))
            .with_mime_type(MARKDOWN)
    });
    let prompt = pipeline.prompts.last().map(|prompt| {
        let uri = Resource::Prompt(prompt.id.clone()).to_string();
        Listed::new(uri, format!("prompt-{}", prompt.id))
            .with_title(format!("{title}: prompt for {}", prompt.phase))
            .with_mime_type(MARKDOWN)
    });
    std::iter::once(status).chain(handover).chain(prompt)
}

/// The addresses that can be filled in.
pub fn templates() -> ListResourceTemplatesResult {
    let template = |uri, name, title, description, mime| {
        ResourceTemplate::new(uri, name)
            .with_title(title)
            .with_description(description)
            .with_mime_type(mime)
    };
    let result = ListResourceTemplatesResult {
        resource_templates: vec![
            template(
                "staffel://pipelines/{pipeline}",
                "pipeline",
                "Pipeline status",
                "How a pipeline is: phase, progress, who has the baton, what to do next.",
                JSON,
            ),
            template(
                "staffel://handovers/{handover}",
                "handover",
                "Handover",
                "The newest revision of a handover document, and how it was decided.",
                MARKDOWN,
            ),
            template(
                "staffel://prompts/{prompt}",
                "prompt",
                "Prompt",
                "A prompt as Staffel wrote it. Reading it does not pick it up: get_next_prompt does.",
                MARKDOWN,
            ),
        ],
        ..ListResourceTemplatesResult::default()
    };
    result
        .with_ttl_ms(3_600_000)
        .with_cache_scope(CacheScope::Private)
}

/// The text of a resource. `board` is the address of the board, for links.
///
/// # Errors
/// There is no such resource.
pub fn read(relay: &Relay, uri: &str, board: &str) -> Result<ReadResourceResult, ErrorData> {
    let unknown = || {
        let message =
            format!("There is no resource {uri:?}. Call resources/list to see what there is.");
        ErrorData::resource_not_found(message, Some(json!({ "uri": uri })))
    };
    let resource: Resource = uri.parse().map_err(|UnknownAddress| unknown())?;
    let pipeline = |id: &PipelineId| relay.pipeline(id).map_err(|_| unknown());
    let (text, mime) = match &resource {
        Resource::Pipelines => {
            let all = relay.pipelines(&Filter::default());
            let all: Vec<_> = all.iter().map(|pipeline| &**pipeline).collect();
            (json_text(&Pipelines::of(&all, usize::MAX)), JSON)
        }
        Resource::Pipeline(id) => (json_text(&Status::new(&*pipeline(id)?, board)), JSON),
        Resource::Handover(id) => {
            let pipeline = pipeline(id.pipeline())?;
            let handover = pipeline.handover(id).ok_or_else(unknown)?;
            (Handover::new(&pipeline, handover).text(), MARKDOWN)
        }
        Resource::Prompt(id) => {
            let pipeline = pipeline(id.pipeline())?;
            let prompt = pipeline.prompt(id).ok_or_else(unknown)?;
            (visible(&prompt.text).into_owned(), MARKDOWN)
        }
    };
    let contents = ResourceContents::text(text, uri).with_mime_type(mime);
    Ok(ReadResourceResult::new(vec![contents])
        .with_ttl_ms(0)
        .with_cache_scope(CacheScope::Private))
}

fn json_text(answer: &impl Answer) -> String {
    answer.value().unwrap_or_default().to_string()
}

/// What a watcher compares: it changes whenever the text of the resource may have.
pub fn mark(relay: &Relay, resource: &Resource) -> u64 {
    match resource {
        Resource::Pipelines => relay.view(&Filter::default()).1,
        Resource::Pipeline(id) => relay.pipeline(id).map_or(0, |pipeline| pipeline.position),
        Resource::Handover(id) => relay.pipeline(id.pipeline()).map_or(0, |pipeline| {
            pipeline.handover(id).map_or(0, |handover| {
                let current = handover.current();
                2 * u64::from(current.number) + u64::from(current.decision.is_some())
            })
        }),
        // A prompt that exists never changes.
        Resource::Prompt(id) => relay
            .pipeline(id.pipeline())
            .map_or(0, |pipeline| u64::from(pipeline.prompt(id).is_some())),
    }
}

/// What a watcher of the list compares.
pub fn list_mark(relay: &Relay) -> u64 {
    let counted = |pipeline: &Pipeline| 1 + pipeline.handovers.len() + pipeline.prompts.len();
    let all = relay.pipelines(&Filter::default());
    all.iter().map(|pipeline| counted(pipeline) as u64).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_leads_back_to_itself() {
        for uri in [
            "staffel://pipelines",
            "staffel://pipelines/02kx9m4t7q",
            "staffel://handovers/02kx9m4t7q-h1",
            "staffel://prompts/02kx9m4t7q-p2",
        ] {
            let resource: Resource = uri.parse().expect(uri);
            assert_eq!(resource.to_string(), uri);
        }
        for uri in [
            "",
            "staffel://",
            "staffel://pipelines/",
            "staffel://handovers",
            "staffel://pipelines/02kx9m4t7q/more",
            "https://pipelines",
            "staffel://prompts/02kx9m4t7q-h1",
        ] {
            assert_eq!(uri.parse::<Resource>(), Err(UnknownAddress), "{uri}");
        }
    }
}
