//! Resuming a stream: exactly what was missed, once; or a reset, and never a gap or an error.

use futures::future::join_all;
use serde_json::{Value, json};

use crate::support::{Event, Events, Program, Server, data_folder, soon};

/// The messages of status events.
fn messages(events: &[Event]) -> Vec<String> {
    let message = |event: &Event| event.json()["message"].as_str().unwrap_or("").to_owned();
    let statuses = events
        .iter()
        .filter(|event| event.name == "pipeline_status");
    statuses.map(message).collect()
}

async fn epoch(server: &Server) -> String {
    let status = server.api.get("/api/status").await.ok();
    status["epoch"].as_str().expect("an epoch").to_owned()
}

/// What a page brings along for its first moment.
fn page_data(page: &str) -> Value {
    let (_, rest) = page.split_once("<script id=\"page-data\"").expect("data");
    let (_, rest) = rest.split_once('>').expect("its beginning");
    let (data, _) = rest.split_once("</script>").expect("its end");
    serde_json::from_str(data).expect("JSON")
}

#[tokio::test]
async fn a_page_goes_on_from_no_later_moment_than_that_of_what_it_shows() {
    let server = Server::start().await;
    let pipeline = server.api.start("a").await;
    let path = format!("/pipelines/{pipeline}");
    let reports = async {
        for number in 0..60 {
            server
                .api
                .report(&pipeline, &format!("Step {number}"))
                .await;
        }
    };
    // More than are rendered at once: between what a page shows and its rendering something happens.
    let pages = join_all((0..24).map(|_| server.api.get(&path)));
    let ((), pages) = tokio::join!(reports, pages);
    for page in pages {
        let data = page_data(&page.text);
        let listed = data["snapshot"]["pipelines"][0]["revision"].as_u64();
        let shown = data["shown"]["revision"].as_u64();
        assert!(listed.is_some() && listed <= shown, "{listed:?} {shown:?}");
    }
}

#[tokio::test]
async fn an_id_in_the_header_or_in_the_query_resumes_with_exactly_what_was_missed() {
    let server = Server::start().await;
    let pipeline = server.api.start("a").await;
    let mut stream = server.subscribe("").await;
    stream.through("pipeline_status").await;
    let seen = server.api.report(&pipeline, "seen").await;
    stream.up_to(seen).await;
    let id = stream.last_id.clone();
    drop(stream);
    for message in ["one", "two"] {
        server.api.report(&pipeline, message).await;
    }
    let handover = server.api.hand_over(&pipeline, "Done.").await;
    let mut by_header = Events::open(server.api.address, "", Some(&id)).await;
    let mut by_query = server.subscribe(&format!("?last_event_id={id}")).await;
    let after = server.api.decide(&handover, 1, "stop", "").await.ok();
    let last = after["status"]["position"].as_u64().expect("a position");
    for stream in [&mut by_header, &mut by_query] {
        let events = stream.up_to(last).await;
        let names: Vec<_> = events.iter().map(|event| event.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "pipeline_status",
                "pipeline_status",
                "handover",
                "pipeline_status",
                "handover_decided",
                "pipeline_status",
            ],
            "no snapshot, nothing twice, nothing left out"
        );
        assert_eq!(messages(&events)[..2], ["one", "two"]);
        let positions: Vec<_> = events
            .iter()
            .filter(|event| event.id.is_some())
            .map(Event::position)
            .collect();
        assert_eq!(positions, [seen + 1, seen + 2, seen + 3, seen + 5]);
    }
}

#[tokio::test]
async fn the_header_wins_over_the_query() {
    let server = Server::start().await;
    let pipeline = server.api.start("a").await;
    let first = server.api.report(&pipeline, "one").await;
    let last = server.api.report(&pipeline, "two").await;
    let epoch = epoch(&server).await;
    let query = format!("?last_event_id={epoch}-0");
    let header = format!("{epoch}-{first}");
    let mut stream = Events::open(server.api.address, &query, Some(&header)).await;
    assert_eq!(messages(&stream.up_to(last).await), ["two"]);
}

#[tokio::test]
async fn the_id_of_the_newest_event_resumes_with_silence_until_something_happens() {
    let server = Server::start().await;
    let pipeline = server.api.start("a").await;
    let head = server.api.report(&pipeline, "old").await;
    let id = format!("{}-{head}", epoch(&server).await);
    let mut stream = Events::open(server.api.address, "", Some(&id)).await;
    let next = server.api.report(&pipeline, "new").await;
    assert_eq!(messages(&stream.up_to(next).await), ["new"]);
}

