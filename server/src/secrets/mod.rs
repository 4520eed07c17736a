//! What in a text may be a secret: keys, tokens, passwords. Agents paste them without noticing; before a text leaves for
//! other programs and machines, they are masked, or a person says that it may go as it is.

mod guard;
mod rules;

use std::{borrow::Cow, collections::HashSet, ops::Range};

use regex::Regex;

use rules::{Rule, Severity, rules};

pub use guard::{guarded, guarded_start};

/// Most places that are named in one text. A text with more is full of them: what follows is masked all the same.
const NAMED: usize = 100;

/// A place in a text that may be a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What sort of secret, in words.
    pub kind: &'static str,
    /// Where it is, in bytes.
    pub range: Range<usize>,
}

impl Found {
    /// What there is instead when it is masked.
    pub fn mask(&self) -> String {
        format!("{MASK}{}]", self.kind)
    }

    /// It as people are told: the secret itself is not repeated.
    pub fn told(&self, text: &str) -> protocol::Secret {
        let before = text.as_bytes().get(..self.range.start).unwrap_or_default();
        let lines = before.iter().filter(|byte| **byte == b'\n').count();
        protocol::Secret {
            kind: self.kind.to_owned(),
            line: u32::try_from(lines + 1).unwrap_or(u32::MAX),
            mask: self.mask(),
        }
    }
}

/// How every mask begins. No rule takes it for a secret.
const MASK: &str = "[masked: ";

/// How often is looked again in what is left once the secrets that are known are masked.
const AGAIN: usize = 4;

/// What in this text may be a secret, in order; no two overlap. The time is linear in the length of the text.
pub fn find(text: &str) -> Vec<Found> {
    let mut found = find_once(text);
    for _ in 0..AGAIN {
        if found.is_empty() {
            break;
        }
        // A rule that takes something and dismisses it passes over what begins in there. Masked, it is another text.
        let left = find_once(&masked(text, &found));
        if left.is_empty() {
            break;
        }
        let left = in_original(left, &found);
        found = without_overlaps(found.into_iter().chain(left).collect());
    }
    found
}

/// Places of a masked text, in the text that was masked at `known`.
fn in_original(places: Vec<Found>, known: &[Found]) -> Vec<Found> {
    // Where each mask ends, and how much longer the original is up to there.
    let mut ends = Vec::with_capacity(known.len());
    let mut longer = 0_isize;
    for place in known {
        let mask = place.mask().len();
        let start = place.range.start.wrapping_add_signed(-longer);
        longer += place.range.len() as isize - mask as isize;
        ends.push((start, start + mask, longer));
    }
    let original = |at: usize, is_end: bool| {
        let before = ends.partition_point(|(_, end, _)| *end <= at);
        let longer = before.checked_sub(1).map_or(0, |last| ends[last].2);
        match (ends.get(before), known.get(before)) {
            (Some((start, ..)), Some(place)) if *start < at && is_end => place.range.end,
            (Some((start, ..)), Some(place)) if *start < at => place.range.start,
            _ => at.wrapping_add_signed(longer),
        }
    };
    let place = |place: Found| Found {
        range: original(place.range.start, false)..original(place.range.end, true),
        ..place
    };
    places.into_iter().map(place).collect()
}

fn find_once(text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    for rule in rules().in_question(text) {
        rule.find(text, |range| {
            found.push(Found {
                kind: rule.name(),
                range,
            });
        });
    }
    find_split(text, &mut found);
    without_overlaps(found)
}

/// The text without what may be a secret.
pub fn mask(text: &str) -> Cow<'_, str> {
    masked(text, &find(text))
}

/// The text without these places.
pub fn masked<'a>(text: &'a str, found: &[Found]) -> Cow<'a, str> {
    if found.is_empty() {
        return Cow::Borrowed(text);
    }
    let (mut out, mut from) = (String::with_capacity(text.len()), 0);
    for place in found {
        out.push_str(&text[from..place.range.start]);
        out.push_str(&place.mask());
        from = place.range.end;
    }
    out.push_str(&text[from..]);
    Cow::Owned(out)
}

/// These as people are told, the first hundred.
pub fn told(text: &str, found: &[Found]) -> Vec<protocol::Secret> {
    let found = found.iter().take(NAMED);
    found.map(|place| place.told(text)).collect()
}

/// Finds secrets that a line break cuts in two. Only rules that know how a secret looks are asked: the end of one line and
/// the beginning of the next make a word by chance.
fn find_split(text: &str, found: &mut Vec<Found>) {
    let (joined, cuts) = joined(text);
    if cuts.is_empty() {
        return;
    }
    let telling = |rule: &&Rule| rule.severity() >= Severity::High;
    let whole: HashSet<usize> = found.iter().map(|known| known.range.start).collect();
    for rule in rules().in_question(&joined).filter(telling) {
        rule.find(&joined, |range| {
            let first = cuts.partition_point(|cut| cut.at <= range.start);
            let after = cuts.partition_point(|cut| cut.at < range.end);
            // What was cut out before its beginning, and before its end.
            let before = first.checked_sub(1).map_or(0, |cut| cuts[cut].removed);
            let within = after.checked_sub(1).map_or(0, |cut| cuts[cut].removed);
            let range = range.start + before..range.end + within;
            // One that is whole in its line only seems to go on in the next.
            let known = whole.contains(&range.start);
            if first < after && !known {
                found.push(Found {
                    kind: rule.name(),
                    range,
                });
            }
        });
    }
}

/// Where a line break was taken out.
struct Cut {
    /// In the text without them.
    at: usize,
    /// How many bytes are gone up to here.
    removed: usize,
}

