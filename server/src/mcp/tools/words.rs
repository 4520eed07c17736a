//! What the answers of several tools put in the same words.

use domain::{Baton, Pipeline, Status as PipelineState, Verdict};
use serde::Serialize;

/// The address of a pipeline on the board.
pub fn board_url(board: &str, pipeline: &Pipeline) -> String {
    format!("{board}/pipelines/{}", pipeline.id)
}

/// How a revision was decided, in one word.
pub fn verdict(made: Option<Verdict>) -> &'static str {
    match made {
        None => "pending",
        Some(Verdict::Accept) => "accepted",
        Some(Verdict::RequestChanges) => "changes_requested",
        Some(Verdict::Stop) => "stopped",
    }
}

/// The word that a value has on every wire.
pub fn word<T: Serialize>(value: &T) -> String {
    serde_json::to_value(value)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// Compile-time reminder that the words that the answers document are all there are.
const _: fn(Baton, PipelineState) = |baton, status| {
    match baton {
        Baton::Agent | Baton::Person | Baton::InTransit | Baton::Nobody => {}
    }
    match status {
        PipelineState::Idle
        | PipelineState::Running
        | PipelineState::AwaitingReview
        | PipelineState::HandingOver
        | PipelineState::Completed
        | PipelineState::Failed
        | PipelineState::Cancelled => {}
    }
};
