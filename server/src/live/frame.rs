//! One SSE event as bytes (WHATWG HTML, section 9.2).

use std::{fmt, str::FromStr};

use bytes::Bytes;
use serde::Serialize;

/// An SSE id: the journal's epoch and a position in it, `4f2a9c01-1204`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventId {
    /// The epoch.
    pub epoch: String,
    /// The position.
    pub position: u64,
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.epoch, self.position)
    }
}

impl FromStr for EventId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (epoch, position) = text.split_once('-').ok_or(())?;
        let plain = !position.is_empty() && position.bytes().all(|b| b.is_ascii_digit());
        if !plain
            || epoch.is_empty()
            || epoch.len() > 16
            || !epoch.bytes().all(|b| b.is_ascii_alphanumeric())
        {
            return Err(());
        }
        Ok(Self {
            epoch: epoch.to_owned(),
            position: position.parse().map_err(|_| ())?,
        })
    }
}

/// Encodes one event. `name` is one of ours, the id is digits and letters, and the data is JSON, which
/// has no raw line breaks: nothing that came from outside can start a field of its own (CWE-93).
pub fn encode(name: &'static str, id: Option<&EventId>, data: &impl Serialize) -> Bytes {
    let mut frame = Vec::new();
    encode_into(&mut frame, name, id, data);
    frame.into()
}

/// Encodes one event behind others.
pub fn encode_into(
    frames: &mut Vec<u8>,
    name: &'static str,
    id: Option<&EventId>,
    data: &impl Serialize,
) {
    frames.extend_from_slice(b"event: ");
    frames.extend_from_slice(name.as_bytes());
    if let Some(id) = id {
        frames.extend_from_slice(format!("\nid: {id}").as_bytes());
    }
    frames.extend_from_slice(b"\ndata: ");
    let begun = frames.len();
    // Serialising our own view types cannot fail: no maps with other than text keys, no failing impls.
    if serde_json::to_writer(&mut *frames, data).is_err() {
        frames.truncate(begun);
        frames.extend_from_slice(b"null");
    }
    frames.extend_from_slice(b"\n\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_three_lines_and_a_blank_one() {
        let id = EventId {
            epoch: "4f2a".to_owned(),
            position: 7,
        };
        let data = serde_json::json!({"text": "a\r\nb\u{2028}c\0\u{feff}"});
        let frame = encode("version", Some(&id), &data);
        assert_eq!(
            &frame[..],
            "event: version\nid: 4f2a-7\ndata: {\"text\":\"a\\r\\nb\u{2028}c\\u0000\u{feff}\"}\n\n"
                .as_bytes()
        );
    }

    #[test]
    fn only_our_own_ids_are_read() {
        assert_eq!(
            "4f2a-7".parse(),
            Ok(EventId {
                epoch: "4f2a".to_owned(),
                position: 7
            })
        );
        for text in [
            "",
            "-",
            "4f2a",
            "4f2a-",
            "-7",
            "4f2a-+7",
            "4f2a--7",
            "4f2a-99999999999999999999",
            "a b-1",
            "00112233445566778-1",
        ] {
            assert_eq!(text.parse::<EventId>(), Err(()), "{text}");
        }
    }
}
