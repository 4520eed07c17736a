//! People: who may do what, under which names; and, in the files beside this one, how one comes in and what is noted of it.

mod audit;
mod proofs;
mod signing_in;
mod tokens;

use reqwest::Method;
use serde_json::{Value, json};
use server::{
    people::{Confirm, ConfirmBy},
    storage::Place,
};
use sha2::{Digest, Sha256};

use crate::support::{Answer, Api, Server};

/// A code that signs somebody in, put into the registry as a command would.
fn code(place: &Place, text: &str, person: Option<&str>, good_for: i64) {
    use server::registry::{CodeFor, StoredCode};
    let store = place.people().expect("a registry");
    let at = domain::Timestamp::from_millis(server::relay::now().millis());
    let code = StoredCode {
        hash: Sha256::digest(text).into(),
        purpose: person.map_or(CodeFor::First, |name| CodeFor::Person(name.to_owned())),
        expires: domain::Timestamp::from_millis(at.millis() + good_for),
    };
    assert!(store.put_code(&code, at, 50).expect("a write"));
}

async fn sign_in(api: &Api, code: &str) -> Answer {
    api.post("/api/session", &json!({"code": code})).await
}

fn cookie(answer: &Answer) -> String {
    let cookie = answer.header("set-cookie");
    for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=7776000"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    cookie.split(';').next().unwrap_or_default().to_owned()
}

async fn send_as(api: &Api, cookie: &str, method: Method, path: &str, body: &Value) -> Answer {
    let headers = [
        ("content-type", "application/json"),
        ("cookie", cookie),
        ("sec-fetch-site", "same-origin"),
    ];
    api.send(method, path, &headers, body.to_string()).await
}

/// A server where a PIN confirms decisions, in this phase or in all.
async fn confirming(phase: Option<&str>) -> Server {
    let phases = phase.map(|phase| [phase.to_owned()].into());
    let by = Some(ConfirmBy::Pin);
    Server::with(|config| config.confirm = Confirm { by, phases }).await
}

/// Sets a PIN or a password of the owner.
async fn set(api: &Api, kind: &str, secret: &str) -> Answer {
    let path = format!("/api/people/me/secrets/{kind}");
    api.post_as_person(&path, &json!({"secret": secret})).await
}

async fn confirmed_by(api: &Api, pin: &str) -> Answer {
    api.post_as_person("/api/session/confirmation", &json!({"pin": pin}))
        .await
}

#[tokio::test]
async fn roles_are_what_the_table_says_and_the_last_owner_stays() {
    let server = Server::start().await;
    let api = &server.api;
    let mut cookies = vec![];
    for role in ["viewer", "reviewer"] {
        let added = api
            .post_as_person("/api/people", &json!({"name": role, "role": role}))
            .await;
        assert_eq!(added.status, 201, "{added:?}");
        let link = added.json()["link"].as_str().expect("a link").to_owned();
        let (_, code) = link.split_once("/sign-in#code=").expect("a code");
        cookies.push(cookie(&sign_in(api, code).await));
    }
    let archive = json!({"pipelines": []});
    let tries = [
        ("/api/pipelines/archive", &archive, [403, 200, 200]),
        ("/api/people/viewer", &json!({}), [403, 403, 200]),
        ("/api/people/viewer/link", &json!({}), [201, 403, 201]),
        ("/api/people/Owner/link", &json!({}), [403, 403, 201]),
    ];
    for (path, body, wanted) in tries {
        for (cookie, wanted) in cookies.iter().zip(wanted) {
            let answer = send_as(api, cookie, Method::POST, path, body).await;
            assert_eq!(answer.status, wanted, "{path} {answer:?}");
        }
        assert_eq!(
            api.post_as_person(path, body).await.status,
            wanted[2],
            "{path}"
        );
        assert_eq!(api.post(path, body).await.status, 401, "{path}");
    }
    for change in [json!({"role": "reviewer"}), json!({"disabled": true})] {
        let answer = api.post_as_person("/api/people/Owner", &change).await;
        assert_eq!(answer.status, 409, "{answer:?}");
        assert!(answer.text.contains("last owner"), "{answer:?}");
    }
    api.post_as_person("/api/people/viewer", &json!({"disabled": true}))
        .await
        .ok();
    let kept_out = send_as(api, &cookies[0], Method::GET, "/api/session", &json!({})).await;
    assert_eq!(kept_out.ok()["person"], Value::Null);
    for name in ["OWNER", "Оwner", "viewer "] {
        let taken = api
            .post_as_person("/api/people", &json!({"name": name, "role": "viewer"}))
            .await;
        assert_eq!(taken.status, 409, "{name}: {taken:?}");
    }
}

#[tokio::test]
async fn names_are_written_one_way_and_me_is_nobodys() {
    let server = Server::start().await;
    let api = &server.api;
    let add = async |name: &str| {
        api.post_as_person("/api/people", &json!({"name": name, "role": "viewer"}))
            .await
    };
    let added = add(" Anna ").await;
    assert_eq!(added.status, 201, "{added:?}");
    assert!(added.json()["link"].is_string());
    for name in ["me", "ME", "m\u{435}"] {
        let answer = add(name).await;
        assert_eq!(answer.status, 409, "{name}: {answer:?}");
    }
}

#[tokio::test]
async fn where_reading_needs_a_sign_in_nobody_reads_without_one() {
    let server = Server::with(|config| config.reading = server::config::Reading::SignIn).await;
    let api = &server.api;
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "list_pipelines", "arguments": {}}});
    let headers = [("accept", "application/json, text/event-stream")];
    for (path, wanted) in [
        ("/api/pipelines", 401),
        ("/sse", 401),
        ("/metrics", 401),
        ("/", 303),
        ("/sign-in", 200),
        ("/health/live", 200),
        ("/health/ready", 200),
    ] {
        assert_eq!(api.get(path).await.status, wanted, "{path}");
    }
    let answer = api.post_with("/mcp", &headers, &call).await;
    assert_eq!(answer.status, 401, "{answer:?}");
    let long = json!({"code": "x".repeat(20_000)});
    assert_eq!(api.post("/api/session", &long).await.status, 413);
    let [cookie, _] = api.session();
    let page = api.send(Method::GET, "/", &[cookie], "").await;
    assert_eq!(page.status, 200, "{page:?}");
}
