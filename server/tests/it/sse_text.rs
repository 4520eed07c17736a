//! Text from outside on its way through the stream: nothing in it can break a frame or change.

use domain::text;
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::support::{Events, Server};

/// Text with everything that has a meaning to SSE, JSON, HTTP or HTML.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\r"),
        Just("\n"),
        Just("\r\n"),
        Just("\n\n"),
        Just("\r\r"),
        Just("\0"),
        Just("\u{2028}"),
        Just("\u{2029}"),
        Just("\u{85}"),
        Just("\u{feff}"),
        Just("\u{b}"),
        Just("data: x\n\n"),
        Just("\nid: 0-0\n"),
        Just("\nevent: reset\n"),
        Just("\n: c\n"),
        Just("retry: 1\n"),
        Just("\\"),
        Just("\""),
        Just("\\u0000"),
        Just("</script>"),
        Just("<!--"),
        Just("&amp;"),
        Just("\u{1b}[31m"),
        Just("\u{7f}"),
        Just("\u{202e}"),
        Just("💥"),
        Just("ß"),
        Just("\u{10ffff}"),
    ];
    let piece = prop_oneof![3 => piece.prop_map(str::to_owned), 1 => any::<String>()];
    proptest::collection::vec(piece, 1..6).prop_map(|pieces| format!("x{}", pieces.concat()))
}

/// What the API makes of a line that it accepts; `None` where it refuses it.
fn line(text: &str, max: usize) -> Option<String> {
    text::line("field", text, max).ok()
}

/// Plays one pipeline with `text` in every field, and compares what the stream says with what was sent.
async fn play(server: &Server, text: &str) {
    let now = server.api.get("/api/status").await.ok();
    let id = format!(
        "{}-{}",
        now["epoch"].as_str().expect("an epoch"),
        now["head"]
    );
    let stream = &mut Events::open(server.api.address, "", Some(&id)).await;
    let accepted = line(text, text::VERSION_MAX);
    let field = accepted.clone().unwrap_or_else(|| "plain".to_owned());
    let sent = accepted.as_ref().map_or("plain", |_| text);
    let document = text::document("field", text, text::GOAL_MAX).ok();
    let long = document.as_ref().map_or("plain", |_| text);
    let document = document.unwrap_or_else(|| "plain".to_owned());
    if accepted.is_none() {
        let refused = json!({"project": "p", "title": "t", "version": {"current": text}});
        let answer = server.api.post("/api/pipelines", &refused).await;
        assert!(matches!(answer.status, 413 | 422), "{answer:?}");
    }
    let start = json!({
        "project": sent, "title": sent, "goal": long,
        "version": {"previous": sent, "current": sent, "next": sent},
        "tracks": [{"name": sent, "agents": [sent], "goals": [sent], "tasks": [{"name": sent, "kind": sent}]}],
    });
    let status = server.api.post("/api/pipelines", &start).await.ok();
    let seen = next(stream, "pipeline_status").await;
    for (name, value) in status.as_object().expect("fields") {
        assert_eq!(
            &seen[name], value,
            "what the stream says is what the API says: {name}"
        );
    }
    let path = format!(
        "/api/pipelines/{}",
        status["pipeline"].as_str().expect("an id")
    );
    let detail = server.api.get(&path).await.ok();
    for (at, expected) in [
        ("/project", &field),
        ("/full_title", &field),
        ("/goal", &document),
        ("/version/previous", &field),
        ("/version/current", &field),
        ("/version/next", &field),
        ("/tracks/0/name", &field),
        ("/tracks/0/agents/0", &field),
        ("/tracks/0/goals/0", &field),
        ("/tracks/0/tasks/0/name", &field),
        ("/tracks/0/tasks/0/kind", &field),
    ] {
        assert_eq!(
            detail.pointer(at).and_then(Value::as_str),
            Some(expected.as_str()),
            "{at}"
        );
    }
    let pipeline = status["pipeline"].as_str().expect("an id");
    let path = |rest: &str| format!("/api/pipelines/{pipeline}/{rest}");
    let report =
        json!({"message": sent, "tasks": [{"track": sent, "name": sent, "status": "completed"}]});
    server.api.post(&path("reports"), &report).await.ok();
    let seen = next(stream, "pipeline_status").await;
    assert_eq!(seen["message"], json!(field));
    assert_eq!(seen["changed"]["tasks"][0]["task"]["name"], json!(field));
    assert_eq!(seen["changed"]["tasks"][0]["task"]["status"], "completed");

    let handover = json!({"content": long, "summary": sent});
    let handover = server.api.post(&path("handovers"), &handover).await.ok();
    let seen = next(stream, "handover").await;
    for (name, value) in seen.as_object().expect("fields") {
        assert_eq!(
            &handover[name], value,
            "what the stream says is what the API says: {name}"
        );
    }
    assert_eq!(seen["content"], json!(document));
    let id = handover["handover"].as_str().expect("an id");
    let read = server.api.get(&path(&format!("handovers/{id}"))).await.ok();
    let summary = seen["summary"].as_str().expect("a line");
    assert!(
        field.starts_with(summary.trim_end_matches('…')),
        "{summary}"
    );
    assert!(
        !read["html"].as_str().expect("html").contains("<script"),
        "{read}"
    );

    let id = handover["handover"].as_str().expect("an id");
    server.api.decide(id, 1, "accept", long).await.ok();
    assert_eq!(
        next(stream, "handover_decided").await["note"],
        json!(document)
    );
    let prompt = next(stream, "cursor_prompt").await;
    assert_eq!(
        prompt,
        server
            .api
            .get(&path(&format!("prompts/{pipeline}-p1")))
            .await
            .ok()
    );
    let finish = json!({"outcome": "cancelled", "message": sent});
    let end = server.api.post(&path("finish"), &finish).await.ok();
    loop {
        let seen = next(stream, "pipeline_status").await;
        if seen["status"] == "cancelled" {
            for (name, value) in end.as_object().expect("fields") {
                assert_eq!(&seen[name], value, "{name}");
            }
            break;
        }
    }
}

