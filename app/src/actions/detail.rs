//! Fetching the detail of the pipeline whose page is shown.

use domain::PipelineId;
use leptos::{prelude::*, task::spawn_local};

use crate::{
    api::{self, Failure},
    board::Board,
    detail::Coming,
    follow::effect,
};

/// Fetches what is wanted, for as long as the page is open.
pub(super) fn follow(board: Board) {
    // A page that was reached by a link has only the row so far.
    effect(move || {
        let shown = board.route.with(|route| route.pipeline().cloned());
        if let Some(id) = shown.filter(|id| !board.detail.has(id)) {
            fetch(board, id);
        }
    });
    effect(move || {
        if let Some(id) = board.detail.wanted.get() {
            fetch(board, id);
        }
    });
}

/// Fetches the detail anew.
pub(crate) fn fetch(board: Board, pipeline: PipelineId) {
    let detail = board.detail;
    if !detail.begin(&pipeline) {
        return;
    }
    spawn_local(async move {
        let answer = api::detail(&pipeline).await;
        if !detail.is_coming(&pipeline) {
            return;
        }
        match answer {
            Ok((summary, more)) => {
                detail.put(&summary, more, board.is_shown(&pipeline));
                board.learn(summary);
            }
            Err(Failure::Refused(problem)) if problem.status == 404 => {
                detail.coming.set(Coming::Missing(pipeline));
            }
            Err(failure) => detail.coming.set(Coming::Failed(pipeline, failure)),
        }
    });
}
