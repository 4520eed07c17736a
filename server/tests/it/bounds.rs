//! What one answer weighs is bounded, however much there is; and what cannot be listed is refused in words.

use serde_json::json;

use crate::{
    bad_peers::stateless,
    support::{Events, Program, Server, data_folder, raw, until},
};

/// Largest list, page or opening of a stream, in bytes.
const LARGEST: usize = 300 * 1024;

#[tokio::test]
async fn a_stream_opens_small_whatever_waits() {
    let server = Server::start().await;
    let content = "word ".repeat(200_000);
    for n in 0..20 {
        let pipeline = server.api.start(&format!("project {n}")).await;
        server.api.hand_over(&pipeline, &content).await;
    }
    let mut stream = Events::open(server.api.address, "", None).await;
    let last = server.api.start("last").await;
    let mut opening = Vec::new();
    while let Some(event) = stream.next().await {
        let is_last = event.name == "pipeline_status" && event.data.contains(&last);
        opening.push(event.name);
        if is_last {
            break;
        }
    }
    assert!(stream.body.len() < LARGEST, "{} bytes", stream.body.len());
    let snapshots = opening.iter().filter(|name| *name == "snapshot").count();
    assert_eq!(snapshots, 1, "{opening:?}");
    // Who asks for one of them gets its text.
    let page = server.api.get("/api/pipelines?limit=1").await.ok();
    let id = page["pipelines"][0]["pipeline"]
        .as_str()
        .expect("an id")
        .to_owned();
    let handover = format!("/api/pipelines/{id}/handovers/{id}-h1");
    let _ = server.api.get(&handover).await;
}

