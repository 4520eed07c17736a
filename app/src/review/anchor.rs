//! Where a passage stands in a text: a text quote selector (<https://www.w3.org/TR/annotation-model/#text-quote-selector>)
//! and back. Pure, so that it is tested without a browser.
//!
//! White space counts as one blank, and what nobody sees does not count: a passage is found again after an edit
//! elsewhere, however the text was wrapped then.

use std::ops::Range;

use domain::Passage;

/// Longest passage, in characters, as the server takes it.
pub(crate) const QUOTE_MAX: usize = 1_000;
/// Longest text before and after it, in characters, as the server takes it.
pub(crate) const CONTEXT_MAX: usize = 100;
/// So many places of one quote are compared by what stands around them: in a text of one word repeated there are many.
const PLACES_MAX: usize = 1_000;

/// A text that comes in pieces, such as the text nodes of a page, and what is read of it.
#[derive(Debug, Default)]
pub(crate) struct Plain {
    text: String,
    runs: Vec<Run>,
}

/// A stretch that was read as it stands in its piece.
#[derive(Debug, Clone, Copy)]
struct Run {
    /// Where it begins in the text that is read, in bytes.
    at: usize,
    /// The piece.
    piece: usize,
    /// Where it begins in the piece, in UTF-16 units: the browser counts these.
    from: usize,
}

/// A part of a piece, in UTF-16 units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    /// The piece.
    pub piece: usize,
    /// The part of it.
    pub units: Range<usize>,
}

impl Plain {
    /// The next piece. `apart`: it begins a paragraph or a cell, so that its first word does not continue the last one.
    pub fn push(&mut self, piece: usize, data: &str, apart: bool) {
        if apart && !self.text.is_empty() && !self.text.ends_with(' ') {
            self.text.push(' ');
        }
        let (mut unit, mut broken) = (0, true);
        for letter in data.chars() {
            let here = unit;
            unit += letter.len_utf16();
            let blank = letter.is_whitespace();
            if is_unseen(letter) || (blank && (self.text.is_empty() || self.text.ends_with(' '))) {
                broken = true;
                continue;
            }
            if broken {
                self.runs.push(Run {
                    at: self.text.len(),
                    piece,
                    from: here,
                });
                broken = false;
            }
            self.text.push(if blank { ' ' } else { letter });
            // A wide blank is one unit and three bytes, its stand-in one of each: both count as one letter.
        }
    }

    /// All that is read.
    pub fn text(&self) -> &str {
        self.text.trim_end()
    }

    /// How much is read, in bytes.
    pub fn len(&self) -> usize {
        self.text.len()
    }

    /// How far a place lies in the text that is read, in bytes: what stands in a piece before a unit.
    pub fn offset(&self, piece: usize, unit: usize) -> usize {
        let before = self
            .runs
            .partition_point(|run| (run.piece, run.from) <= (piece, unit));
        let Some(run) = before.checked_sub(1).and_then(|index| self.runs.get(index)) else {
            return 0;
        };
        let end = self
            .runs
            .get(before)
            .map_or(self.text.len(), |next| next.at);
        let stretch = &self.text[run.at..end];
        if run.piece != piece {
            return end;
        }
        let mut units = run.from;
        for (at, letter) in stretch.char_indices() {
            if units >= unit {
                return run.at + at;
            }
            units += letter.len_utf16();
        }
        end
    }

    /// In which piece a place of what is read lies, and before which unit of it.
    pub fn locate(&self, at: usize) -> Option<(usize, usize)> {
        let run = self.runs[..self.runs_until(at)].last()?;
        let stretch = self.text.get(run.at..at)?;
        let units: usize = stretch.chars().map(char::len_utf16).sum();
        Some((run.piece, run.from + units))
    }

    /// A piece was cut in two before this place: what follows in it is the piece `rest` from now on. The pieces are not in
    /// their order after that, as [`Self::offset`] needs them.
    pub fn cut(&mut self, at: usize, rest: usize) {
        let Some((piece, from)) = self.locate(at) else {
            return;
        };
        let mut first = self.runs_until(at);
        if self.runs[first - 1].at == at {
            first -= 1;
        } else {
            self.runs.insert(first, Run { at, piece, from });
        }
        let of_rest = self.runs[first..].iter_mut();
        for run in of_rest.take_while(|run| run.piece == piece) {
            run.piece = rest;
            run.from -= from;
        }
    }

    /// How many runs begin before a place, or there.
    fn runs_until(&self, at: usize) -> usize {
        self.runs.partition_point(|run| run.at <= at)
    }

