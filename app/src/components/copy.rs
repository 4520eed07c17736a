//! A button that copies.

use std::time::Duration;

use leptos::{prelude::*, task::spawn_local};

use crate::{
    Lang,
    board::use_board,
    browser,
    follow::{press, word},
};

/// Copies a text and says on itself whether that worked.
#[component]
pub(crate) fn CopyButton(
    /// What is copied.
    #[prop(into)]
    text: Signal<String>,
    /// What is read aloud where several such buttons stand together.
    #[prop(optional, into)]
    label: Option<Signal<String>>,
    /// What it says before it is pressed.
    #[prop(default = Lang::copy)]
    says: fn(Lang) -> &'static str,
    /// More classes.
    #[prop(optional)]
    class: &'static str,
    /// What else happens once it is copied.
    #[prop(optional, into)]
    copied: Option<Callback<()>>,
) -> impl IntoView {
    let board = use_board();
    // `None` while nothing was tried: the button then says what it does.
    let worked = RwSignal::new(None::<bool>);
    let copy = move |_| {
        let text = text.get_untracked();
        spawn_local(async move {
            let ok = browser::copy(&text).await;
            // The card may be gone by now.
            let _ = worked.try_set(Some(ok));
            if let (true, Some(copied)) = (ok, copied) {
                copied.run(());
            }
            set_timeout(move || _ = worked.try_set(None), Duration::from_secs(3));
        });
    };
    let said = word(move || match worked.get() {
        None => says(board.lang.get()),
        Some(true) => board.lang.get().copied(),
        Some(false) => board.lang.get().not_copied(),
    });
    view! {
        <button class=format!("btn {class}") type="button" on:click=press(copy)>
            <span aria-live="polite">{said}</span>
            {label.map(|label| view! { <span class="unseen">{label}</span> })}
        </button>
    }
    .into_inner()
}
