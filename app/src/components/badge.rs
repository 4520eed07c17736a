//! Whether the board is live, in a word.

use leptos::prelude::*;

use super::when::When;
use crate::{
    Lang,
    board::use_board,
    follow::{flag, maybe, press, word},
    link::Link,
    wording,
};

/// The connection badge: live, reconnecting with a countdown, or offline with a way to try at once.
#[component]
pub(crate) fn Badge() -> impl IntoView {
    let board = use_board();
    let lang = board.lang;
    let kind = word(move || {
        board.link.with(|link| match link {
            Link::Connecting => "connecting",
            Link::Live => "live",
            Link::Lost(lost) if lost.is_offline() => "offline",
            Link::Lost(_) => "reconnecting",
        })
    });
    let said = word(move || {
        board
            .link
            .with(|link| wording::connection::badge(lang.get(), link))
    });
    let next = maybe(move || {
        let now = board.now.get();
        board.link.with(|link| {
            link.lost()
                .map(|lost| wording::connection::next_try(lang.get(), lost, now))
        })
    });
    let offline = flag(move || {
        board
            .link
            .with(|link| link.lost().is_some_and(crate::link::Lost::is_offline))
    });
    view! {
        <div class="badge" data-link=kind>
            // Only the word is read aloud: a countdown every second would be noise.
            <span class="badge-word" role="status">{said}</span>
            <span class="badge-next">{next}</span>
            <When holds=offline>
                <button class="btn small" type="button" on:click=press(move |_| board.hurry.set(true))>
                    {board.t(Lang::retry)}
                </button>
            </When>
        </div>
    }
    .into_inner()
}
