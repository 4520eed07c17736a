//! The editor of a prompt before an agent has it: its versions, its text, what may be a secret in it, and what sends it.
//!
//! All of it is drawn at once; the style sheet hides what there is no use for.

use domain::PromptVersion;
use leptos::prelude::*;

use super::{
    copy::CopyButton,
    list::{Item, list},
};
use crate::{
    Lang,
    actions::draft,
    browser,
    draft::{Draft, Known, Line, Secret, TEMPLATE, with_question},
    follow::{change, effect, maybe, press, text, word},
    standing, wording,
};

impl Draft {
    /// All of it.
    pub fn view(self) -> AnyView {
        effect(move || draft::follow(self));
        let (board, say) = (self.board, self.say);
        let send = Callback::new(move |()| self.send_by_key());
        let field = say.field("text", say.words, nothing, false, send);
        let behind = maybe(move || {
            let by = self.newest_by();
            let said = || wording::draft::behind(board.lang.get(), self.version(), &by);
            self.is_behind().then(said)
        });
        view! {
            <div class="draft" id=say.name()>
                <div class="versions" role="group" aria-label=board.t(Lang::versions)>{self.tabs()}</div>
                <label class="unseen" for=say.id("text")>{board.t(Lang::prompt_text)}</label>
                {field}
                {self.fits()}
                <p class="alarm" role="status">{behind}</p>
                {self.comparison()}
                {self.anew()}
                {self.cold_view()}
                {say.line()}
                {self.buttons()}
            </div>
        }
        .into_any()
    }

    /// The versions, one of them chosen.
    fn tabs(self) -> AnyView {
        let tab = move |(index, of): (usize, PromptVersion)| {
            let key = format!("{index} {}", of.writer.name);
            Item::new(key, move || self.tab(index as u32 + 1, of))
        };
        list(move || self.versions().into_iter().enumerate().map(tab).collect())
    }

    fn tab(self, number: u32, of: PromptVersion) -> AnyView {
        let (board, lang) = (self.board, self.board.lang);
        let pressed = move || self.version() == number;
        let says =
            text(move || wording::draft::version(lang.get(), &board.reader(), number, &of.writer));
        let choose = move |_| {
            if !untrack(pressed) {
                draft::choose(self, number);
            }
        };
        view! {
            <button type="button" aria-pressed=text(move || pressed().to_string()) disabled=self.say.closed() on:click=press(choose)>{says}</button>
        }
        .into_any()
    }

