//! What no page begins with: it is drawn once the page lives, in places that every page has.

use leptos::{mount::mount_to, prelude::*};
use wasm_bindgen::JsCast;

use super::{keys, palette, undo};
use crate::board::Board;

/// Draws all of it, for as long as the page is open. Called under the owner of the page.
pub(crate) fn draw(board: Board) {
    draw_in(".notices", move || undo::bars(board));
    draw_in("body", move || palette::dialog(board));
    draw_in("body", move || keys::dialog(board));
}

/// Draws something at the end of the element that this selector finds.
fn draw_in(place: &str, view: impl FnOnce() -> AnyView + 'static) {
    let found = document().query_selector(place).ok().flatten();
    let place = found.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok());
    if let Some(place) = place {
        let view: Box<dyn FnOnce() -> AnyView> = Box::new(view);
        mount_to(place, view).forget();
    }
}
