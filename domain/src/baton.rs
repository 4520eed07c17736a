//! The one question the board answers.

use serde::{Deserialize, Serialize};

/// Who has to act now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Baton {
    /// The agent runs a phase.
    Agent,
    /// A person has to read a handover and decide.
    Person,
    /// The decision is made; its prompt is on the way and no agent has picked it up yet.
    InTransit,
    /// Nobody: the pipeline has ended, or has not begun.
    Nobody,
}
