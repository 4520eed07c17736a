//! The list of the keys.

use leptos::prelude::*;

use super::overlay::overlay;
use crate::{Lang, actions::keys, board::Board, follow::change};

/// Some keys, and what they do.
type Line = (&'static [&'static str], fn(Lang) -> &'static str);

const EVERYWHERE: [Line; 7] = [
    (&["Ctrl+K"], Lang::palette),
    (&["/"], Lang::key_search),
    (&["N"], Lang::key_next),
    (&["J", "K"], Lang::key_step),
    (&["Enter"], Lang::key_open),
    (&["U"], Lang::key_undo),
    (&["?"], Lang::key_help),
];
const IN_REVIEW: [Line; 7] = [
    (&["A", "Ctrl+Enter"], Lang::key_accept),
    (&["R"], Lang::key_changes),
    (&["C"], Lang::key_comment),
    (&["E"], Lang::key_words),
    (&["J", "K"], Lang::key_read),
    (&["D"], Lang::key_diff),
    (&["Esc"], Lang::key_later),
];
const ON_PIPELINE: [Line; 1] = [(&["E"], Lang::key_edit)];

/// The dialog with the list.
pub(crate) fn dialog(board: Board) -> AnyView {
    overlay(board, board.keys, "keys", Lang::keys, move || list(board))
}

fn list(board: Board) -> AnyView {
    let group = move |heading: fn(Lang) -> &'static str, lines: &'static [Line]| {
        let line = move |(keys, does): &Line| {
            let keys = keys.iter().map(|key| view! { <kbd>{*key}</kbd> });
            view! { <div><dt>{keys.collect_view()}</dt><dd>{board.t(*does)}</dd></div> }.into_any()
        };
        let lines: Vec<_> = lines.iter().map(line).collect();
        view! { <section><h3>{board.t(heading)}</h3><dl>{lines}</dl></section> }.into_any()
    };
    view! {
        // It may scroll, so it can be focused.
        <div class="keys-groups" tabindex="0" role="group" aria-labelledby="keys-title">
            {group(Lang::keys_everywhere, &EVERYWHERE)}
            {group(Lang::keys_in_review, &IN_REVIEW)}
            {group(Lang::keys_on_pipeline, &ON_PIPELINE)}
        </div>
        <label class="keys-letters">
            <input
                type="checkbox"
                prop:checked=keys::are_on()
                on:change=change(|event| keys::switch(event_target_checked(&event)))
            />
            {board.t(Lang::letter_keys)}
        </label>
    }
    .into_any()
}
