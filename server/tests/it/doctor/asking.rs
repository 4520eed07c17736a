//! How the doctor is asked, and what about.

use std::{
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener},
    process::Command,
    thread,
};

use serde_json::{Value, json};

use crate::support::{Said, User, said};

/// How the doctor is asked, with what a test wants otherwise.
pub fn ask(user: &User, prepare: impl FnOnce(&mut Command)) -> Said {
    let mut command = user.program();
    prepare(command.arg("doctor"));
    said(&mut command)
}

/// What it finds, as a script sees it.
#[track_caller]
pub fn found(user: &User, url: &str, prepare: impl FnOnce(&mut Command)) -> Value {
    let said = ask(user, |command| {
        prepare(command.args(["--json", "--url", url]));
    });
    let found: Value = serde_json::from_str(&said.stdout).expect("JSON");
    assert_eq!(found["well"], said.ok, "{found:#}");
    assert_eq!(found["todo"] == json!([]), said.ok, "{found:#}");
    assert_eq!(said.stderr, "");
    found
}

/// Connects a client.
pub fn connect(user: &User, client: &str, url: &str, prepare: impl FnOnce(&mut Command)) {
    let mut command = user.program();
    prepare(command.args(["connect", client, "--url", url]));
    said(&mut command).done();
}

/// What it found in a file of a client.
#[track_caller]
pub fn file<'a>(found: &'a Value, client: &str, scope: &str) -> &'a Value {
    let files = found["files"].as_array().expect("files");
    let mut files = files.iter();
    let file = files.find(|file| file["client"] == client && file["scope"] == scope);
    file.unwrap_or_else(|| panic!("{client} {scope} in {found:#}"))
}

/// The command for something that is wrong, found by words of what is wrong.
#[track_caller]
pub fn remedy(found: &Value, words: &str) -> String {
    let todo = found["todo"].as_array().expect("what to do");
    let mut todo = todo.iter();
    let one = todo.find(|todo| {
        todo["what"]
            .as_str()
            .is_some_and(|what| what.contains(words))
    });
    let command = one.and_then(|todo| todo["command"].as_str());
    command
        .unwrap_or_else(|| panic!("{words:?} in {found:#}"))
        .to_owned()
}

/// A server that answers the same to everybody: the body that `answer` gives for a path.
pub fn foreign_server(answer: fn(&str) -> &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its address");
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let mut lines = BufReader::new(stream.try_clone().expect("its other end")).lines();
            let first = lines.next().expect("a request").expect("a line");
            let length: usize = lines
                .map_while(Result::ok)
                .take_while(|line| !line.is_empty())
                .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok())
                .unwrap_or(0);
            let body = answer(first.split(' ').nth(1).unwrap_or_default());
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n";
            let _ = write!(stream, "{head}content-length: {}\r\n\r\n{body}", body.len());
            // What is unread would reset the connection before the answer is read.
            let _ = std::io::copy(
                &mut std::io::Read::take(&stream, length as u64),
                &mut std::io::sink(),
            );
        }
    });
    address
}

/// Names the folder of the server's data.
pub fn agent_data(data: &std::path::Path) -> impl FnOnce(&mut Command) + '_ {
    move |command| {
        command.arg("--data").arg(data);
    }
}
