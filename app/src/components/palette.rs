//! The palette: finds pipelines, reviews, people and pages, and does what the bar at the top does, by keys or by touch.

use leptos::{html, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::{
    list::{Item, list},
    overlay::overlay,
};
use crate::{
    Lang,
    actions::palette::{Choice, Palette},
    board::Board,
    follow::{effect, maybe, memo, press, text, word},
    wording,
};

/// The id of the list that the field controls.
const LIST: &str = "palette-list";

/// The dialog with the palette.
pub(super) fn dialog(board: Board) -> AnyView {
    overlay(board, board.palette, "palette", Lang::palette, move || {
        palette(board)
    })
}

fn palette(board: Board) -> AnyView {
    let palette = Palette::open(board);
    let choices = memo(move || palette.choices());
    let active = RwSignal::new(0_usize);
    // Whatever is typed, the first is meant, unless somebody says otherwise.
    effect(move || {
        palette.find.track();
        active.set(0);
    });
    let field = NodeRef::<html::Input>::new();
    effect(move || {
        if let Some(field) = field.get() {
            let _ = field.focus();
        }
    });
    let choose = move |index: usize| {
        let choice = choices.with_untracked(|choices| choices.get(index).cloned());
        if let Some(choice) = choice {
            palette.choose(&choice);
        }
    };
    let step = move |back: bool| {
        let all = choices.with_untracked(Vec::len);
        if all > 0 {
            // Around the end, as lists of this kind do.
            active.update(|index| *index = (*index + if back { all - 1 } else { 1 }) % all);
            show(active.get_untracked());
        }
    };
    let key = move |event: &leptos::ev::KeyboardEvent| {
        match event.key().as_str() {
            "ArrowDown" => step(false),
            "ArrowUp" => step(true),
            // While a text is being composed, Enter ends that.
            "Enter" if !event.is_composing() => choose(active.get_untracked()),
            _ => return,
        }
        event.prevent_default();
    };
    let items = move || {
        let item = |(index, choice): (usize, &Choice)| {
            let choice = choice.clone();
            let key = format!("{index} {choice:?}");
            Item::new(key, move || option(index, choice, active, choose))
        };
        choices.with(|choices| choices.iter().enumerate().map(item).collect())
    };
    let at = maybe(move || {
        let some = choices.with(|choices| !choices.is_empty());
        some.then(|| option_id(active.get()))
    });
    let said = text(move || {
        let lang = board.lang.get();
        let count = choices.with(Vec::len) as u64;
        if palette.asking.get() {
            lang.palette_asking().to_owned()
        } else if palette.failed.get() {
            lang.palette_failed().to_owned()
        } else if count == 0 {
            let find = palette.find.with(|find| wording::quoted(lang, find.trim()));
            lang.palette_nothing(&find)
        } else {
            lang.palette_count(count)
        }
    });
    view! {
        <input
            class="palette-field"
            type="text"
            role="combobox"
            node_ref=field
            autofocus
            autocomplete="off"
            spellcheck="false"
            aria-expanded="true"
            aria-autocomplete="list"
            aria-controls=LIST
            aria-activedescendant=at
            aria-label=board.t(Lang::palette)
            placeholder=board.t(Lang::palette_invites)
            maxlength="200"
            on:input:target=move |event| palette.look_for(event.target().value())
            on:keydown=move |event| key(&event)
        />
        <ul class="palette-list" id=LIST role="listbox" aria-label=board.t(Lang::palette_results)>{list(items)}</ul>
        <p class="sub palette-said" role="status">{said}</p>
    }
    .into_any()
}

fn option_id(index: usize) -> String {
    format!("palette-{index}")
}

fn option(
    index: usize,
    choice: Choice,
    active: RwSignal<usize>,
    choose: impl Fn(usize) + 'static,
) -> AnyView {
    let selected = word(move || {
        if active.get() == index {
            "true"
        } else {
            "false"
        }
    });
    view! {
        <li id=option_id(index) role="option" aria-selected=selected on:click=press(move |_| choose(index))>
            <span class="palette-name">{choice.name}</span>
            <span class="sub">{choice.about}</span>
        </li>
    }
    .into_any()
}

/// Brings the choice that is meant into view.
fn show(index: usize) {
    let element = |id: &str| {
        let element = document().get_element_by_id(id);
        element.and_then(|element| element.dyn_into::<HtmlElement>().ok())
    };
    let (Some(option), Some(list)) = (element(&option_id(index)), element(LIST)) else {
        return;
    };
    // The list is what the place of an option is measured from.
    let (top, height) = (option.offset_top(), option.offset_height());
    if top < list.scroll_top() {
        list.set_scroll_top(top);
    } else if top + height > list.scroll_top() + list.client_height() {
        list.set_scroll_top(top + height - list.client_height());
    }
}
