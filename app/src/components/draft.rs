//! The editor of a prompt before an agent has it: its versions, its text, what may be a secret in it, and what sends it.
//!
//! All of it is drawn at once, and the style sheet hides what there is no use for. Few shapes are drawn again and again:
//! each is code that the page has to download.

use leptos::prelude::*;

use super::{
    copy::CopyButton,
    element::{About, element, plain},
    list::{Item, list},
};
use crate::{
    Lang,
    actions::draft,
    browser,
    draft::{Draft, Known, with_question},
    follow::{effect, flag, maybe, text, word},
    standing,
    wording::{self, draft::Row},
};

/// What is done when a button is pressed.
type Act = fn(Draft);
/// A text of the editor.
type Says = fn(Draft, Lang) -> String;

impl Draft {
    /// All of it.
    pub fn view(self) -> AnyView {
        effect(move || draft::follow(self));
        let say = self.say;
        let send = Callback::new(move |()| self.send_by_key());
        let tabs = self.rows(tabs, Self::tab);
        let versions = About {
            role: Some("group"),
            label: Some(word(self.board.t(Lang::versions))),
            ..About::default()
        };
        let parts = vec![
            element("div", Signal::stored("toggles"), versions, vec![tabs]),
            label(self, "text", Lang::prompt_text),
            say.field("text", say.words, nothing, false, send),
            self.fits(),
            self.line("alarm", |draft, lang| {
                if !draft.is_behind() {
                    return String::new();
                }
                wording::draft::behind(lang, draft.version(), &draft.newest_by())
            }),
            self.comparison(),
            self.anew(),
            self.cold_view(),
            say.line(),
            self.buttons(),
        ];
        let about = About {
            id: Some(say.name()),
            ..About::default()
        };
        element("div", Signal::stored("draft"), about, parts)
    }

    /// The button of a version.
    fn tab(self, index: usize, row: Row) -> AnyView {
        let number = index as u32 + 1;
        let pressed = move || self.version() == number;
        let choose = Callback::new(move |()| {
            if !untrack(pressed) {
                draft::choose(self, number);
            }
        });
        self.say.toggle(row.said.into_any(), flag(pressed), choose)
    }

    /// How long it is, what in it may be a secret, and what it is compared with.
    fn fits(self) -> AnyView {
        let here = |known: &Known| known.version > 0;
        let parts = vec![
            self.line("long", |draft, lang| {
                let said = |words: &String| wording::draft::characters(lang, words);
                draft.say.words.with(said)
            }),
            self.line("", |draft, lang| match draft.secrets() {
                0 => lang.no_secrets().to_owned(),
                _ => String::new(),
            }),
            self.button(
                shown("quiet small", move || {
                    self.with(|known| known.from > 0) || self.compared_with() > 0
                }),
                |draft, lang| {
                    if draft.with(|known| known.from > 0) {
                        return lang.hide_comparison().to_owned();
                    }
                    lang.compare_with(&draft.compared_with().to_string())
                },
                draft::compare,
            ),
        ];
        let secrets = vec![
            self.lines(secrets, None),
            self.button(
                Signal::stored("btn small"),
                |draft, lang| lang.mask_secrets(draft.secrets()),
                draft::mask,
            ),
        ];
        let some = move || self.secrets() > 0;
        vec![
            block(shown("fits sub", move || self.with(here)), parts),
            block(shown("secrets", some), secrets),
        ]
        .into_any()
    }

    /// Two versions, line by line.
    fn comparison(self) -> AnyView {
        let parts = vec![
            self.line("sub", |draft, lang| {
                draft.with(|known| wording::draft::about_diff(lang, known))
            }),
            self.lines(lines, Some("0")),
        ];
        block(
            shown("diff", move || self.with(|known| known.from > 0)),
            parts,
        )
    }

    /// What has it written anew: with a hint, by whom.
    fn anew(self) -> AnyView {
        let (board, say) = (self.board, self.say);
        let rewrite = Callback::new(move |()| draft::rewrite(self));
        let who = About {
            role: Some("group"),
            label: Some(word(board.t(Lang::who_writes))),
            ..About::default()
        };
        let choice = self.rows(writers, Self::writer_choice);
        let choice = element("div", self.with_models("toggles"), who, vec![choice]);
        let says = board.t(Lang::rewrite).into_any();
        let parts = vec![
            label(self, "hint", Lang::hint),
            say.field("hint", self.hint, Lang::rewrite_hint, false, rewrite),
            choice,
            say.button(Signal::stored("btn"), says, None, rewrite),
        ];
        block(Signal::stored("say anew"), parts)
    }

    /// What a model says that reads only this prompt.
    fn cold_view(self) -> AnyView {
        let read = move || self.with(|known| !known.cold.model.is_empty());
        let parts = vec![
            self.line("", |draft, lang| {
                draft.with(|known| wording::draft::cold(lang, &known.cold))
            }),
            self.lines(questions, None),
        ];
        block(shown("cold", read), parts)
    }

