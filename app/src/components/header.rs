//! The bar at the top: where one is, what one looks for, whether what one sees is true.

use leptos::prelude::*;

use super::{
    badge::Badge,
    find::Find,
    mark::Mark,
    switches::{LangSwitch, ThemeSwitch},
};
use crate::{Lang, board::use_board, follow::maybe, paths, wording};

/// The bar at the top. It sticks, and a line hangs under it while the connection is lost.
#[component]
pub(crate) fn Header() -> impl IntoView {
    let board = use_board();
    let stale = maybe(move || {
        board
            .stale_since()
            .map(|since| wording::connection::stale(board.lang.get(), since, board.now.get()))
    });
    view! {
        <header class="bar">
            <div class="bar-line">
                <a class="mark" href=paths::overview()><Mark/><span>"Staffel"</span></a>
                // The badge grows into free space: a lost connection pushes nothing away.
                <Badge/>
                <Find/>
                <button class="quiet wide-only" type="button" popovertarget="connect">
                    {board.t(Lang::connect_an_agent)}
                </button>
                <ThemeSwitch/>
                <LangSwitch/>
            </div>
            // It overlays the page's upper margin: coming and going, it moves nothing.
            <p class="stale-line" role="status">{stale}</p>
        </header>
    }
    .into_inner()
}
