//! Texts of handovers and prompts, named by their content.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};

/// SHA-256 of a text in UTF-8. On the wire: 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DocumentHash([u8; 32]);

impl DocumentHash {
    /// The hash of a text.
    pub fn of(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }

    /// The hash as bytes, as a store keeps it.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for DocumentHash {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for DocumentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for DocumentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is not 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidHash;

impl fmt::Display for InvalidHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a document hash is 64 hexadecimal digits")
    }
}

impl std::error::Error for InvalidHash {}

impl FromStr for DocumentHash {
    type Err = InvalidHash;

    fn from_str(text: &str) -> Result<Self, InvalidHash> {
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return Err(InvalidHash);
        }
        let value = |digit: u8| char::from(digit).to_digit(16).ok_or(InvalidHash);
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            // Two digits of 0 to 15: 255 at most.
            *byte = (value(pair[0])? * 16 + value(pair[1])?) as u8;
        }
        Ok(Self(bytes))
    }
}

impl Serialize for DocumentHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DocumentHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

#[cfg(feature = "schema")]
impl utoipa::PartialSchema for DocumentHash {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        String::schema()
    }
}

#[cfg(feature = "schema")]
impl utoipa::ToSchema for DocumentHash {}

/// Which text, and how long it is. Events and state hold this; the text lies beside them, once for each content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct DocumentRef {
    /// Its name.
    pub hash: DocumentHash,
    /// Its length in bytes of UTF-8.
    pub bytes: u64,
}

/// Reads a reference, or the text itself: up to 0.1.0 events held their texts.
pub(crate) fn reference_or_text<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<DocumentRef, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Stored {
        Reference(DocumentRef),
        Text(String),
    }
    Ok(match Stored::deserialize(deserializer)? {
        Stored::Reference(reference) => reference,
        Stored::Text(text) => Document::new(text).reference(),
    })
}

/// A text with its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    reference: DocumentRef,
    text: Arc<str>,
}

impl Document {
    /// Names a text.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        let text = text.into();
        let reference = DocumentRef {
            hash: DocumentHash::of(&text),
            bytes: text.len() as u64,
        };
        Self { reference, text }
    }

    /// What events and state hold of it.
    pub fn reference(&self) -> DocumentRef {
        self.reference
    }

    /// The text. Cloning the `Arc` copies nothing.
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_written_and_read_as_hexadecimal() {
        let hash = DocumentHash::of("");
        let text = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(hash.to_string(), text);
        assert_eq!(text.parse(), Ok(hash));
        for text in [
            "",
            "e3",
            &text[1..],
            &text.replace('e', "g"),
            &"é".repeat(32),
        ] {
            assert_eq!(text.parse::<DocumentHash>(), Err(InvalidHash), "{text}");
        }
    }
}
