//! The cards beside the text: comments of this review, and those of earlier rounds with their answers.

use domain::{NewComment, Passage};
use leptos::{ev::KeyboardEvent, prelude::*};

use super::Points;
use crate::{
    Lang,
    components::{
        element::{About, Button, Field, button, element, field, plain, quiet},
        list::{Item, list},
    },
    follow::{drawn, flag, maybe, memo, text, word},
    review::Writing,
    texts::Point,
};

/// The id of the field of the comment that is being written.
pub(super) const FIELD: &str = "comment-text";
/// Longest comment, as far as a field counts: letters may be several bytes.
const LETTERS_MAX: &str = "4096";

impl Points {
    /// All of them, in the order of their passages.
    pub fn cards(self) -> AnyView {
        let cards = move || {
            let mut cards = Vec::new();
            for point in self.earlier() {
                if !point.is_settled() && point.about.is_some() {
                    let key = format!("earlier {} {}", point.number, point.state);
                    cards.push((point.number, key, Card::Earlier(point)));
                }
            }
            let (own, writing) = self.own();
            for (index, (number, comment)) in own.into_iter().enumerate() {
                let quote = comment.about.as_ref().map_or("", |about| &about.quote);
                let wording = comment.suggestion.as_deref().unwrap_or_default();
                let key = format!("own {number} {quote} {wording} {}", comment.text);
                cards.push((number, key, Card::Own(index, number, comment)));
            }
            if let Some((number, writing)) = writing {
                let quote = writing
                    .comment
                    .about
                    .as_ref()
                    .map_or("", |about| &about.quote);
                let key = format!("writing {number} {quote}");
                cards.push((number, key, Card::Writing(number, writing)));
            }
            let words = self.kept.with(|kept| kept.words.trim().to_owned());
            if !self.writes && !words.is_empty() {
                cards.push((0, format!("words {words}"), Card::Words(words)));
            }
            if let Some(note) = self.unsent() {
                cards.push((u32::MAX, format!("send {note}"), Card::Send(note)));
            }
            cards.sort_by_key(|(number, ..)| (self.place(*number), *number));
            let items = cards.into_iter();
            let items = items.map(|(_, key, card)| Item::new(key, move || card.draw(self)));
            items.collect()
        };
        let about = About {
            role: Some("group"),
            label: Some(word(self.board.t(Lang::comments))),
            ..About::default()
        };
        element("div", Signal::stored("margin"), about, vec![list(cards)])
    }

    /// The button beside a selection.
    pub fn pick_button(self) -> AnyView {
        let picked = flag(move || self.writes && self.text.with(|text| text.picked.is_some()));
        let place = maybe(move || {
            let (left, top) = self.text.with(|text| Some(text.picked.as_ref()?.1))?;
            Some(format!("--left:{left:.0}px;--top:{top:.0}px"))
        });
        let about = Button {
            style: Some(place),
            keeps: true,
            key: Some("C"),
            ..Button::default()
        };
        let class = word(move || {
            if picked.get() {
                "btn small first pick"
            } else {
                "gone"
            }
        });
        let says = self.board.t(Lang::comment).into_any();
        button(class, about, says, move |_| self.begin())
    }

    fn head(self, number: u32, who: AnyView, about: Option<Passage>) -> AnyView {
        let whole = about.is_none();
        let quote = about.as_ref().map(|about| about.quote.clone());
        let note = maybe(move || {
            let lang = self.board.lang.get();
            if whole {
                return Some(lang.about_whole().to_owned());
            }
            let gone = self.is_gone(number, about.as_ref());
            gone.then(|| lang.passage_gone().to_owned())
        });
        let mut parts = vec![
            plain(
                "p",
                "note-head",
                vec![plain("b", "n", vec![number.into_any()]), who],
            ),
            plain("p", "sub note-place", vec![note.into_any()]),
        ];
        parts.extend(quote.map(|quote| bdi("blockquote", "", quote)));
        parts.into_any()
    }

