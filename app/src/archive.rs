//! What the board knows of archiving: which pipelines are chosen, and what was done last.

use domain::PipelineId;
use leptos::prelude::*;

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

    /// A step begins; false while another one is being made.
    pub fn begin(self) -> bool {
        let idle = !self.busy.get_untracked();
        if idle {
            self.busy.set(true);
        }
        idle
    }

    /// The step is done, and moved these pipelines.
    pub fn end(self, moved: Vec<PipelineId>, back: bool) {
        self.chosen.set(Vec::new());
        self.was_back.set_value(back);
        self.moved.set(moved);
        self.busy.set(false);
    }

    /// What takes back what was done last, and whether that brings pipelines back.
    pub fn undoing(self) -> (What, bool) {
        let moved = What::These(self.moved.get_untracked());
        (moved, !self.was_back.get_value())
    }
}
