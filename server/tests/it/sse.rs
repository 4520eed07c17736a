//! `/sse`: what a subscriber gets, byte by byte where bytes matter.

use std::time::Duration;

use serde_json::json;

use crate::support::{Events, Server, raw, until};

fn names(events: &[crate::support::Event]) -> Vec<&str> {
    events.iter().map(|event| event.name.as_str()).collect()
}

#[tokio::test]
async fn the_head_is_that_of_an_event_stream_which_nobody_buffers_or_stores() {
    let server = Server::start().await;
    let events = server.subscribe("").await;
    let mut lines: Vec<_> = events
        .head
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with("date:"))
        .collect();
    assert_eq!(lines.remove(0), "HTTP/1.1 200 OK");
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            "cache-control: no-cache, no-store, no-transform",
            "content-type: text/event-stream; charset=utf-8",
            "referrer-policy: no-referrer",
            "transfer-encoding: chunked",
            "vary: Origin",
            "x-accel-buffering: no",
            "x-content-type-options: nosniff",
        ]
    );
}

#[tokio::test]
async fn an_empty_journal_opens_with_a_pause_a_comment_and_a_snapshot() {
    let server = Server::start().await;
    let mut events = server.subscribe("").await;
    let snapshot = events.next().await.expect("a snapshot");
    let body = String::from_utf8(events.body.clone()).expect("UTF-8");
    let (epoch, at) = (
        snapshot.json()["epoch"].clone(),
        snapshot.json()["at"].clone(),
    );
    let epoch = epoch.as_str().expect("an epoch");
    assert_eq!(
        body,
        format!(
            "retry: {}\n: staffel {version}\n\nevent: snapshot\nid: {epoch}-0\n\
             data: {{\"server\":\"{version}\",\"epoch\":\"{epoch}\",\"position\":0,\"at\":{at},\"pipelines\":[],\"more\":false,\
             \"counts\":{{\"open\":0,\"awaiting_review\":0,\"ended\":0,\"archived\":0}}}}\n\n",
            events.retries[0],
            version = server::VERSION,
        )
    );
    assert!((1_000..=4_000).contains(&events.retries[0]), "{body}");
}

#[tokio::test]
async fn a_first_connect_gets_the_whole_state_and_only_its_last_event_has_an_id() {
    let server = Server::start().await;
    let (open, running) = (
        server.api.start("open").await,
        server.api.start("running").await,
    );
    let handover = server.api.hand_over(&open, "# Done\n\nAll of it.").await;
    let ended = server.api.start("ended").await;
    let finish = json!({"outcome": "cancelled"});
    server
        .api
        .post(&format!("/api/pipelines/{ended}/finish"), &finish)
        .await
        .ok();

    let mut stream = server.subscribe("").await;
    let mut events = stream.through("pipeline_status").await;
    events.extend(stream.through("pipeline_status").await);
    assert_eq!(
        names(&events),
        ["snapshot", "handover", "pipeline_status", "pipeline_status"],
        "a handover that waits comes along, and a status for each pipeline that has not ended"
    );
    let ids: Vec<_> = events.iter().map(|event| event.id.is_some()).collect();
    assert_eq!(ids, [false, false, false, true]);

    let snapshot = events[0].json();
    let shown: Vec<_> = snapshot["pipelines"]
        .as_array()
        .expect("pipelines")
        .iter()
        .collect();
    assert_eq!(shown.len(), 3);
    let order: Vec<_> = shown.iter().map(|shown| &shown["pipeline"]).collect();
    assert_eq!(
        order,
        [&json!(open), &json!(running), &json!(ended)],
        "who waits for a person comes first, who has ended last"
    );
    assert_eq!(snapshot["position"], events[3].position());
    assert_eq!(events[1].json()["handover"], json!(handover));
    assert_eq!(events[1].json()["content"], "# Done\n\nAll of it.");
    let statuses = [events[2].json(), events[3].json()];
    let shown = statuses.each_ref().map(|status| status["pipeline"].clone());
    assert_eq!(shown, [json!(open), json!(running)]);
    assert_eq!(statuses[0]["status"], "awaiting_review");
    assert_eq!(statuses[0]["baton"], "person");
}

