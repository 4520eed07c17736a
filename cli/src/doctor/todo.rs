//! What needs doing.

use serde::Serialize;

/// Something that needs doing.
#[derive(Debug, Serialize)]
pub struct Todo {
    /// What is wrong.
    pub what: String,
    /// The command that is next.
    pub command: String,
}

impl Todo {
    /// With what is wrong and the command that is next.
    pub fn new(what: String, command: String) -> Self {
        Self { what, command }
    }
}
