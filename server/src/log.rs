//! The log, on standard error: one line an event, and no line longer than [`LINE_MAX`].

use std::env;
use std::io::{self, Write};

use tracing::Level;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Longest line, in bytes. What callers send ends up in some messages of libraries, and may have 8 MB.
const LINE_MAX: usize = 8 * 1024;

/// What is written unless `STAFFEL_LOG` says otherwise.
const USUAL: &str = "warn,server=info";

/// Writes the log from now on. `STAFFEL_LOG` says what of it: a level, or levels of parts of the program, such as
/// `warn,server=debug`. Fails when that cannot be read, with a sentence for whoever starts the program.
pub fn init() -> Result<(), String> {
    let asked = env::var("STAFFEL_LOG")
        .ok()
        .filter(|asked| !asked.is_empty());
    let levels = levels(asked.as_deref().unwrap_or(USUAL))?;
    tracing_subscriber::registry()
        .with(levels)
        .with(
            fmt::layer()
                .with_writer(|| Shortened(io::stderr()))
                .with_target(false),
        )
        .init();
    Ok(())
}

fn levels(asked: &str) -> Result<Targets, String> {
    let levels: Targets = asked.parse().map_err(|_| {
        format!(
            "STAFFEL_LOG is `{asked}`, which cannot be read. Allowed are a level (off, error, warn, info, debug or \
             trace) and parts with their levels, such as `{USUAL}`. Change it, or unset it."
        )
    })?;
    // Below that level it writes every value of every statement: texts, hashes, keys.
    const SPEAKS_OF_VALUES: &str = "tokio_postgres";
    let named = levels.iter().map(|(part, level)| {
        let most = if part.starts_with(SPEAKS_OF_VALUES) {
            LevelFilter::INFO
        } else {
            LevelFilter::TRACE
        };
        (part.to_owned(), level.min(most))
    });
    let quiet = Targets::new()
        .with_targets(named)
        .with_default(levels.default_level().unwrap_or(LevelFilter::OFF));
    Ok(if quiet.would_enable(SPEAKS_OF_VALUES, &Level::DEBUG) {
        quiet.with_target(SPEAKS_OF_VALUES, LevelFilter::INFO)
    } else {
        quiet
    })
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
    fn no_level_shows_the_values_of_statements() {
        for asked in [
            "trace",
            "debug",
            "tokio=trace",
            "tokio_postgres=trace",
            "tokio_postgres::query=trace",
            USUAL,
            "error",
            "off",
        ] {
            let levels = levels(asked).expect(asked);
            assert!(
                !levels.would_enable("tokio_postgres::query", &Level::DEBUG),
                "{asked}"
            );
        }
        let error = levels("error").expect("a level");
        assert!(
            !error.would_enable("tokio_postgres", &Level::INFO),
            "nothing is added to what was asked for"
        );
        let usual = levels(USUAL).expect("what is usual");
        assert!(usual.would_enable("server::journal", &Level::INFO));
        assert!(!usual.would_enable("rmcp::service", &Level::INFO));
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        let error = levels("warn,server=loud").expect_err("no level");
        assert!(
            error.contains("`warn,server=loud`") && error.contains("debug"),
            "{error}"
        );
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