#[tokio::test]
async fn ids_are_epoch_and_position_and_rise() {
    let server = Server::start().await;
    let mut stream = server.subscribe("").await;
    stream.through("snapshot").await;
    let status = server.api.get("/api/status").await.ok();
    let epoch = status["epoch"].as_str().expect("an epoch");
    let pipeline = server.api.start("a").await;
    let mut last = 0;
    for n in 0..20 {
        last = server.api.report(&pipeline, &format!("step {n}")).await;
    }
    let events = stream.up_to(last).await;
    assert_eq!(events.len(), 21);
    let positions: Vec<_> = events.iter().map(|event| event.position()).collect();
    assert_eq!(
        positions,
        (2..=22).collect::<Vec<_>>(),
        "a start is two facts, a report one"
    );
    assert!(
        events
            .iter()
            .all(|event| event.id == Some(format!("{epoch}-{}", event.position())))
    );
}

#[tokio::test]
async fn each_step_of_the_loop_has_its_event() {
    let server = Server::start().await;
    let mut stream = server.subscribe("").await;
    stream.through("snapshot").await;
    let pipeline = server.api.start("a").await;
    assert_eq!(
        names(&stream.through("pipeline_status").await),
        ["pipeline_status"]
    );
    let handover = server.api.hand_over(&pipeline, "Done.").await;
    assert_eq!(
        names(&stream.through("pipeline_status").await),
        ["handover", "pipeline_status"]
    );
    server
        .api
        .decide(&handover, 1, "accept", "Smaller steps.")
        .await
        .ok();
    let decided = stream.through("pipeline_status").await;
    assert_eq!(names(&decided), ["handover_decided", "pipeline_status"]);
    assert_eq!(decided[0].json()["note"], "Smaller steps.");
    assert_eq!(decided[0].json()["by"]["kind"], "person");
    let written = stream.through("pipeline_status").await;
    assert_eq!(
        names(&written),
        ["cursor_prompt", "prompt_delivery", "pipeline_status"]
    );
    let prompt = written[0].json();
    assert!(
        prompt["prompt"]
            .as_str()
            .is_some_and(|text| text.contains("Smaller steps.")),
        "{prompt}"
    );
    server.api.acknowledge(&pipeline, 1).await;
    let delivered = stream.through("pipeline_status").await;
    assert_eq!(
        names(&delivered),
        ["prompt_delivery", "prompt_delivery", "pipeline_status"]
    );
    let states = [&delivered[0], &delivered[1]].map(|event| event.json()["state"].clone());
    assert_eq!(states, [json!("picked_up"), json!("acknowledged")]);
    let version = json!({"previous": "1.9", "current": "1.10", "next": "1.11"});
    server
        .api
        .post_as_person(&format!("/api/pipelines/{pipeline}/version"), &version)
        .await
        .ok();
    let changed = stream.through("pipeline_status").await;
    assert_eq!(names(&changed), ["version", "pipeline_status"]);
    assert_eq!(changed[0].json()["current"], "1.10", "text, not a number");
}

