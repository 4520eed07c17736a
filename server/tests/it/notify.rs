//! Webhooks: who is told what, once, whatever fails in between; and where nobody is led.

use std::{
    collections::VecDeque,
    fs,
    path::Path,
    process::Command,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Uri},
    response::{IntoResponse, Response},
};
use hmac::{Hmac, KeyInit, Mac};
use rusqlite::Connection;
use serde_json::{Value, json};
use server::notify::{NotifyConfig, NotifyTable, Patience};
use sha2::Sha256;
use tokio::{net::TcpListener, task::JoinHandle};

use crate::support::{Api, Program, Server, User, data_folder, on_postgres, said, until};

const SECRET: &str = "canary-3f9c1b7de2a84056";

/// What a receiver does with a request.
#[derive(Clone)]
pub enum Reply {
    Status(u16),
    Redirect(String),
    Hang,
    /// Repeats the address, as some servers do in an error.
    Echo(u16),
}

/// A request as it came, and whether it was taken.
#[derive(Clone, Debug)]
pub struct Got {
    path: String,
    headers: HeaderMap,
    text: String,
    taken: bool,
}

impl Got {
    /// A header of it, or nothing.
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// Its body.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).expect("JSON")
    }
}

/// A receiver on this machine. It takes everything when it has no replies left.
#[derive(Clone)]
pub struct Fake {
    state: Arc<Mutex<Played>>,
    url: String,
    _serving: Arc<Abort>,
}

#[derive(Default)]
struct Played {
    replies: VecDeque<Reply>,
    always: Option<Reply>,
    got: Vec<Got>,
}

struct Abort(JoinHandle<()>);

impl Drop for Abort {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Fake {
    /// Starts one that gives these replies first.
    pub async fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        let state = Arc::new(Mutex::new(Played {
            replies: replies.into_iter().collect(),
            ..Played::default()
        }));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("the address"));
        let router = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&state));
        let serving = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Self {
            state,
            url,
            _serving: Arc::new(Abort(serving)),
        }
    }

    fn always(&self, reply: Option<Reply>) {
        self.state.lock().expect("no panic").always = reply;
    }

    /// All requests so far.
    pub fn got(&self) -> Vec<Got> {
        self.state.lock().expect("no panic").got.clone()
    }

    /// Those that it took.
    pub fn taken(&self) -> Vec<Got> {
        self.got().into_iter().filter(|got| got.taken).collect()
    }

    async fn takes(&self, number: usize) -> Vec<Got> {
        until("it is delivered", async || self.taken().len() >= number).await;
        self.taken()
    }

    /// From now on it takes nothing, or everything again.
    pub fn takes_nothing(&self, nothing: bool) {
        self.always(nothing.then_some(Reply::Status(503)));
    }

    /// The settings of a server that tells only this receiver.
    pub fn settings(&self) -> String {
        as_settings(&self.webhook("ours", ""))
    }

    /// A table of `[notify]` for this receiver.
    fn webhook(&self, name: &str, more: &str) -> String {
        let url = &self.url;
        format!("[[webhooks]]\nname = \"{name}\"\nurl = \"{url}/{name}\"\nprivate = true\n{more}\n")
    }
}

async fn answer(
    State(state): State<Arc<Mutex<Played>>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let reply = {
        let mut played = state.lock().expect("no panic");
        let reply = played.always.clone();
        let reply = reply.or_else(|| played.replies.pop_front());
        let reply = reply.unwrap_or(Reply::Status(200));
        played.got.push(Got {
            path: uri.path().to_owned(),
            headers,
            text: String::from_utf8(body.to_vec()).expect("text"),
            taken: matches!(reply, Reply::Status(200..300) | Reply::Echo(200..300)),
        });
        reply
    };
    let status = |code: u16| axum::http::StatusCode::from_u16(code).expect("a status");
    match reply {
        Reply::Status(code) => status(code).into_response(),
        Reply::Redirect(to) => (status(307), [("location", to)]).into_response(),
        Reply::Echo(code) => (status(code), format!("Cannot POST {uri}")).into_response(),
        Reply::Hang => std::future::pending().await,
    }
}

/// What `[notify]` says.
fn checked(text: &str, folder: &Path) -> anyhow::Result<NotifyConfig> {
    let table: NotifyTable = toml::from_str(text).expect("TOML");
    NotifyConfig::new(table, folder)
}

