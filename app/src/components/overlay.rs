//! A dialog that is opened and closed by a signal.

use leptos::{html, prelude::*};

use super::when::When;
use crate::{
    Lang,
    board::Board,
    follow::{effect, press},
};

/// A dialog with a heading and a button that closes it, while `open` is true. What is in it is drawn anew each time.
pub(super) fn overlay(
    board: Board,
    open: RwSignal<bool>,
    class: &'static str,
    heading: fn(Lang) -> &'static str,
    body: impl Fn() -> AnyView + Send + Sync + 'static,
) -> AnyView {
    let dialog = NodeRef::<html::Dialog>::new();
    effect(move || {
        let Some(dialog) = dialog.get() else { return };
        match (open.get(), dialog.open()) {
            // The dialog is in the document while effects run, so this cannot fail.
            (true, false) => drop(dialog.show_modal()),
            (false, true) => dialog.close(),
            _ => {}
        }
    });
    // A browser tells that it was closed in a task of its own; by then it may be open again.
    let closed = move || {
        if dialog.get_untracked().is_some_and(|dialog| !dialog.open()) {
            open.set(false);
        }
    };
    let body = StoredValue::new(Box::new(body) as Box<dyn Fn() -> AnyView + Send + Sync>);
    view! {
        <dialog
            class=format!("overlay {class}")
            node_ref=dialog
            aria-labelledby=format!("{class}-title")
            on:close=move |_| closed()
        >
            <When holds=open>
                <div class="overlay-head">
                    <h2 id=format!("{class}-title")>{board.t(heading)}</h2>
                    <button class="quiet" type="button" on:click=press(move |_| open.set(false))>
                        {board.t(Lang::dismiss)} " " <kbd aria-hidden="true">"Esc"</kbd>
                    </button>
                </div>
                {body.with_value(|body| body())}
            </When>
        </dialog>
    }
    .into_any()
}
