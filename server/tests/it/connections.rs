//! Connections as HTTP/1.1 has them: heads, keeping alive, stalling, and the end of the server.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{
    Events, Program, Server, data_folder, let_pass, on_postgres, raw, soon, until,
};

/// One connection, by hand.
struct Connection(TcpStream);

impl Connection {
    async fn to(address: std::net::SocketAddr) -> Self {
        Self(TcpStream::connect(address).await.expect("a connection"))
    }

    async fn send(&mut self, bytes: &str) {
        let sent = self.0.write_all(bytes.as_bytes()).await;
        sent.expect("the bytes are sent");
    }

    /// Reads until these bytes have come, or the end; gives all that came.
    async fn read_through(&mut self, end: &str) -> String {
        let mut answer = Vec::new();
        soon(end, async {
            while !answer.ends_with(end.as_bytes()) {
                match self.0.read_u8().await {
                    Ok(byte) => answer.push(byte),
                    Err(_) => break,
                }
            }
        })
        .await;
        String::from_utf8(answer).expect("UTF-8")
    }

    /// Waits until the server has closed the connection, and has said nothing more before.
    async fn has_ended(&mut self) {
        let rest = soon("the end of the connection", self.0.read_u8()).await;
        assert!(rest.is_err(), "{rest:?}");
    }
}

#[tokio::test]
async fn a_head_of_48_kib_is_read_and_one_of_80_kib_is_431() {
    let server = Server::start().await;
    let address = server.api.address;
    let request = |cookie: usize| {
        let cookie = "x".repeat(cookie << 10);
        format!(
            "GET /health HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nCookie: a={cookie}\r\n\r\n"
        )
    };
    let answer = raw(address, &request(48)).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");

    let mut connection = Connection::to(address).await;
    // It may be closed before all is sent.
    let _ = connection.0.write_all(request(80).as_bytes()).await;
    let head = connection.read_through("\r\n\r\n").await;
    assert!(head.starts_with("HTTP/1.1 431 "), "{head}");
    connection.has_ended().await;
}

#[tokio::test]
async fn a_connection_is_kept_for_the_next_request() {
    let server = Server::start().await;
    let address = server.api.address;
    let mut connection = Connection::to(address).await;
    for _ in 0..3 {
        // The second half of a head may come later.
        connection.send("GET /api/pipelines HTTP/1.1\r\n").await;
        connection.send(&format!("Host: {address}\r\n\r\n")).await;
        let head = connection.read_through("\r\n\r\n").await;
        assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
        let body = connection.read_through("}}").await;
        assert!(body.contains("\"pipelines\":[]"), "{body}");
    }
}

