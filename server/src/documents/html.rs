//! Pieces of HTML that more than one file here writes or reads.

use std::borrow::Cow;

/// Adds a text to HTML, between tags.
pub fn escape(text: &str, html: &mut String) {
    for part in text.split_inclusive(['&', '<', '>']) {
        match part.char_indices().next_back() {
            Some((at, '&')) => html.extend([&part[..at], "&amp;"]),
            Some((at, '<')) => html.extend([&part[..at], "&lt;"]),
            Some((at, '>')) => html.extend([&part[..at], "&gt;"]),
            _ => html.push_str(part),
        }
    }
}

/// HTML of a document without its `span` elements: the colours of code, and what marks a picture.
pub fn plain(html: &str) -> Cow<'_, str> {
    if !html.contains("</span>") {
        return Cow::Borrowed(html);
    }
    let mut plain = String::with_capacity(html.len());
    for piece in html.split("</span>") {
        let mut pieces = piece.split("<span ");
        plain.extend(pieces.next());
        plain.extend(pieces.filter_map(|piece| Some(piece.split_once('>')?.1)));
    }
    Cow::Owned(plain)
}

/// The elements of sanitised HTML that lie in no other one, and text that lies in none.
pub fn top_level(html: &str) -> Vec<&str> {
    let blocks = pieces(html).into_iter().map(str::trim);
    blocks.filter(|block| !block.is_empty()).collect()
}

/// The same with the blanks between them: together they are all of it.
fn pieces(html: &str) -> Vec<&str> {
    let (mut pieces, mut depth, mut start) = (Vec::new(), 0_usize, 0);
    for (at, token) in tokens(html) {
        if !token.starts_with('<') {
            continue;
        }
        if depth == 0 && !html[start..at].trim().is_empty() {
            pieces.push(&html[start..at]);
            start = at;
        }
        if token.starts_with("</") {
            depth = depth.saturating_sub(1);
        } else if !is_void(token) {
            depth += 1;
        }
        let end = at + token.len();
        if depth == 0 {
            pieces.push(&html[start..end]);
            start = end;
        }
    }
    if start < html.len() {
        pieces.push(&html[start..]);
    }
    pieces
}

fn is_void(tag: &str) -> bool {
    matches!(name(tag), "br" | "hr" | "img" | "input" | "wbr" | "col")
}

/// What a tag is called.
pub fn name(tag: &str) -> &str {
    let tag = tag.trim_start_matches(['<', '/']);
    let end = tag.find(|letter: char| !letter.is_ascii_alphanumeric());
    &tag[..end.unwrap_or(tag.len())]
}

/// Tags, words and what lies between words, each with its place. A sanitiser has written this: `<` begins a tag.
pub fn tokens(html: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = html.get(at..).filter(|rest| !rest.is_empty())?;
        let is_word =
            |letter: char| letter.is_alphanumeric() || matches!(letter, '&' | ';' | '#' | '_');
        let length = if rest.starts_with('<') {
            rest.find('>').map_or(rest.len(), |end| end + 1)
        } else {
            let word = rest.starts_with(is_word);
            let end = rest.find(|letter: char| letter == '<' || is_word(letter) != word);
            end.unwrap_or(rest.len())
        };
        let token = (at, &rest[..length]);
        at += length;
        Some(token)
    })
}

/// Longest HTML, in bytes, that a browser lays out at once: of the whole text, and of what is put together.
const LONG: usize = 128 * 1024;
const STRETCH: usize = 24 * 1024;

/// A long text in stretches of some blocks each, so that a browser lays out only those that are in view: for all of it a
/// megabyte takes more than a second. Each block for itself would be thousands of elements to watch.
pub fn in_stretches(html: &str) -> Option<String> {
    if html.len() <= LONG {
        return None;
    }
    let mut all = String::with_capacity(html.len() + html.len() / 100);
    let mut left = 0_usize;
    for piece in pieces(html) {
        if left < piece.len() {
            all += if all.is_empty() { OPEN } else { BETWEEN };
            left = STRETCH;
        }
        left = left.saturating_sub(piece.len());
        all += piece;
    }
    all += CLOSE;
    Some(all)
}

const OPEN: &str = "<div class=\"stretch\">";
const CLOSE: &str = "</div>";
const BETWEEN: &str = "</div><div class=\"stretch\">";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Blocks as a renderer writes them, and text in none of them.
    fn block() -> impl Strategy<Value = String> {
        prop_oneof![
            (1..2 * STRETCH).prop_map(|length| format!("<p>{}<br></p>", "x".repeat(length))),
            Just("<ul>\n<li>One, two: <em>three</em>.</li>\n</ul>".to_owned()),
            Just("&lt;summary&gt;More, please.&lt;/summary&gt;".to_owned()),
            Just("<hr>".to_owned()),
        ]
    }

    proptest! {
        #[test]
        fn a_text_in_stretches_is_the_same_text(
            blocks in proptest::collection::vec(block(), 0..60),
            between in prop_oneof![Just(""), Just("\n"), Just(" \n\n")],
        ) {
            let html = blocks.join(between);
            prop_assert_eq!(pieces(&html).concat(), html.as_str());
            let Some(long) = in_stretches(&html) else {
                prop_assert!(html.len() <= LONG);
                return Ok(());
            };
            for stretch in top_level(&long) {
                let inside = stretch.strip_prefix(OPEN).and_then(|rest| rest.strip_suffix(CLOSE));
                let inside = inside.expect("a stretch");
                prop_assert!(inside.len() <= STRETCH || top_level(inside).len() == 1);
            }
            let plain = long.replace(BETWEEN, "");
            let plain = plain.strip_prefix(OPEN).and_then(|rest| rest.strip_suffix(CLOSE));
            prop_assert_eq!(plain, Some(html.as_str()));
        }
    }

    #[test]
    fn text_that_lies_in_no_element_is_one_piece() {
        assert_eq!(
            top_level("&lt;b&gt;More, please.\n<p>One.</p>\n<hr>Two, three"),
            [
                "&lt;b&gt;More, please.",
                "<p>One.</p>",
                "<hr>",
                "Two, three"
            ]
        );
    }
}
