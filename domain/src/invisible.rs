//! Characters that are not seen: which they are, and where they are needed all the same.
//!
//! Text that a person reviews and a model reads must be the same text. What only a model sees can hide instructions;
//! a name with something invisible in it looks like another. Emoji and some scripts are written with invisible
//! characters, so these stay where they belong: at most one after a character that is seen.

use std::borrow::Cow;

use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{
        DefaultIgnorableCodePoint, Emoji, EmojiModifier, ExtendedPictographic, GeneralCategory,
        GeneralCategoryGroup, IndicSyllabicCategory, JoiningType,
    },
};

const ZWNJ: char = '\u{200c}';
const ZWJ: char = '\u{200d}';
/// Asks for the text form of an emoji.
const TEXT_SELECTOR: char = '\u{fe0e}';
/// Asks for the picture form.
const EMOJI_SELECTOR: char = '\u{fe0f}';
const KEYCAP: char = '\u{20e3}';
const BLACK_FLAG: char = '\u{1f3f4}';
/// What follows the black flag in the flags of England, Scotland and Wales. Unicode recommends no others (UTS #51,
/// `RGI_Emoji_Tag_Sequence`); any other sequence of tags is drawn as the plain flag and would hide its text.
const FLAG_TAGS: [&str; 3] = [
    "\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
    "\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
    "\u{e0067}\u{e0062}\u{e0077}\u{e006c}\u{e0073}\u{e007f}",
];

/// The table. Unicode's "default ignorable" characters are what a font does not draw: bidirectional controls,
/// variation selectors, joiners, tags, fillers, and what is reserved for such. The anchors of annotations
/// (U+FFF9 to U+FFFB) are not among them, and are not drawn either.
fn is_invisible(c: char) -> bool {
    !c.is_ascii()
        && (CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
            || matches!(c, '\u{fff9}'..='\u{fffb}'))
}

/// Text without invisible characters, but for those that emoji and scripts need where they stand. Control characters
/// stay.
pub fn strip_invisible(text: &str) -> Cow<'_, str> {
    let Some(first) = text.find(is_invisible) else {
        return text.into();
    };
    let mut before = Before::default();
    // A joiner may be kept for what stands in front of it, so the context is that of the whole text.
    text[..first].chars().for_each(|c| before.see(c));
    let mut kept = String::with_capacity(text.len());
    kept.push_str(&text[..first]);
    let mut rest = &text[first..];
    while let Some(c) = rest.chars().next() {
        let (unit, after) = rest.split_at(if is_invisible(c) {
            before.keeps(c, rest)
        } else {
            c.len_utf8()
        });
        if unit.is_empty() {
            rest = &rest[c.len_utf8()..];
        } else {
            unit.chars().for_each(|c| before.see(c));
            kept.push_str(unit);
            rest = after;
        }
    }
    if kept.len() == text.len() {
        return text.into();
    }
    kept.into()
}

/// Text as a model may read it: without invisible characters (see [`strip_invisible`]) and without control characters
/// other than line feed and tab. Terminal escapes, too, hide text from the person who reviews.
pub fn visible(text: &str) -> Cow<'_, str> {
    // Nearly all text is like this, and no character of it has to be decoded.
    let plain = |byte| matches!(byte, b' '..=b'~' | b'\n' | b'\t');
    if text.bytes().all(plain) {
        return text.into();
    }
    let hidden = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    if text.contains(hidden) {
        let text: String = text.chars().filter(|c| !hidden(*c)).collect();
        return strip_invisible(&text).into_owned().into();
    }
    strip_invisible(text)
}

/// Whether nothing of a text is seen: white space, control characters, invisible ones, and the two symbols that are
/// drawn as nothing (an empty Braille cell, a note without a head).
pub fn is_blank(text: &str) -> bool {
    text.chars().all(|c| {
        c.is_whitespace()
            || c.is_control()
            || is_invisible(c)
            || matches!(c, '\u{2800}' | '\u{1d159}')
    })
}

/// Whether a text has characters of the category "format" (`\p{Cf}`), also where they are needed. Some programs refuse
/// every text that has one.
pub fn has_format_characters(text: &str) -> bool {
    let categories = CodePointMapData::<GeneralCategory>::new();
    let mut characters = text.chars().filter(|c| !c.is_ascii());
    characters.any(|c| categories.get(c) == GeneralCategory::Format)
}

/// What the characters so far let an invisible one do.
#[derive(Default)]
struct Before {
    /// The last character.
    last: Option<char>,
    /// It is an emoji, or one with its selector or skin tone: another can be joined to it.
    pictograph: bool,
    /// It is a letter, or one with its marks, of a script in which joiners change how letters are drawn.
    joins: bool,
}

