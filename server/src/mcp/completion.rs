//! Completion of arguments: ids, projects and phases as they are typed.

use std::collections::BTreeSet;

use domain::Pipeline;
use rmcp::model::CompletionInfo;

use crate::relay::Relay;

/// Open pipelines that are looked through.
const NEWEST: usize = 100;

/// What `typed` may become, for the argument of that name. The newest pipelines come first.
pub async fn complete(relay: &Relay, argument: &str, typed: &str) -> CompletionInfo {
    let mut pipelines = Vec::new();
    for summary in relay.open_summaries(NEWEST) {
        pipelines.extend(relay.pipeline(&summary.pipeline).await);
    }
    let typed = typed.trim().to_lowercase();
    let open = pipelines
        .iter()
        .filter(|pipeline| !pipeline.status.has_ended());
    let named = |pipeline: &Pipeline| pipeline.title.to_lowercase().contains(&typed);
    let begins = |text: &str| text.to_lowercase().starts_with(&typed);
    let values: Vec<String> = match argument {
        // By its title too: nobody knows ids by heart.
        "pipeline" => open
            .filter(|pipeline| begins(pipeline.id.as_str()) || named(pipeline))
            .map(|pipeline| pipeline.id.to_string())
            .collect(),
        "handover" => pipelines
            .iter()
            .flat_map(|pipeline| {
                pipeline
                    .handovers
                    .iter()
                    .rev()
                    .map(move |of| (pipeline, of))
            })
            .filter(|(pipeline, handover)| begins(&handover.id.to_string()) || named(pipeline))
            .map(|(_, handover)| handover.id.to_string())
            .collect(),
        "prompt" | "prompt_id" => pipelines
            .iter()
            .flat_map(|pipeline| pipeline.prompts.iter().rev().map(move |of| (pipeline, of)))
            .filter(|(pipeline, prompt)| begins(&prompt.id.to_string()) || named(pipeline))
            .map(|(_, prompt)| prompt.id.to_string())
            .collect(),
        "project" => distinct(
            pipelines.iter().map(|pipeline| pipeline.project.as_str()),
            begins,
        ),
        "phase" => distinct(
            pipelines
                .iter()
                .flat_map(|pipeline| &pipeline.phases)
                .map(|phase| phase.name.as_str())
                .chain(domain::DEFAULT_PHASES),
            begins,
        ),
        _ => Vec::new(),
    };
    let total = u32::try_from(values.len()).ok();
    let more = values.len() > CompletionInfo::MAX_VALUES;
    let shown = values
        .into_iter()
        .take(CompletionInfo::MAX_VALUES)
        .collect();
    CompletionInfo::with_pagination(shown, total, more).unwrap_or_default()
}

fn distinct<'a>(
    texts: impl Iterator<Item = &'a str>,
    wanted: impl Fn(&str) -> bool,
) -> Vec<String> {
    let texts: BTreeSet<&str> = texts.filter(|text| wanted(text)).collect();
    texts.into_iter().map(str::to_owned).collect()
}
