//! The process dies again and again in the middle of its work, and nothing that it acknowledged is lost or doubled.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Duration,
};

use reqwest::Method;
use serde_json::{Value, json};
use server::rounds::rounds;
use tokio::{
    sync::watch,
    task::{JoinHandle, JoinSet},
};

use crate::{
    notify::Fake,
    support::{Api, Event, Events, PATIENCE, Program, data_folder, soon, until},
};

/// Agents that only report, each on its own pipeline.
const REPORTERS: usize = 4;

/// Where the servers are now, and whether the work is to end.
#[derive(Clone)]
struct Place {
    apis: Vec<Api>,
    over: bool,
}

type Here = watch::Receiver<Place>;

/// Sends a command under a key until it is acknowledged, whatever dies in between. A refusal is tried again, too:
/// it is not this agent's turn yet.
async fn insist(here: &Here, person: bool, path: &str, key: &str, body: &Value) -> Value {
    // Another one each time, and not the same one for every command.
    for turn in key.bytes().map(usize::from).sum::<usize>().. {
        let apis = here.borrow().apis.clone();
        let api = &apis[turn % apis.len()];
        let mut headers = vec![
            ("content-type", "application/json"),
            ("idempotency-key", key),
        ];
        match person {
            true => headers.extend(api.session()),
            false => headers.push(("staffel-actor", "agent/cursor")),
        }
        match api
            .try_send(Method::POST, path, &headers, body.to_string())
            .await
        {
            Some(answer) if answer.status < 300 => return answer.json(),
            Some(answer) if ![409, 503].contains(&answer.status) => panic!("{key}: {answer:?}"),
            _ => tokio::time::sleep(Duration::from_millis(3)).await,
        }
    }
    unreachable!("it is tried again and again")
}

/// Reports until the work is over; gives the keys that were acknowledged, in order.
async fn reporter(here: Here, pipeline: String) -> Vec<String> {
    let path = format!("/api/pipelines/{pipeline}/reports");
    let mut acknowledged = Vec::new();
    while !here.borrow().over {
        let key = format!("{pipeline}-r{}", acknowledged.len());
        insist(&here, false, &path, &key, &json!({"message": key})).await;
        acknowledged.push(key);
    }
    acknowledged
}

/// Hands over and asks for changes, again and again; gives the keys that were acknowledged, in order.
async fn reviewer(here: Here, pipeline: String) -> Vec<String> {
    let path = format!("/api/pipelines/{pipeline}/handovers");
    let mut acknowledged = Vec::new();
    while !here.borrow().over {
        let n = acknowledged.len() / 2 + 1;
        let key = format!("{pipeline}-h{n}");
        let handover = insist(&here, false, &path, &key, &json!({"content": key})).await;
        assert_eq!(handover["revision"], n);
        acknowledged.push(key);
        let key = format!("{pipeline}-d{n}");
        let decision = json!({"decision": "request_changes", "revision": n, "review_changes": key});
        let path = format!("{path}/{pipeline}-h1/decision");
        insist(&here, true, &path, &key, &decision).await;
        acknowledged.push(key);
    }
    acknowledged
}

