//! Text of others inside a text for a model: a quotation, so that its headings and orders stay apart.

use std::borrow::Cow;

use domain::text;

/// Longest run of tildes that is left whole. A fence is longer than every run in the text, and stands twice: without a
/// bound, a text of tildes would become three times as long.
const RUN_MAX: usize = 64;

/// A line of tildes that does not occur in the text: a fence that it cannot close itself.
fn fence(text: &str) -> String {
    let longest = text.split(|c| c != '~').map(str::len).max().unwrap_or(0);
    "~".repeat((longest + 1).max(4))
}

/// The text with a blank inside every run of tildes that is over [`RUN_MAX`].
fn without_long_runs(text: &str) -> Cow<'_, str> {
    if !text.contains(&"~".repeat(RUN_MAX + 1)) {
        return text.into();
    }
    let mut run = 0;
    let mut broken = String::with_capacity(text.len() + text.len() / RUN_MAX);
    for c in text.chars() {
        run = if c == '~' { run + 1 } else { 0 };
        if run > RUN_MAX {
            broken.push(' ');
            run = 1;
        }
        broken.push(c);
    }
    broken.into()
}

/// The text between fences, as the Markdown that it is.
pub fn fenced(text: &str) -> String {
    let text = text::strip_invisible(text.trim());
    let text = without_long_runs(&text);
    let fence = fence(&text);
    format!("{fence}markdown\n{text}\n{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quotation_cannot_close_its_own_fence() {
        assert_eq!(fence("plain"), "~~~~");
        assert_eq!(fence("a\n~~~~~~\nb"), "~~~~~~~");
        assert_eq!(fenced("a\n"), "~~~~markdown\na\n~~~~");
    }

    #[test]
    fn a_text_of_tildes_does_not_grow_its_fence() {
        let text = "~".repeat(700_000);
        let quoted = fenced(&text);
        assert!(
            quoted.len() < text.len() + text.len() / 32,
            "{}",
            quoted.len()
        );
        let kept: String = quoted.lines().nth(1).unwrap_or_default().replace(' ', "");
        assert_eq!(kept, text, "no tilde is lost");
    }
}
