//! A handover or a prompt by its address.

use domain::{HandoverId, PromptId};
use leptos::prelude::*;
use protocol::Summary;

use crate::{
    Lang, actions,
    board::Board,
    components::{
        changes::Views, document::Reading, points::Points, prompt::prompt_text,
        review_dialog::reading_of, time::Ago, when::When,
    },
    follow::{StatusSignal, flag, maybe, memo, press, text},
    paths,
    route::Paper,
    standing, wording,
};

/// The page of a text of this pipeline.
pub(crate) fn paper(board: Board, status: StatusSignal, paper: Paper) -> AnyView {
    let pipeline = paths::pipeline(&status.id());
    let title = text(move || status.with(|status| status.title.clone()));
    let body = match paper {
        Paper::Handover(handover, revision) => handover_page(board, status, handover, revision),
        Paper::Prompt(prompt) => prompt_page(board, status, prompt),
    };
    view! {
        <nav class="crumbs sub" aria-label=board.t(Lang::all_pipelines)>
            <a href=paths::overview()>{board.t(Lang::all_pipelines)}</a>
            <span aria-hidden="true">" / "</span>
            <a href=pipeline>{title}</a>
        </nav>
        {body}
    }
    .into_any()
}

fn handover_page(
    board: Board,
    status: StatusSignal,
    handover: HandoverId,
    revision: u32,
) -> AnyView {
    let path = paths::handover(&handover, revision);
    let reading = Reading::of(board, memo(move || path.clone()));
    let points = Points::of(
        board,
        handover.clone(),
        memo(move || revision),
        reading,
        false,
    );
    let views = Views::of(board, reading, points);
    // Of a type that the board keeps anyway.
    let shown = StoredValue::new(Some((handover, revision)));
    let about = move || {
        let (handover, revision) = shown.get_value()?;
        board.about_handover(&handover, revision)
    };
    let heading = text(move || {
        let lang = board.lang.get();
        about().map_or_else(
            || lang.document().to_owned(),
            |about| wording::handover(lang, &about),
        )
    });
    let known = flag(move || about().is_some());
    let by = text(move || {
        let name = about().map(|about| about.by.name);
        format!("{} · ", name.unwrap_or_default())
    });
    let at =
        Signal::derive(move || about().map_or_else(|| board.now.get_untracked(), |about| about.at));
    let newest = move || {
        status.with(|status| {
            let newest = status.handover.as_ref()?;
            Some((newest.handover.clone(), newest.revision))
        }) == shown.get_value()
    };
    let waits =
        flag(move || newest() && status.with(|status| standing::open_handover(status).is_some()));
    let outcome = maybe(move || {
        let lang = board.lang.get();
        Some(match about()?.decision {
            Some(decision) => wording::review::decided(lang, &board.reader(), &decision),
            None if waits.get() => lang.handover_open().to_owned(),
            None if newest() => {
                let pending = |status: &Summary| {
                    let pending = standing::pending(status)?;
                    let (reader, now) = (board.reader(), board.now.get());
                    let phase = &status.phase;
                    let (made, left) = wording::review::pending(lang, &reader, pending, phase, now);
                    Some(format!("{made} {left}"))
                };
                let pending = status.with(pending);
                pending.unwrap_or_else(|| wording::review::gone(lang))
            }
            None => lang.handover_superseded().to_owned(),
        })
    });
    let note = maybe(move || {
        let note = about()?.decision?.note;
        let note = note.trim();
        (!note.is_empty()).then(|| wording::quoted(board.lang.get(), note))
    });
    let pipeline = StoredValue::new(status.id());
    view! {
        <div class="headline">
            <h1>{heading}</h1>
            <When holds=waits>
                <button class="btn first" type="button" on:click=press(move |_| actions::review::show(board, &pipeline.get_value()))>
                    {board.t(Lang::read_and_decide)}
                </button>
            </When>
        </div>
        <When holds=known>
            <p class="sub">{by}<Ago at/>" · "{outcome}</p>
        </When>
        <p class="goal paper-note">{note}</p>
        <article class="sheet paper" tabindex="0" aria-labelledby="paper-text">
            // A wide table scrolls, so it can be focused. The headings of a document begin at the third level.
            <h2 class="unseen" id="paper-text">{board.t(Lang::document)}</h2>
            {reading_of(reading, views, points)}
        </article>
    }
    .into_any()
}

fn prompt_page(board: Board, status: StatusSignal, prompt: PromptId) -> AnyView {
    let id = memo(move || Some(prompt.clone()));
    let about = move || board.about_prompt(&id.get()?);
    let heading = text(move || {
        let lang = board.lang.get();
        about().map_or_else(
            || lang.prompt_text().to_owned(),
            |about| wording::prompt_heading(lang, about.phase.as_str(), about.purpose),
        )
    });
    let why = maybe(move || wording::pipeline::why(board.lang.get(), &about()?.writer));
    let known = flag(move || about().is_some());
    let from = text(move || {
        let lang = board.lang.get();
        let handover =
            about().and_then(|about| board.about_handover(&about.handover, about.revision));
        let name = handover.map_or_else(
            || lang.document().to_owned(),
            |about| wording::handover(lang, &about),
        );
        lang.written_from(&name)
    });
    let href = text(move || {
        about().map_or_else(String::new, |about| {
            paths::handover_page(&about.handover, about.revision)
        })
    });
    let at = Signal::derive(move || {
        about().map_or_else(|| board.now.get_untracked(), |about| about.written)
    });
    view! {
        <div class="headline"><h1>{heading}</h1></div>
        <When holds=known>
            <p class="sub"><a href=href>{from}</a>" · "<Ago at/></p>
        </When>
        <div class="sheet pad paper">
            <p class="sub prompt-why">{why}</p>
            {prompt_text(board, status, id, true)}
        </div>
    }
    .into_any()
}
