//! What can be said about the code of a language: what its pieces look like, and how its comments and strings are written.

/// The class names that a document may have. They begin with `code-`, as nothing else of the board does.
pub const CLASSES: [&str; 7] = [COMMENT, KEYWORD, STRING, CONSTANT, NAME, INSERTED, DELETED];
pub(super) const COMMENT: &str = "code-comment";
pub(super) const KEYWORD: &str = "code-keyword";
pub(super) const STRING: &str = "code-string";
pub(super) const CONSTANT: &str = "code-constant";
pub(super) const NAME: &str = "code-name";
pub(super) const INSERTED: &str = "code-inserted";
pub(super) const DELETED: &str = "code-deleted";

/// How a language is read.
pub(super) enum Grammar {
    /// Comments, strings, numbers and words.
    Code(Code),
    /// Elements with attributes.
    Markup,
    /// Each line by how it begins; the first of these counts.
    Lines(&'static [(&'static str, &'static str)]),
}

/// How code is written.
pub(super) struct Code {
    /// What begins a comment that ends with its line. `#` does after white space alone.
    pub line_comments: &'static [&'static str],
    pub block_comments: &'static [(&'static str, &'static str)],
    /// The longer ones first.
    pub strings: &'static [Quote],
    /// What stands behind a key.
    pub key: Option<char>,
    /// Whether words with a capital and small letters are types.
    pub types: bool,
    /// Whether words may contain a hyphen.
    pub hyphens: bool,
    /// Whether `SELECT` and `select` are one word.
    pub ignores_case: bool,
}

/// How a string is written.
pub(super) struct Quote {
    pub open: &'static str,
    pub close: &'static str,
    pub kind: Kind,
}

/// What a string consists of, and where it ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Ends with its line at the latest; a backslash takes the next letter along.
    Line,
    /// The same, where it does not stand behind a letter, as in "don't".
    Apart,
    /// One letter, or an escape: otherwise it is no string but a lifetime.
    Letter,
    /// Any number of lines; a backslash takes the next letter along.
    Lines,
    /// Any number of lines as they stand.
    Raw,
}

pub(super) const fn quote(open: &'static str, close: &'static str, kind: Kind) -> Quote {
    Quote { open, close, kind }
}

/// A string that ends with what it begins with.
pub(super) const fn same(both: &'static str, kind: Kind) -> Quote {
    quote(both, both, kind)
}

pub(super) const DOUBLE: Quote = same("\"", Kind::Line);
pub(super) const SINGLE: Quote = same("'", Kind::Line);

/// The family of C.
pub(super) const CURLY: Code = Code {
    line_comments: &["//"],
    block_comments: &[("/*", "*/")],
    strings: &[same("\"\"\"", Kind::Lines), DOUBLE, SINGLE],
    key: None,
    types: true,
    hyphens: false,
    ignores_case: false,
};
/// That of JavaScript.
pub(super) const SCRIPT: Code = Code {
    strings: &[same("`", Kind::Lines), DOUBLE, SINGLE],
    ..CURLY
};
/// That of Python.
pub(super) const HASH: Code = Code {
    line_comments: &["#"],
    block_comments: &[],
    strings: &[
        same("\"\"\"", Kind::Lines),
        same("'''", Kind::Lines),
        DOUBLE,
        SINGLE,
    ],
    ..CURLY
};
/// Keys and values.
pub(super) const DATA: Code = Code {
    strings: &[
        same("\"\"\"", Kind::Lines),
        same("'''", Kind::Raw),
        DOUBLE,
        same("'", Kind::Apart),
    ],
    key: Some('='),
    types: false,
    hyphens: true,
    ..HASH
};
