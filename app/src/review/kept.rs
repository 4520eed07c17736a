//! What a reader has prepared about a handover: comments, what becomes of earlier ones, words. The browser keeps it over
//! a reload, a crash and a lost connection, until it is decided.

use domain::{HandoverId, Insisted, NewComment, Review};
use serde::{Deserialize, Serialize};

use crate::{Shown, browser, json};

/// So many handovers are kept; what was touched longest ago goes first.
const HANDOVERS: usize = 20;
/// Where it is kept which ones these are.
const LIST: &str = "staffel.reviews";

/// What is prepared about one handover.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Kept {
    /// The words that go with the decision.
    pub words: String,
    /// New comments.
    pub comments: Vec<NewComment>,
    /// Earlier ones that are not done as they should be.
    pub insisted: Vec<Insisted>,
    /// Earlier ones about which nothing is left to be done.
    pub settled: Vec<u32>,
    /// The comment that is being written.
    pub writing: Option<Writing>,
    /// The newest revision that was read in this browser; 0 where none was.
    pub read: u32,
    /// When it was first in front of the reader, in milliseconds of the server's clock; 0 where that is not known.
    pub read_at: i64,
    /// The revision with whose decision it was sent, as long as that can be taken back; 0 where it was not sent.
    pub sent: u32,
}

/// A comment that is being written.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Writing {
    /// Which of the comments it was before it was edited.
    pub index: Option<u32>,
    /// What it says so far.
    pub comment: NewComment,
}

impl Writing {
    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        let wording = self.comment.suggestion.as_deref().unwrap_or_default();
        let quote = self.comment.about.as_ref().map_or("", |about| &about.quote);
        self.comment.text.trim().is_empty() && (wording.trim().is_empty() || wording == quote)
    }
}

impl Kept {
    /// What is kept about this handover.
    pub fn recall(handover: &HandoverId) -> Self {
        let kept = browser::kept(&key(&handover.to_string()));
        kept.and_then(|kept| json::read(&kept)).unwrap_or_default()
    }

    /// What is prepared about this revision. What went along with the decision about an earlier one is no part of it.
    pub fn resume(handover: &HandoverId, revision: u32) -> Self {
        let mut kept = Self::recall(handover);
        if kept.sent != 0 && kept.sent < revision {
            kept.forget();
        }
        kept.sent = 0;
        kept
    }

    /// What is kept about this handover and was not sent.
    pub fn unsent(handover: &HandoverId) -> Self {
        let mut kept = Self::recall(handover);
        if kept.sent != 0 {
            kept.forget();
        }
        kept
    }

    /// Keeps it, and forgets what was touched longest ago.
    pub fn keep(&self, handover: &HandoverId) {
        let handover = handover.to_string();
        let list = browser::kept(LIST).unwrap_or_default();
        let (list, gone) = touched(&list, &handover);
        for gone in gone {
            browser::forget(&key(&gone));
        }
        browser::keep(LIST, &list);
        browser::keep(&key(&handover), &json::write(self).unwrap_or_default());
    }

    /// Once it is decided nothing of it is left but which revision was read.
    pub fn forget(&mut self) {
        *self = Self {
            read: self.read,
            read_at: self.read_at,
            ..Self::default()
        };
    }

    /// Goes on with what was prepared in another browser, unless there is something here.
    pub fn take_over(&mut self, words: String, review: Review) {
        if self.asks() || !self.words.is_empty() || !self.settled.is_empty() {
            return;
        }
        self.words = words;
        self.comments = review.comments;
        self.insisted = review.insisted;
        self.settled = review.settled;
    }

