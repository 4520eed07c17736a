//! What waits for a person.

use domain::{HandoverId, PipelineId, Timestamp};
use protocol::Summary;

use crate::standing;

/// A handover that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Waiting {
    /// The pipeline.
    pub pipeline: PipelineId,
    /// The handover.
    pub handover: HandoverId,
    /// Its newest revision.
    pub revision: u32,
    /// Since when.
    pub since: Timestamp,
}

impl Waiting {
    /// The handover of this pipeline that waits, if one does.
    pub fn of(summary: &Summary) -> Option<Self> {
        let handover = standing::open_handover(summary)?;
        Some(Self {
            pipeline: summary.pipeline.clone(),
            handover: handover.handover.clone(),
            revision: handover.revision,
            since: handover.at,
        })
    }
}
