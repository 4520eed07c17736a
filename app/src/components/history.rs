//! The handovers and prompts of a pipeline, each with its address.

use domain::Timestamp;
use leptos::prelude::*;
use protocol::{HandoverRef, PromptRef};

use super::{
    list::{Item, list},
    time::Ago,
    when::When,
};
use crate::{
    Lang,
    board::{Board, use_board},
    follow::{StatusSignal, flag, maybe, text},
    paths, standing, wording,
};

/// All of them, the newest first.
#[component]
pub(crate) fn History(
    /// The pipeline.
    status: StatusSignal,
) -> impl IntoView {
    let board = use_board();
    let some = flag(move || {
        board
            .with_detail(status, |more| !more.handovers.is_empty())
            .unwrap_or(false)
    });
    let lines = move || {
        let open = status.with(|status| {
            let about = standing::open_handover(status)?;
            Some((about.handover.clone(), about.revision))
        });
        let lines = board.with_detail(status, |more| {
            let mut lines = Vec::new();
            for about in more.handovers.iter().rev() {
                // A prompt is newer than the handover it was written from, and older than the next one.
                let from_it = |prompt: &&PromptRef| {
                    prompt.handover == about.handover && prompt.revision == about.revision
                };
                let prompts = more.prompts.iter().rev().filter(from_it);
                lines.extend(prompts.map(|prompt| prompt_line(board, prompt.clone())));
                let waits = open.as_ref().is_some_and(|(handover, revision)| {
                    *handover == about.handover && *revision == about.revision
                });
                lines.push(handover_line(board, about.clone(), waits));
            }
            lines
        });
        lines.unwrap_or_default()
    };
    view! {
        <section class="sheet pad history">
            <h2>{board.t(Lang::history)}</h2>
            <When holds=some otherwise=move || view! { <p class="sub">{board.t(Lang::no_history)}</p> }>
                <ul>{list(lines)}</ul>
            </When>
        </section>
    }
    .into_inner()
}

// What follows the language belongs to a line: whatever is made beside it is gone with the next list.

fn handover_line(board: Board, about: HandoverRef, waits: bool) -> Item {
    let href = paths::handover_page(&about.handover, about.revision);
    let key = format!("{href} {waits} {}", about.decision.is_some());
    Item::new(key, move || {
        let (at, decision) = (about.at, about.decision.clone());
        let name = text(move || wording::handover(board.lang.get(), &about));
        let said = maybe(move || {
            let lang = board.lang.get();
            let decided = |decision| wording::review::decided(lang, &board.reader(), decision);
            let open = || waits.then(|| lang.open_review().to_owned());
            decision.as_ref().map(decided).or_else(open)
        });
        line(href, at, name, said)
    })
}

fn prompt_line(board: Board, prompt: PromptRef) -> Item {
    let href = paths::prompt_page(&prompt.prompt_id);
    let key = format!("{href} {}", prompt.version);
    Item::new(key, move || {
        let (at, version, writer) = (prompt.written, prompt.version, prompt.writer.clone());
        let name = text(move || {
            wording::prompt_heading(board.lang.get(), prompt.phase.as_str(), prompt.purpose)
        });
        let said = maybe(move || {
            let by = wording::pipeline::written_by(board.lang.get(), &board.reader(), &writer);
            (version > 1).then(|| board.lang.get().version_by(&by, &version.to_string()))
        });
        line(href, at, name, said)
    })
}

fn line(
    href: String,
    at: Timestamp,
    name: Signal<String>,
    said: Signal<Option<String>>,
) -> AnyView {
    view! {
        <li>
            <a href=href>{name}</a>
            <span class="sub">{said}</span>
            <span class="sub"><Ago at=Signal::stored(at)/></span>
        </li>
    }
    .into_any()
}
