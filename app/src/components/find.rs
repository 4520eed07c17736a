//! The field that finds pipelines.

use leptos::{html, prelude::*};

use crate::{Lang, Route, actions, board::use_board, paths};

/// Filters the overview as one types; on another page it leads there first. `/` jumps into it (`actions/keys.rs`).
#[component]
pub(crate) fn Find() -> impl IntoView {
    let board = use_board();
    let field = NodeRef::<html::Input>::new();
    let look_for = move |text: String| {
        let elsewhere = board
            .route
            .with_untracked(|route| !matches!(route, Route::Overview(_)));
        if elsewhere && !text.is_empty() {
            actions::navigate::go(board, &paths::overview());
        }
        board.find.set(text);
    };
    // Once for what is looked for, once more for the field itself.
    let leave = move || {
        if board.find.with_untracked(|find| !find.is_empty()) {
            board.find.set(String::new());
        } else if let Some(field) = field.get_untracked() {
            let _ = field.blur();
        }
    };
    view! {
        <search class="find">
            <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
                <circle cx="7" cy="7" r="4.5" fill="none" stroke="currentColor" stroke-width="1.6"/>
                <path d="M10.5 10.5 14 14" stroke="currentColor" stroke-width="1.6" stroke-linecap="round"/>
            </svg>
            <input
                type="search"
                node_ref=field
                autocomplete="off"
                spellcheck="false"
                aria-label=board.t(Lang::find)
                aria-keyshortcuts="/"
                placeholder=board.t(Lang::find)
                prop:value=board.find
                on:input:target=move |event| look_for(event.target().value())
                on:keydown=move |event| {
                    if event.key() == "Escape" {
                        leave();
                    }
                }
            />
            <kbd aria-hidden="true">"/"</kbd>
        </search>
    }
    .into_inner()
}
