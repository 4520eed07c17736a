//! One subscriber's stream: the head, the chunks, the lines, and in them the numbers of messages.

use std::sync::LazyLock;

use memchr::{memchr, memmem};

use crate::{Result, http};

/// What an event said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// The number of the message.
    pub message: usize,
    /// The number at the end of its id.
    pub position: Option<u64>,
}

/// A stream that is fed with bytes as they come.
#[derive(Debug, Default)]
pub struct Stream {
    stage: Stage,
    /// The beginning of a head or a line whose end has not come.
    kept: Vec<u8>,
    message: Option<usize>,
    position: Option<u64>,
    /// How many bytes of data the events with messages had.
    pub data_bytes: u64,
}

#[derive(Debug, Default, Clone, Copy)]
enum Stage {
    /// The answer's head.
    #[default]
    Head,
    /// A body that ends with the connection.
    Plain,
    /// The size of a chunk, as far as it was read.
    Size { size: usize, extension: bool },
    /// A chunk with so many bytes to come.
    Chunk(usize),
    /// The line break after a chunk, with so many bytes to come.
    Break(usize),
    /// After the last chunk.
    Ended,
}

const SIZE: Stage = Stage::Size {
    size: 0,
    extension: false,
};

impl Stream {
    /// Whether the server has accepted the subscription.
    pub fn is_open(&self) -> bool {
        !matches!(self.stage, Stage::Head)
    }

    /// Takes the next bytes, and tells of every event with a message that they complete.
    pub fn feed(&mut self, mut bytes: &[u8], on: &mut impl FnMut(Seen)) -> Result<()> {
        while !bytes.is_empty() {
            let used = match self.stage {
                Stage::Head => self.head(bytes)?,
                Stage::Plain => {
                    self.body(bytes, on);
                    bytes.len()
                }
                Stage::Size { size, extension } => {
                    self.stage = next_size(size, extension, bytes[0])?;
                    1
                }
                Stage::Chunk(rest) => {
                    let count = rest.min(bytes.len());
                    self.body(&bytes[..count], on);
                    self.stage = match rest - count {
                        0 => Stage::Break(2),
                        rest => Stage::Chunk(rest),
                    };
                    count
                }
                Stage::Break(rest) => {
                    let count = rest.min(bytes.len());
                    self.stage = match rest - count {
                        0 => SIZE,
                        rest => Stage::Break(rest),
                    };
                    count
                }
                Stage::Ended => bytes.len(),
            };
            bytes = &bytes[used..];
        }
        Ok(())
    }

    fn head(&mut self, bytes: &[u8]) -> Result<usize> {
        let before = self.kept.len();
        self.kept.extend_from_slice(bytes);
        let Some(end) = memmem::find(&self.kept, b"\r\n\r\n") else {
            return Ok(bytes.len());
        };
        let head = String::from_utf8_lossy(&self.kept[..end]).to_ascii_lowercase();
        if head.split(' ').nth(1) != Some("200") {
            return Err(format!("a subscription was refused: {head}").into());
        }
        let chunked = http::field(&head, "transfer-encoding") == Some("chunked");
        self.stage = if chunked { SIZE } else { Stage::Plain };
        self.kept.clear();
        Ok(end + 4 - before)
    }

    fn body(&mut self, mut bytes: &[u8], on: &mut impl FnMut(Seen)) {
        while let Some(end) = memchr(b'\n', bytes) {
            if self.kept.is_empty() {
                self.line(&bytes[..end], on);
            } else {
                let mut line = std::mem::take(&mut self.kept);
                line.extend_from_slice(&bytes[..end]);
                self.line(&line, on);
                line.clear();
                self.kept = line;
            }
            bytes = &bytes[end + 1..];
        }
        self.kept.extend_from_slice(bytes);
    }

    fn line(&mut self, line: &[u8], on: &mut impl FnMut(Seen)) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            let position = self.position.take();
            if let Some(message) = self.message.take() {
                on(Seen { message, position });
            }
        } else if let Some(data) = line.strip_prefix(b"data:") {
            self.message = message_in(data);
            if self.message.is_some() {
                self.data_bytes += data.trim_ascii_start().len() as u64;
            }
        } else if line.starts_with(b"id:") {
            self.position = line
                .rsplit(|byte| *byte == b'-')
                .next()
                .and_then(|text| std::str::from_utf8(text).ok()?.parse().ok());
        }
    }
}

fn next_size(size: usize, extension: bool, byte: u8) -> Result<Stage> {
    let digit = match byte {
        b'\n' if size == 0 => return Ok(Stage::Ended),
        b'\n' => return Ok(Stage::Chunk(size)),
        b'\r' => None,
        _ if extension => None,
        b';' => {
            return Ok(Stage::Size {
                size,
                extension: true,
            });
        }
        _ => Some(
            (byte as char)
                .to_digit(16)
                .ok_or(format!("a chunk's size has the byte {byte}"))?,
        ),
    };
    let size = digit.map_or(size, |digit| size * 16 + digit as usize);
    Ok(Stage::Size { size, extension })
}

/// The number in `"message":"seq 17"`, wherever it is in the data.
fn message_in(data: &[u8]) -> Option<usize> {
    static KEY: LazyLock<memmem::Finder> = LazyLock::new(|| memmem::Finder::new(b"\"message\":"));
    let value = &data[KEY.find(data)? + KEY.needle().len()..];
    let digits = value.trim_ascii_start().strip_prefix(b"\"seq ")?;
    let end = memchr(b'"', digits)?;
    std::str::from_utf8(&digits[..end]).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "retry: 100\n: a comment\n\nevent: snapshot\ndata: {\"message\":null}\n\n\
        event: e\nid: ab-7\ndata: {\"a\":1,\"message\":\"seq 1\",\"log\":[{\"text\":\"seq 0\"}]}\n\n\
        id: ab-9\r\ndata:{\"message\": \"seq 12\"}\r\n\r\ndata: {\"message\":\"seq 13\"}\n";
    const SEEN: [(usize, Option<u64>); 2] = [(1, Some(7)), (12, Some(9))];

    fn seen(pieces: &[&[u8]]) -> Vec<(usize, Option<u64>)> {
        let (mut stream, mut seen) = (Stream::default(), Vec::new());
        let mut on = |event: Seen| seen.push((event.message, event.position));
        for piece in pieces {
            stream.feed(piece, &mut on).expect("a good stream");
        }
        seen
    }

    #[test]
    fn complete_events_are_seen_wherever_the_bytes_are_cut() {
        let plain = format!("HTTP/1.1 200 OK\r\n\r\n{BODY}");
        let mut chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned();
        for chunk in BODY.as_bytes().chunks(29) {
            let text = String::from_utf8_lossy(chunk);
            chunked.push_str(&format!("{:X};x=y\r\n{text}\r\n", chunk.len()));
        }
        chunked.push_str("0\r\n\r\n");
        for whole in [plain.as_bytes(), chunked.as_bytes()] {
            for cut in 0..whole.len() {
                assert_eq!(seen(&[&whole[..cut], &whole[cut..]]), SEEN, "cut at {cut}");
            }
            assert_eq!(seen(&whole.chunks(1).collect::<Vec<_>>()), SEEN);
        }
    }

    #[test]
    fn a_refused_subscription_is_an_error() {
        let mut stream = Stream::default();
        let fed = stream.feed(b"HTTP/1.1 503 No\r\n\r\n", &mut |_| {});
        assert!(fed.is_err() && !stream.is_open());
    }
}
