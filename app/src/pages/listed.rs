//! What has ended, or the archive: the newest first, page by page, with what is done to several at once.

use leptos::prelude::*;

use crate::{
    List,
    board::Board,
    components::{bulk::Bulk, more::More, row::Among, rows::rows, when::When},
    follow::{flag, memo, word},
    listing::Progress,
};

/// One of the two lists.
#[component]
pub(super) fn Listed(board: Board, list: List) -> impl IntoView {
    let ids = memo(move || board.ids_of(list));
    let some = flag(move || ids.with(|ids| !ids.is_empty()));
    let nothing = word(move || {
        let lang = board.lang.get();
        match (board.listed.progress.get(), list) {
            (Progress::Whole, List::Archived) => lang.nothing_archived(),
            (Progress::Whole, _) => lang.nothing_ended(),
            _ => "",
        }
    });
    view! {
        <When
            holds=some
            otherwise=move || view! { <p class="nothing sub">{nothing}</p> }
        >
            <Bulk list ids/>
            {rows(ids, Among::List)}
        </When>
        <More listing=board.listed/>
    }
    .into_inner()
}