#[tokio::test]
async fn lists_pages_and_openings_stay_small_with_many_pipelines() {
    let server = Server::start().await;
    let title = "A title that is as long as titles are in practice, and a bit more than that";
    for n in 0..700 {
        let body =
            json!({"project": format!("project {}", n % 7), "title": format!("{title} {n}")});
        server.api.post("/api/pipelines", &body).await.ok();
    }
    for path in [
        "/",
        "/api/pipelines",
        "/api/pipelines?limit=200",
        "/api/pipelines?q=practice",
    ] {
        let bytes = server.api.get(path).await.text.len();
        assert!(bytes < LARGEST, "{path} has {bytes} bytes");
    }
    let mut stream = Events::open(server.api.address, "", None).await;
    let opening = stream.through("snapshot").await;
    let snapshot = opening.last().expect("the snapshot");
    assert!(
        snapshot.data.len() < LARGEST,
        "{} bytes",
        snapshot.data.len()
    );
    assert_eq!(snapshot.json()["more"], true);
    assert_eq!(snapshot.json()["counts"]["open"], 700);
    // Every page, once each.
    let mut seen = std::collections::BTreeSet::new();
    let mut path = "/api/pipelines?limit=100".to_owned();
    loop {
        let page = server.api.get(&path).await.ok();
        for pipeline in page["pipelines"].as_array().expect("a list") {
            let id = pipeline["pipeline"].as_str().expect("an id");
            assert!(seen.insert(id.to_owned()), "{id} comes twice");
        }
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("/api/pipelines?limit=100&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(seen.len(), 700);
}

#[tokio::test]
async fn what_cannot_be_listed_is_refused_in_words() {
    let server = Server::start().await;
    server.api.start("a").await;
    let long = "x".repeat(10_000);
    for (query, words) in [
        ("cursor=garbage".to_owned(), "no cursor"),
        (format!("cursor={long}"), "no cursor"),
        ("state=lost".to_owned(), "`state`"),
        (format!("q={long}"), "`q`"),
        ("q=%22*-".to_owned(), "no word"),
    ] {
        let answer = server.api.get(&format!("/api/pipelines?{query}")).await;
        assert_eq!(answer.status, 422, "{answer:?}");
        assert!(answer.text.contains(words), "{answer:?}");
        assert!(answer.text.len() < 2_000, "{} bytes", answer.text.len());
    }
    // The syntax of the search engine is text like any other.
    for words in [
        "%22a",
        "a%2A",
        "NEAR(",
        "a%20OR%20b",
        "-a",
        "title:x",
        "'%3B--a",
    ] {
        let answer = server.api.get(&format!("/api/pipelines?q={words}")).await;
        assert_eq!(answer.status, 200, "{words}: {answer:?}");
    }
}

#[tokio::test]
async fn what_ended_long_ago_is_archived_where_the_settings_say_so() {
    let data = data_folder();
    let start = |days: &str| {
        let mut command = Program::command(data.path());
        command.env("STAFFEL_ARCHIVE_AFTER_DAYS", days);
        Program::spawn(command)
    };
    let program = start("0");
    let (ended, open) = (program.api.start("a").await, program.api.start("b").await);
    let finish = format!("/api/pipelines/{ended}/finish");
    let outcome = json!({"outcome": "cancelled"});
    program.api.post(&finish, &outcome).await.ok();
    // Stored before the program dies, as for every list.
    program.api.get("/api/pipelines").await.ok();
    program.kill();
    // As if it had been a hundred days ago.
    let journal = rusqlite::Connection::open(data.path().join("staffel.db")).expect("opened");
    let back = "UPDATE summaries SET ended = ended - 8640000000 WHERE ended > 0";
    assert_eq!(journal.execute(back, []).expect(back), 1);
    drop(journal);
    let program = start("99");
    let listed = async |state: &str| {
        let path = format!("/api/pipelines?state={state}");
        let page = program.api.get(&path).await.ok();
        let pipelines = page["pipelines"].as_array().expect("a list");
        let ids = pipelines
            .iter()
            .map(|pipeline| pipeline["pipeline"].clone());
        ids.collect::<Vec<_>>()
    };
    until("it is archived", async || {
        listed("archived").await == [json!(ended)]
    })
    .await;
    assert_eq!(
        listed("").await,
        [json!(open)],
        "the list has only what is not archived"
    );
    let found = program.api.get("/api/pipelines?q=pipeline").await.ok();
    assert_eq!(
        found["pipelines"].as_array().map(Vec::len),
        Some(2),
        "search finds both"
    );
}

#[tokio::test]
async fn a_pipeline_that_waits_for_a_person_cannot_be_archived() {
    let server = Server::start().await;
    let api = &server.api;
    let (waits, ended) = (api.start("a").await, api.start("b").await);
    api.hand_over(&waits, "# Plan").await;
    let finish = format!("/api/pipelines/{ended}/finish");
    api.post(&finish, &json!({"outcome": "cancelled"}))
        .await
        .ok();
    let archive = json!({"pipelines": [waits, ended]});
    let answer = api
        .post_as_person("/api/pipelines/archive", &archive)
        .await
        .ok();
    assert_eq!(answer["pipelines"], json!([ended]), "{answer}");
    assert_eq!(answer["refused"][0]["pipeline"], json!(waits), "{answer}");
    let count = async |state: &str| {
        let page = api.get(&format!("/api/pipelines?state={state}")).await.ok();
        page["pipelines"].as_array().expect("a list").len()
    };
    assert_eq!(
        (
            count("open").await,
            count("ended").await,
            count("archived").await
        ),
        (1, 0, 1)
    );
    let back = api
        .post_as_person("/api/pipelines/unarchive", &json!({"pipelines": [ended]}))
        .await
        .ok();
    assert_eq!(back["refused"], json!([]), "{back}");
    assert_eq!((count("ended").await, count("archived").await), (1, 0));
}

#[tokio::test]
async fn a_list_for_an_agent_says_how_many_more_the_project_has() {
    let server = Server::start().await;
    for project in ["long"; 57].into_iter().chain(["short"; 3]) {
        server.api.start(project).await;
    }
    let listed = async |arguments| {
        let request = stateless(server.api.address, "list_pipelines", &arguments);
        let once = request.replacen("\r\n\r\n", "\r\nConnection: close\r\n\r\n", 1);
        let answer = raw(server.api.address, &once).await;
        let (_, body) = answer.split_once("\r\n\r\n").expect("a body");
        let body: serde_json::Value = serde_json::from_str(body).expect("JSON");
        let list = &body["result"]["structuredContent"];
        let shown = list["pipelines"].as_array().map(Vec::len);
        (shown, list["more"].as_u64())
    };
    assert_eq!(listed(json!({})).await, (Some(50), Some(10)));
    let project = |name| json!({ "project": name });
    assert_eq!(listed(project("long")).await, (Some(50), Some(7)));
    assert_eq!(listed(project("short")).await, (Some(3), Some(0)));
}
