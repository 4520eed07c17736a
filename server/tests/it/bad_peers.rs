//! Peers that hang up, ask for what is not there, or send what nobody wants: others do not notice.

use std::{fs, net::SocketAddr, process::Stdio};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{Api, Program, Server, data_folder, raw, soon, until};

const ACCEPT: (&str, &str) = ("accept", "application/json, text/event-stream");

/// Sends a request, takes `bytes` of the answer and hangs up.
async fn hang_up_after(address: SocketAddr, request: &str, bytes: usize) {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let sent = stream.write_all(request.as_bytes()).await;
    sent.expect("the request is sent");
    let mut some = vec![0; bytes];
    let _ = soon("some bytes", stream.read_exact(&mut some)).await;
}

/// What this process holds in memory, in bytes.
fn memory(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("its status");
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kib.expect("a number") * 1024
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn pages_that_nobody_reads_to_the_end_leave_no_memory_behind() {
    let data = data_folder();
    let program = Program::start(data.path());
    let api = &program.api;
    for n in 0..40 {
        api.start(&format!("project {n}")).await;
    }
    let page = api.get("/").await.text;
    assert!(page.len() > 50_000, "a page of {} bytes", page.len());
    let request = format!("GET / HTTP/1.1\r\nHost: {}\r\n\r\n", api.address);
    let rounds = async |pages: usize| {
        for n in 0..pages {
            // Before the answer, at its head, in its middle.
            hang_up_after(api.address, &request, [0, 1, 40_000][n % 3]).await;
        }
        api.get("/").await;
        memory(program.id())
    };
    let warm = rounds(60).await;
    let after = rounds(300).await;
    let leaked = page.len() as u64 * 300;
    assert!(
        after < warm + leaked / 3,
        "{warm} bytes before, {after} bytes after 300 pages of {} bytes",
        page.len()
    );
}

fn call(id: u32, name: &str, arguments: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": {
        "name": name, "arguments": arguments } })
}

/// The bytes of a call without a session (2026-07-28).
pub fn stateless(address: SocketAddr, name: &str, arguments: &Value) -> String {
    let mut call = call(1, name, arguments);
    call["params"]["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": { "name": "hasty", "version": "1" },
    });
    let body = call.to_string();
    format!(
        "POST /mcp HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
         Accept: application/json, text/event-stream\r\nMCP-Protocol-Version: 2026-07-28\r\n\
         Mcp-Method: tools/call\r\nMcp-Name: {name}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// The bytes of a call in a session.
fn in_session(address: SocketAddr, session: &str, call: &Value) -> String {
    let body = call.to_string();
    format!(
        "POST /mcp HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
         Accept: application/json, text/event-stream\r\nMcp-Session-Id: {session}\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// A client that has shaken hands: the id of its session, and the answer.
async fn shake_hands(api: &Api, version: &str) -> (String, String) {
    let hello = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": version, "capabilities": {},
        "clientInfo": { "name": "hasty", "version": "1" } } });
    let answer = api.post_with("/mcp", &[ACCEPT], &hello).await;
    let session = answer.header("mcp-session-id").to_owned();
    let initialized = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    let headers = [ACCEPT, ("mcp-session-id", &*session)];
    api.post_with("/mcp", &headers, &initialized).await;
    (session, answer.text)
}

async fn waits(api: &Api) -> u64 {
    let status = api.get("/api/status").await.ok();
    status["waits"].as_u64().expect("a number")
}

/// A connection on which a wait has begun.
async fn begin(api: &Api, request: &str, number: u64) -> TcpStream {
    let mut stream = TcpStream::connect(api.address).await.expect("a connection");
    stream.write_all(request.as_bytes()).await.expect("sent");
    until("the wait", async || waits(api).await == number).await;
    stream
}

#[tokio::test]
async fn a_wait_whose_client_hung_up_is_over_at_once() {
    let server = Server::start().await;
    let api = &server.api;
    let pipeline = api.start("a").await;
    let handover = api.hand_over(&pipeline, "# Plan").await;
    let wait = json!({ "handover": handover, "wait_seconds": 50 });
    let name = "await_handover_decision";
    let (session, _) = shake_hands(api, "2025-06-18").await;
    let requests = [
        stateless(api.address, name, &wait),
        in_session(api.address, &session, &call(7, name, &wait)),
    ];
    for request in &requests {
        let waiting = begin(api, request, 1).await;
        drop(waiting);
        until("nobody waits", async || waits(api).await == 0).await;
    }
    // Nobody heard it, so nobody has it.
    api.decide(&handover, 1, "accept", "").await.ok();
    let prompt = api.prompt(&pipeline, 1).await;
    assert_eq!(prompt["state"], "offered", "{prompt}");
}

