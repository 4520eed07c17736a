//! Every address the board uses, in one place.

use domain::{HandoverId, PipelineId, PromptId};

/// What stands before every path: empty, or `/staffel` when the board lives under a sub-path.
pub const BASE: &str = "";

/// All pipelines.
pub fn overview() -> String {
    format!("{BASE}/")
}

/// The agents, and how to connect one.
pub fn agents() -> String {
    format!("{BASE}/agents")
}

/// One pipeline.
pub fn pipeline(id: &PipelineId) -> String {
    format!("{BASE}/pipelines/{id}")
}

/// The live connection, resumed after the event with this id.
pub(crate) fn sse(last_event_id: &str) -> String {
    format!("{BASE}/sse?last_event_id={last_event_id}")
}

/// A handover with its text.
pub(crate) fn handover(pipeline: &PipelineId, handover: &HandoverId) -> String {
    format!("{BASE}/api/pipelines/{pipeline}/handovers/{handover}")
}

/// Where a person's decision goes.
pub(crate) fn decision(pipeline: &PipelineId, handover: &HandoverId) -> String {
    format!("{BASE}/api/pipelines/{pipeline}/handovers/{handover}/decision")
}

/// A prompt with its text.
pub(crate) fn prompt(pipeline: &PipelineId, prompt: &PromptId) -> String {
    format!("{BASE}/api/pipelines/{pipeline}/prompts/{prompt}")
}

/// Where it is noted that a person offered a prompt.
pub(crate) fn offers(pipeline: &PipelineId, prompt: &PromptId) -> String {
    format!("{BASE}/api/pipelines/{pipeline}/prompts/{prompt}/offers")
}

/// All events of a pipeline.
pub(crate) fn events(pipeline: &PipelineId) -> String {
    format!("{BASE}/api/pipelines/{pipeline}/events?after=0")
}

/// The address agents connect to.
pub fn mcp(origin: &str) -> String {
    format!("{origin}{BASE}/mcp")
}

/// A file of `style/assets`.
pub fn asset(name: &str) -> String {
    format!("{BASE}/{name}")
}