/// The data of the next event of this name. Others that come before must be ours as well.
async fn next(stream: &mut Events, name: &str) -> Value {
    let events = stream.through(name).await;
    for event in &events {
        assert!(
            protocol::event_name::ALL.contains(&event.name.as_str()),
            "{event:?}"
        );
        assert!(
            !["reset", "shutdown", "snapshot"].contains(&event.name.as_str()),
            "{event:?}"
        );
        if event.id.is_some() {
            assert_ne!(event.position(), 0, "{event:?}");
        }
    }
    events[events.len() - 1].json()
}

#[test]
fn any_text_that_the_api_accepts_arrives_as_exactly_the_same_text() {
    let runtime = Runtime::new().expect("a runtime");
    let server = runtime.block_on(Server::start());
    let config = Config {
        cases: 48,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new(config)
        .run(&hostile(), |text| {
            runtime.block_on(play(&server, &text));
            Ok(())
        })
        .expect("every text");
}

#[tokio::test]
async fn a_name_in_a_header_arrives_as_it_was_sent() {
    let server = Server::start().await;
    let pipeline = server.api.start("a").await;
    let mut stream = server.subscribe("").await;
    stream.through("pipeline_status").await;
    let path = format!("/api/pipelines/{pipeline}/reports");
    let headers = [("staffel-actor", "agent/Jürgen \u{2028}\u{feff}💥 \"x\"")];
    server.api.post_with(&path, &headers, &json!({})).await.ok();
    let status = next(&mut stream, "pipeline_status").await;
    let sent = domain::text::line("name", "Jürgen \u{2028}\u{feff}💥 \"x\"", 200).expect("a line");
    assert_eq!(status["agent"], json!(sent));
}
