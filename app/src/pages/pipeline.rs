//! One pipeline: where the baton is, how it got there, and what to do next.

use leptos::prelude::*;

use super::{not_found::UnknownPipeline, paper::paper};
use crate::{
    Lang, List, actions,
    archive::What,
    board::{Board, use_board},
    components::{
        answered::answered, chip::Chip, copy::CopyButton, held_phases::held_phases,
        history::History, log::Log, notes::notes, now::Now, policies::policies, prompt::PromptCard,
        question::Questions, track::Track, waits::waits, when::When, work::Work,
    },
    detail::Coming,
    follow::{StatusSignal, flag, memo, press, text, word},
    paths, wording,
};

/// A goal that is longer than this is folded away behind its beginning.
const GOAL_SHOWN: usize = 280;

/// The page of the pipeline in the address.
#[component]
pub(crate) fn PipelinePage() -> impl IntoView {
    let board = use_board();
    let id = move || board.route.with(|route| route.pipeline().cloned());
    // Tracks only whether it exists: progress re-renders no page.
    let known = memo(move || id().filter(|id| board.pipeline(id).is_some()));
    move || match (known.get().and_then(|id| board.signal(&id)), board.paper()) {
        (Some(status), None) => view! { <Known board status/> }.into_any(),
        (Some(status), Some(shown)) => paper(board, status, shown),
        (None, _) => view! { <Absent board/> }.into_any(),
    }
}

/// A pipeline that is being fetched, could not be fetched, or does not exist.
#[component]
fn Absent(board: Board) -> impl IntoView {
    move || match board.detail.coming.get() {
        Coming::Fetching(_) => {
            view! { <p class="sub">{board.t(Lang::loading_pipeline)}</p> }.into_any()
        }
        Coming::Failed(id, failure) => {
            let again = move |_| actions::detail::fetch(board, id.clone());
            view! {
                <p role="alert">{board.t(Lang::no_pipeline)} " " {wording::connection::failure(board.lang.get(), &failure)}</p>
                <button class="btn" type="button" on:click=press(again)>{board.t(Lang::try_again)}</button>
            }
            .into_any()
        }
        Coming::Rest | Coming::Missing(_) => view! { <UnknownPipeline/> }.into_any(),
    }
}

#[component]
fn Known(board: Board, status: StatusSignal) -> impl IntoView {
    let title = text(move || {
        // The row's title is cut to a line.
        board
            .with_detail(status, |more| more.full_title.clone())
            .unwrap_or_else(|| status.with(|status| status.title.clone()))
    });
    let project = text(move || status.with(|status| status.project.clone()));
    let demo = flag(move || status.with(|status| status.demo));
    let questions = Questions::of(board, status);
    view! {
        <nav class="crumbs sub" aria-label=board.t(Lang::all_pipelines)>
            <a href=paths::overview()>{board.t(Lang::all_pipelines)}</a>
            <span aria-hidden="true">" / "</span>
            <span>{project}</span>
        </nav>
        <div class="headline">
            <h1>{title}</h1>
            <Chip status/>
            <When holds=demo><span class="tag">{board.t(Lang::demo)}</span></When>
            <Version board status/>
            <Shelve board status/>
        </div>
        <Goal board status/>
        <Track status/>
        <Now status/>
        {questions.view()}
        <div class="two">
            <div class="column">
                {notes(board, status)}
                <PromptCard status/>
                {answered(board, questions)}
                <Work status/>
                <History status/>
            </div>
            <aside class="column" aria-label=board.t(Lang::what_happened)>
                {waits(board, status)}
                <Log status/>
                <Identity board status/>
                {policies(board, status)}
                {held_phases(board, status)}
            </aside>
        </div>
    }
    .into_inner()
}

