//! One pipeline on the overview.

use domain::{PipelineId, Status};
use leptos::prelude::*;
use protocol::Match;

use super::{chip::Chip, mini::Mini, time::Ago, when::When};
use crate::{
    Lang,
    board::{Board, use_board},
    follow::{flag, text, word},
    paths, wording,
};

/// Where a row stands, and so what it says beside the pipeline itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Among {
    /// The pipelines of its project.
    Project,
    /// All that have ended, or the archive: the row says its project, and can be ticked.
    List,
    /// What was found: the row says its project, and where the words are.
    Found,
}

/// One pipeline, one row, one link.
#[component]
pub(crate) fn Row(
    /// The pipeline.
    pipeline: PipelineId,
    /// The rows around it.
    among: Among,
) -> impl IntoView {
    let board = use_board();
    let status = board.signal(&pipeline)?;
    let lang = board.lang;
    on_cleanup(move || board.row_is_gone());
    let found = match among {
        Among::Found => board.found.found(&pipeline),
        Among::Project | Among::List => None,
    };
    let before = text(move || {
        let project = among != Among::Project;
        status.with(|status| {
            let version = status.version.current.as_deref().map(wording::version);
            let parts = project.then(|| status.project.clone());
            parts
                .into_iter()
                .chain(version)
                .map(|part| format!("{part} · "))
                .collect()
        })
    });
    let line = text(move || {
        status.with(|status| wording::pipeline::line(lang.get(), status, board.now.get()))
    });
    let sub = match found {
        Some(found) => excerpt(board, &found),
        None => view! { <span class="sub">{before}{line}</span> }.into_any(),
    };
    let leg = text(move || status.with(wording::pipeline::leg));
    let title = text(move || status.with(|status| status.title.clone()));
    let progress = text(move || {
        status.with(|status| wording::pipeline::leg_progress(lang.get(), status, board.now.get()))
    });
    let demo = flag(move || status.with(|status| status.demo));
    let in_transit = flag(move || status.with(|status| status.status == Status::HandingOver));
    let agent = text(move || {
        status
            .with(|status| status.agent.as_ref().map(|agent| format!("{agent} · ")))
            .unwrap_or_default()
    });
    let sign = Signal::derive(move || {
        status.with(|status| {
            if status.status.has_ended() {
                status.baton_since
            } else {
                status.last_sign_of_life
            }
        })
    });
    Some(
        view! {
            <li>
                {(among == Among::List).then(|| tick(board, &pipeline, title))}
                <a class="row" href=paths::pipeline(&pipeline)>
                    <span class="row-what">
                        <span class="row-title">
                            <strong>{title}</strong>
                            <When holds=demo><span class="tag">{board.t(Lang::demo)}</span></When>
                        </span>
                        {sub}
                    </span>
                    <span class="row-leg">
                        <span class="leg-line"><b>{leg}</b><span>{progress}</span></span>
                        <Mini status/>
                    </span>
                    <span class="row-chip"><Chip status/></span>
                    <span class="sub row-agent">
                        <When
                            holds=in_transit
                            otherwise=move || view! { {agent}<Ago at=sign/> }
                        >
                            {board.t(Lang::nobody_picked_up)}
                        </When>
                    </span>
                </a>
            </li>
        }
        .into_any(),
    )
}

/// The box that chooses a pipeline for what is done with several.
fn tick(board: Board, pipeline: &PipelineId, title: Signal<String>) -> AnyView {
    let (id, archive) = (pipeline.clone(), board.archive);
    let chosen = {
        let id = id.clone();
        flag(move || archive.chosen.with(|chosen| chosen.contains(&id)))
    };
    view! {
        <label class="tick">
            <input
                type="checkbox"
                prop:checked=chosen
                on:change:target=move |event| archive.choose(&id, event.target().checked())
            />
            <span class="unseen">{text(move || board.lang.get().choose(&title.get()))}</span>
        </label>
    }
    .into_any()
}

/// Where the words were found, with the words marked.
fn excerpt(board: Board, found: &Match) -> AnyView {
    let place = found.found_in;
    let place = word(move || wording::found_in(board.lang.get(), place));
    // The words stand between U+0002 and U+0003.
    let parts = found.excerpt.split(['\u{2}', '\u{3}']).enumerate();
    let parts = parts.map(|(index, part)| {
        let part = part.to_owned();
        if index % 2 == 1 {
            view! { <mark>{part}</mark> }.into_any()
        } else {
            part.into_any()
        }
    });
    view! { <span class="sub excerpt">{place} ": " {parts.collect_view()}</span> }.into_any()
}
