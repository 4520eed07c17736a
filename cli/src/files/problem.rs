//! Why a file is left as it is.

use thiserror::Error;

use super::{language::Language, position::Position};

/// Why a file is left as it is, and what to do about it.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum Problem {
    /// The text cannot be parsed.
    #[error(
        "{at}: this is not {language} ({what}).\n{}Correct it there and run this again.",
        language.allowed()
    )]
    Syntax {
        /// Where the parser stopped.
        at: Position,
        /// What the file has to be.
        language: Language,
        /// The parser's words.
        what: String,
    },
    /// Something else stands where an object (in TOML: a table) has to be.
    #[error(
        "{at}: {what} is of the type {found}; only {} can be there.\nCorrect it and run this again.",
        language.object()
    )]
    NotAnObject {
        /// Where it is.
        at: Position,
        /// The language of the file.
        language: Language,
        /// What is at fault: the file, or the value of a key.
        what: String,
        /// Its type.
        found: &'static str,
    },
    /// A key is there twice, and clients differ in which one they take.
    #[error("{at}: the key `{key}` is there for the second time.\nRemove one and run this again.")]
    Twice {
        /// Where the second one is.
        at: Position,
        /// The key.
        key: String,
    },
    /// Another server has the name.
    #[error(
        "{at}: another server is called `{name}` already: {difference}.\n\
         Give that one another name, or have it replaced with --replace."
    )]
    Taken {
        /// Where the other one is.
        at: Position,
        /// The name.
        name: String,
        /// What tells the other one from ours.
        difference: String,
    },
}
