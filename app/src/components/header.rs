//! The bar at the top: where one is, what one looks for, whether what one sees is true.

use leptos::prelude::*;

use super::{
    badge::Badge,
    find::Find,
    mark::Mark,
    switches::{LangSwitch, ThemeSwitch},
};
use crate::{
    Lang,
    board::use_board,
    follow::{maybe, press, text},
    paths, wording,
};

/// The bar at the top. It sticks, and a line hangs under it while the connection is lost.
#[component]
pub(crate) fn Header() -> impl IntoView {
    let board = use_board();
    let stale = maybe(move || {
        board
            .stale_since()
            .map(|since| wording::connection::stale(board.lang.get(), since, board.now.get()))
    });
    // Until the first one has come it is about connecting; from then on it is about them.
    let entry = text(move || {
        let lang = board.lang.get();
        match board.agents.with(Vec::len) {
            0 => lang.connect_an_agent().to_owned(),
            count => format!("{} {count}", lang.agents()),
        }
    });
    let signed_in = board.me.with_value(Option::is_some);
    let (class, me) = if signed_in {
        ("quiet wide-only", paths::people_page())
    } else {
        ("quiet", paths::sign_in_page())
    };
    let name = text(move || {
        let lang = board.lang.get();
        if signed_in {
            board.reader()
        } else {
            lang.sign_in().to_owned()
        }
    });
    view! {
        <header class="bar">
            <div class="bar-line">
                <a class="mark" href=paths::overview()><Mark/><span>"Staffel"</span></a>
                // The badge grows into free space: a lost connection pushes nothing away.
                <Badge/>
                <Find/>
                <button class="quiet palette-open" type="button" aria-label=board.t(Lang::palette) on:click=press(move |_| board.palette.set(true))></button>
                <a class="quiet wide-only" href=paths::agents()>{entry}</a>
                <a class=class href=me>{name}</a>
                <ThemeSwitch/>
                <LangSwitch/>
            </div>
            // It overlays the page's upper margin: coming and going, it moves nothing.
            <p class="stale-line" role="status">{stale}</p>
        </header>
    }
    .into_inner()
}
