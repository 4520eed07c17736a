//! What is drawn by a function of the rest ([`crate::part`]).

use std::pin::Pin;

use leptos::{prelude::*, task::spawn_local, wasm_split::SplitLoaderError};

use crate::{Lang, api::Failure, board::Board, follow::press, wording};

/// What a function of the rest draws, or that it could not be loaded.
pub(crate) type Drawn = Result<AnyView, SplitLoaderError>;

/// How a function of the rest comes.
pub(crate) type Loading = Pin<Box<dyn Future<Output = Result<(), SplitLoaderError>>>>;

/// What a function of the rest draws: at once where it is here, else as soon as it is. A rest that cannot be loaded is
/// said, with a way to try again.
pub(crate) fn rest(
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
            // What it says comes first: it is drawn once.
            let loaded = wording::load_english_rest().await.is_ok() && load().await.is_ok();
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
                <button class="btn" type="button" on:click=press(move |_| get())>{board.t(Lang::try_again)}</button>
            };
            Some(again.into_any())
        }
        None => Some(view! { <p class="sub">{board.t(Lang::loading)}</p> }.into_any()),
    };
    view.into_any()
}
