//! The archive: which pipelines are chosen, putting them away and bringing them back, and the way to undo that.

use domain::PipelineId;
use leptos::{prelude::*, task::spawn_local};

use crate::{
    api::{self, Failure},
    board::Board,
    browser, wording,
};

/// So many go into one request; the server takes up to 500.
const BATCH: usize = 150;

/// What is to be archived.
pub(crate) enum What {
    /// These pipelines.
    These(Vec<PipelineId>),
    /// Every pipeline that has ended.
    Ended,
}

/// What is chosen, and what was done last.
#[derive(Clone, Copy)]
pub(crate) struct Archive {
    /// The pipelines that are ticked.
    pub chosen: RwSignal<Vec<PipelineId>>,
    /// Whether something is being archived or brought back.
    pub busy: RwSignal<bool>,
    /// What the last step moved: it can be undone as long as it is said.
    pub moved: RwSignal<Vec<PipelineId>>,
    /// Whether the last step brought pipelines back.
    was_back: StoredValue<bool>,
}

impl Archive {
    /// Nothing chosen, nothing done.
    pub fn new() -> Self {
        Self {
            chosen: RwSignal::new(Vec::new()),
            busy: RwSignal::new(false),
            moved: RwSignal::new(Vec::new()),
            was_back: StoredValue::new(false),
        }
    }

    /// Ticks a pipeline, or takes the tick away.
    pub fn choose(self, id: &PipelineId, chosen: bool) {
        self.chosen.update(|all| {
            all.retain(|known| known != id);
            if chosen {
                all.push(id.clone());
            }
        });
    }

    /// Archives pipelines, or brings them back, and says what became of it.
    pub fn put(self, board: Board, what: What, back: bool) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        spawn_local(async move {
            let mut moved = Vec::new();
            let done = match what {
                What::These(pipelines) => send(&pipelines, back, &mut moved).await,
                What::Ended => everything(board, &mut moved).await,
            };
            board.recount();
            let lang = board.lang.get_untracked();
            board.say(match (done, moved.len()) {
                (Err(failure), 0) => wording::connection::failure(lang, &failure),
                (_, count) => wording::archived(lang, count, back),
            });
            self.chosen.set(Vec::new());
            self.was_back.set_value(back);
            self.moved.set(moved);
            self.busy.set(false);
        });
    }

    /// Takes back what was done last.
    pub fn undo(self, board: Board) {
        let moved = What::These(self.moved.get_untracked());
        self.put(board, moved, !self.was_back.get_value());
    }
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
