//! A prompt before it leaves, over HTTP: who sees it, who changes it, and when agents get it.

use std::fs;

use axum::http::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Api, Server, data_folder, until};

/// A pipeline whose first phase is accepted, and its prompt for the second.
async fn accepted(api: &Api, content: &str) -> (String, String) {
    let pipeline = api.start("shop").await;
    let handover = api.hand_over(&pipeline, content).await;
    let note = "Mind the tests.";
    api.decide(&handover, 1, "accept", note).await.ok();
    let prompt = format!("/api/pipelines/{pipeline}/prompts/{pipeline}-p1");
    until("the prompt", async || {
        api.get_as_person(&prompt).await.status == 200
    })
    .await;
    (pipeline, prompt)
}

async fn act(api: &Api, prompt: &str, what: &str, body: Value) -> Answer {
    api.post_as_person(&format!("{prompt}/{what}"), &body).await
}

/// Whether this is the answer to something that somebody else has to do first.
#[track_caller]
fn refused(answer: Answer, status: u16, words: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert!(answer.text.contains(words), "{words:?} in {}", answer.text);
}

async fn hold(api: &Api, pipeline: &str, phases: &[&str]) -> Answer {
    let mut headers = vec![("content-type", "application/json")];
    headers.extend(api.session());
    let body = json!({ "phases": phases }).to_string();
    let path = format!("/api/pipelines/{pipeline}/held-phases");
    api.send(Method::PUT, &path, &headers, body).await
}

#[tokio::test]
async fn a_prompt_that_people_look_at_first_reaches_nobody_before() {
    let folder = data_folder();
    let server = Server::with(|config| {
        config.look_first = true;
        config.prompt_folder = Some(folder.path().to_owned());
    })
    .await;
    let api = &server.api;
    let mut stream = server.subscribe("").await;
    let (pipeline, prompt) = accepted(api, "# Plan").await;
    let summary = api.get(&format!("/api/pipelines/{pipeline}")).await.ok();
    assert_eq!(summary["baton"], "person");
    assert_eq!(summary["prompt"]["held"], "to_look");

    let next = format!("/api/pipelines/{pipeline}/prompts/next");
    refused(api.get(&prompt).await, 409, "looks at it");
    refused(api.get(&next).await, 409, "looks at it");
    let pick_up = api.post(&format!("{prompt}/pickup"), &json!({})).await;
    refused(pick_up, 409, "looks at the prompt");
    let offer = json!({"via": "copy"});
    refused(act(api, &prompt, "offers", offer).await, 409, "looks at");
    let seen = api.get_as_person(&prompt).await.ok();
    assert_eq!(seen["links"], json!([]), "a link would take it along");

    let text = seen["prompt"].as_str().expect("a text");
    let mine = format!("{text}\n\nUse the branch `sync`.");
    let written = act(api, &prompt, "versions", json!({"base": 1, "text": mine})).await;
    let written = written.ok();
    assert_eq!(
        (&written["version"], &written["held"]),
        (&json!(2), &json!("to_look"))
    );
    assert_eq!(written["writer"]["kind"], "person");
    let changes = api
        .get_as_person(&format!("{prompt}/changes?from=1&to=2"))
        .await
        .ok();
    let lines = changes["lines"].as_array().expect("lines");
    let added: Vec<_> = lines
        .iter()
        .filter(|line| line["change"] == "added")
        .collect();
    assert!(
        added
            .iter()
            .any(|line| line["text"] == "Use the branch `sync`."),
        "{changes}"
    );

    let late = act(
        api,
        &prompt,
        "versions",
        json!({"base": 1, "text": "Mine!"}),
    )
    .await;
    refused(late, 409, "not lost");
    let unseen = act(api, &prompt, "send", json!({"version": 1})).await;
    refused(unseen, 409, "Version 1");
    let first = api.get_as_person(&format!("{prompt}?version=1")).await.ok();
    assert_eq!(first["prompt"], text);
    refused(
        api.get_as_person(&format!("{prompt}?version=3")).await,
        404,
        "1 to 2",
    );
    assert!(!folder.path().join("latest_prompt.md").exists());

    act(api, &prompt, "send", json!({"version": 2})).await.ok();
    let streamed = stream.through("cursor_prompt").await;
    let streamed = streamed.last().expect("the prompt").json();
    assert_eq!(streamed["prompt"], mine);
    let sent: Vec<_> = stream
        .body
        .windows(13)
        .filter(|part| part == b"cursor_prompt")
        .collect();
    assert_eq!(sent.len(), 1, "it went once");
    assert_eq!(api.get(&next).await.ok()["prompt"], mine);
    until("the file", async || {
        folder.path().join("latest_prompt.md").exists()
    })
    .await;
    let file = fs::read_to_string(folder.path().join("latest_prompt.md")).expect("the file");
    assert_eq!(file, mine);

    api.post(&format!("{prompt}/pickup"), &json!({})).await.ok();
    let late = act(
        api,
        &prompt,
        "versions",
        json!({"base": 2, "text": "Stop."}),
    )
    .await;
    refused(late, 409, "note");
}

