//! What is long is drawn in steps, one in each frame, so that keys are answered in between.

use leptos::prelude::*;

/// Lets one step more be drawn in each frame, until there are `count`; `complete` says then that this was the last.
pub(super) fn draw(drawn: RwSignal<usize>, count: usize, complete: Option<RwSignal<bool>>) {
    // Something else may be shown by now.
    let Some(now) = drawn.try_get_untracked() else {
        return;
    };
    if let Some(complete) = complete {
        complete.try_set(now >= count);
    }
    if now < count {
        request_animation_frame(move || {
            drawn.try_update(|drawn| *drawn += 1);
            draw(drawn, count, complete);
        });
    }
}