#[tokio::test]
async fn thousands_of_waits_that_hung_up_leave_none_registered_and_room_for_others() {
    let server = Server::start().await;
    let api = &server.api;
    let pipeline = api.start("a").await;
    let handover = api.hand_over(&pipeline, "# Plan").await;
    let wait = json!({ "handover": handover, "wait_seconds": 50 });
    let request = stateless(api.address, "await_handover_decision", &wait);
    // Eight times as many as may wait at once: those that hung up are not counted any more.
    for _ in 0..16 {
        let mut waiting = Vec::new();
        for _ in 0..server::relay::WAITS_FOR_ONE / 2 {
            let mut stream = TcpStream::connect(api.address).await.expect("a connection");
            stream.write_all(request.as_bytes()).await.expect("sent");
            waiting.push(stream);
        }
        let all = server::relay::WAITS_FOR_ONE as u64 / 2;
        until("all wait", async || waits(api).await == all).await;
        drop(waiting);
        until("nobody waits", async || waits(api).await == 0).await;
    }
}

#[tokio::test]
async fn waits_are_bounded_and_the_refusal_says_so() {
    let server = Server::start().await;
    let api = &server.api;
    let pipeline = api.start("a").await;
    let handover = api.hand_over(&pipeline, "# Plan").await;
    let wait = json!({ "handover": handover, "wait_seconds": 50 });
    let request = stateless(api.address, "await_handover_decision", &wait);
    let mut waiting = Vec::new();
    for _ in 0..server::relay::WAITS_FOR_ONE {
        let mut stream = TcpStream::connect(api.address).await.expect("a connection");
        stream.write_all(request.as_bytes()).await.expect("sent");
        waiting.push(stream);
    }
    let all = server::relay::WAITS_FOR_ONE as u64;
    until("all wait", async || waits(api).await == all).await;
    let once = request.replacen("\r\n\r\n", "\r\nConnection: close\r\n\r\n", 1);
    let refused = raw(api.address, &once).await;
    assert!(refused.contains("256 calls wait for pipeline"), "{refused}");
    // Reports to others wake none of them; the decision wakes all.
    let other = api.start("b").await;
    api.report(&other, "Working").await;
    assert_eq!(waits(api).await, all);
    api.decide(&handover, 1, "accept", "").await.ok();
    until("nobody waits", async || waits(api).await == 0).await;
}

#[tokio::test]
async fn a_client_that_cannot_resume_gets_neither_an_empty_event_nor_ids() {
    let server = Server::start().await;
    let api = &server.api;
    for (version, can_resume) in [
        ("2024-11-05", false),
        ("2025-03-26", false),
        ("2025-06-18", false),
        ("2025-11-25", true),
    ] {
        let (session, hello) = shake_hands(api, version).await;
        let headers = [ACCEPT, ("mcp-session-id", &*session)];
        let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
        let answer = api.post_with("/mcp", &headers, &list).await.text;
        for answer in [&hello, &answer] {
            let events = answer.split("\n\n").filter(|event| event.contains("data:"));
            let empty = events.filter(|event| !event.contains("data: {")).count();
            assert!(empty == 0 || can_resume, "{version}: {answer}");
        }
        assert_eq!(
            answer.contains("\nid:") || answer.starts_with("id:"),
            can_resume,
            "{version}: {answer}"
        );
        assert_eq!(answer.contains("retry:"), can_resume, "{version}: {answer}");
    }
}

#[tokio::test]
async fn a_finished_answer_cannot_be_resumed_and_the_client_is_told_to_stop() {
    let server = Server::start().await;
    let api = &server.api;
    let (session, _) = shake_hands(api, "2025-11-25").await;
    let headers = [ACCEPT, ("mcp-session-id", &*session)];
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    let answer = api.post_with("/mcp", &headers, &list).await.text;
    let mut ids = answer.lines().filter_map(|line| line.strip_prefix("id:"));
    let last = ids.next_back().expect("an id").trim().to_owned();
    for id in [&*last, "1/4711", "5/0"] {
        let headers = [ACCEPT, ("mcp-session-id", &*session), ("last-event-id", id)];
        let again = api.send(reqwest::Method::GET, "/mcp", &headers, "").await;
        assert_eq!(again.status, 405, "{id}: {again:?}");
        assert!(again.text.contains("nothing to resume"), "{again:?}");
    }
}

