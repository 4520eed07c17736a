//! Questions of agents that wait for an answer, on the page of their pipeline.

use std::time::Duration;

use domain::Timestamp;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlElement, KeyboardEvent};

use super::{
    list::{Item, list},
    say::Say,
    time::Ago,
};
use crate::{
    Lang,
    actions::keys,
    api,
    attention::{Attention, Keys},
    board::Board,
    browser,
    follow::{StatusSignal, change, effect, flag, maybe, text},
    page::{Field, Kind, Question, Values},
    paths,
    review::is_typed,
    wording,
};

/// What is done on the page, as far as keys that answer have to know.
const HEARD: [&str; 4] = ["keydown", "pointerdown", "wheel", "click"];
/// The keys of options; a tenth has none.
const DIGITS: [&str; 9] = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];

/// The questions of a pipeline. Copied to whoever shows some.
#[derive(Clone, Copy)]
pub(crate) struct Questions {
    board: Board,
    status: StatusSignal,
    /// Answers of others that were made later than this have not been seen here.
    seen: RwSignal<Timestamp>,
    /// The id of the card that keys answer; empty where none is.
    keyed: RwSignal<String>,
    /// What keys do there, by [`Keys::name`].
    keys: RwSignal<String>,
    attention: StoredValue<Attention>,
}

impl Questions {
    /// The questions of this pipeline.
    pub fn of(board: Board, status: StatusSignal) -> Self {
        Self {
            board,
            status,
            seen: RwSignal::new(board.now.get_untracked()),
            keyed: RwSignal::new(String::new()),
            keys: RwSignal::new(String::new()),
            attention: StoredValue::new(Attention::default()),
        }
    }

    /// Those that have a card: they wait, or somebody else was faster and the reader has not seen that. The others, the
    /// newest first, where `cards` is false. Follows both.
    pub fn all(self, cards: bool) -> Vec<Question> {
        let ended = self.status.with(|status| status.status.has_ended());
        let seen = self.seen.get();
        let reader = self.board.reader();
        let has_card = |question: &Question| match &question.answer {
            None => !ended,
            Some(answer) => answer.at > seen && !wording::is_reader(&reader, &answer.by),
        };
        let all = self
            .board
            .with_detail(self.status, |more| more.questions.clone());
        let mut all = all.unwrap_or_default();
        all.retain(|question| has_card(question) == cards);
        if !cards {
            all.reverse();
        }
        all
    }

    /// A question as it is now. Follows it.
    fn find(self, id: &str) -> Option<Question> {
        let mut all = self.all(true).into_iter();
        all.find(|question| question.id.to_string() == id)
    }

    /// A card for each that waits, the oldest first.
    pub fn view(self) -> AnyView {
        if self.board.may_decide() {
            self.listen();
        }
        let card = move |question: Question| {
            let key = question.id.to_string();
            Item::new(key, move || card(self, question))
        };
        let cards = move || self.all(true).into_iter().map(card).collect();
        view! { <div class="questions">{list(cards)}</div> }.into_any()
    }

    /// Listens to keys. The first card that takes any has them.
    fn listen(self) {
        effect(move || {
            let takes_keys = |question: &Question| {
                question.is_open() && matches!(question.kind, Kind::Choice | Kind::Confirm)
            };
            let mut all = self.all(true).into_iter();
            let first = all.find(takes_keys);
            let first = first.map_or_else(String::new, |question| question.id.to_string());
            if self.keyed.with_untracked(|keyed| *keyed != first) {
                // Nobody answers what has just come.
                let since = (!first.is_empty()).then(browser::ticks);
                self.attention
                    .update_value(|attention| attention.show(since));
                self.keyed.set(first);
                self.look();
                set_timeout(move || self.look(), Duration::from_millis(Keys::BLOCKED_MS));
            }
            for name in HEARD {
                let listener = window_event_listener_untyped(name, move |event| self.hear(&event));
                on_cleanup(move || listener.remove());
            }
        });
    }

    fn hear(self, event: &Event) {
        if !is_typed(event) {
            let at = event.time_stamp();
            self.attention.update_value(|attention| attention.touch(at));
            self.look();
        } else if let Some(event) = event.dyn_ref::<KeyboardEvent>()
            && is_for_page(event)
            && keys::are_on()
        {
            self.press(event);
        }
    }

