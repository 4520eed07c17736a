//! How clients are told about a server, as the board shows it.

use serde::{Deserialize, Serialize};

/// How a client is told about this server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setup {
    /// The client's name, as its maker writes it.
    pub client: String,
    /// The command that does it.
    pub command: String,
    /// The file that it writes.
    pub file: String,
    /// What has to stand there.
    pub text: String,
    /// A link that opens the client and lets it ask its user.
    pub link: Option<String>,
}
