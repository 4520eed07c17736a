//! Reading values that a newer version may have written: what this one does not know is left out, and the rest of the
//! event is kept. Only events and states are read this way. In a command the same value is refused.

use serde::{Deserialize, Deserializer, de::IgnoredAny};

#[derive(Deserialize)]
#[serde(untagged)]
enum Read<T> {
    Known(T),
    Unknown(IgnoredAny),
}

/// A value, or none where this version does not know it. For `deserialize_with`.
pub(crate) fn known<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Ok(match Read::deserialize(deserializer)? {
        Read::Known(value) => Some(value),
        Read::Unknown(IgnoredAny) => None,
    })
}

/// A value, or the default one where this version does not know it. For `deserialize_with`.
pub(crate) fn known_or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    known(deserializer).map(Option::unwrap_or_default)
}
