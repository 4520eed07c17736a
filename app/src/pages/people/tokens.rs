//! Tokens for the reader's scripts.

use leptos::{html, prelude::*, task::spawn_local};
use protocol::{PersonalTokenView, Scope};

use super::PeoplePage;
use crate::{
    Lang, api,
    components::{
        confirm::{self, Asked},
        copy::CopyButton,
        list::{Item, list},
        time::Ago,
        when::When,
    },
    follow::{flag, press, submit, text},
    wording,
};

/// How many days a token is good, to choose from.
const DAYS: [u32; 3] = [30, 90, 365];

/// The section.
pub(super) fn tokens(page: PeoplePage) -> AnyView {
    let board = page.board;
    let made = RwSignal::new(String::new());
    let asked = RwSignal::new(None::<Asked>);
    let (label, scope, days) = (
        NodeRef::<html::Input>::new(),
        NodeRef::<html::Select>::new(),
        NodeRef::<html::Select>::new(),
    );
    let send = move || {
        let (Some(field), Some(scope), Some(days)) = (
            label.get_untracked(),
            scope.get_untracked(),
            days.get_untracked(),
        ) else {
            return;
        };
        let (label, scope, days) = (field.value(), scope.value(), days.value());
        asked.set(None);
        spawn_local(async move {
            let added = api::add_token(&label, &scope, days.parse().unwrap_or(DAYS[0])).await;
            if let Some(confirm) = added.as_ref().err().and_then(Asked::of) {
                asked.set(Some(confirm));
                return;
            }
            page.done(added.map(|secret| {
                field.set_value("");
                made.set(secret);
            }));
        });
    };
    let items = move || {
        page.credentials.with(|known| {
            let item = |token: &PersonalTokenView| {
                let token = token.clone();
                Item::new(format!("{} {:?}", token.token, token.used), move || {
                    line(page, token)
                })
            };
            known.tokens.iter().map(item).collect()
        })
    };
    let some = flag(move || made.with(|made| !made.is_empty()));
    let secret = text(move || made.get());
    view! {
        <section class="sheet people">
            <div class="people-head">
                <h2>{board.t(Lang::tokens)}</h2>
                <span class="sub">{board.t(Lang::tokens_are)}</span>
            </div>
            <When holds=some>
                <div class="made" role="status">
                    <p>{board.t(Lang::shown_once)}</p>
                    <p class="pairing-link"><code>{secret}</code><CopyButton text=secret/></p>
                </div>
            </When>
            {confirm::form(board, asked.into(), Callback::new(move |()| send()))}
            <ul class="people-list">{list(items)}</ul>
            <form class="invite" on:submit=submit(send)>
                <input
                    type="text"
                    node_ref=label
                    required
                    maxlength="80"
                    autocomplete="off"
                    placeholder=board.t(Lang::token_for)
                    aria-label=board.t(Lang::token_for)
                />
                <select node_ref=scope aria-label=board.t(Lang::token_may)>
                    <option value=Scope::Read.name()>{board.t(Lang::token_reads)}</option>
                    <option value=Scope::Report.name()>{board.t(Lang::token_reports)}</option>
                </select>
                <select node_ref=days aria-label=board.t(Lang::token_good_for)>
                    {DAYS.map(|days| view! {
                        <option value=days.to_string()>{text(move || board.lang.get().for_days(u64::from(days)))}</option>
                    })}
                </select>
                <button class="btn" type="submit">{board.t(Lang::make_a_token)}</button>
            </form>
        </section>
    }
    .into_any()
}

fn line(page: PeoplePage, token: PersonalTokenView) -> AnyView {
    let board = page.board;
    let PersonalTokenView {
        token,
        label,
        scope,
        added,
        expires,
        used,
    } = token;
    let spoken = label.clone();
    let may = match scope {
        Scope::Read => Lang::token_reads,
        Scope::Report => Lang::token_reports,
    };
    let until = text(move || {
        let lang = board.lang.get();
        let left = expires.millis_since(board.now.get());
        lang.good_for(&wording::age::span(lang, left))
    });
    let remove = move |_| {
        let token = token.clone();
        spawn_local(async move {
            let gone = api::remove_token(&token).await;
            page.done(gone);
        });
    };
    view! {
        <li>
            <span><b>{label}</b><span class="sub">{board.t(may)}" · "{until}</span></span>
            <span class="sub"><Ago at=used.unwrap_or(added)/></span>
            <button class="btn" type="button" on:click=press(remove)>
                {board.t(Lang::remove)}<span class="unseen">{spoken}</span>
            </button>
        </li>
    }
    .into_any()
}
