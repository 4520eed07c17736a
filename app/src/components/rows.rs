//! Pipelines, row by row, however many there are.

use domain::PipelineId;
use leptos::prelude::*;

use super::{
    list::{Item, list},
    row::{Among, Row},
    when::When,
};
use crate::{
    board::use_board,
    browser,
    follow::{flag, memo, text},
};

/// So many rows are drawn, or taken away, at one go: fast enough that nobody notices.
const BLOCK: usize = 20;
/// A list with no more rows than this is drawn whole: the browser's own search finds everything in it. Of a longer one
/// only the blocks near the view are drawn.
const DRAWN_WHOLE: usize = 60;

/// The rows of these pipelines.
pub(crate) fn rows(ids: Memo<Vec<PipelineId>>, among: Among) -> AnyView {
    let count = memo(move || ids.with(Vec::len));
    let block = move |number: usize| Item::new(number, move || view! { <Block ids number among/> });
    let blocks = move || (0..count.get().div_ceil(BLOCK)).map(block).collect();
    view! {
        <div class="sheet rows" data-count=text(move || count.get().to_string())>
            {list(blocks)}
        </div>
    }
    .into_any()
}

/// Some rows that follow each other. Away from the view they are a blank of their height.
#[component]
fn Block(ids: Memo<Vec<PipelineId>>, number: usize, among: Among) -> impl IntoView {
    let board = use_board();
    let own = memo(move || {
        ids.with(|ids| {
            let own = ids.iter().skip(number * BLOCK).take(BLOCK);
            own.cloned().collect::<Vec<_>>()
        })
    });
    // What came with the page is drawn already, and of the rest the beginning is in view.
    let lazy = board.hydrated.get_untracked() && browser::tells_what_is_near();
    let near = RwSignal::new(!lazy || number == 0);
    let drawn =
        flag(move || near.get() || board.printing.get() || ids.with(Vec::len) <= DRAWN_WHOLE);
    let shown = move |event: web_sys::Event| near.set(browser::is_near(&event));
    let row = move |pipeline: &PipelineId| {
        let pipeline = pipeline.clone();
        Item::new(pipeline.clone(), move || view! { <Row pipeline among/> })
    };
    let rows = move || list(move || own.with(|own| own.iter().map(row).collect()));
    view! {
        <ul
            class="block"
            class:blank=flag(move || !drawn.get())
            style:--rows=text(move || own.with(Vec::len).to_string())
            on:contentvisibilityautostatechange=shown
        >
            <When holds=drawn>{rows()}</When>
        </ul>
    }
    .into_inner()
}
