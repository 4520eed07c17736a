//! A start: what it makes again is what was there before, and what it reads does not grow with the history.

use std::fs;

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::support::{Api, Event, Events, Program, data_folder};

/// Positions whose frames a start makes again.
const WINDOW: u64 = 1_024;
/// Facts between two snapshots, at most, beside those of one append.
const BETWEEN_SNAPSHOTS: u64 = 1_024;

/// Reports tasks in one append, and gives the position of the last.
async fn report(api: &Api, pipeline: &str, numbers: std::ops::Range<u64>, status: &str) -> u64 {
    let task =
        |number| json!({"track": "Track", "name": format!("task {number}"), "status": status});
    let tasks: Vec<_> = numbers.map(task).collect();
    let path = format!("/api/pipelines/{pipeline}/reports");
    let status = api.post(&path, &json!({"tasks": tasks})).await.ok();
    status["position"].as_u64().expect("a position")
}

fn without_epoch(events: Vec<Event>) -> Vec<(String, Option<u64>, Value)> {
    let plain = |event: Event| {
        let position = event.id.is_some().then(|| event.position());
        (event.name.clone(), position, event.json())
    };
    events.into_iter().map(plain).collect()
}

#[tokio::test]
async fn the_frames_that_a_start_makes_again_are_those_that_were_sent_before() {
    let data = data_folder();
    let program = Program::start(data.path());
    let pipeline = program.api.start("a").await;
    let mut stream = Events::open(program.api.address, "", None).await;
    stream.through("pipeline_status").await;
    let mut resumed = (0, String::new());
    for number in 0..20 {
        let tasks = 50 * number..50 * number + 50;
        let last = report(&program.api, &pipeline, tasks, "completed").await;
        if number == 1 {
            stream.up_to(last).await;
            resumed = (last, stream.last_id.clone());
        }
    }
    let mut last = 0;
    for number in 0..30 {
        last = program.api.report(&pipeline, &format!("{number}")).await;
    }
    let window = last - WINDOW;
    assert!(
        3 < window && window < 52,
        "{window} lies in the middle of the first report"
    );
    let sent = without_epoch(stream.up_to(last).await);
    drop(stream);
    // What is derived is stored: only the frames are made again.
    program.stop();

    let program = Program::start(data.path());
    let mut stream = Events::open(program.api.address, "", Some(&resumed.1)).await;
    assert_eq!(without_epoch(stream.up_to(last).await), sent);
}

#[tokio::test]
async fn many_facts_at_once_leave_snapshots_from_which_few_are_folded() {
    let data = data_folder();
    let program = Program::start(data.path());
    let pipeline = program.api.start("a").await;
    let mut last = 0;
    for number in 0..40 {
        let status = ["completed", "pending"][number % 2];
        last = report(&program.api, &pipeline, 0..100, status).await;
    }
    program.stop();
    let file = Connection::open(data.path().join("staffel.db")).expect("the journal");
    let nearest: Option<u64> = file
        .query_row(
            "SELECT max(position) FROM snapshots WHERE pipeline = ?1 AND position <= ?2",
            rusqlite::params![pipeline, last - WINDOW],
            |row| row.get(0),
        )
        .expect("the snapshots");
    let nearest = nearest.expect("a snapshot before the window");
    assert!(
        last - WINDOW - nearest <= BETWEEN_SNAPSHOTS + 100,
        "{nearest} of {last}"
    );
}

#[tokio::test]
async fn after_a_clean_stop_there_is_no_log_to_recover() {
    let data = data_folder();
    let program = Program::start(data.path());
    let pipeline = program.api.start("a").await;
    program.api.report(&pipeline, "something").await;
    let log = data.path().join("staffel.db-wal");
    assert!(fs::metadata(&log).expect("the log").len() > 0);
    program.stop();
    assert_eq!(fs::metadata(&log).map_or(0, |log| log.len()), 0);
}

#[tokio::test]
#[cfg(unix)]
async fn a_stop_that_comes_while_the_browser_is_opened_is_orderly() {
    use std::os::unix::fs::PermissionsExt;

    let data = data_folder();
    // A browser of this name runs in the foreground; this one stops the program first.
    let browser = data.path().join("lynx");
    fs::write(&browser, "#!/bin/sh\nkill -TERM $PROGRAM\nsleep 1").expect("it is written");
    fs::set_permissions(&browser, fs::Permissions::from_mode(0o700)).expect("it may run");
    let script = "PROGRAM=$$ exec \"$0\" \"$@\"";
    let mut command = Program::shell(script, data.path());
    command.arg("--open").env("BROWSER", &browser);
    Program::spawn(command).ends();
}

#[tokio::test]
async fn a_start_makes_the_frames_of_the_newest_appends_and_of_no_more() {
    let data = data_folder();
    let program = Program::start(data.path());
    let pipeline = program.api.start("a").await;
    let mut stream = Events::open(program.api.address, "", None).await;
    stream.through("pipeline_status").await;
    let epoch = stream
        .last_id
        .split('-')
        .next()
        .expect("an epoch")
        .to_owned();
    let mut last = 0;
    for number in 0..300 {
        last = program.api.report(&pipeline, &format!("{number}")).await;
    }
    program.stop();
    let program = Program::start(data.path());
    let resumes = async |position: u64| {
        let id = format!("{epoch}-{position}");
        let mut stream = Events::open(program.api.address, "", Some(&id)).await;
        let first = stream.next().await.expect("an event");
        first.name == "pipeline_status" && first.position() == position + 1
    };
    assert!(resumes(last - 256).await);
    assert!(!resumes(last - 257).await, "it is told to begin anew");
}
