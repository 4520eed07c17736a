//! The points of a review: comments beside the text, what became of earlier ones, what goes along with the decision.
//!
//! All of it belongs to the rest of the program. What a reader prepares lies in [`Kept`] alone, so that what is kept, shown
//! and sent is always the same.

mod cards;
mod evidence;
mod ledger;
mod on_page;
mod outline;
mod page;
mod policy;
mod unsent;
mod walk;

use std::{sync::Arc, time::Duration};

use domain::{HandoverId, NewComment, Passage, limits::COMMENTS_MAX};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Element, ResizeObserver};

use crate::{
    Shown,
    board::Board,
    browser,
    components::{document::Reading, steps},
    follow::{effect, memo},
    review::{Kept, Writing},
    texts::Point,
};

use on_page::Marked;
use page::Heading;

/// So long after the last change of a selection it is looked at: it changes with every letter that is passed.
const SELECTED_MS: u64 = 120;
/// Where the text is, and what stands beside it.
const TEXT: &str = ".reading .doc:not(.diff)";
/// The whole text while only changes are shown.
const WHOLE: &str = ".behind";
const MARGIN: &str = ".reading .margin";
const FRAME: &str = ".reading .text-and-margin";

/// The comment that is being written, with its number.
type Open = (u32, Writing);

/// The points of the handover that is shown. Copied into every handler.
#[derive(Clone, Copy)]
pub(crate) struct Points {
    pub board: Board,
    /// Whether the reader may say anything: decides, and has not decided yet.
    pub writes: bool,
    handover: StoredValue<HandoverId>,
    /// The revision that is shown.
    pub revision: Memo<u32>,
    /// Its text, and what came with it.
    reading: Reading,
    /// What the reader has prepared.
    pub kept: RwSignal<Kept>,
    /// What was found in the text on the page. One signal: each type of signal is code that the page has to download.
    text: RwSignal<InText>,
    /// How many steps of the outline are drawn.
    outlined: RwSignal<usize>,
    /// Whether settled ones are shown as well.
    unfolded: RwSignal<bool>,
    /// How many times the selection has changed: only the last counts.
    selections: StoredValue<u32>,
}

/// What was found in the text on the page.
#[derive(Default)]
struct InText {
    /// What is selected, and where in the frame that ends.
    picked: Option<(Passage, (f64, f64))>,
    /// Where each point stands; nothing where its passage is gone.
    places: Vec<(u32, Option<usize>)>,
    /// What the text is called that has these headings.
    of: String,
    headings: Vec<Heading>,
}

impl Points {
    /// The points of a handover; what was prepared about it before is here again.
    pub fn of(
        board: Board,
        handover: HandoverId,
        revision: Memo<u32>,
        reading: Reading,
        writes: bool,
    ) -> Self {
        // What comes from the server as a page is the same for everybody; a review is never part of that.
        let kept = if writes && cfg!(feature = "hydrate") {
            Kept::resume(&handover, revision.get_untracked())
        } else {
            Kept::default()
        };
        Self {
            board,
            writes,
            handover: StoredValue::new(handover),
            revision,
            reading,
            kept: RwSignal::new(kept),
            text: RwSignal::new(InText::default()),
            outlined: RwSignal::new(0),
            unfolded: RwSignal::new(false),
            selections: StoredValue::new(0),
        }
    }

    /// What came with the text. Follows it.
    fn shown(self) -> Option<Arc<Shown>> {
        self.reading.beside()
    }

    /// What a revision is called as a whole.
    pub fn whole(revision: u32) -> String {
        format!("whole {revision}")
    }

    /// Keeps the marks in line with the points. `drawn` is what the text is called that is shown, and is followed: it was
    /// drawn anew. It is empty as long as that is being done.
    pub fn follow(self, drawn: Memo<String>) {
        let marked = memo(move || self.marked());
        effect(move || {
            // Read, not only followed: a memo that nobody reads never finds out that it has changed.
            drawn.with(|_| ());
            marked.with(|_| ());
            self.mark_soon(drawn);
        });
        effect(move || on_cleanup(on_page::forget));
        effect(move || {
            // A card is another one, or longer.
            self.kept.track();
            self.text.track();
            request_animation_frame(move || self.lay_out());
        });
        effect(move || {
            if let (true, Some(shown)) = (self.writes, self.shown()) {
                self.change(&mut |kept| kept.fit(&shown));
            }
        });
        if !self.writes {
            // What was not sent, since somebody else decided, is found here.
            effect(move || self.kept.set(Kept::unsent(&self.handover())));
        }
        effect(move || {
            let resized = window_event_listener_untyped("resize", move |_| self.lay_out());
            on_cleanup(move || resized.remove());
        });
        effect(move || {
            drawn.track();
            self.watch_height();
        });
        if self.writes {
            effect(move || self.watch_selection());
            on_cleanup(|| listen_to_selection(&JsValue::NULL));
        }
    }

