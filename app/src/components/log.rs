//! What happened, the newest first.

use domain::{Entry, view::PipelineStatus};
use leptos::prelude::*;

use super::time::Ago;
use crate::{Lang, board::use_board, follow::text, paths, wording};

/// The newest lines of a pipeline's history.
#[component]
pub(crate) fn Log(
    /// The pipeline.
    status: RwSignal<PipelineStatus>,
) -> impl IntoView {
    let board = use_board();
    let entries =
        move || status.with(|status| status.log.iter().rev().cloned().collect::<Vec<_>>());
    let events = status.with_untracked(|status| paths::events(&status.pipeline));
    view! {
        <section class="sheet pad">
            <h2>{board.t(Lang::what_happened)}</h2>
            <ol class="log">
                <For each=entries key=key let:entry>
                    <Line entry/>
                </For>
            </ol>
            <p class="sub log-foot">
                {board.t(Lang::newest_lines)} " "
                <a href=events rel="external">{board.t(Lang::whole_journal)}</a>
            </p>
        </section>
    }
    .into_any()
}

/// One event can leave two lines, so its number alone does not tell lines apart.
fn key(entry: &Entry) -> (u64, std::mem::Discriminant<domain::What>) {
    (entry.revision, std::mem::discriminant(&entry.what))
}

#[component]
fn Line(
    /// The line.
    entry: Entry,
) -> impl IntoView {
    let board = use_board();
    let at = entry.at;
    let said = Memo::new(move |_| wording::happened::line(board.lang.get(), &entry));
    // Whether something is quoted does not depend on the language.
    let quotes = said.with_untracked(|said| said.1.is_some());
    view! {
        <li>
            <Ago at=Signal::stored(at)/>
            <p>
                {text(move || said.get().0)}
                " "
                {quotes.then(|| view! { <b>{text(move || said.get().1.unwrap_or_default())}</b> })}
            </p>
        </li>
    }
    .into_any()
}
