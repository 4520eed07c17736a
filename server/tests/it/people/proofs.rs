//! What somebody proves herself or himself with: a PIN where a decision is confirmed, a password to come in.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{code, confirmed_by, confirming, cookie, set, sign_in};
use crate::support::{Server, until};

#[tokio::test]
async fn a_decision_is_confirmed_where_the_settings_say_so() {
    let server = confirming(Some("PLAN")).await;
    let api = &server.api;
    let pipeline = api.start("a").await;
    let plan = api.hand_over(&pipeline, "The plan").await;
    api.decide(&plan, 1, "accept", "").await.ok();
    api.prompt(&pipeline, 1).await;
    api.acknowledge(&pipeline, 1).await;
    let done = api.hand_over(&pipeline, "Done").await;
    let refused = api.decide(&done, 1, "accept", "").await;
    assert_eq!(refused.status, 403, "{refused:?}");
    assert_eq!(refused.json()["type"], "urn:staffel:problem:pin-needed");

    assert_eq!(confirmed_by(api, "314159").await.status, 401, "none is set");
    let short = set(api, "pin", "12345").await;
    assert_eq!(short.status, 422, "{short:?}");
    assert!(!short.text.contains("12345"), "{short:?}");
    let first = set(api, "pin", "314159").await;
    assert_eq!(first.status, 204, "{first:?}");
    // Whoever sits at the browser cannot replace it without it.
    let replaced = set(api, "pin", "271828").await;
    assert_eq!(replaced.status, 403, "{replaced:?}");
    assert_eq!(confirmed_by(api, "271828").await.status, 401);
    assert_eq!(api.decide(&done, 1, "accept", "").await.status, 403);
    assert_eq!(confirmed_by(api, "314159").await.status, 204);
    api.decide(&done, 1, "accept", "").await.ok();
    let read = api
        .get(&format!("/api/pipelines/{pipeline}/handovers/{done}"))
        .await
        .ok();
    assert_eq!(read["decision"]["proof"]["by"], "pin", "{read}");
    let credentials = api.get_as_person("/api/people/me/credentials").await.ok();
    assert_eq!(
        (
            credentials["pin"].as_bool(),
            credentials["password"].as_bool()
        ),
        (Some(true), Some(false))
    );
}

#[tokio::test]
async fn whoever_guesses_a_pin_waits_even_with_the_right_one() {
    let server = Server::start().await;
    let api = &server.api;
    set(api, "pin", "314159").await;
    let begun = Instant::now();
    let mut looked_at = 0;
    for guess in 0..20 {
        let answer = confirmed_by(api, &format!("{:06}", 200_000 + guess)).await;
        looked_at += usize::from(answer.status != 429);
    }
    let right = confirmed_by(api, "314159").await.status;
    let most = looked_at_within(begun.elapsed());
    assert!(looked_at <= most, "{looked_at} of 20, where {most} are due");
    assert!(right == 429 || looked_at < most, "{right}");
}

/// Most wrong guesses that are looked at within a time: six, and one more after each wait, the first of which is two
/// seconds.
fn looked_at_within(time: Duration) -> usize {
    let waits = (1..).scan(0, |sum, number| {
        *sum += 1_u64 << number;
        Some(Duration::from_secs(*sum))
    });
    6 + waits.take_while(|end| *end <= time).count()
}

#[tokio::test]
async fn a_framed_board_decides_nothing_unconfirmed() {
    let server = Server::start().await;
    let api = &server.api;
    let pipeline = api.start("a").await;
    let plan = api.hand_over(&pipeline, "The plan").await;
    let path = format!("/api/pipelines/{pipeline}/handovers/{plan}/decision");
    let body = json!({"decision": "accept", "revision": 1, "framed": true});
    let refused = api.post_as_person(&path, &body).await;
    assert_eq!(refused.status, 403, "{refused:?}");
    assert_eq!(refused.json()["type"], "urn:staffel:problem:pin-needed");
}

