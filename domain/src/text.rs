//! The text that people and agents send: what is allowed in, and in which form.

pub use crate::invisible::{has_format_characters, is_blank, strip_invisible, visible};
pub use crate::limits::{
    DOCUMENT_MAX, GOAL_MAX, MESSAGE_MAX, NAME_MAX, PROJECT_MAX, TITLE_MAX, VERSION_MAX,
};
pub use crate::summary::summary_of;
use crate::{Reason, Refusal};

/// A line: white space (line breaks too) becomes single blanks, the ends are trimmed, invisible characters go
/// (see [`strip_invisible`]).
///
/// # Errors
/// Refuses an empty line, one over `max` characters, and control characters.
pub fn line(field: &str, text: &str, max: usize) -> Result<String, Refusal> {
    let text = strip_invisible(text);
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
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
    if is_blank(&line) {
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

/// A line that may be left out: `None` and a text of which nothing is seen are the same.
///
/// # Errors
/// As [`line()`].
pub fn optional_line(
    field: &str,
    text: Option<&str>,
    max: usize,
) -> Result<Option<String>, Refusal> {
    text.filter(|text| !strip_invisible(text).trim().is_empty())
        .map(|text| line(field, text, max))
        .transpose()
}

/// A document of several lines: line ends become `\n`, trailing white space goes. One of which nothing is seen becomes
/// empty; in others, invisible characters stay, since a decision names the text by its hash.
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
    if is_blank(text) {
        return Ok(String::new());
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
/// As [`document()`]; also refuses a blank one.
pub fn written_document(field: &str, text: &str, max: usize) -> Result<String, Refusal> {
    let document = document(field, text, max)?;
    if document.is_empty() {
        return Err(Refusal::new(
            Reason::Invalid,
            format!("`{field}` is empty."),
            format!("1 to {max} bytes of Markdown."),
            format!("Write what was done, decided and left open, and send it as `{field}`."),
        ));
    }
    Ok(document)
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
}
