//! Tracks and their tasks.

use domain::{Task, TaskStatus, Track};
use leptos::prelude::*;

use super::{
    list::{Item, list},
    when::When,
};
use crate::{
    Lang,
    board::use_board,
    follow::{StatusSignal, flag, maybe, text, word},
    wording,
};

/// The work of a pipeline: what is done, what is being done, what is to do.
#[component]
pub(crate) fn Work(
    /// The pipeline.
    status: StatusSignal,
) -> impl IntoView {
    let board = use_board();
    let some = flag(move || {
        let some = board.with_detail(status, |more| {
            let mut tracks = more.tracks.iter();
            tracks.any(|track| !track.tasks.is_empty() || !track.goals.is_empty())
        });
        some.unwrap_or(false)
    });
    let strand = move |track: &Track| {
        let name = track.name.clone();
        Item::new(name.clone(), move || view! { <Strand status name/> })
    };
    let strands = move || {
        let all = board.with_detail(status, |more| more.tracks.iter().map(strand).collect());
        all.unwrap_or_default()
    };
    view! {
        <section class="sheet pad work">
            <h2>{board.t(Lang::work)}</h2>
            <When holds=some otherwise=move || view! { <p class="sub">{board.t(Lang::no_tasks)}</p> }>
                {list(strands)}
            </When>
        </section>
    }
    .into_inner()
}

/// One track.
#[component]
fn Strand(
    /// The pipeline.
    status: StatusSignal,
    /// The track's name.
    name: String,
) -> impl IntoView {
    let board = use_board();
    let name = StoredValue::new(name);
    let title = text(move || {
        name.with_value(|name| wording::pipeline::track(board.lang.get(), name).to_owned())
    });
    let track = move || {
        let found = board.with_detail(status, |more| {
            let mut tracks = more.tracks.iter();
            name.with_value(|name| tracks.find(|track| track.name == *name).cloned())
        });
        found.flatten()
    };
    let done = text(move || {
        track().map_or_else(String::new, |track| {
            wording::pipeline::tasks_done(board.lang.get(), &track.tasks)
        })
    });
    let about = maybe(move || {
        let track = track()?;
        let said: Vec<_> = track.agents.into_iter().chain(track.goals).collect();
        (!said.is_empty()).then(|| said.join(" · "))
    });
    let task = |task: Task| {
        // A task that got further is drawn anew: what it says is read aloud then.
        let key = format!("{:?} {}", task.status, task.name);
        Item::new(key, move || view! { <TaskLine task/> })
    };
    let tasks = move || {
        track().map_or_else(Vec::new, |track| {
            track.tasks.into_iter().map(task).collect()
        })
    };
    view! {
        <div class="strand">
            <h3><span>{title}</span><span class="sub">{done}</span></h3>
            <p class="sub strand-about">{about}</p>
            <ul>
                {list(tasks)}
            </ul>
        </div>
    }
    .into_inner()
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
    .into_inner()
}
