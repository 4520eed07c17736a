//! The decision: the words that go with it, three buttons, their keys.

use domain::{Decision, HandoverId, Verdict};
use leptos::{ev, html, prelude::*, task::spawn_local};
use protocol::HandoverRef;
use wasm_bindgen::JsCast;

use super::{
    confirm::{self, Asked},
    when::When,
};
use crate::{
    Lang, api,
    api::Failure,
    attention::Keys,
    board::{Board, use_board},
    browser,
    follow::{effect, flag, maybe, press, text, word},
    paths,
    review::{Opened, Review, draft_key},
    wording,
};

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
    key: String,
}

/// The state of the form. Copied into every handler.
#[derive(Clone, Copy)]
struct Form {
    board: Board,
    opened: StoredValue<Opened>,
    read: Memo<bool>,
    words: RwSignal<String>,
    sending: RwSignal<bool>,
    stopping: RwSignal<bool>,
    trouble: RwSignal<Option<Trouble>>,
    attempt: StoredValue<Option<Attempt>>,
    field: NodeRef<html::Textarea>,
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

/// The side of the review where one decides.
#[component]
pub(crate) fn ReviewForm(
    /// The board.
    board: Board,
    /// The handover, as it was when the review opened.
    opened: Opened,
    /// Whether its document is there to be read. Nobody decides about a blank page.
    read: Memo<bool>,
) -> impl IntoView {
    let form = Form {
        board,
        words: RwSignal::new(
            browser::remembered(&draft_key(&opened.about.handover)).unwrap_or_default(),
        ),
        opened: StoredValue::new(opened),
        read,
        sending: RwSignal::new(false),
        stopping: RwSignal::new(false),
        trouble: RwSignal::new(None),
        attempt: StoredValue::new(None),
        field: NodeRef::new(),
    };
    let closed = flag(move || {
        form.sending.get() || !form.read.get() || board.review.keys() == Keys::Blocked
    });
    let accept = word(move || {
        let some = form.words.with(|words| !words.trim().is_empty());
        if some {
            board.lang.get().accept_with_change()
        } else {
            board.lang.get().accept()
        }
    });
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
    let said = text(move || {
        let lang = board.lang.get();
        match form.trouble.get() {
            _ if form.sending.get() => lang.sending().to_owned(),
            None => String::new(),
            Some(Trouble::NoWords) => lang.say_what().to_owned(),
            Some(Trouble::Asleep) => lang.keys_asleep().to_owned(),
            // The question is the answer.
            Some(Trouble::Failed(failure)) if Asked::of(&failure).is_some() => String::new(),
            Some(Trouble::Failed(failure)) => {
                let why = wording::review::not_decided(
                    lang,
                    &board.reader(),
                    &failure,
                    form.known().as_ref(),
                    board.now.get(),
                );
                format!("{} {why}", lang.not_sent())
            }
        }
    });
    // On the whole dialog: the keys work wherever the focus is in it, and nowhere else.
    let keys = window_event_listener(ev::keydown, move |event| form.key(&event));
    on_cleanup(move || keys.remove());
    view! {
        <aside class="decide" aria-label=board.t(Lang::your_decision)>
            <label for="review-words">{board.t(Lang::what_should_change)}</label>
            <textarea
                id="review-words"
                node_ref=form.field
                rows="5"
                prop:value=form.words
                aria-invalid=maybe(move || no_words().then(|| "true".to_owned()))
                aria-describedby="review-said"
                on:input:target=move |event| form.type_words(event.target().value())
            ></textarea>
            <p id="review-said" class="said" class:trouble=trouble role="status">{said}</p>
            {confirm::form(board, asked, again)}
            <button class="btn first" type="button" aria-keyshortcuts="A" disabled=closed on:click=press(move |_| form.decide(Verdict::Accept))>
                {accept} <kbd aria-hidden="true">"A"</kbd>
            </button>
            <button class="btn" type="button" aria-keyshortcuts="C" disabled=closed on:click=press(move |_| form.decide(Verdict::RequestChanges))>
                {board.t(Lang::request_changes)} <kbd aria-hidden="true">"C"</kbd>
            </button>
            <When
                holds=form.stopping
                otherwise=move || view! {
                    <button class="quiet stop" type="button" disabled=closed on:click=press(move |_| form.stopping.set(true))>
                        {board.t(Lang::stop_pipeline)}
                    </button>
                }
            >
                <StopQuestion form/>
            </When>
        </aside>
    }
    .into_inner()
}

/// Stopping ends the whole pipeline, so it asks once more.
#[component]
fn StopQuestion(form: Form) -> impl IntoView {
    let board = use_board();
    let keep = NodeRef::<html::Button>::new();
    // The focus goes to the harmless answer.
    effect(move || {
        if let Some(keep) = keep.get() {
            let _ = keep.focus();
        }
    });
    view! {
        <div class="stop-question" role="group" aria-labelledby="stop-really">
            <p id="stop-really">{board.t(Lang::stop_really)}</p>
            <button class="btn fault" type="button" disabled=form.sending on:click=press(move |_| form.decide(Verdict::Stop))>
                {board.t(Lang::stop_yes)}
            </button>
            <button class="btn" type="button" node_ref=keep on:click=press(move |_| form.stopping.set(false))>
                {board.t(Lang::stop_no)}
            </button>
        </div>
    }
    .into_inner()
}

impl Form {
    fn type_words(self, words: String) {
        let about = self.opened.get_value().about;
        browser::remember(&draft_key(&about.handover), &words);
        self.words.set(words);
        if self.trouble.get_untracked() == Some(Trouble::NoWords) {
            self.trouble.set(None);
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
            self.decide(attempt.verdict);
        }
    }