    /// What sends it, and what else is done with it.
    fn buttons(self) -> AnyView {
        let lang = self.board.lang;
        let says = text(move || {
            self.status.with(|status| {
                wording::draft::send(lang.get(), status.agent.as_deref(), self.secrets())
            })
        });
        let class = word(move || {
            if self.secrets() > 0 {
                "btn"
            } else {
                "btn first"
            }
        });
        let send = Callback::new(move |()| draft::send(self));
        let send = self
            .say
            .button(class, says.into_any(), Some("Control+Enter"), send);
        // A prompt that is held goes out when it is sent: there is nothing to close.
        let leaves = move || self.is_edited() || self.status.with(standing::held).is_none();
        let leave: Says = |draft, lang| {
            let says = if draft.is_edited() {
                lang.discard()
            } else {
                lang.dismiss()
            };
            says.to_owned()
        };
        let parts = vec![
            send,
            self.button(
                shown("btn", move || self.is_edited()),
                |_, lang| lang.save().to_owned(),
                draft::save,
            ),
            self.button(
                self.with_models("btn"),
                |_, lang| lang.cold_read().to_owned(),
                draft::cold_read,
            ),
            view! { <CopyButton text=self.say.words/> }.into_any(),
            self.button(shown("quiet leave", leaves), leave, Self::discard),
        ];
        block(Signal::stored("draft-buttons"), parts)
    }

    fn with_models(self, class: &'static str) -> Signal<&'static str> {
        shown(class, move || self.with(|known| !known.models.is_empty()))
    }

    fn button(self, class: Signal<&'static str>, says: Says, act: Act) -> AnyView {
        let says = text(move || says(self, self.board.lang.get()));
        let act = Callback::new(move |()| act(self));
        self.say.button(class, says.into_any(), None, act)
    }

    /// A line that is not there where it says nothing. Only in the browser, which has the text.
    fn line(self, class: &'static str, says: Says) -> AnyView {
        let said = maybe(move || {
            let known = self.version() > 0;
            let said = || says(self, self.board.lang.get());
            known.then(said).filter(|said| !said.is_empty())
        });
        let about = About {
            role: Some("status"),
            ..About::default()
        };
        element("p", Signal::stored(class), about, vec![said.into_any()])
    }

    /// Whatever there are some of.
    fn rows(
        self,
        of: fn(Self, Lang) -> Vec<Row>,
        draw: fn(Self, usize, Row) -> AnyView,
    ) -> AnyView {
        let item = move |(index, row): (usize, Row)| {
            let key = format!("{index} {} {}", row.mark, row.said);
            Item::new(key, move || draw(self, index, row))
        };
        list(move || {
            let rows = of(self, self.board.lang.get());
            rows.into_iter().enumerate().map(item).collect()
        })
    }

    /// Lines of something that is known. Where they scroll, `tab` makes them reachable for keys.
    fn lines(self, of: fn(Self, Lang) -> Vec<Row>, tab: Option<&'static str>) -> AnyView {
        let about = About {
            tab,
            ..About::default()
        };
        let rows = self.rows(of, Self::row);
        element("ul", Signal::stored(""), about, vec![rows])
    }

    /// A writer that can be chosen.
    fn writer_choice(self, _: usize, row: Row) -> AnyView {
        let Row { said, name, .. } = row;
        let chosen = name.clone();
        let pressed = flag(move || self.writer.with(|writer| *writer == chosen));
        let choose = Callback::new(move |()| self.writer.set(name.clone()));
        self.say.toggle(said.into_any(), pressed, choose)
    }

    fn row(self, _: usize, row: Row) -> AnyView {
        let Row {
            class, mark, said, ..
        } = row;
        let question = said.clone();
        let mut parts = vec![
            plain("b", "", vec![mark.into_any()]),
            plain("span", "", vec![said.into_any()]),
        ];
        if class == Row::QUESTION {
            // Puts the question at the end of the text, to be answered there.
            let answer = Callback::new(move |()| {
                let words = &self.say.words;
                words.update(|words| *words = with_question(words, &question));
                browser::focus(&self.say.id("text"));
            });
            let says = self.board.t(Lang::answer_in_prompt).into_any();
            let class = Signal::stored("quiet small");
            parts.push(self.say.button(class, says, None, answer));
        }
        plain("li", class, parts)
    }

    /// The key sends what was looked at; what may be a secret only the button sends.
    fn send_by_key(self) {
        if untrack(|| self.secrets()) > 0 {
            let lang = self.board.lang.get_untracked();
            self.say.tell(lang.now_held_secret(), true);
        } else {
            draft::send(self);
        }
    }
}

fn tabs(draft: Draft, lang: Lang) -> Vec<Row> {
    wording::draft::versions(lang, &draft.board.reader(), &draft.versions())
}

fn secrets(draft: Draft, lang: Lang) -> Vec<Row> {
    draft.with(|known| wording::draft::secrets(lang, known))
}

fn lines(draft: Draft, lang: Lang) -> Vec<Row> {
    draft.with(|known| wording::draft::lines(lang, known))
}

fn questions(draft: Draft, _: Lang) -> Vec<Row> {
    draft.with(wording::draft::questions)
}

fn writers(draft: Draft, lang: Lang) -> Vec<Row> {
    draft.with(|known| wording::draft::writers(lang, known))
}

/// Some parts together.
fn block(class: Signal<&'static str>, parts: Vec<AnyView>) -> AnyView {
    element("div", class, About::default(), parts)
}

fn label(draft: Draft, part: &str, says: fn(Lang) -> &'static str) -> AnyView {
    let about = About {
        of: Some(draft.say.id(part)),
        ..About::default()
    };
    let says = vec![draft.board.t(says).into_any()];
    element("label", Signal::stored("unseen"), about, says)
}

/// A class, or the one of what is not shown.
fn shown(
    class: &'static str,
    holds: impl Fn() -> bool + Send + Sync + 'static,
) -> Signal<&'static str> {
    word(move || if holds() { class } else { "gone" })
}

/// In a field that invites to nothing.
fn nothing(_: Lang) -> &'static str {
    ""
}
