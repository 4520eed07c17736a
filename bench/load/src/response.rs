//! One answer as its bytes come: the head, and the body without its framing.

use memchr::memmem;

use crate::Result;

/// An answer that is fed with bytes as they come.
#[derive(Debug, Default)]
pub struct Response {
    stage: Stage,
    head: Vec<u8>,
    status: Option<u16>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Stage {
    #[default]
    Head,
    /// A body that ends with the connection.
    Plain,
    /// A body with so many bytes to come.
    Sized(usize),
    /// The size of a chunk, as far as it was read.
    Size {
        size: usize,
        extension: bool,
    },
    /// A chunk with so many bytes to come.
    Chunk(usize),
    /// The line break after a chunk, with so many bytes to come.
    Break(usize),
    /// The line break after the last chunk, with so many bytes to come.
    LastBreak(usize),
    Complete,
}

const SIZE: Stage = Stage::Size {
    size: 0,
    extension: false,
};

impl Response {
    /// Its status, once its head is complete.
    pub fn status(&self) -> Option<u16> {
        self.status
    }

    /// Whether all of it has come.
    pub fn is_complete(&self) -> bool {
        self.stage == Stage::Complete
    }

    /// The value of a header, once the head is complete.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.status?;
        field(std::str::from_utf8(&self.head).ok()?, name)
    }

    /// An error with what the server said, unless it accepted the request.
    pub fn check(&self, body: &[u8]) -> Result<()> {
        if matches!(self.status, Some(200..300)) {
            return Ok(());
        }
        let (status, body) = (
            self.status.unwrap_or_default(),
            String::from_utf8_lossy(body),
        );
        Err(format!("a request was answered with {status}: {body}").into())
    }

    /// Takes the next bytes, and hands on those that belong to the body.
    pub fn feed(&mut self, mut bytes: &[u8], on_body: &mut impl FnMut(&[u8])) -> Result<()> {
        while !bytes.is_empty() {
            let used = match &mut self.stage {
                Stage::Head => self.take_head(bytes)?,
                Stage::Plain => {
                    on_body(bytes);
                    bytes.len()
                }
                Stage::Sized(rest) | Stage::Chunk(rest) => {
                    let count = bytes.len().min(*rest);
                    on_body(&bytes[..count]);
                    *rest -= count;
                    count
                }
                Stage::Break(rest) | Stage::LastBreak(rest) => {
                    let count = bytes.len().min(*rest);
                    *rest -= count;
                    count
                }
                Stage::Size { size, extension } => {
                    self.stage = next_size(*size, *extension, bytes[0])?;
                    1
                }
                Stage::Complete => return Err("an answer is followed by more bytes".into()),
            };
            self.stage = match self.stage {
                Stage::Sized(0) | Stage::LastBreak(0) => Stage::Complete,
                Stage::Chunk(0) => Stage::Break(2),
                Stage::Break(0) => SIZE,
                other => other,
            };
            bytes = &bytes[used..];
        }
        Ok(())
    }

    fn take_head(&mut self, bytes: &[u8]) -> Result<usize> {
        let before = self.head.len();
        self.head.extend_from_slice(bytes);
        let Some(end) = memmem::find(&self.head, b"\r\n\r\n") else {
            return Ok(bytes.len());
        };
        self.head.truncate(end);
        let head = std::str::from_utf8(&self.head)?;
        let status = head
            .split(' ')
            .nth(1)
            .ok_or("an answer has no status")?
            .parse()?;
        let is_chunked = field(head, "transfer-encoding")
            .is_some_and(|coding| coding.eq_ignore_ascii_case("chunked"));
        self.stage = match field(head, "content-length") {
            _ if is_chunked => SIZE,
            _ if status == 204 => Stage::Complete,
            Some(length) => Stage::Sized(length.parse()?),
            None => Stage::Plain,
        };
        self.status = Some(status);
        Ok(end + 4 - before)
    }
}

/// The value of a header.
fn field<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines()
        .filter_map(|line| line.split_once(':'))
        .find_map(|(found, value)| found.eq_ignore_ascii_case(name).then(|| value.trim()))
}

fn next_size(size: usize, extension: bool, byte: u8) -> Result<Stage> {
    let digit = match byte {
        b'\n' if size == 0 => return Ok(Stage::LastBreak(2)),
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The body, and whether the answer is complete.
    fn read(pieces: &[&[u8]]) -> (String, bool) {
        let (mut response, mut body) = (Response::default(), Vec::new());
        for piece in pieces {
            response
                .feed(piece, &mut |bytes| body.extend_from_slice(bytes))
                .expect("a good answer");
        }
        (
            String::from_utf8(body).expect("text"),
            response.is_complete(),
        )
    }

    #[test]
    fn an_answer_is_complete_at_its_last_byte_wherever_it_is_cut() {
        let answers = [
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello"),
            ("HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n", ""),
            ("HTTP/1.1 204 No Content\r\n\r\n", ""),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n",
                "hello",
            ),
        ];
        for (answer, body) in answers {
            let whole = answer.as_bytes();
            for cut in 1..whole.len() {
                let (first, second) = whole.split_at(cut);
                assert!(!read(&[first]).1, "{answer:?} cut at {cut}");
                assert_eq!(
                    read(&[first, second]),
                    (body.to_owned(), true),
                    "{answer:?}"
                );
            }
        }
    }

    #[test]
    fn headers_are_found_in_any_case() {
        let mut response = Response::default();
        let head = b"HTTP/1.1 200 OK\r\nMcp-Session-Id: aB-1\r\nContent-Length: 0\r\n\r\n";
        response.feed(head, &mut |_| {}).expect("a good answer");
        assert_eq!(response.header("mcp-session-id"), Some("aB-1"));
        assert_eq!(response.status(), Some(200));
    }
}