    /// A card, which is told by the number of its point.
    fn card(self, class: &'static str, number: u32, parts: Vec<AnyView>) -> AnyView {
        let lang = self.board.lang;
        let name = text(move || lang.get().comment_number(&number.to_string()));
        view! { <section class=class data-point=number aria-label=name>{parts}</section> }
            .into_any()
    }

    fn own_card(self, index: usize, number: u32, comment: NewComment) -> AnyView {
        let board = self.board;
        let NewComment {
            text: words,
            about,
            suggestion,
        } = comment.clone();
        let edit = move |_| {
            let comment = comment.clone();
            // Another one that is open is added first, and may stand before it.
            self.change(&mut crate::review::Kept::add);
            let kept = self.kept.get_untracked();
            let index = kept.comments.iter().position(|known| *known == comment);
            let Some(index) = index else { return };
            self.change(&mut |kept| drop(kept.comments.remove(index)));
            self.write(Some(index as u32), comment);
        };
        let discard = move |_| {
            self.change(&mut |kept| {
                if index < kept.comments.len() {
                    kept.comments.remove(index);
                }
            });
        };
        let who = plain(
            "span",
            "sub",
            vec![self.board.t(Lang::just_now_yours).into_any()],
        );
        let acts = vec![
            quiet(board.t(Lang::edit).into_any(), edit),
            quiet(board.t(Lang::discard_comment).into_any(), discard),
        ];
        let mut parts = vec![self.head(number, who, about), bdi("p", "words", words)];
        parts.extend(wording(self, suggestion));
        parts.push(plain("p", "note-acts", acts));
        self.card("note mine", number, parts)
    }

    fn writing_card(self, number: u32, writing: Writing) -> AnyView {
        let board = self.board;
        let Writing { comment, .. } = writing;
        let quote = comment.about.as_ref().map(|about| about.quote.clone());
        let has_passage = quote.is_some();
        let first = comment.suggestion.clone().or(quote).unwrap_or_default();
        let wording = StoredValue::new(first);
        // Each letter changes what is kept: what is typed in would be drawn anew, and be what it was.
        let suggests = memo(move || {
            self.kept.with(|kept| {
                let writing = kept.writing.as_ref();
                writing.is_some_and(|writing| writing.comment.suggestion.is_some())
            })
        });
        let set = move |set: &dyn Fn(&mut NewComment)| {
            self.change(&mut |kept| {
                if let Some(writing) = &mut kept.writing {
                    set(&mut writing.comment);
                }
            });
        };
        let suggest = move |_| {
            let wording = wording.get_value();
            set(&|comment| comment.suggestion = Some(wording.clone()));
            request_animation_frame(|| crate::browser::focus("comment-wording"));
        };
        let discard = move |_| {
            self.leave_card();
            self.change(&mut |kept| kept.writing = None);
        };
        let key = move |event: KeyboardEvent| match event.key().as_str() {
            "Enter" if event.ctrl_key() || event.meta_key() => {
                event.prevent_default();
                self.add();
            }
            "Escape" => {
                // Closes nothing: what is written stays where it is.
                event.prevent_default();
                event.stop_propagation();
                self.leave_card();
            }
            _ => {}
        };
        let who = plain("span", "", vec![board.t(Lang::new_comment).into_any()]);
        let words = Field {
            id: FIELD.to_owned(),
            label: Some(word(board.t(Lang::new_comment))),
            most: Some(LETTERS_MAX),
            ..Field::default()
        };
        let words = field(words, Signal::stored(comment.text), move |text| {
            set(&|comment| comment.text.clone_from(&text));
        });
        let other = drawn(move || {
            if !suggests.get() {
                return ().into_any();
            }
            {
                let about = Field {
                    id: "comment-wording".to_owned(),
                    label: Some(word(board.t(Lang::suggested_wording))),
                    most: Some(LETTERS_MAX),
                    ..Field::default()
                };
                let says = board.t(Lang::suggested_wording).into_any();
                let field = field(about, Signal::stored(wording.get_value()), move |text| {
                    set(&|comment| comment.suggestion = Some(text.clone()));
                });
                vec![plain("p", "sub", vec![says]), field].into_any()
            }
        });
        let add = Button {
            key: Some("Control+Enter"),
            ..Button::default()
        };
        let small = word(move || {
            if has_passage && !suggests.get() {
                "quiet small"
            } else {
                "gone"
            }
        });
        let first = Signal::stored("btn small first");
        let acts = vec![
            button(first, add, board.t(Lang::add).into_any(), move |_| {
                self.add()
            }),
            button(
                small,
                Button::default(),
                board.t(Lang::suggest_wording).into_any(),
                suggest,
            ),
            quiet(board.t(Lang::discard_comment).into_any(), discard),
        ];
        let parts = vec![
            self.head(number, who, comment.about),
            words,
            other,
            plain("p", "note-acts", acts),
        ];
        let card = self.card("note mine writing", number, parts);
        view! { <div on:keydown=key>{card}</div> }.into_any()
    }

