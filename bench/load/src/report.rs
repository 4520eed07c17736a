//! The figures of one measurement, as one line of JSON.

use std::{fmt, process::ExitCode, time::Duration};

use crate::Result;

/// The figures in the order in which they were found.
#[derive(Debug, Default)]
pub struct Report(Vec<(String, String)>);

impl Report {
    /// Adds a text without characters that JSON would escape.
    pub fn text(&mut self, name: impl Into<String>, value: &str) {
        self.0.push((name.into(), format!("\"{value}\"")));
    }

    /// Adds a number.
    pub fn number(&mut self, name: impl Into<String>, value: f64) {
        let value = if value.is_finite() { value } else { 0.0 };
        self.0.push((name.into(), format!("{value:.3}")));
    }

    /// Adds a count.
    pub fn count(&mut self, name: impl Into<String>, value: u64) {
        self.0.push((name.into(), value.to_string()));
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields: Vec<_> = self
            .0
            .iter()
            .map(|(name, value)| format!("\"{name}\":{value}"))
            .collect();
        write!(f, "{{{}}}", fields.join(","))
    }
}

/// Prints the figures of `program`, or why there are none.
pub fn tell(program: &str, measured: Result<Report>) -> ExitCode {
    match measured {
        Ok(report) => {
            println!("{report}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{program}: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The span that this share of all spans does not exceed, in milliseconds.
pub fn percentile(spans: &mut [Duration], share: f64) -> f64 {
    spans.sort_unstable();
    let rank = (spans.len() as f64 * share).ceil() as usize;
    spans
        .get(rank.saturating_sub(1))
        .map_or(f64::NAN, |span| span.as_secs_f64() * 1_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_of_the_spans() {
        let mut spans: Vec<_> = (1..=200).rev().map(Duration::from_millis).collect();
        assert_eq!(percentile(&mut spans, 0.5), 100.0);
        assert_eq!(percentile(&mut spans, 0.99), 198.0);
        assert_eq!(percentile(&mut spans[..1], 0.99), 1.0);
    }
}
