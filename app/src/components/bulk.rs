//! What is done with several pipelines at once: archiving them, and bringing them back.

use domain::PipelineId;
use leptos::prelude::*;

use super::when::When;
use crate::{
    Lang, List, actions,
    archive::What,
    board::use_board,
    follow::{flag, press, text},
    wording,
};

/// The line above a list whose rows can be ticked.
#[component]
pub(crate) fn Bulk(
    /// The list: what has ended is archived, what is archived comes back.
    list: List,
    /// Its pipelines as far as they are here.
    ids: Memo<Vec<PipelineId>>,
) -> impl IntoView {
    let board = use_board();
    let archive = board.archive;
    let back = list == List::Archived;
    let chosen = move || archive.chosen.with(Vec::len);
    let all = flag(move || {
        let rows = ids.with(Vec::len);
        rows > 0 && chosen() >= rows
    });
    let choose_all = move |checked: bool| {
        let all = checked.then(|| ids.get_untracked());
        archive.chosen.set(all.unwrap_or_default());
    };
    let act = text(move || {
        let lang = board.lang.get();
        match (chosen(), back) {
            (0, true) => lang.unarchive().to_owned(),
            (0, false) => lang.archive().to_owned(),
            (count, _) => wording::archive_chosen(lang, count, back),
        }
    });
    let everything = text(move || {
        let count = board.counts.with(|counts| counts.ended);
        board
            .lang
            .get()
            .archive_all(count, &wording::grouped(board.lang.get(), count))
    });
    let nothing = flag(move || archive.busy.get() || chosen() == 0);
    let whole = flag(move || !back && board.counts.with(|counts| counts.ended) > 1);
    let put = move |_| {
        actions::archive::put(board, What::These(archive.chosen.get_untracked()), back);
    };
    view! {
        <div class="bulk">
            <label class="tick">
                <input
                    type="checkbox"
                    prop:checked=all
                    on:change:target=move |event| choose_all(event.target().checked())
                />
                <span>{board.t(Lang::choose_all)}</span>
            </label>
            <button class="btn small" type="button" disabled=nothing on:click=press(put)>{act}</button>
            <When holds=whole>
                <button
                    class="quiet"
                    type="button"
                    disabled=archive.busy
                    on:click=press(move |_| actions::archive::put(board, What::Ended, false))
                >
                    {everything}
                </button>
            </When>
        </div>
    }
    .into_inner()
}
