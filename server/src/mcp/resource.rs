//! The addresses of what an agent can read under `staffel://`, and what says whether that has changed.

use std::{fmt, str::FromStr};

use domain::{HandoverId, PipelineId, PromptId};

use crate::relay::Relay;

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

/// What a watcher compares: it changes whenever the text of the resource may have. It may also change when another
/// handover or prompt of the pipeline becomes the newest: reading once more does no harm.
pub fn mark(relay: &Relay, resource: &Resource) -> u64 {
    match resource {
        Resource::Pipelines => relay.live().bounds().1,
        Resource::Pipeline(id) => relay.summary(id).map_or(0, |summary| summary.position),
        Resource::Handover(id) => {
            let summary = relay.summary(id.pipeline());
            let newest = summary
                .as_ref()
                .and_then(|summary| summary.handover.as_ref());
            newest
                .filter(|newest| newest.handover == *id)
                .map_or(0, |newest| {
                    2 * u64::from(newest.revision) + u64::from(newest.decision.is_some())
                })
        }
        Resource::Prompt(id) => {
            let summary = relay.summary(id.pipeline());
            let newest = summary.as_ref().and_then(|summary| summary.prompt.as_ref());
            u64::from(newest.is_some_and(|newest| newest.prompt_id == *id))
        }
    }
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