    /// The passage between two places; nothing where nothing is read there.
    pub fn passage(&self, range: Range<usize>) -> Option<Passage> {
        let text = self.text.get(range.clone())?;
        let quote = text.trim();
        if quote.is_empty() {
            return None;
        }
        let start = range.start + text.len() - text.trim_start().len();
        let quote = first(quote, QUOTE_MAX).trim_end();
        let before = last(&self.text[..start], CONTEXT_MAX);
        let after = first(&self.text[start + quote.len()..], CONTEXT_MAX);
        Some(Passage {
            quote: quote.to_owned(),
            before: before.trim().to_owned(),
            after: after.trim().to_owned(),
        })
    }

    /// Where a passage stands now; nothing where it is gone. Of several places that with the most of what stood around it.
    pub fn find(&self, passage: &Passage) -> Option<Range<usize>> {
        let quote = read(&passage.quote);
        if quote.is_empty() {
            return None;
        }
        let (before, after) = (read(&passage.before), read(&passage.after));
        let mut best = None;
        let mut most = 0;
        let mut from = 0;
        for _ in 0..PLACES_MAX {
            let Some(found) = self.text.get(from..).and_then(|rest| rest.find(&*quote)) else {
                break;
            };
            let start = from + found;
            let end = start + quote.len();
            let around = alike(
                self.text[..start].trim_end().chars().rev(),
                before.chars().rev(),
            ) + alike(self.text[end..].trim_start().chars(), after.chars());
            if best.is_none() || around > most {
                (best, most) = (Some(start..end), around);
            }
            if around == before.chars().count() + after.chars().count() {
                break;
            }
            from = start + quote.chars().next().map_or(1, char::len_utf8);
        }
        best
    }

    /// What of the pieces lies between two places.
    pub fn parts(&self, range: Range<usize>) -> Vec<Part> {
        let first = self.runs_until(range.start);
        let mut parts: Vec<Part> = Vec::new();
        for (index, run) in self.runs.iter().enumerate().skip(first.saturating_sub(1)) {
            if run.at >= range.end {
                break;
            }
            let end = self
                .runs
                .get(index + 1)
                .map_or(self.text.len(), |next| next.at)
                .min(range.end);
            let start = run.at.max(range.start);
            if start >= end {
                continue;
            }
            let units = |text: &str| text.chars().map(char::len_utf16).sum::<usize>();
            let begins = run.from + units(&self.text[run.at..start]);
            let part = begins..begins + units(&self.text[start..end]);
            match parts.last_mut() {
                // What nobody sees in between belongs to it.
                Some(last) if last.piece == run.piece => last.units.end = part.end,
                _ => parts.push(Part {
                    piece: run.piece,
                    units: part,
                }),
            }
        }
        parts
    }
}

/// A text as it is read.
fn read(text: &str) -> String {
    let mut plain = Plain::default();
    plain.push(0, text, false);
    plain.text.truncate(plain.text.trim_end().len());
    plain.text
}

/// How many letters two texts begin with alike.
fn alike(one: impl Iterator<Item = char>, other: impl Iterator<Item = char>) -> usize {
    one.zip(other)
        .take_while(|(one, other)| one == other)
        .count()
}

fn first(text: &str, count: usize) -> &str {
    let end = text
        .char_indices()
        .nth(count)
        .map_or(text.len(), |(at, _)| at);
    &text[..end]
}

fn last(text: &str, count: usize) -> &str {
    let mut letters = text.char_indices().rev();
    let start = letters.nth(count.saturating_sub(1)).map_or(0, |(at, _)| at);
    &text[start..]
}

