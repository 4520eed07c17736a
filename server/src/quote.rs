//! Text of others inside a text for a model: a quotation, so that its headings and orders stay apart.

/// A line of tildes that does not occur in the text: a fence that it cannot close itself.
fn fence(text: &str) -> String {
    let longest = text.split(|c| c != '~').map(str::len).max().unwrap_or(0);
    "~".repeat((longest + 1).max(4))
}

/// The text between fences, as the Markdown that it is.
pub fn fenced(text: &str) -> String {
    let fence = fence(text);
    format!("{fence}markdown\n{}\n{fence}", text.trim())
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
}
