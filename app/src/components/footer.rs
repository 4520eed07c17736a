//! What board this is.

use leptos::prelude::*;

use super::when::When;
use crate::{Lang, board::use_board, paths};

/// Staffel's version, and where scripts go.
#[component]
pub(crate) fn Footer() -> impl IntoView {
    let board = use_board();
    view! {
        <footer class="foot">
            <div>
                <span>"Staffel " {board.server.get_value()}</span>
                <a href=format!("{}/api/openapi.json", paths::base()) rel="external">{board.t(Lang::api)}</a>
                <a href=paths::agents()>{board.t(Lang::connect_an_agent)}</a>
                <a href=paths::people_page()>{board.t(Lang::people)}</a>
                <When holds=board.outdated>
                    <p class="outdated" role="status">
                        {board.t(Lang::updated)} " "
                        <a href="" rel="external">{board.t(Lang::reload)}</a>
                    </p>
                </When>
            </div>
        </footer>
    }
    .into_inner()
}
