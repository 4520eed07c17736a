//! The rules by which secrets are found: a set that others keep, and what it does not know.

use std::{
    ops::Range,
    sync::{LazyLock, OnceLock},
};

use aho_corasick::AhoCorasick;
use nosecrets_rules::{load_builtin_rules, parse_rules};
use protocol::beginning;
use regex::Regex;

use super::MASK;

pub use nosecrets_rules::Severity as Listed;

/// What is named in place of a secret by those who write examples.
const PLACEHOLDER: &str = r"(?i)^(?:\$|<|\{\{|%|\*+$|x{4,}|\.{3}|\[)|example|placeholder|change-?me|your[-_ ]|dummy|redacted|masked|/run/|getenv|environ|process\.env|siehe";

/// A pattern that is compiled when it is first asked: most rules never are, and all of them together take as long as a start.
struct Pattern {
    text: String,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    fn new(text: String) -> Self {
        Self {
            text,
            compiled: OnceLock::new(),
        }
    }

    /// Nothing where it is none: a test compiles them all.
    fn get(&self) -> Option<&Regex> {
        let compiled = self.compiled.get_or_init(|| Regex::new(&self.text).ok());
        compiled.as_ref()
    }

    fn is_match(&self, text: &str) -> bool {
        self.get().is_some_and(|pattern| pattern.is_match(text))
    }
}

/// How sure it is that what a rule finds is a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It stands where secrets stand.
    Medium,
    /// It looks as only secrets do.
    High,
}

/// One rule, ready to be used.
pub struct Rule {
    name: &'static str,
    severity: Severity,
    pattern: Pattern,
    group: usize,
    /// In lower case; where there are some, one of them is in every text with such a secret.
    keywords: Vec<String>,
    /// What is no secret.
    allowed: Vec<Pattern>,
    length: Range<usize>,
    is_key_block: bool,
}

/// All rules, and what tells which of them a text has to be looked at with.
pub struct Rules {
    all: Vec<Rule>,
    /// The keywords of all rules; each pattern belongs to the rule at the same place in `of`.
    keywords: AhoCorasick,
    of: Vec<usize>,
}

/// All rules. They are read when a text is looked at for the first time.
pub fn rules() -> &'static Rules {
    static RULES: LazyLock<Rules> = LazyLock::new(|| {
        let kept = load_builtin_rules().unwrap_or_default();
        let own = parse_rules(include_str!("own.toml"), "own.toml").unwrap_or_default();
        Rules::of(kept.into_iter().chain(own).filter_map(Rule::of).collect())
    });
    &RULES
}

impl Rules {
    fn of(all: Vec<Rule>) -> Self {
        let words = all.iter().enumerate();
        let words = words.flat_map(|(at, rule)| rule.keywords.iter().map(move |word| (at, word)));
        let (of, words): (Vec<_>, Vec<_>) = words.unzip();
        let keywords = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .build(words);
        Self {
            keywords: keywords.expect("some hundred short words"),
            all,
            of,
        }
    }

    /// The rules that could find something in this text: those without keywords, and those of which it has one.
    pub fn in_question(&self, text: &str) -> impl Iterator<Item = &Rule> {
        let mut there: Vec<bool> = self
            .all
            .iter()
            .map(|rule| rule.keywords.is_empty())
            .collect();
        let mut missing = there.iter().filter(|there| !**there).count();
        for word in self.keywords.find_overlapping_iter(text) {
            let rule = self.of[word.pattern().as_usize()];
            if !std::mem::replace(&mut there[rule], true) {
                missing -= 1;
                if missing == 0 {
                    break;
                }
            }
        }
        self.all
            .iter()
            .zip(there)
            .filter_map(|(rule, there)| there.then_some(rule))
    }
}

impl Rule {
    /// `None` where it is not sure enough: a test counts the rules.
    fn of(rule: nosecrets_rules::Rule) -> Option<Self> {
        let severity = match rule.severity {
            Listed::Critical | Listed::High => Severity::High,
            Listed::Medium => Severity::Medium,
            Listed::Low => return None,
        };
        let validate = rule.validate.unwrap_or_default();
        let (low, high) = (
            validate.length.or(validate.min_length).unwrap_or(1),
            validate.length.or(validate.max_length),
        );
        let allowed = rule.allow.unwrap_or_default().patterns;
        Some(Self {
            is_key_block: rule.id == "private-key",
            // A few dozen, kept for as long as the program runs.
            name: rule.name.leak(),
            severity,
            pattern: Pattern::new(rule.pattern),
            group: rule.capture,
            keywords: rule
                .keywords
                .iter()
                .map(|word| word.to_ascii_lowercase())
                .collect(),
            allowed: allowed.into_iter().map(Pattern::new).collect(),
            length: low..high.map_or(usize::MAX, |high| high + 1),
        })
    }

    /// What it finds, in words.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// How sure it is.
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// Says where it finds something.
    pub fn find(&self, text: &str, mut found: impl FnMut(Range<usize>)) {
        static PLACEHOLDERS: LazyLock<Pattern> =
            LazyLock::new(|| Pattern::new(PLACEHOLDER.to_owned()));
        let all = self.pattern.get();
        for captures in all.iter().flat_map(|pattern| pattern.captures_iter(text)) {
            let Some(place) = captures.get(self.group).or_else(|| captures.get(0)) else {
                continue;
            };
            let value = place.as_str();
            let is_one = self.length.contains(&value.len())
                && !value.starts_with(MASK.trim_end())
                && !PLACEHOLDERS.is_match(value)
                && !self.allowed.iter().any(|known| known.is_match(value));
            if is_one {
                let end = if self.is_key_block {
                    end_of_key(text, place.end())
                } else {
                    place.end()
                };
                found(place.start()..end);
            }
        }
    }
}

/// Longest key, in bytes: one of 16,384 bits has about 13,000.
const KEY_MAX: usize = 16 * 1024;

/// Where a key ends that begins with such a line: at its last line, or, where that is missing, at the last line that
/// could belong to it.
fn end_of_key(text: &str, from: usize) -> usize {
    let rest = beginning(&text[from..], KEY_MAX);
    // Only the next line of dashes is looked at: a text may have nothing but beginnings.
    if let Some(last) = rest.find("-----")
        && let Some(name) = rest[last..].strip_prefix("-----END ")
    {
        let dashes = name.find("-----").map_or(0, |at| at + "-----".len());
        return from + last + "-----END ".len() + dashes;
    }
    let mut end = 0;
    for line in rest.split_inclusive('\n') {
        let is_key = line
            .trim()
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || "+/=>".contains(letter));
        if !is_key || (end > 0 && line.trim().is_empty()) {
            break;
        }
        end += line.len();
    }
    from + rest[..end].trim_end().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_can_be_used() {
        let listed = load_builtin_rules().expect("the set").len();
        let own = parse_rules(include_str!("own.toml"), "own.toml").expect("ours");
        assert_eq!(rules().all.len(), listed + own.len());
        for rule in &rules().all {
            let mut patterns = rule.allowed.iter().chain([&rule.pattern]);
            assert!(patterns.all(|it| it.get().is_some()), "{}", rule.name);
            assert_eq!(
                rule.keywords.iter().filter(|word| word.is_empty()).count(),
                0,
                "{}",
                rule.name
            );
        }
    }
}