#[tokio::test]
async fn a_password_lets_in_and_guessing_one_is_slow() {
    let server = Server::start().await;
    let api = &server.api;
    let password = "correct horse battery";
    let first = set(api, "password", password).await;
    assert_eq!(first.status, 204, "{first:?}");
    let sign_in = async |name: &str, password: &str| {
        let body = json!({"name": name, "password": password});
        api.post("/api/session", &body).await
    };
    let signed_in = sign_in("Owner", password).await;
    assert_eq!(signed_in.status, 201, "{signed_in:?}");
    cookie(&signed_in);
    let begun = Instant::now();
    let mut refused = Vec::new();
    for guess in 0..8 {
        refused.push(
            sign_in("Owner", &format!("guess number {guess}"))
                .await
                .status,
        );
    }
    let right = sign_in("Owner", password).await.status;
    assert_eq!(refused[0], 401);
    let looked_at = refused.iter().filter(|status| **status == 401).count();
    let most = looked_at_within(begun.elapsed());
    assert!(looked_at <= most, "{refused:?}");
    assert!(right == 429 || looked_at < most, "{right}");
    let both = json!({"code": "a", "password": "b", "name": "Owner"});
    assert_eq!(api.post("/api/session", &both).await.status, 422);
}

#[tokio::test]
async fn what_lets_somebody_confirm_is_confirmed_itself() {
    let server = confirming(None).await;
    let api = &server.api;
    let person = json!({"name": "Robin", "role": "reviewer"});
    let token = json!({"label": "a", "scope": "report", "days": 1});
    let all = [
        ("/api/people", &person),
        ("/api/people/Owner", &json!({"role": "owner"})),
        ("/api/people/me/link", &json!({})),
        ("/api/people/me/tokens", &token),
    ];
    // Whoever has nothing yet to confirm with lets nobody in who could set it.
    for (path, body) in all {
        let answer = api.post_as_person(path, body).await;
        assert_eq!(answer.status, 403, "{path}: {answer:?}");
        assert!(
            answer.text.contains("nothing-to-confirm-with"),
            "{answer:?}"
        );
    }
    // A device that has been there for longer than a link is good sets no first PIN.
    let store = server.place.people().expect("a registry");
    let mut device = store.devices().expect("a read").remove(0);
    store.remove_device("Owner", &device.id).expect("a write");
    let fresh = device.added;
    device.added = domain::Timestamp::from_millis(fresh.millis() - 600_001);
    store.add_device(&device, 50).expect("a write");
    let set = async || set(api, "pin", "314159").await.status;
    let known = async |added: domain::Timestamp| {
        let devices = api.get_as_person("/api/people/me/devices").await;
        devices.json()["devices"][0]["added"] == added.to_string()
    };
    until("the registry is read", async || known(device.added).await).await;
    assert_eq!(set().await, 403);
    store.remove_device("Owner", &device.id).expect("a write");
    device.added = fresh;
    store.add_device(&device, 50).expect("a write");
    until("the registry is read", async || known(fresh).await).await;
    assert_eq!(set().await, 204);
    for (path, body) in all {
        let answer = api.post_as_person(path, body).await;
        assert_eq!(
            answer.json()["type"],
            "urn:staffel:problem:pin-needed",
            "{path}"
        );
    }
    assert_eq!(confirmed_by(api, "314159").await.status, 204);
    for (path, body) in all {
        let answer = api.post_as_person(path, body).await;
        assert!(answer.status < 300, "{path}: {answer:?}");
    }
}

#[tokio::test]
async fn many_guesses_at_once_are_no_more_than_one_after_the_other() {
    let server = Server::start().await;
    let api = &server.api;
    set(api, "password", "correct horse battery").await;
    let guesses = (0..100).map(|guess| {
        // Spaces and what nobody sees make no other name.
        let name = ["Owner", " Owner", "Owner "][guess % 3];
        let body = json!({"name": name, "password": format!("guess number {guess}")});
        async move { api.post("/api/session", &body).await.status }
    });
    let begun = Instant::now();
    let answers = futures::future::join_all(guesses).await;
    let looked_at = answers.iter().filter(|status| **status == 401).count();
    let most = looked_at_within(begun.elapsed());
    assert!(
        (1..=most).contains(&looked_at),
        "{looked_at} of {answers:?}"
    );
    assert!(
        answers
            .iter()
            .all(|status| [401, 429, 503].contains(status)),
        "{answers:?}"
    );
    // Codes have a count of their own.
    code(&server.place, "good", Some("Owner"), 600_000);
    assert_eq!(sign_in(api, "good").await.status, 201);
}
