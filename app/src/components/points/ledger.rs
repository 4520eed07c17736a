//! What was asked for in earlier rounds, and what became of it. The reader has the last word about each.

use leptos::prelude::*;

use super::Points;
use crate::{
    Lang, browser,
    components::{
        element::{About, Button, Field, button, element, field, plain},
        list::{Item, list},
    },
    follow::{flag, maybe, text, word},
    texts::Point,
    wording,
};

impl Points {
    /// All of them, where there are any.
    pub fn ledger(self) -> AnyView {
        let lang = self.board.lang;
        let some = flag(move || !self.earlier().is_empty());
        let heading_text = text(move || {
            wording::review::asked_for(lang.get(), &self.board.reader(), &self.earlier())
        });
        let counts = text(move || wording::review::points(lang.get(), &self.earlier()));
        let settled = move || self.earlier().iter().filter(|it| it.is_settled()).count() as u64;
        let folded = flag(move || settled() > 0 && !self.unfolded.get());
        let unfold = text(move || lang.get().settled_points(&settled().to_string()));
        let rows = move || {
            let unfolded = self.unfolded.get();
            let mut rows = Vec::new();
            for point in self.earlier() {
                if point.is_settled() && !unfolded {
                    continue;
                }
                let number = point.number;
                let (settles, insists) = self
                    .kept
                    .with(|kept| (kept.settles(number), kept.insists(number).is_some()));
                let key = format!("{number} {} {settles} {insists}", point.state);
                rows.push(Item::new(key, move || self.row(point, settles, insists)));
            }
            rows
        };
        let heading = About {
            id: Some("ledger-heading".to_owned()),
            ..About::default()
        };
        let heading = element(
            "h3",
            Signal::stored(""),
            heading,
            vec![heading_text.into_any()],
        );
        let unfold = button(
            word(move || if folded.get() { "quiet small" } else { "gone" }),
            Button::default(),
            unfold.into_any(),
            move |_| self.unfolded.set(true),
        );
        let head = vec![
            heading,
            plain("span", "sub", vec![counts.into_any()]),
            unfold,
        ];
        let about = About {
            role: Some("region"),
            label: Some(word(self.board.t(Lang::comments))),
            ..About::default()
        };
        let parts = vec![
            plain("div", "ledger-head", head),
            plain("ol", "", vec![list(rows)]),
        ];
        let class = word(move || if some.get() { "ledger" } else { "gone" });
        element("section", class, about, parts)
    }

    fn row(self, point: Point, settles: bool, insists: bool) -> AnyView {
        let lang = self.board.lang;
        let number = point.number;
        let class = match (settles, insists, &*point.state) {
            (true, ..) | (.., "settled") => "over",
            (_, true, _) | (.., "unanswered") => "open",
            (.., "declined") => "declined",
            _ => "",
        };
        let state = point.state.clone();
        let verdict = text(move || {
            let lang = lang.get();
            let said = match &*state {
                _ if settles => lang.settled_now(),
                _ if insists => lang.insisted_now(),
                "done" => lang.answer_done(),
                "declined" => lang.answer_declined(),
                "settled" => lang.settle(),
                _ => lang.answer_none(),
            };
            said.to_owned()
        });
        let answer = point.answer().map(|answer| answer.text.clone());
        let none = answer.is_none() && !settles && !insists && point.state == "unanswered";
        let answer = maybe(move || {
            let next = || none.then(|| lang.get().settle_or_ask().to_owned());
            answer.clone().or_else(next)
        });
        let about = point.about.clone();
        let gone = maybe(move || {
            let gone = self.is_gone(number, about.as_ref());
            gone.then(|| lang.get().passage_gone().to_owned())
        });
        let words = if point.text.is_empty() {
            point.suggestion.clone().unwrap_or_default()
        } else {
            point.text.clone()
        };
        let again = insists.then(|| self.again(number));
        let mut answer = vec![
            plain("b", "", vec![verdict.into_any()]),
            " ".into_any(),
            plain("bdi", "", vec![answer.into_any()]),
            plain("span", "sub gone-note", vec![gone.into_any()]),
        ];
        answer.extend(again);
        let parts = vec![
            plain("b", "n", vec![number.into_any()]),
            plain("bdi", "asked", vec![words.into_any()]),
            plain("span", "answer", answer),
            self.acts(&point, settles || insists),
        ];
        plain("li", class, parts)
    }

    /// The field for what is missing.
    fn again(self, number: u32) -> AnyView {
        let typed = self
            .kept
            .with_untracked(|kept| kept.insists(number).unwrap_or_default().to_owned());
        let about = Field {
            id: field_id(number),
            label: Some(word(self.board.t(Lang::what_is_missing))),
            invites: Some(word(self.board.t(Lang::what_is_missing))),
            most: Some("4096"),
            ..Field::default()
        };
        field(about, Signal::stored(typed), move |text| {
            self.change(&mut |kept| kept.insist(number, &text));
        })
    }

    /// What the reader can do about a point. The buttons of all points look alike, so each says to whom it belongs.
    fn acts(self, point: &Point, ruled: bool) -> AnyView {
        let (board, number) = (self.board, point.number);
        let about = point.about.clone();
        let stands = move || about.is_some() && self.place(number).is_some();
        let show = word(move || if stands() { "quiet small" } else { "gone" });
        let act =
            |class, id: Option<String>, says: fn(Lang) -> &'static str, act: Box<dyn Fn()>| {
                let of = text(move || {
                    let of = board.lang.get().comment_number(&number.to_string());
                    format!(" {of}")
                });
                let of = plain("span", "unseen", vec![of.into_any()]);
                let says = vec![board.t(says).into_any(), of].into_any();
                let about = Button {
                    id,
                    ..Button::default()
                };
                button(class, about, says, move |_| act())
            };
        let small = Signal::stored("quiet small");
        let mut acts = vec![act(
            show,
            None,
            Lang::show,
            Box::new(move || self.show(number)),
        )];
        if self.writes && !point.is_settled() && ruled {
            let back = move || {
                self.change(&mut |kept| kept.undo(number));
                focus(settle_id(number));
            };
            acts.push(act(
                small,
                Some(undo_id(number)),
                Lang::undo_point,
                Box::new(back),
            ));
        } else if self.writes && !point.is_settled() {
            let asks = if point.state == "unanswered" {
                Lang::ask_again
            } else {
                Lang::insist
            };
            let insist = move || {
                self.change(&mut |kept| kept.insist(number, ""));
                focus(field_id(number));
            };
            let settle = move || {
                self.change(&mut |kept| kept.settle(number));
                focus(undo_id(number));
            };
            acts.push(act(small, None, asks, Box::new(insist)));
            acts.push(act(
                small,
                Some(settle_id(number)),
                Lang::settle,
                Box::new(settle),
            ));
        }
        plain("span", "acts", acts)
    }
}

fn field_id(number: u32) -> String {
    format!("again-{number}")
}

fn undo_id(number: u32) -> String {
    format!("undo-{number}")
}

fn settle_id(number: u32) -> String {
    format!("settle-{number}")
}

/// Once the line is drawn anew, the focus goes on in it.
fn focus(id: String) {
    request_animation_frame(move || browser::focus(&id));
}
