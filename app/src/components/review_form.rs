//! The decision: what goes along with it, what stands in its way, its buttons and their keys.

use domain::{Decision, Review as Prepared, Verdict};
use leptos::{ev, prelude::*, task::spawn_local};
use protocol::{HandoverRef, Summary};
use wasm_bindgen::JsCast;

use super::{
    changes::Views,
    confirm::{self, Asked},
    element::{About, Button, Field, button, element, field, plain},
    points::Points,
    when::When,
};
use crate::{
    Lang,
    actions::{self, keys},
    api,
    api::Failure,
    attention::Keys,
    board::Board,
    browser,
    follow::{effect, flag, maybe, text, word},
    paths,
    review::{DecidedHere, Kept, Opened, Review},
    wording,
};

/// The id of the field for words.
const WORDS: &str = "review-words";
/// The id of the button that does nothing.
const KEEP: &str = "decide-nothing";

/// What stands in the way of sending.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Trouble {
    /// Changes are requested without a word about them.
    NoWords,
    /// A letter was pressed before anything in the review was touched.
    Asleep,
    /// The decision did not get through.
    Failed(Failure),
}

/// One attempt to decide: sent again with the same key as long as nothing in it changes, so that a
/// retry after a lost answer is not a second decision.
#[derive(Clone, PartialEq)]
struct Attempt {
    verdict: Verdict,
    revision: u32,
    words: String,
    review: Prepared,
    key: String,
}

/// The state of the form. Copied into every handler.
#[derive(Clone, Copy)]
struct Form {
    board: Board,
    opened: StoredValue<Opened>,
    read: Memo<bool>,
    points: Points,
    views: Views,
    sending: RwSignal<bool>,
    /// Whether something asks once more before it is done: stopping, or accepting without what was prepared.
    asks: RwSignal<bool>,
    /// Whether that is stopping.
    stops: RwSignal<bool>,
    trouble: RwSignal<Option<Trouble>>,
    attempt: StoredValue<Option<Attempt>>,
}

/// In place of the form, for a reader who may not decide: why, and what to do about it.
#[component]
pub(crate) fn NotYours(
    /// The board.
    board: Board,
) -> impl IntoView {
    let signed_in = board.me.with_value(Option::is_some);
    view! {
        <aside class="decide" aria-label=board.t(Lang::your_decision)>
            <p>{board.t(if signed_in { Lang::only_reviewers } else { Lang::need_a_link })}</p>
            {(!signed_in).then(|| view! {
                <a class="btn first" href=paths::sign_in_page()>{board.t(Lang::sign_in_to_decide)}</a>
            })}
        </aside>
    }
    .into_any()
}

