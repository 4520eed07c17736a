//! The log, on standard error: one line an event, and no line longer than [`LINE_MAX`].

use std::io::{self, Write};

use tracing_subscriber::EnvFilter;

/// Longest line, in bytes. What callers send ends up in some messages of libraries, and may have 8 MB.
const LINE_MAX: usize = 8 * 1024;

/// Writes the log from now on. `STAFFEL_LOG` says what of it.
pub fn init() {
    let filter = EnvFilter::try_from_env("STAFFEL_LOG")
        .unwrap_or_else(|_| EnvFilter::new("warn,server=info"));
    // It would write every value of every statement: texts, hashes, keys.
    let filter = match "tokio_postgres=info".parse() {
        Ok(quiet) => filter.add_directive(quiet),
        Err(_) => filter,
    };
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(|| Shortened(io::stderr()))
        .with_target(false)
        .init();
}

/// Writes lines, each handed over as a whole, and cuts what is too long.
struct Shortened<W>(W);

impl<W: Write> Write for Shortened<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if line.len() <= LINE_MAX {
            self.0.write_all(line)?;
        } else {
            // Not in the middle of a character.
            let end = (0..=LINE_MAX)
                .rev()
                .find(|at| line[*at] & 0b1100_0000 != 0b1000_0000)
                .unwrap_or_default();
            self.0.write_all(&line[..end])?;
            writeln!(self.0, "… ({} bytes left out)", line.len() - end)?;
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(line: &str) -> String {
        let mut out = Shortened(Vec::new());
        out.write_all(line.as_bytes()).expect("a vector takes it");
        String::from_utf8(out.0).expect("whole characters")
    }

    #[test]
    fn a_line_of_any_length_becomes_a_short_one() {
        assert_eq!(written("short\n"), "short\n");
        for letter in ["x", "ä", "€", "🦀"] {
            let line = written(&format!(".{}\n", letter.repeat(8 * 1024 * 1024)));
            assert!(line.len() < LINE_MAX + 100, "{} bytes", line.len());
            assert!(line.ends_with("bytes left out)\n"), "it says so");
        }
    }
}
