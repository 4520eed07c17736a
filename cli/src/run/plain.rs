//! Text of agents as a terminal may show it, and as the board takes it.

use domain::text::visible;
use protocol::shorten;

/// One line of at most so many characters: without control characters, terminal escapes and invisible characters, with
/// single blanks.
pub fn plain(text: &str, most: usize) -> String {
    // More is not looked at: a line may have megabytes.
    let end = text
        .char_indices()
        .nth(most.saturating_mul(4).saturating_add(1))
        .map_or(text.len(), |(at, _)| at);
    let spaced: String = text[..end]
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let words: Vec<_> = spaced.split_whitespace().collect();
    shorten(&visible(&words.join(" ")), most)
}

/// Text of several lines, of at most so many bytes: line breaks and tabs stay, other control characters and invisible ones go.
pub fn plain_lines(text: &str, most: usize) -> String {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let cut = if end < text.len() { " …" } else { "" };
    visible(&text[..end]).trim_end().to_owned() + cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_would_obey_is_left() {
        let nasty = "a\u{1b}[2J\r\nb\u{202e}c\u{7}\u{9b}31m \t d";
        let shown = plain(nasty, 100);
        assert!(!shown.contains(char::is_control), "{shown:?}");
        assert!(!shown.contains('\u{202e}'), "{shown:?}");
        assert!(shown.starts_with("a [2J b"), "{shown:?}");
        assert!(plain(&"x".repeat(1_000_000), 10).chars().count() <= 10);
    }

    #[test]
    fn lines_stay_lines_within_their_bound() {
        assert_eq!(plain_lines("a\n\tb\u{1b}\n", 100), "a\n\tb");
        assert_eq!(plain_lines("äöü", 3), "ä …");
    }
}
