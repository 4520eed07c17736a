//! What follows the state, under few types.
//!
//! Every closure has a type of its own, and the code that renders it is compiled for each of them.
//! Put behind a signal, a hundred closures share one copy of that code: that halves what they weigh.

use std::sync::{Mutex, PoisonError};

use domain::PipelineId;
use leptos::{
    ev::{Event, MouseEvent, SubmitEvent},
    prelude::*,
    reactive::graph::Source,
};
use protocol::Summary;

/// A text that follows the state.
pub(crate) fn text(read: impl Fn() -> String + Send + Sync + 'static) -> Signal<String> {
    derive(Box::new(read))
}

/// A text that is not always there. Where nothing is said the element is really `:empty`: an empty text
/// would come from the server as a blank, because the browser has to find it again.
pub(crate) fn maybe(
    read: impl Fn() -> Option<String> + Send + Sync + 'static,
) -> Signal<Option<String>> {
    derive(Box::new(read))
}

/// A word that follows the state.
pub(crate) fn word(
    read: impl Fn() -> &'static str + Send + Sync + 'static,
) -> Signal<&'static str> {
    derive(Box::new(read))
}

/// A yes or no that follows the state.
pub(crate) fn flag(read: impl Fn() -> bool + Send + Sync + 'static) -> Signal<bool> {
    derive(Box::new(read))
}

/// Compiled once for each type of value, not for each closure.
fn derive<T: Send + Sync + 'static>(read: Box<dyn Fn() -> T + Send + Sync>) -> Signal<T> {
    Signal::derive(read)
}

/// What is worked out anew only when what it reads changes: [`Memo::new`], compiled once for each type of value.
pub(crate) fn memo<T: PartialEq + Send + Sync + 'static>(
    read: impl Fn() -> T + Send + Sync + 'static,
) -> Memo<T> {
    boxed_memo(Box::new(read))
}

#[inline(never)]
fn boxed_memo<T: PartialEq + Send + Sync + 'static>(
    read: Box<dyn Fn() -> T + Send + Sync>,
) -> Memo<T> {
    Memo::new(move |_| read())
}

/// Does something whenever what it reads changes, in the browser alone: [`Effect::new`], compiled once for all.
pub(crate) fn effect(act: impl Fn() + 'static) {
    boxed_effect(Box::new(act));
}

#[inline(never)]
fn boxed_effect(act: Box<dyn Fn()>) {
    Effect::new(act);
}

/// What is drawn anew whenever what it reads changes. Compiled once for all of it, not for each closure.
pub(crate) fn drawn(read: impl Fn() -> AnyView + Send + 'static) -> AnyView {
    boxed_drawn(Box::new(read))
}

#[inline(never)]
fn boxed_drawn(read: Box<dyn Fn() -> AnyView + Send>) -> AnyView {
    (move || read()).into_any()
}

/// What is done when something is pressed. Compiled once for all buttons, not for each closure.
pub(crate) fn press(act: impl FnMut(MouseEvent) + 'static) -> Box<dyn FnMut(MouseEvent)> {
    Box::new(act)
}

/// What is done when something else is chosen, in the same way.
pub(crate) fn change(act: impl FnMut(Event) + 'static) -> Box<dyn FnMut(Event)> {
    Box::new(act)
}

/// What is done with a form instead of sending it, in the same way.
pub(crate) fn submit(mut act: impl FnMut() + 'static) -> Box<dyn FnMut(SubmitEvent)> {
    Box::new(move |event| {
        event.prevent_default();
        act();
    })
}

/// The pipeline that was given back last: what a component reads that outlives its own.
static GONE: Mutex<Option<Summary>> = Mutex::new(None);

/// A pipeline's status, followed.
#[derive(Clone, Copy)]
pub(crate) struct StatusSignal(RwSignal<Summary>);

impl StatusSignal {
    /// A signal that lives as long as the current owner.
    pub fn new(status: Summary) -> Self {
        Self(RwSignal::new(status))
    }

    /// Takes in a newer status; the same one again wakes nobody.
    pub fn set(self, status: Summary) {
        if self.0.try_with_untracked(|known| *known != status) == Some(true) {
            self.0.set(status);
            // Who still lives reads it again: a signal never forgets a reader by itself.
            self.0.clear_subscribers();
        }
    }

    /// The status at this moment, following nothing.
    pub fn peek(self) -> Summary {
        self.with_untracked(Clone::clone)
    }

    /// Reads the status, and follows it where something reactive reads.
    pub fn with<R>(self, read: impl Fn(&Summary) -> R) -> R {
        let mut result = None;
        self.lend(&mut |status| result = Some(read(status)));
        result.expect("lend calls back")
    }

    /// The pipeline. Follows nothing: it never becomes another one.
    pub fn id(self) -> PipelineId {
        self.with_untracked(|status| status.pipeline.clone())
    }

    /// Reads the status, following nothing.
    pub fn with_untracked<R>(self, read: impl Fn(&Summary) -> R) -> R {
        untrack(|| self.with(read))
    }

    /// Gives back what it holds.
    pub fn end(self) {
        if let Some(last) = self.0.try_get_untracked() {
            *GONE.lock().unwrap_or_else(PoisonError::into_inner) = Some(last);
        }
        self.0.dispose();
    }

    /// Not generic, so that it is compiled once for all readers.
    fn lend(self, reader: &mut dyn FnMut(&Summary)) {
        if self.0.try_with(&mut *reader).is_none() {
            // A component that outlives its pipeline for a moment must not take the page with it.
            let gone = GONE.lock().unwrap_or_else(PoisonError::into_inner);
            gone.as_ref().into_iter().for_each(reader);
        }
    }
}
