//! How an agent gets onto the board.

use leptos::prelude::*;

use super::copy::CopyButton;
use crate::{
    Lang, Setup,
    board::{Board, use_board},
    follow::{self, memo, text},
    paths,
};

/// Ready-made ways to connect an agent, the sign that it worked, and the demonstration.
#[component]
pub(crate) fn Connect() -> impl IntoView {
    let board = use_board();
    let setups = board.setups.get_value();
    // A page that began without the rest has not read them.
    #[cfg(feature = "hydrate")]
    let setups = if setups.is_empty() {
        crate::page::setups()
    } else {
        setups
    };
    view! {
        <div class="connect">
            <p>{board.t(Lang::connect_lead)}</p>
            <FirstCall board/>
            <div class="clients">
                {setups.into_iter().map(|setup| client(board, setup)).collect_view()}
                <details name="client">
                    <summary>{board.t(Lang::any_other)}</summary>
                    <div class="setup">
                        {snippet(board, Lang::mcp_address, "", paths::mcp(&board.origin.get_value()))}
                        {snippet(board, Lang::token_elsewhere, "", "staffel agents add NAME".to_owned())}
                    </div>
                </details>
            </div>
            <p>{board.t(Lang::then_say)} " " <q>{board.t(Lang::first_words)}</q></p>
            <p class="sub">{board.t(Lang::or_demo)} " " <code>"staffel demo"</code></p>
        </div>
    }
    .into_inner()
}

/// Turns green when an agent comes that was not here when the page began to show this.
#[component]
fn FirstCall(board: Board) -> impl IntoView {
    let shown = board.now.get_untracked();
    let caller = memo(move || {
        board.agents.with(|agents| {
            let newest = agents.iter().max_by_key(|agent| agent.since)?;
            (newest.since? > shown).then(|| newest.name.clone())
        })
    });
    let said = text(move || {
        let lang = board.lang.get();
        caller.get().map_or_else(
            || lang.waiting_for_call().to_owned(),
            |name| lang.is_connected(&name),
        )
    });
    view! {
        <p class="first-call" class:arrived=move || caller.with(Option::is_some) role="status">{said}</p>
    }
    .into_inner()
}

/// One client, folded: opening another one closes it.
fn client(board: Board, setup: Setup) -> AnyView {
    let Setup {
        client,
        command,
        file,
        text,
        link,
    } = setup;
    let button = link.map(|link| {
        let client = StoredValue::new(client.clone());
        let label = follow::text(move || {
            client.with_value(|client| board.lang.get().add_to_client(client))
        });
        let asks =
            follow::text(move || client.with_value(|client| board.lang.get().asks_there(client)));
        view! {
            <p class="install">
                <a class="btn first" href=link>{label}</a>
                <span class="sub">{asks}</span>
            </p>
        }
        .into_any()
    });
    view! {
        <details name="client">
            <summary>{client}</summary>
            <div class="setup">
                {button}
                {snippet(board, Lang::in_a_terminal, "", command)}
                {snippet(board, Lang::or_by_hand, &file, text)}
            </div>
        </details>
    }
    .into_any()
}

/// A text to be copied, and what it is.
fn snippet(board: Board, what: fn(Lang) -> &'static str, whose: &str, content: String) -> AnyView {
    let whose = StoredValue::new(whose.to_owned());
    let title = text(move || {
        let words = format!("{} {}", what(board.lang.get()), whose.get_value());
        words.trim_end().to_owned()
    });
    view! {
        <div class="snippet">
            <p class="sub">{title}</p>
            <pre tabindex="0" role="region" aria-label=title><code>{content.clone()}</code></pre>
            <CopyButton text=Signal::stored(content) class="small" label=title/>
        </div>
    }
    .into_any()
}
