//! The text of a handover, as it is read.

use leptos::{prelude::*, task::spawn_local};

use crate::{
    Lang, api,
    api::Failure,
    board::Board,
    follow::{effect, maybe, memo, press},
    wording,
};

/// Whether a text is here.
#[derive(Clone, Copy)]
pub(crate) struct Reading {
    board: Board,
    address: Memo<String>,
    /// A document never changes: what follows it follows whether it is there, and which one is asked for.
    pub here: Memo<bool>,
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
            failed: RwSignal::new(None),
        };
        effect(move || {
            address.track();
            if !here.get() {
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
                Ok(document) => self.board.keep_document(document),
                Err(failure) => drop(self.failed.try_set(Some(failure))),
            }
        });
    }

    /// The text; that it is coming; or why it does not come.
    pub fn view(self) -> AnyView {
        let board = self.board;
        let body = move || {
            match (self.address.get(), self.here.get(), self.failed.get()) {
            (address, true, _) => {
                let (html, rendering) = board
                    .document_at(&address)
                    .map_or_else(Default::default, |body| (body.html, body.rendering));
                let note = maybe(move || wording::review::as_source(board.lang.get(), rendering));
                // The HTML comes sanitised from the server; nothing else is ever put in this way.
                view! {
                    <p class="sub as-source">{note}</p>
                    <div class="doc" inner_html=html></div>
                }
                .into_any()
            }
            (_, false, None) => {
                view! { <p class="doc sub">{board.t(Lang::fetching_document)}</p> }.into_any()
            }
            (_, false, Some(failure)) => view! {
                <div class="doc">
                    <p role="alert">{why(board.lang.get(), &failure)}</p>
                    <button class="btn" type="button" on:click=press(move |_| self.fetch())>{board.t(Lang::try_again)}</button>
                </div>
            }
            .into_any(),
        }
        };
        body.into_any()
    }
}

fn why(lang: Lang, failure: &Failure) -> String {
    let unknown = (lang.handover_unknown(), lang.handover_unknown_next());
    wording::connection::not_loaded(lang, failure, lang.no_document(), unknown)
}
