//! The text of a handover, as it is read.

use std::sync::Arc;

use leptos::{prelude::*, task::spawn_local};

use super::element::{Button, button, plain};
use crate::{
    Lang, Shown, api,
    api::Failure,
    board::Board,
    follow::{drawn, effect, flag, maybe, memo, press},
    wording,
};

/// Whether a text is here.
#[derive(Clone, Copy)]
pub(crate) struct Reading {
    board: Board,
    address: Memo<String>,
    /// A document never changes: what follows it follows whether it is there, and which one is asked for.
    pub here: Memo<bool>,
    /// What came with the text, and the address of that. A page brings the text alone.
    came: RwSignal<Option<(String, Arc<Shown>)>>,
    failed: RwSignal<Option<Failure>>,
}

impl Reading {
    /// Sees to it that the text with this address, as [`crate::paths::handover`] gives it, is here, or comes.
    pub fn of(board: Board, address: Memo<String>) -> Self {
        let here = memo(move || address.with(|address| board.has_document(address)));
        let reading = Self {
            board,
            address,
            here,
            came: RwSignal::new(None),
            failed: RwSignal::new(None),
        };
        effect(move || {
            address.track();
            if !here.get() || untrack(|| reading.beside()).is_none() {
                reading.fetch();
            }
        });
        reading
    }

    fn fetch(self) {
        let address = self.address.get_untracked();
        self.failed.set(None);
        spawn_local(async move {
            match api::handover(&address).await {
                Ok((document, shown)) => {
                    // Another one may be read by now, or none.
                    self.came.try_set(Some((address, Arc::new(shown))));
                    self.board.keep_document(document);
                }
                Err(failure) => drop(self.failed.try_set(Some(failure))),
            }
        });
    }

    /// What is shown beside the text, once it is here. Follows it.
    pub fn beside(self) -> Option<Arc<Shown>> {
        let address = self.address.get();
        let beside = self.came.get();
        beside
            .filter(|(of, _)| *of == address)
            .map(|(_, shown)| shown)
    }

    /// Whether all of it is here: what a decision names as read.
    pub fn is_whole(self) -> bool {
        self.here.get() && self.beside().is_some()
    }

    /// Why what belongs beside the text does not come, with a way to try again. The text itself is here.
    pub fn missing(self) -> AnyView {
        let board = self.board;
        let failed = flag(move || self.here.get() && self.failed.with(Option::is_some));
        let said = maybe(move || Some(why(board.lang.get(), &self.failed.get()?)));
        drawn(move || {
            if !failed.get() {
                return ().into_any();
            }
            let parts = vec![
                view! { <p role="alert">{said}</p> }.into_any(),
                button(
                    Signal::stored("btn small"),
                    Button::default(),
                    board.t(Lang::try_again).into_any(),
                    move |_| self.fetch(),
                ),
            ];
            plain("div", "unfilled", parts)
        })
    }

    /// The text, in an element of this class; that it is coming; or why it does not come.
    pub fn view(self, class: Signal<&'static str>) -> AnyView {
        let board = self.board;
        drawn(move || {
            match (self.address.get(), self.here.get()) {
                (address, true) => {
                    let (html, rendering) = board
                        .document_at(&address)
                        .map_or_else(Default::default, |body| (body.html, body.rendering));
                    let note =
                        maybe(move || wording::review::as_source(board.lang.get(), rendering));
                    // The HTML comes sanitised from the server; nothing else is ever put in this way.
                    view! {
                        <p class="sub as-source">{note}</p>
                        <div class=class inner_html=html></div>
                    }
                    .into_any()
                }
                (_, false) => self.coming(class),
            }
        })
    }

    fn coming(self, class: Signal<&'static str>) -> AnyView {
        let board = self.board;
        drawn(move || {
            match self.failed.get() {
            None => {
                view! { <p class=class>{board.t(Lang::fetching_document)}</p> }.into_any()
            }
            Some(failure) => view! {
                <div class="doc">
                    <p role="alert">{why(board.lang.get(), &failure)}</p>
                    <button class="btn" type="button" on:click=press(move |_| self.fetch())>{board.t(Lang::try_again)}</button>
                </div>
            }
            .into_any(),
        }
        })
    }
}

fn why(lang: Lang, failure: &Failure) -> String {
    let unknown = (lang.handover_unknown(), lang.handover_unknown_next());
    wording::connection::not_loaded(lang, failure, lang.no_document(), unknown)
}