/// The bar of the review where one decides.
#[component]
pub(crate) fn ReviewForm(
    /// The board.
    board: Board,
    /// The handover, as it was when the review opened.
    opened: Opened,
    /// Whether its document is there to be read. Nobody decides about a blank page.
    read: Memo<bool>,
    /// What goes along.
    points: Points,
    /// How the document is shown.
    views: Views,
) -> impl IntoView {
    let form = Form {
        board,
        opened: StoredValue::new(opened),
        read,
        points,
        views,
        sending: RwSignal::new(false),
        asks: RwSignal::new(false),
        stops: RwSignal::new(false),
        trouble: RwSignal::new(None),
        attempt: StoredValue::new(None),
    };
    let lang = board.lang;
    let closed = flag(move || {
        form.sending.get() || !form.read.get() || board.review.keys() == Keys::Blocked
    });
    let stuck =
        flag(move || closed.get() || !points.blockers().is_empty() || points.waits_for_another());
    let accept = word(move || {
        if form.brings() {
            lang.get().accept_with_change()
        } else {
            lang.get().accept()
        }
    });
    // One of them is what comes next.
    let asks_for_more =
        flag(move || !points.blockers().is_empty() || points.comments() > 0 || form.insists());
    let accept_class = word(move || {
        if asks_for_more.get() {
            "btn"
        } else {
            "btn first"
        }
    });
    let change_class = word(move || {
        if asks_for_more.get() {
            "btn first"
        } else {
            "btn"
        }
    });
    let label = word(move || {
        if asks_for_more.get() {
            lang.get().words_besides()
        } else {
            lang.get().what_should_change()
        }
    });
    let goes = maybe(move || {
        let (again, settled) = points
            .kept
            .with(|kept| (kept.insisted.len() as u64, kept.settled.len() as u64));
        wording::review::goes_along(lang.get(), points.comments(), again, settled)
    });
    let blocked = maybe(move || wording::review::blocked(lang.get(), &points.blockers()));
    let asked = Signal::derive(move || form.asked());
    let again = Callback::new(move |()| form.again());
    let no_words = move || form.trouble.get() == Some(Trouble::NoWords);
    let trouble = flag(move || !matches!(form.trouble.get(), None | Some(Trouble::Asleep)));
    effect(move || {
        // Another text is shown, or the letters work: what was said before is answered.
        if board.review.keys() != Keys::Asleep {
            form.trouble.set(None);
        }
    });
    let said = maybe(move || Some(form.said()).filter(|said| !said.is_empty()));
    let words = text(move || points.kept.with(|kept| kept.words.clone()));
    let asking = form.asks;
    let brings = flag(move || form.brings());
    // On the whole dialog: the keys work wherever the focus is in it, and nowhere else.
    let pressed = window_event_listener(ev::keydown, move |event| form.key(&event));
    on_cleanup(move || pressed.remove());
    let step = move |key, arrow: &'static str, says: fn(Lang) -> &'static str, back| {
        let about = Button {
            label: Some(word(board.t(says))),
            key: Some(key),
            ..Button::default()
        };
        button(
            Signal::stored("quiet square"),
            about,
            arrow.into_any(),
            move |_| points.step(back),
        )
    };
    let comment = Button {
        key: Some("C"),
        keeps: true,
        ..Button::default()
    };
    let says = board.t(Lang::comment).into_any();
    let on_points = vec![
        step("K", "↑", Lang::previous_paragraph, true),
        step("J", "↓", Lang::next_paragraph, false),
        button(Signal::stored("quiet"), comment, says, move |_| {
            points.begin()
        }),
    ];
    let words_about = Field {
        id: WORDS.to_owned(),
        invites: Some(label),
        wrong: Some(maybe(move || no_words().then(|| "true".to_owned()))),
        why: Some("review-said"),
        ..Field::default()
    };
    let acts = move || {
        let asks = |says: fn(Lang) -> &'static str, class, closed, stops| {
            let about = Button {
                closed: Some(closed),
                ..Button::default()
            };
            let says = board.t(says).into_any();
            button(class, about, says, move |_| {
                form.stops.set(stops);
                form.asks.set(true);
            })
        };
        let decides = |says: AnyView, class, key, closed, verdict| {
            let about = Button {
                key: Some(key),
                closed: Some(closed),
                why: (verdict == Verdict::Accept).then_some("review-blocked"),
                ..Button::default()
            };
            button(class, about, says, move |_| form.decide(verdict, false))
        };
        let as_is = word(move || if brings.get() { "quiet as-is" } else { "gone" });
        let changes = board.t(Lang::request_changes).into_any();
        let stop = Signal::stored("quiet stop");
        vec![
            asks(Lang::stop_pipeline, stop, closed, true),
            asks(Lang::accept_as_is, as_is, stuck, false),
            decides(accept.into_any(), accept_class, "A", stuck, Verdict::Accept),
            decides(changes, change_class, "R", closed, Verdict::RequestChanges),
        ]
    };
    view! {
        <aside class="decide" aria-label=board.t(Lang::your_decision)>
            <div class="along">
                <span class="goes">{goes}</span>
                <b class="blocked" id="review-blocked" role="status">{blocked}</b>
                <p id="review-said" class="said" class:trouble=trouble role="status">{said}</p>
                {plain("span", "note-keys", on_points)}
            </div>
            {confirm::form(board, asked, again)}
            <label class="unseen" for=WORDS>{label}</label>
            {field(words_about, words, move |words| form.type_words(words))}
            <div class="acts">
                <When holds=asking otherwise=acts>
                    {question(form)}
                </When>
            </div>
        </aside>
    }
    .into_inner()
}

