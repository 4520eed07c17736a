//! A place in the window: a connection that publishes one message after the other.

use std::{
    io::{ErrorKind, Read, Write},
    net::SocketAddr,
};

use mio::{Interest, Registry, Token, net::TcpStream};

use crate::{Result, http, response::Response};

/// A report to Staffel whose text has so many characters.
pub fn report(message: usize, size: usize) -> String {
    let begin = format!("seq {message} ");
    let rest = "is what is being done at this moment, in a line of the usual length and a little more of it ";
    let rest = rest.chars().cycle().take(size.saturating_sub(begin.len()));
    format!("{{\"message\":\"{begin}{}\"}}", rest.collect::<String>())
}

/// A message to another server, filled up to so many bytes. It ends its line: some servers put several into one event.
pub fn filled(message: usize, size: usize) -> String {
    let begin = format!("{{\"message\":\"seq {message}\",\"rest\":\"");
    let rest = "x".repeat(size.saturating_sub(begin.len() + 2));
    format!("{begin}{rest}\"}}\n")
}

/// One place in the window.
pub struct Publisher {
    address: SocketAddr,
    path: String,
    token: Token,
    /// Whether each message gets a connection of its own: Flask's server closes them at will.
    fresh: bool,
    /// What makes the body of a message.
    body_of: fn(usize, usize) -> String,
    /// How many bytes it has at least.
    size: usize,
    stream: Option<TcpStream>,
    response: Response,
    body: Vec<u8>,
    /// The message that is on its way.
    pub message: Option<usize>,
    /// Whether the server has said that it took that message.
    pub answered: bool,
}

impl Publisher {
    /// A place that publishes to `path`.
    pub fn new(
        address: SocketAddr,
        path: String,
        token: Token,
        fresh: bool,
        (body_of, size): (fn(usize, usize) -> String, usize),
    ) -> Self {
        Self {
            address,
            path,
            token,
            fresh,
            body_of,
            size,
            stream: None,
            response: Response::default(),
            body: Vec::new(),
            message: None,
            answered: true,
        }
    }

    /// Where it publishes to.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Publishes a message. The place must be free.
    pub fn send(&mut self, registry: &Registry, message: usize) -> Result<()> {
        if self.fresh || self.stream.is_none() {
            let stream = std::net::TcpStream::connect(self.address)?;
            stream.set_nodelay(true)?;
            stream.set_nonblocking(true)?;
            let mut stream = TcpStream::from_std(stream);
            registry.register(&mut stream, self.token, Interest::READABLE)?;
            self.stream = Some(stream);
        }
        let body = (self.body_of)(message, self.size);
        let request = http::post(self.address, &self.path, &body, self.fresh);
        let stream = self.stream.as_mut().ok_or("no connection")?;
        // A few hundred bytes into an empty send buffer: never cut.
        stream.write_all(request.as_bytes())?;
        (self.message, self.answered) = (Some(message), false);
        self.response = Response::default();
        self.body.clear();
        Ok(())
    }

    /// Reads what the server has answered.
    pub fn read(&mut self, buffer: &mut [u8]) -> Result<()> {
        let Self {
            stream: Some(stream),
            response,
            body,
            ..
        } = self
        else {
            return Ok(());
        };
        let ended = loop {
            match stream.read(buffer) {
                Ok(0) => break true,
                Ok(count) => {
                    response.feed(&buffer[..count], &mut |piece| body.extend_from_slice(piece))?;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break false,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(format!("a publisher's connection: {error}").into()),
            }
        };
        if !self.answered && response.is_complete() {
            response.check(body)?;
            self.answered = true;
        }
        if ended {
            self.stream = None;
            if !self.answered {
                return Err("a publisher's connection was closed without an answer".into());
            }
        }
        Ok(())
    }
}
