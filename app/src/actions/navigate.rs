//! From one page of the board to another: clicks on its own links, and the browser's buttons.

use leptos::{ev, prelude::*};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlAnchorElement, HtmlElement};

use crate::{Route, board::Board};

/// Follows clicks and the history, for as long as the page is open.
pub(crate) fn follow(board: Board) {
    window_event_listener(ev::click, move |event| {
        let plain = event.button() == 0
            && !event.default_prevented()
            && !(event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key());
        let link = event
            .target()
            .and_then(|target| target.dyn_into::<Element>().ok())
            .and_then(|element| element.closest("a[href]").ok()?)
            .and_then(|link| link.dyn_into::<HtmlAnchorElement>().ok());
        let Some(link) = link.filter(|_| plain) else {
            return;
        };
        // Links within the page, to the API and into other programs are the browser's business. What the page that signs
        // in asks, the server knows.
        let own = Some(link.origin()) == window().location().origin().ok()
            && link.target().is_empty()
            && link.hash().is_empty()
            && !matches!(Route::of(&link.pathname()), Route::Nowhere | Route::SignIn);
        if own {
            event.prevent_default();
            go(board, &link.pathname());
        }
    });
    window_event_listener(ev::popstate, move |_| {
        board.turn_to(&window().location().pathname().unwrap_or_default());
    });
}

/// Leads to another page, as a click on a link to it does.
pub(crate) fn go(board: Board, path: &str) {
    let history = window().history();
    // Browsers refuse more than some hundred a minute; the page itself changes all the same.
    let _ = history.and_then(|history| history.push_state_with_url(&JsValue::NULL, "", Some(path)));
    board.turn_to(path);
    window().scroll_to_with_x_and_y(0.0, 0.0);
    // A screen reader goes on where the new page begins.
    let content = document().get_element_by_id("content");
    if let Some(content) = content.and_then(|content| content.dyn_into::<HtmlElement>().ok()) {
        let _ = content.focus();
    }
}