    /// Presses the button that has this key, once keys work.
    fn press(self, event: &KeyboardEvent) {
        let key = event.key().to_ascii_uppercase();
        // The key of "Ja" is another one than that of "Yes"; both are taken.
        let key = if key == "J" { "Y" } else { &key };
        let plain = key.len() == 1 && key.chars().all(|letter| letter.is_ascii_alphanumeric());
        let keyed = self.keyed.get_untracked();
        let button = format!("[id='{keyed}'] [aria-keyshortcuts='{key}']:enabled");
        let button = document().query_selector(&button).ok().flatten();
        let button = button.filter(|_| plain);
        let Some(button) = button.and_then(|button| button.dyn_into::<HtmlElement>().ok()) else {
            return;
        };
        event.prevent_default();
        match self.keys_now() {
            Keys::Blocked => {}
            Keys::Ready => button.click(),
            // Whoever types a word into the wrong window answers nothing.
            Keys::Asleep => self.board.say(
                self.board
                    .lang
                    .get_untracked()
                    .number_keys_asleep()
                    .to_owned(),
            ),
        }
    }

    fn keys_now(self) -> Keys {
        let keys = |attention: &Attention| attention.keys(browser::ticks());
        self.attention.try_with_value(keys).unwrap_or(Keys::Blocked)
    }

    fn look(self) {
        let name = self.keys_now().name();
        if self.keys.try_with_untracked(|known| known != name) == Some(true) {
            self.keys.set(name.to_owned());
        }
    }
}

/// Whether a key was pressed that nothing else on the page takes: no field has the focus, and no dialog is open.
fn is_for_page(event: &KeyboardEvent) -> bool {
    let more = event.ctrl_key() || event.alt_key() || event.meta_key();
    // A key that is held down answers nothing twice.
    let taken = event.repeat() || more || event.default_prevented() || browser::is_busy();
    !taken && matches!(document().query_selector("dialog[open]"), Ok(None))
}

/// The card of one question. It is drawn once: what is typed stays, whatever becomes of the question.
fn card(questions: Questions, question: Question) -> AnyView {
    let id = question.id.to_string();
    let (title, words) = (format!("{id}-title"), format!("{id}-text"));
    // Several may have the same heading.
    let label = format!("{title} {words}");
    let form = Form::new(questions, &question);
    let read = {
        let id = id.clone();
        move |read: fn(Questions, Form, &Question) -> String| {
            let id = id.clone();
            text(move || {
                let question = questions.find(&id);
                question.map_or_else(String::new, |it| read(questions, form, &it))
            })
        }
    };
    let keys = {
        let id = id.clone();
        maybe(move || {
            let keyed = questions.keyed.with(|keyed| *keyed == id);
            keyed.then(|| questions.keys.get())
        })
    };
    view! {
        <section class=read(class) id=id aria-labelledby=label data-keys=keys>
            <div class="sheet-head">
                <h2 id=title>{read(heading)}</h2>
                <p class="sub">{question.phase.to_string()} " · " <Ago at=Signal::stored(question.at)/> {read(meanwhile)}</p>
            </div>
            <p class="question-text" id=words>{question.question.clone()}</p>
            <div class="question-form">{form.view(question)}</div>
            <div class="question-over" role="status">
                <p>{read(over)}</p>
                <p class="sub">{read(typed)}</p>
                {form.close()}
            </div>
        </section>
    }
    .into_any()
}

fn class(_: Questions, _: Form, question: &Question) -> String {
    let over = if question.is_open() { "" } else { " over" };
    format!("sheet pad question{over}")
}

fn heading(questions: Questions, _: Form, question: &Question) -> String {
    questions.board.lang.get().question_by(&question.by.name)
}

/// What the agent does until there is an answer.
fn meanwhile(questions: Questions, _: Form, question: &Question) -> String {
    if !question.is_open() {
        return String::new();
    }
    let status = questions.status.with(|status| status.status);
    let lang = questions.board.lang.get();
    let meanwhile = wording::asking::meanwhile(lang, question, status);
    format!(" · {meanwhile}")
}

/// Once somebody else has answered: who, and what.
fn over(questions: Questions, _: Form, question: &Question) -> String {
    if question.is_open() {
        return String::new();
    }
    let (board, lang) = (questions.board, questions.board.lang.get());
    let by = wording::asking::answered(lang, &board.reader(), question);
    format!("{by}: {}", wording::asking::reply(lang, question))
}

/// Once somebody else has answered: what was typed here, and not sent.
fn typed(questions: Questions, form: Form, question: &Question) -> String {
    let lang = questions.board.lang.get();
    let typed = form.say.words.get();
    if question.is_open() || typed.is_empty() {
        return String::new();
    }
    let typed = wording::quoted(lang, &typed);
    format!("{} {typed}", lang.answered_meanwhile())
}

