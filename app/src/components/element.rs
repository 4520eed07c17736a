//! An element of any name, compiled once. Each shape of `view!` is code of its own, and the page has to be downloaded.

use leptos::{html::custom, prelude::*};

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