    /// All of it as words to an agent at work: it answers no numbers, so each comment brings its passage.
    pub fn as_note(&self) -> String {
        let mut kept = self.clone();
        kept.add();
        let mut parts = vec![kept.words.trim().to_owned()];
        for comment in &kept.comments {
            let quote = comment
                .about
                .as_ref()
                .map(|about| format!("> {}", about.quote));
            let wording = comment.suggestion.as_ref().map(|it| format!("→ {it}"));
            let text = Some(comment.text.clone()).filter(|text| !text.is_empty());
            let lines: Vec<_> = [quote, text, wording].into_iter().flatten().collect();
            parts.push(lines.join("\n"));
        }
        parts.extend(
            kept.insisted
                .iter()
                .map(|it| format!("{}: {}", it.comment, it.text)),
        );
        parts.retain(|part| !part.is_empty());
        parts.join("\n\n")
    }

    /// How many comments go along, including a comment that is being written.
    pub fn count(&self) -> u64 {
        let writing = self.writing.as_ref().is_some_and(|it| !it.is_empty());
        self.comments.len() as u64 + u64::from(writing)
    }

    /// Whether the agent is asked for anything in a comment.
    pub fn asks(&self) -> bool {
        !self.comments.is_empty() || !self.insisted.is_empty()
    }

    /// What goes along with the decision beside the words.
    pub fn review(&self) -> Review {
        Review {
            comments: self.comments.clone(),
            insisted: self.insisted.clone(),
            settled: self.settled.clone(),
        }
    }

    /// What goes along with an acceptance that asks for nothing.
    pub fn bare(&self) -> Review {
        Review {
            settled: self.settled.clone(),
            ..Review::default()
        }
    }

    /// Adds the comment that is being written, if it says anything.
    pub fn add(&mut self) {
        let Some(writing) = self.writing.take().filter(|writing| !writing.is_empty()) else {
            return;
        };
        let mut comment = writing.comment;
        comment.text = comment.text.trim().to_owned();
        let quote = comment.about.as_ref().map(|about| about.quote.clone());
        comment
            .suggestion
            .take_if(|wording| wording.trim().is_empty() || Some(&*wording) == quote.as_ref());
        let end = self.comments.len();
        let index = writing.index.map_or(end, |index| end.min(index as usize));
        self.comments.insert(index, comment);
    }

    /// Nothing is left to be done about this one.
    pub fn settle(&mut self, number: u32) {
        self.undo(number);
        self.settled.push(number);
    }

    /// This one is not done as it should be.
    pub fn insist(&mut self, number: u32, text: &str) {
        let text = text.to_owned();
        let known = self.insisted.iter_mut().find(|it| it.comment == number);
        if let Some(known) = known {
            known.text = text;
            return;
        }
        self.undo(number);
        self.insisted.push(Insisted {
            comment: number,
            text,
        });
    }

    /// Takes back what was said about this one.
    pub fn undo(&mut self, number: u32) {
        self.settled.retain(|settled| *settled != number);
        self.insisted.retain(|again| again.comment != number);
    }

    /// Whether this one is settled with the decision.
    pub fn settles(&self, number: u32) -> bool {
        self.settled.contains(&number)
    }

    /// What is said about this one again.
    pub fn insists(&self, number: u32) -> Option<&str> {
        let mut insisted = self.insisted.iter();
        let again = insisted.find(|again| again.comment == number)?;
        Some(&again.text)
    }

    /// The earlier points that stand in the way of accepting: their numbers, and whether the agent declined.
    pub fn blockers(&self, shown: &Shown) -> Vec<(u32, bool)> {
        let points = shown.comments.iter();
        let left = points.filter(|point| point.blocks() && !self.settles(point.number));
        left.map(|point| (point.number, point.state == "declined"))
            .collect()
    }

    /// Leaves out what there is no point for any more: somebody else has settled it.
    pub fn fit(&mut self, shown: &Shown) {
        let open = |number: u32| {
            let mut points = shown.comments.iter();
            points.any(|point| point.number == number && !point.is_settled())
        };
        self.settled.retain(|number| open(*number));
        self.insisted.retain(|again| open(again.comment));
    }
}

fn key(handover: &str) -> String {
    format!("staffel.review.{handover}")
}

