//! Tool calls: how many in a second, how soon answered, at what cost to the server.

use std::time::{Duration, Instant};

use load::{
    Result, http, process,
    report::{Report, percentile},
};
use mio::{Events, Poll, Token};

use crate::{
    agent::Agent,
    args::Args,
    connection::Connection,
    protocol::{self, ProtocolKind, Tool},
};

const KINDS: [(ProtocolKind, Tool); 4] = [
    (ProtocolKind::Stateless, Tool::Read),
    (ProtocolKind::Stateless, Tool::Write),
    (ProtocolKind::Session, Tool::Read),
    (ProtocolKind::Session, Tool::Write),
];
/// How long the last answer of a phase may take.
const STRAGGLE_MAX: Duration = Duration::from_secs(15);

/// Measures reads and writes in both protocols, by one agent and by many.
pub fn measure(args: &Args, report: &mut Report) -> Result<()> {
    let pipelines = start_pipelines(args)?;
    let before = position(args)?;
    let mut total = Total::default();
    // Interpreters compile what they have run for a while, so the first phase would be the slowest.
    for (kind, tool) in KINDS {
        let calls = Phase::new(args, kind, tool, &pipelines)?.call_for(args.warm_up)?;
        total.add(tool, &calls);
    }
    for (kind, tool) in KINDS {
        for (count, agents) in [("one", 1), ("many", args.agents)] {
            let phase = Phase::new(args, kind, tool, &pipelines[..agents])?;
            let name = format!("{}_{}_{count}", kind.name(), tool.name());
            let calls = phase.run(&name, report)?;
            total.add(tool, &calls);
        }
    }
    report.count("agents", args.agents as u64);
    report.count("calls", total.calls);
    report.count("failed", total.failed);
    if let Some(before) = before {
        let stored = position(args)?.unwrap_or_default().saturating_sub(before);
        report.count("lost", total.writes.saturating_sub(stored));
    }
    Ok(())
}

fn start_pipelines(args: &Args) -> Result<Vec<String>> {
    let mut connection = Connection::open(args.address)?;
    (0..args.agents)
        .map(|number| {
            let answer = connection.exchange(&protocol::start(args.address, number))?;
            protocol::pipeline_in(answer)
        })
        .collect()
}

/// How many facts the server's journal has.
fn position(args: &Args) -> Result<Option<u64>> {
    if !args.journal {
        return Ok(None);
    }
    let status = http::get(args.address, "/api/status")?;
    let position = status
        .split_once("\"head\":")
        .and_then(|(_, rest)| rest.split([',', '}']).next()?.parse().ok())
        .ok_or_else(|| format!("no position of the journal in {status}"))?;
    Ok(Some(position))
}

#[derive(Default)]
struct Total {
    calls: u64,
    writes: u64,
    failed: u64,
}

impl Total {
    fn add(&mut self, tool: Tool, calls: &Calls) {
        let count = calls.spans.len() as u64;
        self.calls += count;
        self.failed += calls.failed;
        if tool == Tool::Write {
            self.writes += count;
        }
    }
}

/// One tool in one protocol, called by some agents.
struct Phase<'a> {
    args: &'a Args,
    poll: Poll,
    events: Events,
    agents: Vec<Agent<'a>>,
}

/// What came of some calls.
#[derive(Default)]
struct Calls {
    spans: Vec<Duration>,
    bytes: usize,
    failed: u64,
}

impl<'a> Phase<'a> {
    fn new(
        args: &'a Args,
        kind: ProtocolKind,
        tool: Tool,
        pipelines: &'a [String],
    ) -> Result<Self> {
        let poll = Poll::new()?;
        let agents = pipelines
            .iter()
            .enumerate()
            .map(|(number, pipeline)| {
                Agent::new(
                    args.address,
                    kind,
                    tool,
                    pipeline,
                    poll.registry(),
                    Token(number),
                )
            })
            .collect::<Result<_>>()?;
        Ok(Self {
            args,
            poll,
            events: Events::with_capacity(256),
            agents,
        })
    }

    fn run(mut self, name: &str, report: &mut Report) -> Result<Calls> {
        let server = process::cpu(self.args.pid)?;
        let own = process::cpu(std::process::id())?;
        let begin = Instant::now();
        let mut calls = self.call_for(self.args.span)?;
        let span = begin.elapsed().as_secs_f64();
        let own = process::cpu(std::process::id())? - own;
        let server = process::cpu(self.args.pid)? - server;

        let count = calls.spans.len() as f64;
        report.number(format!("{name}_per_s"), count / span);
        report.number(format!("{name}_p50_ms"), percentile(&mut calls.spans, 0.5));
        report.number(format!("{name}_p99_ms"), percentile(&mut calls.spans, 0.99));
        report.number(format!("{name}_cpu_us"), server.as_secs_f64() * 1e6 / count);
        report.number(format!("{name}_bytes"), calls.bytes as f64 / count);
        report.number(format!("{name}_client_share"), own.as_secs_f64() / span);
        Ok(calls)
    }

    /// Every agent calls again as soon as it has its answer, until the time is over.
    fn call_for(&mut self, span: Duration) -> Result<Calls> {
        let mut calls = Calls::default();
        let end = Instant::now() + span;
        for agent in &mut self.agents {
            agent.call()?;
        }
        while self.agents.iter().any(|agent| agent.is_waiting) {
            let patience = end + STRAGGLE_MAX;
            let timeout = patience.saturating_duration_since(Instant::now());
            self.poll.poll(&mut self.events, Some(timeout))?;
            if Instant::now() > patience {
                return Err("a call was not answered".into());
            }
            for event in &self.events {
                let agent = &mut self.agents[event.token().0];
                let Some(done) = agent.read()? else {
                    continue;
                };
                calls.spans.push(done.span);
                calls.bytes += done.bytes;
                if let Err(error) = done.result {
                    if calls.failed == 0 {
                        eprintln!("mcp-load: {error}");
                    }
                    calls.failed += 1;
                }
                if Instant::now() < end {
                    agent.call()?;
                }
            }
        }
        Ok(calls)
    }
}
