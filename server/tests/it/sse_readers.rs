//! Many subscribers: the same bytes for all, and nobody waits for the slowest.

use tokio::{io::AsyncWriteExt, net::TcpStream};

use crate::support::{Event, Events, Server, soon};

#[tokio::test]
async fn two_subscribers_get_the_same_bytes() {
    let server = Server::start().await;
    let pipeline = server.api.start("a").await;
    let id = {
        let mut stream = server.subscribe("").await;
        stream.through("pipeline_status").await;
        stream.last_id
    };
    let mut early = Events::open(server.api.address, "", Some(&id)).await;
    for n in 0..10 {
        server
            .api
            .report(&pipeline, &format!("ä “{n}” \u{2028}"))
            .await;
    }
    let handover = server
        .api
        .hand_over(&pipeline, "# Ende\n\n```\n<b>\n```")
        .await;
    let end = server.api.decide(&handover, 1, "stop", "Schluß").await.ok();
    let last = end["status"]["position"].as_u64().expect("a position");
    let mut late = Events::open(server.api.address, "", Some(&id)).await;
    let mut filtered = Events::open(server.api.address, "?project=a", Some(&id)).await;
    let mut bodies = Vec::new();
    for stream in [&mut early, &mut late, &mut filtered] {
        stream.up_to(last).await;
        // Only the pause before a reconnect differs, on purpose.
        let body = String::from_utf8(stream.body.clone()).expect("UTF-8");
        let (_, frames) = body.split_once("\n\n").expect("an opening");
        bodies.push(frames.to_owned());
    }
    assert_eq!(bodies[0], bodies[1], "live and replayed");
    assert_eq!(
        bodies[0], bodies[2],
        "filtered, where the filter lets all of it through"
    );
}

#[tokio::test]
async fn a_subscriber_that_never_reads_holds_nobody_up() {
    let mut server = Server::start().await;
    let pipeline = server.api.start("a").await;
    let mut healthy = server.subscribe("").await;
    healthy.through("pipeline_status").await;
    let address = server.api.address;
    let mut stuck = TcpStream::connect(address).await.expect("a connection");
    let request = format!("GET /sse HTTP/1.1\r\nHost: {address}\r\n\r\n");
    stuck
        .write_all(request.as_bytes())
        .await
        .expect("it is sent");

    // More than the socket buffers between two loopback ends hold: the stuck one is blocked for good.
    const REVISIONS: u32 = 40;
    let reader = tokio::spawn(async move {
        let mut revisions = Vec::new();
        while revisions.len() < REVISIONS as usize {
            let event = healthy.next().await.expect("an event");
            if event.name == "handover" {
                revisions.push(event.json()["revision"].as_u64().expect("a revision"));
            }
        }
        revisions
    });
    for n in 1..=REVISIONS {
        let content = format!("{n} {}", "words ".repeat(50_000));
        server.api.revise(&pipeline, n, &content).await;
    }
    let revisions = soon("the healthy subscriber", reader)
        .await
        .expect("no panic");
    assert_eq!(revisions, (1..=u64::from(REVISIONS)).collect::<Vec<_>>());

    // A stop waits for the stuck one only so long: `Server::stop` has a bound.
    server.tell_to_stop();
    server.stop().await;
    drop(stuck);
}

#[tokio::test]
async fn a_subscriber_that_pauses_goes_on_without_a_gap() {
    let server = Server::start().await;
    let pipeline = server.api.start("a").await;
    let mut slow = server.subscribe("").await;
    slow.through("pipeline_status").await;
    let mut last = 0;
    for n in 0..300 {
        last = server
            .api
            .report(&pipeline, &format!("{n} {}", "x".repeat(1_900)))
            .await;
    }
    // Nothing was read until here.
    let events = slow.up_to(last).await;
    let positions: Vec<_> = events.iter().map(Event::position).collect();
    assert_eq!(positions, (3..=last).collect::<Vec<_>>());
}
