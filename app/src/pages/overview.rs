//! All pipelines: what waits for the reader first, then project by project.

use leptos::prelude::*;

use super::groups::{Group, groups};
use crate::{
    Lang,
    board::{Board, use_board},
    components::{connect::Connect, gate::Gate, row::Row, tally::Tally},
    wording,
};

/// The overview.
#[component]
pub(crate) fn Overview() -> impl IntoView {
    let board = use_board();
    let empty = Memo::new(move |_| board.ids().is_empty());
    let heading = move || {
        if empty.get() {
            board.lang.get().nobody_on_track().to_owned()
        } else {
            wording::headline(board.lang.get(), board.waiting.with(Vec::len))
        }
    };
    view! {
        <h1>{heading}</h1>
        <Show when=move || !empty.get() fallback=move || view! { <section class="sheet empty"><Connect/></section> }>
            <Gates board/>
            <Projects board/>
        </Show>
    }
    .into_any()
}

/// What waits. The place is kept when nothing does: nothing below jumps when a gate opens.
#[component]
fn Gates(board: Board) -> impl IntoView {
    let some = Memo::new(move |_| board.waiting.with(|waiting| !waiting.is_empty()));
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
            <Show when=move || some.get() fallback=|| view! { <Tally/> }>
                <ul class="gates">
                    <For each=gates key=Clone::clone let:pipeline>
                        <Gate pipeline/>
                    </For>
                </ul>
            </Show>
        </section>
    }
    .into_any()
}

#[component]
fn Projects(board: Board) -> impl IntoView {
    let shown = Memo::new(move |_| {
        let ids = board.ids();
        let statuses: Vec<_> = ids
            .iter()
            .filter_map(|id| Some(board.pipeline(id)?.get()))
            .collect();
        board.find.with(|find| groups(statuses.iter(), find))
    });
    let none = Memo::new(move |_| shown.with(Vec::is_empty));
    view! {
        <For each=move || shown.get() key=|group| group.project.clone() let:group>
            <Project shown project=group.project/>
        </For>
        <p class="found-nothing" role="status">
            {move || none.get().then(|| wording::found_nothing(board.lang.get(), &board.find.get()))}
        </p>
        <Show when=move || none.get()>
            <button class="btn" type="button" on:click=move |_| board.find.set(String::new())>{board.t(Lang::clear_find)}</button>
        </Show>
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
            <h2>{name} " " <span class="count">{move || pipelines.with(Vec::len)}</span></h2>
            <ul class="sheet rows">
                <For each=move || pipelines.get() key=Clone::clone let:pipeline>
                    <Row pipeline/>
                </For>
            </ul>
        </section>
    }
    .into_any()
}
