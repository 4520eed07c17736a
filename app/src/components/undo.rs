//! The bar of a decision that can still be taken back: what was decided, for how long, and the way back.

use domain::PipelineId;
use leptos::prelude::*;

use super::{
    element::{Button, button},
    list::{Item, list},
};
use crate::{
    Lang,
    actions::{next, undo},
    board::Board,
    follow::{maybe, memo, text, word},
    standing, wording,
};

/// A bar for each decision of the reader that can still be taken back.
pub(crate) fn bars(board: Board) -> AnyView {
    let own = memo(move || undo::own(board));
    let items = move || {
        let item = |id: &PipelineId| {
            let pipeline = id.clone();
            Item::new(id, move || bar(board, pipeline))
        };
        own.with(|own| own.iter().map(item).collect())
    };
    // Said once for each decision: the seconds below would be read aloud one by one.
    let said = maybe(move || {
        let newest = own.with(|own| own.last().cloned())?;
        let lang = board.lang.get();
        let said = decision(board, &newest)?;
        Some(format!("{said} {}", lang.undo_with_key()))
    });
    view! {
        <p class="unseen" role="status">{said}</p>
        {list(items)}
    }
    .into_any()
}

/// What the reader decided. Follows it.
fn decision(board: Board, pipeline: &PipelineId) -> Option<String> {
    let lang = board.lang.get();
    board.signal(pipeline)?.with(|status| {
        let pending = standing::pending(status)?;
        let phase = &status.handover.as_ref()?.phase;
        Some(wording::review::undo(lang, pending.decision, phase))
    })
}

fn bar(board: Board, pipeline: PipelineId) -> Option<AnyView> {
    let status = board.signal(&pipeline)?;
    let left = move || {
        status.with(|status| {
            let due = standing::pending(status)?.due;
            board.now.track();
            // Not by the second that was shown last: of ten seconds eleven would be left.
            Some(due.millis_since(board.clock()))
        })
    };
    let hears = maybe(move || {
        let (lang, left) = (board.lang.get(), left()?);
        let agent = status.with(|status| status.agent.clone());
        let agent = agent.unwrap_or_else(|| lang.the_agent().to_owned());
        Some(if left > 0 {
            lang.hears_in(&agent, &wording::age::exact_span(lang, left))
        } else {
            lang.hears_now(&agent)
        })
    });
    let made = {
        let pipeline = pipeline.clone();
        maybe(move || decision(board, &pipeline))
    };
    let title = text(move || status.with(|status| status.title.clone()));
    // What is left when the bar comes is the whole line, also after a reload.
    let lasts = untrack(left).unwrap_or_default().max(0);
    let (back, now) = (pipeline.clone(), pipeline);
    let take_back = Button {
        key: Some("U"),
        ..Button::default()
    };
    let undo = button(
        Signal::stored("btn undo-back"),
        take_back,
        board.t(Lang::undo).into_any(),
        move |_| undo::take_back(board, &back),
    );
    let send = button(
        Signal::stored("btn"),
        Button::default(),
        board.t(Lang::send_now).into_any(),
        move |_| undo::send_now(board, &now),
    );
    let more = memo(move || !next::all(board).is_empty());
    let next_class = word(move || if more.get() { "btn" } else { "gone" });
    let open_next = Button {
        key: Some("N"),
        ..Button::default()
    };
    let next = button(
        next_class,
        open_next,
        board.t(Lang::next_review).into_any(),
        move |_| next::open(board),
    );
    Some(
        view! {
            <section class="undo-bar" aria-label=title>
                <span class="undo-left" style=format!("animation-duration:{lasts}ms") aria-hidden="true"></span>
                <p><b>{made}</b> " " <span>{hears}</span> " " <span class="undo-title">{title}</span></p>
                <div class="undo-acts">{undo}{send}{next}</div>
            </section>
        }
        .into_any(),
    )
}
