//! The writing model, played by a small server: what it answers becomes the prompt, and what it does not, does not.

use std::{
    collections::VecDeque,
    fs,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use serde_json::{Value, json};
use server::prompt::ModelConfig;
use tokio::{net::TcpListener, task::JoinHandle};

use crate::support::{Server, until};

/// What the key looks like; must be found nowhere.
const KEY: &str = "sk-canary-7d1f0c3b9a";

/// What the fake model answers: status, body, and how long it thinks.
type Reply = (u16, String, Duration);

#[derive(Clone, Default)]
struct Fake {
    replies: Arc<Mutex<VecDeque<Reply>>>,
    asked: Arc<Mutex<Vec<(String, Value)>>>,
}

impl Fake {
    /// A model that answers like this: it, the address of its API, and what ends it.
    async fn play(replies: Vec<Reply>) -> (Self, String, JoinHandle<()>) {
        let fake = Self::default();
        *fake.replies.lock().expect("no panic") = replies.into();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base_url = format!("http://{}/v1", listener.local_addr().expect("the address"));
        let router = Router::new()
            .route("/v1/chat/completions", post(Self::answer))
            .with_state(fake.clone());
        let playing = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        (fake, base_url, playing)
    }

    async fn answer(
        State(fake): State<Self>,
        headers: HeaderMap,
        body: String,
    ) -> (StatusCode, String) {
        let authorization = headers
            .get("authorization")
            .and_then(|value| value.to_str().ok());
        let asked = (
            authorization.unwrap_or_default().to_owned(),
            serde_json::from_str(&body).unwrap_or_default(),
        );
        fake.asked.lock().expect("no panic").push(asked);
        let reply = fake.replies.lock().expect("no panic").pop_front();
        let (status, body, thinks) =
            reply.unwrap_or((418, "nothing more to say".to_owned(), Duration::ZERO));
        tokio::time::sleep(thinks).await;
        (StatusCode::from_u16(status).expect("a status"), body)
    }
}

fn at_once(status: u16, body: impl Into<String>) -> Reply {
    (status, body.into(), Duration::ZERO)
}

/// A good answer in the form of the API.
fn writes(text: &str) -> Reply {
    let message = json!({"role": "assistant", "content": text});
    let choice = json!({"index": 0, "message": message, "finish_reason": "stop"});
    let body = json!({"id": "c1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]});
    at_once(200, body.to_string())
}

/// An error in the form of the API, with words that repeat the key as real ones do.
fn refuses(status: u16) -> Reply {
    let words = format!("Incorrect API key provided: {KEY}");
    let error = json!({"message": words, "type": "invalid_request_error", "param": null, "code": "invalid_api_key"});
    at_once(status, json!({"error": error}).to_string())
}

/// Plays up to the first prompt with a model that answers like this; gives the prompt and what the model was asked.
async fn prompt_with(replies: Vec<Reply>) -> (Value, Vec<(String, Value)>) {
    let (fake, base_url, playing) = Fake::play(replies).await;
    let prompt = prompt_from(base_url).await;
    playing.abort();
    let asked = fake.asked.lock().expect("no panic").clone();
    (prompt, asked)
}

async fn prompt_from(base_url: String) -> Value {
    let server = Server::with(|config| {
        let (model, key, timeout) = (
            "gpt-canary".to_owned(),
            KEY.to_owned(),
            Duration::from_secs(1),
        );
        config.models = vec![ModelConfig {
            name: model.clone(),
            base_url,
            model,
            key,
            timeout,
        }];
    })
    .await;
    let api = &server.api;
    let mut stream = server.subscribe("").await;
    let pipeline = api.start("a").await;
    let handover = api.hand_over(&pipeline, "# Plan\n\nUse argon2.").await;
    let decided = api
        .decide(&handover, 1, "accept", "Name the parameters.")
        .await;
    assert_eq!(decided.status, 200, "nobody waits for the model");
    let seen = stream.through("cursor_prompt").await;
    let mut said = vec![decided.text];
    for path in [
        format!("/api/pipelines/{pipeline}"),
        format!("/api/pipelines/{pipeline}/events"),
        format!("/api/pipelines/{pipeline}/prompts/next"),
        "/api/pipelines".to_owned(),
        "/api/status".to_owned(),
        "/api/openapi.json".to_owned(),
        "/health".to_owned(),
        "/".to_owned(),
    ] {
        said.push(api.get(&path).await.text);
    }
    assert!(
        said.iter().all(|text| !text.contains(KEY)),
        "the key is in an answer: {said:?}"
    );
    assert!(!has_key(&stream.body), "the key is in the stream");
    for file in fs::read_dir(server.data.path()).expect("the data") {
        let file = file.expect("a file").path();
        assert!(
            !has_key(&fs::read(&file).expect("its bytes")),
            "the key is in {}",
            file.display()
        );
    }
    let prompt = api.prompt(&pipeline, 1).await;
    assert_eq!(
        seen.last().map(|event| event.json()["prompt"].clone()),
        Some(prompt["prompt"].clone())
    );
    prompt
}

fn has_key(bytes: &[u8]) -> bool {
    bytes
        .windows(KEY.len())
        .any(|window| window == KEY.as_bytes())
}

/// Checks that the template wrote, and that it says why the model did not.
#[track_caller]
fn template_because(prompt: &Value, why: &str) {
    let writer = &prompt["writer"];
    assert_eq!(writer["kind"], "template", "{writer}");
    let said = writer["why"].as_str().unwrap_or_default();
    assert!(
        said.starts_with("gpt-canary did not write: ") && said.contains(why),
        "{why:?} in {said:?}"
    );
    assert!(
        prompt["prompt"]
            .as_str()
            .is_some_and(|text| text.contains("Name the parameters."))
    );
}

#[tokio::test]
async fn what_the_model_writes_is_the_prompt() {
    let (prompt, asked) =
        prompt_with(vec![writes("\n## 🎯 Goal\u{1b}[0m\u{200b}\n\nArgon2.\n")]).await;
    assert_eq!(
        prompt["prompt"], "## 🎯 Goal[0m\n\nArgon2.",
        "without what a reader cannot see"
    );
    assert_eq!(
        (&prompt["writer"]["kind"], &prompt["writer"]["name"]),
        (&json!("model"), &json!("gpt-canary"))
    );
    assert!(prompt["writer"]["why"].is_null());
    assert_eq!(asked.len(), 1);
    let (authorization, request) = &asked[0];
    assert_eq!(authorization, &format!("Bearer {KEY}"));
    assert_eq!(request["model"], "gpt-canary");
    let text = request["messages"].to_string();
    assert!(!text.contains(KEY));
    for known in ["Use argon2.", "Name the parameters.", "acknowledge_prompt"] {
        assert!(text.contains(known), "{known}");
    }
}

#[tokio::test]
async fn two_failures_are_tried_again() {
    let (prompt, asked) = prompt_with(vec![refuses(500), refuses(500), writes("At last.")]).await;
    assert_eq!(prompt["prompt"], "At last.", "{}", prompt["writer"]);
    assert_eq!(prompt["writer"]["kind"], "model");
    assert_eq!(asked.len(), 3);
}

#[tokio::test]
async fn three_failures_are_enough_and_the_template_writes() {
    let (prompt, asked) = prompt_with(vec![
        refuses(500),
        refuses(500),
        refuses(500),
        writes("Too late."),
    ])
    .await;
    template_because(&prompt, "500");
    assert_eq!(asked.len(), 3);
}

#[tokio::test]
async fn a_refused_key_is_not_tried_again_and_the_template_says_so() {
    let (prompt, asked) = prompt_with(vec![refuses(401)]).await;
    template_because(&prompt, "401");
    assert_eq!(asked.len(), 1);
}

#[tokio::test]
async fn a_model_that_thinks_too_long_is_not_waited_for() {
    let slow = || (200, String::new(), Duration::from_secs(60));
    let (prompt, _) = prompt_with(vec![slow(), slow(), slow()]).await;
    template_because(&prompt, "no answer within");
}

#[tokio::test]
async fn an_answer_that_is_no_prompt_is_not_used() {
    for (reply, why) in [
        (writes(""), "the answer was empty"),
        (writes(" \n\t"), "the answer was empty"),
        (
            at_once(
                200,
                r#"{"id":"c1","object":"chat.completion","created":1,"model":"m","choices":[]}"#,
            ),
            "empty",
        ),
        (writes(&"x".repeat(1024 * 1024 + 1)), "over 1 MiB"),
        (
            at_once(200, format!("<html>{KEY}")),
            "not in the form of the API",
        ),
        (at_once(400, format!("<html>{KEY}")), ""),
        (at_once(404, String::new()), ""),
    ] {
        let (prompt, _) = prompt_with(vec![reply]).await;
        template_because(&prompt, why);
    }
}

#[tokio::test]
async fn a_model_that_cannot_be_reached_is_named_without_its_address() {
    let free = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = free.local_addr().expect("the address");
    drop(free);
    let prompt = prompt_from(format!("http://{address}/v1")).await;
    template_because(&prompt, "cannot be reached");
    let why = prompt["writer"]["why"].as_str().unwrap_or_default();
    assert!(!why.contains("http"), "{why}");
}

/// A server with two models that answer like this, a pipeline, and the path of its first prompt.
async fn with_two_models(replies: Vec<Reply>, content: &str) -> (Server, Fake, String) {
    let (fake, base_url, _) = Fake::play(replies).await;
    let server = Server::with(|config| {
        let model = |name: &str| ModelConfig {
            name: name.to_owned(),
            base_url: base_url.clone(),
            model: format!("{name}-canary"),
            key: KEY.to_owned(),
            timeout: Duration::from_secs(5),
        };
        config.models = vec![model("large"), model("small")];
    })
    .await;
    let api = &server.api;
    let pipeline = api.start("a").await;
    let handover = api.hand_over(&pipeline, content).await;
    api.decide(&handover, 1, "accept", "Name the parameters.")
        .await
        .ok();
    let prompt = format!("/api/pipelines/{pipeline}/prompts/{pipeline}-p1");
    until("the prompt", async || {
        api.get_as_person(&prompt).await.status == 200
    })
    .await;
    (server, fake, prompt)
}

#[tokio::test]
async fn a_person_has_it_written_anew_by_a_model_of_choice_and_read_cold() {
    let (server, fake, prompt) = with_two_models(
        vec![
            writes("The first."),
            writes("Shorter."),
            refuses(401),
            writes("1. Which branch?\n2. Which port?"),
            writes("READY"),
            writes("OK"),
        ],
        "# Plan",
    )
    .await;
    let api = &server.api;
    let act = async |what: &str, body: Value| {
        api.post_as_person(&format!("{prompt}/{what}"), &body).await
    };
    let shorter = json!({"base": 1, "hint": "shorter", "writer": "small"});
    let written = act("rewrite", shorter).await.ok();
    assert_eq!(
        (&written["prompt"], &written["writer"]["name"]),
        (&json!("Shorter."), &json!("small"))
    );
    let asked = fake
        .asked
        .lock()
        .expect("no panic")
        .last()
        .expect("asked")
        .1
        .clone();
    assert_eq!(asked["model"], "small-canary");
    assert!(asked["messages"].to_string().contains("shorter"), "{asked}");

    let failed = act("rewrite", json!({"base": 2})).await;
    assert_eq!(failed.status, 502, "{failed:?}");
    for words in ["large did not answer", "401", "Nothing has changed"] {
        assert!(failed.text.contains(words), "{words} in {}", failed.text);
    }
    assert!(!failed.text.contains(KEY));
    let unchanged = api.get_as_person(&prompt).await.ok();
    assert_eq!(
        (&unchanged["version"], &unchanged["prompt"]),
        (&json!(2), &json!("Shorter."))
    );

    let cold = act("cold-read", json!({})).await.ok();
    assert_eq!(cold["ready"], false);
    assert_eq!(cold["questions"], json!(["Which branch?", "Which port?"]));
    assert_eq!(
        (&cold["version"], &cold["model"]),
        (&json!(2), &json!("large"))
    );
    assert_eq!(act("cold-read", json!({})).await.ok()["ready"], true);
    let writers = api.get_as_person("/api/prompt-writers").await.ok();
    assert_eq!(writers["models"], json!(["large", "small"]));
    let tested = api
        .post_as_person("/api/prompt-writers/small/test", &json!({}))
        .await
        .ok();
    assert_eq!(
        (&tested["model"], &tested["answer"]),
        (&json!("small"), &json!("OK"))
    );
}

#[tokio::test]
async fn models_that_hang_hold_up_nobody_and_no_more_than_two_are_asked_for_people() {
    let slow = || (200, String::new(), Duration::from_secs(60));
    let mut replies = vec![writes("The first.")];
    replies.extend((0..20).map(|_| slow()));
    let (server, _, prompt) = with_two_models(replies, "# Plan").await;
    let api = &server.api;
    let cold = format!("{prompt}/cold-read");
    let ask = async || api.post_as_person(&cold, &json!({})).await.status;
    let pipeline = prompt.split('/').nth(3).expect("the pipeline");
    let (first, second, third, _) =
        futures::future::join4(ask(), ask(), ask(), api.report(pipeline, "at work")).await;
    let mut statuses = [first, second, third];
    statuses.sort_unstable();
    assert_eq!(
        statuses,
        [429, 502, 502],
        "one too many, and two that were given up"
    );
}

#[tokio::test]
async fn a_model_never_sees_what_may_be_a_secret() {
    let secret = format!("ghp_{}", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8");
    let content = format!("# Plan\n\nUse {secret}.");
    let (server, fake, prompt) =
        with_two_models(vec![writes("Use the token."), writes("READY")], &content).await;
    server
        .api
        .post_as_person(&format!("{prompt}/cold-read"), &json!({}))
        .await
        .ok();
    let asked = fake.asked.lock().expect("no panic").clone();
    assert_eq!(asked.len(), 2);
    assert!(
        asked
            .iter()
            .all(|(_, request)| !request.to_string().contains("ghp_")),
        "{asked:?}"
    );
    assert!(
        asked[0].1.to_string().contains("[masked: GitHub"),
        "{asked:?}"
    );
    let seen = server.api.get(&prompt).await.ok();
    assert_eq!(seen["held"], Value::Null, "the model left it out");
}
