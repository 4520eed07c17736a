//! Who has the baton, in a sentence, and the next step.

use domain::{NoteKind, Status};
use leptos::prelude::*;

use super::{notes::pause_button, when::When};
use crate::{
    Lang, actions,
    board::use_board,
    follow::{StatusSignal, flag, press, text},
    standing::{self, Standing},
    wording::{self, now::More},
};

/// The line under the track: what is happening, and what the reader can do about it.
#[component]
pub(crate) fn Now(
    /// The pipeline.
    status: StatusSignal,
) -> impl IntoView {
    let board = use_board();
    let class = text(move || {
        let standing = status.with(|status| Standing::of(status, board.now.get()));
        let runs = status.with(|status| status.status == Status::Running);
        let runs = if runs { " runs" } else { "" };
        format!("now {}{runs}", standing.class())
    });
    let last_words = move || {
        let last = board.with_detail(status, |more| {
            more.log.last().and_then(wording::happened::last_words)
        });
        last.flatten()
    };
    let pause = move || {
        let note = board.with_detail(status, |more| {
            let mut notes = more.notes.iter().rev();
            notes.find(|note| note.kind == NoteKind::Pause).cloned()
        });
        note.flatten()
    };
    let words = move || {
        let more = More {
            last_words: last_words(),
            pause: pause(),
            reader: board.reader(),
            decides: board.may_decide(),
        };
        status.with(|status| wording::now::words(board.lang.get(), status, &more, board.now.get()))
    };
    let waits = flag(move || status.with(|status| standing::open_handover(status).is_some()));
    let show = StoredValue::new(status.id());
    view! {
        <section class=class aria-label=board.t(Lang::who_has_the_baton)>
            <p>{text(move || words().0)} " " <span class="sub">{text(move || words().1)}</span></p>
            <When holds=waits>
                <button class="btn first" type="button" on:click=press(move |_| actions::review::show(board, &show.get_value()))>
                    {board.t(Lang::read_and_decide)}
                </button>
            </When>
            {board.may_decide().then(|| pause_button(board, status))}
        </section>
    }
    .into_inner()
}
