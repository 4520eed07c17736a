//! The editor of a prompt before an agent has it: its versions, its text, what may be a secret in it, and what sends it.
//!
//! All of it is drawn at once, and the style sheet hides what there is no use for. Few shapes are drawn again and again:
//! each is code that the page has to download.

mod acts;
mod state;

use std::sync::Arc;

use leptos::prelude::*;

use super::{
    copy::CopyButton,
    element::{About, element, plain},
    list::{Item, list},
};
use crate::{
    Lang, browser,
    draft::{TEMPLATE, with_question},
    follow::{effect, flag, maybe, text, word},
    standing,
    wording::{self, draft::Row},
};

pub(crate) use state::Draft;

/// What is done when a button is pressed.
type Act = fn(Draft);
/// A text of the editor.
type Says = fn(Draft, Lang) -> String;

impl Draft {
    /// All of it.
    pub fn view(self) -> AnyView {
        effect(move || acts::follow(self));
        let say = self.say;
        let send = self.act(Self::send_by_key);
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
    fn tab(self, row: Row) -> AnyView {
        self.choice(
            row,
            |draft, row| draft.version() == row.number,
            |draft, row| {
                if untrack(|| draft.version()) != row.number {
                    acts::choose(draft, row.number);
                }
            },
        )
    }

    /// The button of a writer.
    fn writer_choice(self, row: Row) -> AnyView {
        self.choice(
            row,
            |draft, row| draft.writer.with(|writer| *writer == row.name),
            |draft, row| draft.writer.set(row.name.clone()),
        )
    }

    /// One of several that can be chosen.
    fn choice(self, row: Row, chosen: fn(Self, &Row) -> bool, act: fn(Self, &Row)) -> AnyView {
        let row = Arc::new(row);
        let says = row.said.clone().into_any();
        let act = self.act_on(row.clone(), act);
        let chosen = flag(move || chosen(self, &row));
        self.say.toggle(says, chosen, act)
    }

    fn act_on(self, row: Arc<Row>, act: fn(Self, &Row)) -> Callback<()> {
        Callback::new(move |()| act(self, &row))
    }

    fn act(self, act: Act) -> Callback<()> {
        Callback::new(move |()| act(self))
    }

    /// A class, or the one of what is not shown.
    fn shown(self, class: &'static str, holds: fn(Self) -> bool) -> Signal<&'static str> {
        word(move || if holds(self) { class } else { "gone" })
    }

    fn is_compared(self) -> bool {
        self.with(|known| known.from > 0)
    }

    /// How long it is, what in it may be a secret, and what it is compared with.
    fn fits(self) -> AnyView {
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
                self.shown("quiet small", |draft| {
                    draft.is_compared() || draft.compared_with() > 0
                }),
                |draft, lang| {
                    if draft.is_compared() {
                        return lang.hide_comparison().to_owned();
                    }
                    lang.compare_with(&draft.compared_with().to_string())
                },
                acts::compare,
            ),
        ];
        let secrets = vec![
            self.lines(secrets, None),
            self.button(
                Signal::stored("btn small"),
                |draft, lang| lang.mask_secrets(draft.secrets()),
                acts::mask,
            ),
        ];
        let some = |draft: Self| draft.secrets() > 0;
        vec![
            block(self.shown("fits sub", |draft| draft.version() > 0), parts),
            block(self.shown("secrets", some), secrets),
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
        block(self.shown("diff", Self::is_compared), parts)
    }

    /// What has it written anew: with a hint, by whom.
    fn anew(self) -> AnyView {
        let (board, say) = (self.board, self.say);
        let rewrite = self.act(acts::rewrite);
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
            self.button(
                self.shown("quiet", |draft| {
                    let writes = draft.writer.get();
                    !writes.is_empty() && writes != TEMPLATE
                }),
                |draft, lang| lang.test_model(&draft.writer.get()),
                acts::test_model,
            ),
        ];
        block(Signal::stored("say anew"), parts)
    }

    /// What a model says that reads only this prompt.
    fn cold_view(self) -> AnyView {
        let read = |draft: Self| draft.with(|known| !known.cold.model.is_empty());
        let parts = vec![
            self.line("", |draft, lang| {
                draft.with(|known| wording::draft::cold(lang, &known.cold))
            }),
            self.lines(questions, None),
        ];
        block(self.shown("cold", read), parts)
    }

    /// What sends it, and what else is done with it.
    fn buttons(self) -> AnyView {
        let says = self.says(|draft, lang| {
            let agent = draft.status.with(|status| status.agent.clone());
            wording::draft::send(lang, agent.as_deref(), draft.secrets())
        });
        let class = word(move || {
            if self.secrets() > 0 {
                "btn"
            } else {
                "btn first"
            }
        });
        let send = self.act(acts::send);
        let send = self.say.button(class, says, Some("Control+Enter"), send);
        // A prompt that is held goes out when it is sent: there is nothing to close.
        let leaves = |draft: Self| draft.is_edited() || draft.status.with(standing::held).is_none();
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
                self.shown("btn", Self::is_edited),
                |_, lang| lang.save().to_owned(),
                acts::save,
            ),
            self.button(
                self.with_models("btn"),
                |_, lang| lang.cold_read().to_owned(),
                acts::cold_read,
            ),
            view! { <CopyButton text=self.say.words/> }.into_any(),
            self.button(self.shown("quiet leave", leaves), leave, Self::discard),
        ];
        block(Signal::stored("draft-buttons"), parts)
    }

    fn with_models(self, class: &'static str) -> Signal<&'static str> {
        self.shown(class, |draft| draft.with(|known| !known.models.is_empty()))
    }

    fn button(self, class: Signal<&'static str>, says: Says, act: Act) -> AnyView {
        self.say.button(class, self.says(says), None, self.act(act))
    }

    fn says(self, says: Says) -> AnyView {
        text(move || says(self, self.board.lang.get())).into_any()
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
    fn rows(self, of: fn(Self, Lang) -> Vec<Row>, draw: fn(Self, Row) -> AnyView) -> AnyView {
        list(move || {
            let mut items = Vec::new();
            for row in of(self, self.board.lang.get()) {
                let key = format!("{} {} {}", items.len(), row.mark, row.said);
                items.push(Item::new(key, move || draw(self, row)));
            }
            items
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

    fn row(self, row: Row) -> AnyView {
        let mut parts = vec![
            plain("b", "", vec![row.mark.into_any()]),
            plain("span", "", vec![row.said.clone().into_any()]),
        ];
        let class = row.class;
        if class == Row::QUESTION {
            // Puts the question at the end of the text, to be answered there.
            let answer = self.act_on(Arc::new(row), |draft, row| {
                let words = draft.say.words.get_untracked();
                draft.say.words.set(with_question(&words, &row.said));
                browser::focus(&draft.say.id("text"));
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
            acts::send(self);
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

/// In a field that invites to nothing.
fn nothing(_: Lang) -> &'static str {
    ""
}
