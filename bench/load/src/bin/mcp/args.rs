//! The command line.

use std::{net::SocketAddr, str::FromStr, time::Duration};

use load::Result;

/// Most agents at once.
const AGENTS_MAX: usize = 256;
/// Most sessions or streams: they share one source address, which has 28,000 ports on Linux.
const HELD_MAX: usize = 10_000;

/// What is measured. Each wants a server that has just started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Tool calls in both protocols.
    Calls,
    /// The memory of idle sessions, and of their streams.
    Sessions,
    /// The memory of idle `subscriptions/listen` streams.
    Streams,
}

/// What to measure.
#[derive(Debug)]
pub struct Args {
    /// The name of the server's column.
    pub label: String,
    /// What is measured.
    pub measure: Measure,
    /// The server's address; loopback only.
    pub address: SocketAddr,
    /// Its process.
    pub pid: u32,
    /// How many agents call at once, beside one alone.
    pub agents: usize,
    /// How long they call while it is measured.
    pub span: Duration,
    /// How long they call with each tool in each protocol before anything is measured.
    pub warm_up: Duration,
    /// How many sessions or streams are held.
    pub held: usize,
    /// Whether the server has a journal, in which every write must be found.
    pub journal: bool,
}

impl Args {
    /// Reads `--name value` pairs.
    pub fn parse(mut words: impl Iterator<Item = String>) -> Result<Self> {
        let mut args = Self {
            label: String::new(),
            measure: Measure::Calls,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            pid: 0,
            agents: 16,
            span: Duration::from_secs(2),
            warm_up: Duration::from_millis(500),
            held: 1_000,
            journal: false,
        };
        while let Some(name) = words.next() {
            let value = words.next().ok_or(format!("{name} needs a value"))?;
            match name.as_str() {
                "--label" => args.label = value,
                "--measure" => {
                    args.measure = match value.as_str() {
                        "calls" => Measure::Calls,
                        "sessions" => Measure::Sessions,
                        "streams" => Measure::Streams,
                        _ => {
                            return Err(format!(
                                "--measure {value}: allowed are calls, sessions, streams"
                            )
                            .into());
                        }
                    }
                }
                "--address" => args.address = read(&name, &value)?,
                "--pid" => args.pid = read(&name, &value)?,
                "--agents" => args.agents = read(&name, &value)?,
                "--span-ms" => args.span = Duration::from_millis(read(&name, &value)?),
                "--warm-up-ms" => args.warm_up = Duration::from_millis(read(&name, &value)?),
                "--held" => args.held = read(&name, &value)?,
                "--journal" => args.journal = read(&name, &value)?,
                _ => return Err(format!("{name} is unknown").into()),
            }
        }
        args.check()
    }

    fn check(self) -> Result<Self> {
        if !self.address.ip().is_loopback() || self.address.port() == 0 {
            return Err(format!(
                "--address {}: give the loopback address and port of the server",
                self.address
            )
            .into());
        }
        if self.pid == 0 {
            return Err("--pid is missing".into());
        }
        let bounds = [
            ("--agents", self.agents, 2, AGENTS_MAX),
            ("--held", self.held, 50, HELD_MAX),
        ];
        for (name, value, least, most) in bounds {
            if value < least || value > most {
                return Err(format!("{name} {value}: allowed is {least} to {most}").into());
            }
        }
        Ok(self)
    }
}

fn read<T: FromStr<Err: std::fmt::Display>>(name: &str, value: &str) -> Result<T> {
    value
        .parse()
        .map_err(|error| format!("{name} {value}: {error}").into())
}
