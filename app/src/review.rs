//! Which review is open. It opens from the state, not from an event: a board that is opened later
//! shows it just the same.

use std::{collections::HashSet, time::Duration};

use domain::{HandoverId, PipelineId};
use leptos::prelude::*;
use protocol::HandoverRef;
use wasm_bindgen::JsCast;

use crate::{
    attention::{Arrival, Attention, Keys},
    board::{Board, Waiting},
    browser, standing, wording,
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
    pub decided_here: StoredValue<Option<(HandoverId, u32)>>,
    /// Whether buttons decide, and whether letters do.
    awake: RwSignal<bool>,
    ready: RwSignal<bool>,
    seen: StoredValue<Seen>,
    /// The page has come into view, or out of it.
    in_view: Trigger,
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
        let typed = event
            .dyn_ref::<web_sys::KeyboardEvent>()
            .is_some_and(|event| !MOVING.contains(&event.key().as_str()));
        let touches = !typed && Self::is_meant(event);
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

    /// Opens a review because the reader asked for it.
    pub fn show(&self, board: &Board, pipeline: &PipelineId) {
        self.present(board, pipeline, false);
    }

    /// Shows the newest revision of the handover that is open, because the reader asked for it.
    pub fn show_newest(&self, board: &Board) {
        if let Some(opened) = self.open.get_untracked() {
            self.present(board, opened.pipeline(), true);
        }
    }

    /// The revision that waits, if it is newer than the one that is open. Follows both.
    pub fn newer(&self, board: &Board) -> Option<u32> {
        let (handover, shown) = self.open.with(|open| {
            let about = &open.as_ref()?.about;
            Some((about.handover.clone(), about.revision))
        })?;
        board.waiting.with(|waiting| {
            let mut newer = waiting.iter();
            let newer = newer.find(|now| now.handover == handover && now.revision > shown);
            newer.map(|now| now.revision)
        })
    }

    /// Puts the open review off: it stays on its card and does not open by itself again in this tab.
    pub fn later(&self, board: &Board) {
        if let Some(opened) = self.open.get_untracked() {
            let newest = untrack(|| self.newer(board)).unwrap_or(opened.about.revision);
            browser::remember(&put_off_key(&opened.about.handover, newest), "1");
        }
        self.open.set(None);
    }

    /// Brings the open review in line with the state. `only` is the pipeline whose page is shown.
    pub fn follow(&self, board: &Board, waiting: &[Waiting], only: Option<&PipelineId>) {
        self.in_view.track();
        let Some(opened) = self.open.get_untracked() else {
            let due = waiting
                .iter()
                .filter(|waiting| only.is_none_or(|only| waiting.pipeline == *only))
                .find(|waiting| !self.was_offered(waiting));
            if let Some(due) = due {
                self.arrive(board, due);
            }
            return;
        };
        let waits = waiting
            .iter()
            .find(|waiting| waiting.handover == opened.about.handover);
        match waits {
            // Who reads an older revision is told so in there.
            Some(now) => self.offer(std::slice::from_ref(now)),
            None => self.close_decided(board, &opened),
        }
    }

    /// A handover is here that was not offered before.
    fn arrive(&self, board: &Board, due: &Waiting) {
        let arrival = self.seen.with_value(|seen| {
            // Who reads a text by its address is not idle.
            let busy = untrack(|| board.paper()).is_some() || browser::is_busy();
            seen.attention
                .arrival(browser::ticks(), browser::in_view(), busy)
        });
        let Some((about, title)) = board.peek(&due.pipeline).and_then(|status| {
            let about = standing::open_handover(&status)?.clone();
            Some((about, status.title))
        }) else {
            return;
        };
        match arrival {
            Arrival::Keep => return,
            Arrival::Announce => {
                board.waiting.with_untracked(|waiting| self.offer(waiting));
                self.arrived.set(vec![due.clone()]);
            }
            Arrival::Open => self.present(board, &due.pipeline, false),
        }
        board.alarm.set(wording::review::arrived(
            board.lang.get_untracked(),
            &about.phase,
            &title,
        ));
    }

    fn present(&self, board: &Board, pipeline: &PipelineId, replaced: bool) {
        let about = board
            .peek(pipeline)
            .and_then(|status| standing::open_handover(&status).cloned());
        let Some(about) = about else {
            return;
        };
        // Whatever else waits at this moment has its card; it must not pop up behind a decision,
        // where the same key pressed twice would accept what nobody has read.
        board.waiting.with_untracked(|waiting| self.offer(waiting));
        self.arrived
            .update(|arrived| arrived.retain(|waiting| waiting.pipeline != *pipeline));
        self.open.set(Some(Opened { about, replaced }));
    }

    fn offer(&self, waiting: &[Waiting]) {
        self.seen.update_value(|seen| {
            seen.offered.extend(
                waiting
                    .iter()
                    .map(|waiting| (waiting.handover.clone(), waiting.revision)),
            );
        });
    }

    fn close_decided(&self, board: &Board, opened: &Opened) {
        self.open.set(None);
        let here = self.decided_here.with_value(|here| {
            here.as_ref().is_some_and(|(handover, revision)| {
                *handover == opened.about.handover && *revision == opened.about.revision
            })
        });
        if here {
            return;
        }
        let lang = board.lang.get_untracked();
        let decision = board.peek(opened.pipeline()).and_then(|status| {
            status
                .handover
                .filter(|handover| handover.handover == opened.about.handover)?
                .decision
        });
        board.say(decision.map_or_else(
            || wording::review::gone(lang),
            |decision| wording::review::elsewhere(lang, &decision, &opened.about.phase),
        ));
    }

    fn was_offered(&self, waiting: &Waiting) -> bool {
        let here = (waiting.handover.clone(), waiting.revision);
        self.seen.with_value(|seen| seen.offered.contains(&here))
            || browser::remembered(&put_off_key(&waiting.handover, waiting.revision)).is_some()
    }
}

fn put_off_key(handover: &HandoverId, revision: u32) -> String {
    format!("staffel.later.{handover}.r{revision}")
}

/// Where the words that the reader has typed about a handover are kept.
pub(crate) fn draft_key(handover: &HandoverId) -> String {
    format!("staffel.draft.{handover}")
}

#[cfg(test)]
mod tests {
    use protocol::Changed;

    use super::*;
    use crate::{PageData, incoming::Incoming, samples};

    /// A board on which one handover waits, in so many revisions.
    fn board(revisions: u32) -> Board {
        let mut page = PageData::default();
        page.snapshot.pipelines = vec![(&samples::handed_over(1, revisions)).into()];
        Board::new(page)
    }

    fn shown(board: &Board) -> Option<u32> {
        let opened = board.review.open.get_untracked();
        opened.map(|opened| opened.about.revision)
    }

    #[test]
    fn a_newer_revision_is_shown_only_when_the_reader_asks() {
        let owner = Owner::new();
        owner.with(|| {
            let board = board(1);
            let review = board.review;
            let pipeline = samples::pipeline(1).id;
            review.show(&board, &pipeline);
            assert_eq!((shown(&board), review.newer(&board)), (Some(1), None));

            let newer = (&samples::handed_over(1, 2)).into();
            let changed = Changed::default();
            board.take(Incoming::Status(Box::new((newer, changed))));
            let waiting = board.waiting.get_untracked();
            review.follow(&board, &waiting, None);
            assert_eq!((shown(&board), review.newer(&board)), (Some(1), Some(2)));

            review.show_newest(&board);
            assert_eq!((shown(&board), review.newer(&board)), (Some(2), None));
        });
    }
}
