//! The text that people and agents send: what is allowed in, and in which form.

use std::borrow::Cow;

pub use crate::limits::{
    DOCUMENT_MAX, GOAL_MAX, MESSAGE_MAX, NAME_MAX, PROJECT_MAX, TITLE_MAX, VERSION_MAX,
};
use crate::{Reason, Refusal, limits::SUMMARY_MAX};

/// A line: white space (line breaks too) becomes single blanks, the ends are trimmed, invisible characters go.
///
/// # Errors
/// Refuses an empty line, one over `max` characters, and control characters.
pub fn line(field: &str, text: &str, max: usize) -> Result<String, Refusal> {
    let mut line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.retain(|c| !is_invisible(c));
    if let Some(control) = line.chars().find(|c| c.is_control()) {
        return Err(Refusal::new(
            Reason::Invalid,
            format!(
                "`{field}` contains the control character U+{:04X}.",
                u32::from(control)
            ),
            "printable text on one line.",
            format!("Send `{field}` without control characters."),
        ));
    }
    let length = line.chars().count();
    if length == 0 {
        return Err(Refusal::new(
            Reason::Invalid,
            format!("`{field}` is empty."),
            format!("1 to {max} characters."),
            format!("Send `{field}` with some text."),
        ));
    }
    if length > max {
        return Err(Refusal::new(
            Reason::TooLarge,
            format!("`{field}` has {length} characters."),
            format!("at most {max}."),
            format!("Shorten `{field}`; details belong into the handover."),
        ));
    }
    Ok(line)
}

/// A line that may be left out: `None` and blank text are the same.
///
/// # Errors
/// As [`line`].
pub fn optional_line(
    field: &str,
    text: Option<&str>,
    max: usize,
) -> Result<Option<String>, Refusal> {
    text.filter(|text| !text.trim().is_empty())
        .map(|text| line(field, text, max))
        .transpose()
}

/// A document of several lines, possibly blank: line ends become `\n`, trailing white space goes.
///
/// # Errors
/// Refuses one over `max` bytes and one with a NUL character.
pub fn document(field: &str, text: &str, max: usize) -> Result<String, Refusal> {
    if text.len() > max {
        return Err(Refusal::new(
            Reason::TooLarge,
            format!("`{field}` has {} bytes.", text.len()),
            format!("at most {max} bytes."),
            format!(
                "Shorten `{field}`: keep the results and decisions, and point to files for the rest."
            ),
        ));
    }
    if text.contains('\0') {
        return Err(Refusal::new(
            Reason::Invalid,
            format!("`{field}` contains a NUL character (U+0000)."),
            "text without NUL.",
            format!("Send `{field}` as plain text."),
        ));
    }
    Ok(text
        .replace("\r\n", "\n")
        .replace('\r', "\n")
        .trim_end()
        .to_owned())
}

/// A document that must say something.
///
/// # Errors
/// As [`document`]; also refuses a blank one.
pub fn written_document(field: &str, text: &str, max: usize) -> Result<String, Refusal> {
    let document = document(field, text, max)?;
    if document.trim().is_empty() {
        return Err(Refusal::new(
            Reason::Invalid,
            format!("`{field}` is empty."),
            format!("1 to {max} bytes of Markdown."),
            format!("Write what was done, decided and left open, and send it as `{field}`."),
        ));
    }
    Ok(document)
}

/// The first sentence-like line of a Markdown document, for places that show one line of it.
pub fn summary_of(markdown: &str) -> String {
    let prose = |line: &&str| {
        !line.is_empty() && !line.starts_with(['#', '|', '-', '*', '>', '`', '=', '<'])
    };
    let lines = || markdown.lines().map(str::trim);
    let line = lines()
        .find(prose)
        .or_else(|| lines().find(|line| !line.is_empty()))
        .unwrap_or_default();
    let plain: String = line
        .trim_start_matches(['#', '>', '-', '*', ' '])
        .chars()
        .filter(|c| !matches!(c, '*' | '`') && !c.is_control())
        .collect();
    if plain.chars().count() <= SUMMARY_MAX {
        return plain;
    }
    let cut: String = plain.chars().take(SUMMARY_MAX - 1).collect();
    format!("{}…", cut.trim_end())
}

/// Text without control characters and invisible format characters, for documents that reach a model.
///
/// Terminal escapes and zero-width or bidirectional marks can hide instructions from the person who reviews.
pub fn visible(text: &str) -> Cow<'_, str> {
    // Nearly all text is like this, and no character of it has to be decoded.
    let plain = |byte| matches!(byte, b' '..=b'~' | b'\n' | b'\t');
    if text.bytes().all(plain) {
        return text.into();
    }
    let hidden = |c: char| (c.is_control() && !matches!(c, '\n' | '\t')) || is_invisible(c);
    if text.contains(hidden) {
        text.chars().filter(|c| !hidden(*c)).collect()
    } else {
        text.into()
    }
}

/// Whether a character changes how others are read and is not seen itself. Joiners are not among them: scripts
/// and emoji need them.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stays_one_line() {
        assert_eq!(line("title", "  a\r\nb\t c ", 10).as_deref(), Ok("a b c"));
        for text in ["", " \n ", "a\0b", "a\u{1b}[31m", "12345678901"] {
            assert!(line("title", text, 10).is_err(), "{text:?}");
        }
    }

    #[test]
    fn documents_keep_their_lines_and_have_bounds() {
        assert_eq!(
            document("content", "a\r\nb\rc\n\n", 20).as_deref(),
            Ok("a\nb\nc")
        );
        assert_eq!(
            document("content", "123456", 5).map_err(|r| r.reason),
            Err(Reason::TooLarge)
        );
        assert_eq!(
            written_document("content", " \n", 20).map_err(|r| r.reason),
            Err(Reason::Invalid)
        );
    }

    #[test]
    fn a_summary_is_the_first_prose() {
        assert_eq!(summary_of("# Plan\n\nAll **fixed**.\nMore."), "All fixed.");
        assert_eq!(summary_of("# Only a heading"), "Only a heading");
        assert_eq!(summary_of(&"x".repeat(500)).chars().count(), 240);
    }

    #[test]
    fn hidden_characters_do_not_reach_a_model() {
        assert_eq!(visible("a\u{202e}b\u{1b}[0m\u{200b}\tc\n"), "ab[0m\tc\n");
        assert_eq!(visible("a\u{7f}b\rc\0"), "abc");
        for kept in [" ~\n\t", "größer \u{200d}"] {
            assert!(matches!(visible(kept), Cow::Borrowed(text) if text == kept));
        }
    }
}
