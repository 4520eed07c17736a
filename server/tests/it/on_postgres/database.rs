//! A server on PostgreSQL from outside: what is there after a restart, who else may write, what is no database for it,
//! and a database that is away.

use std::{
    fs,
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use reqwest::Method;
use serde_json::json;
use server::{
    postgres::{Address, Database},
    storage::Place,
};

use crate::support::{Api, Cluster, Events, Program, data_folder, database, soon, staffel, until};

/// What a server says that does not start on this database.
fn complaint(url: &str) -> String {
    let mut command = Program::command(Path::new("/nonexistent"));
    command.env("STAFFEL_DATABASE_URL", url);
    Program::complaint(command).0
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_done_on_a_database_is_there_after_a_restart_and_commands_work_beside_it() {
    let url = database();
    let program = Program::start_on(&url);
    let pipeline = program.api.start("On PostgreSQL").await;
    let handover = program.api.hand_over(&pipeline, "# Zürich").await;
    let decided = program.api.decide(&handover, 1, "accept", "").await;
    decided.ok();
    let prompt = program.api.prompt(&pipeline, 1).await;
    program.stop();

    let program = Program::start_on(&url);
    assert_eq!(program.api.prompt(&pipeline, 1).await, prompt);
    let found = program.api.get("/api/pipelines?q=zurich").await.ok();
    assert_eq!(
        found["pipelines"][0]["pipeline"],
        pipeline.as_str(),
        "{found}"
    );

    // Commands beside it work on the same database, and it takes in what they change.
    let folder = data_folder();
    let (done, said) = staffel(&["agents", "add", "builder"], Some(&url), folder.path());
    assert!(done, "{said}");
    until("the agent is known", async || {
        let agents = program.api.get("/api/agents").await.ok();
        agents.to_string().contains("builder")
    })
    .await;
    let (done, said) = staffel(&["people", "add", "Dana"], Some(&url), folder.path());
    assert!(done && said.contains("Dana is a reviewer"), "{said}");
    let (done, said) = staffel(&["backup", "copy.tar"], Some(&url), folder.path());
    assert!(!done && said.contains("pg_dump"), "{said}");
    let (done, said) = staffel(&["rebuild"], Some(&url), folder.path());
    assert!(
        !done && said.contains("in use by another Staffel"),
        "{said}"
    );
    program.stop();
    let (done, said) = staffel(&["rebuild"], Some(&url), folder.path());
    assert!(done && said.contains("are made again"), "{said}");
    assert!(!folder.path().join("data").exists(), "no folder was made");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_crash_cuts_off_before_it_is_durable_is_not_acknowledged_by_a_transaction_of_the_same_number()
 {
    // Nothing becomes durable before it is committed.
    let cluster = Cluster::start(&["fsync=off", "wal_writer_delay=10s"]);
    let url = cluster.url("postgres");
    let first = Program::start_on(&url);
    let second = Program::start_on(&url);
    let pipeline = first.api.start("Cut off").await;
    let stall = "CREATE FUNCTION stall() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                     IF NEW.event LIKE '%cut off%' THEN PERFORM pg_sleep(30); END IF; RETURN NULL; END $$;
                 CREATE CONSTRAINT TRIGGER stall AFTER INSERT ON staffel.events DEFERRABLE INITIALLY DEFERRED
                     FOR EACH ROW EXECUTE FUNCTION stall()";
    cluster.execute("postgres", stall);
    let report = async |api: Api, message: String| {
        let path = format!("/api/pipelines/{pipeline}/reports");
        let headers = [
            ("content-type", "application/json"),
            ("idempotency-key", message.as_str()),
            ("staffel-actor", "agent/cursor"),
        ];
        let body = json!({"message": message}).to_string();
        api.try_send(Method::POST, &path, &headers, body).await
    };
    for round in 0..4 {
        let message = format!("cut off {round}");
        let cut_off = report(first.api.clone(), message.clone());
        let others = async {
            let sleeps = "SELECT count(*)::int FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
            until("it is about to be durable", async || {
                cluster.ask("postgres", sleeps) == Some(1)
            })
            .await;
            cluster.crash();
            // Another transaction gets the number of which nothing is known any more.
            until("another one is written", async || {
                let answer = report(second.api.clone(), format!("other {round}")).await;
                answer.is_some_and(|answer| answer.status < 300)
            })
            .await;
        };
        let (answer, ()) = tokio::join!(cut_off, others);
        let answer = answer.expect("an answer");
        let there = first.api.events(&pipeline).await;
        let there = there.iter().any(|event| event["key"] == message.as_str());
        assert!(there || answer.status >= 300, "it is not there: {answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_database_is_away_boards_stay_and_a_change_is_503_and_then_all_goes_on() {
    let cluster = Cluster::start(&["fsync=off"]);
    cluster.execute("postgres", "CREATE DATABASE relay TEMPLATE template0");
    let program = Program::start_on(&cluster.url("relay"));
    let pipeline = program.api.start("p").await;
    let reports = format!("/api/pipelines/{pipeline}/reports");
    let mut stream = Events::open(program.api.address, "", None).await;
    stream.up_to(1).await;

    cluster.execute(
        "postgres",
        "ALTER DATABASE relay ALLOW_CONNECTIONS false;
         SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'relay'",
    );
    let report = json!({"message": "away"});
    let headers = [
        ("content-type", "application/json"),
        ("idempotency-key", "once"),
        ("staffel-actor", "agent/cursor"),
    ];
    let send = async || {
        let sent = program
            .api
            .try_send(Method::POST, &reports, &headers, report.to_string());
        sent.await.expect("an answer")
    };
    let refused = send().await;
    assert_eq!(refused.status, 503, "{refused:?}");
    assert_ne!(refused.header("retry-after"), "");
    let page = program.api.get("/").await;
    assert_eq!(page.status, 200);
    until("it says that it is not ready", async || {
        program.api.get("/health/ready").await.status == 503
    })
    .await;

    cluster.execute("postgres", "ALTER DATABASE relay ALLOW_CONNECTIONS true");
    until("it goes on by itself", async || send().await.status < 300).await;
    send().await.ok();
    let events = program.api.events(&pipeline).await;
    let told = events.iter().filter(|event| event["key"] == "once").count();
    assert_eq!(told, 1, "once, however often it was sent");
    let last = events.last().expect("an event")["position"].as_u64();
    stream.up_to(last.expect("a position")).await;
    until("it says that it is ready", async || {
        program.api.get("/health/ready").await.status == 200
    })
    .await;
}

/// Reports until the work is over; says how often. What was begun is repeated until it is acknowledged: it may be durable.
async fn report_on(api: Api, pipeline: String, over: Arc<AtomicBool>) -> usize {
    let path = format!("/api/pipelines/{pipeline}/reports");
    let mut acknowledged = 0;
    while !over.load(Ordering::Relaxed) {
        let key = format!("{pipeline}-{acknowledged}");
        let headers = [
            ("content-type", "application/json"),
            ("idempotency-key", &*key),
            ("staffel-actor", "agent/cursor"),
        ];
        let body = json!({"message": key}).to_string();
        loop {
            let sent = api.try_send(Method::POST, &path, &headers, body.clone());
            match sent.await {
                Some(answer) if answer.status < 300 => break,
                Some(answer) if answer.status != 503 => panic!("{key}: {answer:?}"),
                _ => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        }
        acknowledged += 1;
    }
    acknowledged
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_goes_on_when_the_database_crashes_in_the_middle_of_commits() {
    let cluster = Cluster::start(&[]);
    let program = Program::start_on(&cluster.url("postgres"));
    let over = Arc::new(AtomicBool::new(false));
    let mut agents = Vec::new();
    for n in 0..4 {
        let pipeline = program.api.start(&format!("p{n}")).await;
        let work = report_on(program.api.clone(), pipeline.clone(), Arc::clone(&over));
        agents.push((pipeline, tokio::spawn(work)));
    }
    let head = async || program.api.get("/api/status").await.ok()["head"].as_u64();
    for round in 0..8 {
        let before = head().await;
        until("work goes on", async || {
            head().await > before.map(|head| head + 8)
        })
        .await;
        tokio::time::sleep(Duration::from_millis(round * 7)).await;
        cluster.crash();
    }
    let before = head().await;
    until("work goes on", async || head().await > before).await;
    over.store(true, Ordering::Relaxed);
    let mut facts = 0;
    for (pipeline, work) in agents {
        let acknowledged = soon("the agent", work).await.expect("no panic");
        let events = program.api.events(&pipeline).await;
        let keys = events.iter().filter_map(|event| event["key"].as_str());
        let expected: Vec<_> = (0..acknowledged)
            .map(|n| format!("{pipeline}-{n}"))
            .collect();
        assert_eq!(keys.collect::<Vec<_>>(), expected, "once and in order");
        facts += events.len() as u64;
    }
    assert_eq!(head().await, Some(facts), "and there is no hole");
}

#[test]
fn what_is_no_database_for_it_is_said_and_not_touched() {
    let cluster = Cluster::start(&["fsync=off"]);
    let run = |database: &str, statement: &str| cluster.execute(database, statement);
    run("postgres", "CREATE ROLE guest LOGIN");
    for database in ["foreign_one", "newer", "guarded"] {
        run(
            "postgres",
            &format!("CREATE DATABASE {database} TEMPLATE template0"),
        );
    }
    run(
        "postgres",
        "CREATE DATABASE ascii ENCODING 'SQL_ASCII' TEMPLATE template0",
    );
    run(
        "foreign_one",
        "CREATE SCHEMA staffel; CREATE TABLE staffel.meta_data (x int)",
    );
    drop(
        Place::Database(address(&cluster.url("newer")))
            .people()
            .expect("a registry"),
    );
    run(
        "newer",
        "UPDATE staffel.meta SET value = '99' WHERE name IN ('version', 'works_with')",
    );
    for (url, words) in [
        (
            cluster.url("nowhere"),
            &["nowhere", "does not exist", "[journal] url"][..],
        ),
        (
            cluster.url("foreign_one"),
            &["belongs to another program", "Name another database"],
        ),
        (cluster.url("newer"), &["newer Staffel", "version 99"]),
        (cluster.url("ascii"), &["SQL_ASCII", "ENCODING 'UTF8'"]),
        (
            cluster.url("guarded").replace("user=staffel", "user=guest"),
            &["may not make", "permission denied", "AUTHORIZATION"],
        ),
        (
            "postgres://relay:hunter2@127.0.0.1:9/staffel".to_owned(),
            &[
                "postgres://relay@127.0.0.1:9/staffel cannot be used",
                "Try the same one with psql",
            ],
        ),
        (
            "mysql://relay:hunter2@db/x".to_owned(),
            &[
                "no address of a PostgreSQL database",
                "postgres://USER@HOST",
            ],
        ),
    ] {
        let said = complaint(&url);
        for word in words {
            assert!(said.contains(word), "{word:?} is not in {said}");
        }
        assert!(!said.contains("hunter2"), "{said}");
    }
    let tables = "SELECT count(*)::int FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = 'staffel'";
    for (database, left) in [("foreign_one", 1), ("ascii", 0), ("guarded", 0)] {
        assert_eq!(cluster.ask(database, tables), Some(left), "{database}");
    }
    let version = "SELECT value::int FROM staffel.meta WHERE name = 'version'";
    assert_eq!(cluster.ask("newer", version), Some(99));
}

#[test]
fn tables_are_not_changed_under_a_server_that_is_at_work() {
    let cluster = Cluster::start(&["fsync=off"]);
    let url = cluster.url("postgres");
    let program = Program::start_on(&url);
    let older = "UPDATE staffel.meta SET value = '0' WHERE name = 'derived_format'";
    cluster.execute("postgres", older);
    let folder = data_folder();
    let (done, said) = staffel(&["people", "list"], Some(&url), folder.path());
    assert!(
        !done && said.contains("another version is at work"),
        "{said}"
    );
    program.stop();
    let (done, said) = staffel(&["people", "list"], Some(&url), folder.path());
    assert!(done, "{said}");
}

#[test]
fn nothing_is_made_by_looking_and_no_value_is_logged() {
    let url = database();
    let folder = data_folder();
    let place = Place::Database(address(&url));
    assert!(place.existing_agents().expect("a look").is_none());
    let mut command = Command::new(env!("CARGO_BIN_EXE_staffel"));
    command
        .args(["agents", "add", "canary"])
        .current_dir(folder.path())
        .env("STAFFEL_DATABASE_URL", &url)
        .env("STAFFEL_LOG", "debug");
    let output = command.output().expect("the program runs");
    let log = String::from_utf8(output.stderr).expect("a log in UTF-8");
    assert!(output.status.success() && !log.contains("canary"), "{log}");
    assert!(place.existing_agents().expect("a look").is_some());
}

#[test]
fn a_password_in_a_file_is_used_and_shown_nowhere() {
    let folder = data_folder();
    let file = |name: &str, text: &str| {
        fs::write(folder.path().join(name), text).expect("a file");
    };
    file("password", "hunter2\n");
    file(
        "settings.toml",
        "[journal]\nurl = \"postgres://relay@127.0.0.1:9/staffel\"\npassword_file = \"password\"\n",
    );
    let mut command = Program::command(folder.path());
    command
        .env("STAFFEL_CONFIG", folder.path().join("settings.toml"))
        .env("STAFFEL_LOG", "debug");
    let (said, printed) = Program::complaint(command);
    assert!(
        said.contains("postgres://relay@127.0.0.1:9/staffel"),
        "{said}"
    );
    assert!(
        !said.contains("hunter2") && !printed.contains("hunter2"),
        "{said}"
    );
    file("password", "\n");
    let mut command = Program::command(folder.path());
    command.env("STAFFEL_CONFIG", folder.path().join("settings.toml"));
    let (said, _) = Program::complaint(command);
    assert!(
        said.contains("password_file") && said.contains("is empty"),
        "{said}"
    );
}

fn address(url: &str) -> Address {
    Address::new(url, None, None).expect("an address")
}

#[test]
fn many_that_open_a_new_database_at_once_make_its_tables_once() {
    let url = database();
    let opened = std::thread::scope(|threads| {
        let tries: Vec<_> = (0..6)
            .map(|_| threads.spawn(|| Database::open(address(&url)).map(drop)))
            .collect();
        let opened = tries
            .into_iter()
            .map(|tried| tried.join().expect("no panic"));
        opened.collect::<Result<Vec<_>, _>>()
    });
    assert!(opened.is_ok(), "{opened:?}");
}
