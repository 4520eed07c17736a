//! Everything the board says, in both languages.
//!
//! Words that stand alone are in [`mod@text`]; sentences with something in them are functions here.

pub(crate) mod age;
pub(crate) mod connection;
pub(crate) mod happened;
pub(crate) mod now;
pub(crate) mod pipeline;
pub(crate) mod review;
mod text;

use domain::Purpose;

use crate::Lang;

/// `Two` for 2: small numbers are words.
pub(crate) fn number(lang: Lang, n: usize, feminine: bool) -> String {
    const EN: [&str; 13] = [
        "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
        "eleven", "twelve",
    ];
    const DE: [&str; 13] = [
        "kein", "ein", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn",
        "elf", "zwölf",
    ];
    match (lang, n, feminine) {
        (Lang::De, 0, true) => "keine".to_owned(),
        (Lang::De, 1, true) => "eine".to_owned(),
        _ => lang
            .pick(EN, DE)
            .get(n)
            .map_or_else(|| n.to_string(), |&word| word.to_owned()),
    }
}

/// The first letter in upper case.
pub(crate) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// The heading of the overview: what waits for the reader.
pub(crate) fn headline(lang: Lang, waiting: usize) -> String {
    match (lang, waiting) {
        (Lang::En, 0) => "Nothing waits for you".to_owned(),
        (Lang::De, 0) => "Nichts wartet auf dich".to_owned(),
        (Lang::En, 1) => "One handover waits for you".to_owned(),
        (Lang::De, 1) => "Eine Übergabe wartet auf dich".to_owned(),
        (Lang::En, n) => sentence(&format!(
            "{} handovers wait for you",
            number(lang, n, false)
        )),
        (Lang::De, n) => sentence(&format!(
            "{} Übergaben warten auf dich",
            number(lang, n, true)
        )),
    }
}

/// The title of a window, with the number of waiting handovers in front.
pub(crate) fn window_title(waiting: usize, page: Option<&str>) -> String {
    let count = if waiting == 0 {
        String::new()
    } else {
        format!("({waiting}) ")
    };
    page.map_or_else(
        || format!("{count}Staffel"),
        |page| format!("{count}{page} · Staffel"),
    )
}

/// Nothing on the overview matches.
pub(crate) fn found_nothing(lang: Lang, find: &str) -> String {
    let what = quoted(lang, find.trim());
    match lang {
        Lang::En => format!("No pipeline matches {what}."),
        Lang::De => format!("Keine Pipeline passt zu {what}."),
    }
}

/// Text in the quotation marks of the language.
pub(crate) fn quoted(lang: Lang, text: &str) -> String {
    match lang {
        Lang::En => format!("“{text}”"),
        Lang::De => format!("„{text}“"),
    }
}

/// `v1.9`; a version that brings its own letter keeps it.
pub(crate) fn version(text: &str) -> String {
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        format!("v{text}")
    } else {
        text.to_owned()
    }
}

/// `Prompt for CREATE`, or for another revision of the same phase.
pub(crate) fn prompt_heading(lang: Lang, phase: &str, purpose: Purpose) -> String {
    match (lang, purpose) {
        (Lang::En, Purpose::NextPhase) => format!("Prompt for {phase}"),
        (Lang::De, Purpose::NextPhase) => format!("Prompt für {phase}"),
        (Lang::En, Purpose::Revision) => format!("Prompt for another revision of {phase}"),
        (Lang::De, Purpose::Revision) => format!("Prompt für eine neue Fassung von {phase}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_headline_counts_in_words() {
        let cases = [
            (0, "Nothing waits for you", "Nichts wartet auf dich"),
            (
                1,
                "One handover waits for you",
                "Eine Übergabe wartet auf dich",
            ),
            (
                2,
                "Two handovers wait for you",
                "Zwei Übergaben warten auf dich",
            ),
            (
                12,
                "Twelve handovers wait for you",
                "Zwölf Übergaben warten auf dich",
            ),
            (
                13,
                "13 handovers wait for you",
                "13 Übergaben warten auf dich",
            ),
        ];
        for (n, en, de) in cases {
            assert_eq!(headline(Lang::En, n), en);
            assert_eq!(headline(Lang::De, n), de);
        }
    }

    #[test]
    fn versions_have_one_v() {
        assert_eq!(version("1.10"), "v1.10");
        assert_eq!(version("v2.0"), "v2.0");
        assert_eq!(version("beta"), "beta");
    }

    #[test]
    fn the_window_title_counts() {
        assert_eq!(window_title(0, None), "Staffel");
        assert_eq!(window_title(2, None), "(2) Staffel");
        assert_eq!(
            window_title(1, Some("Query cache")),
            "(1) Query cache · Staffel"
        );
    }
}
