//! Names for things: short, time-sorted, easy to read aloud and to copy.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::Timestamp;

/// Crockford's base 32 in lower case: no i, l, o or u, so that nothing is misread.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// 2026-01-01T00:00:00Z in Unix milliseconds: ids count from here, which keeps them short until 2060.
const ERA: i64 = 1_767_225_600_000;

/// A text that is not an id of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidId {
    /// What was expected, for example `pipeline id`.
    pub expected: &'static str,
    /// What was given, shortened.
    pub given: String,
}

impl fmt::Display for InvalidId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a {}", self.given, self.expected)
    }
}

impl std::error::Error for InvalidId {}

/// Names a pipeline: ten characters, for example `02kx9m4t7q`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PipelineId(String);

impl PipelineId {
    /// Builds the id for a pipeline that starts at `at`; `random` tells apart those of one millisecond.
    pub fn new(at: Timestamp, random: u16) -> Self {
        let millis = u64::try_from(at.millis() - ERA).unwrap_or(0);
        let number = ((millis & ((1 << 40) - 1)) << 10) | u64::from(random & 0x3ff);
        let text = (0..10)
            .rev()
            .map(|digit| char::from(ALPHABET[(number >> (digit * 5)) as usize & 31]));
        Self(text.collect())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PipelineId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let well_formed = text.len() == 10 && text.bytes().all(|b| ALPHABET.contains(&b));
        if well_formed {
            Ok(Self(text.to_owned()))
        } else {
            Err(invalid("pipeline id", text))
        }
    }
}

/// Defines an id that is its pipeline's id, a letter and a running number.
macro_rules! numbered_id {
    ($(#[$doc:meta])* $name:ident, $letter:literal, $expected:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub struct $name { pipeline: PipelineId, number: u32 }

        impl $name {
            /// The `number`-th of this pipeline, counted from 1.
            pub fn new(pipeline: PipelineId, number: u32) -> Self {
                Self { pipeline, number }
            }

            /// The pipeline it belongs to.
            pub fn pipeline(&self) -> &PipelineId {
                &self.pipeline
            }

            /// Its number in the pipeline, from 1.
            pub fn number(&self) -> u32 {
                self.number
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!("{}-", $letter, "{}"), self.pipeline.0, self.number)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                text.split_once(concat!("-", $letter))
                    .filter(|(_, number)| !number.starts_with(['0', '+']))
                    .and_then(|(pipeline, number)| Some(Self::new(pipeline.parse().ok()?, number.parse().ok()?)))
                    .ok_or_else(|| invalid($expected, text))
            }
        }

        text_form!($name);
    };
}

/// Serialises a type as its `Display` text and reads it back with `FromStr`.
macro_rules! text_form {
    ($name:ident) => {
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?
                    .parse()
                    .map_err(de::Error::custom)
            }
        }

        #[cfg(feature = "schema")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                String::schema()
            }
        }

        #[cfg(feature = "schema")]
        impl utoipa::ToSchema for $name {}
    };
}

impl fmt::Display for PipelineId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_form!(PipelineId);

numbered_id!(
    /// Names a handover, for example `02kx9m4t7q-h1`. It stays the same through all revisions.
    HandoverId, "h", "handover id"
);

numbered_id!(
    /// Names a prompt, for example `02kx9m4t7q-p1`.
    PromptId, "p", "prompt id"
);

numbered_id!(
    /// Names a question, for example `02kx9m4t7q-q1`.
    QuestionId, "q", "question id"
);

fn invalid(expected: &'static str, given: &str) -> InvalidId {
    InvalidId {
        expected,
        given: given.chars().take(60).collect(),
    }
}

/// The running number of the next id, after so many.
pub(crate) fn number_after(count: usize) -> u32 {
    u32::try_from(count + 1).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pipeline_ids_sort_by_time() {
        let early = PipelineId::new(Timestamp::from_millis(ERA + 5), 1023);
        let late = PipelineId::new(Timestamp::from_millis(ERA + 6), 0);
        assert!(early < late);
        assert_eq!(early.as_str().parse(), Ok(early.clone()));
    }

    #[test]
    fn numbered_ids_round_trip_and_refuse_other_forms() {
        let pipeline = PipelineId::new(Timestamp::from_millis(ERA), 7);
        let handover = HandoverId::new(pipeline.clone(), 12);
        assert_eq!(handover.to_string().parse(), Ok(handover.clone()));
        assert_eq!(handover.pipeline(), &pipeline);
        for text in [
            "",
            "h1",
            "0000000007-h",
            "0000000007-h01",
            "0000000007-h+1",
            "0000000007-p1",
            "../etc-h1",
        ] {
            assert!(text.parse::<HandoverId>().is_err(), "{text}");
        }
    }
}