    fn words_card(self, words: String) -> AnyView {
        let board = self.board;
        let discard = move |_| self.change(&mut |kept| kept.words.clear());
        let discard = quiet(board.t(Lang::discard_comment).into_any(), discard);
        let parts = vec![
            plain("p", "note-head", vec![board.t(Lang::drafts).into_any()]),
            bdi("p", "words", words),
            plain("p", "note-acts", vec![discard]),
        ];
        self.card("note mine", 0, parts)
    }

    fn earlier_card(self, point: Point) -> AnyView {
        let lang = self.board.lang;
        let number = point.number;
        let revision = point.revision.to_string();
        let by = point.by.name.clone();
        let who = text(move || {
            let reader = self.board.reader();
            let lang = lang.get();
            let who = if by == reader { lang.you() } else { &by };
            format!(
                "{} · {}",
                crate::wording::sentence(who),
                lang.revision(&revision)
            )
        });
        let who = plain("span", "sub", vec![who.into_any()]);
        let answer = point.answer().filter(|answer| !answer.text.is_empty());
        let answer = answer.map(|answer| {
            let name = format!("{}: ", answer.by.name);
            let parts = vec![
                plain("b", "", vec![name.into_any()]),
                answer.text.clone().into_any(),
            ];
            plain("bdi", "words reply", parts)
        });
        let class = if point.blocks() { "note open" } else { "note" };
        let mut parts = vec![
            self.head(number, who, point.about),
            bdi("p", "words", point.text),
        ];
        parts.extend(wording(self, point.suggestion));
        parts.extend(answer);
        self.card(class, number, parts)
    }
}

/// A card that is to be drawn.
enum Card {
    Earlier(Point),
    Own(usize, u32, NewComment),
    Writing(u32, Writing),
    /// Words that were not sent, since somebody else decided.
    Words(String),
    /// What sends all that was not sent as a note.
    Send(String),
}

impl Card {
    fn draw(self, points: Points) -> AnyView {
        match self {
            Self::Earlier(point) => points.earlier_card(point),
            Self::Own(index, number, comment) => points.own_card(index, number, comment),
            Self::Writing(number, writing) => points.writing_card(number, writing),
            Self::Words(words) => points.words_card(words),
            Self::Send(note) => points.send_card(note),
        }
    }
}

/// A suggested wording.
fn wording(points: Points, wording: Option<String>) -> Option<AnyView> {
    let parts = vec![
        plain(
            "p",
            "sub",
            vec![points.board.t(Lang::suggested_wording).into_any()],
        ),
        plain("p", "words", vec![bdi("ins", "", wording?)]),
    ];
    Some(parts.into_any())
}

/// Words of somebody, in whatever direction they are written.
fn bdi(tag: &'static str, class: &'static str, words: String) -> AnyView {
    plain(tag, class, vec![plain("bdi", "", vec![words.into_any()])])
}
