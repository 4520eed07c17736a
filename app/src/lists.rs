//! The lists of the overview.

use protocol::Summary;

/// The lists that the overview has; every pipeline is on one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    /// Pipelines that have not ended.
    Open,
    /// Those that have ended and are not archived.
    Ended,
    /// Those that are archived.
    Archived,
}

impl List {
    /// All of them, in the order of the tabs.
    pub(crate) const ALL: [Self; 3] = [Self::Open, Self::Ended, Self::Archived];

    /// The one that has this pipeline.
    pub(crate) fn of(summary: &Summary) -> Self {
        match (summary.status.has_ended(), summary.archived) {
            (false, _) => Self::Open,
            (true, None) => Self::Ended,
            (true, Some(_)) => Self::Archived,
        }
    }
}
