//! The questions of a pipeline that are over, with their answers.

use std::sync::Arc;

use leptos::prelude::*;

use super::{
    list::{Item, list},
    question::Questions,
    said::{Said, line},
};
use crate::{Lang, board::Board, follow::text, page::Question, wording};

/// All that have no card, the newest first. The style sheet hides the section while there are none.
pub(crate) fn answered(board: Board, questions: Questions) -> AnyView {
    let item = move |question: Question| {
        let answer = question.answer.as_ref();
        let got = answer.is_some_and(|answer| answer.delivered.is_some());
        // One that got further is drawn anew: what it says is read aloud then.
        let key = format!("{} {got}", question.id);
        Item::new(key, move || line(said(board, question, got)))
    };
    let items = move || questions.all(false).into_iter().map(item).collect();
    view! {
        <section class="sheet pad answered">
            <h2>{board.t(Lang::questions)}</h2>
            <ul class="said-lines">{list(items)}</ul>
        </section>
    }
    .into_any()
}

fn said(board: Board, question: Question, got: bool) -> Said {
    let answered = question.answer.as_ref().map(|answer| answer.at);
    let at = answered.unwrap_or(question.at);
    let question = Arc::new(question);
    let asked = Some(question.question.clone());
    let of = move |read: fn(Board, Lang, &Question) -> String| {
        let question = question.clone();
        text(move || read(board, board.lang.get(), &question))
    };
    Said {
        class: if got { "read" } else { "" },
        asked,
        words: of(|_, lang, question| wording::asking::reply(lang, question)),
        by: of(|board, lang, question| wording::asking::answered(lang, &board.reader(), question)),
        at,
        reached: of(|board, lang, question| {
            wording::asking::receipt(lang, question, board.now.get())
        }),
    }
}
