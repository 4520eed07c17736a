//! One line of a handover.

use crate::{
    limits::SUMMARY_MAX,
    text::{is_blank, strip_invisible},
};

/// The first sentence-like line of a Markdown document, for places that show one line of it.
pub fn summary_of(markdown: &str) -> String {
    let prose =
        |line: &str| !is_blank(line) && !line.starts_with(['#', '|', '-', '*', '>', '`', '=', '<']);
    let lines = || markdown.lines().map(strip_invisible);
    let line = lines()
        .find(|line| prose(line.trim()))
        .or_else(|| lines().find(|line| !is_blank(line)))
        .unwrap_or_default();
    let plain: String = line
        .trim()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_is_the_first_prose() {
        assert_eq!(summary_of("# Plan\n\nAll **fixed**.\nMore."), "All fixed.");
        assert_eq!(summary_of("# Only a heading"), "Only a heading");
        assert_eq!(summary_of(&"x".repeat(500)).chars().count(), 240);
    }
}
