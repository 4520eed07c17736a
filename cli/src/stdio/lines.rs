//! Messages on standard input, one a line.

use std::{
    io::{self, BufRead, Read},
    thread,
};

use serde_json::Value;
use tokio::sync::mpsc;

use super::message::error;

/// The longest message, as over HTTP.
const MESSAGE_MAX: u64 = 8 << 20;

/// A line of standard input.
#[derive(Debug, PartialEq, Eq)]
pub enum Line {
    /// As it came.
    Whole(Vec<u8>),
    /// One that is longer than any message, and was not kept.
    TooLong,
}

/// The lines of standard input. They are read on a thread of their own: a read cannot be cancelled, and must not
/// keep the program from ending.
pub fn lines() -> mpsc::Receiver<io::Result<Line>> {
    let (sender, lines) = mpsc::channel(1);
    thread::spawn(move || {
        let mut input = io::stdin().lock();
        while let Some(line) = read_line(&mut input, MESSAGE_MAX).transpose() {
            let failed = line.is_err();
            if sender.blocking_send(line).is_err() || failed {
                return;
            }
        }
    });
    lines
}

/// The next line; `None` at the end.
fn read_line(input: &mut impl BufRead, most: u64) -> io::Result<Option<Line>> {
    let mut line = Vec::new();
    if input.by_ref().take(most).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    if line.ends_with(b"\n") || (line.len() as u64) < most {
        return Ok(Some(Line::Whole(line)));
    }
    input.skip_until(b'\n')?;
    Ok(Some(Line::TooLong))
}

/// The answer to a line that is too long.
pub fn too_long() -> Value {
    let text = format!(
        "This line was not read: a message has {} MiB at most. Send less at once.",
        MESSAGE_MAX >> 20
    );
    error(&Value::Null, -32600, &text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_as_it_came_and_not_beyond_its_bound() {
        let mut input: &[u8] = b"one\n\xff\n\nfour \nfive5\nsix";
        let mut next = || read_line(&mut input, 5).expect("no error");
        let whole = |line: &[u8]| Some(Line::Whole(line.to_vec()));
        assert_eq!(next(), whole(b"one\n"));
        assert_eq!(next(), whole(b"\xff\n"));
        assert_eq!(next(), whole(b"\n"));
        assert_eq!(next(), Some(Line::TooLong));
        assert_eq!(next(), Some(Line::TooLong));
        assert_eq!(next(), whole(b"six"));
        assert_eq!(next(), None);
    }
}
