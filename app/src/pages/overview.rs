//! All pipelines: what waits for the reader first, then project by project.

use leptos::prelude::*;

use super::groups::{Candidate, Group, groups};
use crate::{
    Lang,
    board::{Board, use_board},
    components::{connect::Connect, gate::Gate, row::Row, tally::Tally, when::When},
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
    .into_any()
}

/// What waits. The place is kept when nothing does: nothing below jumps when a gate opens.
#[component]
fn Gates(board: Board) -> impl IntoView {
    let some = flag(move || board.waiting.with(|waiting| !waiting.is_empty()));
    let gates = move || {
        board
            .waiting
            .get()
            .into_iter()
            .map(|waiting| waiting.pipeline)
            .collect::<Vec<_>>()
    };
    view! {
        <section class="gate-place" aria-label=board.t(Lang::waiting_for_you)>
            <When holds=some otherwise=|| view! { <Tally/> }>
                <ul class="gates">
                    <For each=gates key=Clone::clone let:pipeline>
                        <Gate pipeline/>
                    </For>
                </ul>
            </When>
        </section>
    }
    .into_any()
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
    let none = flag(move || shown.with(Vec::is_empty));
    let found_nothing = maybe(move || {
        let words = || wording::found_nothing(board.lang.get(), &board.find.get());
        none.get().then(words)
    });
    view! {
        <For each=move || shown.get() key=|group| group.project.clone() let:group>
            <Project shown project=group.project/>
        </For>
        <p class="found-nothing" role="status">{found_nothing}</p>
        <When holds=none>
            <button class="btn" type="button" on:click=move |_| board.find.set(String::new())>{board.t(Lang::clear_find)}</button>
        </When>
    }
    .into_any()
}

#[component]
fn Project(shown: Memo<Vec<Group>>, project: String) -> impl IntoView {
    let name = project.clone();
    let pipelines = Memo::new(move |_| {
        shown.with(|groups| {
            groups
                .iter()
                .find(|group| group.project == project)
                .map(|group| group.pipelines.clone())
                .unwrap_or_default()
        })
    });
    view! {
        <section class="project">
            <h2>{name} " " <span class="count">{text(move || pipelines.with(Vec::len).to_string())}</span></h2>
            <ul class="sheet rows">
                <For each=move || pipelines.get() key=Clone::clone let:pipeline>
                    <Row pipeline/>
                </For>
            </ul>
        </section>
    }
    .into_any()
}