/// A server with these webhooks that is not patient.
async fn telling(webhooks: &str) -> Server {
    telling_with(webhooks, Patience::default()).await
}

async fn telling_with(webhooks: &str, patience: Patience) -> Server {
    let folder = data_folder();
    fs::write(folder.path().join("secret"), format!("{SECRET}\n")).expect("a file");
    let notify = checked(webhooks, folder.path()).expect("good settings");
    Server::with(|config| {
        config.notify = notify;
        config.notify.first_pause = Duration::from_millis(10);
        config.notify.patience = patience;
        config.notify.look_every = Duration::from_millis(10);
    })
    .await
}

/// A server in a process of its own, with these webhooks or none.
fn program(data: &Path, webhooks: &str) -> Program {
    Program::start_with(data, &as_settings(webhooks))
}

/// Webhooks as the file of all settings names them.
fn as_settings(webhooks: &str) -> String {
    webhooks.replace("[[webhooks]]", "[[notify.webhooks]]")
}

async fn finish(api: &Api, pipeline: &str, outcome: &str) {
    let path = format!("/api/pipelines/{pipeline}/finish");
    let body = json!({"outcome": outcome, "message": "No more."});
    api.post_as_person(&path, &body).await.ok();
}

#[tokio::test]
async fn a_notice_is_signed_and_tried_with_one_id_until_it_is_taken_once() {
    let fake = Fake::start([500, 503, 429].map(Reply::Status)).await;
    let server = telling(&fake.webhook("a", "secret_file = \"secret\"")).await;
    let pipeline = server.api.start("shop").await;
    let handover = server
        .api
        .hand_over(&pipeline, "# Plan\n\nUse argon2.")
        .await;
    let taken = fake.takes(1).await;
    let body = taken[0].json();
    assert_eq!(body["event"], "handover_waiting");
    assert_eq!(body["handover"], handover);
    assert_eq!(
        (&body["revision"], &body["phase"]),
        (&json!(1), &json!("VAN"))
    );
    assert_eq!(body["summary"], "Use argon2.");
    let board = format!("http://{}/pipelines/{pipeline}", server.api.address);
    assert_eq!(body["url"], board);
    // Another notice, so that whatever came twice would be here by then.
    finish(&server.api, &pipeline, "failed").await;
    let taken = fake.takes(2).await;
    assert_eq!(taken[1].json()["event"], "pipeline_ended");
    assert_eq!(taken[1].json()["outcome"], "failed");
    let got = fake.got();
    assert_eq!(got.len(), 5, "{got:?}");
    let ids: Vec<_> = got
        .iter()
        .map(|got| got.header("staffel-delivery"))
        .collect();
    assert!(!ids[0].is_empty());
    assert!(ids[..4].iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_ne!(ids[4], ids[0]);
    for got in &got {
        let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("a key");
        mac.update(format!("{}.{}", got.header("staffel-timestamp"), got.text).as_bytes());
        let digest = mac.finalize().into_bytes();
        let digits: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(got.header("staffel-signature"), format!("v1={digits}"));
        let agent = format!("Staffel/{}", server::VERSION);
        assert_eq!(got.header("user-agent"), agent);
        assert_eq!(got.header("content-type"), "application/json");
    }
}

#[tokio::test]
async fn every_shape_arrives_in_the_form_of_its_receiver() {
    let fake = Fake::start([]).await;
    let mut webhooks = String::new();
    for shape in ["json", "ntfy", "slack", "teams", "discord"] {
        webhooks += &fake.webhook(shape, &format!("shape = \"{shape}\""));
    }
    let bot = Fake::start([]).await;
    webhooks += &format!(
        "[[webhooks]]\nname = \"bot\"\nurl = \"{}/bot1:x/sendMessage\"\nprivate = true\nshape = \"telegram\"\nchat = \"-100\"\n",
        bot.url
    );
    let server = telling(&webhooks).await;
    let pipeline = server.api.start("shop").await;
    server.api.hand_over(&pipeline, "Use argon2.").await;
    let taken = fake.takes(5).await;
    let of = |path: &str| {
        let got = taken.iter().find(|got| got.path == path);
        got.unwrap_or_else(|| panic!("{path} in {taken:?}")).json()
    };
    let title = "A handover waits for you: shop's pipeline";
    assert_eq!(
        of("/json")["text"],
        format!("{title}\nshop · VAN\nUse argon2.")
    );
    let ntfy = of("/");
    assert_eq!(
        (&ntfy["topic"], &ntfy["title"]),
        (&json!("ntfy"), &json!(title))
    );
    assert_eq!(ntfy["message"], "shop · VAN\nUse argon2.");
    assert_eq!(of("/slack")["blocks"][1]["text"]["type"], "plain_text");
    let card = &of("/teams")["attachments"][0];
    assert_eq!(
        card["contentType"],
        "application/vnd.microsoft.card.adaptive"
    );
    assert_eq!(of("/discord")["allowed_mentions"]["parse"], json!([]));
    let telegram = bot.takes(1).await[0].json();
    assert_eq!(telegram["chat_id"], "-100");
    assert!(
        telegram["text"]
            .as_str()
            .is_some_and(|text| text.starts_with(title))
    );
}

#[tokio::test]
async fn a_receiver_that_hangs_delays_no_other() {
    let hangs = Fake::start([]).await;
    hangs.always(Some(Reply::Hang));
    let good = Fake::start([]).await;
    let server = telling(&format!(
        "{}{}",
        hangs.webhook("a", ""),
        good.webhook("b", "")
    ))
    .await;
    for number in 0..5 {
        let pipeline = server.api.start("shop").await;
        until("it hangs", async || !hangs.got().is_empty() || number == 0).await;
        server.api.hand_over(&pipeline, "Plan.").await;
    }
    good.takes(5).await;
    assert_eq!(hangs.got().len(), 1, "one at a time");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Fake::start([]).await;
    let metadata = "http://169.254.169.254/latest/meta-data/".to_owned();
    let fake = Fake::start([
        Reply::Redirect(elsewhere.url.clone()),
        Reply::Redirect(metadata),
    ])
    .await;
    let server = telling(&fake.webhook("a", "")).await;
    let pipeline = server.api.start("shop").await;
    server.api.hand_over(&pipeline, "Plan.").await;
    fake.takes(1).await;
    assert_eq!(fake.got().len(), 3, "each try failed");
    assert!(elsewhere.got().is_empty());
}

/// The ids of the notices that wait.
fn waiting_in(data: &Path) -> Vec<String> {
    let file = Connection::open(data.join("notices.db")).expect("the outbox");
    let select = file.prepare("SELECT id FROM notice WHERE ended IS NULL");
    let mut select = select.expect("a statement");
    let ids = select.query_map([], |row| row.get(0)).expect("a read");
    ids.collect::<Result<_, _>>().expect("ids")
}

/// Waits until it is noted what was delivered: a crash before that delivers it again.
async fn noted(data: &Path) {
    until("it is noted", async || waiting_in(data).is_empty()).await;
}

#[tokio::test]
async fn a_handover_that_was_decided_is_told_no_more() {
    if on_postgres() {
        return; // it looks into the file
    }
    let fake = Fake::start([]).await;
    fake.always(Some(Reply::Status(500)));
    let server = telling(&fake.webhook("a", "events = [\"handover_waiting\"]")).await;
    let api = &server.api;
    let decided = api.start("shop").await;
    let handover = api.hand_over(&decided, "Plan.").await;
    until("it was tried", async || !fake.got().is_empty()).await;
    api.decide(&handover, 1, "accept", "").await.ok();
    // A try that began before the decision is over by then.
    noted(server.data.path()).await;
    fake.always(None);
    let waits = api.start("shop").await;
    let waiting = api.hand_over(&waits, "Plan.").await;
    let taken = fake.takes(1).await;
    assert_eq!(taken[0].json()["handover"], waiting);
    // A newer revision takes the place of one that nobody was told about.
    fake.always(Some(Reply::Status(500)));
    let tried = fake.got().len();
    api.hand_over(&waits, "Plan B.").await;
    until("it was tried", async || fake.got().len() > tried).await;
    api.hand_over(&waits, "Plan C.").await;
    let newest = format!("handover:{waiting}:3");
    until("the older one is withdrawn", async || {
        waiting_in(server.data.path()) == [newest.as_str()]
    })
    .await;
    fake.always(None);
    let taken = fake.takes(2).await;
    assert_eq!(taken[1].json()["revision"], 3);
    assert_eq!(taken.len(), 2);
}

#[tokio::test]
async fn what_a_policy_left_to_people_is_told_with_its_reasons_and_what_it_accepted_waits_for_nobody()
 {
    let fake = Fake::start([]).await;
    let server = telling(&fake.webhook("a", "events = [\"handover_waiting\"]")).await;
    let api = &server.api;
    let pipeline = api.start("shop").await;
    let mut headers = vec![("content-type", "application/json")];
    headers.extend(api.session());
    let path = format!("/api/pipelines/{pipeline}/phases/VAN/policy");
    let body = json!({"policy": "accept_unless", "max_files": 3}).to_string();
    api.send(reqwest::Method::PUT, &path, &headers, body)
        .await
        .ok();
    let path = format!("/api/pipelines/{pipeline}/handovers");
    let tested = |failed: u32| {
        let recap = json!({"evidence": {"tests": {"passed": 3, "failed": failed}}});
        json!({"content": "Found it.", "recap": recap})
    };
    api.post(&path, &tested(1)).await.ok();
    let told = fake.takes(1).await[0].json();
    assert_eq!(told["hit"], json!([{"wire": "failed_tests", "count": 1}]));
    let text = told["text"].as_str().expect("a text");
    assert!(
        text.contains("Not accepted automatically: 1 test failed"),
        "{text}"
    );

    api.post(&path, &tested(0)).await.ok();
    api.prompt(&pipeline, 1).await;
    let pick_up = format!("/api/pipelines/{pipeline}/prompts/{pipeline}-p1/pickup");
    api.post(&pick_up, &json!({})).await.ok();
    // The next phase asks: whatever was told in between would be here by then.
    let plan = api.hand_over(&pipeline, "A plan.").await;
    let taken = fake.takes(2).await;
    assert_eq!(taken[1].json()["handover"], plan);
    assert_eq!(taken[1].json()["hit"], Value::Null);
}

#[tokio::test]
async fn a_silent_agent_and_a_prompt_that_lies_there_are_told_once_unless_it_is_over_by_then() {
    if on_postgres() {
        return; // it looks into the file
    }
    let fake = Fake::start([]).await;
    let soon = Patience {
        agent: Duration::from_millis(50),
        prompt: Duration::from_millis(50),
    };
    let server = telling_with(&fake.webhook("a", ""), soon).await;
    let api = &server.api;
    let pipeline = api.start("shop").await;
    api.report(&pipeline, "Reading the code.").await;
    let told = |event: &str, summary: &str| {
        let taken = fake.taken();
        let is_it = |got: &&Got| {
            let body = got.json();
            body["event"] == event && body["summary"] == summary
        };
        taken.iter().filter(is_it).count()
    };
    until("the agent is silent", async || {
        told("agent_silent", "Reading the code.") > 0
    })
    .await;
    let handover = api.hand_over(&pipeline, "Plan.").await;
    api.decide(&handover, 1, "accept", "").await.ok();
    until("the prompt lies there", async || {
        told("prompt_waiting", "Reading the code.") > 0
    })
    .await;
    // Some looks later.
    let other = api.start("shop").await;
    api.report(&other, "Later.").await;
    until("another is silent", async || {
        told("agent_silent", "Later.") > 0
    })
    .await;
    let late = ["agent_silent", "prompt_waiting"];
    assert_eq!(late.map(|event| told(event, "Reading the code.")), [1, 1]);
    // Nobody is told about a silence that is over.
    fake.always(Some(Reply::Status(500)));
    let third = api.start("shop").await;
    api.report(&third, "Over.").await;
    until("it was tried", async || {
        fake.got().iter().any(|got| got.text.contains("Over."))
    })
    .await;
    finish(api, &third, "failed").await;
    let end = format!("pipeline_ended:{third}");
    until("it is withdrawn", async || {
        waiting_in(server.data.path()) == [end.as_str()]
    })
    .await;
    fake.always(None);
    until("the end is told", async || {
        told("pipeline_ended", "No more.") == 1
    })
    .await;
    assert_eq!(told("agent_silent", "Over."), 0);
}

#[tokio::test]
async fn a_receiver_is_told_about_its_events_and_projects_only() {
    let fake = Fake::start([]).await;
    let some = fake.webhook(
        "some",
        "events = [\"pipeline_ended\"]\nprojects = [\"shop\"]",
    );
    let server = telling(&format!("{some}{}", fake.webhook("all", ""))).await;
    let api = &server.api;
    for project in ["blog", "shop"] {
        let pipeline = api.start(project).await;
        api.hand_over(&pipeline, "Plan.").await;
        finish(api, &pipeline, "cancelled").await;
    }
    until("all is told", async || {
        let taken = fake.taken();
        let of = |path: &str| taken.iter().filter(|got| got.path == path).count();
        // Of a handover that is over before it was told about nobody is told.
        of("/some") >= 1
            && taken
                .iter()
                .filter(|got| got.path == "/all" && got.json()["event"] == "pipeline_ended")
                .count()
                >= 2
    })
    .await;
    let taken = fake.taken();
    let some: Vec<_> = taken.iter().filter(|got| got.path == "/some").collect();
    assert_eq!(some.len(), 1, "{taken:?}");
    let body = some[0].json();
    assert_eq!(
        (&body["event"], &body["project"]),
        (&json!("pipeline_ended"), &json!("shop"))
    );
}

#[tokio::test]
async fn a_receiver_that_is_gone_is_given_up_and_later_notices_are_tried() {
    let fake = Fake::start([410, 410, 404].map(Reply::Status)).await;
    let server = telling(&fake.webhook("a", "")).await;
    let first = server.api.start("shop").await;
    let given_up = server.api.hand_over(&first, "Plan.").await;
    until("it is given up", async || fake.got().len() == 3).await;
    let second = server.api.start("shop").await;
    let told = server.api.hand_over(&second, "Plan.").await;
    assert_eq!(fake.takes(1).await[0].json()["handover"], told);
    assert!(
        fake.got()[..3]
            .iter()
            .all(|got| got.json()["handover"] == given_up)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_or_stopped_before_a_delivery_makes_it_once_after_the_restart() {
    let fake = Fake::start([]).await;
    fake.always(Some(Reply::Status(503)));
    let data = data_folder();
    let webhook = fake.webhook("a", "");
    let server = program(data.path(), &webhook);
    let pipeline = server.api.start("shop").await;
    let handover = server.api.hand_over(&pipeline, "Plan.").await;
    until("it was tried", async || !fake.got().is_empty()).await;
    server.kill();
    let server = program(data.path(), &webhook);
    let tried = fake.got().len();
    until("it was tried again", async || fake.got().len() > tried).await;
    tokio::task::spawn_blocking(|| server.stop())
        .await
        .expect("no panic");
    fake.always(None);
    let server = program(data.path(), &webhook);
    let taken = fake.takes(1).await;
    assert_eq!(taken[0].json()["handover"], handover);
    noted(data.path()).await;
    server.kill();
    // What was taken is not sent again, and what comes is.
    let server = program(data.path(), &webhook);
    let other = server.api.start("shop").await;
    let other = server.api.hand_over(&other, "Plan.").await;
    let taken = fake.takes(2).await;
    assert_eq!(taken.len(), 2, "{taken:?}");
    assert_eq!(taken[1].json()["handover"], other);
    let ids = fake.got();
    let first = ids[0].header("staffel-delivery");
    assert!(
        ids[..ids.len() - 1]
            .iter()
            .all(|got| got.header("staffel-delivery") == first)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_crash_left_unfollowed_is_told_after_it_and_what_was_put_already_is_not_doubled() {
    let fake = Fake::start([]).await;
    let data = data_folder();
    let webhook = fake.webhook("a", "");
    // The file as a crash leaves it: notices without a position that says so, or neither.
    let crashed = |change: &str| {
        let file = Connection::open(data.path().join("notices.db")).expect("the outbox");
        file.execute_batch(change).expect("a change by hand");
    };
    let server = program(data.path(), &webhook);
    let pipeline = server.api.start("a").await;
    server.api.hand_over(&pipeline, "Plan.").await;
    fake.takes(1).await;
    noted(data.path()).await;
    server.kill();
    crashed("UPDATE receiver SET position = 0");
    let server = program(data.path(), &webhook);
    let pipeline = server.api.start("b").await;
    server.api.hand_over(&pipeline, "Plan.").await;
    let taken = fake.takes(2).await;
    assert_eq!(taken[1].json()["project"], "b");
    noted(data.path()).await;
    server.kill();
    crashed("DELETE FROM notice; UPDATE receiver SET position = 0");
    let _server = program(data.path(), &webhook);
    let taken = fake.takes(4).await;
    let projects: Vec<_> = taken
        .iter()
        .map(|got| got.json()["project"].clone())
        .collect();
    assert_eq!(projects, ["a", "b", "a", "b"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_webhook_gets_no_old_news() {
    let fake = Fake::start([]).await;
    let data = data_folder();
    let old = |api: Api| async move {
        let pipeline = api.start("old").await;
        api.hand_over(&pipeline, "Plan.").await;
    };
    let server = program(data.path(), "");
    old(server.api.clone()).await;
    server.kill();
    let server = program(data.path(), &fake.webhook("a", ""));
    let news = server.api.start("new").await;
    server.api.hand_over(&news, "Plan.").await;
    assert_eq!(fake.takes(1).await[0].json()["project"], "new");
    server.kill();
    // Without a webhook nobody follows for it; one that comes back is a new one.
    let server = program(data.path(), "");
    old(server.api.clone()).await;
    server.kill();
    let both = format!("{}{}", fake.webhook("a", ""), fake.webhook("b", ""));
    let server = program(data.path(), &both);
    finish(&server.api, &news, "cancelled").await;
    let taken = fake.takes(3).await;
    assert!(
        taken.iter().all(|got| got.json()["project"] == "new"),
        "{taken:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_backup_repeats_no_news_and_tells_what_happens_anew() {
    let fake = Fake::start([]).await;
    let (data, backups) = (data_folder(), data_folder());
    let backup = backups.path().join("backup.tar");
    let command = |what: &'static str| {
        let (data, backup) = (data.path().to_owned(), backup.clone());
        tokio::task::spawn_blocking(move || {
            let mut command: Command = User::new().program();
            let command = command.current_dir("/").arg(what).arg(&backup);
            let command = command.arg("--data").arg(&data);
            said(command).done()
        })
    };
    let webhook = fake.webhook("a", "");
    let server = program(data.path(), &webhook);
    let (told, again) = (server.api.start("a").await, server.api.start("b").await);
    server.api.hand_over(&told, "Plan.").await;
    fake.takes(1).await;
    command("backup").await.expect("no panic");
    let before = server.api.hand_over(&again, "Plan.").await;
    fake.takes(2).await;
    server.kill();
    command("restore").await.expect("no panic");
    let server = program(data.path(), &webhook);
    let after = server.api.hand_over(&again, "Another plan.").await;
    assert_eq!(before, after, "the same id for another text");
    let taken = fake.takes(3).await;
    assert_eq!(taken[2].json()["summary"], "Another plan.");
    assert_eq!(taken.len(), 3, "{taken:?}");
}

#[tokio::test]
async fn a_setting_that_cannot_be_used_is_named_and_no_secret_is_shown() {
    let folder = data_folder();
    fs::write(folder.path().join("short"), "canary").expect("a file");
    let hook = |settings: &str| format!("[[webhooks]]\n{settings}\n");
    let good = "name = \"a\"\nurl = \"https://example.org/canary\"\n";
    for (settings, words) in [
        (
            "urls = \"canary\"".to_owned(),
            ["[notify] has \"urls\"", "[[notify.webhooks]]"],
        ),
        (
            format!("[webhooks]\n{good}"),
            ["no list of tables", "two brackets"],
        ),
        (
            hook(&format!("{good}privat = true")),
            ["number 1: unknown field `privat`", "`private`"],
        ),
        (
            hook("url = \"https://example.org\""),
            ["name is \"\"", "team-slack"],
        ),
        (hook("name = \"a b\""), ["\"a b\"", "1 to 64"]),
        (hook("name = \"a\""), ["a: there is no url", "url_file"]),
        (
            hook("name = \"a\"\nurl = \"canary\""),
            ["its url cannot be used", "https://HOST/PATH"],
        ),
        (
            hook("name = \"a\"\nurl = \"http://example.org/canary\""),
            ["http://", "private = true"],
        ),
        (
            hook("name = \"a\"\nurl = \"https://127.0.0.1/canary\""),
            ["127.0.0.1, which is loopback", "private = true"],
        ),
        (
            hook("name = \"a\"\nurl = \"https://2130706433/canary\""),
            ["127.0.0.1, which is loopback", "private = true"],
        ),
        (
            hook("name = \"a\"\nurl = \"https://[::ffff:10.0.0.1]/canary\""),
            ["which is private", "private = true"],
        ),
        (
            hook("name = \"a\"\nurl = \"https://localhost/canary\""),
            ["localhost, which is loopback", "private = true"],
        ),
        (
            hook("name = \"a\"\nurl_file = \"missing\""),
            ["url_file", "missing cannot be read"],
        ),
        (
            hook(&format!("{good}shape = \"irc\"")),
            ["\"irc\"", "json, ntfy, slack, teams, discord, telegram"],
        ),
        (
            hook(&format!("{good}events = [\"lunch\"]")),
            ["\"lunch\"", "handover_waiting, question_waiting"],
        ),
        (
            hook(&format!("{good}events = []")),
            ["events is empty", "handover_waiting"],
        ),
        (
            hook(&format!("{good}projects = []")),
            ["projects is empty", "names of projects"],
        ),
        (
            hook(&format!("{good}secret_file = \"short\"")),
            ["secret_file has 6 bytes", "16 to 1024"],
        ),
        (
            hook(&format!("{good}secret_env = \"STAFFEL_NOT_SET\"")),
            ["STAFFEL_NOT_SET", "secret_file"],
        ),
        (
            hook(&format!("{good}secret = \"canary\"")),
            ["number 1", "unknown field `secret`"],
        ),
        (
            hook(&format!("{good}shape = \"telegram\"")),
            ["Telegram", "/sendMessage"],
        ),
        (hook(&format!("{good}chat = \"1\"")), ["chat", "telegram"]),
        (
            hook(
                "name = \"a\"\nurl = \"https://api.telegram.org/botcanary/sendMessage\"\nshape = \"telegram\"",
            ),
            ["chat is missing", "-1001234567890"],
        ),
        (
            hook("name = \"a\"\nurl = \"https://ntfy.sh/\"\nshape = \"ntfy\""),
            ["no topic", "https://ntfy.sh/"],
        ),
        (
            format!("{}{}", hook(good), hook(good)),
            ["\"a\" twice", "its own"],
        ),
    ] {
        let error = checked(&settings, folder.path()).expect_err(&settings);
        let complaint = format!("{error:#}");
        for word in words {
            assert!(complaint.contains(word), "{word:?} in {complaint:?}");
        }
        assert!(!complaint.contains("canary"), "{complaint}");
    }
    let config = checked(&hook(good), folder.path()).expect("good settings");
    assert!(!format!("{config:?}").contains("canary"), "{config:?}");
    let table: NotifyTable = toml::from_str(&hook(good)).expect("TOML");
    assert!(!format!("{table:?}").contains("canary"), "{table:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_test_says_what_the_receiver_answers_without_its_address() {
    let fake = Fake::start([
        Reply::Echo(200),
        Reply::Echo(404),
        Reply::Redirect("/".to_owned()),
    ])
    .await;
    let folder = data_folder();
    let file = folder.path().join("settings.toml");
    let webhook = fake
        .webhook("canary-path", "")
        .replace("[[webhooks]]", "[[notify.webhooks]]");
    fs::write(&file, webhook.replace("\"canary-path\"", "\"team\"")).expect("a file");
    let test = |name: &'static str| {
        let file = file.clone();
        tokio::task::spawn_blocking(move || {
            let mut command: Command = User::new().program();
            command.args(["notify", "test", name, "--config"]).arg(file);
            command.current_dir("/");
            said(&mut command)
        })
    };
    let good = test("team").await.expect("no panic").done();
    assert_eq!(
        good,
        "team took the test message. It answered 200 OK: Cannot POST /…\n"
    );
    assert_eq!(fake.got()[0].json()["event"], "test");
    let gone = test("team").await.expect("no panic");
    assert!(!gone.stderr.contains("canary"), "{}", gone.stderr);
    gone.complains(&["team did not take", "404 Not Found: Cannot POST /…"]);
    test("team")
        .await
        .expect("no panic")
        .complains(&["307", "redirects are not followed"]);
    test("other")
        .await
        .expect("no panic")
        .complains(&["no webhook \"other\"", "team"]);
}
