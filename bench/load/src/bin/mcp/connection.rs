//! A connection that carries one exchange after the other.

use std::{
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use load::{Result, response::Response};
use mio::{Interest, Registry, Token};

/// How long a server may take for an answer while no call is measured.
const PATIENCE: Duration = Duration::from_secs(20);
const BUFFER: usize = 32 * 1024;

/// A connection; its socket is the standard library's, which waits, or mio's, which does not.
pub struct Connection<S> {
    socket: S,
    /// The answer to the last request.
    pub response: Response,
    /// Its body.
    pub body: Vec<u8>,
}

impl Connection<TcpStream> {
    /// Connects.
    pub fn open(address: SocketAddr) -> Result<Self> {
        let socket = TcpStream::connect(address)?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        Ok(Self {
            socket,
            response: Response::default(),
            body: Vec::new(),
        })
    }

    /// Sends a request and waits for all of its answer. An error: it was refused.
    pub fn exchange(&mut self, request: &str) -> Result<&[u8]> {
        self.exchange_until(request, Response::is_complete)?;
        self.response.check(&self.body)?;
        Ok(&self.body)
    }

    /// Sends a request and waits until `enough` of its answer is there.
    pub fn exchange_until(
        &mut self,
        request: &str,
        enough: impl Fn(&Response) -> bool,
    ) -> Result<()> {
        self.send(request)?;
        while !enough(&self.response) {
            self.read()?;
        }
        Ok(())
    }

    /// Waits until a text is in the body of an answer that goes on.
    pub fn wait_for(&mut self, text: &str) -> Result<()> {
        while !String::from_utf8_lossy(&self.body).contains(text) {
            if self.response.is_complete() {
                self.response.check(&self.body)?;
                return Err(format!("a stream ended without {text}").into());
            }
            self.read()?;
        }
        Ok(())
    }

    /// Whether the server has not closed it. What has come in the meantime is skipped.
    pub fn is_open(&mut self) -> Result<bool> {
        self.socket.set_nonblocking(true)?;
        Ok(match self.read() {
            Ok(()) => true,
            Err(error) => error
                .downcast_ref::<std::io::Error>()
                .is_some_and(|error| error.kind() == ErrorKind::WouldBlock),
        })
    }

    /// The same connection, to be polled.
    pub fn polled(
        self,
        registry: &Registry,
        token: Token,
    ) -> Result<Connection<mio::net::TcpStream>> {
        self.socket.set_nonblocking(true)?;
        let mut socket = mio::net::TcpStream::from_std(self.socket);
        registry.register(&mut socket, token, Interest::READABLE)?;
        Ok(Connection {
            socket,
            response: self.response,
            body: self.body,
        })
    }
}

impl<S: Read + Write> Connection<S> {
    /// Sends a request; the answer to the one before must be complete.
    pub fn send(&mut self, request: &str) -> Result<()> {
        self.response = Response::default();
        self.body.clear();
        // A kilobyte into an empty send buffer: never cut.
        Ok(self.socket.write_all(request.as_bytes())?)
    }

    /// Reads once.
    fn read(&mut self) -> Result<()> {
        let mut buffer = [0; BUFFER];
        let count = self.socket.read(&mut buffer)?;
        if count == 0 {
            return Err("a connection was closed".into());
        }
        let Self { response, body, .. } = self;
        response.feed(&buffer[..count], &mut |piece| body.extend_from_slice(piece))
    }
}

impl Connection<mio::net::TcpStream> {
    /// Reads what is there. `true`: that completes the answer.
    pub fn receive(&mut self) -> Result<bool> {
        while !self.response.is_complete() {
            match self.read() {
                Ok(()) => {}
                Err(error) => match error.downcast_ref::<std::io::Error>().map(|e| e.kind()) {
                    Some(ErrorKind::WouldBlock) => return Ok(false),
                    Some(ErrorKind::Interrupted) => {}
                    _ => return Err(error),
                },
            }
        }
        Ok(true)
    }
}