    /// Changes what is prepared, and keeps it.
    pub fn change(self, change: &mut dyn FnMut(&mut Kept)) {
        let mut kept = self.kept.get_untracked();
        change(&mut kept);
        if self.kept.with_untracked(|known| *known != kept) {
            self.handover.with_value(|handover| kept.keep(handover));
            self.kept.set(kept);
        }
    }

    /// The handover.
    pub fn handover(self) -> HandoverId {
        self.handover.get_value()
    }

    /// The newest revision of the handover that is known. Follows it.
    pub fn newest(self) -> u32 {
        let handover = self.handover();
        let status = self.board.pipeline(handover.pipeline());
        let newest = status.and_then(|status| status.with(|status| status.handover.clone()));
        let newest = newest.filter(|newest| newest.handover == handover);
        newest.map_or(0, |newest| newest.revision)
    }

    /// Another revision is looked at, on a page of its own. What is prepared is kept.
    pub fn leave(self) {
        self.board.review.open.set(None);
    }

    /// Notes that this revision is in front of the reader.
    pub fn read(self) {
        let revision = self.revision.get_untracked();
        let now = self.board.clock().millis();
        self.change(&mut |kept| {
            if kept.read < revision {
                (kept.read, kept.read_at) = (revision, now);
            }
        });
    }

    /// Keeps what was prepared until the decision cannot be taken back any more.
    pub fn sent(self, handover: &HandoverId, revision: u32) {
        let mut kept = Kept::recall(handover);
        kept.sent = revision;
        kept.keep(handover);
    }

    /// Forgets what was prepared: it is decided.
    pub fn done(self, handover: &HandoverId) {
        let mut kept = Kept::recall(handover);
        kept.forget();
        kept.keep(handover);
        // The review may be closed by now.
        let _ = self.kept.try_set(kept);
    }

    /// The points of earlier rounds. Follows them.
    pub fn earlier(self) -> Vec<Point> {
        let shown = self.shown();
        shown.map_or_else(Vec::new, |shown| shown.comments.clone())
    }

    /// The points that stand in the way of accepting. Follows them.
    pub fn blockers(self) -> Vec<(u32, bool)> {
        let shown = self.shown();
        shown.map_or_else(Vec::new, |shown| {
            self.kept.with(|kept| kept.blockers(&shown))
        })
    }

    /// How many comments go along, including a comment that is being written. Follows it.
    pub fn comments(self) -> u64 {
        self.kept.with(Kept::count)
    }

    /// The number of a new comment with this place among them. Follows what it depends on.
    fn number(self, index: usize) -> u32 {
        let known = self.shown().and_then(|shown| {
            let numbers = shown.comments.iter().map(|point| point.number);
            numbers.max()
        });
        known.unwrap_or(0) + 1 + index as u32
    }

    /// The new comments with their numbers, and the number of the comment that is being written. Follows them.
    fn own(self) -> (Vec<(u32, NewComment)>, Option<Open>) {
        self.kept.with(|kept| {
            let writing = kept.writing.clone().map(|writing| {
                let index = writing
                    .index
                    .map_or(kept.comments.len(), |index| index as usize);
                (self.number(index), writing)
            });
            let edited = kept.writing.as_ref().and_then(|writing| writing.index);
            let mut own = Vec::new();
            for (index, comment) in kept.comments.iter().enumerate() {
                let after = edited.is_some_and(|edited| edited as usize <= index);
                own.push((self.number(index + usize::from(after)), comment.clone()));
            }
            (own, writing)
        })
    }

    /// What is to be marked. Follows it.
    fn marked(self) -> Vec<Marked> {
        let mut marked = Vec::new();
        for point in self.earlier() {
            if !point.is_settled() {
                marked.push((point.number, point.about, true));
            }
        }
        let (own, writing) = self.own();
        for (number, comment) in own {
            marked.push((number, comment.about, false));
        }
        if let Some((number, writing)) = writing {
            marked.push((number, writing.comment.about, false));
        }
        marked
    }

