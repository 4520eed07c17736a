//! What the doctor says about the server.

use serde_json::{Value, json};

use crate::support::{Program, User, data_folder};

use super::asking::{ask, foreign_server, found, remedy};

#[tokio::test]
async fn the_agents_that_called_are_shown_and_the_doctor_is_none_of_them() {
    let (user, data) = (User::new(), data_folder());
    let program = Program::start(data.path());
    let url = format!("http://{}", program.api.address);
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "cursor\u{1b}[2J", "version": "2.4"},
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let list =
        json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": meta}});
    let headers = [
        ("accept", "application/json, text/event-stream"),
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", "tools/list"),
    ];
    let answer = program.api.post_with("/mcp", &headers, &list).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    for _ in 0..2 {
        let found = found(&user, &url, |_| {});
        let agents = found["server"]["agents"].as_array().expect("agents");
        assert_eq!(agents.len(), 1, "{found:#}");
        assert_eq!(agents[0]["called"], "tools/list");
    }
    let said = ask(&user, |command| {
        command.args(["--url", &url]);
    });
    assert!(said.stdout.contains("called last:"), "{}", said.stdout);
    assert!(said.stdout.contains(" s ago"), "{}", said.stdout);
    assert!(!said.stdout.contains('\u{1b}'), "{}", said.stdout);
}

#[tokio::test]
async fn clients_are_called_as_their_makers_call_them_and_no_name_is_cut() {
    let (user, data) = (User::new(), data_folder());
    let program = Program::start(data.path());
    let url = format!("http://{}", program.api.address);
    let long = format!("a-client-with-a-{}-long-name", "very-".repeat(12));
    for (client, version) in [
        ("gemini-cli-mcp-client", "0.61.0"),
        ("qwen-cli-mcp-client-staffel", "0.24.4"),
        ("opencode", "1.18.33"),
        (long.as_str(), "1.0"),
    ] {
        let meta = json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": {"name": client, "version": version},
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        let list =
            json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": meta}});
        let headers = [
            ("accept", "application/json, text/event-stream"),
            ("mcp-protocol-version", "2026-07-28"),
            ("mcp-method", "tools/list"),
        ];
        let answer = program.api.post_with("/mcp", &headers, &list).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    let said = ask(&user, |command| {
        command.args(["--url", &url]);
    });
    let lines: Vec<_> = said.stdout.lines().collect();
    for shown in [
        "Gemini CLI 0.61.0",
        "Qwen Code 0.24.4",
        "OpenCode 1.18.33",
        // Too long for its line, so its version is in the next.
        &long,
    ] {
        let ends = |line: &&&str| line.ends_with(shown);
        assert!(
            lines.iter().any(|line| ends(&line)),
            "{shown}: {}",
            said.stdout
        );
    }
    // One word may be longer than a line; nothing else is.
    for line in lines.iter().filter(|line| !line.contains(&long)) {
        assert!(line.chars().count() <= 80 || line.contains('/'), "{line}");
    }
    // A script gets what the client says of itself.
    let found = found(&user, &url, |_| {});
    let agents = found["server"]["agents"].as_array().expect("agents");
    let clients: Vec<_> = agents.iter().map(|agent| &agent["client"]).collect();
    assert!(
        clients.contains(&&json!("gemini-cli-mcp-client 0.61.0")),
        "{clients:?}"
    );
}

#[test]
fn a_server_that_is_not_as_it_should_be_is_described() {
    let user = User::new();
    let ask = |answer| found(&user, &format!("http://{}", foreign_server(answer)), |_| {});

    let other = ask(|_| "hello");
    assert_eq!(other["server"]["version"], Value::Null);
    assert!(remedy(&other, "No Staffel answers").contains("serve --listen 127.0.0.1:"));
    let other = ask(|_| r#"{"name": "other", "version": "1"}"#);
    assert!(remedy(&other, "another program answers there").contains("serve"));

    let old = ask(|path| match path {
        "/api/status" => r#"{"name": "staffel", "version": "0.0.1"}"#,
        "/health" => r#"{"status": "failing", "why": "the disk is full"}"#,
        _ => "{}",
    });
    assert_eq!(old["server"]["version"], "0.0.1");
    assert_eq!(old["server"]["health"], "the disk is full");
    assert!(remedy(&old, "The server has version 0.0.1").contains("serve --listen"));
    assert!(remedy(&old, "cannot write its journal: the disk is full").starts_with("df -h "));
    remedy(&old, "not over MCP");
}

#[cfg(target_os = "linux")]
#[test]
fn what_is_wrong_with_a_server_elsewhere_is_not_mended_here() {
    let user = User::new();
    let address = foreign_server(|path| match path {
        "/api/status" => r#"{"name": "staffel", "version": "0.0.1"}"#,
        "/health" => r#"{"status": "failing", "why": "the disk is full"}"#,
        _ => "{}",
    });
    // On Linux this leads to the machine itself, and nobody can know that it does.
    let url = format!("http://0.0.0.0:{}", address.port());
    let found = found(&user, &url, |_| {});
    for words in [
        "The server has version 0.0.1",
        "cannot write its journal",
        "not over MCP",
    ] {
        assert_eq!(remedy(&found, words), format!("curl -i {url}/health"));
    }
}

#[test]
fn a_server_on_another_machine_is_not_to_be_started_here() {
    let user = User::new();
    // Nobody has this address (RFC 5737), so it takes as long as a connection may.
    let found = found(&user, "http://192.0.2.1:4700", |_| {});
    assert_eq!(found["data"], Value::Null);
    let command = remedy(&found, "on that machine");
    assert_eq!(command, "curl -i http://192.0.2.1:4700/health");
}
