//! Parts of the board that a browser loads only where they are shown.
//!
//! A part is what one function, marked with `wasm_split`, draws: `bundler` puts whatever only that function reaches into a
//! file of its own. On the server such a function is called like any other.

use std::{
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
};

use leptos::{prelude::*, task::spawn_local, wasm_split::SplitLoaderError};

use crate::{Lang, board::Board};

/// What a part draws, or that it could not be loaded.
pub(crate) type Drawn = Result<AnyView, SplitLoaderError>;

/// How a part comes.
pub(crate) type Loading = Pin<Box<dyn Future<Output = Result<(), SplitLoaderError>>>>;

/// What the part draws. Where it is not here yet, that it is coming; it is drawn as soon as it is here.
pub(crate) fn show(
    board: Board,
    draw: impl Fn() -> Option<Drawn> + Send + 'static,
    load: fn() -> Loading,
) -> AnyView {
    if let Some(Ok(view)) = draw() {
        return view;
    }
    let failed = RwSignal::new(false);
    let here = RwSignal::new(false);
    let get = move || {
        failed.set(false);
        spawn_local(async move {
            let loaded = load().await;
            here.try_set(loaded.is_ok());
            failed.try_set(loaded.is_err());
        });
    };
    get();
    (move || {
        if here.get()
            && let Some(Ok(view)) = draw()
        {
            view
        } else if failed.get() {
            view! { <button class="btn" type="button" on:click=move |_| get()>{board.t(Lang::try_again)}</button> }
                .into_any()
        } else {
            view! { <p class="sub">{board.t(Lang::loading_pipeline)}</p> }.into_any()
        }
    })
    .into_any()
}

/// The result of something that waits for nothing: on the server always, in the browser once the part is here.
pub(crate) fn at_once<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => Some(result),
        Poll::Pending => None,
    }
}