impl Before {
    /// How many bytes at the beginning of `rest` stay; `c` is the first of these characters, and invisible.
    fn keeps(&self, c: char, rest: &str) -> usize {
        let next = rest[c.len_utf8()..].chars().next();
        let needed = match c {
            TEXT_SELECTOR | EMOJI_SELECTOR => match self.last {
                // Digits, `#` and `*` are emoji by their key alone.
                Some(last) if last.is_ascii() => next == Some(KEYCAP) && is_emoji(last),
                Some(last) => is_emoji(last) && is_pictograph(last),
                None => false,
            },
            ZWJ => self.joins || (self.pictograph && next.is_some_and(is_pictograph)),
            ZWNJ => self.joins,
            _ if self.last == Some(BLACK_FLAG) => {
                let tags = FLAG_TAGS.iter().find(|tags| rest.starts_with(**tags));
                return tags.map_or(0, |tags| tags.len());
            }
            _ => false,
        };
        if needed { c.len_utf8() } else { 0 }
    }

    /// Goes on by a character that stays.
    fn see(&mut self, c: char) {
        self.last = Some(c);
        if c.is_ascii() {
            (self.pictograph, self.joins) = (false, false);
            return;
        }
        let extends = c == EMOJI_SELECTOR || CodePointSetData::new::<EmojiModifier>().contains(c);
        self.pictograph = is_pictograph(c) || (self.pictograph && extends);
        let category = CodePointMapData::<GeneralCategory>::new().get(c);
        self.joins = if GeneralCategoryGroup::Letter.contains(category) {
            is_joining(c)
        } else {
            // One joiner is enough: none of them carries on, though some are marks by their category.
            self.joins && GeneralCategoryGroup::Mark.contains(category) && !is_invisible(c)
        };
    }
}

fn is_emoji(c: char) -> bool {
    CodePointSetData::new::<Emoji>().contains(c)
}

fn is_pictograph(c: char) -> bool {
    CodePointSetData::new::<ExtendedPictographic>().contains(c)
}

/// Whether a letter belongs to a script in which joiners change how letters are drawn: a cursive one such as Arabic,
/// or one that is written in syllables such as Devanagari.
fn is_joining(letter: char) -> bool {
    let joining = CodePointMapData::<JoiningType>::new().get(letter);
    let syllabic = CodePointMapData::<IndicSyllabicCategory>::new().get(letter);
    joining == JoiningType::DualJoining
        || joining == JoiningType::RightJoining
        || joining == JoiningType::LeftJoining
        || syllabic != IndicSyllabicCategory::Other
}

#[cfg(test)]
mod tests {
    use icu_properties::props::{BidiControl, VariationSelector};

    use super::*;

    #[test]
    fn the_table_has_every_range_that_can_hide_text() {
        for range in [
            '\u{ad}'..='\u{ad}',
            '\u{61c}'..='\u{61c}',
            '\u{115f}'..='\u{1160}',
            '\u{180b}'..='\u{180f}',
            '\u{200b}'..='\u{200f}',
            '\u{202a}'..='\u{202e}',
            '\u{2060}'..='\u{206f}',
            '\u{3164}'..='\u{3164}',
            '\u{fe00}'..='\u{fe0f}',
            '\u{feff}'..='\u{feff}',
            '\u{ffa0}'..='\u{ffa0}',
            '\u{fff0}'..='\u{fffb}',
            '\u{1d173}'..='\u{1d17a}',
            '\u{e0000}'..='\u{e0fff}',
        ] {
            for c in range {
                assert!(is_invisible(c), "U+{:04X}", u32::from(c));
            }
        }
        for c in '\0'..=char::MAX {
            let hides = CodePointSetData::new::<BidiControl>().contains(c)
                || CodePointSetData::new::<VariationSelector>().contains(c);
            assert!(!hides || is_invisible(c), "U+{:04X}", u32::from(c));
        }
    }

    #[test]
    fn between_latin_letters_nothing_of_the_table_stays() {
        for c in '\0'..=char::MAX {
            let given = ['a', c, 'b'].iter().collect::<String>();
            let expected = if is_invisible(c) { "ab" } else { &given };
            assert_eq!(strip_invisible(&given), expected, "U+{:04X}", u32::from(c));
        }
    }

    #[test]
    fn joiners_do_nothing_for_scripts_that_do_not_join() {
        for letter in "aäßжαあ漢한ɐªﬁ".chars() {
            assert!(!is_joining(letter), "{letter}");
        }
    }
}
