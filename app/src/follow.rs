//! What follows the state, under few types.
//!
//! Every closure has a type of its own, and the code that renders it is compiled for each of them.
//! Put behind a signal, a hundred closures share one copy of that code: that halves what they weigh.

use leptos::prelude::Signal;

/// A text that follows the state.
pub(crate) fn text(read: impl Fn() -> String + Send + Sync + 'static) -> Signal<String> {
    Signal::derive(read)
}

/// A text that is not always there. Where nothing is said the element is really `:empty`: an empty text
/// would come from the server as a blank, because the browser has to find it again.
pub(crate) fn maybe(
    read: impl Fn() -> Option<String> + Send + Sync + 'static,
) -> Signal<Option<String>> {
    Signal::derive(read)
}

/// A word that follows the state.
pub(crate) fn word(
    read: impl Fn() -> &'static str + Send + Sync + 'static,
) -> Signal<&'static str> {
    Signal::derive(read)
}

/// A yes or no that follows the state.
pub(crate) fn flag(read: impl Fn() -> bool + Send + Sync + 'static) -> Signal<bool> {
    Signal::derive(read)
}
