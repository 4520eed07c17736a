//! What needs the reader, on every page: on the overview only what is late, since all that waits has its card there.

use domain::{PipelineId, Status, Timestamp};
use leptos::prelude::*;

use super::{
    list::{Item, list},
    time::Since,
    when::When,
};
use crate::{
    Lang,
    actions::{
        self,
        next::{Needs, all, overdue_of},
    },
    board::{Board, use_board},
    follow::{flag, maybe, memo, press, text},
    paths,
    waiting::{Awaited, Waiting},
    wording,
};

/// So many stand there; the overview has all of them.
const SHOWN: usize = 3;

fn item(board: Board, needs: &Needs) -> Item {
    let needs = needs.clone();
    let key = match &needs {
        Needs::Waits(waiting) => waiting.key(),
        Needs::Late(pipeline, since) => format!("{pipeline}-{}", since.millis()),
    };
    Item::new(key, move || match needs {
        Needs::Waits(waiting) => line(board, waiting),
        Needs::Late(pipeline, since) => late(board, &pipeline, since),
    })
}

/// What needs a person longest, without what does in the pipeline whose page it is.
#[component]
pub(crate) fn Inbox() -> impl IntoView {
    let board = use_board();
    let others = memo(move || {
        let shown = board.route.with(|route| route.pipeline().cloned());
        let mut others = all(board);
        others.retain(|one| Some(one.pipeline()) != shown.as_ref());
        others
    });
    lines(board, others, SHOWN)
}

/// What is late, on the overview, where all that waits has its card.
pub(crate) fn overdue(board: Board) -> AnyView {
    lines(board, memo(move || overdue_of(board)), usize::MAX)
}

fn lines(board: Board, all: Memo<Vec<Needs>>, most: usize) -> AnyView {
    let some = flag(move || all.with(|all| !all.is_empty()));
    let items = move || {
        all.with(|all| {
            let item = |needs: &Needs| item(board, needs);
            all.iter().take(most).map(item).collect()
        })
    };
    let more = memo(move || all.with(|all| all.len().saturating_sub(most)));
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
    .into_any()
}

/// An agent that does not respond, or a prompt that nobody picks up.
fn late(board: Board, pipeline: &PipelineId, since: Timestamp) -> AnyView {
    let Some(status) = board.signal(pipeline) else {
        return ().into_any();
    };
    let (href, page) = (paths::pipeline(pipeline), paths::pipeline(pipeline));
    let title = text(move || status.with(|status| status.title.clone()));
    let silent = move || status.with(|status| status.status == Status::Running);
    let said = text(move || {
        let lang = board.lang.get();
        let agent = status
            .with(|status| status.agent.clone())
            .unwrap_or_default();
        if silent() {
            format!("{agent} · {}", lang.no_sign_of_life())
        } else {
            lang.prompt_sent().to_owned()
        }
    });
    let words: fn(Lang, &str) -> String = if untrack(silent) {
        Lang::quiet_for
    } else {
        wording::review::waiting
    };
    let since = Signal::stored(since);
    view! {
        <li>
            <a href=href>{title}</a>
            <span class="sub inbox-said">{said}</span>
            <span class="sub"><Since at=since words/></span>
            <a class="btn small" href=page>{board.t(Lang::open_pipeline)}</a>
        </li>
    }
    .into_any()
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
