//! Words as a search knows them: without marks and capitals, in Rust, so that every engine finds the same whatever
//! language the database was made for.

use std::fmt::Write;

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Longest word in bytes: PostgreSQL takes no longer ones. Of a longer one its beginning is found.
const WORD: usize = 2_046;
/// The largest place of a word that PostgreSQL keeps.
const LAST_PLACE: usize = 16_383;

/// The words of a text: runs of letters and digits.
fn words(text: &str) -> impl Iterator<Item = String> {
    let folded: String = text
        .nfd()
        .filter(|letter| !is_combining_mark(*letter))
        .flat_map(char::to_lowercase)
        // The sigma at the end of a word is the same letter.
        .map(|letter| if letter == 'ς' { 'σ' } else { letter })
        .collect();
    let words = folded.split(|letter: char| !letter.is_alphanumeric());
    let words: Vec<_> = words
        .filter(|word| !word.is_empty())
        .map(|word| protocol::beginning(word, WORD).to_owned())
        .collect();
    words.into_iter()
}

/// A text as a `tsvector`.
pub fn vector(text: &str) -> String {
    let mut vector = String::with_capacity(text.len());
    for (place, word) in words(text).enumerate() {
        // A word has letters and digits only: nothing in it is syntax.
        let _ = write!(vector, "'{word}':{} ", (place + 1).min(LAST_PLACE));
    }
    vector
}

/// What is looked for as a `tsquery`: every one of them, the last word of each by its beginning. `None`: nothing that
/// could be found.
pub fn query(asked: &[String]) -> Option<String> {
    let mut query = String::new();
    for phrase in asked {
        let mut words = words(phrase).peekable();
        if words.peek().is_none() {
            continue;
        }
        if !query.is_empty() {
            query.push_str(" & ");
        }
        query.push('(');
        while let Some(word) = words.next() {
            let _ = write!(query, "'{word}'");
            query.push_str(if words.peek().is_some() {
                " <-> "
            } else {
                ":*"
            });
        }
        query.push(')');
    }
    (!query.is_empty()).then_some(query)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_without_marks_and_capitals() {
        assert_eq!(
            vector("Grüße, GRÜSSE: l'été"),
            "'gruße':1 'grusse':2 'l':3 'ete':4 "
        );
        assert_eq!(vector(" \0 '\\' "), "");
    }

    #[test]
    fn what_is_asked_is_never_syntax() {
        let query =
            |words: &[&str]| query(&words.iter().map(|&word| word.into()).collect::<Vec<_>>());
        assert_eq!(
            query(&["foo-Bar", "b'az"]).as_deref(),
            Some("('foo' <-> 'bar':*) & ('b' <-> 'az':*)")
        );
        assert_eq!(query(&["'; DROP"]).as_deref(), Some("('drop':*)"));
        assert_eq!(query(&["found", "&|!"]).as_deref(), Some("('found':*)"));
        assert_eq!(query(&["&|!"]), None);
    }

    #[test]
    fn a_word_without_end_is_cut_between_letters() {
        let long = "ß".repeat(5_000);
        assert_eq!(vector(&long), format!("'{}':1 ", "ß".repeat(1_023)));
    }
}
