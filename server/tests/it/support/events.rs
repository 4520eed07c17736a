//! A reader of event streams: bytes from a socket, taken apart as WHATWG HTML 9.2 says.

use std::{io, net::SocketAddr};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

use super::soon;

/// An event as a browser would dispatch it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its `event` field.
    pub name: String,
    /// Its own `id` field, if it has one.
    pub id: Option<String>,
    /// Its `data` lines, joined.
    pub data: String,
}

impl Event {
    /// The data as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.data).expect("data is JSON")
    }

    /// The position in its id.
    #[track_caller]
    pub fn position(&self) -> u64 {
        let id = self.id.as_deref().and_then(|id| id.split_once('-'));
        let position = id.and_then(|(_, position)| position.parse().ok());
        position.unwrap_or_else(|| panic!("no id in {self:?}"))
    }
}

/// An open stream.
pub struct Events {
    /// The status line and the headers as they came.
    pub head: String,
    /// Every byte of the body so far, without the chunk sizes.
    pub body: Vec<u8>,
    /// The comments so far.
    pub comments: Vec<String>,
    /// The `retry` fields so far.
    pub retries: Vec<u64>,
    /// What a browser would send as `Last-Event-ID`.
    pub last_id: String,
    /// Whether the body ended as HTTP says, and was not torn off.
    pub ended: bool,
    socket: BufReader<TcpStream>,
    parsed: usize,
    event: Event,
}

const NOTHING: Event = Event {
    name: String::new(),
    id: None,
    data: String::new(),
};

impl Events {
    /// Opens `/sse` with this query and, where given, the header `Last-Event-ID`.
    pub async fn open(address: SocketAddr, query: &str, last_id: Option<&str>) -> Self {
        let opened = Self::try_open(address, query, last_id).await;
        opened.expect("a stream")
    }

    /// The same where the server may be gone.
    pub async fn try_open(
        address: SocketAddr,
        query: &str,
        last_id: Option<&str>,
    ) -> io::Result<Self> {
        let header = last_id.map_or(String::new(), |id| format!("Last-Event-ID: {id}\r\n"));
        let request = format!("GET /sse{query} HTTP/1.1\r\nHost: {address}\r\n{header}\r\n");
        let mut socket = BufReader::new(TcpStream::connect(address).await?);
        socket.write_all(request.as_bytes()).await?;
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if soon("the head of the stream", socket.read_line(&mut head)).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(Self {
            head,
            body: Vec::new(),
            comments: Vec::new(),
            retries: Vec::new(),
            last_id: String::new(),
            ended: false,
            socket,
            parsed: 0,
            event: NOTHING,
        })
    }

    /// The next event except heartbeats; `None` at the end of the stream.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            let event = self.next_of_all().await?;
            if event.name != "heartbeat" {
                return Some(event);
            }
        }
    }

    /// The next event; `None` at the end of the stream.
    pub async fn next_of_all(&mut self) -> Option<Event> {
        loop {
            while let Some(line) = self.line() {
                if let Some(event) = self.take(&line) {
                    return Some(event);
                }
            }
            if !soon("the next bytes of the stream", self.chunk()).await {
                return None;
            }
        }
    }

    /// Events up to the first one of this name, which is the last in the answer.
    pub async fn through(&mut self, name: &str) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await {
            let found = event.name == name;
            events.push(event);
            if found {
                return events;
            }
        }
        panic!("the stream ended before {name:?}: {events:?}");
    }

    /// Events up to the one whose id has this position.
    pub async fn up_to(&mut self, position: u64) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await {
            let reached = event.id.is_some() && event.position() >= position;
            events.push(event);
            if reached {
                return events;
            }
        }
        panic!("the stream ended before {position}: {events:?}");
    }

    /// Reads one chunk of the body. False at its end.
    async fn chunk(&mut self) -> bool {
        let mut size = String::new();
        if !matches!(self.socket.read_line(&mut size).await, Ok(1..)) {
            return false;
        }
        let size = usize::from_str_radix(size.trim_end(), 16).expect("the size of a chunk");
        let mut chunk = vec![0; size + 2];
        if self.socket.read_exact(&mut chunk).await.is_err() {
            return false;
        }
        assert!(chunk.ends_with(b"\r\n"), "a chunk ends with CRLF");
        self.body.extend_from_slice(&chunk[..size]);
        self.ended = size == 0;
        size > 0
    }

    /// The next whole line of the body: LF, CR or CRLF end one.
    fn line(&mut self) -> Option<String> {
        let rest = &self.body[self.parsed..];
        let end = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n'))?;
        let pair = rest[end] == b'\r' && rest.get(end + 1)? == &b'\n';
        let line = std::str::from_utf8(&rest[..end]).expect("the stream is UTF-8");
        let line = match self.parsed {
            0 => line.trim_start_matches('\u{feff}'),
            _ => line,
        };
        let line = line.to_owned();
        self.parsed += end + 1 + usize::from(pair);
        Some(line)
    }

    fn take(&mut self, line: &str) -> Option<Event> {
        if line.is_empty() {
            let event = std::mem::replace(&mut self.event, NOTHING);
            return (!event.data.is_empty()).then(|| Event {
                data: event.data[..event.data.len() - 1].to_owned(),
                ..event
            });
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "" => self.comments.push(value.to_owned()),
            "event" => value.clone_into(&mut self.event.name),
            "data" => self.event.data.push_str(&format!("{value}\n")),
            "id" if !value.contains('\0') => {
                value.clone_into(&mut self.last_id);
                self.event.id = Some(value.to_owned());
            }
            "retry" => self.retries.extend(value.parse::<u64>()),
            _ => panic!("no such field in an event stream: {line:?}"),
        }
        None
    }
}
