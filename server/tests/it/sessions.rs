//! Sessions of MCP's legacy protocol, as long as clients need them.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Api, Server, let_pass, soon};

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
