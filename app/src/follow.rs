//! What follows the state, under few types.
//!
//! Every closure has a type of its own, and the code that renders it is compiled for each of them.
//! Put behind a signal, a hundred closures share one copy of that code: that halves what they weigh.

use domain::{PipelineId, view::PipelineStatus};
use leptos::prelude::*;

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

/// A pipeline's status, followed.
#[derive(Clone, Copy)]
pub(crate) struct StatusSignal(RwSignal<PipelineStatus>);

impl StatusSignal {
    /// A signal that lives as long as the current owner.
    pub fn new(status: PipelineStatus) -> Self {
        Self(RwSignal::new(status))
    }

    /// Takes in a newer status; the same one again wakes nobody.
    pub fn set(self, status: PipelineStatus) {
        if self.0.with_untracked(|known| *known != status) {
            self.0.set(status);
        }
    }

    /// The status at this moment, following nothing.
    pub fn peek(self) -> PipelineStatus {
        self.0.get_untracked()
    }

    /// Reads the status, and follows it where something reactive reads.
    pub fn with<R>(self, read: impl Fn(&PipelineStatus) -> R) -> R {
        let mut result = None;
        self.lend(&mut |status| result = Some(read(status)));
        result.expect("lend calls back")
    }

    /// The pipeline. Follows nothing: it never becomes another one.
    pub fn id(self) -> PipelineId {
        self.0.with_untracked(|status| status.pipeline.clone())
    }

    /// Not generic, so that it is compiled once for all readers.
    fn lend(self, reader: &mut dyn FnMut(&PipelineStatus)) {
        self.0.with(reader);
    }
}
