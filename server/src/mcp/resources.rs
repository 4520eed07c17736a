//! What an agent can read without calling a tool: pipelines, handovers and prompts under `staffel://`.

use domain::{PipelineId, text::visible};
use protocol::{Summary, shorten};
use rmcp::{
    ErrorData,
    model::{
        CacheScope, ListResourceTemplatesResult, ListResourcesResult, ReadResourceResult,
        Resource as Listed, ResourceContents, ResourceTemplate,
    },
};
use serde_json::json;

use super::{
    resource::{Resource, UnknownAddress},
    tools::{Answer, Handover, Pipelines, Status},
};
use crate::{
    journal::ListQuery,
    relay::{Relay, RelayError},
};

/// Most lines of the resource with all pipelines: the open ones, and the newest others.
const LINES_MAX: usize = 500;

/// Pipelines on one page of `resources/list`; each brings up to three resources.
const PAGE: usize = 50;
const JSON: &str = "application/json";
const MARKDOWN: &str = "text/markdown";

/// One page of what there is, the newest pipeline first.
///
/// # Errors
/// The cursor is not one of ours.
pub async fn list(relay: &Relay, cursor: Option<&str>) -> Result<ListResourcesResult, ErrorData> {
    let begins = cursor.is_none();
    let cursor = cursor.map(|cursor| {
        cursor.parse().map_err(|_| {
            let message = format!(
                "`cursor` is {:?}. Allowed is a `nextCursor` from an earlier page. Call resources/list without a cursor to begin anew.",
                shorten(cursor, 60)
            );
            ErrorData::invalid_params(message, None)
        })
    });
    let query = ListQuery {
        cursor: cursor.transpose()?,
        limit: PAGE,
        ..ListQuery::default()
    };
    let page = relay.list(&query).await.map_err(unreadable)?;
    let mut resources: Vec<Listed> = Vec::new();
    if begins {
        resources.push(
            Listed::new(Resource::Pipelines.to_string(), "pipelines")
                .with_title("All pipelines")
                .with_description("Every pipeline with phase, progress and who has the baton.")
                .with_mime_type(JSON),
        );
    }
    for pipeline in &page.pipelines {
        resources.extend(of_pipeline(pipeline));
    }
    let result = ListResourcesResult {
        resources,
        next_cursor: page.next_cursor,
        ..ListResourcesResult::default()
    };
    Ok(result.with_ttl_ms(0).with_cache_scope(CacheScope::Private))
}

fn unreadable(error: RelayError) -> ErrorData {
    ErrorData::internal_error(error.to_string(), None)
}

/// A pipeline, its newest handover and its newest prompt.
fn of_pipeline(pipeline: &Summary) -> impl Iterator<Item = Listed> {
    let title = &pipeline.title;
    let uri = Resource::Pipeline(pipeline.pipeline.clone()).to_string();
    let status = Listed::new(uri, format!("pipeline-{}", pipeline.pipeline))
        .with_title(format!("{title}: status"))
        .with_mime_type(JSON);
    let handover = pipeline.handover.as_ref().map(|handover| {
        let id = &handover.handover;
        let uri = Resource::Handover(id.clone()).to_string();
        Listed::new(uri, format!("handover-{id}"))
            .with_title(format!("{title}: handover of {}", handover.phase))
            .with_mime_type(MARKDOWN)
    });
    let prompt = pipeline.prompt.as_ref().map(|prompt| {
        let id = &prompt.prompt_id;
        let uri = Resource::Prompt(id.clone()).to_string();
        Listed::new(uri, format!("prompt-{id}"))
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
pub async fn read(relay: &Relay, uri: &str, board: &str) -> Result<ReadResourceResult, ErrorData> {
    let unknown = || {
        let message =
            format!("There is no resource {uri:?}. Call resources/list to see what there is.");
        ErrorData::resource_not_found(message, Some(json!({ "uri": uri })))
    };
    let resource: Resource = uri.parse().map_err(|UnknownAddress| unknown())?;
    let pipeline = async |id: &PipelineId| relay.pipeline(id).await.map_err(|_| unknown());
    let text_of = async |reference| {
        let text = relay.documents().text(&reference).await;
        text.map_err(|error| unreadable(error.into()))
    };
    let masked_text_of = async |reference| {
        let text = relay.documents().masked(&reference).await;
        text.map_err(|error| unreadable(error.into()))
    };
    let (text, mime) = match &resource {
        Resource::Pipelines => {
            let query = ListQuery {
                limit: LINES_MAX,
                ..ListQuery::default()
            };
            let pipelines = Pipelines::read(relay, &query).await.map_err(unreadable)?;
            (json_text(&pipelines), JSON)
        }
        Resource::Pipeline(id) => (json_text(&Status::new(&*pipeline(id).await?, board)), JSON),
        Resource::Handover(id) => {
            let pipeline = pipeline(id.pipeline()).await?;
            let handover = pipeline.handover(id).ok_or_else(unknown)?;
            let text = masked_text_of(handover.current().document).await?;
            (Handover::new(&pipeline, handover, &text).text(), MARKDOWN)
        }
        Resource::Prompt(id) => {
            let pipeline = pipeline(id.pipeline()).await?;
            // One that a person looks at first is not there yet.
            let prompt = pipeline.prompt(id).filter(|prompt| prompt.held.is_none());
            let prompt = prompt.ok_or_else(unknown)?;
            let text = text_of(prompt.document).await?;
            (visible(&text).into_owned(), MARKDOWN)
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