/// Starts pipelines and ends them, again and again, and people are told of each; gives the keys of the ends that were
/// acknowledged.
async fn finisher(here: Here) -> Vec<String> {
    let mut acknowledged = Vec::new();
    while !here.borrow().over {
        let body = json!({"project": "short", "title": "Begins and ends"});
        let key = format!("start-{}", acknowledged.len());
        let started = insist(&here, false, "/api/pipelines", &key, &body).await;
        let pipeline = started["pipeline"].as_str().expect("an id");
        let key = format!("{pipeline}-e");
        let path = format!("/api/pipelines/{pipeline}/finish");
        let body = json!({"outcome": "cancelled", "message": key});
        insist(&here, true, &path, &key, &body).await;
        acknowledged.push(key);
        // A receiver takes one after the other.
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    acknowledged
}

/// Follows one stream to its death from `last_id`, and gives the whole units it saw.
async fn follow(api: Api, last_id: String) -> Vec<Event> {
    let Ok(mut stream) = Events::try_open(api.address, "", Some(&last_id)).await else {
        return vec![];
    };
    let (mut whole, mut unit) = (Vec::new(), Vec::new());
    while let Some(event) = stream.next().await {
        let last = event.id.is_some();
        unit.push(event);
        if last {
            whole.append(&mut unit);
        }
    }
    whole
}

async fn head(api: &Api) -> u64 {
    let head = api.get("/api/status").await.ok()["head"].as_u64();
    head.expect("the head")
}

/// Reads one stream from `last_id` up to what the journal holds now.
async fn read_on(api: &Api, seen: &mut Vec<Event>, last_id: &mut String) {
    let head = head(api).await;
    if last_id.rsplit('-').next() == Some(&head.to_string()) {
        return;
    }
    let mut stream = Events::open(api.address, "", Some(last_id)).await;
    seen.extend(stream.up_to(head).await);
    if let Some(id) = seen.last().and_then(|event| event.id.clone()) {
        *last_id = id;
    }
}

/// Takes what a follower saw until its server died, and gives the id to go on from.
async fn collect(
    follower: JoinHandle<Vec<Event>>,
    seen: &mut Vec<Event>,
    last_id: String,
) -> String {
    seen.extend(
        soon("the end of the stream", follower)
            .await
            .expect("no panic"),
    );
    seen.last()
        .and_then(|event| event.id.clone())
        .unwrap_or(last_id)
}

/// Numbers that look random and are the same in every run (a linear congruential generator).
fn pause(round: u64) -> Duration {
    let random = (round + 1)
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    Duration::from_millis(10 + (random >> 33) % 120)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_or_doubled_by_kills_in_the_middle_of_work() {
    let data = data_folder();
    let start = |settings: &str| Program::start_with(data.path(), settings);
    kills(1, start, |_| {}).await;
}

/// Kills one of so many nodes in each round, in turn. `harm` is done right before.
pub async fn kills(nodes: usize, start: impl Fn(&str) -> Program, harm: impl Fn(u64)) {
    let receiver = Fake::start([]).await;
    let settings = receiver.settings();
    let start = || start(&settings);
    // Each takes longer on several nodes.
    let rounds = rounds(5, if nodes == 1 { 20 } else { 10 }).into();
    let mut programs: Vec<_> = (0..nodes).map(|_| start()).collect();
    let apis = |programs: &[Program]| programs.iter().map(|program| program.api.clone()).collect();
    let mut pipelines = Vec::new();
    for n in 0..=REPORTERS {
        pipelines.push(programs[0].api.start(&format!("p{n}")).await);
    }
    let (place, here) = watch::channel(Place {
        apis: apis(&programs),
        over: false,
    });
    let mut work = JoinSet::new();
    work.spawn(reviewer(here.clone(), pipelines[0].clone()));
    work.spawn(finisher(here.clone()));
    for pipeline in &pipelines[1..] {
        work.spawn(reporter(here.clone(), pipeline.clone()));
    }
    let status = programs[0].api.get("/api/status").await.ok();
    let epoch = status["epoch"].as_str().expect("an epoch").to_owned();
    let (mut seen, mut last_id) = (Vec::new(), format!("{epoch}-0"));
    // What a client sees that is never torn off: read again in each round, since a start makes only the newest frames
    // again and a fast machine writes more than these.
    let (mut all, mut all_id) = (Vec::new(), last_id.clone());
    for round in 0..rounds {
        let victim = usize::try_from(round).expect("a small number") % nodes;
        let api = programs[victim].api.clone();
        let follower = tokio::spawn(follow(api.clone(), last_id.clone()));
        // However slow the machine is: some work, and then at any moment of it.
        let before = head(&api).await;
        until("some work", async || head(&api).await > before + 6).await;
        tokio::time::sleep(pause(round)).await;
        harm(round);
        programs.remove(victim).kill();
        last_id = collect(follower, &mut seen, last_id).await;
        if nodes > 1 {
            // The others go on without it.
            place.send_modify(|place| place.apis = apis(&programs));
            let api = &programs[0].api;
            let before = head(api).await;
            until("work without it", async || head(api).await > before + 6).await;
            read_on(api, &mut seen, &mut last_id).await;
        }
        programs.insert(victim, start());
        // A node that has been there for a while: it has more frames than a start makes again.
        let api = &programs[(victim + 1) % nodes].api;
        read_on(api, &mut all, &mut all_id).await;
        place.send_modify(|place| place.apis = apis(&programs));
    }
    place.send_modify(|place| place.over = true);
    let acknowledged = soon("the agents", work.join_all()).await.concat();
    assert!(
        acknowledged.len() > usize::try_from(rounds).expect("a small number"),
        "there was work to kill: {}",
        acknowledged.len()
    );

    // Staffel itself may still be writing the last prompt.
    let decisions = acknowledged.iter().filter(|key| key.contains("-d"));
    let decisions = u32::try_from(decisions.count()).expect("a small number");
    let api = &programs[0].api;
    api.prompt(&pipelines[0], decisions).await;
    check_prompts(api, &pipelines[0], decisions).await;
    let ends = acknowledged.iter().filter_map(|key| key.strip_suffix("-e"));
    let ended: Vec<_> = ends.map(str::to_owned).collect();
    check_notices(&receiver, &ended, &apis(&programs)).await;
    pipelines.extend(ended);
    for program in &programs {
        check_facts(&program.api, &pipelines, &acknowledged).await;
    }

    // The resumed client, at last in peace, saw what the other one saw.
    read_on(api, &mut seen, &mut last_id).await;
    read_on(api, &mut all, &mut all_id).await;
    for (who, events) in [("resumed", &seen), ("whole", &all)] {
        let anew = events
            .iter()
            .find(|event| event.name == "reset" || event.name == "snapshot");
        assert_eq!(anew, None, "the client that is {who} began anew");
    }
    // Every start begins an epoch; the position is the same in all of them.
    let without_epochs = |events: &[Event]| {
        let events = events.iter().map(|event| {
            let id = event.id.as_ref().map(|_| event.position());
            (event.name.clone(), id, event.data.clone())
        });
        events.collect::<Vec<_>>()
    };
    let (seen_there, all_there) = (without_epochs(&seen), without_epochs(&all));
    let differ = seen_there.iter().zip(&all_there).position(|(a, b)| a != b);
    let differ = differ.unwrap_or(seen_there.len().min(all_there.len()));
    assert!(
        seen_there == all_there,
        "an event was lost, doubled or changed:\n{:#?}\n{:#?}",
        seen_there.get(differ.saturating_sub(2)..differ + 4),
        all_there.get(differ.saturating_sub(2)..differ + 4)
    );
    let ids: Vec<_> = seen
        .iter()
        .filter(|event| event.id.is_some())
        .map(Event::position)
        .collect();
    assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
}

/// Each decision led to one prompt.
async fn check_prompts(api: &Api, pipeline: &str, decisions: u32) {
    let events = api.events(pipeline).await;
    let written = events
        .iter()
        .filter(|event| event["event"]["type"] == "PromptWritten");
    let written: Vec<_> = written
        .map(|event| event["event"]["prompt"].clone())
        .collect();
    let expected: Vec<_> = (1..=decisions)
        .map(|n| json!(format!("{pipeline}-p{n}")))
        .collect();
    assert_eq!(written, expected);
}

/// Each end was told, and nothing was told under two ids: a receiver that knows the id is told once. One that is asked whether
/// somebody should decide may be told nothing, since it is decided by then.
async fn check_notices(receiver: &Fake, ended: &[String], apis: &[Api]) {
    let untold = || {
        let taken = receiver.taken();
        let told = taken
            .iter()
            .filter_map(|got| Some(got.json()["pipeline"].as_str()?.to_owned()));
        let told: BTreeSet<_> = told.collect();
        let untold = ended.iter().filter(|pipeline| !told.contains(*pipeline));
        untold.cloned().collect::<Vec<_>>()
    };
    // A receiver takes one after the other: many may be on their way. After six failed tries a pause takes half a minute, and
    // the duty may have to be taken over before.
    loop {
        let before = untold().len();
        if before == 0 {
            break;
        }
        let more = async {
            while untold().len() >= before {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        if tokio::time::timeout(3 * PATIENCE, more).await.is_err() {
            let mut known = Vec::new();
            for api in apis {
                known.push(api.get("/api/status").await.ok());
            }
            panic!("not told: {:?}; the nodes say: {known:#?}", untold());
        }
    }
    let mut ids: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for got in receiver.taken() {
        let notice = got.json();
        let about =
            ["event", "pipeline", "handover", "revision"].map(|field| notice[field].to_string());
        let id = got.header("staffel-delivery").to_owned();
        ids.entry(about.join(" ")).or_default().insert(id);
    }
    let twice: Vec<_> = ids.iter().filter(|(_, ids)| ids.len() > 1).collect();
    assert!(twice.is_empty(), "told under two ids: {twice:?}");
}

/// Every acknowledged command is in the journal exactly once and in order, and positions have no hole.
async fn check_facts(api: &Api, pipelines: &[String], acknowledged: &[String]) {
    let mut facts = Vec::new();
    for pipeline in pipelines {
        let events = api.events(pipeline).await;
        let revisions: Vec<_> = events
            .iter()
            .filter_map(|event| event["revision"].as_u64())
            .collect();
        assert_eq!(revisions, (1..=events.len() as u64).collect::<Vec<_>>());
        facts.extend(events);
    }
    let positions: BTreeSet<_> = facts
        .iter()
        .filter_map(|event| event["position"].as_u64())
        .collect();
    let head = api.get("/api/status").await.ok()["head"].as_u64();
    assert_eq!(positions.len(), facts.len());
    assert_eq!(
        (positions.first().copied(), positions.last().copied()),
        (Some(1), head)
    );
    assert_eq!(Some(positions.len() as u64), head);

    // What a command is about is said once, whatever else comes with it (a prompt is picked up, a phase reopened).
    let telling = [
        "ProgressReported",
        "HandoverSubmitted",
        "HandoverRevised",
        "ChangesRequested",
        "PipelineCancelled",
    ];
    let mut told: HashMap<&str, Vec<&str>> = HashMap::new();
    let mut order: BTreeMap<u64, &str> = BTreeMap::new();
    for fact in &facts {
        let (kind, key) = (
            fact["event"]["type"].as_str().expect("a type"),
            fact["key"].as_str(),
        );
        if let Some(key) = key.filter(|_| telling.contains(&kind)) {
            told.entry(key).or_default().push(kind);
            order.insert(fact["position"].as_u64().expect("a position"), key);
        }
    }
    for key in acknowledged {
        let kinds = told.get(key.as_str());
        assert_eq!(kinds.map(Vec::len), Some(1), "{key}: {kinds:?}");
    }
    assert_eq!(told.len(), acknowledged.len(), "and nothing else is there");
    for pipeline in pipelines {
        let asked: Vec<_> = acknowledged
            .iter()
            .filter(|key| key.starts_with(pipeline))
            .collect();
        let stored: Vec<_> = order
            .values()
            .filter(|key| key.starts_with(pipeline))
            .collect();
        assert_eq!(asked, stored, "in the order in which they were asked for");
    }
}
