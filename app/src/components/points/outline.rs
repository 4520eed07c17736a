//! The headings of the text, beside it: with how many points, and whether something there has changed.

use std::iter;

use leptos::{ev::MouseEvent, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::Element;

use super::{
    Points, find,
    page::{self, Heading},
};
use crate::{
    Lang,
    components::{
        element::{About, element, plain},
        list::{Item, list},
    },
    follow::{flag, press, word},
};

/// So many lines are drawn in one step.
pub(super) const STEP: usize = 100;

impl Points {
    /// The headings, where there are enough to go to.
    pub fn outline(self) -> AnyView {
        let some = flag(move || self.text.with(|text| text.headings.len() > 2));
        // There may be thousands of them: each line is drawn for what it says, and follows nothing.
        let lines = move || {
            let mut lines = Vec::new();
            let lang = self.board.lang.get();
            let headings = self.text.with(|text| text.headings.clone());
            let drawn = self.outlined.get() * STEP;
            for (index, heading) in headings.into_iter().enumerate().take(drawn) {
                let Heading {
                    text,
                    level,
                    points,
                    changed,
                } = heading;
                let key = format!("{} {index} {points} {changed} {text}", lang.code());
                lines.push(Item::new(key, move || {
                    let mut parts = vec![plain("button", "", vec![text.into_any()])];
                    if points > 0 {
                        let has = lang.comments_here(points).into_any();
                        parts.push(plain("span", "has you", vec![has]));
                    }
                    if changed {
                        parts.push(plain("span", "has", vec![lang.changed_here().into_any()]));
                    }
                    plain("li", if level > 3 { "deep" } else { "" }, parts)
                }));
            }
            lines
        };
        let about = About {
            role: Some("navigation"),
            label: Some(word(self.board.t(Lang::outline))),
            ..About::default()
        };
        // The style sheet shows it where there are enough headings.
        let class = word(move || if some.get() { "outline" } else { "gone" });
        let lines = view! { <ul on:click=press(go)>{list(lines)}</ul> };
        element("div", class, about, vec![lines.into_any()])
    }
}

/// Goes to the heading of the line that was pressed.
fn go(event: MouseEvent) {
    let target = event.target().and_then(|target| target.dyn_into().ok());
    let line = target.and_then(|target: Element| target.closest("button").ok()??.parent_element());
    if let (Some(root), Some(line)) = (find(super::TEXT), line) {
        let before = iter::successors(line.previous_element_sibling(), |line| {
            line.previous_element_sibling()
        });
        page::show_heading(&root, before.count());
    }
}
