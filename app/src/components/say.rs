//! Words for an agent: the field for them, the buttons that send them, and the line that says what became of them.
//!
//! Shared by everything that a person says in the middle of a phase, so that each of it is compiled once.

use leptos::{ev::KeyboardEvent, prelude::*, task::spawn_local};

use crate::{
    Lang,
    api::{self, Failure},
    board::Board,
    browser,
    follow::{flag, maybe, press, word},
    wording,
};

/// What the server answered.
pub(crate) type Answer = Result<String, Failure>;

/// What is typed and sent in one place of the page. Copied into every handler.
#[derive(Clone, Copy)]
pub(crate) struct Say {
    pub board: Board,
    /// With this begin the ids of all that is in there, and the names under which this tab keeps what is typed.
    name: StoredValue<String>,
    /// What is typed.
    pub words: RwSignal<String>,
    /// Whether something is on its way.
    pub sending: RwSignal<bool>,
    /// What is wrong, or what became of what was sent.
    said: RwSignal<String>,
    /// The id of the field in which something is wrong; empty where nothing is.
    wrong: RwSignal<String>,
    /// Whether the line says that something is wrong.
    trouble: RwSignal<bool>,
    /// What was sent last, and with which key: a retry after a lost answer does nothing twice.
    last: StoredValue<String>,
    key: StoredValue<String>,
}

impl Say {
    /// A place with this name, unique on the page.
    pub fn new(board: Board, name: String) -> Self {
        Self {
            board,
            name: StoredValue::new(name),
            words: RwSignal::new(String::new()),
            sending: RwSignal::new(false),
            said: RwSignal::new(String::new()),
            wrong: RwSignal::new(String::new()),
            trouble: RwSignal::new(false),
            last: StoredValue::new(String::new()),
            key: StoredValue::new(String::new()),
        }
    }

    /// Its name.
    pub fn name(self) -> String {
        self.name.get_value()
    }

    /// The id of a part of it.
    pub fn id(self, part: &str) -> String {
        self.name.with_value(|name| format!("{name}-{part}"))
    }

    /// Whether nothing can be sent at the moment. Follows it.
    pub fn closed(self) -> Signal<bool> {
        flag(move || self.sending.get() || !self.board.hydrated.get())
    }

    /// The field for words with this label. Ctrl and Enter call `send`. What is typed survives everything that happens on
    /// the page, and a reload.
    pub fn field(
        self,
        part: &str,
        words: RwSignal<String>,
        invites: fn(Lang) -> &'static str,
        numbers: bool,
        send: Callback<()>,
    ) -> AnyView {
        let id = self.id(part);
        self.recall(part, words);
        let (typed, own) = (id.clone(), id.clone());
        let key = move |event: KeyboardEvent| {
            let sends = event.key() == "Enter" && (event.ctrl_key() || event.meta_key());
            if sends && !event.repeat() && !event.is_composing() {
                event.prevent_default();
                send.run(());
            }
        };
        let invites = self.board.t(invites);
        let wrong = maybe(move || {
            let wrong = self.wrong.with(|wrong| *wrong == own);
            wrong.then(|| "true".to_owned())
        });
        view! {
            <textarea
                id=id
                rows="1"
                inputmode=if numbers { "decimal" } else { "text" }
                placeholder=invites
                // What is typed before the page lives would be lost.
                readonly=self.closed()
                prop:value=words
                aria-invalid=wrong
                aria-describedby=self.id("said")
                on:input:target=move |event| {
                    let text = event.target().value();
                    browser::remember(&typed, &text);
                    words.set(text);
                }
                on:keydown=key
            ></textarea>
        }
        .into_any()
    }

    /// Takes up what this tab has kept: in the browser alone, the page of the server shows nothing of it.
    pub fn recall(self, part: &str, words: RwSignal<String>) {
        if cfg!(feature = "hydrate")
            && let Some(kept) = browser::remembered(&self.id(part))
        {
            words.set(kept);
        }
    }

    /// Forgets what this tab has kept.
    pub fn forget(self, part: &str) {
        browser::remember(&self.id(part), "");
    }

    /// A button, with the key that presses it.
    pub fn button(
        self,
        class: Signal<&'static str>,
        says: AnyView,
        key: Option<&'static str>,
        act: Callback<()>,
    ) -> AnyView {
        self.any_button(class, says, key, None, act)
    }

