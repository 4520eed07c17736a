//! The agents: who has called, and how one more is connected.

use leptos::prelude::*;
use protocol::{AgentView, Scope};

use crate::{
    Lang,
    board::{Board, use_board},
    components::{
        connect::Connect,
        list::{Item, list},
        time::Ago,
        when::When,
    },
    follow::flag,
};

/// The page of the agents.
#[component]
pub(crate) fn AgentsPage() -> impl IntoView {
    let board = use_board();
    let some = flag(move || board.agents.with(|agents| !agents.is_empty()));
    view! {
        <h1>{board.t(Lang::agents)}</h1>
        <When holds=some>
            <p class="sub">{board.t(Lang::agents_since)}</p>
            <ul class="sheet rows callers">{list(move || items(board))}</ul>
        </When>
        <section class="sheet empty">
            <h2>{board.t(Lang::connect_an_agent)}</h2>
            <Connect/>
        </section>
    }
    .into_any()
}

fn items(board: Board) -> Vec<Item> {
    let item = |agent: &AgentView| {
        // Whatever changes makes it another line: there is nothing in it to be lost.
        let AgentView {
            name,
            open,
            streams,
            last_call,
            scope,
            ..
        } = agent;
        let key = format!("{name} {open} {streams} {last_call:?} {scope:?}");
        let agent = agent.clone();
        Item::new(key, move || line(board, agent))
    };
    board
        .agents
        .with(|agents| agents.iter().map(item).collect())
}

fn line(board: Board, agent: AgentView) -> AnyView {
    let proof = match agent.scope {
        Some(Scope::Report) => Lang::has_token,
        Some(Scope::Read) => Lang::reads_only,
        None => Lang::without_token,
    };
    let protocol = agent.protocol.map(|protocol| format!("MCP {protocol}"));
    let client: Vec<String> = agent.client.into_iter().chain(protocol).collect();
    let call = match agent.last_call {
        Some(at) => view! { <Ago at/> }.into_any(),
        None => board.t(Lang::never_called).into_any(),
    };
    view! {
        <li class="caller" class:here=agent.open + agent.streams != 0 class:never=agent.last_call.is_none()>
            <b>{agent.name}</b>
            <span class="sub">{board.t(proof)}</span>
            <span class="sub">{client.join(" \u{b7} ")}</span>
            <code>{agent.called}</code>
            <span class="sub">{call}</span>
        </li>
    }
    .into_any()
}
