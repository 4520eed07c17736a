//! `GET /api/pipelines`, page by page, and the archive.

use domain::{PipelineId, Refusal};
use serde::{Deserialize, Serialize};

use crate::Summary;

/// A page of pipelines.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Page {
    /// The pipelines: open ones in the order of the overview, ended and archived ones the newest first.
    pub pipelines: Vec<Summary>,
    /// Where the next page begins; none after the last.
    #[serde(default)]
    pub next_cursor: Option<String>,
    /// How many there are, whatever is asked for.
    pub counts: Counts,
    /// Where the words of a search were found, for pipelines of this page.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub matches: Vec<Match>,
}

/// How many pipelines there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Counts {
    /// That have not ended.
    pub open: u64,
    /// Of these, that wait for a person.
    pub awaiting_review: u64,
    /// Ended and not archived.
    pub ended: u64,
    /// Archived.
    pub archived: u64,
}

/// Where the words of a search were found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Match {
    /// The pipeline.
    pub pipeline: PipelineId,
    /// In what.
    pub found_in: MatchIn,
    /// The place as text, with the words between U+0002 and U+0003.
    pub excerpt: String,
}

/// In what words were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum MatchIn {
    /// Its title, project or goal.
    Title,
    /// A line that its agent reported, or a person's review.
    Message,
    /// A handover.
    Handover,
    /// A prompt.
    Prompt,
}

/// Which pipelines are to be archived, or brought back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Archive {
    /// The pipelines; at most 500.
    pub pipelines: Vec<PipelineId>,
}

/// What became of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Archived {
    /// Done.
    pub pipelines: Vec<PipelineId>,
    /// Not done, and why.
    pub refused: Vec<Refused>,
}

/// A pipeline that was not archived, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Refused {
    /// The pipeline.
    pub pipeline: PipelineId,
    /// Why.
    #[serde(flatten)]
    pub refusal: Refusal,
}
