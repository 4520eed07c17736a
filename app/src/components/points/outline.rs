//! The headings of the text, beside it: with how many points, and whether something there has changed.

use leptos::prelude::*;

use super::{Points, find, page};
use crate::{
    Lang,
    components::{
        element::{About, Button, button, element, plain},
        list::{Item, list},
    },
    follow::{flag, maybe, word},
};

impl Points {
    /// The headings, where there are enough to go to.
    pub fn outline(self) -> AnyView {
        let some = flag(move || self.text.with(|text| text.headings.len() > 2));
        let lines = move || {
            let mut lines = Vec::new();
            let headings = self.text.with(|text| text.headings.clone());
            for (index, heading) in headings.into_iter().enumerate() {
                let (points, changed) = (heading.points, heading.changed);
                let key = format!("{index} {} {points} {changed}", heading.text);
                let (said, level) = (heading.text, heading.level);
                lines.push(Item::new(key, move || {
                    self.line(index, said, level, points, changed)
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
        let lines = plain("ul", "", vec![list(lines)]);
        element("div", class, about, vec![lines])
    }

    fn line(self, index: usize, said: String, level: u32, points: u64, changed: bool) -> AnyView {
        let lang = self.board.lang;
        let has = maybe(move || (points > 0).then(|| lang.get().comments_here(points)));
        let changed = maybe(move || changed.then(|| lang.get().changed_here().to_owned()));
        let go = move |_| {
            if let Some(root) = find(super::TEXT) {
                page::show_heading(&root, index);
            }
        };
        let class = if level > 3 { "deep" } else { "" };
        let says = plain("bdi", "", vec![said.into_any()]);
        let parts = vec![
            button(Signal::stored(""), Button::default(), says, go),
            plain("span", "has you", vec![has.into_any()]),
            plain("span", "has", vec![changed.into_any()]),
        ];
        plain("li", class, parts)
    }
}
