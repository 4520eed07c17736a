//! Tokens for the scripts of people, and what no script does.

use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{confirmed_by, confirming, set};
use crate::support::{Server, soon};

#[tokio::test]
async fn a_personal_token_acts_in_a_name_until_it_is_void() {
    let server = Server::start().await;
    let api = &server.api;
    let body = json!({"label": "nightly", "scope": "report", "days": 30});
    let made = api
        .post_as_person("/api/people/me/tokens", &body)
        .await
        .ok();
    let secret = made["secret"].as_str().expect("a token").to_owned();
    assert!(secret.starts_with("staffel_p_"), "{secret}");
    let bearer = format!("Bearer {secret}");
    let headers = [
        ("authorization", &*bearer),
        ("content-type", "application/json"),
    ];
    let me = api
        .send(Method::GET, "/api/session", &headers, "")
        .await
        .ok();
    assert_eq!(me["person"]["name"], "Owner");
    assert_eq!(me["person"]["device"], Value::Null);
    let started = json!({"project": "a", "title": "t"}).to_string();
    let started = api
        .send(Method::POST, "/api/pipelines", &headers, started)
        .await
        .ok();
    assert!(started["pipeline"].is_string(), "{started}");
    // It must not become more than it is: no link, no PIN, no token of its own.
    let token = json!({"label": "a", "scope": "report", "days": 1});
    for (path, body) in [
        ("me/link", &json!({})),
        ("me/secrets/pin", &json!({"secret": "314159"})),
        ("me/tokens", &token),
        ("Owner/link", &json!({})),
    ] {
        let path = format!("/api/people/{path}");
        let answer = api
            .send(Method::POST, &path, &headers, body.to_string())
            .await;
        assert_eq!(answer.status, 403, "{path}: {answer:?}");
    }
    // Nowhere but in the answer that made it.
    let listed = api.get_as_person("/api/people/me/credentials").await;
    assert!(!listed.text.contains(&secret), "{listed:?}");
    let listed = listed.ok();
    assert_eq!(listed["tokens"][0]["label"], "nightly");
    let path = format!(
        "/api/people/me/tokens/{}",
        made["token"].as_str().expect("an id")
    );
    let gone = api.send(Method::DELETE, &path, &api.session(), "").await;
    assert_eq!(gone.status, 204, "{gone:?}");
    let refused = api.send(Method::GET, "/api/session", &headers, "").await;
    assert_eq!(refused.status, 401, "{refused:?}");
}

#[tokio::test]
async fn finishing_by_hand_is_a_decision_and_no_script_does_it() {
    let server = confirming(None).await;
    let api = &server.api;
    let pipeline = api.start("a").await;
    let path = format!("/api/pipelines/{pipeline}/finish");
    let body = json!({"outcome": "cancelled"});
    let refused = api.post_as_person(&path, &body).await;
    assert_eq!(refused.json()["type"], "urn:staffel:problem:pin-needed");
    set(api, "pin", "314159").await;
    confirmed_by(api, "314159").await;
    let token = json!({"label": "a", "scope": "report", "days": 1});
    let token = api
        .post_as_person("/api/people/me/tokens", &token)
        .await
        .ok();
    let bearer = format!("Bearer {}", token["secret"].as_str().expect("a token"));
    let headers = [("authorization", &*bearer)];
    let refused = api.post_with(&path, &headers, &body).await;
    assert_eq!(refused.status, 403, "{refused:?}");
    let refused = api.post_with("/mcp", &headers, &json!({})).await;
    assert_eq!(
        refused.json()["type"],
        "urn:staffel:problem:token-of-a-person"
    );
    api.post_as_person(&path, &body).await.ok();
}

#[tokio::test]
async fn what_a_token_has_open_ends_with_it() {
    let server = Server::start().await;
    let api = &server.api;
    let token = protocol::PersonalToken::from_bytes([7; protocol::PersonalToken::BYTES]);
    let at = server::relay::now();
    let stored = server::registry::StoredToken {
        id: token.id().to_owned(),
        hash: Sha256::digest(token.reveal()).into(),
        person: "Owner".to_owned(),
        label: "a".to_owned(),
        scope: protocol::Scope::Read,
        added: at,
        expires: domain::Timestamp::from_millis(at.millis() + 6_000),
        used: None,
    };
    let store = server.place.people().expect("a registry");
    assert!(store.add_token(&stored, 5).expect("a write"));
    let stream = reqwest::Client::new()
        .get(format!("http://{}/sse", api.address))
        .header("authorization", format!("Bearer {}", token.reveal()))
        .send()
        .await
        .expect("a stream");
    assert_eq!(stream.status(), 200);
    // It ends: the test would wait for ever for a stream that goes on.
    let _ = soon("the end of the stream", stream.bytes()).await;
    assert!(server::relay::now() >= stored.expires);
}