/// The way to answer. Copied into every handler.
#[derive(Clone, Copy)]
struct Form {
    questions: Questions,
    say: Say,
    kind: Kind,
    /// The fields of a form, each with its value.
    fields: StoredValue<Vec<(Field, RwSignal<String>)>>,
}

impl Form {
    fn new(questions: Questions, question: &Question) -> Self {
        let mut fields = Vec::new();
        for field in &question.fields {
            fields.push((field.clone(), RwSignal::new(String::new())));
        }
        Self {
            questions,
            say: Say::new(questions.board, question.id.to_string()),
            kind: question.kind,
            fields: StoredValue::new(fields),
        }
    }

    fn lang(self) -> Lang {
        self.say.board.lang.get_untracked()
    }

    fn view(self, question: Question) -> AnyView {
        let board = self.say.board;
        if !board.may_decide() {
            return not_yours(board);
        }
        let mut buttons: Vec<AnyView> = Vec::new();
        for (index, option) in question.options.into_iter().enumerate() {
            let says = option.clone().into_any();
            buttons.push(self.at_once(says, option, DIGITS.get(index).copied()));
        }
        if self.kind == Kind::Confirm {
            let yes = board.t(Lang::yes).into_any();
            buttons.push(self.at_once(yes, "yes".to_owned(), Some("Y")));
            let no = board.t(Lang::no).into_any();
            buttons.push(self.at_once(no, "no".to_owned(), Some("N")));
        }
        let mut fields: Vec<AnyView> = Vec::new();
        for (index, (field, value)) in self.fields.get_value().into_iter().enumerate() {
            fields.push(self.field(index, field, value));
        }
        let (label, class): (fn(Lang) -> _, _) = match self.kind {
            Kind::Form => (Lang::anything_else, "btn first"),
            Kind::Choice | Kind::Confirm => (Lang::another_answer, "btn"),
            Kind::Text | Kind::Number => (Lang::your_answer, "btn first"),
        };
        // There is nothing between yes and no.
        let words = (self.kind != Kind::Confirm).then(|| {
            let send = Callback::new(move |()| self.send_typed());
            let (says, class) = (board.t(Lang::send).into_any(), Signal::stored(class));
            let button = self.say.button(class, says, Some("Control+Enter"), send);
            let field = self
                .say
                .field("words", self.say.words, nothing, false, send);
            view! {
                <label for=self.say.id("words")>{board.t(label)}</label>
                <div class="say">{field} {button}</div>
            }
        });
        view! {
            <div class="question-options">{buttons}</div>
            {fields}
            {words}
            {self.say.line()}
        }
        .into_any()
    }

    /// A button that answers at once.
    fn at_once(self, says: AnyView, answer: String, key: Option<&'static str>) -> AnyView {
        let send = Callback::new(move |()| self.send(&answer, &Values::default()));
        self.say.button(Signal::stored("btn"), says, key, send)
    }

    /// Takes the card away whose answer was seen.
    fn close(self) -> AnyView {
        let close = Callback::new(move |()| {
            let all = untrack(|| self.questions.all(true)).into_iter();
            let answers = all.filter_map(|question| Some(question.answer?.at));
            if let Some(newest) = answers.max() {
                self.questions.seen.set(newest);
            }
            browser::focus("content");
        });
        let says = self.say.board.t(Lang::dismiss).into_any();
        self.say
            .button(Signal::stored("btn small"), says, None, close)
    }

    /// A field of a form.
    fn field(self, index: usize, field: Field, value: RwSignal<String>) -> AnyView {
        let board = self.say.board;
        let part = index.to_string();
        let id = self.say.id(&part);
        let required = field
            .required
            .then(|| view! { <span class="sub">" " {board.t(Lang::required)}</span> });
        let mut options: Vec<(String, AnyView)> = Vec::new();
        for option in field.options {
            options.push((option.clone(), option.into_any()));
        }
        if field.kind == Kind::Confirm {
            options.push(("yes".to_owned(), board.t(Lang::yes).into_any()));
            options.push(("no".to_owned(), board.t(Lang::no).into_any()));
        }
        if options.is_empty() {
            let send = Callback::new(move |()| self.send_typed());
            let numbers = field.kind == Kind::Number;
            let control = self.say.field(&part, value, nothing, numbers, send);
            return view! { <div class="field"><label for=id>{field.name} {required}</label> {control}</div> }
                .into_any();
        }
        if !field.required {
            options.push((String::new(), board.t(Lang::no_answer).into_any()));
        }
        self.say.recall(&part, value);
        let mut picks: Vec<AnyView> = Vec::new();
        for (number, (answer, says)) in options.into_iter().enumerate() {
            let (given, part, name) = (answer.clone(), part.clone(), id.clone());
            let first = (number == 0).then(|| id.clone());
            let chosen = flag(move || value.with(|value| *value == answer));
            let choose = move |_| {
                browser::remember(&self.say.id(&part), &given);
                value.set(given.clone());
            };
            let pick = view! {
                <label class="pick">
                    <input type="radio" id=first name=name prop:checked=chosen on:change=change(choose)/>
                    <span>{says}</span>
                </label>
            };
            picks.push(pick.into_any());
        }
        view! {
            <fieldset class="field" aria-describedby=self.say.id("said")>
                <legend>{field.name} {required}</legend>
                <div class="picks">{picks}</div>
            </fieldset>
        }
        .into_any()
    }