/// The cycle versions: previous → current → next.
#[component]
fn Version(board: Board, status: StatusSignal) -> impl IntoView {
    let of = move |read: fn(&domain::Version) -> &Option<String>| {
        status.with(|status| read(&status.version).as_deref().map(wording::version))
    };
    let before = text(move || {
        of(|version| &version.previous).map_or_else(String::new, |before| format!("{before} → "))
    });
    let current = text(move || of(|version| &version.current).unwrap_or_default());
    let after = text(move || {
        let planned = board.lang.get().planned();
        of(|version| &version.next).map_or_else(String::new, |next| format!(" → {next} {planned}"))
    });
    view! {
        <p class="sub version">
            <span class="unseen">{board.t(Lang::version)} " "</span>
            {before}<b>{current}</b>{after}
        </p>
    }
    .into_inner()
}

/// Puts a pipeline that has ended into the archive, or brings it back.
#[component]
fn Shelve(board: Board, status: StatusSignal) -> impl IntoView {
    let archived = move || status.with(List::of) == List::Archived;
    let ended = flag(move || status.with(List::of) != List::Open);
    let act = word(move || {
        let lang = board.lang.get();
        if archived() {
            lang.unarchive()
        } else {
            lang.archive()
        }
    });
    let put = move |_| {
        let (id, back) = (status.id(), untrack(archived));
        actions::archive::put(board, What::These(vec![id]), back);
    };
    view! {
        <When holds=flag(archived)><span class="tag">{board.t(Lang::list_archived)}</span></When>
        <When holds=ended>
            <button class="btn small" type="button" disabled=board.archive.busy on:click=press(put)>{act}</button>
        </When>
    }
    .into_inner()
}

/// What it is to achieve.
#[component]
fn Goal(board: Board, status: StatusSignal) -> impl IntoView {
    let goal = memo(move || {
        let goal = board.with_detail(status, |more| more.goal.trim().to_owned());
        goal.unwrap_or_default()
    });
    let whole = RwSignal::new(false);
    let some = flag(move || goal.with(|goal| !goal.is_empty()));
    let long = flag(move || {
        goal.with(|goal| goal.chars().count() > GOAL_SHOWN || goal.lines().count() > 3)
    });
    let toggle = word(move || {
        if whole.get() {
            board.lang.get().less_text()
        } else {
            board.lang.get().goal_more()
        }
    });
    view! {
        <When holds=some>
            <div class="goal">
                <p class:folded=flag(move || long.get() && !whole.get())>
                    <span class="unseen">{board.t(Lang::goal)} ": "</span>{goal}
                </p>
                <When holds=long>
                    <button
                        class="quiet small"
                        type="button"
                        aria-expanded=text(move || whole.get().to_string())
                        on:click=press(move |_| whole.update(|whole| *whole = !*whole))
                    >
                        {toggle}
                    </button>
                </When>
            </div>
        </When>
    }
    .into_inner()
}

/// The id, ready to be pasted into an agent's ear.
#[component]
fn Identity(board: Board, status: StatusSignal) -> impl IntoView {
    let id = text(move || status.with(|status| status.pipeline.to_string()));
    let label = text(move || board.lang.get().pipeline_id().to_owned());
    let session = Signal::derive(move || {
        board
            .with_detail(status, |more| more.session.clone())
            .flatten()
    });
    let known = flag(move || session.with(Option::is_some));
    let works = text(move || {
        session.with(|session| {
            session.as_ref().map_or_else(String::new, |session| {
                let client = wording::session::client(session);
                board.lang.get().session_in(&client, &session.folder)
            })
        })
    });
    let seen = text(move || {
        let now = board.now.get();
        let calls = board.with_detail(status, |more| wording::session::calls(&more.activity, now));
        let calls = calls.filter(|calls| *calls > 0);
        calls.map_or_else(String::new, |calls| {
            format!(" · {}", board.lang.get().tool_calls(&calls.to_string()))
        })
    });
    let command = text(move || {
        session.with(|session| {
            session
                .as_ref()
                .map_or_else(String::new, wording::session::resume)
        })
    });
    let again = text(move || board.lang.get().resume_session().to_owned());
    view! {
        <p class="identity sub">
            {board.t(Lang::pipeline_id)} " " <code>{id}</code>
            <CopyButton text=id label class="small"/>
        </p>
        <When holds=known>
            <p class="identity sub">
                {works} {seen} <br/> {again} " " <code>{command}</code>
                <CopyButton text=command label=again class="small"/>
            </p>
        </When>
    }
    .into_any()
}
