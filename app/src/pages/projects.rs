//! The open pipelines, project by project.

use leptos::prelude::*;

use super::groups::{Group, groups_of};
use crate::{
    List,
    board::Board,
    components::{
        list::{Item, list},
        more::More,
        row::Among,
        rows::rows,
    },
    follow::{flag, maybe, memo, text},
};

/// The projects that have open pipelines.
#[component]
pub(super) fn Projects(board: Board) -> impl IntoView {
    let shown = memo(move || groups_of(board, &board.ids_of(List::Open), ""));
    let none = flag(move || shown.with(Vec::is_empty));
    let nothing = maybe(move || {
        none.get()
            .then(|| board.lang.get().nothing_open().to_owned())
    });
    view! {
        {projects(shown)}
        <p class="nothing sub">{nothing}</p>
        <More listing=board.opened by_itself=false/>
    }
    .into_inner()
}

/// These pipelines under the names of their projects.
pub(super) fn projects(shown: Memo<Vec<Group>>) -> AnyView {
    let project = move |group: &Group| {
        let project = group.project.clone();
        Item::new(project.clone(), move || view! { <Project shown project/> })
    };
    list(move || shown.with(|groups| groups.iter().map(project).collect()))
}

#[component]
fn Project(shown: Memo<Vec<Group>>, project: String) -> impl IntoView {
    let name = StoredValue::new(project.clone());
    let pipelines = memo(move || {
        shown.with(|groups| {
            let same = |group: &&Group| name.with_value(|name| group.project == *name);
            let group = groups.iter().find(same);
            group.map_or_else(Vec::new, |group| group.pipelines.clone())
        })
    });
    view! {
        <section class="project">
            <h2>{project} " " <span class="count">{text(move || pipelines.with(Vec::len).to_string())}</span></h2>
            {rows(pipelines, Among::Project)}
        </section>
    }
    .into_inner()
}
