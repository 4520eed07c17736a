//! One pipeline: where the baton is, how it got there, and what to do next.

use domain::{PipelineId, view::PipelineStatus};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use super::not_found::UnknownPipeline;
use crate::{
    Lang,
    board::{Board, use_board},
    components::{
        chip::Chip, copy::CopyButton, log::Log, now::Now, prompt::PromptCard, track::Track,
        work::Work,
    },
    paths, wording,
};

/// A goal that is longer than this is folded away behind its beginning.
const GOAL_SHOWN: usize = 280;

/// The page of the pipeline in the address.
#[component]
pub(crate) fn PipelinePage() -> impl IntoView {
    let board = use_board();
    let params = use_params_map();
    let id = Memo::new(move |_| {
        params
            .with(|params| params.get("id"))?
            .parse::<PipelineId>()
            .ok()
    });
    // Tracks only whether it exists: progress re-renders no page.
    let known = Memo::new(move |_| id.get().filter(|id| board.pipeline(id).is_some()));
    move || match known.get().and_then(|id| board.pipeline(&id)) {
        Some(status) => view! { <Known board status=RwSignal::from(status)/> }.into_any(),
        None => view! { <UnknownPipeline/> }.into_any(),
    }
}

#[component]
fn Known(board: Board, status: RwSignal<PipelineStatus>) -> impl IntoView {
    let title = Memo::new(move |_| status.with(|status| status.title.clone()));
    let window = move || wording::window_title(board.waiting.with(Vec::len), Some(&title.get()));
    let demo = Memo::new(move |_| status.with(|status| status.demo));
    view! {
        <Title text=window/>
        <nav class="crumbs sub" aria-label=board.t(Lang::all_pipelines)>
            <a href=paths::overview()>{board.t(Lang::all_pipelines)}</a>
            <span aria-hidden="true">" / "</span>
            <span>{move || status.with(|status| status.project.clone())}</span>
        </nav>
        <div class="headline">
            <h1>{move || title.get()}</h1>
            <Chip status/>
            <Show when=move || demo.get()><span class="tag">{board.t(Lang::demo)}</span></Show>
            <Version board status/>
        </div>
        <Goal board status/>
        <Track status/>
        <Now status/>
        <div class="two">
            <div class="column">
                <PromptCard status/>
                <Work status/>
            </div>
            <aside class="column" aria-label=board.t(Lang::what_happened)>
                <Log status/>
                <Identity board status/>
            </aside>
        </div>
    }
    .into_any()
}

/// The cycle versions: previous → current → next.
#[component]
fn Version(board: Board, status: RwSignal<PipelineStatus>) -> impl IntoView {
    let version = Memo::new(move |_| status.with(|status| status.version.clone()));
    let view = move || {
        let domain::Version {
            previous,
            current,
            next,
        } = version.get();
        let name = |text: Option<String>| text.map(|text| wording::version(&text));
        let previous = name(previous).map(|previous| view! { {previous} " → " });
        let current = name(current).map(|current| view! { <b>{current}</b> });
        let next = name(next).map(|next| view! { " → " {next} " " {board.t(Lang::planned)} });
        view! { {previous}{current}{next} }
    };
    view! { <p class="sub version"><span class="unseen">{board.t(Lang::version)} " "</span>{view}</p> }
}

/// What it is to achieve.
#[component]
fn Goal(board: Board, status: RwSignal<PipelineStatus>) -> impl IntoView {
    let goal = Memo::new(move |_| status.with(|status| status.goal.trim().to_owned()));
    let whole = RwSignal::new(false);
    let long = Memo::new(move |_| {
        goal.with(|goal| goal.chars().count() > GOAL_SHOWN || goal.lines().count() > 3)
    });
    let toggle = move || {
        if whole.get() {
            board.lang.get().less_text()
        } else {
            board.lang.get().goal_more()
        }
    };
    view! {
        <Show when=move || goal.with(|goal| !goal.is_empty())>
            <div class="goal">
                <p class:folded=move || long.get() && !whole.get()>
                    <span class="unseen">{board.t(Lang::goal)} ": "</span>{move || goal.get()}
                </p>
                <Show when=move || long.get()>
                    <button
                        class="quiet small"
                        type="button"
                        aria-expanded=move || whole.get().to_string()
                        on:click=move |_| whole.update(|whole| *whole = !*whole)
                    >
                        {toggle}
                    </button>
                </Show>
            </div>
        </Show>
    }
    .into_any()
}

/// The id, ready to be pasted into an agent's ear.
#[component]
fn Identity(board: Board, status: RwSignal<PipelineStatus>) -> impl IntoView {
    let id = Signal::derive(move || status.with(|status| status.pipeline.to_string()));
    let label = Signal::derive(move || board.lang.get().pipeline_id().to_owned());
    view! {
        <p class="identity sub">
            {board.t(Lang::pipeline_id)} " " <code>{move || id.get()}</code>
            <CopyButton text=id label class="small"/>
        </p>
    }
    .into_any()
}
