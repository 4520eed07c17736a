//! What is said about the live connection and about requests that failed.

use domain::Timestamp;

use super::age;
use crate::{
    Lang,
    api::{Failure, Problem},
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
    lang.stale(&age::exact_span(lang, now.millis_since(since)))
}

/// What happens next: the next try, and when.
pub(crate) fn next_try(lang: Lang, lost: &Lost, now: Timestamp) -> String {
    match lost.seconds_left(now) {
        _ if lost.no_network => lang.no_network().to_owned(),
        ..=0 => lang.trying_now().to_owned(),
        left => lang.next_try(&left.to_string()),
    }
}

/// Why a request failed, and what to do.
pub(crate) fn failure(lang: Lang, failure: &Failure) -> String {
    match failure {
        Failure::Unreachable => lang.unreachable().to_owned(),
        Failure::Unreadable => lang.unreadable().to_owned(),
        Failure::Refused(problem) => refusal(lang, problem),
    }
}

/// Why the text at an address is not shown: `unknown` where there is no such text, else `what` could not be loaded.
pub(crate) fn not_loaded(lang: Lang, why: &Failure, what: &str, unknown: (&str, &str)) -> String {
    match why {
        Failure::Refused(problem) if problem.status == 404 => {
            format!("{}. {}", unknown.0, unknown.1)
        }
        why => format!("{what} {}", failure(lang, why)),
    }
}

/// A refusal in the board's own words: the server's are written for agents, and name their tools.
/// Of what the board does not know by its kind only the title is told.
fn refusal(lang: Lang, problem: &Problem) -> String {
    let words = match problem.kind() {
        "not-found" => lang.refused_not_found(),
        "wrong-phase" | "not-your-turn" => lang.refused_moved_on(),
        "already-decided" => lang.refused_already_decided(),
        "stale-revision" => lang.refused_stale_revision(),
        "only-people-decide" => lang.refused_people_only(),
        "sign-in-needed" => lang.refused_signed_out(),
        "ended" => lang.refused_ended(),
        "not-permitted" => lang.refused_not_permitted(),
        "too-large" => lang.refused_too_large(),
        "disk-full" => lang.refused_disk_full(),
        // Whether it was saved is not always known; by its key the same decision is made once.
        "unavailable" | "unknown-outcome" | "behind" => lang.refused_unavailable(),
        _ => return lang.refused_otherwise(&problem.title),
    };
    words.to_owned()
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
        assert_eq!(next_try(Lang::En, &lost, at(5_000)), "Retrying in 5 s");
        assert_eq!(
            next_try(Lang::De, &lost, at(9_500)),
            "Neuer Versuch läuft …"
        );
        assert_eq!(
            stale(Lang::En, at(0), at(125_000)),
            "Connection lost 2 min ago. What you see may be out of date."
        );
        assert_eq!(
            stale(Lang::De, at(0), at(12_000)),
            "Seit 12 s keine Verbindung. Die Anzeige ist vielleicht veraltet."
        );
    }

    #[test]
    fn an_address_of_nothing_says_so() {
        let unknown = ("Prompt not found", "The link may be incomplete.");
        let said = |why: &Failure| not_loaded(Lang::En, why, "It couldn't be loaded.", unknown);
        let missing = Failure::Refused(Problem {
            status: 404,
            ..Problem::default()
        });
        assert_eq!(
            said(&missing),
            "Prompt not found. The link may be incomplete."
        );
        assert_eq!(
            said(&Failure::Unreachable),
            "It couldn't be loaded. Can't reach Staffel. Check that it's running, then try again."
        );
    }

    #[test]
    fn a_refusal_for_agents_is_said_in_words_for_people() {
        let problem = |kind: &str| Problem {
            kind: format!("urn:staffel:problem:{kind}"),
            title: "Of tomorrow".to_owned(),
            ..Problem::default()
        };
        let refused = |kind| Failure::Refused(problem(kind));
        assert_eq!(
            failure(Lang::En, &refused("ended")),
            "This pipeline has ended."
        );
        assert_eq!(
            failure(Lang::De, &refused("stale-revision")),
            "Es gibt eine neuere Fassung. Lies sie, bevor du entscheidest."
        );
        assert_eq!(
            failure(Lang::En, &refused("unknown-outcome")),
            failure(Lang::En, &refused("unavailable"))
        );
        // What is not known, or comes from a proxy, leaves out what an agent should call.
        assert_eq!(
            failure(Lang::De, &refused("of-tomorrow")),
            "Der Server hat das nicht angenommen (Of tomorrow). Lade die Seite neu und versuch es noch einmal."
        );
    }
}
