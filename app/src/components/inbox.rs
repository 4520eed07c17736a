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
    follow::{flag, maybe, memo, press, text},
    paths,
    waiting::{Awaited, Waiting},
    wording,
};

/// So many stand there; the overview has all of them.
const SHOWN: usize = 3;

/// What waits longest, without what waits in the pipeline whose page it is.
#[component]
pub(crate) fn Inbox() -> impl IntoView {
    let board = use_board();
    let others = memo(move || {
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
                Item::new(waiting.key(), move || line(board, waiting))
            };
            others.iter().take(SHOWN).map(item).collect()
        })
    };
    let more = memo(move || others.with(|others| others.len().saturating_sub(SHOWN)));
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
    let Waiting {
        pipeline, awaited, ..
    } = waiting;
    let (href, page) = (paths::pipeline(&pipeline), paths::pipeline(&pipeline));
    let since = Signal::stored(waiting.since);
    let asks = matches!(awaited, Awaited::Answer(..));
    let sends = matches!(awaited, Awaited::Send);
    let said = maybe(move || {
        if sends {
            let said = |status: &_| wording::pipeline::held(board.lang.get(), status).to_owned();
            return Some(status?.with(said));
        }
        let asked = status.filter(|_| asks)?.with(|status| {
            let question = status.question.as_ref()?;
            Some(question.text.clone())
        });
        let lang = board.lang.get();
        Some(lang.asks(&wording::quoted(lang, &asked?)))
    });
    let (words, way): (fn(Lang, &str) -> String, _) = match awaited {
        Awaited::Decision(..) => {
            let show = move |_| actions::review::show(board, &pipeline);
            let way = view! {
                <button class="btn small" type="button" on:click=press(show)>{board.t(Lang::read_and_decide)}</button>
            };
            (wording::review::waiting, way.into_any())
        }
        Awaited::Answer(..) => {
            let way = view! { <a class="btn small" href=page>{board.t(Lang::answer)}</a> };
            (wording::review::waiting, way.into_any())
        }
        Awaited::Send => {
            let way = view! { <a class="btn small" href=page>{board.t(Lang::check_prompt)}</a> };
            (wording::review::waiting, way.into_any())
        }
        Awaited::GoOn => {
            let way = view! { <a class="btn small" href=page>{board.t(Lang::open_pipeline)}</a> };
            (wording::asking::paused_for, way.into_any())
        }
    };
    view! {
        <li>
            <a href=href>{title}</a>
            <span class="sub inbox-said">{said}</span>
            <span class="sub"><Since at=since words/></span>
            {way}
        </li>
    }
    .into_any()
}
