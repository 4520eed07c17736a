//! Code cut into pieces that look alike. From the first letter to the last, without a way back: no code takes longer than its
//! length.

use super::{
    grammar::{COMMENT, CONSTANT, Code, Grammar, KEYWORD, Kind, NAME, Quote, STRING},
    languages::{DEFINING, Language, Words},
};

/// The pieces of some code; put together they are the code.
pub(super) struct Lexer<'a> {
    language: &'static Language,
    words: &'static Words,
    rest: &'a str,
    /// The letter before.
    last: Option<char>,
    /// Whether the next word is the name of something: of an element, or of what is defined.
    named: bool,
    /// Whether this is between `<` and `>`.
    in_tag: bool,
}

/// How many bytes, and what they look like.
type Piece = (usize, Option<&'static str>);

impl<'a> Lexer<'a> {
    pub fn new((language, words): (&'static Language, &'static Words), code: &'a str) -> Self {
        Self {
            language,
            words,
            rest: code,
            last: None,
            named: false,
            in_tag: false,
        }
    }

    fn code(&mut self, code: &Code) -> Piece {
        if let Some(length) = self.comment(code) {
            return (length, Some(COMMENT));
        }
        if let Some(length) = self.string(code.strings) {
            self.named = false;
            let class = if self.is_key(code, length) {
                NAME
            } else {
                STRING
            };
            return (length, Some(class));
        }
        if self.rest.starts_with(|first: char| first.is_ascii_digit()) {
            self.named = false;
            return (number(self.rest), Some(CONSTANT));
        }
        match word(self.rest, code.hyphens) {
            0 => (self.other(), None),
            length => (length, self.word(code, length)),
        }
    }

    fn comment(&self, code: &Code) -> Option<usize> {
        for (open, close) in code.block_comments {
            if let Some(inside) = self.rest.strip_prefix(open) {
                let end = inside.find(close).map(|at| open.len() + at + close.len());
                return Some(end.unwrap_or(self.rest.len()));
            }
        }
        let begins = |open: &&str| {
            self.rest.starts_with(*open)
                && (*open != "#" || self.last.is_none_or(char::is_whitespace))
        };
        let found = code.line_comments.iter().any(begins);
        found.then(|| self.rest.find('\n').unwrap_or(self.rest.len()))
    }

    fn string(&self, quotes: &[Quote]) -> Option<usize> {
        let quote = quotes
            .iter()
            .find(|quote| self.rest.starts_with(quote.open))?;
        match quote.kind {
            Kind::Apart if self.last.is_some_and(char::is_alphanumeric) => None,
            Kind::Letter if !is_letter(self.rest) => None,
            _ => Some(quoted(self.rest, quote)),
        }
    }

    fn word(&mut self, code: &Code, length: usize) -> Option<&'static str> {
        let word = &self.rest[..length];
        let named = std::mem::take(&mut self.named);
        if self.is_key(code, length) {
            return Some(NAME);
        }
        let known = if code.ignores_case {
            self.words.get(&*word.to_ascii_lowercase())
        } else {
            self.words.get(word)
        };
        // `promise.catch` is no keyword.
        if let Some(class) = known.filter(|_| self.last != Some('.')) {
            self.named = *class == KEYWORD && DEFINING.contains(&word);
            return Some(class);
        }
        let is_type =
            code.types && word.starts_with(char::is_uppercase) && word.contains(char::is_lowercase);
        (named || is_type).then_some(NAME)
    }

    fn is_key(&self, code: &Code, length: usize) -> bool {
        let behind = code.key.and_then(|key| {
            let behind = self.rest[length..].trim_start_matches(' ');
            behind.strip_prefix(key)
        });
        // An address is no key.
        behind.is_some_and(|behind| !behind.starts_with('/'))
    }

    /// What is none of the rest: a letter, which ends what it stands in unless it is white space.
    fn other(&mut self) -> usize {
        let letter = self.rest.chars().next().unwrap_or_default();
        self.named &= letter.is_whitespace();
        letter.len_utf8()
    }

    fn markup(&mut self) -> Piece {
        if let Some(inside) = self.rest.strip_prefix("<!--") {
            let end = inside.find("-->").map(|at| at + 7);
            return (end.unwrap_or(self.rest.len()), Some(COMMENT));
        }
        if !self.in_tag {
            let tag = |next: char| next.is_alphabetic() || matches!(next, '/' | '!' | '?');
            self.in_tag = self
                .rest
                .strip_prefix('<')
                .is_some_and(|it| it.starts_with(tag));
            self.named = self.in_tag;
            if self.in_tag {
                return (1, None);
            }
            let first = self.other();
            let next = self.rest[first..].find('<');
            return (next.map_or(self.rest.len(), |at| first + at), None);
        }
        if self.rest.starts_with(['"', '\'']) {
            let close = if self.rest.starts_with('"') {
                "\""
            } else {
                "'"
            };
            let quote = Quote {
                open: close,
                close,
                kind: Kind::Raw,
            };
            return (quoted(self.rest, &quote), Some(STRING));
        }
        match word(self.rest, true) {
            0 => {
                self.in_tag = !self.rest.starts_with('>');
                let letter = self.rest.chars().next().unwrap_or_default();
                (letter.len_utf8(), None)
            }
            length if std::mem::take(&mut self.named) => (length, Some(KEYWORD)),
            length => (length, Some(NAME)),
        }
    }

    fn line(&self, beginnings: &[(&str, &'static str)]) -> Piece {
        let begins = |(beginning, _): &&(&str, _)| self.rest.starts_with(*beginning);
        let class = beginnings.iter().find(begins).map(|(_, class)| *class);
        let length = self.rest.find('\n').map_or(self.rest.len(), |at| at + 1);
        (length, class)
    }
}

impl<'a> Iterator for Lexer<'a> {
    type Item = (&'a str, Option<&'static str>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let (length, class) = match &self.language.grammar {
            Grammar::Code(code) => self.code(code),
            Grammar::Markup => self.markup(),
            Grammar::Lines(beginnings) => self.line(beginnings),
        };
        let (piece, rest) = self.rest.split_at(length);
        self.rest = rest;
        self.last = piece.chars().next_back();
        Some((piece, class))
    }
}

/// How long the word is that a text begins with.
fn word(text: &str, hyphens: bool) -> usize {
    if !text.starts_with(|first: char| first.is_alphabetic() || first == '_') {
        return 0;
    }
    let ends =
        |letter: char| !(letter.is_alphanumeric() || letter == '_' || hyphens && letter == '-');
    text.find(ends).unwrap_or(text.len())
}

/// How long the number is that a text begins with: `1_000`, `0xff`, `2.5`, but `0` of `0..3`.
fn number(text: &str) -> usize {
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        let goes_on = letter.is_alphanumeric()
            || letter == '_'
            || letter == '.'
                && letters
                    .peek()
                    .is_some_and(|(_, next)| next.is_ascii_digit());
        if !goes_on {
            return at;
        }
    }
    text.len()
}

/// How long the string is that a text begins with.
fn quoted(text: &str, quote: &Quote) -> usize {
    let escapes = quote.kind != Kind::Raw;
    let ends = !matches!(quote.kind, Kind::Raw | Kind::Lines);
    let mut letters = text.char_indices();
    // What opens it is of ASCII letters.
    letters.by_ref().take(quote.open.len()).for_each(drop);
    while let Some((at, letter)) = letters.next() {
        if letter == '\n' && ends {
            return at;
        }
        if letter == '\\' && escapes {
            letters.next();
        } else if text[at..].starts_with(quote.close) {
            return at + quote.close.len();
        }
    }
    text.len()
}

/// Whether this is `'a'` or `'\n'`, not `'static`.
fn is_letter(text: &str) -> bool {
    let mut letters = text.chars().skip(1);
    match letters.next() {
        Some('\\') => true,
        Some(_) => letters.next() == Some('\''),
        None => false,
    }
}
