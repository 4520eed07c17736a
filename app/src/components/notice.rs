//! The lines that say what just happened.

use std::time::Duration;

use leptos::prelude::*;

use super::when::When;
use crate::{
    Lang, actions,
    board::use_board,
    follow::{effect, flag, maybe, press},
    standing, wording,
};

/// A notice stays long enough to be read twice.
const STAYS: Duration = Duration::from_secs(12);
/// One that can be undone stays until somebody has looked whether that was right.
const STAYS_TO_UNDO: Duration = Duration::from_secs(30);

/// At the foot of the window: the handover that arrived while somebody was busy, until it is looked at or closed, and
/// one polite line. One more interrupts a screen reader: a handover arrived. The lines that are read aloud exist before
/// they say anything, or they would not be read.
#[component]
pub(crate) fn Notices() -> impl IntoView {
    let board = use_board();
    // Counts notices, so that an old timer does not take away a new one.
    let number = StoredValue::new(0_u32);
    let undo = flag(move || board.archive.moved.with(|moved| !moved.is_empty()));
    effect(move || {
        if board.notice.with(|text| !text.is_empty()) {
            number.update_value(|number| *number = number.wrapping_add(1));
            let mine = number.get_value();
            let undo = undo.get();
            set_timeout(
                move || {
                    if number.get_value() == mine {
                        board.say(String::new());
                    }
                },
                if undo { STAYS_TO_UNDO } else { STAYS },
            );
        }
    });
    let some = flag(move || board.notice.with(|text| !text.is_empty()));
    let arrived = board.review.arrived;
    let arrival = maybe(move || {
        let pipeline = arrived.with(|arrived| Some(arrived.first()?.pipeline.clone()));
        let status = board.pipeline(&pipeline?)?;
        status.with(|status| {
            let about = standing::open_handover(status)?;
            Some(wording::review::arrival(
                board.lang.get(),
                &about.phase,
                &status.title,
            ))
        })
    });
    let waits = flag(move || arrival.with(Option::is_some));
    let show = move |_| {
        if let Some(waiting) = arrived.get_untracked().first() {
            actions::review::show(board, &waiting.pipeline);
        }
    };
    view! {
        <div class="notices">
            <When holds=waits>
                <div class="notice arrival shown">
                    <p role="status">{arrival}</p>
                    <button class="btn small" type="button" on:click=press(show)>{board.t(Lang::read_and_decide)}</button>
                    <button class="quiet small" type="button" on:click=press(move |_| arrived.set(Vec::new()))>
                        {board.t(Lang::dismiss)}
                    </button>
                </div>
            </When>
            <div class="notice" class:shown=some>
                <p role="status">{board.notice}</p>
                <When holds=undo>
                    <button class="btn small" type="button" on:click=press(move |_| actions::archive::undo(board))>
                        {board.t(Lang::undo)}
                    </button>
                </When>
                <When holds=some>
                    <button class="quiet small" type="button" on:click=press(move |_| board.say(String::new()))>
                        {board.t(Lang::dismiss)}
                    </button>
                </When>
            </div>
        </div>
        <p class="unseen" role="alert">{board.alarm}</p>
    }
    .into_inner()
}
