//! Everything the board says. The texts are in `app/locales`, one file a language, and each of them is a
//! function of [`Lang`]; here is which one is said when, and what is put into it.

pub(crate) mod age;
pub(crate) mod asking;
pub(crate) mod connection;
pub(crate) mod draft;
pub(crate) mod happened;
pub(crate) mod now;
pub(crate) mod people;
pub(crate) mod pipeline;
pub(crate) mod policy;
pub(crate) mod review;
pub(crate) mod session;
mod text;

pub(crate) use text::load_english_rest;

use domain::{Actor, ActorKind, Purpose};
use protocol::{HandoverRef, MatchIn};

use crate::{Lang, List};

/// Whether somebody is the reader, whose name is empty where nobody is signed in.
pub(crate) fn is_reader(reader: &str, actor: &Actor) -> bool {
    actor.kind == ActorKind::Person && actor.name == reader
}

/// A name, or `you`.
pub(crate) fn who<'a>(lang: Lang, reader: &str, actor: &'a Actor) -> &'a str {
    if is_reader(reader, actor) {
        lang.you()
    } else {
        &actor.name
    }
}

/// `stream, copy and Cursor`.
pub(crate) fn list(lang: Lang, items: &[&str]) -> String {
    let Some((last, before)) = items.split_last() else {
        return String::new();
    };
    let before = before.iter().fold(String::new(), |list, item| {
        if list.is_empty() {
            (*item).to_owned()
        } else {
            lang.list_between(&list, item)
        }
    });
    if before.is_empty() {
        (*last).to_owned()
    } else {
        lang.list_last(&before, last)
    }
}

/// `80%`, as the language writes it.
pub(crate) fn percent(lang: Lang, percent: u8) -> String {
    lang.percent(&percent.to_string())
}

/// The first letter in upper case.
pub(crate) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// The heading of the overview: what waits for the reader. `handovers` says that nothing else does.
pub(crate) fn headline(lang: Lang, waiting: usize, handovers: bool) -> String {
    let count = waiting as u64;
    let number = sentence(&lang.number(count));
    if handovers {
        lang.headline(count, &number)
    } else {
        lang.headline_things(count, &number)
    }
}

/// The title of a window, with the number of what waits in front.
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
    lang.found_nothing(&quoted(lang, find.trim()))
}

/// The name of a list.
pub(crate) fn list_name(lang: Lang, list: List) -> &'static str {
    match list {
        List::Open => lang.list_open(),
        List::Ended => lang.list_ended(),
        List::Archived => lang.list_archived(),
    }
}

/// In what the words of a search were found.
pub(crate) fn found_in(lang: Lang, place: MatchIn) -> &'static str {
    match place {
        MatchIn::Title => lang.found_in_title(),
        MatchIn::Message => lang.found_in_message(),
        MatchIn::Handover => lang.document(),
        MatchIn::Prompt => lang.prompt_text(),
    }
}

/// So many pipelines were archived, or brought back.
pub(crate) fn archived(lang: Lang, count: usize, back: bool) -> String {
    let (count, written) = (count as u64, grouped(lang, count as u64));
    match (count, back) {
        (0, _) => lang.archived_nothing().to_owned(),
        (_, false) => lang.archived_some(count, &written),
        (_, true) => lang.unarchived_some(count, &written),
    }
}

/// The button that archives what is ticked, or brings it back.
pub(crate) fn archive_chosen(lang: Lang, count: usize, back: bool) -> String {
    let (count, written) = (count as u64, grouped(lang, count as u64));
    if back {
        lang.unarchive_chosen(count, &written)
    } else {
        lang.archive_chosen(count, &written)
    }
}

/// A number with the separators of the language: `5,000`, `5.000`.
pub(crate) fn grouped(lang: Lang, number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(lang.pick(',', '.'));
        }
        out.push(digit);
    }
    out
}

/// Text in the quotation marks of the language.
pub(crate) fn quoted(lang: Lang, text: &str) -> String {
    lang.quoted(text)
}

/// `v1.9`; a version that brings its own letter keeps it.
pub(crate) fn version(text: &str) -> String {
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        format!("v{text}")
    } else {
        text.to_owned()
    }
}

/// `PLAN, revision 2`.
pub(crate) fn handover(lang: Lang, about: &HandoverRef) -> String {
    lang.history_handover(about.phase.as_str(), &about.revision.to_string())
}

/// `Prompt for CREATE`, or for another revision of the same phase.
pub(crate) fn prompt_heading(lang: Lang, phase: &str, purpose: Purpose) -> String {
    match purpose {
        Purpose::NextPhase => lang.prompt_for(phase),
        Purpose::Revision => lang.prompt_to_revise(phase),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        for (number, en, de) in [
            (0, "0", "0"),
            (999, "999", "999"),
            (1_000, "1,000", "1.000"),
            (1_234_567, "1,234,567", "1.234.567"),
        ] {
            assert_eq!(grouped(Lang::En, number), en);
            assert_eq!(grouped(Lang::De, number), de);
        }
    }

    #[test]
    fn the_headline_counts_in_words() {
        let cases = [
            (0, "You're all caught up", "Nichts zu tun"),
            (
                1,
                "One handover is waiting for you",
                "Eine Übergabe wartet auf dich",
            ),
            (
                2,
                "Two handovers are waiting for you",
                "Zwei Übergaben warten auf dich",
            ),
            (
                12,
                "Twelve handovers are waiting for you",
                "Zwölf Übergaben warten auf dich",
            ),
            (
                13,
                "13 handovers are waiting for you",
                "13 Übergaben warten auf dich",
            ),
        ];
        for (n, en, de) in cases {
            assert_eq!(headline(Lang::En, n, true), en);
            assert_eq!(headline(Lang::De, n, true), de);
        }
    }

    #[test]
    fn the_headline_counts_more_than_handovers() {
        assert_eq!(headline(Lang::En, 1, false), "One thing needs you");
        assert_eq!(headline(Lang::En, 3, false), "Three things need you");
        assert_eq!(headline(Lang::De, 1, false), "Eine Sache braucht dich");
        assert_eq!(headline(Lang::De, 2, false), "Zwei Dinge brauchen dich");
    }

    #[test]
    fn lists_are_joined_as_the_language_joins_them() {
        assert_eq!(list(Lang::En, &[]), "");
        assert_eq!(list(Lang::En, &["a"]), "a");
        assert_eq!(list(Lang::De, &["a", "b"]), "a und b");
        assert_eq!(list(Lang::En, &["a", "b", "c", "d"]), "a, b, c and d");
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
