//! What stands for something that was to be written: `[Goal 1]`, `{date}`, `TBD`. Code and links are no such thing.

use protocol::Placeholder;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// Most that are named: a reader of more than these writes the text anew.
const MOST: usize = 50;
/// Longest text between brackets, in characters: what is longer is a remark.
const LONGEST: usize = 80;

/// The placeholders of a Markdown text, in their order.
pub fn find(markdown: &str) -> Vec<Placeholder> {
    let mut found = Vec::new();
    for plain in plain_text(markdown) {
        let mut at = plain.start;
        while at < plain.end && found.len() < MOST {
            let rest = &markdown[at..plain.end];
            let Some(letter) = rest.chars().next() else {
                break;
            };
            let before = markdown[..at].chars().next_back();
            match length(rest, before) {
                Some(length) => {
                    found.push((at, &rest[..length]));
                    at += length;
                }
                None => at += letter.len_utf8(),
            }
        }
    }
    // Counted once through the text, however many there are.
    let (mut line, mut counted) = (1_u32, 0);
    let numbered = found.into_iter().map(|(at, text)| {
        let breaks = markdown[counted..at].matches('\n').count();
        line = line.saturating_add(u32::try_from(breaks).unwrap_or(u32::MAX));
        counted = at;
        Placeholder {
            text: text.to_owned(),
            line,
        }
    });
    numbered.collect()
}

/// Where plain text stands, neighbours in one piece: the parser cuts a bracket from what is in it.
fn plain_text(markdown: &str) -> Vec<std::ops::Range<usize>> {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut pieces: Vec<std::ops::Range<usize>> = Vec::new();
    let mut inside = 0_usize;
    for (event, range) in Parser::new_ext(markdown, options).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(_) | Tag::Link { .. } | Tag::Image { .. }) => inside += 1,
            Event::End(TagEnd::CodeBlock | TagEnd::Link | TagEnd::Image) => {
                inside = inside.saturating_sub(1);
            }
            Event::Text(_) if inside == 0 => match pieces.last_mut() {
                Some(last) if last.end == range.start => last.end = range.end,
                _ => pieces.push(range),
            },
            _ => {}
        }
    }
    pieces
}

/// The length of the placeholder with which `rest` begins, if it begins with one.
fn length(rest: &str, before: Option<char>) -> Option<usize> {
    let in_word = before.is_some_and(|letter| letter.is_alphanumeric() || letter == '\\');
    if in_word {
        return None;
    }
    let (open, close) = match rest.as_bytes()[0] {
        b'[' => ('[', ']'),
        b'{' => ('{', '}'),
        _ => {
            let word = ["TBD", "TODO:"]
                .into_iter()
                .find(|word| rest.starts_with(word))?;
            let after = rest[word.len()..].chars().next();
            let ends = after.is_none_or(|letter| !letter.is_alphanumeric());
            return ends.then_some(word.len());
        }
    };
    let length = rest.find(close)? + 1;
    let inside = rest[1..length - 1].trim_matches([open, close, ' ']);
    let letters = inside
        .chars()
        .filter(|letter| letter.is_alphabetic())
        .count();
    let words = inside.chars().next().is_some_and(char::is_alphabetic)
        && letters >= 2
        && inside.chars().count() <= LONGEST
        && !inside.contains([open, '\n']);
    // A brace holds a name; a sentence in it is a set or code.
    let named = open == '[' || !inside.contains([',', ':', ';', '"', '\'', '(', '=']);
    // `{{ date }}` is one.
    let closing = rest[length..].starts_with(close) && rest[1..].starts_with(open);
    (words && named).then_some(length + usize::from(closing))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(markdown: &str) -> Vec<(String, u32)> {
        let found = find(markdown).into_iter();
        found.map(|it| (it.text, it.line)).collect()
    }

    #[test]
    fn what_a_template_left_open_is_found_with_its_line() {
        let text = "# Übergabe: {date}\n\n- **Ziel:** [Ziel 1]\n- [Beschreibung der Lösung]\n\nOwner: TBD\n\n{{ phase }} by [Agent-Name/Rolle]";
        let expected = [
            ("{date}", 1),
            ("[Ziel 1]", 3),
            ("[Beschreibung der Lösung]", 4),
            ("TBD", 6),
            ("{{ phase }}", 8),
            ("[Agent-Name/Rolle]", 8),
        ];
        let expected: Vec<_> = expected.map(|(text, line)| (text.to_owned(), line)).into();
        assert_eq!(found(text), expected);
    }

    #[test]
    fn code_links_tasks_and_numbers_are_none() {
        for text in [
            "`[Goal]` and `{date}`",
            "```\n[Goal]\n{date}\n```",
            "    [Goal]",
            "[a page](https://example.com) and [another][one]\n\n[one]: https://example.com",
            "- [ ] open\n- [x] done",
            "as shown in [1] and [23]",
            "array[index], \\[escaped\\], a {b, c} set, {\"a\": 1}",
            "TBDS and TODOs",
            "![a picture](https://example.com/a.png)",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
    }

    #[test]
    fn many_are_bounded_and_a_hostile_text_takes_no_time() {
        assert_eq!(find(&"[Goal 1] ".repeat(10_000)).len(), MOST);
        for text in [
            "[".repeat(200_000),
            "{a".repeat(100_000),
            "> ".repeat(100_000),
        ] {
            find(&text);
        }
    }
}