    fn mark_soon(self, drawn: Memo<String>) {
        request_animation_frame(move || {
            // The review may be closed by now.
            if let Some(name) = drawn.try_get_untracked().filter(|name| !name.is_empty())
                && let Some(root) = find(TEXT)
                && !self.mark(&root, &name)
            {
                self.mark_soon(drawn);
            }
        });
    }

    /// Marks the points in the text that is called so. Whether that is done: a long one is read in steps.
    fn mark(self, root: &Element, name: &str) -> bool {
        let marked = untrack(|| self.marked());
        on_page::unmark(root);
        let mut places = Some(Vec::new());
        // Not of a page behind the review.
        let here = root.closest(".text").ok().flatten();
        let whole = here.and_then(|here| here.query_selector(WHOLE).ok().flatten());
        if !marked.is_empty() {
            places = on_page::places(root, name, &marked, true);
            // Where only changes are shown, what is left out is not gone.
            let is_gone =
                |(_, about, _): &Marked, place: &Option<_>| about.is_some() && place.is_none();
            if let (Some(found), Some(whole)) = (&places, whole)
                && marked
                    .iter()
                    .zip(found)
                    .any(|(marked, (_, place))| is_gone(marked, place))
            {
                let revision = self.revision.get_untracked();
                places = on_page::places(&whole, &Self::whole(revision), &marked, false);
            }
        }
        let starts = |(number, place): &(u32, Option<std::ops::Range<usize>>)| {
            (*number, place.as_ref().map(|place| place.start))
        };
        let Some(places) = places else { return false };
        let is_new = self.text.try_update(|text| {
            text.places = places.iter().map(starts).collect();
            let is_new = text.of != name;
            if is_new {
                text.headings = page::headings(root);
                name.clone_into(&mut text.of);
                self.outlined.set(1);
            }
            page::count(root, &mut text.headings);
            is_new.then_some(text.headings.len())
        });
        if let Some(Some(headings)) = is_new {
            steps::draw(self.outlined, headings.div_ceil(outline::STEP), None);
        }
        true
    }

    /// Lays the cards out anew when the text becomes higher: what was never in view is as high as was guessed, and a picture
    /// only once it is there.
    fn watch_height(self) {
        let grown = move || request_animation_frame(move || self.lay_out());
        let grown = Closure::<dyn Fn()>::new(grown).into_js_value();
        let Ok(observer) = ResizeObserver::new(grown.unchecked_ref()) else {
            return;
        };
        let observer = StoredValue::new_local(observer);
        request_animation_frame(move || {
            if let Some(text) = find(TEXT) {
                observer.try_with_value(|observer| observer.observe(&text));
            }
        });
        on_cleanup(move || {
            observer.try_with_value(ResizeObserver::disconnect);
        });
    }

    fn lay_out(self) {
        if let (Some(root), Some(margin)) = (find(TEXT), find(MARGIN)) {
            page::lay_out(&root, &margin);
        }
    }

    /// Where a point stands; nothing where its passage is gone. Follows it.
    fn place(self, number: u32) -> Option<usize> {
        self.text.with(|text| {
            let mut places = text.places.iter();
            places.find(|(known, _)| *known == number)?.1
        })
    }

    /// Whether a point has a passage, and that is gone. Follows it.
    fn is_gone(self, number: u32, about: Option<&Passage>) -> bool {
        let looked = || {
            self.text
                .with(|text| text.places.iter().any(|(known, _)| *known == number))
        };
        about.is_some() && looked() && self.place(number).is_none()
    }

    fn watch_selection(self) {
        let look = move || {
            let selections = self.selections.get_value() + 1;
            self.selections.set_value(selections);
            let later = move || {
                if self.selections.try_get_value() == Some(selections) {
                    self.pick();
                }
            };
            set_timeout(later, Duration::from_millis(SELECTED_MS));
        };
        let look = Closure::<dyn Fn()>::new(look);
        listen_to_selection(&look.into_js_value());
    }

    /// Looks what is selected.
    fn pick(self) {
        let picked = find(TEXT).and_then(|root| {
            let passage = on_page::selected(&root)?;
            Some((passage, page::selection_end(&find(FRAME)?)?))
        });
        let known = |text: &InText| text.picked == picked;
        if self.text.try_with_untracked(known) == Some(false) {
            self.text.update(|text| text.picked = picked);
        }
    }