#[tokio::test]
async fn people_choose_for_each_phase_and_change_what_is_on_its_way() {
    let server = Server::start().await;
    let api = &server.api;
    let (pipeline, prompt) = accepted(api, "# Plan").await;
    let agent = api.get(&prompt).await.ok();
    assert_eq!(agent["held"], Value::Null);
    // It was out for a moment: back it comes.
    let rewritten = act(
        api,
        &prompt,
        "rewrite",
        json!({"base": 1, "hint": "name the files"}),
    )
    .await;
    let rewritten = rewritten.ok();
    let text = rewritten["prompt"].as_str().expect("a text");
    assert!(text.contains("name the files"), "{text}");
    assert_eq!(rewritten["held"], "changed");
    assert_eq!(rewritten["versions"][1]["hint"], "name the files");
    refused(api.get(&prompt).await, 409, "looks at it");
    let back = act(api, &prompt, "current", json!({"version": 1}))
        .await
        .ok();
    assert_eq!(back["prompt"], agent["prompt"]);
    act(api, &prompt, "send", json!({"version": 1})).await.ok();
    assert_eq!(api.get(&prompt).await.ok()["prompt"], agent["prompt"]);

    refused(hold(api, &pipeline, &["NOPE"]).await, 409, "NOPE");
    hold(api, &pipeline, &["PLAN", "create"]).await.ok();
    let detail = api.get(&format!("/api/pipelines/{pipeline}")).await.ok();
    assert_eq!(detail["held_phases"], json!(["PLAN", "CREATE"]));

    let nobody = act(api, &prompt, "cold-read", json!({})).await;
    refused(nobody, 409, "No model is configured");
    let unknown = json!({"base": 1, "writer": "gpt-9"});
    refused(
        act(api, &prompt, "rewrite", unknown).await,
        404,
        "Allowed: template",
    );
    let writers = api.get_as_person("/api/prompt-writers").await.ok();
    assert_eq!(writers["models"], json!([]));
    let preview = format!("/api/pipelines/{pipeline}/prompts/preview");
    let shown = api
        .post_as_person(
            &preview,
            &json!({"template": "Do {{ phase }}: {{ review_changes }}"}),
        )
        .await;
    assert_eq!(shown.ok()["prompt"], "Do PLAN: Mind the tests.");
    let wrong = api
        .post_as_person(&preview, &json!({"template": "a\n{% if %}"}))
        .await;
    refused(wrong, 422, "template:2");
}

#[tokio::test]
async fn what_may_be_a_secret_waits_for_a_person_who_masks_it_or_sends_it() {
    let server = Server::start().await;
    let api = &server.api;
    let token = format!("ghp_{}", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8");
    let (first, cut) = token.split_at(12);
    let content = format!("# Uses {token}\n\nand {first}\n{cut}, in two lines");
    let (_, prompt) = accepted(api, &content).await;
    let seen = api.get_as_person(&prompt).await.ok();
    assert_eq!(seen["held"], "secrets");
    let secrets = seen["secrets"].as_array().expect("places");
    assert_eq!(secrets.len(), 2, "{seen}");
    assert!(
        !secrets
            .iter()
            .any(|place| place.to_string().contains("ghp_"))
    );
    let masked = act(api, &prompt, "mask", json!({"base": 1})).await.ok();
    assert_eq!(masked["secrets"], Value::Null, "{masked}");
    act(api, &prompt, "send", json!({"version": 2})).await.ok();
    let sent = api.get(&prompt).await.ok();
    let text = sent["prompt"].as_str().expect("a text");
    assert!(
        text.contains("[masked: GitHub") && !text.contains("ghp_"),
        "{text}"
    );

    let (pipeline, prompt) = accepted(api, &content).await;
    act(api, &prompt, "send", json!({"version": 1})).await.ok();
    let sent = api.get(&prompt).await.ok();
    assert!(
        sent["prompt"].as_str().expect("a text").contains(&token),
        "a person said so"
    );
    let handover = format!("/api/pipelines/{pipeline}/handovers/{pipeline}-h1");
    let agent = api.get(&handover).await.ok();
    assert!(!agent.to_string().contains("ghp_"), "{agent}");
    let person = api.get_as_person(&handover).await.ok();
    assert_eq!(person["content"], json!(content.trim()));
    assert_eq!(person["secrets"][0]["line"], 1);
}