/// What cannot be taken back asks once more.
fn question(form: Form) -> AnyView {
    let board = form.board;
    // The focus goes to the harmless answer.
    request_animation_frame(|| browser::focus(KEEP));
    let stops = form.stops;
    let really = text(move || {
        let lang = board.lang.get();
        if stops.get() {
            lang.stop_really().to_owned()
        } else {
            lang.wont_be_sent(form.points.comments())
        }
    });
    let word_of = move |stop: fn(Lang) -> &'static str, as_is: fn(Lang) -> &'static str| {
        word(move || {
            if stops.get() {
                stop(board.lang.get())
            } else {
                as_is(board.lang.get())
            }
        })
    };
    let class = word(move || if stops.get() { "btn fault" } else { "btn" });
    let go = move |_| {
        if form.stops.get_untracked() {
            form.decide(Verdict::Stop, false);
        } else {
            form.decide(Verdict::Accept, true);
        }
    };
    let go_on = Button {
        closed: Some(form.sending.into()),
        ..Button::default()
    };
    let keep = Button {
        id: Some(KEEP.to_owned()),
        ..Button::default()
    };
    let parts = vec![
        plain("p", "", vec![really.into_any()]),
        button(
            class,
            go_on,
            word_of(Lang::stop_yes, Lang::accept_as_is).into_any(),
            go,
        ),
        button(
            Signal::stored("btn"),
            keep,
            word_of(Lang::stop_no, Lang::go_back).into_any(),
            move |_| form.asks.set(false),
        ),
    ];
    let about = About {
        role: Some("group"),
        label: Some(word(board.t(Lang::your_decision))),
        ..About::default()
    };
    element("div", Signal::stored("stop-question"), about, parts)
}

impl Form {
    fn type_words(self, words: String) {
        self.points
            .change(&mut |kept| kept.words.clone_from(&words));
        if self.trouble.get_untracked() == Some(Trouble::NoWords) {
            self.trouble.set(None);
        }
    }

    /// Whether something goes along with an acceptance. Follows it.
    fn brings(self) -> bool {
        let kept = self.points.kept;
        kept.with(|kept| kept.asks() || !kept.words.trim().is_empty()) || self.points.comments() > 0
    }

    fn insists(self) -> bool {
        self.points.kept.with(|kept| !kept.insisted.is_empty())
    }

    /// What is wrong, or going on.
    fn said(self) -> String {
        let lang = self.board.lang.get();
        match self.trouble.get() {
            _ if self.sending.get() => lang.sending().to_owned(),
            None => String::new(),
            Some(Trouble::NoWords) => lang.say_what().to_owned(),
            Some(Trouble::Asleep) => lang.keys_asleep().to_owned(),
            // The question is the answer.
            Some(Trouble::Failed(failure)) if Asked::of(&failure).is_some() => String::new(),
            Some(Trouble::Failed(failure)) => {
                let why = wording::review::not_decided(
                    lang,
                    &self.board.reader(),
                    &failure,
                    self.known().as_ref(),
                    self.brings(),
                    self.board.now.get(),
                );
                format!("{} {why}", lang.not_sent())
            }
        }
    }

    /// What was decided about this revision, where that has arrived here. Follows it.
    fn known(self) -> Option<Decision> {
        let shown = self.board.review.open.get()?.about;
        let status = self.board.pipeline(shown.handover.pipeline())?;
        let newest = status.with(|status| status.handover.clone())?;
        (newest.handover == shown.handover && newest.revision == shown.revision)
            .then_some(newest.decision)
            .flatten()
    }

    /// What has to confirm the decision that was refused last. Follows it.
    fn asked(self) -> Option<Asked> {
        match self.trouble.get() {
            Some(Trouble::Failed(failure)) => Asked::of(&failure),
            _ => None,
        }
    }

    /// Sends the decision again that was refused until it was confirmed.
    fn again(self) {
        if let Some(attempt) = self.attempt.get_value() {
            let bare = attempt.words.is_empty() && attempt.review.comments.is_empty();
            self.decide(attempt.verdict, bare && attempt.verdict == Verdict::Accept);
        }
    }

    fn key(self, event: &ev::KeyboardEvent) {
        // A key that is held down decides nothing twice.
        if event.repeat() || event.alt_key() || event.default_prevented() {
            return;
        }
        let target = event
            .target()
            .and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        let within = |selector: &str| {
            let target = target.as_ref();
            target.is_some_and(|target| matches!(target.closest(selector), Ok(Some(_))))
        };
        let typing = within("input, textarea");
        let command = event.ctrl_key() || event.meta_key();
        let act: &dyn Fn() = match event.key().as_str() {
            "Enter" if command && within("#review-words") => {
                &|| self.decide(Verdict::Accept, false)
            }
            _ if command || typing || !keys::are_on() => return,
            "a" | "A" => &|| self.decide(Verdict::Accept, false),
            "r" | "R" => &|| self.decide(Verdict::RequestChanges, false),
            "c" | "C" => &|| self.points.begin(),
            "e" | "E" => &|| browser::focus(WORDS),
            "j" | "J" => &|| self.points.step(false),
            "k" | "K" => &|| self.points.step(true),
            "d" | "D" => &|| self.views.toggle(),
            _ => return,
        };
        if !Review::is_meant(event) {
            return;
        }
        // Where nothing has the focus, a letter belongs to the comment that is open: it decides nothing.
        if !within("dialog") && self.points.go_on() {
            return;
        }
        event.prevent_default();
        match self.board.review.keys_now() {
            Keys::Blocked => {}
            // Whoever types a word into the wrong window decides nothing.
            Keys::Asleep if !typing => self.trouble.set(Some(Trouble::Asleep)),
            _ => act(),
        }
    }

