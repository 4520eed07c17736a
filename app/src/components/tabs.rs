//! The lists of the overview: which there are, how many pipelines each has, and which one is shown.

use leptos::prelude::*;

use crate::{
    Lang, List,
    board::use_board,
    follow::{memo, text},
    paths, wording,
};

/// One link a list.
#[component]
pub(crate) fn Tabs() -> impl IntoView {
    let board = use_board();
    let shown = memo(move || board.list());
    let tab = move |list: List| {
        let name = text(move || wording::list_name(board.lang.get(), list).to_owned());
        let count = text(move || {
            let counts = board.counts.get();
            let count = match list {
                List::Open => counts.open,
                List::Ended => counts.ended,
                List::Archived => counts.archived,
            };
            wording::grouped(board.lang.get(), count)
        });
        let current = move || (shown.get() == Some(list)).then_some("page");
        view! {
            <a href=paths::list(list) aria-current=current>{name} " " <span class="count">{count}</span></a>
        }
    };
    view! {
        <nav class="tabs" aria-label=board.t(Lang::pipelines)>
            {List::ALL.map(tab).into_iter().collect_view()}
        </nav>
    }
    .into_inner()
}
