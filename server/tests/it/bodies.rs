//! Bodies of requests: what is too large, and what cannot be read.

use reqwest::Method;
use serde_json::json;

use crate::problems::{problem, refusal, server_with_pipeline};

#[tokio::test]
async fn a_handover_of_three_megabytes_is_413_and_says_how_much_is_allowed() {
    let (server, _, path) = server_with_pipeline().await;
    let path = format!("{path}/handovers");
    let answer = server
        .api
        .post(&path, &json!({"content": "x".repeat(3_000_000)}))
        .await;
    refusal(&answer, 413, "too-large", "3000000 bytes");
    assert!(answer.text.contains("at most 1048576 bytes"), "{answer:?}");
    // Exactly the limit is allowed, even when every character is escaped in JSON.
    let most = "\u{1}".repeat(1024 * 1024 - 1) + "x";
    assert_eq!(
        server
            .api
            .post(&path, &json!({"content": most}))
            .await
            .status,
        201
    );
}

#[tokio::test]
async fn a_body_over_any_limit_is_413_in_the_same_form() {
    let (server, _, path) = server_with_pipeline().await;
    let answer = server
        .api
        .post(
            &format!("{path}/handovers"),
            &json!({"content": "x".repeat(9 << 20)}),
        )
        .await;
    problem(&answer, 413, "body");
}

#[tokio::test]
async fn a_body_that_is_not_what_it_should_be_is_refused_in_words() {
    let (server, _, path) = server_with_pipeline().await;
    let path = format!("{path}/reports");
    let json = "application/json";
    let send = async |content_type: &'static str, body: Vec<u8>| {
        server
            .api
            .send(Method::POST, &path, &[("content-type", content_type)], body)
            .await
    };
    for (content_type, body, status, what) in [
        (
            json,
            b"{\"message\": \"\xff\xfe\"}".to_vec(),
            400,
            "unicode",
        ),
        (json, b"progress=4".to_vec(), 400, "JSON"),
        (json, b"".to_vec(), 400, "EOF"),
        (json, b"{\"progress\": 4".to_vec(), 400, "EOF"),
        (json, "[".repeat(100_000).into_bytes(), 422, "sequence"),
        (
            json,
            b"{\"progres\": 4}".to_vec(),
            422,
            "unknown field `progres`",
        ),
        (json, b"{\"progress\": \"4\"}".to_vec(), 422, "progress"),
        (json, b"{\"progress\": 4.5}".to_vec(), 422, "progress"),
        (
            json,
            b"{\"tasks\": [{\"name\": \"x\", \"status\": \"done\"}]}".to_vec(),
            422,
            "unknown variant `done`",
        ),
        ("text/plain", b"{}".to_vec(), 415, "application/json"),
        (
            "application/x-www-form-urlencoded",
            b"progress=4".to_vec(),
            415,
            "application/json",
        ),
        (
            "multipart/form-data; boundary=x",
            b"--x--".to_vec(),
            415,
            "application/json",
        ),
    ] {
        let shown = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
        let answer = send(content_type, body).await;
        let body = problem(&answer, status, "body");
        let detail = body["detail"].as_str().unwrap_or_default();
        assert!(detail.contains(what), "{shown}: {what} in {detail}");
    }
    let status = server.api.get("/api/status").await.ok();
    assert_eq!(status["head"], 2, "nothing of it was stored");
}
