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
