//! A file of a client, as the report says it.

use std::path::PathBuf;

use serde::Serialize;

/// A file of a client.
#[derive(Debug, Serialize)]
pub struct File {
    /// The client's name on the command line.
    pub client: &'static str,
    /// Its name as its maker writes it.
    pub title: &'static str,
    /// `project` or `global`.
    pub scope: &'static str,
    /// Where it is.
    pub path: PathBuf,
    /// Both files, where the client reads two and both are there.
    #[serde(flatten)]
    pub two: Option<Two>,
    /// What is in it.
    #[serde(flatten)]
    pub state: State,
    /// Whether something is to be done about it.
    pub well: bool,
}

/// Two files that a client reads at one place.
#[derive(Debug, Serialize)]
pub struct Two {
    /// The one whose settings the client puts over those of the other, field by field.
    pub wins: PathBuf,
    /// The other.
    pub loses: PathBuf,
}

/// What is in a file.
#[derive(Debug, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum State {
    /// There is none.
    Absent,
    /// No server is called `staffel` there.
    WithoutStaffel,
    /// A server is.
    Staffel {
        /// Where it is; none if that is no Staffel.
        url: Option<String>,
        /// Whether it is the server that was asked about.
        this_server: bool,
        /// How it proves the agent's name.
        token: TokenState,
    },
    /// It cannot be read.
    Unreadable {
        /// Where and why.
        why: String,
    },
}

/// How an entry proves the agent's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TokenState {
    /// Not at all.
    None,
    /// By a token in the file. Whether it is valid could not be asked.
    InFile,
    /// By a token in the file that the server takes.
    InFileValid,
    /// By a token in the file that the server refuses.
    InFileRefused,
    /// By the token in the variable.
    Variable,
    /// By something of the user's own.
    #[serde(rename = "else")]
    Other,
}