/// The text without its line breaks, and what goes with them: a backslash before, quotation marks and spaces after. An empty
/// line ends whatever came before it.
fn joined(text: &str) -> (String, Vec<Cut>) {
    static BREAK: std::sync::LazyLock<Option<Regex>> =
        std::sync::LazyLock::new(|| Regex::new(r"(?:\\?\r?\n[ \t]*(?:>[ \t]*)*)+").ok());
    let (mut out, mut cuts) = (String::with_capacity(text.len()), Vec::new());
    let (mut from, mut removed) = (0, 0);
    for cut in BREAK.iter().flat_map(|pattern| pattern.find_iter(text)) {
        if cut.as_str().matches('\n').count() > 1 {
            continue;
        }
        out.push_str(&text[from..cut.start()]);
        removed += cut.len();
        cuts.push(Cut {
            at: out.len(),
            removed,
        });
        from = cut.end();
    }
    out.push_str(&text[from..]);
    (out, cuts)
}

/// The places in order. Two that overlap become one place that covers both, under the name of the first.
fn without_overlaps(mut found: Vec<Found>) -> Vec<Found> {
    found.sort_by_key(|place| (place.range.start, std::cmp::Reverse(place.range.end)));
    let mut kept: Vec<Found> = Vec::with_capacity(found.len());
    for place in found {
        match kept.last_mut() {
            Some(last) if place.range.start < last.range.end => {
                last.range.end = last.range.end.max(place.range.end);
            }
            _ => kept.push(place),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // Nothing here is a secret: the letters are made up, in the forms that the providers document. They are put together
    // so that no scanner of sources stops at this file.
    fn github() -> String {
        format!("ghp_{}", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8")
    }

    fn kinds(text: &str) -> Vec<&'static str> {
        find(text).into_iter().map(|found| found.kind).collect()
    }

    #[test]
    fn what_agents_paste_is_found_and_the_rest_stays() {
        let anthropic = format!("sk-ant-{}", "api03-abcdefghijklmnopqrstuvwxyz0123456789");
        let aws = format!("AKIA{}", "QYLPMN5HHHFPZAM2");
        let pem = format!(
            "-----BEGIN {}-----\nMIIEpAIBAAKCAQEA\nq83v==\n-----END RSA PRIVATE KEY-----",
            "RSA PRIVATE KEY"
        );
        for secret in [
            github(),
            anthropic,
            aws,
            pem,
            "postgres://app:".to_owned() + "s3cr3tpw@db/orders",
        ] {
            let text = format!("# Plan\n\nUse {secret} for now.\n\nThe end.");
            let masked = mask(&text);
            assert_eq!(find(&text).len(), 1, "{text}");
            let core: String = secret.chars().rev().skip(12).take(6).collect();
            let core: String = core.chars().rev().collect();
            assert!(!masked.contains(&core), "{masked}");
            assert!(masked.starts_with("# Plan\n\nUse "), "{masked}");
            assert!(masked.ends_with(" for now.\n\nThe end."), "{masked}");
        }
        let env = "```\nexport DB_PASSWORD=hunter2hunter2\nPORT=4700\n```";
        assert_eq!(
            mask(env),
            "```\nexport DB_PASSWORD=[masked: Secret in a variable]\nPORT=4700\n```"
        );
    }

    #[test]
    fn a_secret_that_a_line_break_cuts_in_two_is_one() {
        let token = github();
        for at in [3, 10, 30] {
            for cut in ["\n", "\\\n", "\r\n    ", "\n> "] {
                let text = format!("see {}{cut}{} there", &token[..at], &token[at..]);
                assert_eq!(
                    mask(&text),
                    "see [masked: GitHub Personal Access Token] there",
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn what_only_looks_like_one_is_left() {
        for text in [
            "The password is checked on the server, the token by the client.",
            "API_KEY=${API_KEY}\nTOKEN=<your token>\nSECRET=********",
            "Set `STAFFEL_MODEL_KEY` to your key; keep `key_file = \"/run/secrets/key\"` readable.",
            "See https://example.org:8080/a@b and git@github.com:a/b.git, commit 1f0c5a7d2e9b4c6f8a0d1e2f3a4b5c6d7e8f9a0b.",
            "let token = tokens.next()?; // the next token",
            "Passwort: siehe Tresor",
        ] {
            assert_eq!(kinds(text), Vec::<&str>::new(), "{text}");
        }
    }

    #[test]
    fn what_another_rule_has_passed_over_is_found() {
        let text = github() + "PASSWORD='äpassword: 'hunter2hunter2' and the rest";
        let masked = mask(&text);
        assert!(!masked.contains("hunter2"), "{masked}");
        assert!(masked.ends_with("' and the rest"), "{masked}");
        assert_eq!(find(&masked), []);
    }

    /// With a search that goes to the end of the text for each, this takes minutes.
    #[test]
    fn a_megabyte_of_beginnings_is_looked_at_in_one_go() {
        let beginning = "-----BEGIN RSA PRIVATE KEY-----\n";
        assert_eq!(find(&beginning.repeat(30_000)).len(), 30_000);
        let token = github() + "\n";
        assert_eq!(find(&token.repeat(25_000)).len(), 25_000);
        assert!(find(&"PASSWORD=".repeat(100_000)).len() < 100_000);
    }

    proptest! {
        #[test]
        fn a_masked_text_has_no_secret_left(parts in prop::collection::vec(prop_oneof![
            Just("ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8".to_owned()),
            Just("PASSWORD=".to_owned()),
            Just("password: 'hunter2hunter2'".to_owned()),
            Just("\n".to_owned()),
            Just("> ".to_owned()),
            Just("ä".to_owned()),
            "[ -~]{0,12}",
        ], 0..12)) {
            let text = parts.concat();
            let masked = mask(&text);
            let left = find(&masked);
            prop_assert!(left.is_empty(), "{left:?} in {masked:?}");
        }
    }
}
