//! What people tell an agent at work: a word, to pause, or to go on.

use std::sync::Arc;

use domain::{Note, NoteKind, Status};
use leptos::prelude::*;

use super::{
    list::{Item, list},
    said::{Said, line},
    say::Say,
};
use crate::{
    Lang, api,
    board::Board,
    follow::{StatusSignal, text, word},
    paths,
    waiting::Waiting,
    wording,
};

/// The field for a note, and the notes with how far each of them got, the newest first. The style sheet hides what
/// there is no use for: the field once the pipeline has ended, and all of it where there is nothing in it.
pub(crate) fn notes(board: Board, status: StatusSignal) -> AnyView {
    let items = move || {
        let newest = board.with_detail(status, |more| {
            let newest = more.notes.iter().rev();
            newest.map(|note| item(board, note.clone())).collect()
        });
        newest.unwrap_or_default()
    };
    let desk = Desk {
        status,
        say: Say::new(board, format!("staffel.note.{}", status.id())),
    };
    let heading = text(move || {
        let lang = board.lang.get();
        status.with(|status| lang.note_to(status.agent.as_deref().unwrap_or(lang.an_agent())))
    });
    let class = word(move || {
        status.with(|status| match status.status {
            // Then the prompt comes first: somebody may have to carry it to an agent.
            Status::HandingOver => "sheet pad notes later",
            _ if status.status.has_ended() => "sheet pad notes ended",
            _ if status.paused.is_some() => "sheet pad notes paused",
            _ => "sheet pad notes",
        })
    });
    view! {
        <section class=class>
            <div class="sheet-head">
                <h2><label for=desk.say.id("words")>{heading}</label></h2>
                <p class="sub">{board.t(Lang::note_when)}</p>
            </div>
            {board.may_decide().then(|| desk.view())}
            <ul class="said-lines">{list(items)}</ul>
        </section>
    }
    .into_any()
}

/// Where notes are written. Copied into every handler.
#[derive(Clone, Copy)]
struct Desk {
    status: StatusSignal,
    say: Say,
}

impl Desk {
    fn view(self) -> AnyView {
        let (board, say) = (self.say.board, self.say);
        let send = Callback::new(move |()| self.send(NoteKind::Word));
        let go_on = Callback::new(move |()| self.send(NoteKind::GoOn));
        // What waits for a person comes first.
        let class = word(move || {
            let waits = self.status.with(|status| !Waiting::of(status).is_empty());
            if waits { "btn" } else { "btn first" }
        });
        let go_on_says = board.t(Lang::send_and_go_on).into_any();
        view! {
            <div class="say">
                {say.field("words", say.words, Lang::tell_the_agent, false, send)}
                {say.button(class, board.t(Lang::send).into_any(), Some("Control+Enter"), send)}
                {say.button(Signal::stored("btn go-on"), go_on_says, None, go_on)}
            </div>
            {say.line()}
        }
        .into_any()
    }

    fn send(self, kind: NoteKind) {
        let (say, lang) = (self.say, self.say.board.lang.get_untracked());
        let words = say.words.get_untracked().trim().to_owned();
        if words.is_empty() {
            say.refuse("words", lang.say_note());
            return;
        }
        let done = Callback::new(move |()| {
            say.forget("words");
            say.words.set(String::new());
            say.tell(say.board.lang.get_untracked().own_note(), false);
        });
        let path = paths::notes(&self.status.id());
        say.send(path, api::note_body(kind, &words), done);
    }
}

/// The button that pauses the agent at work, or lets it go on. The style sheet hides it while no agent works.
pub(super) fn pause_button(board: Board, status: StatusSignal) -> AnyView {
    let say = Say::new(board, format!("pause-{}", status.id()));
    let paused = move || status.with(|status| status.paused.is_some());
    let says = word(move || {
        let lang = board.lang.get();
        if paused() { lang.go_on() } else { lang.pause() }
    });
    let class = word(move || {
        if paused() {
            "btn first pause"
        } else {
            "btn pause"
        }
    });
    let done = Callback::new(|()| {});
    let press = Callback::new(move |()| {
        let kind = if untrack(paused) {
            NoteKind::GoOn
        } else {
            NoteKind::Pause
        };
        say.send(paths::notes(&status.id()), api::note_body(kind, ""), done);
    });
    view! { {say.line()} {say.button(class, says.into_any(), None, press)} }.into_any()
}

fn item(board: Board, note: Note) -> Item {
    let (got, read) = (note.delivered.is_some(), note.acknowledged.is_some());
    // A note that got further is drawn anew: what it says is read aloud then.
    let key = format!("{} {got} {read}", note.number);
    Item::new(key, move || line(said(board, note)))
}

fn said(board: Board, note: Note) -> Said {
    let (class, at) = (wording::asking::reached_class(&note), note.at);
    let note = Arc::new(note);
    let of = move |read: fn(Board, Lang, &Note) -> String| {
        let note = note.clone();
        text(move || read(board, board.lang.get(), &note))
    };
    Said {
        class,
        asked: None,
        words: of(|_, lang, note| wording::asking::note(lang, note)),
        by: of(|board, lang, note| {
            if wording::is_reader(&board.reader(), &note.by) {
                wording::sentence(lang.you())
            } else {
                note.by.name.clone()
            }
        }),
        at,
        reached: of(|board, lang, note| wording::asking::reached(lang, note, board.now.get())),
    }
}