/// Characters of no width, and those that only say in which direction is written.
fn is_unseen(letter: char) -> bool {
    matches!(
        letter,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
    )
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    fn plain(pieces: &[&str]) -> Plain {
        let mut plain = Plain::default();
        for (index, piece) in pieces.iter().enumerate() {
            plain.push(index, piece, true);
        }
        plain
    }

    fn found<'a>(text: &'a Plain, passage: &Passage) -> Option<&'a str> {
        text.find(passage).map(|range| &text.text[range])
    }

    fn passage(quote: &str, before: &str, after: &str) -> Passage {
        Passage {
            quote: quote.to_owned(),
            before: before.to_owned(),
            after: after.to_owned(),
        }
    }

    #[test]
    fn a_passage_is_found_where_it_was_marked() {
        let text = plain(&["Answer 200\n  after the ", "insert", ", then stop."]);
        let start = text.offset(0, 7);
        let end = text.offset(1, 6);
        let marked = text.passage(start..end).expect("a passage");
        assert_eq!(marked.quote, "200 after the insert");
        assert_eq!(marked.before, "Answer");
        assert_eq!(marked.after, ", then stop.");
        let range = text.find(&marked).expect("its place");
        assert_eq!(range, start..end);
        let parts = text.parts(range);
        assert_eq!(
            parts,
            [
                Part {
                    piece: 0,
                    units: 7..23
                },
                Part {
                    piece: 1,
                    units: 0..6
                }
            ]
        );
    }

    #[test]
    fn of_repeats_the_one_with_the_same_words_around_it_is_meant() {
        let text = plain(&[
            "one: yes, first.",
            "two: yes, second.",
            "three: yes, third.",
        ]);
        let range = text.find(&passage("yes", "two:", ", second.")).expect("it");
        assert_eq!(text.parts(range)[0].piece, 1);
        // Without a word around it, the first.
        let range = text.find(&passage("yes", "", "")).expect("it");
        assert_eq!(text.parts(range)[0].piece, 0);
    }

    #[test]
    fn a_passage_that_moved_is_found_and_one_that_is_gone_is_not() {
        let text = plain(&["A new beginning.", "Keep the API stable, always."]);
        let moved = passage("Keep the API stable", "Nothing of this", "is here");
        assert_eq!(found(&text, &moved), Some("Keep the API stable"));
        assert_eq!(found(&text, &passage("Keep the old API", "", "")), None);
        assert_eq!(found(&text, &passage("  ", "", "")), None);
    }

    #[test]
    fn white_space_and_what_nobody_sees_make_no_difference() {
        let text = plain(&["Zero\u{200b}width, so\u{ad}ft,\n\n new\u{a0}line"]);
        assert_eq!(
            found(&text, &passage("Zerowidth, soft, new line", "", "")),
            Some("Zerowidth, soft, new line")
        );
        let range = text.find(&passage("width", "", "")).expect("it");
        assert_eq!(
            text.parts(range),
            [Part {
                piece: 0,
                units: 5..10
            }]
        );
    }

    #[test]
    fn right_to_left_and_letters_of_two_units_are_counted_as_the_browser_does() {
        let text = plain(&["\u{200f}שלום עולם, 👍🏽 נהדר"]);
        let range = text.find(&passage("👍🏽", "עולם,", "נהדר")).expect("it");
        let parts = text.parts(range.clone());
        assert_eq!(
            parts,
            [Part {
                piece: 0,
                units: 12..16
            }]
        );
        assert_eq!(text.offset(0, 12)..text.offset(0, 16), range);
        let marked = text.passage(range).expect("a passage");
        assert_eq!((&*marked.quote, &*marked.before), ("👍🏽", "שלום עולם,"));
    }

    #[test]
    fn a_piece_that_is_cut_is_two_with_the_same_text() {
        let mut text = plain(&["One  two three", "four"]);
        let about = passage("two", "One", "three four");
        let place = text.find(&about).expect("it");
        let whole = text.text.clone();
        assert_eq!(text.locate(place.end), Some((0, 8)));
        text.cut(place.end, 2);
        assert_eq!(text.locate(place.start), Some((0, 5)));
        text.cut(place.start, 3);
        let cut = Part {
            piece: 3,
            units: 0..3,
        };
        assert_eq!(text.parts(place.clone()), [cut]);
        let pieces = text.parts(0..whole.len()).into_iter();
        let pieces: Vec<_> = pieces.map(|part| part.piece).collect();
        assert_eq!(pieces, [0, 3, 2, 1]);
        assert_eq!((text.text.clone(), text.find(&about)), (whole, Some(place)));
        assert_eq!(Plain::default().locate(0), None);
    }

    #[test]
    fn a_long_passage_is_cut_and_found_by_its_beginning() {
        let long = "word ".repeat(400);
        let text = plain(&["Before.", &long, "After."]);
        let marked = text.passage(0..text.text.len()).expect("a passage");
        assert_eq!(marked.quote.chars().count(), 1_000);
        assert!(text.find(&marked).is_some());
    }

    #[test]
    fn five_hundred_comments_on_a_megabyte_are_found_in_time() {
        let paragraphs: Vec<String> = (0..20_000)
            .map(|number| format!("Paragraph {number} says that nothing else does the same."))
            .collect();
        let pieces: Vec<&str> = paragraphs.iter().map(String::as_str).collect();
        let text = plain(&pieces);
        assert!(text.text.len() > 1_000_000);
        let begun = Instant::now();
        for number in 0..500 {
            let number = number * 40;
            let about = passage(&format!("Paragraph {number} says"), "", "that nothing");
            let range = text.find(&about).expect("it");
            assert_eq!(text.parts(range)[0].piece, number);
        }
        // Far more than it takes, also without optimisation on a busy machine.
        assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
    }

    #[test]
    fn one_word_a_hundred_thousand_times_ends() {
        let text = plain(&[&"yes ".repeat(100_000)]);
        assert!(text.find(&passage("yes", "no", "no")).is_some());
    }
}
