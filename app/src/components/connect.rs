//! How an agent gets onto the board.

use leptos::prelude::*;

use super::copy::CopyButton;
use crate::{Lang, board::use_board, paths};

/// What a client needs, for the address of this server.
type Configuration = fn(&str) -> String;

/// Where to put what, client by client. Names and file names are the same in every language.
const CLIENTS: [(&str, Configuration); 3] = [
    ("Claude Code · Terminal", |url| {
        format!("claude mcp add --transport http staffel {url}")
    }),
    ("Cursor · ~/.cursor/mcp.json", |url| {
        format!("{{\n  \"mcpServers\": {{\n    \"staffel\": {{ \"url\": \"{url}\" }}\n  }}\n}}")
    }),
    ("VS Code · .vscode/mcp.json", |url| {
        format!(
            "{{\n  \"servers\": {{\n    \"staffel\": {{ \"type\": \"http\", \"url\": \"{url}\" }}\n  }}\n}}"
        )
    }),
];

/// Ready-to-paste ways to connect an agent, and the demonstration.
#[component]
pub(crate) fn Connect() -> impl IntoView {
    let board = use_board();
    let url = paths::mcp(&board.origin.get_value());
    view! {
        <div class="connect">
            <p>{board.t(Lang::connect_lead)}</p>
            <Snippet title=Signal::derive(move || board.lang.get().mcp_address().to_owned()) text=url.clone()/>
            {CLIENTS.into_iter().map(|(title, text)| view! {
                <Snippet title=Signal::stored(title.to_owned()) text=text(&url)/>
            }).collect_view()}
            <p>{board.t(Lang::then_say)} " " <q>{board.t(Lang::first_words)}</q></p>
            <p class="sub">{board.t(Lang::or_demo)} " " <code>"staffel demo"</code></p>
        </div>
    }
    .into_inner()
}

#[component]
fn Snippet(title: Signal<String>, text: String) -> impl IntoView {
    view! {
        <div class="snippet">
            <p class="sub">{move || title.get()}</p>
            <pre tabindex="0" role="region" aria-label=move || title.get()><code>{text.clone()}</code></pre>
            <CopyButton text=Signal::stored(text) class="small" label=title/>
        </div>
    }
    .into_inner()
}

/// The same, for a board that is not empty: opens over the page from the header or the footer.
#[component]
pub(crate) fn ConnectPopover() -> impl IntoView {
    let board = use_board();
    view! {
        <div id="connect" class="sheet popover" popover="auto" role="dialog" aria-labelledby="connect-title">
            <div class="popover-head">
                <h2 id="connect-title">{board.t(Lang::connect_an_agent)}</h2>
                <button class="quiet" type="button" popovertarget="connect" popovertargetaction="hide">{board.t(Lang::close)}</button>
            </div>
            <Connect/>
        </div>
    }
    .into_inner()
}
