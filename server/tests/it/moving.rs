//! Everything moves from a data folder into a database and back, and stays as it was.

use std::path::Path;

use domain::{Media, PipelineId};
use reqwest::Method;
use serde_json::Value;
use server::{journal::NewFile, storage::Place};

use crate::support::{Api, Cluster, Events, Program, data_folder, database, staffel};

/// What a server shows of a pipeline and of those who are known.
async fn shown(api: &Api, pipeline: &str) -> Vec<Value> {
    let mut shown = vec![api.events(pipeline).await.into()];
    for path in [
        format!("/api/pipelines/{pipeline}"),
        format!("/api/pipelines/{pipeline}/prompts/{pipeline}-p1"),
        format!("/api/pipelines/{pipeline}/handovers/{pipeline}-h1"),
        "/api/people".to_owned(),
    ] {
        let answer = api.get_as_person(&path).await.ok();
        shown.push(answer);
    }
    shown
}

fn moves(from: &str, to: &str, folder: &Path) -> (bool, String) {
    staffel(&["move", "--from", from, "--to", to], None, folder)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_moves_there_and_back_and_stays_as_it_was() {
    let folder = data_folder();
    let here = folder.path();
    let (data, back, url) = (here.join("data"), here.join("back"), database());
    let text = |path: &Path| path.to_str().expect("a path in UTF-8").to_owned();

    let program = Program::start(&data);
    let pipeline = program.api.start("Zürich").await;
    let handover = program.api.hand_over(&pipeline, "# Größer 💥\r\n").await;
    program
        .api
        .decide(&handover, 1, "accept", "Good.")
        .await
        .ok();
    program.api.prompt(&pipeline, 1).await;
    let mut stream = Events::open(program.api.address, "", None).await;
    let last = stream
        .up_to(program.api.report(&pipeline, "Zürich").await)
        .await;
    let id = last
        .last()
        .and_then(|event| event.id.clone())
        .expect("an id");
    let (done, said) = staffel(
        &["agents", "add", "builder", "--data", &text(&data)],
        None,
        here,
    );
    assert!(done, "{said}");
    let token = said
        .split_whitespace()
        .find(|word| word.starts_with("staffel_"));
    let token = token.expect("a token").to_owned();
    let (done, said) = moves(&text(&data), &url, here);
    assert!(
        !done && said.contains("in use by another Staffel"),
        "{said}"
    );
    let before = shown(&program.api, &pipeline).await;
    program.stop();
    let of: PipelineId = pipeline.parse().expect("an id");
    let (hash, bytes) = ([7; 32].into(), vec![0, 159, 146, 150]);
    let file = NewFile {
        pipeline: of.clone(),
        hash,
        media: Media::Png,
        bytes: bytes.clone().into(),
        most: 1_000,
    };
    let journal = Place::Folder(data.clone()).journal().expect("a journal");
    journal.store_file(file).await.expect("a file");
    drop(journal);

    let (done, said) = moves(&text(&data), &url, here);
    assert!(done && said.contains("  events"), "{said}");
    let (done, said) = moves(&text(&data), &url, here);
    assert!(!done && said.contains("has something already"), "{said}");
    let program = Program::start_on(&url);
    assert_eq!(
        shown(&program.api, &pipeline).await,
        before,
        "in the database"
    );
    let found = program.api.get("/api/pipelines?q=zurich").await.ok();
    assert_eq!(
        found["pipelines"][0]["pipeline"],
        pipeline.as_str(),
        "{found}"
    );
    let proof = format!("Bearer {token}");
    let proven = program
        .api
        .send(
            Method::GET,
            "/api/agents",
            &[("authorization", &*proof)],
            "",
        )
        .await;
    assert_eq!(proven.status, 200, "its token is known");
    // Whoever followed goes on where it was.
    let newest = program.api.report(&pipeline, "On PostgreSQL").await;
    let mut stream = Events::open(program.api.address, "", Some(&id)).await;
    let missed = stream.up_to(newest).await;
    assert!(
        missed
            .iter()
            .all(|event| !["reset", "snapshot"].contains(&&*event.name)),
        "{missed:?}"
    );
    let before = shown(&program.api, &pipeline).await;
    let (done, said) = moves(&url, &text(&back), here);
    assert!(!done && said.contains("in use by a Staffel"), "{said}");
    program.stop();

    let (done, said) = moves(&url, &text(&data), here);
    assert!(!done && said.contains("has something already"), "{said}");
    let (done, said) = moves(&url, &text(&back), here);
    assert!(done, "{said}");
    let journal = Place::Folder(back.clone()).journal().expect("a journal");
    let moved = journal.file_bytes(&of, &hash).await.expect("a read");
    assert_eq!(moved, Some(bytes));
    drop(journal);
    let program = Program::start(&back);
    assert_eq!(
        shown(&program.api, &pipeline).await,
        before,
        "in a folder again"
    );
    let newest = program.api.report(&pipeline, "In files").await;
    let mut stream = Events::open(program.api.address, "", Some(&id)).await;
    let missed = stream.up_to(newest).await;
    assert!(
        missed.iter().all(|event| event.name != "reset"),
        "{missed:?}"
    );
    program.stop();
}

#[test]
fn what_cannot_be_moved_is_said_and_leaves_nothing_behind() {
    let folder = data_folder();
    let here = folder.path();
    let cluster = Cluster::start(&["fsync=off"]);
    let url = cluster.url("postgres");
    for (from, to, words) in [
        ("nowhere", &*url, "There is no journal in"),
        ("one", "two", "one of them has to be a folder"),
        (&url, "new", "has nothing of Staffel's"),
        (
            "nowhere",
            "mysql://db/x",
            "no address of a PostgreSQL database",
        ),
    ] {
        let (done, said) = moves(from, to, here);
        assert!(!done && said.contains(words), "{said}");
    }
    let left: Vec<_> = here.read_dir().expect("a folder").collect();
    assert!(left.is_empty(), "{left:?}");
    let tables = "SELECT count(*)::int FROM pg_namespace WHERE nspname = 'staffel'";
    assert_eq!(cluster.ask("postgres", tables), Some(0));
}