    /// A button that stays pressed while something holds.
    pub fn toggle(self, says: AnyView, pressed: Signal<bool>, act: Callback<()>) -> AnyView {
        let pressed = word(move || if pressed.get() { "true" } else { "false" });
        self.any_button(Signal::stored("toggle"), says, None, Some(pressed), act)
    }

    fn any_button(
        self,
        class: Signal<&'static str>,
        says: AnyView,
        key: Option<&'static str>,
        pressed: Option<Signal<&'static str>>,
        act: Callback<()>,
    ) -> AnyView {
        let lang = self.board.lang;
        // One of several that belong together keeps the focus.
        let stays = pressed.is_some();
        let closed = flag(move || !self.board.hydrated.get() || (!stays && self.sending.get()));
        view! {
            <button class=class type="button" disabled=closed aria-keyshortcuts=key aria-pressed=pressed on:click=press(move |_| act.run(()))>
                <span>{says}</span>
                {key.map(|key| view! { <kbd aria-hidden="true">{word(move || shown(lang.get(), key))}</kbd> })}
            </button>
        }
        .into_any()
    }

    /// The line that says what is wrong, or what became of it.
    pub fn line(self) -> AnyView {
        let said = maybe(move || {
            let sending = self.sending.get();
            let said = self.said.get();
            let said = if sending && said.is_empty() {
                self.board.lang.get().sending().to_owned()
            } else {
                said
            };
            Some(said).filter(|said| !said.is_empty())
        });
        view! { <p id=self.id("said") class="said" class:trouble=self.trouble role="status">{said}</p> }
            .into_any()
    }

    /// Says something under the field, `wrong` where there is something to be done about it.
    pub fn tell(self, said: &str, wrong: bool) {
        self.wrong.set(String::new());
        self.trouble.set(wrong);
        self.said.set(said.to_owned());
    }

    /// Says what is wrong in one of its fields, and leads there.
    pub fn refuse(self, part: &str, why: &str) {
        self.tell(why, true);
        let id = self.id(part);
        browser::focus(&id);
        self.wrong.set(id);
    }

    /// Sends something. `done` is called once it got through; else the line says why not.
    pub fn send(self, path: String, body: Option<String>, done: Callback<()>) {
        let answered = move |answer: Answer| match answer {
            Ok(_) => drop(done.try_run(())),
            Err(failure) => {
                let lang = self.board.lang.get_untracked();
                self.tell(&wording::asking::not_sent(lang, &failure), true);
            }
        };
        self.call(path, body, "", Box::new(answered));
    }

    /// Sends something, says `doing` meanwhile, and gives the answer to `answered`.
    pub fn call(
        self,
        path: String,
        body: Option<String>,
        doing: &str,
        answered: Box<dyn FnOnce(Answer)>,
    ) {
        let body = body.unwrap_or_default();
        if self.sending.get_untracked() {
            return;
        }
        let what = format!("{path} {body}");
        if self.last.with_value(|last| *last != what) {
            self.key.set_value(browser::unique(&self.id("")));
            self.last.set_value(what);
        }
        self.begin(path, body, self.key.get_value(), doing, answered);
    }

    /// Puts something where it belongs.
    pub fn put(self, path: String, body: Option<String>, answered: Box<dyn FnOnce(Answer)>) {
        if self.sending.get_untracked() {
            return;
        }
        self.begin(path, body.unwrap_or_default(), String::new(), "", answered);
    }

    fn begin(
        self,
        path: String,
        body: String,
        key: String,
        doing: &str,
        answered: Box<dyn FnOnce(Answer)>,
    ) {
        self.tell(doing, false);
        self.sending.set(true);
        spawn_local(async move {
            let answer = api::post_once(&path, body, &key).await;
            // The page may be another one by now.
            if self.sending.try_set(false).is_some() {
                return;
            }
            self.tell("", false);
            if answer.is_ok() {
                self.last.set_value(String::new());
            }
            answered(answer);
        });
    }
}

/// A key, as it stands on a button.
fn shown(lang: Lang, key: &'static str) -> &'static str {
    match key {
        "Control+Enter" => "Ctrl ↵",
        "Y" => lang.pick("Y", "J"),
        key => key,
    }
}
