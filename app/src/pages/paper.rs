//! A handover or a prompt by its address.

use domain::{HandoverId, PromptId};
use leptos::prelude::*;

use crate::{
    Lang,
    board::Board,
    components::{document::Reading, prompt::prompt_text, time::Ago, when::When},
    follow::{StatusSignal, flag, maybe, text},
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
    let which = Memo::new(move |_| (handover.clone(), revision));
    let about = Memo::new(move |_| {
        which.with(|(handover, revision)| board.about_handover(handover, *revision))
    });
    let reading = Reading::of(board, which);
    let heading = text(move || {
        let lang = board.lang.get();
        about.with(|about| {
            about.as_ref().map_or_else(
                || lang.document().to_owned(),
                |about| wording::handover(lang, about),
            )
        })
    });
    let known = flag(move || about.with(Option::is_some));
    let by = text(move || {
        let name = about.with(|about| about.as_ref().map(|about| about.by.name.clone()));
        format!("{} · ", name.unwrap_or_default())
    });
    let at = Signal::derive(move || {
        about.with(|about| {
            about
                .as_ref()
                .map_or_else(|| board.now.get_untracked(), |about| about.at)
        })
    });
    let waits = flag(move || {
        status.with(|status| {
            let open = standing::open_handover(status);
            open.is_some_and(|open| {
                which.with(|(handover, revision)| {
                    open.handover == *handover && open.revision == *revision
                })
            })
        })
    });
    // In which revision the handover is by now.
    let superseded = flag(move || {
        status.with(|status| {
            let newest = status.handover.as_ref();
            newest.is_none_or(|newest| {
                which.with(|(handover, revision)| {
                    newest.handover != *handover || newest.revision != *revision
                })
            })
        })
    });
    let outcome = maybe(move || {
        let lang = board.lang.get();
        about.with(|about| {
            let decided = about.as_ref()?.decision.as_ref();
            Some(match decided {
                Some(decision) => wording::review::decided(lang, decision),
                None if waits.get() => lang.handover_open().to_owned(),
                None if superseded.get() => lang.handover_superseded().to_owned(),
                None => wording::review::gone(lang),
            })
        })
    });
    let note = maybe(move || {
        about.with(|about| {
            let note = about.as_ref()?.decision.as_ref()?.note.trim();
            (!note.is_empty()).then(|| wording::quoted(board.lang.get(), note))
        })
    });
    let pipeline = StoredValue::new(status.id());
    view! {
        <div class="headline">
            <h1>{heading}</h1>
            <When holds=waits>
                <button class="btn first" type="button" on:click=move |_| board.review.show(&board, &pipeline.get_value())>
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
            {reading.view()}
        </article>
    }
    .into_any()
}

fn prompt_page(board: Board, status: StatusSignal, prompt: PromptId) -> AnyView {
    let id = Memo::new(move |_| Some(prompt.clone()));
    let about = Memo::new(move |_| id.with(|id| board.about_prompt(id.as_ref()?)));
    let heading = text(move || {
        let lang = board.lang.get();
        about.with(|about| {
            about.as_ref().map_or_else(
                || lang.prompt_text().to_owned(),
                |about| wording::prompt_heading(lang, about.phase.as_str(), about.purpose),
            )
        })
    });
    let why = maybe(move || {
        about.with(|about| wording::pipeline::why(board.lang.get(), &about.as_ref()?.writer))
    });
    let source = move || {
        about.with(|about| {
            let about = about.as_ref()?;
            Some((about.handover.clone(), about.revision, about.written))
        })
    };
    let known = flag(move || about.with(Option::is_some));
    let from = text(move || {
        let lang = board.lang.get();
        let handover =
            source().and_then(|(handover, revision, _)| board.about_handover(&handover, revision));
        let name = handover.map_or_else(
            || lang.document().to_owned(),
            |about| wording::handover(lang, &about),
        );
        lang.written_from(&name)
    });
    let href = text(move || {
        source().map_or_else(String::new, |(handover, revision, _)| {
            paths::handover_page(&handover, revision)
        })
    });
    let at = Signal::derive(move || {
        source().map_or_else(|| board.now.get_untracked(), |(.., written)| written)
    });
    view! {
        <div class="headline"><h1>{heading}</h1></div>
        <When holds=known>
            <p class="sub"><a href=href>{from}</a>" · "<Ago at/></p>
        </When>
        <section class="sheet pad paper" aria-label=board.t(Lang::prompt_text)>
            <p class="sub prompt-why">{why}</p>
            {prompt_text(board, status, id, true)}
        </section>
    }
    .into_any()
}
