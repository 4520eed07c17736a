//! What a search finds: among the open pipelines at once, and in everything that the server has.

use std::collections::HashSet;

use domain::PipelineId;
use leptos::prelude::*;

use super::{groups::groups_of, projects::projects};
use crate::{
    Lang, List,
    board::Board,
    components::{more::More, row::Among, rows::rows, when::When},
    follow::{flag, maybe, memo, press, word},
    listing::Progress,
    wording,
};

/// The results.
#[component]
pub(super) fn Results(board: Board) -> impl IntoView {
    let here = memo(move || {
        let find = board.find.get();
        groups_of(board, &board.ids_of(List::Open), &find)
    });
    let others = memo(move || {
        let shown: HashSet<PipelineId> = here.with(|groups| {
            let ids = groups.iter().flat_map(|group| group.pipelines.iter());
            ids.cloned().collect()
        });
        let mut found = board.found.ids.get();
        found.retain(|id| !shown.contains(id));
        found
    });
    let none = flag(move || {
        let asking = board.found.progress.get() == Progress::Asking;
        !asking && here.with(Vec::is_empty) && others.with(Vec::is_empty)
    });
    let found_nothing = maybe(move || {
        let words = || wording::found_nothing(board.lang.get(), &board.find.get());
        none.get().then(words)
    });
    let more = flag(move || others.with(|others| !others.is_empty()));
    let heading = word(move || {
        let lang = board.lang.get();
        if here.with(Vec::is_empty) {
            lang.found()
        } else {
            lang.also_found()
        }
    });
    view! {
        <div class="results">
            <button class="btn small" type="button" on:click=press(move |_| board.find.set(String::new()))>
                {board.t(Lang::clear_find)}
            </button>
        </div>
        {projects(here)}
        <When holds=more>
            <section class="project">
                <h2>{heading}</h2>
                {rows(others, Among::Found)}
            </section>
        </When>
        <p class="found-nothing" role="status">{found_nothing}</p>
        <More listing=board.found/>
    }
    .into_inner()
}
