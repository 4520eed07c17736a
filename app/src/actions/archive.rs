//! Archiving pipelines, bringing them back, and undoing that.

use std::pin::Pin;

use domain::PipelineId;
use leptos::{
    prelude::*,
    task::spawn_local,
    wasm_split::{SplitLoaderError, wasm_split},
};

use crate::{
    api::{self, Failure},
    archive::What,
    board::Board,
    browser, wording,
};

/// So many go into one request; the server takes up to 500.
const BATCH: usize = 150;

type Moving = Pin<Box<dyn Future<Output = ()>>>;

/// Archives pipelines, or brings them back, and says what became of it.
pub(crate) fn put(board: Board, what: What, back: bool) {
    if !board.archive.begin() {
        return;
    }
    spawn_local(async move {
        match moving(board, what, back).await {
            Ok(moving) => moving.await,
            Err(_) => {
                let lang = board.lang.get_untracked();
                board.say(wording::connection::failure(lang, &Failure::Unreachable));
                board.archive.end(Vec::new(), back);
            }
        }
    });
}

#[wasm_split(rest, wasm_split_path = leptos::wasm_split, fallible)]
fn moving(board: Board, what: What, back: bool) -> Result<Moving, SplitLoaderError> {
    Ok(Box::pin(async move {
        let mut moved = Vec::new();
        let done = match what {
            What::These(pipelines) => send(&pipelines, back, &mut moved).await,
            What::Ended => everything(board, &mut moved).await,
        };
        board.uncounted.set(true);
        let lang = board.lang.get_untracked();
        board.say(match (done, moved.len()) {
            (Err(failure), 0) => wording::connection::failure(lang, &failure),
            (_, count) => wording::archived(lang, count, back),
        });
        board.archive.end(moved, back);
    }))
}

/// Takes back what was done last.
pub(crate) fn undo(board: Board) {
    let (what, back) = board.archive.undoing();
    put(board, what, back);
}

/// Archives everything that has ended.
async fn everything(board: Board, moved: &mut Vec<PipelineId>) -> Result<(), Failure> {
    // What is archived leaves the list: its first page is always the next.
    let first = format!("state=ended&limit={BATCH}");
    loop {
        let page = api::pipelines(&first).await?;
        let ended: Vec<_> = page.pipelines.into_iter().map(|one| one.pipeline).collect();
        let before = moved.len();
        send(&ended, false, moved).await?;
        if moved.len() == before {
            return Ok(());
        }
        board.say(wording::archived(
            board.lang.get_untracked(),
            moved.len(),
            false,
        ));
    }
}

/// Sends pipelines away or back, some at a time, and notes which went.
async fn send(
    pipelines: &[PipelineId],
    back: bool,
    moved: &mut Vec<PipelineId>,
) -> Result<(), Failure> {
    for batch in pipelines.chunks(BATCH) {
        let key = browser::unique("archive");
        let done = api::archive(batch, back, &key).await?;
        moved.extend(done.pipelines);
    }
    Ok(())
}
