//! The phases of a measurement, in one thread around one poll.

use std::{
    io::{ErrorKind, Read, Write},
    time::{Duration, Instant},
};

use mio::{Events, Interest, Poll, Token, net::TcpStream};

use crate::{
    Result,
    args::{Args, Kind},
    http,
    ledger::{Expect, Ledger},
    process,
    publisher::{self, Publisher},
    report::{Report, percentile},
    stream::Stream,
};

/// How long it takes at least until all subscribers are there. They come evenly spread, so that the
/// polls of a polling server are spread as well.
const ARRIVAL: Duration = Duration::from_secs(1);
/// How long the last subscriber may take to be accepted.
const ACCEPT_MAX: Duration = Duration::from_secs(20);
/// How long the last message of a phase may take until it counts as lost.
const STRAGGLE_MAX: Duration = Duration::from_secs(15);
/// How long the burst may take.
const BURST_MAX: Duration = Duration::from_secs(90);
/// Between two phases: what is on its way arrives and is not charged to the next phase.
const PAUSE: Duration = Duration::from_millis(300);
/// Reports to each of Staffel's pipelines before it is measured: its events have their full length then.
const REPORTS: usize = 25;

/// Measures the server that `args` name.
pub fn measure(args: &Args) -> Result<Report> {
    process::allow_files(args.subscribers + args.window + 64)?;
    let mut run = Run::new(args)?;
    let mut report = Report::default();
    report.text("label", &args.label);
    report.count("subscribers", args.subscribers as u64);
    run.prepare()?;

    let before = process::memory(args.pid)?;
    run.connect()?;
    run.rest(PAUSE * 3)?;
    let cpu = process::cpu(args.pid)?;
    run.rest(args.idle)?;
    let memory = process::memory(args.pid)?.saturating_sub(before);
    let cpu = (process::cpu(args.pid)? - cpu).as_secs_f64();
    report.number("idle_bytes", memory as f64 / args.subscribers as f64);
    report.number("idle_cpu_ms_per_s", cpu * 1e3 / args.idle.as_secs_f64());

    let mut spans = run.one_at_a_time(&mut report)?;
    report.number("last_p50_ms", percentile(&mut spans, 0.5));
    report.number("last_p99_ms", percentile(&mut spans, 0.99));
    report.number("last_max_ms", percentile(&mut spans, 1.0));
    if args.burst > 0 {
        run.burst(&mut report)?;
    }
    report.number(
        "memory_after_mb",
        process::memory(args.pid)? as f64 / (1024.0 * 1024.0),
    );
    report.count("lost", run.ledger.lost());
    report.count("doubled", run.ledger.faults.doubled);
    report.count("reordered", run.ledger.faults.reordered);
    report.count("dropped", run.dropped);
    Ok(report)
}

struct Run<'a> {
    args: &'a Args,
    poll: Poll,
    events: Events,
    buffer: Vec<u8>,
    ledger: Ledger,
    subscribers: Vec<Subscriber>,
    publishers: Vec<Publisher>,
    dropped: u64,
}

struct Subscriber {
    socket: Option<TcpStream>,
    stream: Stream,
}

impl<'a> Run<'a> {
    fn new(args: &'a Args) -> Result<Self> {
        let expect = match args.kind {
            Kind::Staffel => Expect::Positions,
            Kind::Push => Expect::Events,
            Kind::Poll => Expect::States,
        };
        Ok(Self {
            args,
            poll: Poll::new()?,
            events: Events::with_capacity(1024),
            buffer: vec![0; 512 * 1024],
            ledger: Ledger::new(args.subscribers, expect),
            subscribers: Vec::with_capacity(args.subscribers),
            publishers: Vec::new(),
            dropped: 0,
        })
    }

    /// Makes the first place in the window, with all that the server needs for it.
    fn prepare(&mut self) -> Result<()> {
        self.add_publisher()?;
        if self.args.kind == Kind::Staffel {
            let path = self.publishers[0].path().to_owned();
            let mut event = String::new();
            for number in 1..=REPORTS {
                let body = format!(
                    "{{\"message\":\"warm {number:<width$}\"}}",
                    width = self.args.size
                );
                event = http::post_and_wait(self.args.address, &path, &body)?;
            }
            // The answer to a report is the data of the event that it causes.
            if let Some(file) = &self.args.save_payload {
                std::fs::write(file, event)?;
            }
        }
        Ok(())
    }

