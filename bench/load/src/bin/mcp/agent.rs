//! An agent: it calls a tool, waits for the answer, and calls again.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use load::Result;
use mio::{Registry, Token, net::TcpStream};

use crate::{
    connection::Connection,
    protocol::{self, ProtocolKind, Tool},
};

/// One agent, with a connection, a pipeline, and in the legacy protocol a session of its own.
pub struct Agent<'a> {
    address: SocketAddr,
    connection: Connection<TcpStream>,
    session: Option<String>,
    pipeline: &'a str,
    tool: Tool,
    id: u64,
    sent: Instant,
    /// Whether it waits for an answer.
    pub is_waiting: bool,
}

/// How a call went.
pub struct Done {
    /// From the first byte sent to the last one received.
    pub span: Duration,
    /// How long the body of the answer was.
    pub bytes: usize,
    /// Whether it succeeded.
    pub result: Result<()>,
}

impl<'a> Agent<'a> {
    /// Connects, and opens a session if the protocol has them.
    pub fn new(
        address: SocketAddr,
        kind: ProtocolKind,
        tool: Tool,
        pipeline: &'a str,
        registry: &Registry,
        token: Token,
    ) -> Result<Self> {
        let mut connection = Connection::open(address)?;
        let session = match kind {
            ProtocolKind::Stateless => None,
            ProtocolKind::Session => Some(open_session(&mut connection, address)?),
        };
        Ok(Self {
            address,
            connection: connection.polled(registry, token)?,
            session,
            pipeline,
            tool,
            id: 0,
            sent: Instant::now(),
            is_waiting: false,
        })
    }

    /// Calls the tool.
    pub fn call(&mut self) -> Result<()> {
        self.id += 1;
        let session = self.session.as_deref();
        let request = protocol::call(self.address, session, self.tool, self.pipeline, self.id);
        self.sent = Instant::now();
        self.is_waiting = true;
        self.connection.send(&request)
    }

    /// Reads what has come of the answer; gives how the call went once it is complete.
    pub fn read(&mut self) -> Result<Option<Done>> {
        if !self.is_waiting || !self.connection.receive()? {
            return Ok(None);
        }
        let span = self.sent.elapsed();
        self.is_waiting = false;
        let body = &self.connection.body;
        Ok(Some(Done {
            span,
            bytes: body.len(),
            result: protocol::check(body, self.tool, self.pipeline, self.id),
        }))
    }
}

/// Opens a session as a client does, and gives its id.
pub fn open_session(
    connection: &mut Connection<std::net::TcpStream>,
    address: SocketAddr,
) -> Result<String> {
    connection.exchange(&protocol::initialize(address))?;
    let session = connection
        .response
        .header("mcp-session-id")
        .ok_or("an answer to initialize names no session")?
        .to_owned();
    connection.exchange(&protocol::initialized(address, &session))?;
    Ok(session)
}
