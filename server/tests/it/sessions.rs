//! Sessions of MCP's legacy protocol, as long as clients need them.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinHandle,
};

use crate::support::{Answer, Api, Program, Server, data_folder, database, let_pass, soon, until};

const ACCEPT: (&str, &str) = ("accept", "application/json, text/event-stream");

/// A client that has shaken hands: the id of its session.
async fn shake_hands(api: &Api) -> String {
    let hello = json!({
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": { "name": "silent", "version": "1" },
    });
    let answer = api
        .post_with("/mcp", &[ACCEPT], &request(1, "initialize", &hello))
        .await;
    let id = answer.header("mcp-session-id").to_owned();
    let initialized = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    let headers = [ACCEPT, ("mcp-session-id", &id)];
    api.post_with("/mcp", &headers, &initialized).await;
    id
}

fn request(id: u32, method: &str, params: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })
}

async fn in_memory(server: &Server) -> u64 {
    let status = server.api.get("/api/status").await.ok();
    status["mcp_sessions"].as_u64().expect("a number")
}

#[tokio::test]
async fn a_client_that_is_silent_for_an_hour_keeps_its_session() {
    let server = Server::start().await;
    let id = shake_hands(&server.api).await;
    // In steps: every timer of the library has its turn.
    for _ in 0..60 {
        let_pass(Duration::from_secs(60)).await;
        tokio::task::yield_now().await;
    }
    assert_eq!(in_memory(&server).await, 1, "it has not left memory");
    let headers = [ACCEPT, ("mcp-session-id", &*id)];
    let call = request(
        2,
        "tools/call",
        &json!({ "name": "get_version", "arguments": {} }),
    );
    let answer = soon("the answer", server.api.post_with("/mcp", &headers, &call)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.text.contains("structuredContent"), "{answer:?}");
}

/// A call whose answer has begun, and the last id of an event that its client has seen.
async fn begin(api: &Api, session: &str, call: &Value) -> (TcpStream, String) {
    let body = call.to_string();
    let bytes = format!(
        "POST /mcp HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n\
         Accept: application/json, text/event-stream\r\nMcp-Session-Id: {session}\r\n\
         Content-Length: {}\r\n\r\n{body}",
        api.address,
        body.len()
    );
    let mut stream = TcpStream::connect(api.address).await.expect("a connection");
    stream.write_all(bytes.as_bytes()).await.expect("sent");
    let (mut seen, mut buffer) = (String::new(), [0; 4096]);
    let id = loop {
        let read = soon("an event", stream.read(&mut buffer)).await;
        seen.push_str(&String::from_utf8_lossy(
            &buffer[..read.expect("an answer")],
        ));
        // The empty one that tells how to come back, and it is whole.
        if let Some((_, rest)) = seen.split_once("id: ")
            && let Some((id, _)) = rest.split_once('\n')
        {
            break id.trim().to_owned();
        }
    };
    (stream, id)
}

/// A client that comes back with what it saw last: the answer, once it is there.
fn come_back(api: &Api, session: &str, last: &str) -> JoinHandle<Answer> {
    let (api, session, last) = (api.clone(), session.to_owned(), last.to_owned());
    tokio::spawn(async move {
        let accept = ("accept", "text/event-stream");
        let headers = [
            accept,
            ("mcp-session-id", &*session),
            ("last-event-id", &last),
        ];
        api.send(Method::GET, "/mcp", &headers, "").await
    })
}

async fn waits(api: &Api, number: u64) {
    until("the wait", async || {
        api.get("/api/status").await.ok()["waits"] == number
    })
    .await;
}

/// Calls that wait are cut off by the death of the server, and their client comes back to another one on the same data.
async fn goes_on(first: Program, next: impl FnOnce() -> Program) {
    let api = first.api.clone();
    let session = shake_hands(&api).await;
    let pipeline = api.start("Asked").await;
    let decided = api.start("Decided").await;
    let handover = api.hand_over(&decided, "# Plan").await;
    let call = |id: u32, name: &str, given: Value| {
        request(
            id,
            "tools/call",
            &json!({ "name": name, "arguments": given }),
        )
    };
    let waiting = call(
        11,
        "await_handover_decision",
        json!({ "handover": handover, "wait_seconds": 50 }),
    );
    let asking = call(
        12,
        "ask_person",
        json!({ "question": "Which one?", "pipeline": pipeline }),
    );
    let (_decision, seen_of_decision) = begin(&api, &session, &waiting).await;
    let (_answer, seen_of_answer) = begin(&api, &session, &asking).await;
    waits(&api, 2).await;
    first.kill();

    let server = next();
    let api = api.at(server.api.address);
    let decision = come_back(&api, &session, &seen_of_decision);
    waits(&api, 1).await;
    api.decide(&handover, 1, "request_changes", "Shorter.")
        .await
        .ok();
    let decision = soon("the decision", decision).await.expect("no panic");
    assert!(
        decision.text.contains("Shorter.") && decision.text.contains("\"id\":11"),
        "{decision:?}"
    );
    // This one was answered before its client came back.
    let path = format!("/api/pipelines/{pipeline}/questions/{pipeline}-q1/answer");
    api.post_as_person(&path, &json!({"answer": "The blue one."}))
        .await
        .ok();
    let answer = soon("the answer", come_back(&api, &session, &seen_of_answer)).await;
    let answer = answer.expect("no panic");
    assert!(
        answer.text.contains("The blue one.") && answer.text.contains("\"id\":12"),
        "{answer:?}"
    );
    let asked = api.events(&pipeline).await;
    let asked = asked
        .iter()
        .filter(|event| event["event"]["type"] == "QuestionAsked");
    assert_eq!(asked.count(), 1);
    // Whoever has the answer has nothing to come back for, and is told to stop.
    let mut ids = answer
        .text
        .lines()
        .filter_map(|line| line.strip_prefix("id: "));
    let last = ids.next_back().expect("an id");
    let again = soon("an answer", come_back(&api, &session, last)).await;
    assert_eq!(again.expect("no panic").status, 405);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_that_wait_go_on_at_another_node_after_theirs_has_died() {
    let url = database();
    let (first, second) = (Program::start_on(&url), Program::start_on(&url));
    goes_on(first, || second).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_that_wait_go_on_after_the_server_was_killed_and_started_again() {
    let data = data_folder();
    let start = || Program::start(data.path());
    goes_on(start(), start).await;
}