#[tokio::test]
async fn a_report_without_a_pipeline_is_about_the_agents_own() {
    let server = Server::start().await;
    let api = &server.api;
    let theirs = api.start("theirs").await;
    let handover = api.hand_over(&theirs, "# Theirs").await;
    let (session, _) = shake_hands(api, "2025-11-25").await;
    let headers = [ACCEPT, ("mcp-session-id", &*session)];
    let mut id = 1;
    let mut ask = async |name: &str, arguments: Value| {
        id += 1;
        api.post_with("/mcp", &headers, &call(id, name, &arguments))
            .await
            .text
    };
    for (name, arguments) in [
        ("save_handover_content", json!({ "content": "# Mine" })),
        ("update_pipeline_status", json!({ "message": "mine" })),
        ("finish_pipeline", json!({ "outcome": "cancelled" })),
        ("await_handover_decision", json!({ "wait_seconds": 1 })),
        ("get_next_prompt", json!({})),
        ("get_pipeline_status", json!({})),
        ("get_handover_content", json!({})),
    ] {
        let answer = ask(name, arguments).await;
        assert!(
            answer.contains("hasty has no open pipeline"),
            "{name}: {answer}"
        );
    }
    let path = format!("/api/pipelines/{theirs}");
    assert_eq!(api.get(&path).await.ok()["status"], "awaiting_review");
    // Its own, also when it only works on it.
    let started = ask(
        "start_pipeline",
        json!({ "project": "mine", "title": "Mine" }),
    )
    .await;
    assert!(started.contains("structuredContent"), "{started}");
    let reported = ask("update_pipeline_status", json!({ "message": "mine" })).await;
    assert!(reported.contains("(Mine)"), "{reported}");
    api.decide(&handover, 1, "request_changes", "More.")
        .await
        .ok();
}

#[tokio::test]
async fn a_tunnel_is_refused() {
    let server = Server::start().await;
    let address = server.api.address;
    let request = format!("CONNECT evil.example:443 HTTP/1.1\r\nHost: {address}\r\n\r\n");
    let answer = raw(
        address,
        &format!("{request}GET /health HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"),
    )
    .await;
    assert!(answer.starts_with("HTTP/1.1 405 "), "{answer}");
    assert!(answer.contains("no proxy"), "{answer}");
}

#[tokio::test]
async fn a_method_of_8_megabytes_is_no_line_of_8_megabytes_in_the_log() {
    let data = data_folder();
    let log = data.path().join("log");
    let mut command = Program::command(data.path());
    command.env_remove("STAFFEL_LOG");
    command.stderr(Stdio::from(fs::File::create(&log).expect("a file")));
    let program = Program::spawn(command);
    let api = &program.api;
    let method = "x".repeat(7 * 1024 * 1024);
    let (session, _) = shake_hands(api, "2025-11-25").await;
    let headers = [ACCEPT, ("mcp-session-id", &*session)];
    let ask = json!({ "jsonrpc": "2.0", "id": 1, "method": method });
    let answer = api.post_with("/mcp", &headers, &ask).await;
    assert!(answer.text.contains("-32601"), "an unknown method");
    assert!(answer.text.len() < 4096, "{} bytes", answer.text.len());
    let written = fs::read(&log).expect("the log").len();
    assert!(written < 64 * 1024, "{written} bytes in the log");
}

#[tokio::test]
async fn two_hosts_and_compressed_bodies_are_refused() {
    let server = Server::start().await;
    let address = server.api.address;
    let two = format!(
        "GET / HTTP/1.1\r\nHost: {address}\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
    );
    let answer = raw(address, &two).await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    let body = json!({ "project": "a", "title": "t" });
    let answer = server
        .api
        .post_with("/api/pipelines", &[("content-encoding", "gzip")], &body)
        .await;
    assert_eq!(answer.status, 415, "{answer:?}");
    let answer = server
        .api
        .post_with("/api/pipelines", &[("content-encoding", "identity")], &body)
        .await;
    assert_eq!(answer.status, 201, "{answer:?}");
}

#[tokio::test]
async fn pages_and_files_take_get_and_head_only() {
    let server = Server::start().await;
    for path in [
        "/",
        "/agents",
        "/favicon.svg",
        "/pkg/staffel.js",
        "/pipelines/x",
        "/nothing",
    ] {
        for method in ["PUT", "DELETE", "POST", "PATCH", "TRACE"] {
            let method = method.parse().expect("a method");
            let answer = server.api.send(method, path, &[], "").await;
            assert_eq!(answer.status, 405, "{path} {answer:?}");
        }
    }
    let answer = server.api.send(reqwest::Method::HEAD, "/", &[], "").await;
    assert_eq!((answer.status, &*answer.text), (200, ""));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn another_loopback_address_answers_to_its_own_name() {
    let server = Server::with(|config| config.listen = ([127, 0, 0, 2], 0).into()).await;
    assert_eq!(server.api.get("/health").await.status, 200);
    let origin = format!("http://{}", server.api.address);
    let headers = [("origin", &*origin)];
    let answer = server
        .api
        .send(reqwest::Method::GET, "/health", &headers, "");
    assert_eq!(answer.await.status, 200);
}

#[tokio::test]
async fn a_damaged_file_of_sessions_is_put_aside() {
    let data = data_folder();
    fs::write(
        data.path().join("sessions.db"),
        "no database at all, ".repeat(400),
    )
    .expect("written");
    let program = Program::start(data.path());
    let (session, _) = shake_hands(&program.api, "2025-11-25").await;
    assert!(!session.is_empty());
    let aside = fs::read_to_string(data.path().join("sessions.db.damaged"));
    assert!(aside.expect("put aside").starts_with("no database"));
}
