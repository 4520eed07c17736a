//! What waits for the reader, on every page except the overview.

use leptos::prelude::*;

use super::{
    list::{Item, list},
    time::Since,
    when::When,
};
use crate::{
    Lang, actions,
    board::{Board, use_board},
    follow::{flag, text},
    paths,
    waiting::Waiting,
    wording,
};

/// So many stand there; the overview has all of them.
const SHOWN: usize = 3;

/// The handovers that wait longest, without that of the pipeline whose page it is.
#[component]
pub(crate) fn Inbox() -> impl IntoView {
    let board = use_board();
    let others = Memo::new(move |_| {
        let shown = board.route.with(|route| route.pipeline().cloned());
        board.waiting.with(|waiting| {
            let others = waiting
                .iter()
                .filter(|one| Some(&one.pipeline) != shown.as_ref());
            others.cloned().collect::<Vec<_>>()
        })
    });
    let some = flag(move || others.with(|others| !others.is_empty()));
    let items = move || {
        others.with(|others| {
            let item = |waiting: &Waiting| {
                let waiting = waiting.clone();
                let key = format!("{}-{}", waiting.handover, waiting.revision);
                Item::new(key, move || line(board, waiting))
            };
            others.iter().take(SHOWN).map(item).collect()
        })
    };
    let more = Memo::new(move |_| others.with(|others| others.len().saturating_sub(SHOWN)));
    let some_more = flag(move || more.get() > 0);
    let and_more = text(move || board.lang.get().and_more(&more.get().to_string()));
    view! {
        <When holds=some>
            <nav class="inbox" aria-label=board.t(Lang::waiting_for_you)>
                <ul>{list(items)}</ul>
                <When holds=some_more><a href=paths::overview()>{and_more}</a></When>
            </nav>
        </When>
    }
    .into_inner()
}

fn line(board: Board, waiting: Waiting) -> AnyView {
    let status = board.signal(&waiting.pipeline);
    let title = text(move || {
        status.map_or_else(String::new, |status| {
            status.with(|status| status.title.clone())
        })
    });
    let since = Signal::derive(move || waiting.since);
    let href = paths::pipeline(&waiting.pipeline);
    view! {
        <li>
            <a href=href>{title}</a>
            <span class="sub"><Since at=since words=wording::review::waiting/></span>
            <button class="btn small" type="button" on:click=move |_| actions::review::show(board, &waiting.pipeline)>
                {board.t(Lang::read_and_decide)}
            </button>
        </li>
    }
    .into_any()
}
