//! Every no is a problem in words (RFC 9457) that name the value and what is allowed.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Server};

/// Checks the form of a problem and gives its body.
#[track_caller]
pub fn problem(answer: &Answer, status: u16, kind: &str) -> Value {
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(
        answer.header("content-type"),
        "application/problem+json",
        "{answer:?}"
    );
    let body = answer.json();
    assert_eq!(body["status"], status);
    assert_eq!(
        body["type"],
        format!("urn:staffel:problem:{kind}"),
        "{body}"
    );
    for field in ["title", "detail"] {
        assert!(
            body[field].as_str().is_some_and(|text| !text.is_empty()),
            "{field} in {body}"
        );
    }
    body
}

/// Checks that a refusal says `what` and helps on.
#[track_caller]
pub fn refusal(answer: &Answer, status: u16, kind: &str, what: &str) {
    let body = problem(answer, status, kind);
    assert_eq!(body["reason"], kind.replace('-', "_"));
    assert!(
        body["detail"]
            .as_str()
            .is_some_and(|text| text.contains(what)),
        "{what} in {body}"
    );
    for field in ["allowed", "next"] {
        assert!(
            body[field].as_str().is_some_and(|text| !text.is_empty()),
            "{field} in {body}"
        );
    }
}

/// A server with one pipeline, its id, and its path.
pub async fn server_with_pipeline() -> (Server, String, String) {
    let server = Server::start().await;
    let id = server.api.start("a").await;
    let path = format!("/api/pipelines/{id}");
    (server, id, path)
}

#[tokio::test]
async fn an_unknown_or_ill_formed_id_is_404_in_words() {
    let (server, id, path) = server_with_pipeline().await;
    let unknown = "0000000000";
    for (path, what) in [
        (format!("/api/pipelines/{unknown}"), unknown),
        (format!("/api/pipelines/{unknown}/events"), unknown),
        (format!("/api/pipelines/{unknown}/prompts/next"), unknown),
        (
            "/api/pipelines/ILL-formed".to_owned(),
            "`ILL-formed` is not a pipeline id",
        ),
        (
            "/api/pipelines/..%2f..%2fetc%2fpasswd".to_owned(),
            "not a pipeline id",
        ),
        (format!("{path}/handovers/{id}-h1"), "no handover"),
        (
            format!("{path}/handovers/nonsense"),
            "`nonsense` is not a handover id",
        ),
        (format!("{path}/handovers/{unknown}-h1"), "no handover"),
        (format!("{path}/prompts/{id}-p1"), "no prompt"),
        (format!("{path}/prompts/next"), "no prompt yet"),
    ] {
        refusal(&server.api.get(&path).await, 404, "not-found", what);
    }
}

#[tokio::test]
async fn a_wrong_phase_is_409_and_names_the_right_one() {
    let (server, _, path) = server_with_pipeline().await;
    for (phase, what) in [
        ("IMPLEMENT", "the pipeline is in VAN"),
        ("NONSENSE", "no phase NONSENSE"),
    ] {
        for (verb, body) in [
            ("reports", json!({"phase": phase, "progress": 1})),
            ("handovers", json!({"phase": phase, "content": "x"})),
        ] {
            refusal(
                &server.api.post(&format!("{path}/{verb}"), &body).await,
                409,
                "wrong-phase",
                what,
            );
        }
    }
}

#[tokio::test]
async fn values_out_of_bounds_are_422_and_name_the_value() {
    let (server, _, path) = server_with_pipeline().await;
    let api = &server.api;
    for (verb, body, what) in [
        ("reports", json!({"progress": 140}), "`progress` is 140"),
        ("reports", json!({"progress": -3}), "`progress` is -3"),
        ("reports", json!({"message": "a\u{0}b"}), "U+0000"),
        (
            "reports",
            json!({"tasks": [{"name": "", "status": "completed"}]}),
            "`tasks[].name` is empty",
        ),
        ("handovers", json!({"content": ""}), "`content` is empty"),
        (
            "handovers",
            json!({"content": " \n\t"}),
            "`content` is empty",
        ),
        ("handovers", json!({"content": "a\u{0}"}), "NUL"),
    ] {
        refusal(
            &api.post(&format!("{path}/{verb}"), &body).await,
            422,
            "invalid",
            what,
        );
    }
    for (body, what) in [
        (json!({"project": "", "title": "t"}), "`project` is empty"),
        (json!({"project": "p", "title": " "}), "`title` is empty"),
        (
            json!({"project": "p", "title": "t", "phases": ["PLAN", "planning"]}),
            "PLAN is named twice",
        ),
        (
            json!({"project": "p", "title": "t", "phases": ["<b>"]}),
            "<b>",
        ),
    ] {
        refusal(
            &api.post("/api/pipelines", &body).await,
            422,
            "invalid",
            what,
        );
    }
    let key = [("idempotency-key", "k".repeat(300))];
    let headers = key.each_ref().map(|(name, value)| (*name, value.as_str()));
    let long = api
        .post_with(&format!("{path}/reports"), &headers, &json!({}))
        .await;
    refusal(
        &long,
        413,
        "too-large",
        "`Idempotency-Key` has 300 characters",
    );
    let actor = [("staffel-actor", "robot/x")];
    let answer = api
        .post_with(&format!("{path}/reports"), &actor, &json!({}))
        .await;
    problem(&answer, 422, "invalid");
}

