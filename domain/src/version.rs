//! The version of a cycle.

use serde::{Deserialize, Serialize};

use crate::{Event, Pipeline, Recorded, Refusal, What, limits::VERSION_MAX, text};

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

/// Checks the texts of a version.
pub(crate) fn check(version: &Version) -> Result<Version, Refusal> {
    let part = |name: &str, text: &Option<String>| {
        text::optional_line(&format!("version.{name}"), text.as_deref(), VERSION_MAX)
    };
    Ok(Version {
        previous: part("previous", &version.previous)?,
        current: part("current", &version.current)?,
        next: part("next", &version.next)?,
    })
}

/// Decides about another version. No events means: it is this one.
pub(crate) fn change(pipeline: &Pipeline, version: &Version) -> Result<Vec<Event>, Refusal> {
    let version = check(version)?;
    Ok(if version == pipeline.version {
        vec![]
    } else {
        vec![Event::VersionChanged { version }]
    })
}

impl Pipeline {
    pub(crate) fn apply_version(&mut self, recorded: &Recorded, version: &Version) {
        self.version = version.clone();
        let current = version.current.clone();
        self.note(recorded, What::VersionChanged { current });
    }
}
