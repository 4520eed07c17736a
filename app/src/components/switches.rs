//! The reader's choices: language and colours. Both take effect at once and are kept in a cookie.

use leptos::{prelude::*, task::spawn_local};

use crate::{
    LANG_COOKIE, Lang, THEME_COOKIE, Theme,
    api::Failure,
    board::use_board,
    browser,
    follow::{press, word},
    wording,
};

/// Switches between German and English.
#[component]
pub(crate) fn LangSwitch() -> impl IntoView {
    let board = use_board();
    let other = move || board.lang.get().other();
    let switch = move |_| {
        let lang = board.lang.get_untracked().other();
        spawn_local(async move {
            if lang.load().await.is_err() {
                let lang = board.lang.get_untracked();
                board.say(wording::connection::failure(lang, &Failure::Unreachable));
                return;
            }
            board.lang.set(lang);
            browser::set_cookie(LANG_COOKIE, lang.code());
        });
    };
    view! {
        <button
            class="quiet square lang-switch"
            type="button"
            lang=word(move || other().code())
            title=board.t(Lang::in_other_language)
            on:click=press(switch)
        >
            <span aria-hidden="true">{word(move || other().pick("EN", "DE"))}</span>
            <span class="unseen">{board.t(Lang::other_language)}</span>
        </button>
    }
    .into_inner()
}

/// Goes through the system's colours, light and dark.
#[component]
pub(crate) fn ThemeSwitch() -> impl IntoView {
    let board = use_board();
    let label = word(move || match board.theme.get() {
        Theme::System => board.lang.get().theme_system(),
        Theme::Light => board.lang.get().theme_light(),
        Theme::Dark => board.lang.get().theme_dark(),
    });
    let switch = move |_| {
        let theme = board.theme.get_untracked().next();
        board.theme.set(theme);
        browser::set_cookie(THEME_COOKIE, theme.code());
    };
    view! {
        <button class="quiet square theme-switch" type="button" aria-label=label title=label on:click=press(switch)>
            <svg class="theme-drawing" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
                <circle class="theme-rim" cx="8" cy="8" r="6.2"/>
                <path class="theme-half" d="M8 1.8a6.2 6.2 0 0 1 0 12.4z"/>
            </svg>
        </button>
    }
    .into_inner()
}
