//! One subscriber's stream: its lines, and in them the numbers of messages.

use std::sync::LazyLock;

use memchr::{memchr, memmem};

use crate::{Result, response::Response};

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
    response: Response,
    lines: Lines,
}

impl Stream {
    /// Whether the server has accepted the subscription.
    pub fn is_open(&self) -> bool {
        self.response.status().is_some()
    }

    /// How many bytes of data the events with messages had.
    pub fn data_bytes(&self) -> u64 {
        self.lines.data_bytes
    }

    /// Takes the next bytes, and tells of every event with a message that they complete.
    pub fn feed(&mut self, bytes: &[u8], on: &mut impl FnMut(Seen)) -> Result<()> {
        let Self { response, lines } = self;
        response.feed(bytes, &mut |piece| lines.feed(piece, on))?;
        match response.status() {
            None | Some(200) => Ok(()),
            Some(status) => Err(format!("a subscription was refused with {status}").into()),
        }
    }
}

/// The lines of a stream, and the event that they make.
#[derive(Debug, Default)]
struct Lines {
    /// The beginning of a line whose end has not come.
    kept: Vec<u8>,
    /// Of one event: several where a server puts them together.
    messages: Vec<usize>,
    position: Option<u64>,
    data_bytes: u64,
}

impl Lines {
    fn feed(&mut self, mut bytes: &[u8], on: &mut impl FnMut(Seen)) {
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
            for message in self.messages.drain(..) {
                on(Seen { message, position });
            }
        } else if let Some(data) = line.strip_prefix(b"data:") {
            let before = self.messages.len();
            messages_in(data, &mut self.messages);
            if self.messages.len() > before {
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

/// The numbers in `"message":"seq 17"` and `"message":"seq 17 and more"`, wherever they are in the data.
fn messages_in(data: &[u8], found: &mut Vec<usize>) {
    static KEY: LazyLock<memmem::Finder> = LazyLock::new(|| memmem::Finder::new(b"\"message\":"));
    let mut rest = data;
    while let Some(at) = KEY.find(rest) {
        rest = &rest[at + KEY.needle().len()..];
        let Some(digits) = rest.trim_ascii_start().strip_prefix(b"\"seq ") else {
            continue;
        };
        let end = digits.iter().position(|byte| !byte.is_ascii_digit());
        let number = std::str::from_utf8(&digits[..end.unwrap_or(digits.len())]);
        found.extend(number.ok().and_then(|number| number.parse::<usize>().ok()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "retry: 100\n: a comment\n\nevent: snapshot\ndata: {\"message\":null}\n\n\
        event: e\nid: ab-7\ndata: {\"a\":1,\"message\":\"seq 1\",\"log\":[{\"text\":\"seq 0\"}]}\n\n\
        id: ab-9\r\ndata:{\"message\": \"seq 12 and more\"}\r\n\r\ndata: {\"message\":\"seq 13\"}\n";
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
        assert!(fed.is_err());
    }
}
