//! Who does something.

use serde::{Deserialize, Serialize};

/// Who acts. It is part of every command and every recorded event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Actor {
    /// What kind of actor: it decides what is permitted.
    pub kind: ActorKind,
    /// The name shown on the board, for example `cursor` or `Anna`.
    pub name: String,
}

/// People decide, agents report, the system writes prompts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// An AI agent, through MCP or a script.
    Agent,
    /// A human being at the board or the REST API.
    Person,
    /// Staffel itself.
    System,
    /// A kind that a newer Staffel wrote into the journal. It is shown, and may do nothing.
    #[serde(other)]
    Unknown,
}

impl Actor {
    /// An agent with this name.
    pub fn agent(name: impl Into<String>) -> Self {
        Self {
            kind: ActorKind::Agent,
            name: name.into(),
        }
    }

    /// A person with this name.
    pub fn person(name: impl Into<String>) -> Self {
        Self {
            kind: ActorKind::Person,
            name: name.into(),
        }
    }

    /// Staffel itself.
    pub fn system() -> Self {
        Self {
            kind: ActorKind::System,
            name: "staffel".to_owned(),
        }
    }

    /// Whether this is an agent: its acts are signs of life.
    pub fn is_agent(&self) -> bool {
        self.kind == ActorKind::Agent
    }
}
