//! The command line.

use std::{net::SocketAddr, path::PathBuf, str::FromStr, time::Duration};

use crate::Result;

/// Most subscribers: they share one source address, which has 28,000 ports on Linux.
const SUBSCRIBERS_MAX: usize = 10_000;
/// Most messages in one phase.
const MESSAGES_MAX: usize = 100_000;
/// Largest message.
const SIZE_MAX: usize = 1_024;
/// Most unfinished messages in the burst.
const WINDOW_MAX: usize = 1_024;

/// What kind of server is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Staffel: reports to pipelines, each event with its position in the journal.
    Staffel,
    /// `POST /publish` sends an event to every subscriber.
    Push,
    /// `POST /publish` sets a state, which every subscriber is sent once a second.
    Poll,
}

/// What to measure.
#[derive(Debug)]
pub struct Args {
    /// The name of the row.
    pub label: String,
    /// The kind of server.
    pub kind: Kind,
    /// Its address; loopback only.
    pub address: SocketAddr,
    /// Where its other nodes are: publishers and subscribers take turns among all of them.
    pub nodes: Vec<SocketAddr>,
    /// Its process; the first one, where there are several nodes.
    pub pid: u32,
    /// How many subscribers.
    pub subscribers: usize,
    /// How long they idle.
    pub idle: Duration,
    /// How many messages are published one at a time.
    pub messages: usize,
    /// How far apart. For a polling server: at least so far, and at most twice.
    pub interval: Duration,
    /// How many messages are published in the burst; none for a polling server.
    pub burst: usize,
    /// How many of them at most are not yet received by all.
    pub window: usize,
    /// How many messages are published before the burst is timed.
    pub warm_up: usize,
    /// Where it publishes, for a pushing or polling server.
    pub publish: String,
    /// Where it subscribes.
    pub subscribe: String,
    /// How many bytes a message has at least: what is missing is filled up. With Staffel it is the text of the report.
    pub size: usize,
    /// Where to write the data of one event, for the other servers to send.
    pub save_payload: Option<PathBuf>,
}

impl Args {
    /// Reads `--name value` pairs.
    pub fn parse(mut words: impl Iterator<Item = String>) -> Result<Self> {
        let mut args = Self {
            label: String::new(),
            kind: Kind::Push,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            nodes: Vec::new(),
            pid: 0,
            subscribers: 1_000,
            idle: Duration::from_secs(3),
            messages: 200,
            interval: Duration::from_millis(50),
            burst: 0,
            window: 64,
            warm_up: 0,
            publish: "/publish".to_owned(),
            subscribe: "/sse".to_owned(),
            size: 0,
            save_payload: None,
        };
        while let Some(name) = words.next() {
            let value = words.next().ok_or(format!("{name} needs a value"))?;
            match name.as_str() {
                "--label" => args.label = value,
                "--kind" => {
                    args.kind = match value.as_str() {
                        "staffel" => Kind::Staffel,
                        "push" => Kind::Push,
                        "poll" => Kind::Poll,
                        _ => {
                            return Err(
                                format!("--kind {value}: allowed are staffel, push, poll").into()
                            );
                        }
                    }
                }
                "--address" => args.address = read(&name, &value)?,
                "--node" => args.nodes.push(read(&name, &value)?),
                "--pid" => args.pid = read(&name, &value)?,
                "--subscribers" => args.subscribers = read(&name, &value)?,
                "--idle-ms" => args.idle = Duration::from_millis(read(&name, &value)?),
                "--messages" => args.messages = read(&name, &value)?,
                "--interval-ms" => args.interval = Duration::from_millis(read(&name, &value)?),
                "--burst" => args.burst = read(&name, &value)?,
                "--window" => args.window = read(&name, &value)?,
                "--warm-up" => args.warm_up = read(&name, &value)?,
                "--publish" => args.publish = value,
                "--subscribe" => args.subscribe = value,
                "--size" => args.size = read(&name, &value)?,
                "--save-payload" => args.save_payload = Some(value.into()),
                _ => return Err(format!("{name} is unknown").into()),
            }
        }
        args.check()
    }

    /// Where somebody goes, by number.
    pub fn address_of(&self, number: usize) -> SocketAddr {
        match number % (self.nodes.len() + 1) {
            0 => self.address,
            node => self.nodes[node - 1],
        }
    }

    fn check(self) -> Result<Self> {
        for address in [&self.address].into_iter().chain(&self.nodes) {
            if !address.ip().is_loopback() || address.port() == 0 {
                let wanted = "give the loopback address and port of the server";
                return Err(format!("--address or --node {address}: {wanted}").into());
            }
        }
        if self.pid == 0 {
            return Err("--pid is missing".into());
        }
        let bounds = [
            ("--subscribers", self.subscribers, 1, SUBSCRIBERS_MAX),
            ("--messages", self.messages, 1, MESSAGES_MAX),
            ("--burst", self.burst, 0, MESSAGES_MAX),
            ("--warm-up", self.warm_up, 0, MESSAGES_MAX),
            ("--window", self.window, 1, WINDOW_MAX),
            ("--size", self.size, 0, SIZE_MAX),
        ];
        for (name, value, least, most) in bounds {
            if value < least || value > most {
                return Err(format!("{name} {value}: allowed is {least} to {most}").into());
            }
        }
        if self.kind == Kind::Poll && self.burst > 0 {
            return Err("--burst: a polling server sends one event a second at most".into());
        }
        Ok(self)
    }
}

fn read<T: FromStr<Err: std::fmt::Display>>(name: &str, value: &str) -> Result<T> {
    value
        .parse()
        .map_err(|error| format!("{name} {value}: {error}").into())
}
