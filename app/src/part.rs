//! What a browser loads only where it is needed, or once the page lives.
//!
//! The first page of the board, the list of what is open, is loaded first. Everything else is one more file, the rest:
//! whatever only functions reach that are marked with `wasm_split(rest, …)`; `bundler` takes it out. A page that shows
//! something of the rest waits for it before it is taken over, since hydration cannot wait in its middle ([`crate::ready`]);
//! on any other page it comes as soon as that lives ([`crate::load_rest`]). On the server such a function is called like
//! any other.

use std::{
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
};

use leptos::{prelude::*, task::spawn_local, wasm_split::SplitLoaderError};

use crate::{Lang, api::Failure, board::Board, wording};

/// What a function of the rest draws, or that it could not be loaded.
pub(crate) type Drawn = Result<AnyView, SplitLoaderError>;

/// How a function of the rest comes.
pub(crate) type Loading = Pin<Box<dyn Future<Output = Result<(), SplitLoaderError>>>>;

/// What a function of the rest draws: at once where it is here, else as soon as it is. A rest that cannot be loaded is
/// said, with a way to try again.
pub(crate) fn show(
    board: Board,
    draw: Box<dyn Fn() -> Option<Drawn> + Send>,
    load: fn() -> Loading,
) -> AnyView {
    if let Some(Ok(view)) = draw() {
        return view;
    }
    // None: it is coming.
    let here = RwSignal::new(None);
    let get = move || {
        here.set(None);
        spawn_local(async move {
            let loaded = load().await.is_ok();
            // The reader may be elsewhere by now.
            here.try_set(Some(loaded));
        });
    };
    get();
    let view = move || match here.get() {
        Some(true) => draw().and_then(Result::ok),
        Some(false) => {
            let lang = board.lang.get();
            let failure = wording::connection::failure(lang, &Failure::Unreachable);
            let again = view! {
                <p role="alert">{failure}</p>
                <button class="btn" type="button" on:click=move |_| get()>{board.t(Lang::try_again)}</button>
            };
            Some(again.into_any())
        }
        None => Some(view! { <p class="sub">{board.t(Lang::loading)}</p> }.into_any()),
    };
    view.into_any()
}

/// The result of something that waits for nothing: on the server always, in the browser once the rest is here.
pub(crate) fn at_once<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => Some(result),
        Poll::Pending => None,
    }
}