#[tokio::test]
async fn two_requests_at_once_are_answered_in_order() {
    let server = Server::start().await;
    let address = server.api.address;
    let first = format!("GET /api/nothing HTTP/1.1\r\nHost: {address}\r\n\r\n");
    let last = format!("GET /health HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    let answers = raw(address, &format!("{first}{last}")).await;
    let second = answers.rfind("HTTP/1.1 200 ").expect("the second answer");
    assert!(
        answers.starts_with("HTTP/1.1 404 ") && second > 0,
        "{answers}"
    );
}

#[tokio::test]
async fn a_client_that_asks_before_it_sends_its_body_is_told_to_go_on() {
    let server = Server::start().await;
    let address = server.api.address;
    let body = r#"{"project":"a","title":"t"}"#;
    let mut connection = Connection::to(address).await;
    connection
        .send(&format!(
            "POST /api/pipelines HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nExpect: 100-continue\r\n\r\n",
            body.len()
        ))
        .await;
    let head = connection.read_through("\r\n\r\n").await;
    assert!(head.starts_with("HTTP/1.1 100 "), "{head}");
    connection.send(body).await;
    let head = connection.read_through("\r\n\r\n").await;
    assert!(head.starts_with("HTTP/1.1 201 "), "{head}");
}

#[tokio::test]
async fn a_head_that_never_ends_is_cut_off() {
    if on_postgres() {
        return; // time stands still for the database as well
    }
    let server = Server::start().await;
    let address = server.api.address;
    let mut connection = Connection::to(address).await;
    let request = format!("GET /api/nothing HTTP/1.1\r\nHost: {address}\r\n\r\n");
    connection.send(&request).await;
    connection.read_through("}").await;
    connection.send("GET /api/nothing HTTP/1.1\r\nX: ").await;
    let mut stream = server.subscribe("").await;
    stream.through("snapshot").await;
    let_pass(Duration::from_secs(60)).await;
    connection.send("still coming").await;
    let_pass(Duration::from_secs(61)).await;
    connection.has_ended().await;
    // A stream is no head: it stays.
    server.api.start("a").await;
    stream.through("pipeline_status").await;
}

#[tokio::test]
async fn a_subscriber_that_takes_nothing_is_cut_off_and_another_stays() {
    let server = Server::start().await;
    let address = server.api.address;
    let pipeline = server.api.start("a").await;
    let mut healthy = server.subscribe("").await;
    healthy.through("pipeline_status").await;
    let mut stuck = Connection::to(address).await;
    stuck
        .send(&format!("GET /sse HTTP/1.1\r\nHost: {address}\r\n\r\n"))
        .await;
    stuck.read_through("\r\n\r\n").await;
    let subscribers = async || {
        let status = server.api.get("/api/status").await.ok();
        status["subscribers"].as_u64().expect("a number")
    };
    assert_eq!(subscribers().await, 2);
    let reader = tokio::spawn(async move {
        loop {
            let event = healthy.next().await.expect("an event");
            if event.name == "handover" && event.json()["revision"] == 250 {
                return healthy;
            }
        }
    });
    // More than the sockets hold, in events that come whole.
    for n in 1..=250 {
        let content = format!("{n} {}", "words ".repeat(10_000));
        server.api.revise(&pipeline, n, &content).await;
    }
    let mut healthy = soon("the healthy subscriber", reader)
        .await
        .expect("no panic");
    let_pass(Duration::from_secs(21)).await;
    until("the stuck one is gone", async || subscribers().await == 1).await;
    server.api.start("b").await;
    healthy.through("pipeline_status").await;
}

#[tokio::test]
async fn a_stop_ends_connections_that_nobody_uses() {
    let mut server = Server::start().await;
    let address = server.api.address;
    let mut fresh = Connection::to(address).await;
    let mut kept = Connection::to(address).await;
    kept.send(&format!(
        "GET /api/nothing HTTP/1.1\r\nHost: {address}\r\n\r\n"
    ))
    .await;
    kept.read_through("}").await;
    let mut stream = server.subscribe("").await;
    stream.through("snapshot").await;
    server.tell_to_stop();
    stream.through("shutdown").await;
    assert_eq!(stream.next().await, None);
    fresh.has_ended().await;
    kept.has_ended().await;
    server.stop().await;
    let refused = TcpStream::connect(address).await;
    assert!(refused.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn a_server_without_free_files_serves_on_when_there_are_some_again() {
    let data = data_folder();
    let program = Program::spawn(Program::shell(
        "ulimit -n 64; exec \"$0\" \"$@\"",
        data.path(),
    ));
    let address = program.api.address;
    let mut open = Events::open(address, "", None).await;
    open.through("snapshot").await;
    let mut connections = Vec::new();
    for _ in 0..100 {
        connections.push(Connection::to(address).await);
    }
    let mut last = connections.pop().expect("the last one");
    last.send(&format!("GET /health HTTP/1.1\r\nHost: {address}\r\n\r\n"))
        .await;
    let early = tokio::time::timeout(Duration::from_millis(300), last.0.readable()).await;
    assert!(early.is_err(), "there is no file for this one");
    drop(connections);
    let head = last.read_through("\r\n\r\n").await;
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    program.api.start("a").await;
    open.through("pipeline_status").await;
}
