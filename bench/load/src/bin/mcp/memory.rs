//! What idle sessions and streams cost: the growth of the server's memory while they are held.

use std::{net::TcpStream, thread::sleep, time::Duration};

use load::{Result, process, report::Report};

use crate::{agent::open_session, args::Args, connection::Connection, protocol};

/// So many come before the memory is looked at first: what the server makes once is not theirs.
const FIRST: usize = 20;
/// What the server does when it has answered may take so long.
const PAUSE: Duration = Duration::from_secs(1);

/// Sessions of the legacy protocol: first without a stream, then each with its own.
pub fn sessions(args: &Args, report: &mut Report) -> Result<()> {
    process::allow_files(args.held + 64)?;
    let mut connection = Connection::open(args.address)?;
    let (sessions, bytes) = hold(args, |_| open_session(&mut connection, args.address))?;
    report.number("session_bytes", bytes);
    for session in [&sessions[0], &sessions[args.held - 1]] {
        connection.exchange(&protocol::ping(args.address, session))?;
    }

    let (mut streams, bytes) = hold(args, |number| {
        let request = protocol::session_stream(args.address, &sessions[number]);
        let mut stream = Connection::open(args.address)?;
        stream.exchange_until(&request, |response| response.status().is_some())?;
        stream.response.check(&stream.body)?;
        Ok(stream)
    })?;
    report.number("session_stream_bytes", bytes);
    report.count("closed", closed(&mut streams)?);
    Ok(())
}

/// Streams of the stateless protocol. A server that does not know them has no figure.
pub fn streams(args: &Args, report: &mut Report) -> Result<()> {
    process::allow_files(args.held + 64)?;
    let mut connection = Connection::open(args.address)?;
    let started = connection.exchange(&protocol::start(args.address, 0))?;
    let pipeline = protocol::pipeline_in(started)?;
    let request = protocol::listen(args.address, &pipeline);
    connection.exchange_until(&request, |response| response.status().is_some())?;
    if connection.response.status() == Some(404) {
        return Ok(());
    }

    let (mut streams, bytes) = hold(args, |_| {
        let mut stream = Connection::open(args.address)?;
        stream.send(&request)?;
        stream.wait_for("notifications/subscriptions/acknowledged")?;
        Ok(stream)
    })?;
    report.number("stream_bytes", bytes);
    report.count("closed", closed(&mut streams)?);
    Ok(())
}

/// Makes as many as are to be held, and gives how many bytes of memory each of them takes.
fn hold<T>(args: &Args, mut make: impl FnMut(usize) -> Result<T>) -> Result<(Vec<T>, f64)> {
    let mut held = (0..FIRST).map(&mut make).collect::<Result<Vec<T>>>()?;
    sleep(PAUSE);
    let before = process::memory(args.pid)?;
    for number in FIRST..args.held {
        held.push(make(number)?);
    }
    sleep(PAUSE);
    let growth = process::memory(args.pid)?.saturating_sub(before);
    Ok((held, growth as f64 / (args.held - FIRST) as f64))
}

/// How many the server has closed.
fn closed(streams: &mut [Connection<TcpStream>]) -> Result<u64> {
    let mut closed = 0;
    for stream in streams {
        closed += u64::from(!stream.is_open()?);
    }
    Ok(closed)
}
