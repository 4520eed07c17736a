//! The version of a cycle.

use serde::{Deserialize, Serialize};

/// The cycle version as text, never a number: `1.10` must not become `1.1`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Version {
    /// The cycle before this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
    /// This cycle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<String>,
    /// The one that is planned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}
