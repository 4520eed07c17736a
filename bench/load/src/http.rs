//! As much HTTP/1.1 as is needed.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use memchr::memmem;

use crate::Result;

/// How long a server may take for an answer while nothing is measured.
const PATIENCE: Duration = Duration::from_secs(10);

/// The request that subscribes.
pub fn subscribe(address: SocketAddr) -> String {
    format!("GET /sse HTTP/1.1\r\nHost: {address}\r\nAccept: text/event-stream\r\n\r\n")
}

/// A request that publishes `body`.
pub fn post(address: SocketAddr, path: &str, body: &str, close: bool) -> String {
    let connection = if close { "Connection: close\r\n" } else { "" };
    format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n{connection}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Posts and waits for the answer's body, on a connection of its own.
pub fn post_and_wait(address: SocketAddr, path: &str, body: &str) -> Result<String> {
    ask(address, &post(address, path, body, true))
}

/// Gets what is at `path`, on a connection of its own.
pub fn get(address: SocketAddr, path: &str) -> Result<String> {
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    ask(address, &request)
}

/// Waits for the body of the answer to a request that closes its connection.
fn ask(address: SocketAddr, request: &str) -> Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(request.as_bytes())?;
    let mut bytes = Vec::new();
    let mut piece = [0; 16 * 1024];
    loop {
        let count = stream.read(&mut piece)?;
        bytes.extend_from_slice(&piece[..count]);
        if let Some(body) = answer(&bytes, count == 0)? {
            return Ok(String::from_utf8_lossy(body).into_owned());
        }
        if count == 0 {
            return Err("the connection was closed without an answer".into());
        }
    }
}

/// The body of a complete answer. `None`: there is more to come. An error: the server refused.
pub fn answer(bytes: &[u8], ended: bool) -> Result<Option<&[u8]>> {
    let Some(end) = memmem::find(bytes, b"\r\n\r\n") else {
        return Ok(None);
    };
    let (head, body) = (&bytes[..end], &bytes[end + 4..]);
    let head = String::from_utf8_lossy(head);
    let status = head.split(' ').nth(1).unwrap_or_default();
    let length = match (status, field(&head, "content-length")) {
        ("204", _) => Some(0),
        (_, Some(text)) => Some(text.parse::<usize>()?),
        (_, None) => None,
    };
    let complete = length.map_or(ended, |length| body.len() >= length);
    if !complete {
        return Ok(None);
    }
    if !status.starts_with('2') {
        let body = String::from_utf8_lossy(body);
        return Err(format!("a request was answered with {status}: {body}").into());
    }
    Ok(Some(body))
}

/// The value of a header.
pub fn field<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines()
        .filter_map(|line| line.split_once(':'))
        .find_map(|(found, value)| found.eq_ignore_ascii_case(name).then(|| value.trim()))
}
