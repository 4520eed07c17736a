//! People who are told where they are: by messages to their browsers and by e-mail, as they wish it.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, body::Bytes, extract::State, http::HeaderMap, http::StatusCode};
use reqwest::Method;
use serde_json::{Value, json};
use server::notify::{MailConfig, check_address};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

use crate::support::{Api, Server, let_pass, on_postgres, until};

type Got = Arc<Mutex<Vec<(HeaderMap, Bytes)>>>;

/// A push service of this machine: its host, and what came.
async fn push_service() -> (String, Got) {
    let got = Got::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let host = listener.local_addr().expect("the address").to_string();
    let take = async |State(got): State<Got>, headers: HeaderMap, body: Bytes| {
        got.lock().expect("no panic").push((headers, body));
        StatusCode::CREATED
    };
    let router = Router::new().fallback(take).with_state(Arc::clone(&got));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (host, got)
}

/// The keys of the example in RFC 8291, appendix A.
fn subscription(host: &str) -> Value {
    json!({
        "endpoint": format!("http://{host}/browser"),
        "expirationTime": null,
        "keys": {
            "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
            "auth": "BTBZMqHH6r4Tts7J_aSIgg",
        },
    })
}

async fn server(host: &str) -> Server {
    let host = host.to_owned();
    let server = Server::with(|config| {
        config.notify.push.private_hosts = [host.clone()].into();
        config.notify.first_pause = Duration::from_millis(10);
    })
    .await;
    let subscribed = server
        .api
        .post_as_person("/api/people/me/push", &subscription(&host))
        .await;
    assert_eq!(subscribed.status, 204, "{subscribed:?}");
    server
}

async fn wish(api: &Api, wishes: &Value) {
    let answer = api
        .post_as_person("/api/people/me/notifications", wishes)
        .await;
    assert_eq!(answer.status, 204, "{answer:?}");
}

fn count(got: &Got) -> usize {
    got.lock().expect("no panic").len()
}

#[tokio::test]
async fn a_browser_is_told_once_of_what_its_person_wants_to_hear() {
    let (host, got) = push_service().await;
    let server = server(&host).await;
    let api = &server.api;
    wish(
        api,
        &json!({"events": ["handover_waiting"], "projects": ["shop"]}),
    )
    .await;
    let other = api.start("other").await;
    api.hand_over(&other, "Plan.").await;
    let shop = api.start("shop").await;
    let handover = api.hand_over(&shop, "Plan.").await;
    until("the browser is told", async || count(&got) == 1).await;
    let topic = |at: usize| got.lock().expect("no panic")[at].0["topic"].clone();
    // A newer revision is told, and what waited before is taken back.
    api.revise(&shop, 2, "A better plan.").await;
    until("both are told", async || count(&got) == 3).await;
    api.decide(&handover, 2, "accept", "").await.ok();
    until("it is taken back", async || count(&got) == 4).await;
    assert!([topic(1), topic(2)].contains(&topic(3)));
    assert!([topic(1), topic(2)].contains(&topic(0)));
    let_pass(Duration::from_millis(200)).await;
    assert_eq!(count(&got), 4, "nothing of the other project");
    // Whoever is signed out is told nothing.
    let headers = api.session();
    let gone = api
        .send(Method::DELETE, "/api/people/me/push", &headers, "")
        .await;
    assert_eq!(gone.status, 204);
    let again = api.start("shop").await;
    api.hand_over(&again, "Plan.").await;
    let_pass(Duration::from_millis(200)).await;
    assert_eq!(count(&got), 4);
}

#[tokio::test]
async fn quiet_hours_keep_what_comes_and_a_reminder_waits_its_time() {
    if on_postgres() {
        return; // it looks into the file
    }
    let (host, got) = push_service().await;
    let server = server(&host).await;
    let api = &server.api;
    let all_day = json!({
        "events": ["handover_waiting"], "remind_minutes": 10,
        "quiet": {"from": 0, "to": 1439, "offset": 0},
    });
    // But for the minute of the day in which the night ends.
    let now = server::relay::now().millis() / 60_000 % 1_440;
    let ends = u16::try_from((now + 1_400) % 1_440).expect("a minute");
    let mut wishes = all_day.clone();
    wishes["quiet"] = json!({"from": (ends + 1) % 1_440, "to": ends, "offset": 0});
    wish(api, &wishes).await;
    let pipeline = api.start("a").await;
    let handover = api.hand_over(&pipeline, "Plan.").await;
    let data = server.data.path().to_owned();
    let waiting = || {
        let file = rusqlite::Connection::open(data.join("notices.db")).expect("the outbox");
        let mut rows = file
            .prepare("SELECT id, next - made FROM notice WHERE ended IS NULL ORDER BY id")
            .expect("a query");
        let rows = rows.query_map([], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?))
        });
        rows.expect("rows")
            .collect::<Result<Vec<_>, _>>()
            .expect("rows")
    };
    until("both wait", async || waiting().len() == 2).await;
    for (id, wait) in waiting() {
        assert!(wait > 23 * 3_600_000, "{id} waits {wait} ms");
    }
    assert_eq!(count(&got), 0);
    wish(
        api,
        &json!({"events": ["handover_waiting"], "remind_minutes": 10}),
    )
    .await;
    let next = api.start("b").await;
    api.hand_over(&next, "Plan.").await;
    until("it is told at once", async || count(&got) == 1).await;
    let reminder = waiting()
        .into_iter()
        .find(|(id, wait)| id.starts_with("again:") && *wait < 3_600_000);
    let (_, wait) = reminder.expect("a reminder");
    assert!((590_000..=610_000).contains(&wait), "{wait}");
    // What was never told is not taken back.
    api.decide(&handover, 1, "accept", "").await.ok();
    until("the withdrawal is dropped", async || {
        waiting().iter().all(|(id, _)| !id.starts_with("gone:"))
    })
    .await;
    assert_eq!(count(&got), 1);
}

