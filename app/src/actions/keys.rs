//! Keys that work on every page. None of them does anything while somebody types, or together with another key.

use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlInputElement};

use super::{next, review, undo};
use crate::{board::Board, browser};

/// Where a browser keeps that single keys do nothing in it.
const OFF: &str = "staffel.letters";
/// What J and K go through, in the order of the page: what needs the reader, then the pipelines of a list.
const ITEMS: &str = "main .gate, main .inbox li, main .rows li";

/// Whether single keys do something. Who dictates, or uses a keyboard of another kind, can switch that off.
pub(crate) fn are_on() -> bool {
    browser::kept(OFF).as_deref() != Some("off")
}

/// Switches the single keys on or off, in this browser.
pub(crate) fn switch(on: bool) {
    browser::keep(OFF, if on { "on" } else { "off" });
}

/// Follows the keys, for as long as the page is open.
pub(crate) fn follow(board: Board) {
    window_event_listener(ev::keydown, move |event| {
        if event.default_prevented() || event.repeat() {
            return;
        }
        let key = event.key();
        let command = event.ctrl_key() || event.meta_key();
        let known = if command && !event.alt_key() && key.eq_ignore_ascii_case("k") {
            // Also from a field, and over a review: it is a way out of both.
            // What is seen counts: the browser tells later than of this key that Escape has closed it.
            board.palette.set(find("dialog.palette[open]").is_none());
            true
        } else {
            !command && !event.alt_key() && !is_typing(&event) && press(board, &key)
        };
        if known {
            event.prevent_default();
        }
    });
}

/// Does what a key stands for. Whether it stands for anything here.
fn press(board: Board, key: &str) -> bool {
    let over = find("dialog[open]");
    let free = over.is_none();
    if free && board.review.open.with_untracked(Option::is_some) {
        // Escape has closed it; the browser tells so later than of this key.
        review::later(board);
    }
    let reviewing = over.is_some_and(|dialog| dialog.class_list().contains("review"));
    match key {
        "?" if free || reviewing => board.keys.set(true),
        _ if !are_on() => return false,
        "/" if free => {
            let Some(field) = find("search input") else {
                return false;
            };
            let field: HtmlInputElement = field.unchecked_into();
            let _ = field.focus();
            field.select();
        }
        "u" | "U" if free || reviewing => undo::take_last_back(board),
        "n" | "N" if free || reviewing => next::open(board),
        "j" | "J" if free => step(false),
        "k" | "K" if free => step(true),
        "e" | "E" if free => {
            let edit = find("main [aria-keyshortcuts='E']:not(.gone)");
            let Some(edit) = edit.and_then(|edit| edit.dyn_into::<HtmlElement>().ok()) else {
                return false;
            };
            edit.click();
        }
        _ => return false,
    }
    true
}

/// Puts the focus on the next of the items, or on the one before: on the button or the link that opens it.
fn step(back: bool) {
    let Ok(found) = document().query_selector_all(ITEMS) else {
        return;
    };
    let items = (0..found.length()).filter_map(|index| found.get(index)?.dyn_into().ok());
    let items: Vec<Element> = items.collect();
    let active = document().active_element();
    let is_here = |item: &Element| item.contains(active.as_ref().map(AsRef::as_ref));
    let here = items.iter().position(is_here);
    let next = match here {
        Some(index) if back => index.saturating_sub(1),
        Some(index) => index + 1,
        None => 0,
    };
    let Some(item) = items.get(next.min(items.len().saturating_sub(1))) else {
        return;
    };
    let opens = item.query_selector(".btn, a.row").ok().flatten();
    if let Some(opens) = opens.and_then(|opens| opens.dyn_into::<HtmlElement>().ok()) {
        describe(item, &opens);
        let _ = opens.focus();
    }
}

/// Says to a screen reader which pipeline a button is about that only says what it does.
fn describe(item: &Element, opens: &HtmlElement) {
    let Ok(Some(title)) = item.query_selector(".gate-title, li > a:first-child:not(.row)") else {
        return;
    };
    if title.id().is_empty() {
        title.set_id(&browser::unique("title"));
    }
    let _ = opens.set_attribute("aria-describedby", &title.id());
}

fn find(selector: &str) -> Option<Element> {
    document().query_selector(selector).ok().flatten()
}

/// Whether the key belongs to a text that is being typed, or to a choice.
fn is_typing(event: &ev::KeyboardEvent) -> bool {
    let target = event
        .target()
        .and_then(|target| target.dyn_into::<Element>().ok());
    let field = "input, textarea, select, [contenteditable]";
    target.is_some_and(|element| matches!(element.closest(field), Ok(Some(_))))
}
