//! The follower fails: nobody waits for ever, everybody is told, and it heals.

use std::path::Path;

use domain::{Actor, ActorKind, Command, Start};
use rusqlite::Connection;
use serde_json::json;
use server::{
    relay::{Relay, RelayError},
    storage::Place,
};

use crate::support::{Events, Server, data_folder, on_postgres, until};

#[tokio::test]
async fn a_follower_that_fails_is_503_in_words_and_heals() {
    if on_postgres() {
        return; // it breaks the file
    }
    let server = Server::start().await;
    let api = &server.api;
    let pipeline = api.start("a").await;
    let path = format!("/api/pipelines/{pipeline}/reports");
    let mut stream = server.subscribe("").await;
    stream.through("pipeline_status").await;
    assert_eq!(api.get("/health").await.status, 200);

    // A row that nobody can read, as on a disk that loses data.
    let file = Connection::open(server.data.path().join("staffel.db")).expect("the journal");
    file.execute(
        "INSERT INTO events SELECT 3, 3, pipeline, 3, at, 'torn', NULL, event FROM events WHERE position = 2",
        [],
    )
    .expect("a row by hand");
    until("it is noticed", async || {
        api.get("/health").await.status == 503
    })
    .await;
    let health = api.get("/health").await;
    assert!(
        health
            .text
            .contains("what is shown does not follow the journal"),
        "{health:?}"
    );

    // Stored, but not shown: the caller does not hang, and learns it.
    let other = json!({"project": "b", "title": "t"});
    let key = [("idempotency-key", "k")];
    for _ in 0..2 {
        let answer = api.post_with("/api/pipelines", &key, &other).await;
        assert_eq!(answer.status, 503, "{answer:?}");
        assert_eq!(answer.json()["type"], "urn:staffel:problem:behind");
        assert!(answer.text.contains("The change is stored"), "{answer:?}");
    }
    assert_eq!(
        api.get(&format!("/api/pipelines/{pipeline}")).await.ok()["revision"],
        2,
        "what was shown before is shown still"
    );

    file.execute(
        "UPDATE events SET actor = (SELECT actor FROM events WHERE position = 2) WHERE position = 3",
        [],
    )
    .expect("repaired");
    until("it heals", async || api.get("/health").await.status == 200).await;
    // The repetition finds what was stored, once.
    let again = api.post_with("/api/pipelines", &key, &other).await.ok();
    let seen = stream.up_to(5).await;
    let begun = seen.last().expect("an event").json();
    assert_eq!(begun["pipeline"], again["pipeline"]);
    assert_eq!(api.get("/api/pipelines").await.ok()["counts"]["open"], 2);
    let position = api.post(&path, &json!({"message": "on"})).await.ok()["position"].clone();
    assert_eq!(position, 6);
    let mut fresh = Events::open(api.address, "", None).await;
    fresh.through("pipeline_status").await;
}

/// A relay whose state nobody keeps up with the journal.
async fn unfollowed(data: &Path) -> Relay {
    let place = Place::Folder(data.to_owned());
    let journal = place.open().expect("a journal").journal;
    Relay::open(journal).await.expect("a relay")
}

#[tokio::test(start_paused = true)]
async fn a_change_that_is_not_shown_in_time_is_told_as_stored() {
    let data = data_folder();
    let relay = unfollowed(data.path()).await;
    let start = Start {
        project: "a".to_owned(),
        title: "t".to_owned(),
        ..Start::default()
    };
    let agent = Actor {
        kind: ActorKind::Agent,
        name: "cursor".to_owned(),
    };
    let told = relay
        .start(&start, &agent, None)
        .await
        .expect_err("it is not shown");
    assert!(matches!(told, RelayError::Behind(_)), "{told}");
    assert_eq!(relay.newest(), 2, "it is stored");
    let health = relay.check().await.expect_err("the server is not well");
    assert!(health.contains("for 30 seconds"), "{health}");

    // What conflicts with a change that is not shown changes nothing, and says so.
    drop(relay);
    let relay = unfollowed(data.path()).await;
    let pipeline = relay.open_of("cursor").remove(0);
    let report = Command::Report {
        phase: None,
        progress: None,
        message: Some("on".to_owned()),
        tasks: vec![],
    };
    let told = async || {
        let done = relay.execute(&pipeline, &report, &agent, None).await;
        done.expect_err("nothing is shown")
    };
    let stored = told().await;
    assert!(matches!(stored, RelayError::Behind(_)), "{stored}");
    let not_stored = told().await;
    assert!(
        not_stored.to_string().contains("Nothing was changed"),
        "{not_stored}"
    );
    assert_eq!(relay.newest(), 3);
}
