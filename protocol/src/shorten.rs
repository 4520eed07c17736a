//! Texts cut to what a line shows.

/// The first `max` characters of a text, with `…` as the last one where something was cut.
pub fn shorten(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        None => text.to_owned(),
        Some(_) => {
            let kept = text
                .char_indices()
                .nth(max.saturating_sub(1))
                .map_or(text.len(), |(index, _)| index);
            format!("{}…", text[..kept].trim_end())
        }
    }
}

/// The beginning of a text, at most `max` bytes, cut between characters.
pub fn beginning(text: &str, max: usize) -> &str {
    let mut end = max.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters() {
        assert_eq!(shorten("grün", 4), "grün");
        assert_eq!(shorten("grüner", 4), "grü…");
        assert_eq!(shorten("", 4), "");
        assert_eq!(beginning("grün", 3), "gr");
        assert_eq!(beginning("grün", 9), "grün");
    }
}
