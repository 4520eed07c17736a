//! The names of phases, in one spelling.

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Serialize};

use crate::{Reason, Refusal, limits::PHASE_NAME_MAX, text};

/// The phases of a pipeline that names none (GENXAIS: `docs/modes.md`).
pub const DEFAULT_PHASES: [&str; 5] = ["VAN", "PLAN", "CREATE", "IMPLEMENT", "REFLECT"];

/// Spellings that users of the origin have for one and the same phase.
const ALIASES: [(&str, &str); 10] = [
    ("PLANNING", "PLAN"),
    ("PLANUNG", "PLAN"),
    ("CREATIVE", "CREATE"),
    ("IMPLEMENTATION", "IMPLEMENT"),
    ("IMPLEMENTIERUNG", "IMPLEMENT"),
    ("REFLECTION", "REFLECT"),
    ("REFLEKTION", "REFLECT"),
    ("REFLEXION", "REFLECT"),
    ("ARCHIV", "ARCHIVE"),
    ("VERIFICATION", "VERIFY"),
];

/// The name of a phase in its one spelling: upper case, aliases resolved.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct PhaseName(String);

impl PhaseName {
    /// Longest name, in characters.
    pub const MAX: usize = PHASE_NAME_MAX;

    /// Reads a name in any spelling, without its invisible characters.
    ///
    /// # Errors
    /// Refuses an empty name, one over [`Self::MAX`] characters, and characters other than letters,
    /// digits, blanks, `-`, `_` and `.`.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let name = text::strip_invisible(text).trim().to_uppercase();
        let allowed = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.');
        if name.is_empty() || name.chars().count() > Self::MAX || !name.chars().all(allowed) {
            let given: String = text.chars().take(60).collect();
            return Err(Refusal::new(
                Reason::Invalid,
                format!("The phase name {given:?} cannot be used."),
                format!(
                    "1 to {} letters, digits, blanks, `-`, `_` or `.`.",
                    Self::MAX
                ),
                "Send the phase under a shorter, plain name.",
            ));
        }
        let canonical = ALIASES
            .iter()
            .find(|(alias, _)| *alias == name)
            .map(|(_, name)| *name);
        Ok(Self(canonical.map_or(name, str::to_owned)))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PhaseName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Joins names for a sentence: `VAN, PLAN, CREATE`.
pub(crate) fn list<'a>(names: impl IntoIterator<Item = &'a PhaseName>) -> String {
    names
        .into_iter()
        .map(|name| Cow::Borrowed(name.as_str()))
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_the_origin_is_understood() {
        for (text, name) in [
            ("implementation", "IMPLEMENT"),
            (" Reflektion ", "REFLECT"),
            ("CREATIVE", "CREATE"),
            ("archiv", "ARCHIVE"),
            ("van", "VAN"),
        ] {
            assert_eq!(PhaseName::parse(text).expect(text).as_str(), name);
        }
    }

    #[test]
    fn names_that_could_break_a_line_are_refused() {
        for text in ["", "  ", "A\nB", "A\0", "<b>", &"x".repeat(41)] {
            assert!(PhaseName::parse(text).is_err(), "{text:?}");
        }
    }
}
