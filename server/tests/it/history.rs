//! History is kept as it says: over backups, lost files, damaged summaries and full disks.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::support::{Api, Events, Program, data_folder, soon, until};

/// Runs a command of the program on a data folder.
fn staffel(data: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_staffel"));
    let ours = std::env::vars_os().map(|(name, _)| name);
    for name in ours.filter(|name| name.to_string_lossy().starts_with("STAFFEL_")) {
        command.env_remove(name);
    }
    command.args(arguments).env("STAFFEL_DATA", data);
    command.output().expect("the program runs")
}

#[track_caller]
fn done(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[track_caller]
fn complaint(output: &Output) -> String {
    assert!(!output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn path(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

/// What everybody sees of the pipelines, without the clock of the answer.
async fn seen(api: &Api) -> Value {
    api.get("/api/pipelines?state=all&limit=200").await.ok()
}

async fn names_of_opening(api: &Api, last_id: &str) -> Vec<String> {
    let mut stream = Events::open(api.address, "", Some(last_id)).await;
    let opening = stream.through("snapshot").await;
    opening.into_iter().map(|event| event.name).collect()
}

#[tokio::test]
async fn a_restored_backup_never_resumes_what_it_has_not() {
    let (data, place) = (data_folder(), data_folder());
    let file = place.path().join("backup.tar");
    let program = Program::start(data.path());
    let pipeline = program.api.start("a").await;
    for n in 0..10 {
        program.api.report(&pipeline, &format!("before {n}")).await;
    }
    let mut early = Events::open(program.api.address, "", None).await;
    early.through("pipeline_status").await;
    let kept = early.last_id.clone();
    // While the server runs.
    let said = done(&staffel(data.path(), &["backup", path(&file)]));
    assert!(said.contains("is a backup of"), "{said}");
    for n in 0..50 {
        program.api.report(&pipeline, &format!("lost {n}")).await;
    }
    let mut late = Events::open(program.api.address, "", None).await;
    late.through("pipeline_status").await;
    let lost = late.last_id.clone();
    let refused = complaint(&staffel(data.path(), &["restore", path(&file)]));
    assert!(
        refused.contains("is in use"),
        "a server runs there: {refused}"
    );
    program.kill();

    let elsewhere = data_folder();
    for folder in [data.path(), elsewhere.path()] {
        done(&staffel(folder, &["restore", path(&file)]));
        let program = Program::start(folder);
        let api = &program.api;
        // As many events again: the positions are the same, what they say is not.
        for n in 0..50 {
            api.report(&pipeline, &format!("other {n}")).await;
        }
        assert_eq!(names_of_opening(api, &lost).await, ["reset", "snapshot"]);
        let mut stream = Events::open(api.address, "", Some(&kept)).await;
        let common: u64 = kept
            .rsplit('-')
            .next()
            .and_then(|at| at.parse().ok())
            .expect("a position");
        let missed = stream.up_to(common + 50).await;
        assert!(
            missed.iter().all(|event| event.name == "pipeline_status"),
            "what both have in common is resumed: {missed:?}"
        );
        assert_eq!(missed.len(), 50);
    }
}

#[tokio::test]
async fn backups_overwrite_nothing_and_only_backups_are_restored() {
    let (data, place) = (data_folder(), data_folder());
    let file = place.path().join("backup.tar");
    let none = complaint(&staffel(data.path(), &["backup", path(&file)]));
    assert!(none.contains("There is no journal in"), "{none}");
    let program = Program::start(data.path());
    program.api.start("a").await;
    let before = seen(&program.api).await;
    fs::write(&file, "mine").expect("written");
    let taken = complaint(&staffel(data.path(), &["backup", path(&file)]));
    assert!(taken.contains("exists already"), "{taken}");
    assert_eq!(fs::read(&file).expect("it is there"), b"mine");
    program.kill();
    let journal = fs::read(data.path().join("staffel.db")).expect("a journal");
    for wrong in [
        &file,
        &data.path().join("staffel.db"),
        &place.path().join("nothing"),
    ] {
        let refused = complaint(&staffel(data.path(), &["restore", path(wrong)]));
        assert!(refused.contains("is no backup"), "{refused}");
    }
    assert_eq!(
        fs::read(data.path().join("staffel.db")).expect("a journal"),
        journal
    );
    assert_eq!(seen(&Program::start(data.path()).api).await, before);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_backup_on_a_full_disk_leaves_nothing_behind() {
    let (data, place) = (data_folder(), data_folder());
    let program = Program::start(data.path());
    let pipeline = program.api.start("a").await;
    program
        .api
        .hand_over(&pipeline, &"word ".repeat(100_000))
        .await;
    let mut command = Command::new("sh");
    // Files of at most 64 KiB, as on a disk that is full after that.
    command.args([
        "-c",
        "ulimit -f 128; trap '' XFSZ; exec \"$0\" \"$@\"",
        env!("CARGO_BIN_EXE_staffel"),
    ]);
    command.arg("backup").arg(place.path().join("backup.tar"));
    command.env("STAFFEL_DATA", data.path());
    let said = complaint(&command.output().expect("the program runs"));
    assert!(said.contains("Nothing is left of it"), "{said}");
    let left: Vec<_> = fs::read_dir(place.path()).expect("the folder").collect();
    assert!(left.is_empty(), "{left:?}");
    let next = program.api.start("b").await;
    program.api.report(&next, "The server goes on.").await;
}

#[tokio::test]
async fn a_journal_that_was_deleted_under_the_server_is_noticed() {
    let data = data_folder();
    let program = Program::start(data.path());
    let api = &program.api;
    let pipeline = api.start("a").await;
    let handover = api.hand_over(&pipeline, "# Plan").await;
    for name in ["staffel.db", "staffel.db-wal", "staffel.db-shm"] {
        let _ = fs::remove_file(data.path().join(name));
    }
    let reports = format!("/api/pipelines/{pipeline}/handovers");
    let report = api.post(&reports, &json!({"content": "# Plan 2"})).await;
    assert_eq!(report.status, 503, "{report:?}");
    assert!(
        report.text.contains("was moved, replaced or deleted"),
        "{report:?}"
    );
    assert_eq!(api.decide(&handover, 1, "accept", "").await.status, 503);
    assert_eq!(api.get("/health").await.status, 503);
    let read = api.get(&format!("/api/pipelines/{pipeline}")).await.ok();
    assert_eq!(read["status"], "awaiting_review", "it can still be read");
}

#[tokio::test]
async fn a_second_server_is_refused_also_when_the_lock_was_deleted() {
    let data = data_folder();
    let program = Program::start(data.path());
    let locks = fs::read_dir(data.path()).expect("the folder");
    for lock in locks.filter_map(Result::ok) {
        if lock.file_name().to_string_lossy().contains("lock") {
            fs::remove_file(lock.path()).expect("removed");
        }
    }
    let (said, _) = Program::complaint(Program::command(data.path()));
    assert!(said.contains("is in use"), "{said}");
    program.api.start("a").await;
}

/// Some pipelines: running, waiting, decided, ended.
async fn some_work(api: &Api) {
    for n in 0..6 {
        let pipeline = api.start(&format!("project {n}")).await;
        api.report(&pipeline, &format!("message {n}")).await;
        if n > 1 {
            let handover = api
                .hand_over(&pipeline, &format!("# Plan {n}\n\nneedle{n}"))
                .await;
            if n > 2 {
                api.decide(&handover, 1, "accept", "").await.ok();
                api.prompt(&pipeline, 1).await;
            }
        }
        if n > 4 {
            let finish = format!("/api/pipelines/{pipeline}/finish");
            api.post(&finish, &json!({"outcome": "cancelled"}))
                .await
                .ok();
        }
    }
}

async fn found(api: &Api, words: &str) -> usize {
    let page = api
        .get(&format!("/api/pipelines?state=all&q={words}"))
        .await
        .ok();
    page["pipelines"].as_array().expect("a list").len()
}

#[tokio::test]
async fn what_is_derived_can_be_made_again_from_the_facts() {
    let data = data_folder();
    let program = Program::start(data.path());
    some_work(&program.api).await;
    until("the text is found", async || {
        found(&program.api, "needle4").await == 1
    })
    .await;
    let before = seen(&program.api).await;
    program.kill();
    let said = done(&staffel(data.path(), &["rebuild"]));
    assert!(said.contains("made again"), "{said}");
    let program = Program::start(data.path());
    assert_eq!(seen(&program.api).await, before);
    until("the text is found", async || {
        found(&program.api, "needle4").await == 1
    })
    .await;
}

#[tokio::test]
async fn summaries_and_snapshots_that_are_damaged_or_of_another_version_are_made_again() {
    for damage in [
        "UPDATE summaries SET summary = 'no JSON'",
        "UPDATE summaries SET summary = '{}'",
        "UPDATE snapshots SET state = 'no JSON'",
        "UPDATE snapshots SET state = '{}'",
        "DELETE FROM snapshots",
        "UPDATE meta SET value = '0' WHERE name = 'derived_format'",
        "UPDATE meta SET value = '999' WHERE name = 'derived_format'",
    ] {
        let data = data_folder();
        let program = Program::start(data.path());
        some_work(&program.api).await;
        let before = seen(&program.api).await;
        program.kill();
        {
            let journal = Connection::open(data.path().join("staffel.db")).expect("opened");
            journal.execute_batch(damage).expect(damage);
        }
        let program = Program::start(data.path());
        assert_eq!(seen(&program.api).await, before, "{damage}");
        let pipelines = before["pipelines"].as_array().expect("a list");
        for pipeline in pipelines {
            let id = pipeline["pipeline"].as_str().expect("an id");
            let read = program.api.get(&format!("/api/pipelines/{id}")).await.ok();
            assert_eq!(read["revision"], pipeline["revision"], "{damage}");
        }
        let next = program.api.start("after").await;
        soon("a report", program.api.report(&next, "on")).await;
    }
}

/// Makes the file of version 0.1.0 with these facts: its tables, and the texts inside the events.
fn journal_of_0_1_0(data: &Path, facts: &[Value]) {
    let journal = Connection::open(data.join("staffel.db")).expect("a file");
    journal
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA application_id = 0x5354464c; PRAGMA user_version = 1;
             CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
             INSERT INTO meta VALUES ('epoch', 'abcd1234');
             CREATE TABLE events (
                 position INTEGER PRIMARY KEY, batch_end INTEGER NOT NULL, pipeline TEXT NOT NULL, revision INTEGER NOT NULL,
                 at INTEGER NOT NULL, actor TEXT NOT NULL, key TEXT, event TEXT NOT NULL, UNIQUE (pipeline, revision)
             ) STRICT;
             CREATE TABLE keys (
                 scope TEXT NOT NULL, key TEXT NOT NULL, digest BLOB NOT NULL, pipeline TEXT NOT NULL, PRIMARY KEY (scope, key)
             ) STRICT, WITHOUT ROWID;",
        )
        .expect("the tables");
    for fact in facts {
        let text = |field: &str| fact[field].as_str().map(str::to_owned);
        let position = fact["position"].as_i64();
        // The day is the same for all of them: the time of it does not matter here.
        let at = 1_795_341_600_000 + position.unwrap_or(0) * 1_000;
        journal
            .execute(
                "INSERT INTO events VALUES (?1, ?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                rusqlite::params![
                    position,
                    text("pipeline"),
                    fact["revision"].as_i64(),
                    at,
                    fact["actor"].to_string(),
                    text("key"),
                    fact["event"].to_string()
                ],
            )
            .expect("a fact");
    }
}

#[tokio::test]
async fn a_data_folder_of_0_1_0_opens_with_its_texts_and_its_ids() {
    let facts = include_str!("../journals/0.1.0.json").lines();
    let facts: Vec<Value> = facts
        .map(|line| serde_json::from_str(line).expect("a fact"))
        .collect();
    let data = data_folder();
    journal_of_0_1_0(data.path(), &facts);
    let program = Program::start(data.path());
    let api = &program.api;
    let mut texts = 0;
    for fact in &facts {
        let event = &fact["event"];
        let pipeline = fact["pipeline"].as_str().expect("an id");
        let (handover, revision) = match event["type"].as_str() {
            Some("HandoverSubmitted") => (event["handover"].as_str(), 1),
            Some("HandoverRevised") => (
                event["handover"].as_str(),
                event["revision"].as_u64().unwrap_or(0),
            ),
            _ => continue,
        };
        let handover = handover.expect("an id");
        let path = format!("/api/pipelines/{pipeline}/handovers/{handover}?revision={revision}");
        assert_eq!(
            api.get(&path).await.ok()["content"],
            event["content"],
            "{path}"
        );
        texts += 1;
    }
    assert!(texts > 1, "the released journal has handovers");
    let pipelines: std::collections::BTreeSet<_> =
        facts.iter().map(|fact| fact["pipeline"].as_str()).collect();
    for pipeline in pipelines.iter().flatten() {
        let of = |fact: &&Value| fact["pipeline"].as_str() == Some(*pipeline);
        assert_eq!(
            api.events(pipeline).await.len(),
            facts.iter().filter(of).count()
        );
    }
    // A browser that was there before the upgrade resumes, and one that claims more is told so.
    let newest = facts.len() as u64;
    let mut stream = Events::open(api.address, "", Some(&format!("abcd1234-{newest}"))).await;
    let begun = api.start("after").await;
    let next = stream.through("pipeline_status").await;
    assert!(
        next.iter().all(|event| event.name == "pipeline_status"),
        "{next:?}"
    );
    assert!(next.last().is_some_and(|event| event.data.contains(&begun)));
    let claimed = format!("abcd1234-{}", newest + 1);
    assert_eq!(names_of_opening(api, &claimed).await, ["reset", "snapshot"]);
}
