//! How this browser tells of what waits.

use leptos::{ev::Event, prelude::*, task::spawn_local};

use crate::{
    Lang,
    actions::tell::{self, Way},
    board::Board,
    follow::text,
};

/// How this browser tells of what waits.
pub(super) fn telling(board: Board) -> AnyView {
    let refused = RwSignal::new(false);
    let said = text(move || {
        let lang = board.lang.get();
        if refused.get() {
            lang.not_allowed_here().to_owned()
        } else {
            String::new()
        }
    });
    view! {
        <section class="sheet people">
            <div class="people-head">
                <h2>{board.t(Lang::notifications)}</h2>
                <span class="sub">{board.t(Lang::silent_while_looking)}</span>
                <button class="btn" type="button" on:click=move |_| try_out(board)>{board.t(Lang::test)}</button>
            </div>
            <div class="telling">
                {way(board, refused, Way::Notification, Lang::show_notifications)}
                {way(board, refused, Way::Sound, Lang::play_a_sound)}
                <p class="sub" role="status">{said}</p>
            </div>
        </section>
    }
    .into_any()
}

fn try_out(board: Board) {
    tell::test(board.lang.get_untracked().handover_waits());
}

fn way(board: Board, refused: RwSignal<bool>, way: Way, name: fn(Lang) -> &'static str) -> AnyView {
    let on = RwSignal::new(false);
    // The server does not know what this browser keeps.
    Effect::new(move || on.set(way.is_on()));
    let choose = move |event: Event| {
        let wanted = event_target_checked(&event);
        spawn_local(async move {
            let done = way.switch(wanted).await;
            on.set(wanted && done);
            // Drawn by the reader's click already, whatever came of it.
            if !done {
                on.notify();
            }
            refused.set(!done);
        });
    };
    view! {
        <label>
            <input type="checkbox" prop:checked=on on:change=choose/>
            {board.t(name)}
        </label>
    }
    .into_any()
}
