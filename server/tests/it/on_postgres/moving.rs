//! Everything moves from a data folder into a database and back, and stays as it was.

#[cfg(unix)]
use std::os::unix::fs::PermissionsExt;
use std::{
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use domain::{Media, PipelineId};
use reqwest::Method;
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;
use server::{journal::NewFile, postgres::Address, storage::Place};

use crate::support::{
    Api, Cluster, Events, Program, data_folder, database, staffel, staffel_command,
};

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

/// How many events are moved; another number for a longer run.
fn events() -> u32 {
    let asked = std::env::var("STAFFEL_TEST_EVENTS").ok();
    asked
        .and_then(|events| events.parse().ok())
        .unwrap_or(5_000)
}

/// Repeats the newest fact of a journal, as if an agent had reported so often. Gives how many there are.
fn fill(data: &Path, events: u32) -> u32 {
    let journal = Connection::open(data.join("staffel.db")).expect("a journal");
    journal
        .execute(
            "WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ?1)
             INSERT INTO events (position, batch_end, pipeline, revision, at, actor, key, event)
             SELECT position + n, position + n, pipeline, revision + n, at + n, actor, NULL, event
             FROM number, (SELECT * FROM events ORDER BY position DESC LIMIT 1)",
            [events],
        )
        .expect("they are written");
    rows_in(data).expect("a journal")
}

/// How many facts a journal has; none where it is not there yet.
fn rows_in(folder: &Path) -> Option<u32> {
    let journal = folder.join("staffel.db");
    let journal = Connection::open_with_flags(journal, OpenFlags::SQLITE_OPEN_READ_ONLY).ok()?;
    let count = "SELECT count(*) FROM events";
    journal.query_row(count, [], |row| row.get(0)).ok()
}

/// All facts up to a position, word by word.
fn facts(folder: &Path, up_to: u32) -> Vec<String> {
    let journal = Connection::open(folder.join("staffel.db")).expect("a journal");
    let mut select = journal
        .prepare(
            "SELECT json_array(position, batch_end, pipeline, revision, at, actor, key, event) FROM events
             WHERE position <= ?1 ORDER BY position",
        )
        .expect("a statement");
    let rows = select.query_map([up_to], |row| row.get(0));
    rows.expect("rows").map(|row| row.expect("a row")).collect()
}

/// Kills moves in the middle, whenever the target has gained some more rows; then lets one end.
fn move_with_kills(from: &str, to: &str, folder: &Path, all: u32, rows: impl Fn() -> Option<u32>) {
    for kill in 1..=3 {
        let mut moving = staffel_command(&["move", "--from", from, "--to", to], None, folder)
            .spawn()
            .expect("it starts");
        while rows().unwrap_or_default() < all / 4 * kill {
            let ended = moving.try_wait().expect("its state");
            assert!(ended.is_none(), "nothing was left to be killed: {ended:?}");
            thread::sleep(Duration::from_millis(1));
        }
        moving.kill().expect("it is killed");
        moving.wait().expect("it ends");
        let there = rows().expect("some rows");
        assert!(there < all, "{there} of {all}: it was killed too late");
    }
    let (done, said) = moves(from, to, folder);
    assert!(done && said.contains(&format!("{all}  events")), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_move_that_is_killed_goes_on_where_it_stopped_and_open_streams_go_on_behind_it() {
    let folder = data_folder();
    let here = folder.path();
    let (data, back) = (here.join("data"), here.join("back"));
    let text = |path: &Path| path.to_str().expect("a path in UTF-8").to_owned();
    let cluster = Cluster::start(&["fsync=off"]);
    let url = cluster.url("postgres");

    let program = Program::start(&data);
    let pipeline = program.api.start("Long").await;
    program.api.report(&pipeline, "Again and again").await;
    program.stop();
    fill(&data, events());
    let program = Program::start(&data);
    let mut ids = Vec::new();
    for number in 0..20 {
        let mut stream = Events::open(program.api.address, "", None).await;
        let position = program
            .api
            .report(&pipeline, &format!("before {number}"))
            .await;
        let seen = stream.up_to(position).await;
        ids.push(
            seen.last()
                .and_then(|event| event.id.clone())
                .expect("an id"),
        );
    }
    program.stop();
    let all = rows_in(&data).expect("a journal");
    let before = facts(&data, all);

    let count = "SELECT count(*)::int FROM staffel.events";
    let rows = || {
        cluster
            .ask("postgres", count)
            .and_then(|rows| rows.try_into().ok())
    };
    thread::scope(|scope| {
        let moving = scope.spawn(|| move_with_kills(&text(&data), &url, here, all, rows));
        moving.join().expect("no panic");
    });
    let program = Program::start_on(&url);
    go_on(&program, &pipeline, &mut ids).await;
    program.stop();

    let all = rows().expect("rows");
    let part = || -> Option<PathBuf> {
        let mut entries = here.read_dir().ok()?.filter_map(Result::ok);
        let part = |name: &str| name.starts_with(".staffel-move-back-");
        entries
            .find(|entry| part(&entry.file_name().to_string_lossy()))
            .map(|entry| entry.path())
    };
    let rows = || rows_in(&part()?);
    move_with_kills(&url, &text(&back), here, all, rows);
    assert_eq!(part(), None, "it has its name");
    #[cfg(unix)]
    {
        let mode = back.metadata().expect("a folder").permissions().mode();
        assert_eq!(
            mode & 0o077,
            0,
            "nobody else reads what came out of a database"
        );
    }
    let after = facts(&back, u32::try_from(before.len()).expect("a small number"));
    assert!(before == after, "facts are what they were");
    let program = Program::start(&back);
    go_on(&program, &pipeline, &mut ids).await;
    program.stop();
}

/// Streams go on where they were, at the same time.
async fn go_on(program: &Program, pipeline: &str, ids: &mut [String]) {
    let newest = program.api.report(pipeline, "After a move").await;
    for id in ids {
        let mut stream = Events::open(program.api.address, "", Some(id)).await;
        let missed = stream.up_to(newest).await;
        let anew = missed
            .iter()
            .find(|event| ["reset", "snapshot"].contains(&&*event.name));
        assert_eq!(anew, None);
        *id = missed
            .last()
            .and_then(|event| event.id.clone())
            .expect("an id");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_there_of_a_move_is_used_by_nobody_and_not_by_another_move() {
    let folder = data_folder();
    let here = folder.path();
    let cluster = Cluster::start(&["fsync=off"]);
    let url = cluster.url("postgres");
    for data in ["one", "two"] {
        let program = Program::start(&here.join(data));
        program.api.start(data).await;
        program.stop();
    }
    // What a move leaves that is killed at its first row.
    drop(
        Place::Database(Address::new(&url, None, None).expect("an address"))
            .people()
            .expect("tables"),
    );
    let one = Connection::open(here.join("one/people.db")).expect("people");
    let select = "SELECT id FROM instance";
    let one: String = one.query_row(select, [], |row| row.get(0)).expect("an id");
    let mark = format!("INSERT INTO staffel.meta VALUES ('moving', '{one}')");
    cluster.execute("postgres", &mark);

    let mut command = Program::command(here);
    command.env("STAFFEL_DATABASE_URL", &url);
    let (said, _) = Program::complaint(command);
    assert!(said.contains("has not ended"), "{said}");
    for arguments in [
        &["agents", "list"][..],
        &["people", "list"],
        &["move", "--from", &url, "--to", "three"],
    ] {
        let (done, said) = staffel(arguments, Some(&url), here);
        assert!(
            !done && said.contains("has not ended"),
            "{arguments:?}: {said}"
        );
    }
    let (done, said) = moves("two", &url, here);
    assert!(
        !done && said.contains("A move of another Staffel"),
        "{said}"
    );
    let (done, said) = moves("one", &url, here);
    assert!(done, "{said}");
    let (done, said) = staffel(&["people", "list"], Some(&url), here);
    assert!(done, "{said}");
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
