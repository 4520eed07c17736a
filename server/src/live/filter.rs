//! What a subscriber wants to see.

use std::sync::Arc;

use domain::PipelineId;

/// What a subscriber wants to see. Empty: everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Filter {
    /// Only this pipeline.
    pub pipeline: Option<PipelineId>,
    /// Only pipelines of this project.
    pub project: Option<Arc<str>>,
}

impl Filter {
    /// Whether a pipeline of this project passes.
    pub fn shows(&self, pipeline: &PipelineId, project: &str) -> bool {
        self.pipeline.as_ref().is_none_or(|only| only == pipeline)
            && self.project.as_ref().is_none_or(|only| **only == *project)
    }

    /// Every filter that a pipeline of this project passes.
    pub(super) fn all_that_show(pipeline: &PipelineId, project: &Arc<str>) -> [Self; 4] {
        [(false, false), (true, false), (false, true), (true, true)].map(|(one, of)| Self {
            pipeline: one.then(|| pipeline.clone()),
            project: of.then(|| Arc::clone(project)),
        })
    }
}
