//! What the reader signs in and confirms with: passkeys, a password, a PIN.

use leptos::{html, prelude::*, task::spawn_local};
use protocol::PasskeyView;

use super::PeoplePage;
use crate::{
    Lang,
    actions::passkey,
    api,
    components::{
        confirm::{self, Asked},
        list::{Item, list},
        time::Ago,
        when::When,
    },
    follow::{effect, flag, press, submit, text},
};

/// A secret that one types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Secret {
    Pin,
    Password,
}

impl Secret {
    fn name(self) -> &'static str {
        match self {
            Self::Pin => "pin",
            Self::Password => "password",
        }
    }
}

/// A step that the server may want confirmed first.
#[derive(Debug, Clone, PartialEq)]
enum Step {
    AddPasskey,
    RemovePasskey(String),
    Set(Secret, String),
    Forget(Secret),
}

/// The section.
pub(super) fn proofs(page: PeoplePage) -> AnyView {
    let board = page.board;
    let proofs = Proofs {
        page,
        pending: RwSignal::new(None),
        asked: RwSignal::new(None),
    };
    let possible = RwSignal::new(true);
    // The server does not know what this browser can do.
    effect(move || possible.set(passkey::is_possible()));
    let impossible = flag(move || !possible.get());
    let items = move || {
        page.credentials.with(|known| {
            let item = |key: &PasskeyView| {
                let key = key.clone();
                Item::new(format!("{} {:?}", key.passkey, key.used), move || {
                    passkey_line(proofs, key)
                })
            };
            known.passkeys.iter().map(item).collect()
        })
    };
    let again = Callback::new(move |()| proofs.again());
    view! {
        <section class="sheet people">
            <div class="people-head">
                <h2>{board.t(Lang::proofs)}</h2>
                <span class="sub">{board.t(Lang::proofs_are)}</span>
                <button class="btn" type="button" disabled=impossible on:click=press(move |_| proofs.take(Step::AddPasskey))>
                    {board.t(Lang::add_a_passkey)}
                </button>
            </div>
            {confirm::form(board, proofs.asked.into(), again)}
            <When holds=impossible><p class="sub note">{board.t(Lang::no_passkeys_here)}</p></When>
            <ul class="people-list">
                {list(items)}
                {secret_line(proofs, Secret::Pin)}
                {secret_line(proofs, Secret::Password)}
            </ul>
        </section>
    }
    .into_any()
}

fn passkey_line(proofs: Proofs, key: PasskeyView) -> AnyView {
    let board = proofs.page.board;
    let PasskeyView {
        passkey,
        label,
        site,
        added,
        used,
    } = key;
    let spoken = label.clone();
    let remove = move |_| proofs.take(Step::RemovePasskey(passkey.clone()));
    view! {
        <li>
            <span>
                <b>{board.t(Lang::passkey)}</b>
                <span class="sub">{label}" · "{site}</span>
            </span>
            <span class="sub"><Ago at=used.unwrap_or(added)/></span>
            <button class="btn" type="button" on:click=press(remove)>
                {board.t(Lang::remove)}<span class="unseen">{spoken}</span>
            </button>
        </li>
    }
    .into_any()
}

fn secret_line(proofs: Proofs, secret: Secret) -> AnyView {
    let page = proofs.page;
    let board = page.board;
    let is_set = flag(move || {
        page.credentials.with(|known| match secret {
            Secret::Pin => known.pin,
            Secret::Password => known.password,
        })
    });
    let (name, about, autocomplete) = match secret {
        Secret::Pin => (
            Lang::pin as fn(Lang) -> &'static str,
            Lang::pin_is as fn(Lang) -> &'static str,
            "off",
        ),
        Secret::Password => (
            Lang::password as fn(Lang) -> &'static str,
            Lang::password_is as fn(Lang) -> &'static str,
            "new-password",
        ),
    };
    let editing = RwSignal::new(false);
    let field = NodeRef::<html::Input>::new();
    let send = move || {
        if let Some(field) = field.get_untracked() {
            let typed = field.value();
            field.set_value("");
            editing.set(false);
            proofs.take(Step::Set(secret, typed));
        }
    };
    effect(move || {
        if let Some(field) = field.get() {
            let _ = field.focus();
        }
    });
    let says = text(move || {
        let lang = board.lang.get();
        if is_set.get() {
            lang.change().to_owned()
        } else {
            lang.set_up().to_owned()
        }
    });
    view! {
        <li>
            <span><b>{board.t(name)}</b><span class="sub">{board.t(about)}</span></span>
            <When
                holds=editing
                otherwise=move || view! { <span class="sub">{move || is_set.get().then(|| board.t(Lang::is_set))}</span> }
            >
                <form class="typed" on:submit=submit(send)>
                    <input
                        type="password"
                        node_ref=field
                        required
                        maxlength="200"
                        inputmode=if secret == Secret::Pin { "numeric" } else { "text" }
                        autocomplete=autocomplete
                        aria-label=board.t(name)
                    />
                    <button class="btn first" type="submit">{board.t(Lang::save)}</button>
                </form>
            </When>
            <span class="people-actions">
                <When holds=is_set>
                    <button class="btn" type="button" on:click=press(move |_| proofs.take(Step::Forget(secret)))>
                        {board.t(Lang::remove)}<span class="unseen">{board.t(name)}</span>
                    </button>
                </When>
                <button class="btn" type="button" aria-expanded=move || editing.get().to_string() on:click=press(move |_| editing.update(|editing| *editing = !*editing))>
                    {says}<span class="unseen">{board.t(name)}</span>
                </button>
            </span>
        </li>
    }
    .into_any()
}

/// The state of the section. Copied into every handler.
#[derive(Clone, Copy)]
struct Proofs {
    page: PeoplePage,
    /// What waits for a confirmation.
    pending: RwSignal<Option<Step>>,
    asked: RwSignal<Option<Asked>>,
}

impl Proofs {
    fn take(self, step: Step) {
        self.asked.set(None);
        spawn_local(async move {
            let result = match step.clone() {
                Step::AddPasskey => passkey::register().await,
                Step::RemovePasskey(id) => api::remove_passkey(&id).await,
                Step::Set(secret, typed) => api::set_secret(secret.name(), &typed).await,
                Step::Forget(secret) => api::forget_secret(secret.name()).await,
            };
            let asked = result.as_ref().err().and_then(Asked::of);
            if asked.is_some() {
                self.pending.set(Some(step));
                self.asked.set(asked);
                self.page.trouble.set(None);
                return;
            }
            self.page.done(result);
        });
    }

    /// Takes the step that was refused until something was confirmed.
    fn again(self) {
        self.asked.set(None);
        if let Some(step) = self.pending.get_untracked() {
            self.pending.set(None);
            self.take(step);
        }
    }
}