#[tokio::test]
async fn an_id_that_cannot_be_resumed_gets_one_reset_and_a_snapshot_and_then_goes_on() {
    let server = Server::start().await;
    let pipeline = server.api.start("a").await;
    let head = server.api.report(&pipeline, "now").await;
    let epoch = epoch(&server).await;
    let long = "9".repeat(10 * 1024);
    for (id, reason) in [
        (format!("00000000-{head}"), "other_epoch"),
        (format!("{epoch}-{}", head + 1), "from_the_future"),
        (format!("{epoch}-{}", u64::MAX), "from_the_future"),
        (format!("{epoch}-{long}"), "unreadable"),
        ("garbage".to_owned(), "unreadable"),
        (format!("{epoch}-"), "unreadable"),
        (format!("{epoch}--1"), "unreadable"),
        ("💥".to_owned(), "unreadable"),
        (long.clone(), "unreadable"),
    ] {
        let shown: String = id.chars().take(40).collect();
        let mut stream = Events::open(server.api.address, "", Some(&id)).await;
        assert!(
            stream.head.starts_with("HTTP/1.1 200 OK\r\n"),
            "{shown}: {}",
            stream.head
        );
        let opening = stream.through("pipeline_status").await;
        let names: Vec<_> = opening.iter().map(|event| event.name.as_str()).collect();
        assert_eq!(names, ["reset", "snapshot", "pipeline_status"], "{shown}");
        let reset = json!({"reason": reason, "epoch": epoch, "floor": 0, "head": head});
        assert_eq!(opening[0].json(), reset, "{shown}");
        assert_eq!(
            stream.last_id,
            format!("{epoch}-{head}"),
            "{shown}: the new id is valid"
        );
    }
    let mut stream = Events::open(server.api.address, "", Some("garbage")).await;
    stream.through("pipeline_status").await;
    let next = server.api.report(&pipeline, "on").await;
    assert_eq!(messages(&stream.up_to(next).await), ["on"]);
}

#[tokio::test]
async fn an_empty_id_is_a_first_connect() {
    let server = Server::start().await;
    server.api.start("a").await;
    for (query, header) in [("?last_event_id=", None), ("", Some("")), ("", None)] {
        let mut stream = Events::open(server.api.address, query, header).await;
        let opening = stream.through("pipeline_status").await;
        assert_eq!(opening[0].name, "snapshot", "{query:?} {header:?}");
        assert_eq!(opening.len(), 2);
    }
}

#[tokio::test]
async fn the_first_unit_after_a_resume_is_never_split() {
    let server = Server::start().await;
    let pipeline = server.api.start("a").await;
    let epoch = epoch(&server).await;
    // 1 lies inside the append of the start: its frames come again as a whole.
    let mut stream = Events::open(server.api.address, "", Some(&format!("{epoch}-1"))).await;
    let event = stream.next().await.expect("an event");
    assert_eq!(
        (event.name.as_str(), event.position()),
        ("pipeline_status", 2)
    );
    assert_eq!(event.json()["pipeline"], json!(pipeline));
}

#[tokio::test]
async fn a_hundred_subscribers_that_come_back_while_facts_arrive_miss_nothing() {
    let server = Server::start().await;
    let pipeline = server.api.start("a").await;
    let epoch = epoch(&server).await;
    let last = 2 + 60;
    let api = server.api.clone();
    let writer = tokio::spawn(async move {
        for n in 0..60 {
            api.report(&pipeline, &format!("{n}")).await;
        }
    });
    let readers = (0..100).map(|n| {
        let (address, id) = (server.api.address, format!("{epoch}-{}", 2 * (n % 2)));
        tokio::spawn(async move {
            let mut stream = Events::open(address, "", Some(&id)).await;
            let mut positions = Vec::new();
            while positions.last() != Some(&last) {
                // Those who come from 0 before the first fact see the start, too.
                positions.extend(stream.next().await.map(|event| event.position()));
            }
            positions
        })
    });
    for reader in readers.collect::<Vec<_>>() {
        let positions = soon("a reader", reader).await.expect("no panic");
        let first = positions[0];
        assert!(first == 2 || first == 3, "{positions:?}");
        assert_eq!(positions, (first..=last).collect::<Vec<_>>());
    }
    writer.await.expect("no panic");
}

#[tokio::test]
async fn an_id_outlives_the_death_of_the_process() {
    let data = data_folder();
    let program = Program::start(data.path());
    let pipeline = program.api.start("a").await;
    let mut stream = Events::open(program.api.address, "", None).await;
    stream.through("pipeline_status").await;
    let seen = program.api.report(&pipeline, "seen").await;
    stream.up_to(seen).await;
    let id = stream.last_id.clone();
    for message in ["missed 1", "missed 2"] {
        program.api.report(&pipeline, message).await;
    }
    drop(stream);
    program.kill();

    let program = Program::start(data.path());
    let mut stream = Events::open(program.api.address, "", Some(&id)).await;
    program.api.report(&pipeline, "missed 3").await;
    let last = program.api.report(&pipeline, "live").await;
    let events = stream.up_to(last).await;
    assert_eq!(
        messages(&events),
        ["missed 1", "missed 2", "missed 3", "live"]
    );
    let positions: Vec<_> = events.iter().map(Event::position).collect();
    assert_eq!(positions, (seen + 1..=last).collect::<Vec<_>>());
}
