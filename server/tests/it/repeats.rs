//! Requests that come twice: one command, one answer.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::support::{Answer, Server};

/// Sends with an idempotency key.
async fn keyed(server: &Server, path: &str, key: &str, body: &Value) -> Answer {
    server
        .api
        .post_with(path, &[("idempotency-key", key)], body)
        .await
}

#[tokio::test]
async fn the_same_key_with_the_same_body_acts_once_and_answers_the_same() {
    let server = Server::start().await;
    let body = json!({"project": "a", "title": "t"});
    let first = keyed(&server, "/api/pipelines", "start-1", &body)
        .await
        .ok();
    let again = keyed(&server, "/api/pipelines", "start-1", &body).await;
    assert_eq!(again.status, 201);
    assert_eq!(again.json(), first);
    assert_eq!(server.api.get("/api/status").await.ok()["pipelines"], 1);

    let id = first["pipeline"].as_str().expect("an id");
    let reports = format!("/api/pipelines/{id}/reports");
    for _ in 0..3 {
        let status = keyed(&server, &reports, "r1", &json!({"message": "once"}))
            .await
            .ok();
        assert_eq!(status["revision"], 3);
    }
    let handovers = format!("/api/pipelines/{id}/handovers");
    let handover = keyed(&server, &handovers, "h1", &json!({"content": "Done."}))
        .await
        .ok();
    assert_eq!(
        keyed(&server, &handovers, "h1", &json!({"content": "Done."}))
            .await
            .ok(),
        handover
    );
    let decision = format!("{handovers}/{id}-h1/decision");
    let accept = json!({"decision": "accept", "revision": 1});
    let decide = async || {
        let mut headers = vec![("idempotency-key", "d1")];
        headers.extend(server.api.session());
        server
            .api
            .post_with(&decision, &headers, &accept)
            .await
            .ok()
    };
    let decided = decide().await;
    let again = decide().await;
    for field in ["decision", "by", "at", "note", "revision"] {
        assert_eq!(again[field], decided[field], "{field}");
    }
    let events = server.api.events(id).await;
    let of_callers: Vec<_> = events
        .iter()
        .filter_map(|event| event["key"].as_str())
        .collect();
    assert_eq!(of_callers, ["start-1", "start-1", "r1", "h1", "d1"]);
}

#[tokio::test]
async fn the_same_key_at_the_same_time_acts_once() {
    let server = Server::start().await;
    let starts = (0..10).map(|_| {
        let api = server.api.clone();
        tokio::spawn(async move {
            let body = json!({"project": "a", "title": "t"});
            let headers = [("idempotency-key", "k")];
            api.post_with("/api/pipelines", &headers, &body).await.ok()["pipeline"].clone()
        })
    });
    let mut ids = HashSet::new();
    for start in starts.collect::<Vec<_>>() {
        ids.insert(start.await.expect("no panic").to_string());
    }
    assert_eq!(ids.len(), 1);
    assert_eq!(server.api.get("/api/status").await.ok()["head"], 2);
}

#[tokio::test]
async fn the_same_key_with_another_body_is_refused_and_changes_nothing() {
    let server = Server::start().await;
    let (a, b) = (server.api.start("a").await, server.api.start("b").await);
    let path = |id: &str| format!("/api/pipelines/{id}/reports");
    keyed(&server, &path(&a), "k", &json!({"message": "one"}))
        .await
        .ok();
    let other = keyed(&server, &path(&a), "k", &json!({"message": "two"})).await;
    assert_eq!(other.status, 422);
    assert_eq!(other.json()["type"], "urn:staffel:problem:key-reuse");
    assert_eq!(
        server.api.get(&format!("/api/pipelines/{a}")).await.ok()["message"],
        "one"
    );
    // A key belongs to one pipeline: another may use the same words.
    keyed(&server, &path(&b), "k", &json!({"message": "two"}))
        .await
        .ok();
}

#[tokio::test]
async fn a_refused_command_does_not_use_its_key_up() {
    let server = Server::start().await;
    let id = server.api.start("a").await;
    let path = format!("/api/pipelines/{id}/reports");
    assert_eq!(
        keyed(&server, &path, "k", &json!({"progress": 140}))
            .await
            .status,
        422
    );
    assert_eq!(
        keyed(&server, &path, "k", &json!({"progress": 40}))
            .await
            .ok()["progress"],
        40
    );
}
