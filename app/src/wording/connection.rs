//! What is said about the live connection and about requests that failed.

use domain::Timestamp;

use super::age;
use crate::{
    Lang,
    api::Failure,
    link::{Link, Lost},
};

/// The word on the badge.
pub(crate) fn badge(lang: Lang, link: &Link) -> &'static str {
    match link {
        Link::Connecting => lang.connecting(),
        Link::Live => lang.live(),
        Link::Lost(lost) if lost.is_offline() => lang.offline(),
        Link::Lost(_) => lang.reconnecting(),
    }
}

/// The sentence under the header while nothing arrives.
pub(crate) fn stale(lang: Lang, since: Timestamp, now: Timestamp) -> String {
    let span = age::span(lang, now.millis_since(since));
    match lang {
        Lang::En => format!("No news for {span}. What is grey may be old."),
        Lang::De => format!("Seit {span} nichts Neues. Graues kann alt sein."),
    }
}

/// What happens next: the next try, and when.
pub(crate) fn next_try(lang: Lang, lost: &Lost, now: Timestamp) -> String {
    let attempt = lost.attempt;
    if lost.no_network {
        return lang
            .pick("This device has no network.", "Dieses Gerät hat kein Netz.")
            .to_owned();
    }
    match (lang, lost.seconds_left(now)) {
        (Lang::En, 0) => format!("Attempt {attempt}, trying now."),
        (Lang::De, 0) => format!("Versuch {attempt}, läuft."),
        (Lang::En, left) => format!("Attempt {attempt} in {left} s."),
        (Lang::De, left) => format!("Versuch {attempt} in {left} s."),
    }
}

/// Why a request failed, and what to do.
pub(crate) fn failure(lang: Lang, failure: &Failure) -> String {
    match failure {
        Failure::Unreachable => lang
            .pick(
                "Staffel cannot be reached. Is it running? Try again in a moment.",
                "Staffel ist nicht zu erreichen. Läuft es? Versuch es gleich noch einmal.",
            )
            .to_owned(),
        Failure::Unreadable => lang
            .pick(
                "Staffel's answer cannot be read. Reload the page: it may be older than the server.",
                "Staffels Antwort ist nicht zu lesen. Lade die Seite neu: Sie ist vielleicht älter als der Server.",
            )
            .to_owned(),
        Failure::Refused(problem) => {
            let why = problem.detail.as_deref().unwrap_or(&problem.title);
            problem.next.as_deref().map_or_else(|| why.to_owned(), |next| format!("{why} {next}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_try_is_counted_down() {
        let at = Timestamp::from_millis;
        let lost = Lost {
            since: at(0),
            attempt: 3,
            next_try: Some(at(9_500)),
            no_network: false,
        };
        assert_eq!(next_try(Lang::En, &lost, at(5_000)), "Attempt 3 in 5 s.");
        assert_eq!(next_try(Lang::De, &lost, at(9_500)), "Versuch 3, läuft.");
        assert_eq!(
            stale(Lang::En, at(0), at(125_000)),
            "No news for 2 min. What is grey may be old."
        );
    }
}
