//! A disk without room: writes are refused in words, everything else goes on, and it heals by itself.

use std::{path::Path, process::Command, time::Duration};

use rusqlite::Connection;
use serde_json::json;

use crate::support::{Api, Events, Program, Server, data_folder, on_postgres, until};

/// Makes every write end with `SQLITE_FULL`, as on a full disk, on any machine and without privileges:
/// a trigger asks an AUTOINCREMENT table that has used up its last number for another one.
fn fill(data: &Path) -> Connection {
    let file = Connection::open(data.join("staffel.db")).expect("the journal");
    file.execute_batch(
        "CREATE TABLE full (n INTEGER PRIMARY KEY AUTOINCREMENT, x);
         INSERT INTO full VALUES (9223372036854775807, 0);
         CREATE TRIGGER full_events BEFORE INSERT ON events BEGIN INSERT INTO full (x) VALUES (0); END;
         CREATE TRIGGER full_meta BEFORE INSERT ON meta BEGIN INSERT INTO full (x) VALUES (0); END;
         CREATE TRIGGER full_epochs BEFORE INSERT ON epochs BEGIN INSERT INTO full (x) VALUES (0); END;",
    )
    .expect("a full disk");
    file
}

fn free(file: &Connection) {
    file.execute_batch(
        "DROP TRIGGER full_events; DROP TRIGGER full_meta; DROP TRIGGER full_epochs; DROP TABLE full",
    )
    .expect("room");
}

