//! As much of MCP as an agent needs: its requests, and whether an answer is what it should be.

use std::net::SocketAddr;

use load::Result;
use memchr::memmem;

/// The two kinds of the protocol, by what an agent does first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProtocolKind {
    /// The stateless protocol, 2026-07-28: nothing; every request says all about itself.
    Stateless,
    /// The legacy protocol, 2025-11-25: it opens a session.
    Session,
}

/// The tools that are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    /// `get_pipeline_status`
    Read,
    /// `update_pipeline_status`
    Write,
}

const META: &str = r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/clientInfo":{"name":"bench","version":"1"}}"#;

impl ProtocolKind {
    /// Its name in the figures.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stateless => "stateless",
            Self::Session => "session",
        }
    }
}

impl Tool {
    /// Its name in the figures.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }

    fn full_name(self) -> &'static str {
        match self {
            Self::Read => "get_pipeline_status",
            Self::Write => "update_pipeline_status",
        }
    }
}

/// Call `id` of a tool. A write reports a progress that the answer has to show.
pub fn call(
    address: SocketAddr,
    session: Option<&str>,
    tool: Tool,
    pipeline: &str,
    id: u64,
) -> String {
    let more = match tool {
        Tool::Read => String::new(),
        Tool::Write => format!(r#","message":"seq {id}","progress":{}"#, progress(id)),
    };
    let arguments = format!(r#"{{"pipeline":"{pipeline}"{more}}}"#);
    call_with(address, session, tool.full_name(), &arguments, id)
}

/// The call that starts a pipeline.
pub fn start(address: SocketAddr, number: usize) -> String {
    let arguments = format!(r#"{{"project":"bench","title":"Pipeline {number:04}"}}"#);
    call_with(address, None, "start_pipeline", &arguments, 0)
}

fn call_with(
    address: SocketAddr,
    session: Option<&str>,
    tool: &str,
    arguments: &str,
    id: u64,
) -> String {
    let params = format!(r#""name":"{tool}","arguments":{arguments}"#);
    let body = |meta: &str| {
        format!(
            r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{{params}{meta}}}}}"#
        )
    };
    match session {
        Some(session) => post(address, &session_headers(session), &body("")),
        None => {
            let name = format!("Mcp-Name: {tool}\r\n");
            let headers = stateless_headers("tools/call") + &name;
            post(address, &headers, &body(&format!(",{META}")))
        }
    }
}

/// The request that opens a session.
pub fn initialize(address: SocketAddr) -> String {
    let body = r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"bench","version":"1"}}}"#;
    post(address, "", body)
}

/// What a client says when its session is open.
pub fn initialized(address: SocketAddr, session: &str) -> String {
    let body = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
    post(address, &session_headers(session), body)
}

/// The question whether a session is alive.
pub fn ping(address: SocketAddr, session: &str) -> String {
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
    post(address, &session_headers(session), body)
}

/// The request for the stream of a session.
pub fn session_stream(address: SocketAddr, session: &str) -> String {
    let headers = session_headers(session);
    format!("GET /mcp HTTP/1.1\r\nHost: {address}\r\nAccept: text/event-stream\r\n{headers}\r\n")
}

/// The request for a stream that tells when a pipeline changes.
pub fn listen(address: SocketAddr, pipeline: &str) -> String {
    let filter = format!(r#"{{"resourceSubscriptions":["staffel://pipelines/{pipeline}"]}}"#);
    let body = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{{"notifications":{filter},{META}}}}}"#
    );
    post(address, &stateless_headers("subscriptions/listen"), &body)
}

fn stateless_headers(method: &str) -> String {
    format!("MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: {method}\r\n")
}

fn session_headers(session: &str) -> String {
    format!("MCP-Protocol-Version: 2025-11-25\r\nMcp-Session-Id: {session}\r\n")
}

fn post(address: SocketAddr, headers: &str, body: &str) -> String {
    format!(
        "POST /mcp HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// The progress that write `id` reports.
fn progress(id: u64) -> u64 {
    id % 100
}

/// Whether `body` is the answer to call `id` of `tool` about `pipeline`. Quotes within texts are escaped in
/// JSON, so each of these is found only as a key with its value.
pub fn check(body: &[u8], tool: Tool, pipeline: &str, id: u64) -> Result<()> {
    let has = |text: &str| memmem::find(body, text.as_bytes()).is_some();
    let has_number = |key: &str, number: u64| {
        has(&format!("\"{key}\":{number},")) || has(&format!("\"{key}\":{number}}}"))
    };
    let succeeded = !has("\"error\":")
        && !has("\"isError\":true")
        && has_number("id", id)
        && has("\"type\":\"text\"")
        && has("\"structuredContent\":{")
        && has(&format!("\"pipeline\":\"{pipeline}\""))
        && (tool == Tool::Read || has_number("progress", progress(id)));
    if succeeded {
        return Ok(());
    }
    let body = String::from_utf8_lossy(body);
    Err(format!("call {id} of {} was answered with {body}", tool.full_name()).into())
}

/// The pipeline that an answer is about.
pub fn pipeline_in(body: &[u8]) -> Result<String> {
    let body = String::from_utf8_lossy(body);
    let found = body
        .split_once("\"pipeline\":\"")
        .and_then(|(_, rest)| rest.split('"').next());
    found
        .map(str::to_owned)
        .ok_or_else(|| format!("no pipeline was started: {body}").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"jsonrpc":"2.0","id":17,"result":{"content":[{"type":"text","text":"\"error\":"}],"structuredContent":{"pipeline":"p1","progress":17,"progress_source":"claimed"},"isError":false}}"#;

    #[test]
    fn only_the_answer_to_this_call_is_good() {
        for tool in [Tool::Read, Tool::Write] {
            let is_good = |body: &str, id| check(body.as_bytes(), tool, "p1", id).is_ok();
            assert!(is_good(GOOD, 17));
            assert!(is_good(&format!("id: 1/0\r\ndata: {GOOD}\n\n"), 17));
            assert!(!is_good(GOOD, 1));
            assert!(!is_good(&GOOD.replace("p1", "p2"), 17));
            assert!(!is_good(
                &GOOD.replace("\"isError\":false", "\"isError\":true"),
                17
            ));
            assert!(!is_good(
                r#"{"jsonrpc":"2.0","id":17,"error":{"code":-32602}}"#,
                17
            ));
        }
        let unchanged = GOOD.replace("\"progress\":17", "\"progress\":16");
        assert!(check(unchanged.as_bytes(), Tool::Write, "p1", 17).is_err());
    }
}
