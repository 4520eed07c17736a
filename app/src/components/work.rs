//! Tracks and their tasks.

use domain::{Task, TaskStatus, Track, view::PipelineStatus};
use leptos::prelude::*;

use super::when::When;
use crate::{
    Lang,
    board::use_board,
    follow::{flag, maybe, text, word},
    wording,
};

/// The work of a pipeline: what is done, what is being done, what is to do.
#[component]
pub(crate) fn Work(
    /// The pipeline.
    status: RwSignal<PipelineStatus>,
) -> impl IntoView {
    let board = use_board();
    let tracks = Memo::new(move |_| status.with(|status| status.tracks.clone()));
    let some = flag(move || {
        tracks.with(|tracks| {
            tracks
                .iter()
                .any(|track| !track.tasks.is_empty() || !track.goals.is_empty())
        })
    });
    view! {
        <section class="sheet pad work">
            <h2>{board.t(Lang::work)}</h2>
            <When holds=some otherwise=move || view! { <p class="sub">{board.t(Lang::no_tasks)}</p> }>
                <For each=move || tracks.get() key=|track| track.name.clone() let:track>
                    <Strand tracks name=track.name/>
                </For>
            </When>
        </section>
    }
    .into_any()
}

/// One track.
#[component]
fn Strand(
    /// All tracks.
    tracks: Memo<Vec<Track>>,
    /// The one that is meant.
    name: String,
) -> impl IntoView {
    let board = use_board();
    let title = name.clone();
    let track = Memo::new(move |_| {
        tracks.with(|tracks| tracks.iter().find(|track| track.name == name).cloned())
    });
    let done = text(move || {
        track.with(|track| {
            track
                .as_ref()
                .map(|track| wording::pipeline::tasks_done(board.lang.get(), &track.tasks))
                .unwrap_or_default()
        })
    });
    let about = maybe(move || {
        track.with(|track| {
            let track = track.as_ref()?;
            let said = track.agents.iter().chain(&track.goals);
            let said = said.map(String::as_str).collect::<Vec<_>>().join(" · ");
            (!said.is_empty()).then_some(said)
        })
    });
    let tasks = move || {
        track.with(|track| {
            track
                .as_ref()
                .map(|track| track.tasks.clone())
                .unwrap_or_default()
        })
    };
    view! {
        <div class="strand">
            <h3><span>{title}</span><span class="sub">{done}</span></h3>
            <p class="sub strand-about">{about}</p>
            <ul>
                <For each=tasks key=|task| (task.name.clone(), task.status as u8) let:task>
                    <TaskLine task/>
                </For>
            </ul>
        </div>
    }
    .into_any()
}

/// One task. A shape says how far it is, and so does a word.
#[component]
fn TaskLine(
    /// The task.
    task: Task,
) -> impl IntoView {
    let board = use_board();
    let status = task.status;
    let class = match status {
        TaskStatus::Pending => "task",
        TaskStatus::InProgress => "task going",
        TaskStatus::Completed => "task ok",
        TaskStatus::Failed => "task failed",
    };
    let told = matches!(status, TaskStatus::InProgress | TaskStatus::Failed);
    view! {
        <li class=class>
            <span class="task-name">{task.name}</span>
            <span class=if told { "sub" } else { "unseen" }>{word(move || wording::pipeline::task(board.lang.get(), status))}</span>
        </li>
    }
    .into_any()
}