#[tokio::test]
async fn wishes_and_subscriptions_have_bounds() {
    let (host, _) = push_service().await;
    let server = server(&host).await;
    let api = &server.api;
    for bad in [
        json!({"events": ["everything"]}),
        json!({"events": [], "remind_minutes": 0}),
        json!({"events": [], "quiet": {"from": 1440, "to": 0, "offset": 0}}),
        json!({"events": [], "quiet": {"from": 0, "to": 0, "offset": 900}}),
        json!({"events": [], "mail": "nobody"}),
        json!({"events": [], "projects": [""]}),
    ] {
        let answer = api
            .post_as_person("/api/people/me/notifications", &bad)
            .await;
        assert_eq!(answer.status, 422, "{bad}: {answer:?}");
    }
    for endpoint in [
        "http://127.0.0.1:1/x",
        "https://169.254.169.254/x",
        "https://localhost/x",
    ] {
        let mut body = subscription(&host);
        body["endpoint"] = endpoint.into();
        let answer = api.post_as_person("/api/people/me/push", &body).await;
        assert_eq!(answer.status, 422, "{endpoint}: {answer:?}");
        assert!(answer.text.contains("private_hosts"), "{answer:?}");
    }
    let read = api.get_as_person("/api/people/me/notifications").await.ok();
    assert_eq!(read["push"], true);
    assert_eq!(read["push_key"].as_str().expect("a key").len(), 87);
    let tried = api
        .post_as_person("/api/people/me/notifications/test", &json!({"way": "push"}))
        .await
        .ok();
    assert_eq!(tried["answer"], "201 Created");
    let mail = api
        .post_as_person("/api/people/me/notifications/test", &json!({"way": "mail"}))
        .await;
    assert_eq!(mail.status, 409, "{mail:?}");
    // The key stays when the server starts again: browsers have subscribed with it.
    let store = server.place.people().expect("a registry");
    let (kept, again) = (store.push_key([1; 32]), store.push_key([2; 32]));
    assert_eq!(kept.expect("a key"), again.expect("a key"));
}

/// A mail server that takes everything, and says what came.
async fn mail_server() -> (String, Arc<Mutex<Vec<String>>>) {
    let got = Arc::new(Mutex::new(Vec::new()));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("smtp://{}", listener.local_addr().expect("the address"));
    let mails = Arc::clone(&got);
    tokio::spawn(async move {
        while let Ok((peer, _)) = listener.accept().await {
            let mails = Arc::clone(&mails);
            tokio::spawn(async move { take_mail(peer, &mails).await });
        }
    });
    (url, got)
}

async fn take_mail(peer: TcpStream, mails: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let (reader, mut writer) = peer.into_split();
    let mut lines = BufReader::new(reader).lines();
    writer.write_all(b"220 test\r\n").await?;
    let mut text = None::<String>;
    while let Some(line) = lines.next_line().await? {
        let answer = match &mut text {
            Some(mail) if line == "." => {
                mails.lock().expect("no panic").push(std::mem::take(mail));
                text = None;
                "250 kept"
            }
            Some(mail) => {
                mail.push_str(&line);
                mail.push('\n');
                continue;
            }
            None if line.starts_with("DATA") => {
                text = Some(String::new());
                "354 go on"
            }
            None if line.starts_with("QUIT") => "221 bye",
            None => "250 yes",
        };
        writer.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
    Ok(())
}

#[tokio::test]
async fn e_mail_comes_to_whoever_wants_it() {
    let (url, got) = mail_server().await;
    let from = check_address("Staffel <staffel@example.org>").expect("an address");
    let server = Server::with(|config| config.notify.mail = Some(MailConfig { url, from })).await;
    let api = &server.api;
    wish(
        api,
        &json!({"events": ["handover_waiting", "pipeline_ended"], "mail": "anna@example.org"}),
    )
    .await;
    let tried = api
        .post_as_person("/api/people/me/notifications/test", &json!({"way": "mail"}))
        .await
        .ok();
    assert_eq!(tried["answer"], "kept");
    let pipeline = api.start("shop").await;
    api.hand_over(&pipeline, "The plan.\n\nAll of it.").await;
    let mails = || got.lock().expect("no panic").clone();
    until("it arrives", async || mails().len() == 2).await;
    let mail = mails().remove(1);
    for part in [
        "From: Staffel <staffel@example.org>",
        "To: anna@example.org",
        "Subject: A handover waits for you: shop's pipeline",
        "/pipelines/",
    ] {
        assert!(mail.contains(part), "{part}: {mail}");
    }
}