    /// Adds a place to the window. With Staffel it is a pipeline: messages to one pipeline have an
    /// order only if one is published after the other.
    fn add_publisher(&mut self) -> Result<()> {
        let number = self.publishers.len();
        let path = if self.args.kind == Kind::Staffel {
            let body = format!("{{\"project\":\"bench\",\"title\":\"Pipeline {number:04}\"}}");
            let started =
                http::post_and_wait(self.args.address_of(number), "/api/pipelines", &body)?;
            let id = started
                .split_once("\"pipeline\":\"")
                .and_then(|(_, rest)| rest.split('"').next())
                .ok_or("the answer to a start names no pipeline")?;
            format!("/api/pipelines/{id}/reports")
        } else {
            self.args.publish.clone()
        };
        let token = Token(self.args.subscribers + number);
        let fresh = self.args.kind == Kind::Poll;
        let body_of = match self.args.kind {
            Kind::Staffel => publisher::report,
            Kind::Push | Kind::Poll => publisher::filled,
        };
        let body = (body_of as fn(usize, usize) -> String, self.args.size);
        self.publishers.push(Publisher::new(
            self.args.address_of(number),
            path,
            token,
            fresh,
            body,
        ));
        Ok(())
    }

    fn connect(&mut self) -> Result<()> {
        let begin = Instant::now();
        let step = (ARRIVAL / self.args.subscribers as u32).max(Duration::from_millis(1));
        for number in 0..self.args.subscribers {
            let due = begin + step * number as u32;
            while Instant::now() < due {
                self.turn(due)?;
            }
            let address = self.args.address_of(number);
            let mut socket = std::net::TcpStream::connect(address)?;
            socket.write_all(http::subscribe(address, &self.args.subscribe).as_bytes())?;
            socket.set_nonblocking(true)?;
            let mut socket = TcpStream::from_std(socket);
            self.poll
                .registry()
                .register(&mut socket, Token(number), Interest::READABLE)?;
            self.subscribers.push(Subscriber {
                socket: Some(socket),
                stream: Stream::default(),
            });
        }
        let deadline = Instant::now() + ACCEPT_MAX;
        while !self.subscribers.iter().all(|s| s.stream.is_open()) {
            if Instant::now() > deadline || self.dropped > 0 {
                return Err("not every subscriber was accepted".into());
            }
            self.turn(Instant::now() + Duration::from_millis(10))?;
        }
        Ok(())
    }

    fn rest(&mut self, span: Duration) -> Result<()> {
        let end = Instant::now() + span;
        while Instant::now() < end {
            self.turn(end)?;
        }
        Ok(())
    }

    /// Publishes on a schedule, and gives the span of each message until its last subscriber had it.
    fn one_at_a_time(&mut self, report: &mut Report) -> Result<Vec<Duration>> {
        let first = self.ledger.count() + 1;
        let (cpu, before) = (process::cpu(self.args.pid)?, self.received());
        let mut random = 0x9e37_79b9_7f4a_7c15_u64;
        let mut due = Instant::now();
        for _ in 0..self.args.messages {
            while Instant::now() < due {
                self.turn(due)?;
            }
            // A server that has not yet answered the last publish delays the next; that is its own delay.
            let late = !self.publishers[0].answered;
            self.wait_for_answer()?;
            let sent = if late { due } else { Instant::now() };
            let number = self.ledger.send(0, sent);
            self.publishers[0].send(self.poll.registry(), number)?;
            due += self.args.interval;
            if self.args.kind == Kind::Poll {
                // At a random moment between two polls.
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                due += self.args.interval.mul_f64((random % 1_000) as f64 / 1e3);
            }
        }
        self.wait_for_all(Instant::now() + STRAGGLE_MAX)?;
        self.rest(PAUSE)?;
        let cpu = process::cpu(self.args.pid)? - cpu;
        let (deliveries, bytes) = self.received_since(before);
        report.number("cpu_us", cpu.as_secs_f64() * 1e6 / deliveries);
        report.number("event_bytes", bytes / deliveries);
        Ok(self.ledger.spans(first..=self.ledger.count()))
    }

