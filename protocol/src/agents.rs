//! Agents, as they are seen over MCP.

use domain::Timestamp;
use serde::{Deserialize, Serialize};

/// The agents that Staffel knows: those with a token, and those that called since it started.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Agents {
    /// The one that called last comes first; those that never called come last, by name.
    pub agents: Vec<AgentView>,
}

/// An agent, as it is seen over MCP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct AgentView {
    /// Its name: that of its token, else the one that its client gives itself.
    pub name: String,
    /// The scope of its token; none without a token.
    pub scope: Option<Scope>,
    /// The client it used last, with its version.
    pub client: Option<String>,
    /// The protocol version that this client speaks, for example `2026-07-28`.
    pub protocol: Option<String>,
    /// How many of its calls are open now, such as a wait for a decision.
    pub open: u32,
    /// On how many streams it listens now.
    pub streams: u32,
    /// When it came: its first call since the server started, or after a while without any.
    pub since: Option<Timestamp>,
    /// When it called last, since the server started.
    pub last_call: Option<Timestamp>,
    /// What it called: a tool, or a method of the protocol.
    pub called: Option<String>,
}

/// What a token allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Only reading.
    Read,
    /// Reading and reporting: everything an agent can do.
    Report,
}

impl Scope {
    /// Its name, as it stands in commands and in OAuth's metadata.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Report => "report",
        }
    }

    /// The scope with this name.
    pub fn of(name: &str) -> Option<Self> {
        [Self::Read, Self::Report]
            .into_iter()
            .find(|scope| scope.name() == name)
    }
}
