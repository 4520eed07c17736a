//! Dead ends, each with the way out.

use leptos::prelude::*;

use crate::{Lang, board::use_board, paths};

/// An address that leads nowhere.
#[component]
pub(crate) fn NotFound() -> impl IntoView {
    view! { <DeadEnd heading=Lang::not_found next=Lang::not_found_next/> }
}

/// A pipeline that this Staffel does not know.
#[component]
pub(crate) fn UnknownPipeline() -> impl IntoView {
    view! { <DeadEnd heading=Lang::unknown_pipeline next=Lang::unknown_pipeline_next/> }
}

#[component]
fn DeadEnd(heading: fn(Lang) -> &'static str, next: fn(Lang) -> &'static str) -> impl IntoView {
    let board = use_board();
    view! {
        <section class="dead-end">
            <span class="fallen" aria-hidden="true"><i class="baton"></i></span>
            <h1>{board.t(heading)}</h1>
            <p>{board.t(next)}</p>
            <a class="btn first" href=paths::overview()>{board.t(Lang::to_overview)}</a>
        </section>
    }
    .into_inner()
}
