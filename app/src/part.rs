//! What a browser loads only where it is needed, or once the page lives.
//!
//! The first page of the board, the list of what is open, is loaded first. Everything else is one more file, the rest:
//! whatever only functions reach that are marked with `wasm_split(rest, …)`; `bundler` takes it out. A page that shows
//! something of the rest waits for it before it is taken over, since hydration cannot wait in its middle
//! (`shell::ready`); on any other page it comes as soon as that lives. On the server such a function is called like any
//! other.
//!
//! A page in German loads the texts of that language, another part, in the same way.
//!
//! `wasm_split` makes such a function `async`. [`at_once`] calls it where it is known to be here, and
//! `components::rest` shows what it draws, now or later. Each has to stand in `shell::load_rest`.

use std::{
    pin::pin,
    task::{Context, Poll, Waker},
};

/// The result of something that waits for nothing: on the server always, in the browser once the rest is here.
pub(crate) fn at_once<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => Some(result),
        Poll::Pending => None,
    }
}
