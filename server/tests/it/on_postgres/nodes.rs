//! Several servers on one database are one Staffel: what one acknowledges every other one shows at once, with the same ids;
//! what only one should do is done once; and none of them matters.

use std::{
    process::Command,
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::Duration,
};

use serde_json::json;
use tokio::runtime::Handle;

use crate::{
    notify::Fake,
    support::{Api, Cluster, Events, Program, data_folder, database, soon, until},
};

/// A node whose people are those of the other ones.
fn node(url: &str, of: &Program) -> Program {
    let mut program = Program::start_on(url);
    program.api = of.api.at(program.api.address);
    program
}

/// Whether a node is on duty.
async fn on_duty(api: &Api) -> bool {
    api.get("/api/status").await.ok()["on_duty"] == true
}

async fn prompts_in(api: &Api, pipeline: &str) -> usize {
    let events = api.events(pipeline).await;
    let written = events
        .iter()
        .filter(|event| event["event"]["type"] == "PromptWritten");
    written.count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_node_acknowledges_every_other_one_shows_at_once_under_the_same_ids() {
    let url = database();
    let first = Program::start_on(&url);
    let second = node(&url, &first);
    let (a, b) = (&first.api, &second.api);
    let mut streams = [
        Events::open(a.address, "", None).await,
        Events::open(b.address, "", None).await,
    ];
    for stream in &mut streams {
        stream.through("snapshot").await;
    }
    // Every command goes to the other one than the one before.
    let pipeline = a.start("On two nodes").await;
    for number in 0..40 {
        let (here, there) = if number % 2 == 0 { (a, b) } else { (b, a) };
        here.report(&pipeline, &format!("step {number}")).await;
        let path = format!("/api/pipelines/{pipeline}");
        let shown = there.get(&path).await;
        assert!(
            shown.text.contains(&format!("step {number}")),
            "{}",
            shown.text
        );
        let position = shown.header("staffel-position").to_owned();
        let newest = here.get(&path).await;
        assert_eq!(newest.header("staffel-position"), position);
    }
    let handover = b.hand_over(&pipeline, "# Done").await;
    a.decide(&handover, 1, "accept", "").await.ok();
    b.prompt(&pipeline, 1).await;
    until("both are quiet", async || {
        prompts_in(b, &pipeline).await == 1
    })
    .await;

    let head = a.get("/api/status").await.ok()["head"]
        .as_u64()
        .expect("a head");
    let mut seen = Vec::new();
    for stream in &mut streams {
        seen.push(stream.up_to(head).await);
    }
    assert_eq!(seen[0], seen[1]);
    // A client that comes back to the other node goes on where it was.
    let id = seen[0].iter().filter_map(|event| event.id.clone()).nth(5);
    let id = id.expect("an id");
    let rest = seen[0]
        .iter()
        .skip_while(|event| event.id.as_ref() != Some(&id))
        .skip(1);
    let mut resumed = Events::open(b.address, "", Some(&id)).await;
    assert_eq!(resumed.up_to(head).await, rest.cloned().collect::<Vec<_>>());
    assert_eq!([on_duty(a).await, on_duty(b).await], [true, false]);
    until("each has heard of the other one", async || {
        let others = json!([env!("CARGO_PKG_VERSION")]);
        a.get("/api/status").await.ok()["other_nodes"] == others
            && b.get("/api/status").await.ok()["other_nodes"] == others
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_node_acknowledges_is_refused_by_no_other_one_that_hears_nothing() {
    let cluster = Cluster::start(&["fsync=off"]);
    let url = cluster.url("postgres");
    let first = Program::start_on(&url);
    let second = node(&url, &first);
    // The connections through which nodes hear of each other.
    let cut = "SELECT count(pg_terminate_backend(pid))::int FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND
               (query LIKE 'SELECT pg_notify%' OR (query LIKE 'SELECT position, pg_relation%' AND query NOT LIKE '%UPDATE'))";
    let work = async {
        for number in 0..8 {
            let pipeline = first.api.start(&format!("p{number}")).await;
            second.api.report(&pipeline, "here").await;
            let handover = second.api.hand_over(&pipeline, "# Done").await;
            first.api.decide(&handover, 1, "accept", "").await.ok();
        }
    };
    let cuts = thread::scope(|scope| {
        // It ends with the work, however that ends.
        let (working, over) = mpsc::channel::<()>();
        let cluster = &cluster;
        let cutting = scope.spawn(move || {
            let mut cuts = 0;
            while over.recv_timeout(Duration::from_millis(10)) == Err(RecvTimeoutError::Timeout) {
                cuts += cluster.ask("postgres", cut).unwrap_or_default();
            }
            cuts
        });
        tokio::task::block_in_place(|| Handle::current().block_on(work));
        drop(working);
        cutting.join().expect("no panic")
    });
    assert!(cuts >= 4, "{cuts} connections were cut");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_node_takes_the_duty_over_and_everything_is_told_and_written_once() {
    let receiver = Fake::start([]).await;
    let (url, settings) = (database(), receiver.settings());
    let people = Program::start_on(&url);
    let start = || {
        let mut node = Program::start_on_with(&url, &settings);
        node.api = people.api.at(node.api.address);
        node
    };
    let mut nodes = vec![start(), start(), start()];
    // This one has no webhooks, and gives the duty to one that has.
    people.stop();
    until("one is on duty", async || {
        on_duty(&nodes[0].api).await || on_duty(&nodes[1].api).await || on_duty(&nodes[2].api).await
    })
    .await;
    let mut pipelines = Vec::new();
    while let Some(last) = nodes.pop() {
        let pipeline = last.api.start(&format!("p{}", nodes.len())).await;
        let handover = last.api.hand_over(&pipeline, "# Done").await;
        last.api.decide(&handover, 1, "accept", "").await.ok();
        pipelines.push(pipeline);
        if nodes.is_empty() {
            nodes.push(last);
            break;
        }
        // Whatever it was about to do, another one does.
        last.kill();
    }
    let api = &nodes[0].api;
    for pipeline in &pipelines {
        api.prompt(pipeline, 1).await;
    }
    // Each handover waited for a person, or was decided before anybody was told.
    let again = api.start("last").await;
    api.hand_over(&again, "# Waits").await;
    until("it is told", async || {
        receiver
            .got()
            .iter()
            .any(|got| got.json().to_string().contains(&again))
    })
    .await;
    for pipeline in &pipelines {
        assert_eq!(prompts_in(api, pipeline).await, 1);
    }
    let mut told: Vec<_> = receiver
        .taken()
        .iter()
        .map(|got| got.header("staffel-delivery").to_owned())
        .collect();
    told.sort_unstable();
    let all = told.len();
    told.dedup();
    assert_eq!(told.len(), all, "each notice was taken once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_to_be_told_is_told_by_the_next_node_also_after_a_crash_of_the_database() {
    let cluster = Cluster::start(&["fsync=off"]);
    let url = cluster.url("postgres");
    let receiver = Fake::start([]).await;
    let settings = receiver.settings();
    let first = Program::start_on_with(&url, &settings);
    let api = first.api.clone();
    let told = async |pipeline: &str| {
        until("it is told", async || {
            let mut taken = receiver.taken().into_iter();
            taken.any(|got| got.json()["pipeline"] == pipeline)
        })
        .await;
    };
    let pipeline = api.start("before").await;
    api.hand_over(&pipeline, "# Waits").await;
    told(&pipeline).await;
    // The journal goes on in another epoch, and the node stays on duty.
    cluster.crash();
    until("it can be written", async || {
        api.get("/health/ready").await.status == 200
    })
    .await;
    let hand_over = async |project: &str| {
        let pipeline = api.start(project).await;
        api.hand_over(&pipeline, "# Waits").await;
        pipeline
    };
    let pipeline = hand_over("after").await;
    told(&pipeline).await;
    receiver.takes_nothing(true);
    let waiting = hand_over("waiting").await;
    until("it was tried", async || {
        let mut got = receiver.got().into_iter();
        got.any(|got| got.json()["pipeline"] == waiting)
    })
    .await;
    first.kill();
    receiver.takes_nothing(false);
    let _second = Program::start_on_with(&url, &settings);
    told(&waiting).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_waits_on_one_node_ends_by_a_decision_made_on_another() {
    let url = database();
    let first = Program::start_on(&url);
    let second = node(&url, &first);
    let pipeline = first.api.start("Waits").await;
    let handover = second.api.hand_over(&pipeline, "# Done").await;
    let call = json!({
        "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
            "name": "await_handover_decision", "arguments": {"pipeline": pipeline, "wait_seconds": 30},
            "_meta": {
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientCapabilities": {},
                "io.modelcontextprotocol/clientInfo": {"name": "patient", "version": "1"},
            },
        },
    });
    let api = second.api.clone();
    let wait = tokio::spawn(async move {
        let headers = [
            ("accept", "application/json, text/event-stream"),
            ("mcp-protocol-version", "2026-07-28"),
            ("mcp-method", "tools/call"),
            ("mcp-name", "await_handover_decision"),
        ];
        api.post_with("/mcp", &headers, &call).await.text
    });
    until("it waits", async || {
        second.api.get("/api/status").await.ok()["waits"] == 1
    })
    .await;
    until("the first one shows who calls the second one", async || {
        first
            .api
            .get("/api/agents")
            .await
            .text
            .contains("await_handover_decision")
    })
    .await;
    first
        .api
        .decide(&handover, 1, "request_changes", "Shorter.")
        .await
        .ok();
    let answer = soon("the answer", wait).await.expect("no panic");
    assert!(answer.contains("Shorter."), "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_that_is_restored_under_running_nodes_makes_every_board_begin_anew() {
    let cluster = Cluster::start(&["fsync=off"]);
    let url = cluster.url("postgres");
    let first = Program::start_on(&url);
    let second = node(&url, &first);
    let pipeline = first.api.start("Kept").await;
    let derived = "SELECT value::int - (SELECT position::int FROM staffel.head) FROM staffel.meta WHERE name = 'derived_position'";
    until("all is derived", async || {
        cluster.ask("postgres", derived) == Some(0)
    })
    .await;
    let folder = data_folder();
    let copy = folder.path().join("copy");
    run(Command::new("pg_dump")
        .args(["--format=custom", "--schema=staffel", "--file"])
        .arg(&copy)
        .arg(&url));
    for number in 0..9 {
        first.api.report(&pipeline, &format!("lost {number}")).await;
    }
    let lost = second.api.start("Lost").await;
    let mut streams = Vec::new();
    for api in [&first.api, &second.api] {
        let mut stream = Events::open(api.address, "", None).await;
        stream.through("snapshot").await;
        streams.push(stream);
    }
    run(Command::new("pg_restore")
        .args(["--clean", "--if-exists", "--single-transaction", "--dbname"])
        .arg(&url)
        .arg(&copy));
    for (stream, api) in streams.iter_mut().zip([&first.api, &second.api]) {
        while stream.next().await.is_some() {}
        let mut anew = Events::open(api.address, "", Some(&stream.last_id)).await;
        let events = anew.through("snapshot").await;
        assert_eq!(events[0].name, "reset", "{events:?}");
    }
    for api in [&first.api, &second.api] {
        until("what was lost is not shown", async || {
            api.get(&format!("/api/pipelines/{lost}")).await.status == 404
        })
        .await;
    }
    let said = first.api.report(&pipeline, "after it").await;
    let shown = second.api.get(&format!("/api/pipelines/{pipeline}")).await;
    assert!(
        shown.text.contains("after it") && !shown.text.contains("lost"),
        "{said}: {}",
        shown.text
    );
}

fn run(command: &mut Command) {
    let done = command.output().expect("a program of PostgreSQL");
    assert!(done.status.success(), "{done:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_confirmed_on_one_node_is_confirmed_on_all() {
    let (url, settings) = (database(), "[people]\nconfirm = \"pin\"\n");
    let first = Program::start_on_with(&url, settings);
    let mut second = Program::start_on_with(&url, settings);
    second.api = first.api.at(second.api.address);
    let pin = json!({"secret": "482915"});
    let set = first
        .api
        .post_as_person("/api/people/me/secrets/pin", &pin)
        .await;
    assert_eq!(set.status, 204, "{set:?}");
    let pipeline = first.api.start("Confirmed").await;
    let handover = second.api.hand_over(&pipeline, "# Done").await;
    let refused = second.api.decide(&handover, 1, "accept", "").await;
    assert_eq!(refused.status, 403, "{refused:?}");
    let confirmed = first
        .api
        .post_as_person("/api/session/confirmation", &json!({"pin": "482915"}))
        .await;
    assert_eq!(confirmed.status, 204, "{confirmed:?}");
    second.api.decide(&handover, 1, "accept", "").await.ok();
}
