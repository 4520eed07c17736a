//! Signing in: the link has done all of it but for one click, and for the first owner's name.

use leptos::{html, prelude::*, task::spawn_local};

use crate::{
    Lang,
    actions::passkey,
    api::{self, Failure},
    board::use_board,
    browser,
    components::when::When,
    follow::{effect, flag, press, submit, text},
    paths, wording,
};

/// What the page knows and does. Copied into every handler.
#[derive(Clone, Copy)]
struct SignIn {
    /// The code of the link, once the browser has read it from the address.
    code: RwSignal<Option<String>>,
    sending: RwSignal<bool>,
    trouble: RwSignal<Option<Failure>>,
    field: NodeRef<html::Input>,
    password: NodeRef<html::Input>,
}

/// The page of `/sign-in`.
#[component]
pub(crate) fn SignInPage() -> impl IntoView {
    let board = use_board();
    let page = SignIn {
        code: RwSignal::new(None),
        sending: RwSignal::new(false),
        trouble: RwSignal::new(None),
        field: NodeRef::new(),
        password: NodeRef::new(),
    };
    effect(move || {
        // Read once, and taken out of the address: it must not stay in the history.
        if let Some(code) = browser::take_fragment("code") {
            page.code.set(Some(code));
        }
    });
    let first = board.sign_in.with_value(|asked| asked.first);
    let invited = flag(move || page.code.with(Option::is_some));
    let signed_in = board.me.with_value(Option::is_some);
    #[cfg(feature = "hydrate")]
    if !signed_in {
        // Nothing was followed here, and the server says what whoever is not signed in may see.
        on_cleanup(|| _ = window().location().reload());
    }
    let lead = move || {
        if signed_in {
            Lang::signed_in_already
        } else if invited.get() && first {
            Lang::name_is_for
        } else if invited.get() {
            Lang::sign_in_with_link
        } else if first {
            Lang::need_first_link
        } else {
            Lang::need_a_link
        }
    };
    let trouble = text(move || {
        let lang = board.lang.get();
        page.trouble.get().map_or_else(String::new, |failure| {
            wording::people::failure(lang, &failure)
        })
    });
    view! {
        <section class="sign-in">
            <h1>{move || if first && invited.get() { board.t(Lang::what_is_your_name) } else { board.t(Lang::sign_in) }}</h1>
            <p class="sub">{move || board.t(lead())}</p>
            {signed_in.then(|| view! {
                <p>{text(move || board.lang.get().signed_in_as(&board.reader()))}</p>
                <button class="btn" type="button" on:click=press(move |_| page.leave())>{board.t(Lang::sign_out)}</button>
            })}
            <When holds=invited>
                <form on:submit=submit(move || page.send())>
                    {first.then(|| view! {
                        <input
                            type="text"
                            node_ref=page.field
                            required
                            maxlength="200"
                            autocomplete="name"
                            aria-label=board.t(Lang::what_is_your_name)
                            prop:value=board.sign_in.with_value(|asked| asked.name.clone())
                        />
                    })}
                    <button class="btn first" type="submit" disabled=page.sending>
                        {board.t(if first { Lang::begin_here } else { Lang::sign_in })}
                    </button>
                    {first.then(|| view! { <p class="sub">{board.t(Lang::nothing_more)}</p> })}
                </form>
            </When>
            {(!signed_in && !first).then(|| other_ways(page, invited))}
            <p class="trouble" role="alert">{trouble}</p>
        </section>
    }
    .into_any()
}

/// Signing in without a link.
fn other_ways(page: SignIn, invited: Signal<bool>) -> AnyView {
    let board = use_board();
    let possible = RwSignal::new(false);
    // The server does not know what this browser can do.
    effect(move || possible.set(passkey::is_possible()));
    let without = flag(move || !invited.get());
    let name = NodeRef::<html::Input>::new();
    let send = move || {
        let (Some(name), Some(password)) = (name.get_untracked(), page.password.get_untracked())
        else {
            return;
        };
        let (name, typed) = (name.value(), password.value());
        password.set_value("");
        page.enter(async move { api::sign_in_by_password(&name, &typed).await });
    };
    view! {
        <When holds=without>
            <div class="ways">
                <When holds=possible>
                    <button class="btn first" type="button" disabled=page.sending on:click=press(move |_| page.enter(passkey::sign_in()))>
                        {board.t(Lang::sign_in_with_passkey)}
                    </button>
                </When>
                <details>
                    <summary>{board.t(Lang::sign_in_with_password)}</summary>
                    <form on:submit=submit(send)>
                        <label>
                            {board.t(Lang::name)}
                            <input type="text" node_ref=name required maxlength="200" autocomplete="username"/>
                        </label>
                        <label>
                            {board.t(Lang::password)}
                            <input type="password" node_ref=page.password required maxlength="200" autocomplete="current-password"/>
                        </label>
                        <button class="btn" type="submit" disabled=page.sending>{board.t(Lang::sign_in)}</button>
                    </form>
                </details>
            </div>
        </When>
    }
    .into_any()
}

impl SignIn {
    /// Signs in, and goes to the board.
    fn enter(self, signing_in: impl Future<Output = Result<(), Failure>> + 'static) {
        if self.sending.get_untracked() {
            return;
        }
        self.sending.set(true);
        self.trouble.set(None);
        spawn_local(async move {
            match signing_in.await {
                // Everything anew: the page, its stream and all other tabs are somebody's from now on.
                Ok(()) => browser::go(&paths::overview()),
                Err(failure) => {
                    self.trouble.set(Some(failure));
                    self.sending.set(false);
                }
            }
        });
    }

    fn leave(self) {
        spawn_local(async move {
            match api::sign_out().await {
                Ok(()) => browser::go(&paths::overview()),
                Err(failure) => self.trouble.set(Some(failure)),
            }
        });
    }

    fn send(self) {
        let Some(code) = self.code.get_untracked() else {
            return;
        };
        let name = self.field.get_untracked().map(|field| field.value());
        self.enter(async move { api::sign_in(&code, name.as_deref()).await });
    }
}