    fn key(self, event: &ev::KeyboardEvent) {
        // A key that is held down decides nothing twice.
        if event.repeat() || event.alt_key() || event.default_prevented() {
            return;
        }
        let typing = event
            .target()
            .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
            .is_some_and(|element| matches!(element.closest("input, textarea"), Ok(Some(_))));
        let command = event.ctrl_key() || event.meta_key();
        let verdict = match event.key().as_str() {
            "Enter" if command && typing => Verdict::Accept,
            "a" | "A" if !command && !typing => Verdict::Accept,
            "c" | "C" if !command && !typing => Verdict::RequestChanges,
            _ => return,
        };
        if !Review::is_meant(event) {
            return;
        }
        event.prevent_default();
        if !typing && self.board.review.keys_now() == Keys::Asleep {
            // Whoever types a word into the wrong window decides nothing.
            self.trouble.set(Some(Trouble::Asleep));
            return;
        }
        self.decide(verdict);
    }

    fn decide(self, verdict: Verdict) {
        let blocked = self.board.review.keys_now() == Keys::Blocked;
        if blocked || self.sending.get_untracked() || !self.read.get_untracked() {
            return;
        }
        let words = self.words.with_untracked(|words| words.trim().to_owned());
        if verdict == Verdict::RequestChanges && words.is_empty() {
            self.trouble.set(Some(Trouble::NoWords));
            if let Some(field) = self.field.get_untracked() {
                let _ = field.focus();
            }
            return;
        }
        // The revision that is in front of the reader, which need not be the newest.
        let opened = self.board.review.open.get_untracked();
        let HandoverRef {
            handover,
            phase,
            next_phase: next,
            revision,
            ..
        } = opened.unwrap_or_else(|| self.opened.get_value()).about;
        // What was read names the text, so that nobody decides about another one.
        let Some(read) = untrack(|| self.board.document(&handover, revision)) else {
            return;
        };
        let read = read.about.hash;
        let attempt = self
            .attempt
            .get_value()
            .filter(|last| {
                last.verdict == verdict && last.revision == revision && last.words == words
            })
            .unwrap_or_else(|| Attempt {
                verdict,
                revision,
                words,
                key: browser::unique(&handover.to_string()),
            });
        self.attempt.set_value(Some(attempt.clone()));
        self.trouble.set(None);
        self.sending.set(true);
        // Before the answer: the live connection may be faster, close the review and take the form with it.
        let done = wording::review::own(
            self.board.lang.get_untracked(),
            verdict,
            &phase,
            next.as_ref(),
        );
        self.board
            .review
            .decided_here
            .set_value(Some((handover.clone(), revision)));
        spawn_local(async move {
            let Attempt {
                verdict,
                revision,
                words,
                key,
            } = attempt;
            let sent = api::decide(
                handover.pipeline(),
                &handover,
                revision,
                read,
                verdict,
                &words,
                &key,
            )
            .await;
            self.answered(&handover, sent, done);
        });
    }

    fn answered(self, handover: &HandoverId, sent: Result<(), Failure>, done: String) {
        match sent {
            Ok(()) => {
                browser::remember(&draft_key(handover), "");
                self.board.say(done);
                let ours = self.board.review.open.with_untracked(|open| {
                    open.as_ref()
                        .is_some_and(|open| open.about.handover == *handover)
                });
                if ours {
                    self.board.review.open.set(None);
                }
            }
            Err(failure) => {
                self.board.review.decided_here.set_value(None);
                let _ = self.sending.try_set(false);
                let _ = self.stopping.try_set(false);
                let _ = self.trouble.try_set(Some(Trouble::Failed(failure)));
            }
        }
    }
}
