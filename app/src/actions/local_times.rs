//! Exact times in the zone of the reader, from the moment in which somebody may look for one.
//!
//! For the first of them a browser reads its tables of languages and zones: 25 ms in Chromium, and 100 on a slow phone,
//! in which nothing else happens. While a page is taken over that would stand in the way of everything.

use std::time::Duration;

use leptos::prelude::{GetUntracked, Set, set_timeout, window_event_listener_untyped};

use crate::board::Board;

/// Whoever points at nothing has them after so long: a screen reader moves without telling the page.
const AT_LATEST: Duration = Duration::from_secs(10);

/// Writes them once somebody points at something, or moves the focus.
pub(crate) fn follow(board: Board) {
    let write = move || {
        if !board.local_times.get_untracked() {
            board.local_times.set(true);
        }
    };
    for name in ["pointerover", "focusin"] {
        window_event_listener_untyped(name, move |_| write());
    }
    set_timeout(write, AT_LATEST);
}
