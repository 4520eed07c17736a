//! The pipeline or handover that a call is about.

use std::sync::Arc;

use domain::{Actor, HandoverId, Pipeline, PipelineId, Reason, Refusal};

use crate::{mcp::handler::Handler, relay::RelayError};

/// Most pipelines that a refusal lists.
const LISTED: usize = 10;

impl Handler {
    /// The named pipeline; without a name the one open pipeline of this agent. Never somebody else's: what an agent
    /// reports without a name must not end another's phase.
    pub(in crate::mcp) async fn find(
        &self,
        given: Option<&str>,
        actor: &Actor,
    ) -> Result<Arc<Pipeline>, RelayError> {
        if let Some(given) = given {
            let id: PipelineId = given
                .trim()
                .parse()
                .map_err(|error: domain::InvalidId| unknown_id(&error))?;
            return self.relay.pipeline(&id).await;
        }
        let open = self.relay.open_of(&actor.name);
        match open.as_slice() {
            [only] => self.relay.pipeline(only).await,
            [] => Err(Refusal::new(
                Reason::NotFound,
                format!(
                    "`pipeline` is missing, and {} has no open pipeline: one that it started or reported to last.",
                    actor.name
                ),
                "the id of a pipeline, as start_pipeline or list_pipelines returned it.",
                "Call start_pipeline(project=…, title=…) for new work, or list_pipelines and then again with an id as `pipeline`.",
            )
            .into()),
            open => {
                let listed = open.iter().take(LISTED).map(|id| {
                    let title = self.relay.summary(id).map(|summary| summary.title.clone());
                    format!("{id} ({})", title.unwrap_or_default())
                });
                Err(Refusal::new(
                    Reason::Invalid,
                    format!(
                        "`pipeline` is missing, and {} has {} open pipelines.",
                        actor.name,
                        open.len()
                    ),
                    listed.collect::<Vec<_>>().join(", "),
                    "Call again with one of these ids as `pipeline`.",
                )
                .into())
            }
        }
    }

    /// The named handover; without a name the newest of the pipeline.
    pub(in crate::mcp) async fn find_handover(
        &self,
        handover: Option<&str>,
        pipeline: Option<&str>,
        actor: &Actor,
    ) -> Result<(Arc<Pipeline>, HandoverId), RelayError> {
        if let Some(given) = handover {
            let id: HandoverId = given
                .trim()
                .parse()
                .map_err(|error: domain::InvalidId| unknown_id(&error))?;
            let pipeline = self.relay.pipeline(id.pipeline()).await?;
            return match pipeline.handover(&id) {
                Some(_) => Ok((pipeline, id)),
                None => Err(no_handover(&pipeline).into()),
            };
        }
        let pipeline = self.find(pipeline, actor).await?;
        let newest = pipeline
            .handovers
            .last()
            .map(|handover| handover.id.clone());
        newest
            .map(|id| (Arc::clone(&pipeline), id))
            .ok_or_else(|| no_handover(&pipeline).into())
    }
}

/// Refuses text that is not an id.
pub fn unknown_id(error: &domain::InvalidId) -> Refusal {
    Refusal::new(
        Reason::NotFound,
        format!("{error}."),
        "an id exactly as a tool returned it.",
        "Call list_pipelines to see the pipelines.",
    )
}

/// Refuses an id that no handover of the pipeline has; names those that there are.
pub fn no_handover(pipeline: &Pipeline) -> Refusal {
    let known: Vec<_> = pipeline
        .handovers
        .iter()
        .map(|handover| handover.id.to_string())
        .collect();
    let allowed = if known.is_empty() {
        "none yet.".to_owned()
    } else {
        format!("{}.", known.join(", "))
    };
    Refusal::new(
        Reason::NotFound,
        format!("Pipeline {} has no such handover.", pipeline.id),
        allowed,
        format!("Call get_pipeline_status(pipeline=\"{}\").", pipeline.id),
    )
}