    /// Sends what was typed, unless it is seen here already that the server would refuse it.
    fn send_typed(self) {
        let mut given = Values::default();
        for (index, (field, value)) in self.fields.get_value().into_iter().enumerate() {
            match checked(self.lang(), &field, &value.get_untracked()) {
                Ok(value) if value.is_empty() => {}
                Ok(value) => given.0.push((field.name, value)),
                Err(why) => {
                    self.say.refuse(&index.to_string(), &why);
                    return;
                }
            }
        }
        let words = self.say.words.get_untracked().trim().to_owned();
        if given.0.is_empty() && words.is_empty() {
            let why = if self.kind == Kind::Form {
                self.lang().fill_in_something()
            } else {
                self.lang().say_answer()
            };
            self.say.refuse("words", why);
            return;
        }
        self.send(&words, &given);
    }

    fn send(self, answer: &str, fields: &Values) {
        let done = Callback::new(move |()| self.done());
        let body = api::answer_body(answer, fields);
        self.say.send(paths::answer(&self.say.name()), body, done);
    }

    /// The answer got through. The card goes as soon as the page hears of it.
    fn done(self) {
        self.say.sending.set(true);
        self.say.forget("words");
        for index in 0..self.fields.with_value(Vec::len) {
            self.say.forget(&index.to_string());
        }
        // Whoever uses the keyboard goes on from where the card was.
        if browser::has_focus(&self.say.name()) {
            browser::focus("content");
        }
        self.say.board.say(self.lang().own_answer().to_owned());
    }
}

/// In a field that invites to nothing.
fn nothing(_: Lang) -> &'static str {
    ""
}

/// In place of the form, for a reader who may not answer: why, and what to do about it.
fn not_yours(board: Board) -> AnyView {
    let signed_in = board.me.with_value(Option::is_some);
    let why = board.t(if signed_in {
        Lang::only_reviewers
    } else {
        Lang::need_a_link
    });
    view! {
        <p class="sub">{why}</p>
        {(!signed_in).then(|| view! {
            <a class="btn first" href=paths::sign_in_page()>{board.t(Lang::sign_in_to_decide)}</a>
        })}
    }
    .into_any()
}

/// The value of a field as the server takes it, or what is wrong with it.
fn checked(lang: Lang, field: &Field, value: &str) -> Result<String, String> {
    let value = value.trim();
    if value.is_empty() {
        return if field.required {
            Err(lang.fill_in_first(&field.name))
        } else {
            Ok(String::new())
        };
    }
    if field.kind != Kind::Number {
        return Ok(value.to_owned());
    }
    let number = value.replacen(lang.pick('.', ','), ".", 1);
    if is_number(&number) {
        Ok(number)
    } else {
        Err(lang.needs_a_number(&field.name))
    }
}

/// Whether a text is a number as people write one. The standard library knows more ways, and brings 8 kB for them.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, rest) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    all_digits(whole) && all_digits(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_taken_as_people_write_them() {
        let field = Field {
            name: "Share".to_owned(),
            kind: Kind::Number,
            options: Vec::new(),
            required: false,
        };
        let taken = |lang, value| checked(lang, &field, value).ok();
        assert_eq!(taken(Lang::De, " 0,5 ").as_deref(), Some("0.5"));
        assert_eq!(taken(Lang::En, "0.5").as_deref(), Some("0.5"));
        assert_eq!(taken(Lang::En, "-3").as_deref(), Some("-3"));
        assert_eq!(taken(Lang::En, "").as_deref(), Some(""));
        // A thousand, or one: whoever means a number writes it without.
        assert_eq!(taken(Lang::En, "1,000"), None);
        assert_eq!(taken(Lang::De, "1.000,5"), None);
        assert_eq!(taken(Lang::En, "many"), None);
    }
}
