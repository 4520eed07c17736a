//! Which review is open. It opens from the state, not from an event: a board that is opened later
//! shows it just the same.

pub(crate) mod anchor;
mod kept;

pub(crate) use kept::{Kept, Writing};

use std::{collections::HashSet, time::Duration};

use domain::{HandoverId, PipelineId};
use leptos::prelude::*;
use protocol::HandoverRef;
use wasm_bindgen::JsCast;

use crate::{
    attention::{Arrival, Attention, Keys},
    browser,
    waiting::Waiting,
};

/// The keys that move within a review or through its text. No others: who types a word into the wrong window
/// has not touched the review.
const MOVING: [&str; 7] = [
    "Tab",
    "ArrowUp",
    "ArrowDown",
    "PageUp",
    "PageDown",
    "Home",
    "End",
];

/// A review in front of the reader.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Opened {
    /// The revision that is shown. A newer one takes its place only when the reader asks for it.
    pub about: HandoverRef,
    /// Whether that revision took the place of another one.
    pub replaced: bool,
}

impl Opened {
    /// The pipeline.
    pub fn pipeline(&self) -> &PipelineId {
        self.about.handover.pipeline()
    }
}

/// A decision that was made in this window.
#[derive(Clone)]
pub(crate) struct DecidedHere {
    /// About this handover.
    pub handover: HandoverId,
    /// And this revision; 0 where it decides nothing yet, since another person has to accept as well.
    pub revision: u32,
    /// Whether it was said what it did: its answer and its echo tell it, whichever comes first.
    pub told: bool,
}

#[derive(Default)]
struct Seen {
    /// Offered once already: handover and revision.
    offered: HashSet<(HandoverId, u32)>,
    attention: Attention,
}

/// The review that is open, and those that were offered in this tab.
#[derive(Clone, Copy)]
pub(crate) struct Review {
    /// The one that is open.
    pub open: RwSignal<Option<Opened>>,
    /// The handover that arrived while somebody was busy here, if one did.
    pub arrived: RwSignal<Vec<Waiting>>,
    /// The decision made here last: its echo on the live connection is no news.
    pub decided_here: StoredValue<Option<DecidedHere>>,
    /// Whether buttons decide, and whether letters do.
    awake: RwSignal<bool>,
    ready: RwSignal<bool>,
    seen: StoredValue<Seen>,
    /// The page has come into view, or out of it.
    pub in_view: Trigger,
}

impl Review {
    /// Nothing open, nothing offered.
    pub fn new() -> Self {
        Self {
            open: RwSignal::new(None),
            arrived: RwSignal::new(Vec::new()),
            decided_here: StoredValue::new(None),
            awake: RwSignal::new(false),
            ready: RwSignal::new(false),
            seen: StoredValue::new(Seen::default()),
            in_view: Trigger::new(),
        }
    }

    /// Notes what the reader does, for as long as the page is open.
    pub fn watch(self) {
        for name in ["keydown", "pointerdown", "wheel", "click"] {
            window_event_listener_untyped(name, move |event| self.note(&event));
        }
        window_event_listener_untyped("visibilitychange", move |_| self.in_view.notify());
    }

    fn note(self, event: &web_sys::Event) {
        let at = event.time_stamp();
        let touches = !is_typed(event) && Self::is_meant(event);
        self.seen.update_value(|seen| {
            seen.attention.input(at);
            if touches {
                seen.attention.touch(at);
            }
        });
        self.look();
    }

    /// Whether something was done to the review that is open.
    pub fn is_meant(event: &web_sys::Event) -> bool {
        let target = event
            .target()
            .and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        // Nothing focused means that the dialog is: it is modal.
        target.is_some_and(|element| {
            element.tag_name() == "BODY" || matches!(element.closest("dialog.review"), Ok(Some(_)))
        })
    }

    /// Says that the text of the open review is shown from now on, or that there is none yet.
    pub fn shows(self, text: bool) {
        self.seen
            .update_value(|seen| seen.attention.show(text.then(browser::ticks)));
        self.look();
        if text {
            set_timeout(move || self.look(), Duration::from_millis(Keys::BLOCKED_MS));
        }
    }

    /// What becomes of a handover that arrives now. `busy`: the reader does something else.
    pub fn arrival(self, busy: bool) -> Arrival {
        self.seen.with_value(|seen| {
            seen.attention
                .arrival(browser::ticks(), browser::in_view(), busy)
        })
    }

    /// What a key or a button does that is pressed now.
    pub fn keys_now(self) -> Keys {
        self.seen
            .with_value(|seen| seen.attention.keys(browser::ticks()))
    }

    /// The same, followed; a moment late.
    pub fn keys(self) -> Keys {
        match (self.awake.get(), self.ready.get()) {
            (false, _) => Keys::Blocked,
            (true, false) => Keys::Asleep,
            (true, true) => Keys::Ready,
        }
    }

    fn look(self) {
        let keys = self.keys_now();
        let (awake, ready) = (keys != Keys::Blocked, keys == Keys::Ready);
        if self.ready.get_untracked() != ready {
            self.ready.set(ready);
        }
        if self.awake.get_untracked() != awake {
            self.awake.set(awake);
        }
    }

    /// Notes that these need not open by themselves any more.
    pub fn offer(&self, waiting: &[Waiting]) {
        let handovers = waiting.iter().filter_map(Waiting::handover);
        self.seen.update_value(|seen| {
            let handovers = handovers.map(|(handover, revision)| (handover.clone(), revision));
            seen.offered.extend(handovers);
        });
    }

    /// Whether this one was offered before, or put off.
    pub fn was_offered(&self, handover: &HandoverId, revision: u32) -> bool {
        let here = (handover.clone(), revision);
        self.seen.with_value(|seen| seen.offered.contains(&here))
            || browser::remembered(&put_off_key(handover, revision)).is_some()
    }
}

/// Whether a key was pressed that does more than move through what is shown.
pub(crate) fn is_typed(event: &web_sys::Event) -> bool {
    event
        .dyn_ref::<web_sys::KeyboardEvent>()
        .is_some_and(|event| !MOVING.contains(&event.key().as_str()))
}

/// Where it is kept that a revision was put off in this tab.
pub(crate) fn put_off_key(handover: &HandoverId, revision: u32) -> String {
    format!("staffel.later.{handover}.r{revision}")
}