#[tokio::test]
async fn decisions_that_cannot_be_are_refused_and_say_why() {
    let (server, id, path) = server_with_pipeline().await;
    let api = &server.api;
    let handover = api.hand_over(&id, "One.").await;
    let as_agent = json!({"decision": "accept", "revision": 1});
    let path = format!("{path}/handovers/{handover}/decision");
    for said in ["agent/cursor", "person/Anna"] {
        let answer = api
            .post_with(&path, &[("staffel-actor", said)], &as_agent)
            .await;
        problem(&answer, 401, "sign-in-needed");
    }
    for empty in ["", " \n"] {
        refusal(
            &api.decide(&handover, 1, "request_changes", empty).await,
            422,
            "invalid",
            "`review_changes` is empty",
        );
    }
    api.hand_over(&id, "Two.").await;
    refusal(
        &api.decide(&handover, 1, "accept", "").await,
        409,
        "stale-revision",
        "Revision 1",
    );
    refusal(
        &api.decide(&handover, 3, "accept", "").await,
        409,
        "stale-revision",
        "Revision 3",
    );
    problem(&api.decide(&handover, 2, "perhaps", "").await, 422, "body");
    let other = api.post(&path, &json!({"decision": "accept"})).await;
    assert!(
        problem(&other, 422, "body")["detail"]
            .as_str()
            .is_some_and(|text| text.contains("revision"))
    );
    assert_eq!(
        api.get("/api/pipelines").await.ok()["pipelines"][0]["status"],
        "awaiting_review"
    );
    api.decide(&handover, 2, "accept", "").await.ok();
    refusal(
        &api.decide(&handover, 2, "stop", "").await,
        409,
        "already-decided",
        "accepted by Owner",
    );
    refusal(
        &api.decide(&format!("{id}-h9"), 1, "accept", "").await,
        404,
        "not-found",
        "no handover",
    );
}

#[tokio::test]
async fn whoever_has_not_the_baton_is_told_who_has_it() {
    let (server, id, path) = server_with_pipeline().await;
    let api = &server.api;
    api.hand_over(&id, "One.").await;
    let report = api
        .post(&format!("{path}/reports"), &json!({"progress": 1}))
        .await;
    refusal(&report, 409, "not-your-turn", "waits for a person");
    let finish = json!({"outcome": "completed"});
    refusal(
        &api.post(&format!("{path}/finish"), &finish).await,
        409,
        "not-your-turn",
        "still to come",
    );
    api.post(&format!("{path}/finish"), &json!({"outcome": "failed"}))
        .await
        .ok();
    let report = api
        .post(&format!("{path}/reports"), &json!({"progress": 1}))
        .await;
    refusal(&report, 409, "ended", "failed");
}

#[tokio::test]
async fn a_query_that_cannot_be_read_is_400_in_words() {
    let (server, _, path) = server_with_pipeline().await;
    for query in ["after=x", "after=-1", "limit=x", "after=1&after=2"] {
        problem(
            &server.api.get(&format!("{path}/events?{query}")).await,
            400,
            "query",
        );
    }
}

#[tokio::test]
async fn a_method_that_an_address_does_not_have_is_405_in_words() {
    let (server, _, path) = server_with_pipeline().await;
    for (method, path) in [
        (Method::DELETE, "/api/pipelines".to_owned()),
        (Method::PUT, path.clone()),
        (Method::GET, format!("{path}/reports")),
    ] {
        let answer = server.api.send(method, &path, &[], "").await;
        problem(&answer, 405, "method");
        assert_ne!(answer.header("allow"), "", "{answer:?}");
    }
}

#[tokio::test]
async fn an_id_that_is_not_utf_8_is_404_in_words() {
    let server = Server::start().await;
    for path in ["/api/pipelines/%ff", "/api/pipelines/%ff/events"] {
        problem(&server.api.get(path).await, 404, "not-found");
    }
}

#[tokio::test]
async fn a_stream_that_is_asked_for_twice_in_one_query_is_400_in_words() {
    let server = Server::start().await;
    let answer = server.api.get("/sse?project=a&project=b").await;
    problem(&answer, 400, "query");
}