    /// Begins a comment: about what is selected, else about the paragraph that has the focus, else about the whole.
    pub fn begin(self) {
        if !self.writes {
            return;
        }
        if self
            .kept
            .with_untracked(|kept| kept.comments.len() >= COMMENTS_MAX)
        {
            let lang = self.board.lang.get_untracked();
            self.board.say(lang.too_many_comments().to_owned());
            return;
        }
        self.pick();
        let picked = |text: &InText| text.picked.as_ref().map(|(passage, _)| passage.clone());
        let about = self.text.with_untracked(picked);
        let about = about.or_else(|| {
            let root = find(TEXT)?;
            let block = page::focused(&root)?;
            on_page::passage_of(&root, &block)
        });
        if let Ok(Some(selection)) = window().get_selection() {
            let _ = selection.remove_all_ranges();
        }
        self.text.update(|text| text.picked = None);
        let comment = NewComment {
            about,
            ..NewComment::default()
        };
        self.write(None, comment);
    }

    /// Writes a comment, or goes on with one.
    fn write(self, index: Option<u32>, comment: NewComment) {
        self.change(&mut |kept| {
            kept.add();
            kept.writing = Some(Writing {
                index,
                comment: comment.clone(),
            });
        });
        // A frame later: in the next one the cards are put into their order, and one that is moved loses the focus.
        request_animation_frame(|| {
            request_animation_frame(|| {
                browser::focus(cards::FIELD);
                if let Some(card) = find(".note.writing") {
                    page::bring(&card);
                }
            });
        });
    }

    /// Goes on in the comment that is being written. Whether there is one.
    pub fn go_on(self) -> bool {
        let writes = self.kept.with_untracked(|kept| kept.writing.is_some());
        if writes {
            browser::focus(cards::FIELD);
        }
        writes
    }

    /// Adds the comment that is being written.
    pub fn add(self) {
        self.leave_card();
        self.change(&mut Kept::add);
    }

    /// Puts the focus on the paragraph that the comment is about, else on the text.
    fn leave_card(self) {
        let number = untrack(|| self.own().1).map(|(number, _)| number);
        let Some(root) = find(TEXT) else { return };
        let mark = number.and_then(|number| page::block_of(&root, number));
        match mark.or_else(|| find(".review-document")) {
            Some(element) => page::focus(&element),
            None => page::focus(&root),
        }
    }

    /// A finger on a paragraph chooses it, as keys do.
    pub fn tap(self, event: &web_sys::MouseEvent) {
        let kind = js_sys::Reflect::get(event, &JsValue::from_str("pointerType")).ok();
        let touched = kind.and_then(|kind| kind.as_string()).as_deref() == Some("touch");
        let target = event
            .target()
            .and_then(|target| target.dyn_into::<Element>().ok());
        if let (true, Some(root), Some(target)) = (touched && self.writes, find(TEXT), target) {
            page::choose(&root, &target);
        }
    }

    /// Takes the focus and the selection out of the text, to what it stands in: another one comes in front of it, and a browser
    /// would look there for both with every frame.
    pub fn leave_text(self) {
        let Some(root) = find(TEXT) else { return };
        if let Ok(Some(selection)) = window().get_selection() {
            let _ = selection.remove_all_ranges();
        }
        let article = page::focused(&root).map(|block| block.closest("article"));
        if let Some(Ok(Some(article))) = article {
            page::focus(&article);
        }
    }

    /// Goes to the next paragraph, or to the one before.
    pub fn step(self, back: bool) {
        if let Some(root) = find(TEXT) {
            page::step(&root, back);
        }
    }

    fn show(self, number: u32) {
        if let Some(root) = find(TEXT) {
            page::show(&root, number);
        }
    }
}

fn find(selector: &str) -> Option<Element> {
    // In front of the page of a handover another one may be open.
    let inside = document().query_selector(&format!("dialog.review[open] {selector}"));
    match inside {
        Ok(Some(element)) => Some(element),
        _ => document().query_selector(selector).ok().flatten(),
    }
}

/// There is one text to select in at a time.
fn listen_to_selection(listener: &JsValue) {
    let document: JsValue = document().unchecked_into();
    let _ = js_sys::Reflect::set(&document, &JsValue::from_str("onselectionchange"), listener);
}
