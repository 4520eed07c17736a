//! A text for a terminal, line by line.

use std::fmt::Write;

/// As wide as a terminal is at least.
pub const WIDTH: usize = 80;

/// How a line stands out.
#[derive(Clone, Copy)]
pub enum Mark {
    /// As it should be.
    Good,
    /// Neither.
    Plain,
    /// Something is to be done about it.
    Bad,
}

impl Mark {
    /// Good, or bad.
    pub fn good_if(good: bool) -> Self {
        if good { Self::Good } else { Self::Bad }
    }

    /// How it is written.
    pub fn text(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Plain => "-",
            Self::Bad => "!!",
        }
    }
}

/// The text, line by line.
#[derive(Default)]
pub struct Page {
    text: String,
}

impl Page {
    /// Adds a line. Files and servers are not trusted with the terminal.
    pub fn line(&mut self, line: &str) {
        let shown = line.chars().filter(|c| !c.is_control());
        self.text.extend(shown);
        self.text.push('\n');
    }

    /// Adds a text with a mark before it.
    pub fn marked(&mut self, mark: Mark, text: &str) {
        self.wrapped(&format!("  {:4} ", mark.text()), text);
    }

    /// Adds a text and breaks it between words; all lines begin where the first does, behind what leads it in.
    pub fn wrapped(&mut self, lead: &str, text: &str) {
        let indent = lead.chars().count();
        let mut line = lead.to_owned();
        let mut used = indent;
        for word in text.split_whitespace() {
            let width = word.chars().count();
            if used > indent && used + 1 + width > WIDTH {
                self.line(&line);
                line = " ".repeat(indent);
                used = indent;
            }
            let space = if used > indent { " " } else { "" };
            // Writing to a string cannot fail.
            let _ = write!(line, "{space}{word}");
            used += space.len() + width;
        }
        self.line(&line);
    }

    /// All of it.
    pub fn into_text(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_broken_between_words() {
        let mut page = Page::default();
        page.wrapped("  1. ", &"word ".repeat(40));
        let lines: Vec<_> = page.text.lines().collect();
        assert_eq!(lines.len(), 3);
        assert!(lines[0].starts_with("  1. word word") && lines[1].starts_with("     word"));
        assert!(lines.iter().all(|line| line.len() <= WIDTH), "{lines:?}");
        let mut page = Page::default();
        page.wrapped("  ", &"x".repeat(100));
        assert_eq!(page.text.lines().count(), 1, "a word stays whole");
    }

    #[test]
    fn what_others_wrote_cannot_steer_the_terminal() {
        let mut page = Page::default();
        page.wrapped("", "a\u{1b}[2Jb\rc\u{9b}d");
        assert_eq!(page.text, "a[2Jb cd\n");
    }
}
