//! Asks whether it is really the person: the PIN, or a passkey.

use leptos::{html, prelude::*, task::spawn_local};

use super::when::When;
use crate::{
    Lang,
    actions::passkey,
    api::{self, Failure},
    board::Board,
    follow::{effect, flag, press, submit, text},
    wording,
};

/// What the server wants before it does something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// The PIN, or a passkey.
    Pin,
    /// A passkey.
    Passkey,
}

impl Asked {
    /// What this failure asks for, if it does.
    pub fn of(failure: &Failure) -> Option<Self> {
        match failure {
            Failure::Refused(problem) => match problem.kind() {
                "pin-needed" => Some(Self::Pin),
                "passkey-needed" => Some(Self::Passkey),
                _ => None,
            },
            Failure::Unreachable | Failure::Unreadable => None,
        }
    }
}

/// The question, as long as something is `asked`; `then` is called once it is answered.
pub(crate) fn form(board: Board, asked: Signal<Option<Asked>>, then: Callback<()>) -> AnyView {
    let trouble = RwSignal::new(None::<Failure>);
    let field = NodeRef::<html::Input>::new();
    effect(move || {
        asked.track();
        trouble.set(None);
        if let Some(field) = field.get() {
            let _ = field.focus();
        }
    });
    let done = move |result: Result<(), Failure>| match result {
        Ok(()) => then.run(()),
        Err(failure) => drop(trouble.try_set(Some(failure))),
    };
    let send = move || {
        let Some(field) = field.get_untracked() else {
            return;
        };
        let pin = field.value();
        field.set_value("");
        spawn_local(async move { done(api::confirm_by_pin(&pin).await) });
    };
    let use_passkey = move |_| spawn_local(async move { done(passkey::confirm().await) });
    let is_asked = flag(move || asked.get().is_some());
    let by_pin = flag(move || asked.get() == Some(Asked::Pin));
    // It is asked only in a browser: the server draws no question.
    let by_passkey = flag(move || {
        asked
            .get()
            .is_some_and(|asked| asked == Asked::Passkey || passkey::is_possible())
    });
    let said = text(move || {
        let lang = board.lang.get();
        trouble.get().map_or_else(String::new, |failure| {
            wording::people::failure(lang, &failure)
        })
    });
    view! {
        <When holds=is_asked>
            <form class="confirm" on:submit=submit(send)>
                <p>{board.t(Lang::confirm_it_is_you)}</p>
                <div>
                    <When holds=by_pin>
                        <input
                            type="password"
                            node_ref=field
                            required
                            maxlength="12"
                            inputmode="numeric"
                            autocomplete="off"
                            placeholder=board.t(Lang::pin)
                            aria-label=board.t(Lang::pin)
                        />
                        <button class="btn first" type="submit">{board.t(Lang::confirm)}</button>
                    </When>
                    <When holds=by_passkey>
                        <button class="btn" type="button" on:click=press(use_passkey)>{board.t(Lang::use_a_passkey)}</button>
                    </When>
                </div>
                <p class="trouble" role="alert">{said}</p>
            </form>
        </When>
    }
    .into_any()
}