#[tokio::test]
async fn a_full_disk_is_507_in_words_reading_goes_on_and_writing_again_when_there_is_room() {
    if on_postgres() {
        return; // it fills the file
    }
    let server = Server::start().await;
    let api = &server.api;
    let pipeline = api.start("a").await;
    let mut stream = server.subscribe("").await;
    stream.through("pipeline_status").await;
    let path = format!("/api/pipelines/{pipeline}");
    let file = fill(server.data.path());

    let key = [("idempotency-key", "k")];
    let report = json!({"message": "through"});
    for _ in 0..2 {
        let answer = api
            .post_with(&format!("{path}/reports"), &key, &report)
            .await;
        assert_eq!(answer.status, 507, "{answer:?}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert_eq!(answer.json()["type"], "urn:staffel:problem:disk-full");
        assert!(
            answer.text.contains("Nothing was changed. Free some space"),
            "{answer:?}"
        );
    }
    let start = api
        .post("/api/pipelines", &json!({"project": "b", "title": "t"}))
        .await;
    assert_eq!(start.status, 507);
    let health = api.get("/health").await;
    assert_eq!(
        (health.status, &health.json()["status"]),
        (503, &json!("failing"))
    );
    assert!(health.text.contains("full"), "{health:?}");

    // Reading goes on: the state, the facts, a new stream.
    assert_eq!(api.get(&path).await.ok()["revision"], 2);
    assert_eq!(api.events(&pipeline).await.len(), 2);
    server.subscribe("").await.through("pipeline_status").await;

    free(&file);
    assert_eq!(api.get("/health").await.status, 200);
    let position = api
        .post_with(&format!("{path}/reports"), &key, &report)
        .await
        .ok()["position"]
        .clone();
    assert_eq!(position, 3, "no number was lost");
    assert_eq!(
        stream.up_to(3).await.len(),
        1,
        "the old stream is alive, and saw nothing that is not stored"
    );
}

/// How much the process may write into one file, in bytes.
fn limit(process: u32, bytes: &str) {
    let set = Command::new("prlimit")
        .args(["--pid", &process.to_string(), &format!("--fsize={bytes}:")])
        .status();
    assert!(
        set.is_ok_and(|status| status.success()),
        "prlimit (util-linux) sets the limit"
    );
}

/// Reports until a write fails, and gives the last message that was acknowledged.
async fn report_until_full(api: &Api, pipeline: &str) -> (String, u16) {
    let mut last = String::new();
    for n in 0..200 {
        let message = format!("{n} {}", "x".repeat(1_900));
        let path = format!("/api/pipelines/{pipeline}/reports");
        let answer = api.post(&path, &json!({"message": message})).await;
        if answer.status != 200 {
            return (last, answer.status);
        }
        last = message;
    }
    panic!("the limit was never reached");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_file_that_cannot_grow_loses_nothing_that_was_acknowledged() {
    let data = data_folder();
    // The signal for the limit would end the process; ignored, the write fails as on a full disk.
    let program = Program::spawn(Program::shell(
        "trap '' XFSZ; exec \"$0\" \"$@\"",
        data.path(),
    ));
    let api = &program.api;
    let pipeline = api.start("a").await;
    let wal = std::fs::metadata(data.path().join("staffel.db-wal"))
        .expect("a log")
        .len();
    limit(program.id(), &(wal + 100_000).to_string());
    let (last, status) = report_until_full(api, &pipeline).await;
    assert!([503, 507].contains(&status), "{status}");
    // A check is a small write; there may still be room for a few.
    until("it is unwell", async || {
        api.get("/health").await.status == 503
    })
    .await;
    let state = api.get(&format!("/api/pipelines/{pipeline}")).await.ok();
    let shown = state["message"].as_str().unwrap_or_default();
    let shown = shown.trim_end_matches('…');
    assert!(last.starts_with(shown), "{shown}");
    let mut stream = Events::open(api.address, "", None).await;
    stream.through("pipeline_status").await;

    limit(program.id(), "unlimited");
    until("it heals", async || api.get("/health").await.status == 200).await;
    let position = api.report(&pipeline, "on").await;
    assert_eq!(
        position,
        state["position"].as_u64().unwrap_or(0) + 1,
        "dense"
    );
    assert_eq!(stream.up_to(position).await.len(), 1);
    program.kill();

    let file = Connection::open(data.path().join("staffel.db")).expect("the journal");
    let health: String = file
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .expect("a check");
    assert_eq!(health, "ok");
    drop(file);
    let program = Program::start(data.path());
    let events = program.api.events(&pipeline).await;
    assert_eq!(events.len() as u64, position);
    assert_eq!(events[events.len() - 2]["event"]["message"], json!(last));
}

/// The processor time of a process so far, in hundredths of a second: user and system (`proc_pid_stat(5)`, fields 14 and 15).
fn processor_time(process: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).expect("a process");
    let (_, fields) = stat.rsplit_once(')').expect("a name in parentheses");
    let times = fields.split_whitespace().skip(11).take(2);
    times.map(|time| time.parse::<u64>().expect("ticks")).sum()
}

#[tokio::test]
async fn a_start_on_a_full_disk_is_for_reading_only_and_says_so() {
    let data = data_folder();
    let program = Program::start(data.path());
    let pipeline = program.api.start("a").await;
    let last = program.api.report(&pipeline, "before").await;
    let mut stream = Events::open(program.api.address, "", None).await;
    stream.through("pipeline_status").await;
    let id = stream.last_id.clone();
    drop(stream);
    program.stop();
    let file = fill(data.path());

    let log = data.path().join("log");
    let script = format!("exec \"$0\" \"$@\" 2>'{}'", log.display());
    let mut command = Program::shell(&script, data.path());
    command.env("STAFFEL_LOG", "error");
    let program = Program::spawn(command);
    let api = &program.api;
    let said = std::fs::read_to_string(&log).expect("the log");
    assert!(
        said.contains("is full: the journal is open for reading only"),
        "{said}"
    );
    let health = api.get("/health").await;
    assert_eq!(health.status, 503);
    let why = "open for reading only, because the disk is full; free some space and restart";
    assert!(health.text.contains(why), "{health:?}");

    // Everything can be read: the state, the lists, the facts, the page, a stream from before.
    let path = format!("/api/pipelines/{pipeline}");
    assert_eq!(api.get(&path).await.ok()["message"], "before");
    let list = api.get("/api/pipelines?q=pipeline").await.ok();
    assert_eq!(list["pipelines"][0]["pipeline"], json!(pipeline));
    assert_eq!(api.events(&pipeline).await.len() as u64, last);
    assert_eq!(api.get("/").await.status, 200);
    let mut resumed = Events::open(api.address, "", Some(&id)).await;
    let mut first = Events::open(api.address, "", None).await;
    assert_eq!(first.through("pipeline_status").await[0].name, "snapshot");

    // Nothing can be written, and the answer says why.
    let report = api
        .post(&format!("{path}/reports"), &json!({"message": "now"}))
        .await;
    assert_eq!(report.status, 507, "{report:?}");
    assert!(report.text.contains("Nothing was changed. Free some space"));
    let start = json!({"project": "b", "title": "t"});
    assert_eq!(api.post("/api/pipelines", &start).await.status, 507);
    if cfg!(target_os = "linux") {
        let before = processor_time(program.id());
        tokio::time::sleep(Duration::from_secs(1)).await;
        let used = processor_time(program.id()) - before;
        assert!(
            used < 50,
            "nothing happens, and it used {used} hundredths of a second in one"
        );
    }
    program.kill();
    assert!(resumed.next().await.is_none(), "it had missed nothing");

    free(&file);
    drop(file);
    let program = Program::start(data.path());
    assert_eq!(program.api.get("/health").await.status, 200);
    assert_eq!(program.api.report(&pipeline, "after").await, last + 1);
}
