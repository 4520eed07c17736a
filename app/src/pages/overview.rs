//! All pipelines: what waits for the reader first, then project by project.

use domain::PipelineId;
use leptos::prelude::*;

use super::groups::{Candidate, Group, groups};
use crate::{
    Lang,
    board::{Board, Waiting, use_board},
    components::{
        connect::Connect,
        gate::Gate,
        list::{Item, list},
        row::Row,
        tally::Tally,
        when::When,
    },
    follow::{flag, maybe, text},
    wording,
};

/// The overview.
#[component]
pub(crate) fn Overview() -> impl IntoView {
    let board = use_board();
    let some = flag(move || !board.ids().is_empty());
    let heading = text(move || {
        if some.get() {
            wording::headline(board.lang.get(), board.waiting.with(Vec::len))
        } else {
            board.lang.get().nobody_on_track().to_owned()
        }
    });
    view! {
        <h1>{heading}</h1>
        <When holds=some otherwise=move || view! { <section class="sheet empty"><Connect/></section> }>
            <Gates board/>
            <Projects board/>
        </When>
    }
    .into_inner()
}

/// What waits. The place is kept when nothing does: nothing below jumps when a gate opens.
#[component]
fn Gates(board: Board) -> impl IntoView {
    let some = flag(move || board.waiting.with(|waiting| !waiting.is_empty()));
    let gate = |waiting: &Waiting| {
        let pipeline = waiting.pipeline.clone();
        Item::new(pipeline.clone(), move || view! { <Gate pipeline/> })
    };
    let gates = move || {
        board
            .waiting
            .with(|waiting| waiting.iter().map(gate).collect())
    };
    view! {
        <section class="gate-place" aria-label=board.t(Lang::waiting_for_you)>
            <When holds=some otherwise=|| view! { <Tally/> }>
                <ul class="gates">
                    {list(gates)}
                </ul>
            </When>
        </section>
    }
    .into_inner()
}

#[component]
fn Projects(board: Board) -> impl IntoView {
    let shown = Memo::new(move |_| {
        let ids = board.ids();
        let find = board.find.get();
        groups(ids.iter().filter_map(|id| {
            board
                .pipeline(id)?
                .with(|status| Candidate::of(status, &find))
        }))
    });
    let project = move |group: &Group| {
        let project = group.project.clone();
        Item::new(project.clone(), move || view! { <Project shown project/> })
    };
    let projects = move || shown.with(|groups| groups.iter().map(project).collect());
    let none = flag(move || shown.with(Vec::is_empty));
    let found_nothing = maybe(move || {
        let words = || wording::found_nothing(board.lang.get(), &board.find.get());
        none.get().then(words)
    });
    view! {
        {list(projects)}
        <p class="found-nothing" role="status">{found_nothing}</p>
        <When holds=none>
            <button class="btn" type="button" on:click=move |_| board.find.set(String::new())>{board.t(Lang::clear_find)}</button>
        </When>
    }
    .into_inner()
}

#[component]
fn Project(shown: Memo<Vec<Group>>, project: String) -> impl IntoView {
    let name = StoredValue::new(project.clone());
    let pipelines = move || {
        shown.with(|groups| {
            let same = |group: &&Group| name.with_value(|name| group.project == *name);
            let group = groups.iter().find(same);
            group.map_or_else(Vec::new, |group| group.pipelines.clone())
        })
    };
    let row = |pipeline: PipelineId| Item::new(pipeline.clone(), move || view! { <Row pipeline/> });
    let rows = move || pipelines().into_iter().map(row).collect();
    view! {
        <section class="project">
            <h2>{project} " " <span class="count">{text(move || pipelines().len().to_string())}</span></h2>
            <ul class="sheet rows">
                {list(rows)}
            </ul>
        </section>
    }
    .into_inner()
}
