//! As much HTTP/1.1 as is needed.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use crate::{Result, response::Response};

/// How long a server may take for an answer while nothing is measured.
const PATIENCE: Duration = Duration::from_secs(10);

/// The request that subscribes.
pub fn subscribe(address: SocketAddr, path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nAccept: text/event-stream\r\n\r\n")
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
    let (mut response, mut body) = (Response::default(), Vec::new());
    let mut piece = [0; 16 * 1024];
    while !response.is_complete() {
        let count = stream.read(&mut piece)?;
        if count == 0 {
            return Err("the connection was closed without an answer".into());
        }
        response.feed(&piece[..count], &mut |bytes| body.extend_from_slice(bytes))?;
    }
    response.check(&body)?;
    Ok(String::from_utf8(body)?)
}
