//! What happened, the newest first.

use domain::Entry;
use leptos::prelude::*;

use super::{
    list::{Item, list},
    time::Ago,
};
use crate::{
    Lang,
    board::use_board,
    follow::{StatusSignal, maybe, text},
    paths, wording,
};

/// The newest lines of a pipeline's history.
#[component]
pub(crate) fn Log(
    /// The pipeline.
    status: StatusSignal,
) -> impl IntoView {
    let board = use_board();
    let line = |entry: &Entry| {
        let entry = entry.clone();
        // One event can leave two lines, so its number alone does not tell lines apart.
        let key = format!(
            "{} {:?}",
            entry.revision,
            std::mem::discriminant(&entry.what)
        );
        Item::new(key, move || view! { <Line entry/> })
    };
    let lines = move || {
        let all = board.with_detail(status, |more| more.log.iter().rev().map(line).collect());
        all.unwrap_or_default()
    };
    let events = paths::events(&status.id());
    view! {
        <section class="sheet pad">
            <h2>{board.t(Lang::what_happened)}</h2>
            <ol class="log">
                {list(lines)}
            </ol>
            <p class="sub log-foot">
                {board.t(Lang::newest_lines)} " "
                <a href=events rel="external">{board.t(Lang::whole_journal)}</a>
            </p>
        </section>
    }
    .into_inner()
}

#[component]
fn Line(
    /// The line.
    entry: Entry,
) -> impl IntoView {
    let board = use_board();
    let at = entry.at;
    let entry = StoredValue::new(entry);
    let said = move || {
        entry.with_value(|entry| wording::happened::line(board.lang.get(), &board.reader(), entry))
    };
    // Whether something is quoted does not depend on the language.
    let quotes = untrack(said).1.is_some();
    view! {
        <li>
            <Ago at=Signal::stored(at)/>
            <p>
                {text(move || said().0)}
                " "
                {quotes.then(|| view! { <b>{maybe(move || said().1)}</b> })}
            </p>
        </li>
    }
    .into_inner()
}