    /// Sends the decision. `bare`: without what was prepared, but for what is settled.
    fn decide(self, verdict: Verdict, bare: bool) {
        let blocked = self.board.review.keys_now() == Keys::Blocked;
        if blocked || self.sending.get_untracked() || !self.read.get_untracked() {
            return;
        }
        let stuck = || !self.points.blockers().is_empty() || self.points.waits_for_another();
        if verdict == Verdict::Accept && untrack(stuck) {
            return;
        }
        if !bare {
            // What stands in an open card is meant as well.
            self.points.change(&mut Kept::add);
        }
        let kept = self.points.kept.get_untracked();
        let (words, review) = match bare {
            true => (String::new(), kept.bare()),
            false => (kept.words.trim().to_owned(), kept.review()),
        };
        if verdict == Verdict::RequestChanges && words.is_empty() && !kept.asks() {
            self.trouble.set(Some(Trouble::NoWords));
            browser::focus(WORDS);
            return;
        }
        // The revision that is in front of the reader, which need not be the newest.
        let opened = self.board.review.open.get_untracked();
        let HandoverRef {
            handover, revision, ..
        } = opened.unwrap_or_else(|| self.opened.get_value()).about;
        // What was read names the text and what is beside it, so that nobody decides about anything else.
        let Some(read) = untrack(|| self.board.document(&handover, revision)) else {
            return;
        };
        let about = read.about;
        let attempt = self
            .attempt
            .get_value()
            .filter(|last| {
                last.verdict == verdict
                    && last.revision == revision
                    && last.words == words
                    && last.review == review
            })
            .unwrap_or_else(|| Attempt {
                verdict,
                revision,
                words,
                review,
                key: browser::unique(&handover.to_string()),
            });
        self.attempt.set_value(Some(attempt.clone()));
        self.trouble.set(None);
        self.sending.set(true);
        // Before the answer: the live connection may be faster, close the review and take the form with it.
        let lang = self.board.lang.get_untracked();
        // The first of two acceptances decides nothing, and closes no review.
        let first = verdict == Verdict::Accept && untrack(|| self.points.needs_another());
        let done = if first {
            lang.own_approved(about.phase.as_str())
        } else {
            wording::review::own(lang, verdict, &about.phase, about.next_phase.as_ref())
        };
        self.board.review.decided_here.set_value(Some(DecidedHere {
            handover,
            revision: if first { 0 } else { revision },
            told: false,
        }));
        spawn_local(async move {
            let Attempt {
                verdict,
                words,
                review,
                key,
                ..
            } = attempt;
            let sent = api::decide(&about, verdict, &words, &review, &key).await;
            self.answered(about, sent, done);
        });
    }

    fn answered(self, about: HandoverRef, sent: Result<Option<Summary>, Failure>, done: String) {
        let here = self.board.review.decided_here;
        // By the live connection, which may be faster.
        let told = here.with_value(|here| here.as_ref().is_some_and(|here| here.told));
        match sent {
            Ok(pending) => {
                match pending {
                    // The bar says it, for as long as it can be taken back.
                    Some(status) => {
                        self.points.sent(&about.handover, about.revision);
                        self.board.hear(status);
                    }
                    None => {
                        self.points.done(&about.handover);
                        if !told {
                            self.board.say(done);
                        }
                    }
                }
                let ours = self.board.review.open.with_untracked(|open| {
                    open.as_ref()
                        .is_some_and(|open| open.about.handover == about.handover)
                });
                if ours {
                    self.board.review.open.set(None);
                }
            }
            Err(failure) => {
                // Where it was told, only the answer was lost.
                if !told {
                    here.set_value(None);
                }
                let _ = self.sending.try_set(false);
                let _ = self.asks.try_set(false);
                // The live connection may have brought somebody else's decision first, and taken the form with it.
                let gone = self.trouble.try_set(Some(Trouble::Failed(failure)));
                if gone.is_some() && !told {
                    actions::review::say_who_decided(self.board, about);
                }
            }
        }
    }
}
