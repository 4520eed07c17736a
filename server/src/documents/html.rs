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

/// The elements of sanitised HTML that lie in no other one. Text between them is white space.
pub fn top_level(html: &str) -> Vec<&str> {
    let (mut blocks, mut depth, mut start) = (Vec::new(), 0_usize, 0);
    for (at, token) in tokens(html) {
        let end = at + token.len();
        if token.starts_with("</") {
            depth = depth.saturating_sub(1);
        } else if token.starts_with('<') && !is_void(token) {
            depth += 1;
        }
        if depth == 0 {
            let block = html[start..end].trim();
            if !block.is_empty() {
                blocks.push(block);
            }
            start = end;
        }
    }
    let rest = html[start..].trim();
    blocks.extend((!rest.is_empty()).then_some(rest));
    blocks
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
    for block in top_level(html) {
        if left < block.len() {
            all += if all.is_empty() { OPEN } else { BETWEEN };
            left = STRETCH;
        }
        left = left.saturating_sub(block.len());
        all += block;
        all.push('\n');
    }
    all += CLOSE;
    Some(all)
}

const OPEN: &str = "<div class=\"stretch\">\n";
const CLOSE: &str = "</div>\n";
const BETWEEN: &str = "</div>\n<div class=\"stretch\">\n";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_text_in_stretches_has_the_same_blocks(
            lengths in proptest::collection::vec(prop_oneof![1..2_000_usize, 1..2 * STRETCH], 0..60),
        ) {
            let blocks: Vec<_> = lengths.iter().map(|length| format!("<p>{}<br></p>", "x".repeat(*length))).collect();
            let html = blocks.join("\n");
            let Some(long) = in_stretches(&html) else {
                prop_assert!(html.len() <= LONG);
                return Ok(());
            };
            let stretches = top_level(&long);
            let mut inside = Vec::new();
            for stretch in &stretches {
                let within = stretch.strip_prefix(OPEN).and_then(|rest| rest.strip_suffix(CLOSE.trim_end()));
                let here = top_level(within.expect("a stretch"));
                prop_assert!(here.len() == 1 || here.iter().map(|block| block.len()).sum::<usize>() <= STRETCH);
                inside.extend(here);
            }
            prop_assert_eq!(inside, blocks);
            prop_assert!(stretches.len() <= lengths.len());
        }
    }
}