    fn burst(&mut self, report: &mut Report) -> Result<()> {
        while self.publishers.len() < self.args.window {
            self.add_publisher()?;
            self.turn(Instant::now())?;
        }
        self.publish_many(self.args.warm_up)?;
        self.rest(PAUSE)?;

        let before = self.received();
        let server = process::cpu(self.args.pid)?;
        let own = process::cpu(std::process::id())?;
        let begin = Instant::now();
        self.publish_many(self.args.burst)?;
        let span = begin.elapsed().as_secs_f64();
        let own = process::cpu(std::process::id())? - own;
        self.rest(PAUSE)?;
        let server = process::cpu(self.args.pid)? - server;
        let (deliveries, bytes) = self.received_since(before);
        report.number("burst_per_s", deliveries / span);
        report.number("burst_cpu_us", server.as_secs_f64() * 1e6 / deliveries);
        report.number("burst_event_bytes", bytes / deliveries);
        report.number("burst_seconds", span);
        report.number("burst_client_share", own.as_secs_f64() / span);
        Ok(())
    }

    /// Publishes with every place in the window busy: a place is free again when all subscribers have its
    /// message and the server has answered.
    fn publish_many(&mut self, count: usize) -> Result<()> {
        let deadline = Instant::now() + BURST_MAX;
        let mut left = count;
        while left > 0 && Instant::now() < deadline {
            for slot in 0..self.publishers.len() {
                let publisher = &mut self.publishers[slot];
                let received = publisher.message.is_none_or(|n| self.ledger.is_finished(n));
                if left > 0 && publisher.answered && received {
                    let number = self.ledger.send(slot, Instant::now());
                    publisher.send(self.poll.registry(), number)?;
                    left -= 1;
                }
            }
            self.turn(Instant::now() + Duration::from_millis(100))?;
        }
        self.wait_for_all(Instant::now() + STRAGGLE_MAX)
    }

    fn wait_for_answer(&mut self) -> Result<()> {
        let deadline = Instant::now() + STRAGGLE_MAX;
        while !self.publishers[0].answered {
            if Instant::now() > deadline {
                return Err("a publish was not answered".into());
            }
            self.turn(deadline)?;
        }
        Ok(())
    }

    /// Waits until every subscriber has every message; what is missing at the deadline is lost.
    fn wait_for_all(&mut self, deadline: Instant) -> Result<()> {
        while self.ledger.unfinished() > 0 && Instant::now() < deadline {
            self.turn(deadline)?;
        }
        Ok(())
    }

    /// How many events with a message have come in, and how many bytes of data they had.
    fn received(&self) -> (u64, u64) {
        let bytes = self.subscribers.iter().map(|s| s.stream.data_bytes()).sum();
        (self.ledger.events, bytes)
    }

    fn received_since(&self, (events, bytes): (u64, u64)) -> (f64, f64) {
        let now = self.received();
        ((now.0 - events) as f64, (now.1 - bytes) as f64)
    }

    /// Waits until something is there to be read, at most until `deadline`, and reads it.
    fn turn(&mut self, deadline: Instant) -> Result<()> {
        let timeout = deadline.saturating_duration_since(Instant::now());
        match self.poll.poll(&mut self.events, Some(timeout)) {
            Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error.into()),
            _ => {}
        }
        for event in &self.events {
            let Token(number) = event.token();
            if number >= self.args.subscribers {
                self.publishers[number - self.args.subscribers].read(&mut self.buffer)?;
                continue;
            }
            let subscriber = &mut self.subscribers[number];
            if !subscriber.read(number, &mut self.buffer, &mut self.ledger)? {
                subscriber.socket = None;
                self.dropped += 1;
            }
        }
        Ok(())
    }
}

impl Subscriber {
    /// Reads all there is. `false`: the server has closed the connection.
    fn read(&mut self, number: usize, buffer: &mut [u8], ledger: &mut Ledger) -> Result<bool> {
        let Some(socket) = &mut self.socket else {
            return Ok(true);
        };
        loop {
            match socket.read(buffer) {
                Ok(0) => return Ok(false),
                Ok(count) => {
                    let now = Instant::now();
                    self.stream.feed(&buffer[..count], &mut |seen| {
                        ledger.enter(number, seen, now);
                    })?;
                    // Less than asked for: the socket is empty, and epoll tells of more.
                    if count < buffer.len() {
                        return Ok(true);
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(true),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Ok(false),
            }
        }
    }
}