#[tokio::test]
async fn filters_show_one_pipeline_or_one_project_and_nothing_else() {
    let server = Server::start().await;
    let (a, b) = (server.api.start("one").await, server.api.start("two").await);
    let mut only_a = server.subscribe(&format!("?pipeline={a}")).await;
    let mut only_two = server.subscribe("?project=two").await;
    let mut nobody = server.subscribe("?project=none").await;
    for (stream, shown) in [(&mut only_a, &a), (&mut only_two, &b)] {
        let opening = stream.through("pipeline_status").await;
        assert_eq!(names(&opening), ["snapshot", "pipeline_status"]);
        assert_eq!(opening[0].json()["pipelines"][0]["pipeline"], json!(shown));
        assert_eq!(
            opening[0].json()["pipelines"].as_array().map(Vec::len),
            Some(1)
        );
    }
    let empty = nobody.through("snapshot").await;
    assert_eq!(empty[0].json()["pipelines"], json!([]));
    assert_eq!(empty[0].position(), 4, "and yet it can be resumed");
    for n in 0..3 {
        server.api.report(&a, &format!("a {n}")).await;
        server.api.report(&b, &format!("b {n}")).await;
    }
    for (stream, letter) in [(&mut only_a, "a"), (&mut only_two, "b")] {
        for n in 0..3 {
            let event = stream.next().await.expect("an event");
            assert_eq!(event.json()["message"], format!("{letter} {n}"));
        }
    }
    let unknown = server.api.get("/sse?pipeline=nonsense").await;
    assert_eq!(
        unknown.status, 404,
        "what can never exist ends an EventSource for good"
    );
    assert_eq!(unknown.header("content-type"), "application/problem+json");
}

#[tokio::test]
async fn a_stream_with_nothing_to_say_still_beats_and_can_be_resumed_from_its_beats() {
    let server = Server::with(|config| config.heartbeat = Duration::from_millis(50)).await;
    let mut stream = server.subscribe("?project=none").await;
    stream.through("snapshot").await;
    let first = stream.next_of_all().await.expect("a heartbeat");
    assert_eq!((first.name.as_str(), first.position()), ("heartbeat", 0));
    let position = {
        let pipeline = server.api.start("other").await;
        server.api.report(&pipeline, "on").await
    };
    loop {
        let beat = stream.next_of_all().await.expect("a heartbeat");
        assert_eq!(beat.name, "heartbeat");
        assert!(beat.json()["at"].is_string());
        if beat.id.is_some() && beat.position() == position {
            assert_eq!(beat.json()["head"], position);
            break;
        }
    }
}

#[tokio::test]
async fn a_planned_stop_says_goodbye_and_ends_every_stream_whole() {
    let mut server = Server::start().await;
    server.api.start("a").await;
    let mut streams = vec![];
    for query in ["", "?project=a", "?project=none"] {
        let mut stream = server.subscribe(query).await;
        stream.through("snapshot").await;
        streams.push(stream);
    }
    server.tell_to_stop();
    for stream in &mut streams {
        let events = stream.through("shutdown").await;
        let retry = events[events.len() - 1].json()["retry_ms"].as_u64();
        assert!(
            retry.is_some_and(|ms| (500..=8_000).contains(&ms)),
            "{retry:?}"
        );
        assert_eq!(
            stream.retries.last().copied(),
            retry,
            "browsers obey `retry`"
        );
        assert_eq!(stream.next().await, None);
        assert!(stream.ended, "the body ends as HTTP says");
    }
    server.stop().await;
}

#[tokio::test]
async fn head_answers_with_the_headers_alone() {
    let server = Server::start().await;
    let address = server.api.address;
    let request = format!("HEAD /sse HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    let answer = raw(address, &request).await;
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert!(
        head.contains("content-type: text/event-stream; charset=utf-8"),
        "{head}"
    );
    assert!(!head.contains("content-length"), "{head}");
    assert_eq!(body, "");
    until("nobody is counted as a subscriber", async || {
        server.api.get("/api/status").await.ok()["subscribers"] == 0
    })
    .await;
}

#[tokio::test]
async fn subscribers_are_counted_for_as_long_as_they_are_there() {
    let server = Server::with(|config| config.heartbeat = Duration::from_millis(50)).await;
    let mut streams: Vec<Events> = Vec::new();
    for _ in 0..3 {
        let mut stream = server.subscribe("").await;
        stream.through("snapshot").await;
        streams.push(stream);
    }
    assert_eq!(server.api.get("/api/status").await.ok()["subscribers"], 3);
    drop(streams);
    until("all are gone", async || {
        server.api.get("/api/status").await.ok()["subscribers"] == 0
    })
    .await;
}
