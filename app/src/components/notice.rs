//! The lines that say what just happened.

use std::time::Duration;

use leptos::prelude::*;

use super::when::When;
use crate::{Lang, board::use_board, follow::flag};

/// A notice stays long enough to be read twice.
const STAYS: Duration = Duration::from_secs(12);

/// One polite line at the foot of the window, and one that interrupts a screen reader: a gate opened.
/// Both exist before they say anything, or they would not be read.
#[component]
pub(crate) fn Notices() -> impl IntoView {
    let board = use_board();
    // Counts notices, so that an old timer does not take away a new one.
    let number = StoredValue::new(0_u32);
    Effect::new(move || {
        if board.notice.with(|text| !text.is_empty()) {
            number.update_value(|number| *number = number.wrapping_add(1));
            let mine = number.get_value();
            set_timeout(
                move || {
                    if number.get_value() == mine {
                        board.notice.set(String::new());
                    }
                },
                STAYS,
            );
        }
    });
    let some = flag(move || board.notice.with(|text| !text.is_empty()));
    view! {
        <div class="notice" class:shown=some>
            <p role="status">{board.notice}</p>
            <When holds=some>
                <button class="quiet small" type="button" on:click=move |_| board.notice.set(String::new())>
                    {board.t(Lang::dismiss)}
                </button>
            </When>
        </div>
        <p class="unseen" role="alert">{board.alarm}</p>
    }
    .into_inner()
}
