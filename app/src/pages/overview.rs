//! The overview: what waits for the reader first, then the pipelines of one list, or what a search finds.

use leptos::{prelude::*, wasm_split::wasm_split};

use super::{listed::Listed, projects::Projects, results::Results};
use crate::{
    Lang, List,
    board::{Board, use_board},
    components::{
        connect::Connect,
        gate::Gate,
        inbox::overdue,
        list::{Item, list},
        rest::{Drawn, rest},
        tabs::Tabs,
        tally::Tally,
        when::When,
    },
    follow::{flag, memo, text},
    part,
    waiting::Waiting,
    wording,
};

/// The overview.
#[component]
pub(crate) fn Overview() -> impl IntoView {
    let board = use_board();
    let some = flag(move || {
        board
            .counts
            .with(|counts| counts.open + counts.ended + counts.archived > 0)
    });
    let heading = text(move || {
        if some.get() {
            board.waiting.with(|waiting| {
                let overdue = board.overdue.with(Vec::len);
                let handovers = waiting.iter().all(|waiting| waiting.handover().is_some());
                let all = waiting.len() + overdue;
                wording::headline(board.lang.get(), all, handovers && overdue == 0)
            })
        } else {
            board.lang.get().nobody_on_track().to_owned()
        }
    });
    // Nothing is, before the rest is here that looks for it.
    let is_late = flag(move || board.overdue.with(|overdue| !overdue.is_empty()));
    let searching = flag(move || board.find.with(|find| !find.trim().is_empty()));
    view! {
        <h1>{heading}</h1>
        <When holds=some otherwise=move || rest(board, Box::new(|| part::at_once(connect())), || Box::pin(load_connect()))>
            <Gates board/>
            <When holds=is_late>
                {rest(board, Box::new(move || part::at_once(late(board))), || Box::pin(load_overdue()))}
            </When>
            <When holds=searching otherwise=move || view! { <Lists board/> }>
                {rest(board, Box::new(move || part::at_once(results(board))), || Box::pin(load_results()))}
            </When>
        </When>
    }
    .into_inner()
}

#[wasm_split(rest, wasm_split_path = leptos::wasm_split, preload(load_connect), fallible)]
pub(crate) fn connect() -> Drawn {
    Ok(view! { <section class="sheet empty"><Connect/></section> }.into_any())
}

#[wasm_split(rest, wasm_split_path = leptos::wasm_split, preload(load_listed), fallible)]
pub(crate) fn listed(board: Board, list: List) -> Drawn {
    Ok(view! { <Listed board list/> }.into_any())
}

#[wasm_split(rest, wasm_split_path = leptos::wasm_split, preload(load_overdue), fallible)]
pub(crate) fn late(board: Board) -> Drawn {
    Ok(overdue(board))
}

#[wasm_split(rest, wasm_split_path = leptos::wasm_split, preload(load_results), fallible)]
pub(crate) fn results(board: Board) -> Drawn {
    Ok(view! { <Results board/> }.into_any())
}

/// What waits. The place is kept when nothing does: nothing below jumps when a gate opens.
#[component]
fn Gates(board: Board) -> impl IntoView {
    let some = flag(move || board.waiting.with(|waiting| !waiting.is_empty()));
    let gate = |waiting: &Waiting| {
        let waiting = waiting.clone();
        // Another revision of a handover is on the same card.
        let key = match waiting.handover() {
            Some((handover, _)) => handover.to_string(),
            None => waiting.key(),
        };
        Item::new(key, move || view! { <Gate waiting/> })
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

/// The lists, one of them open.
#[component]
fn Lists(board: Board) -> impl IntoView {
    let shown = memo(move || board.list().unwrap_or(List::Open));
    view! {
        <Tabs/>
        {move || match shown.get() {
            List::Open => view! { <Projects board/> }.into_any(),
            list => rest(board, Box::new(move || part::at_once(listed(board, list))), || Box::pin(load_listed())),
        }}
    }
    .into_inner()
}
