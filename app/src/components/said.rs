//! Something that was said between people and agents in the middle of a phase, and how far it got.

use domain::Timestamp;
use leptos::prelude::*;

use super::time::Ago;

/// What was said.
pub(super) struct Said {
    /// How it looks: by how far it got.
    pub class: &'static str,
    /// The question, where it is an answer.
    pub asked: Option<String>,
    /// The words.
    pub words: Signal<String>,
    /// Who said it.
    pub by: Signal<String>,
    /// When.
    pub at: Timestamp,
    /// How far it got.
    pub reached: Signal<String>,
}

/// A line of a list.
pub(super) fn line(said: Said) -> AnyView {
    view! {
        <li class=said.class>
            <p class="asked">{Signal::stored(said.asked)}</p>
            <p class="words">{said.words}</p>
            <p class="sub">{said.by} " · " <Ago at=Signal::stored(said.at)/></p>
            <p class="sub">{said.reached}</p>
        </li>
    }
    .into_any()
}