/// The list with this one as the newest, and those that fell out of it.
fn touched(list: &str, handover: &str) -> (String, Vec<String>) {
    let known = list.split(' ').filter(|known| !known.is_empty());
    let mut known: Vec<&str> = known.filter(|known| *known != handover).collect();
    known.push(handover);
    let gone = known.len().saturating_sub(HANDOVERS);
    let gone = known.drain(..gone).map(str::to_owned).collect();
    (known.join(" "), gone)
}

#[cfg(test)]
mod tests {
    use domain::Passage;

    use super::*;
    use crate::texts::Point;

    #[test]
    fn a_comment_is_added_where_it_was_edited_and_an_empty_one_is_not() {
        let comment = |text: &str| NewComment {
            text: text.to_owned(),
            ..NewComment::default()
        };
        let mut kept = Kept {
            comments: vec![comment("a"), comment("c")],
            writing: Some(Writing {
                index: Some(1),
                comment: comment(" b "),
            }),
            ..Kept::default()
        };
        kept.add();
        let texts: Vec<_> = kept.comments.iter().map(|it| it.text.as_str()).collect();
        assert_eq!(texts, ["a", "b", "c"]);
        // A suggestion that is the passage itself suggests nothing.
        kept.writing = Some(Writing {
            index: None,
            comment: NewComment {
                text: String::new(),
                about: Some(Passage {
                    quote: "yes".to_owned(),
                    ..Passage::default()
                }),
                suggestion: Some("yes".to_owned()),
            },
        });
        kept.add();
        assert_eq!((kept.comments.len(), kept.writing), (3, None));
    }

    #[test]
    fn what_is_not_done_stands_in_the_way_until_it_is_settled() {
        let point = |number, state: &str| Point {
            number,
            state: state.to_owned(),
            ..Point::default()
        };
        let shown = Shown {
            comments: vec![
                point(1, "settled"),
                point(2, "done"),
                point(3, "declined"),
                point(4, "unanswered"),
            ],
            ..Shown::default()
        };
        let mut kept = Kept::default();
        assert_eq!(kept.blockers(&shown), [(3, true), (4, false)]);
        kept.settle(3);
        kept.insist(4, "Please.");
        assert_eq!(kept.blockers(&shown), [(4, false)]);
        assert!(kept.asks());
        kept.settle(4);
        assert_eq!((kept.blockers(&shown), kept.asks()), (vec![], false));
        kept.undo(3);
        kept.settle(1);
        kept.fit(&shown);
        assert_eq!(kept.settled, [4]);
    }

    #[test]
    fn what_was_not_sent_is_a_note_with_its_passages() {
        let about = Passage {
            quote: "90 days".to_owned(),
            ..Passage::default()
        };
        let kept = Kept {
            words: " Small. ".to_owned(),
            comments: vec![NewComment {
                text: "Why?".to_owned(),
                about: Some(about),
                suggestion: Some("30 days".to_owned()),
            }],
            ..Kept::default()
        };
        assert_eq!(kept.as_note(), "Small.\n\n> 90 days\nWhy?\n→ 30 days");
        assert_eq!(Kept::default().as_note(), "");
    }

    #[test]
    fn what_was_prepared_goes_back_only_to_the_revision_that_nobody_decided() {
        let words = || "Small.".to_owned();
        let mut kept = Kept::default();
        kept.take_over(words(), Review::default());
        assert_eq!(kept.words, "Small.");
        // What is here already stays.
        kept.take_over("Large.".to_owned(), Review::default());
        assert_eq!(kept.words, "Small.");
    }

    #[test]
    fn the_list_of_what_is_kept_has_an_end() {
        let mut list = String::new();
        let mut gone = Vec::new();
        for number in 0..22 {
            let fell;
            (list, fell) = touched(&list, &format!("h{number}"));
            gone.extend(fell);
        }
        assert_eq!(gone, ["h0", "h1"]);
        assert_eq!(touched(&list, "h5").0.rsplit(' ').next(), Some("h5"));
    }
}
