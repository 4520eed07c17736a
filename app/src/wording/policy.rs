//! How the handover of a phase comes to its decision, in words.

use domain::{Phase, Policy};

use crate::{
    Lang,
    api::Failure,
    texts::Hit,
    wording::{connection, list},
};

/// How a phase is accepted, in a few words: `by two people`.
pub(crate) fn rule(lang: Lang, policy: Policy) -> &'static str {
    match policy {
        Policy::Ask => lang.policy_ask(),
        Policy::AcceptUnless(_) => lang.policy_unless(),
        Policy::TwoPeople => lang.policy_two(),
    }
}

/// A handover was accepted by a policy; whose, is said.
pub(crate) fn accepted(lang: Lang, phase: &str, set_by: &str, is_own: bool) -> String {
    if is_own {
        lang.log_accepted_by_policy_of_yours(phase)
    } else {
        lang.log_accepted_by_policy(phase, set_by)
    }
}

/// All policies that somebody has set: `VAN automatic, REFLECT by two people`.
pub(crate) fn in_short(lang: Lang, phases: &[Phase]) -> String {
    let said = phases.iter().filter_map(|phase| {
        let rule = match phase.policy.as_ref()?.policy {
            Policy::Ask => return None,
            Policy::AcceptUnless(_) => lang.policy_in_short_unless(),
            Policy::TwoPeople => lang.policy_in_short_two(),
        };
        Some(lang.policy_of_phase(phase.name.as_str(), rule))
    });
    let said: Vec<_> = said.collect();
    if said.is_empty() {
        return lang.policies_none().to_owned();
    }
    let said: Vec<_> = said.iter().map(String::as_str).collect();
    list(lang, &said)
}

/// Why a policy was not set.
pub(crate) fn not_set(lang: Lang, failure: &Failure) -> String {
    let why = match failure {
        Failure::Refused(problem) if problem.kind() == "not-permitted" => {
            lang.policy_only_owner().to_owned()
        }
        _ => connection::failure(lang, failure),
    };
    format!("{} {why}", lang.policy_not_set())
}

/// Why a handover was not accepted by the policy of its phase.
pub(crate) fn not_automatic(lang: Lang, hits: &[Hit]) -> String {
    let hits: Vec<_> = hits.iter().map(|hit| words(lang, hit)).collect();
    lang.not_automatic(&hits.join(", "))
}

fn words(lang: Lang, hit: &Hit) -> String {
    let count = hit.count;
    match hit.wire.as_str() {
        "failed_tests" => lang.hit_failed_tests(count),
        "placeholders" => lang.hit_placeholders(count),
        "pictures" => lang.hit_pictures(count),
        "open_questions" => lang.hit_open_questions(count),
        "comments" => lang.hit_comments(count),
        "files" => lang.hit_files(count, &hit.limit.to_string()),
        "no_tests" => lang.hit_no_tests().to_owned(),
        "setter_may_not" => lang.hit_setter().to_owned(),
        "paused" => lang.hit_paused().to_owned(),
        "deciding" => lang.hit_deciding().to_owned(),
        "last_phase" => lang.hit_last().to_owned(),
        "not_searched" => lang.hit_not_searched().to_owned(),
        // A newer server knows more of them.
        _ => lang.hit_other().to_owned(),
    }
}

/// Who has accepted, and who can: `first` is the one who has, `others` who may beside the reader.
pub(crate) fn two_people(
    lang: Lang,
    first: Option<&str>,
    reader: &str,
    others: &[String],
) -> String {
    let who = one_of(lang, others);
    match first {
        None if others.is_empty() => lang.two_alone().to_owned(),
        None => lang.two_needed(&who),
        Some(first) if first != reader => lang.two_first(first),
        Some(_) if others.is_empty() => lang.two_first_alone().to_owned(),
        Some(_) => lang.two_first_by_you(&who),
    }
}

/// `Bob, Carla or Dana`.
fn one_of(lang: Lang, names: &[String]) -> String {
    match names.split_last() {
        Some((last, before)) if !before.is_empty() => lang.one_of(&before.join(", "), last),
        _ => names.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_hit_is_said_with_its_numbers() {
        let hit = |wire: &str, count, limit| Hit {
            wire: wire.to_owned(),
            count,
            limit,
        };
        let hits = [
            hit("failed_tests", 2, 0),
            hit("open_questions", 1, 0),
            hit("files", 21, 20),
            hit("moon_phase", 0, 0),
        ];
        assert_eq!(
            not_automatic(Lang::En, &hits),
            "Not accepted automatically: 2 tests failed, 1 open question, 21 files changed (20 allowed), another reason."
        );
        assert_eq!(
            not_automatic(Lang::De, &hits[..1]),
            "Nicht automatisch angenommen: 2 Tests fehlgeschlagen."
        );
    }

    #[test]
    fn who_has_accepted_and_who_is_needed_is_said_to_each_in_their_words() {
        let bob = ["Bob".to_owned(), "Carla".to_owned()];
        for (first, others, words) in [
            (
                None,
                &bob[..],
                "Two people have to accept this. After you, it takes Bob or Carla.",
            ),
            (
                Some("Anna"),
                &bob[..1],
                "You accepted this. It still takes Bob.",
            ),
            (
                Some("Bob"),
                &bob[1..],
                "Bob accepted this. If you accept it too, it's decided.",
            ),
        ] {
            assert_eq!(two_people(Lang::En, first, "Anna", others), words);
        }
        for first in [None, Some("Anna")] {
            let said = two_people(Lang::De, first, "Anna", &[]);
            assert!(said.contains("niemand entscheiden"), "{said}");
        }
    }
}
