//! An element of any name, compiled once. Each shape of `view!` is code of its own, and the page has to be downloaded.

use leptos::{ev::MouseEvent, html::custom, prelude::*};

use crate::follow::{press, word};

/// What is said of an element beside its class.
#[derive(Default)]
pub(super) struct About {
    /// Its id.
    pub id: Option<String>,
    /// Its role.
    pub role: Option<&'static str>,
    /// Its name.
    pub label: Option<Signal<&'static str>>,
    /// Of a label: the id of the field.
    pub of: Option<String>,
    /// Whether keys reach it.
    pub tab: Option<&'static str>,
}

/// An element with these parts.
pub(super) fn element(
    tag: &'static str,
    class: Signal<&'static str>,
    about: About,
    parts: Vec<AnyView>,
) -> AnyView {
    custom(tag)
        .class(class)
        .attr("id", about.id)
        .attr("role", about.role)
        .attr("aria-label", about.label)
        .attr("for", about.of)
        .attr("tabindex", about.tab)
        .child(parts)
        .into_any()
}

/// An element of which nothing else is said.
pub(super) fn plain(tag: &'static str, class: &'static str, parts: Vec<AnyView>) -> AnyView {
    element(tag, Signal::stored(class), About::default(), parts)
}

/// What is said of a button beside its words.
#[derive(Default)]
pub(super) struct Button {
    /// Its id.
    pub id: Option<String>,
    /// Its name, where its words are none.
    pub label: Option<Signal<&'static str>>,
    /// The key that presses it.
    pub key: Option<&'static str>,
    /// Whether it stays pressed, where it can.
    pub pressed: Option<Signal<bool>>,
    /// Whether it does nothing at the moment.
    pub closed: Option<Signal<bool>>,
    /// The id of what says why not.
    pub why: Option<&'static str>,
    /// Where it stands.
    pub style: Option<Signal<Option<String>>>,
    /// Whether pressing it leaves what is selected as it is.
    pub keeps: bool,
}

/// A button with these words; after them the key that presses it.
pub(super) fn button(
    class: Signal<&'static str>,
    about: Button,
    says: AnyView,
    act: impl FnMut(MouseEvent) + 'static,
) -> AnyView {
    any_button(class, about, says, press(act))
}

fn any_button(
    class: Signal<&'static str>,
    about: Button,
    says: AnyView,
    act: Box<dyn FnMut(MouseEvent)>,
) -> AnyView {
    let Button {
        id,
        label,
        key,
        pressed,
        closed,
        why,
        style,
        keeps,
    } = about;
    let pressed = pressed.map(|pressed| word(move || if pressed.get() { "true" } else { "false" }));
    let hold = move |event: &web_sys::Event| {
        if keeps {
            event.prevent_default();
        }
    };
    let shown = key.map(|key| match key {
        "Control+Enter" => "Ctrl ↵",
        key => key,
    });
    view! {
        <button id=id class=class type="button" aria-label=label aria-keyshortcuts=key aria-pressed=pressed aria-describedby=why disabled=closed style=style
            on:pointerdown=move |event| hold(&event) on:mousedown=move |event| hold(&event) on:click=act
        >
            {says}{shown.map(|key| view! { " "<kbd aria-hidden="true">{key}</kbd> })}
        </button>
    }
    .into_any()
}

/// A small button of which nothing else is said.
pub(super) fn quiet(says: AnyView, act: impl FnMut(MouseEvent) + 'static) -> AnyView {
    button(Signal::stored("quiet small"), Button::default(), says, act)
}

/// What is said of a field beside what is typed.
#[derive(Default)]
pub(super) struct Field {
    /// Its id.
    pub id: String,
    /// Its name, where it has no label.
    pub label: Option<Signal<&'static str>>,
    /// What it invites to.
    pub invites: Option<Signal<&'static str>>,
    /// Whether something is wrong in it: `true` then.
    pub wrong: Option<Signal<Option<String>>>,
    /// The id of what says what is wrong.
    pub why: Option<&'static str>,
    /// The most letters.
    pub most: Option<&'static str>,
}

/// A field for words, as high as they are.
pub(super) fn field(
    about: Field,
    value: Signal<String>,
    typed: impl Fn(String) + 'static,
) -> AnyView {
    any_field(about, value, Box::new(typed))
}

fn any_field(about: Field, value: Signal<String>, typed: Box<dyn Fn(String)>) -> AnyView {
    let Field {
        id,
        label,
        invites,
        wrong,
        why,
        most,
    } = about;
    view! {
        <textarea id=id rows="1" dir="auto" maxlength=most aria-label=label placeholder=invites aria-invalid=wrong aria-describedby=why prop:value=value
            on:input:target=move |event| typed(event.target().value())
        ></textarea>
    }
    .into_any()
}