    /// Lines of something that is known. What says the same is the same line.
    fn lines<T: Clone + Send + 'static>(
        self,
        of: fn(&Known) -> &Vec<T>,
        draw: fn(Self, T) -> AnyView,
        key: fn(&T) -> &str,
    ) -> AnyView {
        let item = move |(index, one): (usize, T)| {
            let key = format!("{index} {}", key(&one));
            Item::new(key, move || draw(self, one))
        };
        let all = move || self.known.with(|known| of(known).clone());
        list(move || all().into_iter().enumerate().map(item).collect())
    }

    /// How long it is, what in it may be a secret, and what it is compared with.
    fn fits(self) -> AnyView {
        let lang = self.board.lang;
        let long = maybe(move || {
            let said = |words: &String| wording::draft::characters(lang.get(), words);
            (self.version() > 0).then(|| self.say.words.with(said))
        });
        let none = maybe(move || {
            let none = self.version() > 0 && self.secrets() == 0;
            none.then(|| lang.get().no_secrets().to_owned())
        });
        let mask = text(move || lang.get().mask_secrets(self.secrets()));
        let compare = text(move || {
            let hides = self.with(|known| known.from > 0);
            match self.compared_with() {
                _ if hides => lang.get().hide_comparison().to_owned(),
                0 => String::new(),
                with => lang.get().compare_with(&with.to_string()),
            }
        });
        let compares = shown("quiet small compare", move || {
            compare.with(|says| !says.is_empty())
        });
        view! {
            <div class="fits sub">
                <b>{long}</b>
                <span>{none}</span>
                {self.button(compares, compare, draft::compare)}
            </div>
            <div class=shown("secrets", move || self.secrets() > 0)>
                <ul>{self.lines(|known| &known.secrets, secret, |secret| &secret.kind)}</ul>
                {self.button(Signal::stored("btn small"), mask, draft::mask)}
            </div>
        }
        .into_any()
    }

    /// Two versions, line by line.
    fn comparison(self) -> AnyView {
        let lang = self.board.lang;
        let about = text(move || {
            self.known.with(|known| {
                wording::draft::about_diff(lang.get(), known.from, known.version, &known.diff)
            })
        });
        view! {
            <div class=shown("compared", move || self.with(|known| known.from > 0))>
                <p class="sub">{about}</p>
                <ul class="diff" tabindex="0" aria-label=about>
                    {self.lines(|known| &known.diff.lines, diff_line, |line| &line.text)}
                </ul>
            </div>
        }
        .into_any()
    }

    /// What has it written anew: with a hint, by whom.
    fn anew(self) -> AnyView {
        let (board, say) = (self.board, self.say);
        let rewrite = Callback::new(move |()| draft::rewrite(self));
        let field = say.field("hint", self.hint, Lang::rewrite_hint, false, rewrite);
        let option = |draft: Self, name: String| {
            let says = name.clone();
            let says = text(move || {
                let lang = draft.board.lang.get();
                wording::draft::writer(lang, &says).to_owned()
            });
            view! { <option value=name>{says}</option> }.into_any()
        };
        let choose = move |event| self.writer.set(event_target_value(&event));
        view! {
            <div class="say anew">
                <label class="unseen" for=say.id("hint")>{board.t(Lang::hint)}</label>
                {field}
                <select class=self.with_models("") prop:value=self.writer aria-label=board.t(Lang::who_writes) on:change=change(choose)>
                    {self.lines(|known| &known.models, option, |name| name)}
                    {option(self, TEMPLATE.to_owned())}
                </select>
                {say.button(Signal::stored("btn"), board.t(Lang::rewrite).into_any(), None, rewrite)}
            </div>
        }
        .into_any()
    }

    /// What a model says that reads only this prompt.
    fn cold_view(self) -> AnyView {
        let board = self.board;
        let read = move || self.with(|known| !known.cold.model.is_empty());
        let said = text(move || {
            let lang = board.lang.get();
            self.known
                .with(|known| wording::draft::cold(lang, &known.cold))
        });
        view! {
            <section class=shown("cold", read) aria-label=board.t(Lang::cold_read)>
                <p role="status"><b>{board.t(Lang::cold_read)}</b> " " {said}</p>
                <ul>{self.lines(|known| &known.cold.questions, question, |question| question)}</ul>
            </section>
        }
        .into_any()
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
        let leave = text(move || {
            let lang = lang.get();
            let says = if self.is_edited() {
                lang.discard()
            } else {
                lang.dismiss()
            };
            says.to_owned()
        });
        let cold = text(move || lang.get().cold_read().to_owned());
        let save = text(move || lang.get().save().to_owned());
        view! {
            <div class="draft-buttons">
                {send}
                {self.button(shown("btn", move || self.is_edited()), save, draft::save)}
                {self.button(self.with_models("btn"), cold, draft::cold_read)}
                <CopyButton text=self.say.words/>
                {self.button(shown("quiet leave", leaves), leave, Self::discard)}
            </div>
        }
        .into_any()
    }

    fn with_models(self, class: &'static str) -> Signal<&'static str> {
        shown(class, move || self.with(|known| !known.models.is_empty()))
    }

    fn button(self, class: Signal<&'static str>, says: Signal<String>, act: fn(Self)) -> AnyView {
        let act = Callback::new(move |()| act(self));
        self.say.button(class, says.into_any(), None, act)
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

fn secret(draft: Draft, secret: Secret) -> AnyView {
    let said = text(move || wording::draft::secret(draft.board.lang.get(), &secret));
    view! { <li>{said}</li> }.into_any()
}

fn diff_line(draft: Draft, line: Line) -> AnyView {
    let (mark, class) = (wording::draft::mark(&line), line.change.clone());
    let said = text(move || wording::draft::line(draft.board.lang.get(), &line));
    view! { <li class=class><b>{mark}</b><span>{said}</span></li> }.into_any()
}

/// A question of a cold read, and the button that puts it at the end of the text, to be answered there.
fn question(draft: Draft, question: String) -> AnyView {
    let said = question.clone();
    let answer = move |_| {
        let words = &draft.say.words;
        words.update(|words| *words = with_question(words, &question));
        browser::focus(&draft.say.id("text"));
    };
    view! {
        <li>
            <span>{said}</span>
            <button class="quiet small" type="button" on:click=press(answer)>{draft.board.t(Lang::answer_in_prompt)}</button>
        </li>
    }
    .into_any()
}
