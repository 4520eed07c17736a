//! The languages in which clients keep their configuration.

use std::fmt;

/// The language of a configuration file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// JSON; comments and trailing commas may be in it, as most clients allow.
    Json,
    /// TOML.
    Toml,
}

impl Language {
    /// What an object is called there.
    pub fn object(self) -> &'static str {
        match self {
            Self::Json => "an object, {…},",
            Self::Toml => "a table",
        }
    }

    /// What is allowed beyond the standard, as a sentence.
    pub fn allowed(self) -> &'static str {
        match self {
            Self::Json => "Comments and trailing commas are allowed. ",
            Self::Toml => "",
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Json => "JSON",
            Self::Toml => "TOML",
        })
    }
}
