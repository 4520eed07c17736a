//! The editor of a prompt before an agent has it: its versions, its text, what may be a secret in it, and what sends it.

use std::sync::Arc;

use leptos::prelude::*;
use protocol::{DiffLine, Secret};

use super::{
    copy::CopyButton,
    list::{Item, list},
    when::When,
};
use crate::{
    Lang,
    actions::draft,
    browser,
    draft::{Draft, TEMPLATE, with_question},
    follow::{change, effect, flag, maybe, press, text, word},
    wording,
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
                {self.tabs()}
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
        let (board, say) = (self.board, self.say);
        let tab = move |(index, of): (usize, domain::PromptVersion)| {
            let number = index + 1;
            let key = format!("{number} {}", of.writer.name);
            Item::new(key, move || {
                let number = u32::try_from(number).unwrap_or_default();
                let pressed = move || self.version() == number;
                let pressed = text(move || pressed().to_string());
                let says = text(move || {
                    wording::draft::version(board.lang.get(), &board.reader(), index + 1, &of)
                });
                let choose = move |_| {
                    if untrack(|| self.version()) != number {
                        draft::choose(self, number);
                    }
                };
                view! {
                    <button type="button" aria-pressed=pressed disabled=say.closed() on:click=press(choose)>{says}</button>
                }
                .into_any()
            })
        };
        let tabs = move || self.versions().into_iter().enumerate().map(tab).collect();
        view! { <div class="versions" role="group" aria-label=board.t(Lang::versions)>{list(tabs)}</div> }
            .into_any()
    }

    /// How long it is, what in it may be a secret, and what it is compared with.
    fn fits(self) -> AnyView {
        let board = self.board;
        let here = flag(move || self.version() > 0);
        let long = maybe(move || {
            let said = |words: &String| wording::draft::characters(board.lang.get(), words);
            here.get().then(|| self.say.words.with(said))
        });
        let none = maybe(move || {
            let none = here.get() && self.secrets() == 0;
            none.then(|| board.lang.get().no_secrets().to_owned())
        });
        let some = flag(move || self.secrets() > 0);
        let secrets = move || {
            let item = |(index, secret): (usize, &Secret)| {
                let secret = secret.clone();
                let key = format!("{index} {} {}", secret.line, secret.kind);
                Item::new(key, move || {
                    let said = text(move || wording::draft::secret(board.lang.get(), &secret));
                    view! { <li>{said}</li> }.into_any()
                })
            };
            self.saved.with(|saved| {
                let secrets = saved.iter().flat_map(|saved| saved.secrets.iter());
                secrets.enumerate().map(item).collect()
            })
        };
        let mask = text(move || board.lang.get().mask_secrets(self.secrets() as u64));
        let compares =
            flag(move || self.diff.with(Option::is_some) || self.compared_with().is_some());
        let compare = text(move || {
            let lang = board.lang.get();
            if self.diff.with(Option::is_some) {
                return lang.hide_comparison().to_owned();
            }
            let with = self.compared_with().unwrap_or_default();
            lang.compare_with(&with.to_string())
        });
        view! {
            <div class="fits sub">
                <b>{long}</b>
                <span>{none}</span>
                <When holds=compares>
                    <button class="quiet small" type="button" disabled=self.say.closed() on:click=press(move |_| draft::compare(self))>{compare}</button>
                </When>
            </div>
            <When holds=some>
                <div class="secrets">
                    <ul>{list(secrets)}</ul>
                    {self.button("btn small", mask, draft::mask)}
                </div>
            </When>
        }
        .into_any()
    }

    /// Two versions, line by line.
    fn comparison(self) -> AnyView {
        let board = self.board;
        let some = flag(move || self.diff.with(Option::is_some));
        let about = maybe(move || {
            self.diff
                .with(|diff| wording::draft::about_diff(board.lang.get(), diff.as_ref()?))
        });
        let label = text(move || {
            self.diff.with(|diff| {
                diff.as_ref().map_or_else(String::new, |diff| {
                    let (from, to) = (diff.from.to_string(), diff.to.to_string());
                    board.lang.get().comparison(&from, &to)
                })
            })
        });
        let lines = move || {
            let line = |(index, line): (usize, &DiffLine)| {
                let line = line.clone();
                // Another comparison has other lines in the same places.
                let key = format!("{index} {:?} {}", line.change as u8, line.text);
                Item::new(key, move || {
                    let (mark, class) = wording::draft::mark(&line);
                    let said = text(move || wording::draft::line(board.lang.get(), &line));
                    view! { <li class=class><b>{mark}</b><span>{said}</span></li> }.into_any()
                })
            };
            self.diff.with(|diff| {
                let lines = diff.iter().flat_map(|diff| diff.lines.iter());
                lines.enumerate().map(line).collect()
            })
        };
        view! {
            <When holds=some>
                <p class="sub">{label} " " {about}</p>
                <ul class="diff" tabindex="0" aria-label=label>{list(lines)}</ul>
            </When>
        }
        .into_any()
    }

    /// What has it written anew: with a hint, by whom.
    fn anew(self) -> AnyView {
        let (board, say) = (self.board, self.say);
        let rewrite = Callback::new(move |()| draft::rewrite(self));
        let field = say.field("hint", self.hint, Lang::rewrite_hint, false, rewrite);
        let models = flag(move || self.models.with(|models| !models.is_empty()));
        let option = move |name: String| {
            let says = name.clone();
            Item::new(name.clone(), move || {
                let says = text(move || {
                    wording::pipeline::writer_name(
                        board.lang.get(),
                        if says == TEMPLATE { "built-in" } else { &says },
                    )
                    .to_owned()
                });
                view! { <option value=name>{says}</option> }.into_any()
            })
        };
        let options = move || {
            let mut names = self.models.get();
            names.push(TEMPLATE.to_owned());
            names.into_iter().map(option).collect()
        };
        let choose = move |event| self.writer.set(event_target_value(&event));
        view! {
            <div class="say anew">
                <label class="unseen" for=say.id("hint")>{board.t(Lang::hint)}</label>
                {field}
                <When holds=models>
                    <select prop:value=self.writer aria-label=board.t(Lang::who_writes) on:change=change(choose)>{list(options)}</select>
                </When>
                {say.button(Signal::stored("btn"), board.t(Lang::rewrite).into_any(), None, rewrite)}
            </div>
        }
        .into_any()
    }

    /// What a model says that reads only this prompt.
    fn cold_view(self) -> AnyView {
        let board = self.board;
        let some = flag(move || self.cold.with(Option::is_some));
        let said = text(move || {
            self.cold.with(|read| {
                let said = |read| wording::draft::cold(board.lang.get(), read);
                read.as_ref().map_or_else(String::new, said)
            })
        });
        let questions = move || {
            let item = |question: &String| {
                let question: Arc<str> = question.as_str().into();
                Item::new(question.clone(), move || {
                    let asked = wording::quoted(board.lang.get_untracked(), &question);
                    let answer = move |_| self.answer(&question);
                    view! {
                        <li>
                            <span>{asked}</span>
                            <button class="quiet small" type="button" on:click=press(answer)>{board.t(Lang::answer_in_prompt)}</button>
                        </li>
                    }
                    .into_any()
                })
            };
            self.cold.with(|read| {
                let questions = read.iter().flat_map(|read| read.questions.iter());
                questions.map(item).collect()
            })
        };
        view! {
            <When holds=some>
                <section class="cold" aria-label=board.t(Lang::cold_read)>
                    <p><b>{board.t(Lang::cold_read)}</b> " " {said}</p>
                    <ul>{list(questions)}</ul>
                </section>
            </When>
        }
        .into_any()
    }

    /// What sends it, and what else is done with it.
    fn buttons(self) -> AnyView {
        let (board, say) = (self.board, self.say);
        let says = text(move || {
            self.status.with(|status| {
                wording::draft::send(board.lang.get(), status.agent.as_deref(), self.secrets())
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
        let send = say.button(class, says.into_any(), Some("Control+Enter"), send);
        let edited = flag(move || self.is_edited());
        let models = flag(move || self.models.with(|models| !models.is_empty()));
        // It goes out when it is sent: there is nothing to close.
        let closes = flag(move || {
            let held = self.status.with(crate::standing::held).is_some();
            !held || edited.get()
        });
        let leave = text(move || {
            let lang = board.lang.get();
            let says = if edited.get() {
                lang.discard()
            } else {
                lang.dismiss()
            };
            says.to_owned()
        });
        let cold = text(move || board.lang.get().cold_read().to_owned());
        let save = text(move || board.lang.get().save().to_owned());
        view! {
            <div class="draft-buttons">
                {send}
                <When holds=edited>{self.button("btn", save, draft::save)}</When>
                <When holds=models>{self.button("btn", cold, draft::cold_read)}</When>
                <CopyButton text=say.words/>
                <When holds=closes>{self.button("quiet leave", leave, Draft::discard)}</When>
            </div>
        }
        .into_any()
    }

    fn button(self, class: &'static str, says: Signal<String>, act: fn(Self)) -> AnyView {
        let act = Callback::new(move |()| act(self));
        self.say
            .button(Signal::stored(class), says.into_any(), None, act)
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

    /// Puts a question at the end of the text, to be answered there.
    fn answer(self, question: &str) {
        self.say
            .words
            .update(|words| *words = with_question(words, question));
        browser::focus(&self.say.id("text"));
    }
}

/// In a field that invites to nothing.
fn nothing(_: Lang) -> &'static str {
    ""
}
