//! People: signing in, who may do what, and what a device that is signed out may do no more.

use std::time::{Duration, Instant};

use protocol::Happened;
use reqwest::Method;
use serde_json::{Value, json};
use server::{
    people::{Confirm, ConfirmBy},
    registry::{Noted, PeopleStore, Sqlite},
    storage::Place,
};
use sha2::{Digest, Sha256};

use crate::support::{Answer, Api, Program, Server, data_folder, soon, until};

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

#[tokio::test]
async fn a_code_lets_in_once_and_nobody_after_it_expired() {
    let server = Server::start().await;
    let api = &server.api;
    for (text, good_for) in [("good", 600_000), ("late", 0)] {
        code(&server.place, text, Some("Owner"), good_for);
    }
    let first = sign_in(api, "good").await;
    assert_eq!(first.status, 201, "{first:?}");
    let session = cookie(&first);
    assert_eq!(first.json()["person"]["name"], "Owner");
    for bad in ["good", "late", "another", ""] {
        let answer = sign_in(api, bad).await;
        assert_eq!(answer.status, 401, "{bad}: {answer:?}");
        assert!(answer.text.contains("staffel people link"), "{answer:?}");
    }
    let me = send_as(api, &session, Method::GET, "/api/session", &json!({}))
        .await
        .ok();
    assert_eq!(me["person"]["role"], "owner");
    assert_eq!(api.get("/api/session").await.ok()["person"], Value::Null);
}

#[tokio::test]
async fn whoever_guesses_waits_and_the_right_code_still_lets_in() {
    let server = Server::start().await;
    code(&server.place, "right", Some("Owner"), 600_000);
    let mut told_to_wait = 0;
    for guess in 0..200 {
        let answer = sign_in(&server.api, &format!("guess {guess}")).await;
        assert!([401, 429].contains(&answer.status), "{answer:?}");
        if answer.status == 429 {
            assert!(
                answer
                    .header("retry-after")
                    .parse::<u64>()
                    .is_ok_and(|wait| wait > 0)
            );
            told_to_wait += 1;
        }
    }
    assert!(told_to_wait > 150, "{told_to_wait}");
    assert_eq!(sign_in(&server.api, "right").await.status, 201);
}

#[tokio::test]
async fn a_device_that_is_signed_out_is_nobody_and_its_stream_ends() {
    let server = Server::start().await;
    let api = &server.api;
    code(&server.place, "phone", Some("Owner"), 600_000);
    let phone = cookie(&sign_in(api, "phone").await);
    let devices = send_as(
        api,
        &phone,
        Method::GET,
        "/api/people/me/devices",
        &json!({}),
    )
    .await
    .ok();
    let devices = devices["devices"].as_array().expect("devices").clone();
    assert_eq!(devices.len(), 2);
    let current = devices
        .iter()
        .find(|device| device["current"] == true)
        .expect("this one");
    let stream = reqwest::Client::new()
        .get(format!("http://{}/sse", api.address))
        .header("cookie", &phone)
        .send()
        .await
        .expect("a stream");
    let path = format!(
        "/api/people/Owner/devices/{}",
        current["device"].as_str().expect("an id")
    );
    let headers = api.session();
    let gone = api.send(Method::DELETE, &path, &headers, "").await;
    assert_eq!(gone.status, 204, "{gone:?}");
    // It ends: the test would wait for ever for a stream that goes on.
    let _ = soon("the end of the stream", stream.bytes()).await;
    let me = send_as(api, &phone, Method::GET, "/api/session", &json!({}))
        .await
        .ok();
    assert_eq!(me["person"], Value::Null);
    let again = api.send(Method::DELETE, &path, &headers, "").await;
    assert_eq!(again.status, 404, "{again:?}");
}

#[tokio::test]
async fn a_request_with_a_cookie_says_which_page_sends_it() {
    let server = Server::start().await;
    let api = &server.api;
    let [cookie, _] = api.session();
    let body = json!({"pipelines": []});
    for headers in [
        vec![cookie],
        vec![cookie, ("sec-fetch-site", "same-site")],
        vec![cookie, ("sec-fetch-site", "cross-site")],
        vec![cookie, ("origin", "null")],
        vec![cookie, ("origin", "http://127.0.0.1:1")],
    ] {
        let answer = api
            .post_with("/api/pipelines/archive", &headers, &body)
            .await;
        assert_eq!(answer.status, 403, "{headers:?}: {answer:?}");
    }
    let own = format!("http://{}", api.address);
    for headers in [
        vec![cookie, ("origin", own.as_str())],
        api.session().to_vec(),
    ] {
        let answer = api
            .post_with("/api/pipelines/archive", &headers, &body)
            .await;
        assert_eq!(answer.status, 200, "{headers:?}: {answer:?}");
    }
}

#[tokio::test]
async fn a_strange_cookie_is_none() {
    let server = Server::start().await;
    let [(_, ours), _] = server.api.session();
    let (name, value) = ours.split_once('=').expect("a cookie");
    let long = format!("{name}={}", "x".repeat(50_000));
    for cookie in [
        format!("staffel_00000000={value}"),
        format!("{name}={value}x"),
        format!("{name}=test."),
        format!("{name}="),
        long,
        "; ;=;===".to_owned(),
    ] {
        let session = send_as(
            &server.api,
            &cookie,
            Method::GET,
            "/api/session",
            &json!({}),
        )
        .await;
        assert_eq!(session.ok()["person"], Value::Null, "{cookie:.40}");
    }
    let among = format!("a=b; {ours}; c=d");
    let session = send_as(&server.api, &among, Method::GET, "/api/session", &json!({})).await;
    assert_eq!(session.ok()["person"]["name"], "Owner");
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_start_prints_a_code_as_long_as_there_is_nobody_and_one_browser_becomes_the_owner() {
    let data = data_folder();
    let said = |data: &std::path::Path| Program::first_code(data);
    let (program, old) = said(data.path());
    let old = old.expect("nobody yet");
    program.stop();
    let (program, code) = said(data.path());
    let code = code.expect("nobody yet");
    assert_ne!(old, code);
    let api = program.api.clone();
    assert_eq!(
        sign_in(&api, &old).await.status,
        401,
        "the newest start counts"
    );
    assert_eq!(api.get("/api/session").await.ok()["nobody_yet"], true);
    let bad = api
        .post("/api/session", &json!({"code": code, "name": " \n"}))
        .await;
    assert_eq!(bad.status, 422, "{bad:?}");
    let both = [(); 8].map(|()| {
        let (api, code) = (api.clone(), code.clone());
        tokio::spawn(async move { sign_in(&api, &code).await.status })
    });
    let mut in_by_it = 0;
    for one in both {
        in_by_it += usize::from(one.await.expect("no panic") == 201);
    }
    assert_eq!(in_by_it, 1);
    until("somebody", async || {
        api.get("/api/session").await.ok()["nobody_yet"] == false
    })
    .await;
    program.stop();
    let (program, code) = said(data.path());
    assert_eq!(code, None);
    program.stop();
}

#[tokio::test]
async fn the_audit_says_who_did_what_from_where() {
    let server = Server::start().await;
    let api = &server.api;
    let added = api
        .post_as_person("/api/people", &json!({"name": "Anna", "role": "viewer"}))
        .await
        .ok();
    let link = added["link"].as_str().expect("a link").to_owned();
    let (_, code) = link.split_once("#code=").expect("a code");
    assert_eq!(sign_in(api, "guessed").await.status, 401);
    let anna = cookie(&sign_in(api, code).await);
    api.post_as_person("/api/people/Anna", &json!({"role": "reviewer"}))
        .await
        .ok();
    let pipeline = api.start("a").await;
    let handover = api.hand_over(&pipeline, "Done.").await;
    let path = format!("/api/pipelines/{pipeline}/handovers/{handover}/decision");
    let decision = json!({"decision": "accept", "revision": 1});
    send_as(api, &anna, Method::POST, &path, &decision)
        .await
        .ok();
    let refused = send_as(api, &anna, Method::GET, "/api/audit", &json!({})).await;
    assert_eq!(refused.status, 403, "{refused:?}");

    let headers = api.session();
    let audit = api.send(Method::GET, "/api/audit", &headers, "").await.ok();
    let lines: Vec<_> = audit["entries"]
        .as_array()
        .expect("lines")
        .iter()
        .rev()
        .collect();
    let said: Vec<_> = lines
        .iter()
        .map(|line| {
            assert_eq!(line["from"], "127.0.0.1", "{line}");
            format!("{} {} {}", line["who"], line["what"], line["about"])
        })
        .collect();
    let of = |start: &str| said.iter().filter(|line| line.starts_with(start)).count();
    assert_eq!(
        of("\"Owner\" \"person_added\" \"Anna: viewer\""),
        1,
        "{said:#?}"
    );
    assert_eq!(of("\"Owner\" \"link_made\" \"Anna\""), 1, "{said:#?}");
    assert_eq!(of("null \"wrong_code\""), 1, "{said:#?}");
    assert_eq!(of("\"Anna\" \"signed_in\""), 1, "{said:#?}");
    assert_eq!(
        of("\"Owner\" \"role_changed\" \"Anna: reviewer\""),
        1,
        "{said:#?}"
    );
    let decided = format!("\"Anna\" \"decided\" \"{handover}, revision 1: accept\"");
    assert_eq!(of(&decided), 1, "{said:#?}");
    assert!(!audit.to_string().contains(code), "no code in the audit");
}

#[tokio::test]
async fn a_browser_that_comes_back_stays_signed_in_for_ninety_more_days() {
    use server::registry::StoredDevice;
    let server = Server::start().await;
    let api = &server.api;
    let store = server.place.people().expect("a registry");
    let instance = store.instance().expect("a read");
    let ago = |days: i64| {
        domain::Timestamp::from_millis(server::relay::now().millis() - days * 24 * 3_600_000)
    };
    for (id, days) in [("back", 80), ("late", 91)] {
        let device = StoredDevice {
            id: id.to_owned(),
            hash: Sha256::digest("secret").into(),
            person: "Owner".to_owned(),
            label: id.to_owned(),
            added: ago(days),
            used: ago(days),
        };
        store.add_device(&device, 50).expect("a write");
    }
    let name = format!("staffel_{instance}");
    let page = async |id: &str| {
        let cookie = format!("{name}={id}.secret");
        api.send(Method::GET, "/", &[("cookie", &cookie)], "").await
    };
    let first = page("back").await;
    assert_eq!(cookie(&first), format!("{name}=back.secret"));
    assert_eq!(
        page("back").await.header("set-cookie"),
        "",
        "once an hour is enough"
    );
    assert_eq!(page("late").await.header("set-cookie"), "");
    let late = format!("{name}=late.secret");
    let session = send_as(api, &late, Method::GET, "/api/session", &json!({})).await;
    assert_eq!(session.ok()["person"], Value::Null);
}

#[tokio::test]
async fn a_device_that_is_signed_out_leaves_no_link_behind() {
    let server = Server::start().await;
    let api = &server.api;
    code(&server.place, "phone", Some("Owner"), 600_000);
    let phone = cookie(&sign_in(api, "phone").await);
    let link = send_as(api, &phone, Method::POST, "/api/people/me/link", &json!({})).await;
    let link = link.ok()["link"].as_str().expect("a link").to_owned();
    let left = send_as(api, &phone, Method::DELETE, "/api/session", &json!({})).await;
    assert_eq!(left.status, 204, "{left:?}");
    let (_, code) = link.split_once("#code=").expect("a code");
    assert_eq!(sign_in(api, code).await.status, 401);
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
async fn links_for_one_person_are_bounded() {
    let server = Server::start().await;
    let mut made = 0;
    for _ in 0..8 {
        let answer = server
            .api
            .post_as_person("/api/people/me/link", &json!({}))
            .await;
        match answer.status {
            201 => made += 1,
            429 => assert!(answer.text.contains("too-many-links"), "{answer:?}"),
            _ => panic!("{answer:?}"),
        }
    }
    assert_eq!(made, 5);
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

async fn confirmed_by(api: &Api, pin: &str) -> Answer {
    api.post_as_person("/api/session/confirmation", &json!({"pin": pin}))
        .await
}

#[tokio::test]
async fn a_decision_is_confirmed_where_the_settings_say_so() {
    let confirm = Confirm {
        by: Some(ConfirmBy::Pin),
        phases: Some(["PLAN".to_owned()].into()),
    };
    let server = Server::with(|config| config.confirm = confirm).await;
    let api = &server.api;
    let pipeline = api.start("a").await;
    let plan = api.hand_over(&pipeline, "The plan").await;
    api.decide(&plan, 1, "accept", "").await.ok();
    api.prompt(&pipeline, 1).await;
    api.post(
        &format!("/api/pipelines/{pipeline}/prompts/{pipeline}-p1/acknowledgement"),
        &json!({}),
    )
    .await
    .ok();
    let done = api.hand_over(&pipeline, "Done").await;
    let refused = api.decide(&done, 1, "accept", "").await;
    assert_eq!(refused.status, 403, "{refused:?}");
    assert_eq!(refused.json()["type"], "urn:staffel:problem:pin-needed");

    assert_eq!(confirmed_by(api, "314159").await.status, 401, "none is set");
    let short = api
        .post_as_person("/api/people/me/secrets/pin", &json!({"secret": "12345"}))
        .await;
    assert_eq!(short.status, 422, "{short:?}");
    assert!(!short.text.contains("12345"), "{short:?}");
    let set = api
        .post_as_person("/api/people/me/secrets/pin", &json!({"secret": "314159"}))
        .await;
    assert_eq!(set.status, 204, "{set:?}");
    // Whoever sits at the browser cannot replace it without it.
    let replaced = api
        .post_as_person("/api/people/me/secrets/pin", &json!({"secret": "271828"}))
        .await;
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
    let secret = json!({"secret": "314159"});
    api.post_as_person("/api/people/me/secrets/pin", &secret)
        .await;
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
    let set = json!({"secret": password});
    let set = api
        .post_as_person("/api/people/me/secrets/password", &set)
        .await;
    assert_eq!(set.status, 204, "{set:?}");
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
async fn a_link_that_was_made_at_a_terminal_is_told_until_it_was_seen() {
    let server = Server::start().await;
    let api = &server.api;
    let store = server.place.people().expect("a registry");
    let note = |from: &str, about: &str| {
        let noted = Noted {
            at: server::relay::now(),
            who: None,
            from: from.to_owned(),
            what: Happened::LinkMade,
            about: about.to_owned(),
        };
        store.note(&noted).expect("a write");
    };
    note("terminal", "Owner");
    note("192.0.2.1", "Robin");
    note("terminal", "Anna");
    let unseen = async || {
        let session = api.get_as_person("/api/session").await.ok();
        session["unseen_links"].as_array().expect("links").clone()
    };
    let told = unseen().await;
    let about: Vec<_> = told
        .iter()
        .map(|line| line["about"].as_str().expect("a name"))
        .collect();
    assert_eq!(about, ["Anna", "Owner"]);
    // Only owners are told, and only whoever saw it is told no more.
    assert_eq!(
        api.get("/api/session").await.ok()["unseen_links"],
        json!([])
    );
    let seen = json!({"number": told[0]["number"]});
    assert_eq!(
        api.post_as_person("/api/session/seen", &seen).await.status,
        204
    );
    assert_eq!(unseen().await, [] as [Value; 0]);
    note("terminal", "Robin");
    assert_eq!(unseen().await.len(), 1);
}

#[tokio::test]
async fn the_audit_can_be_taken_away_as_a_file() {
    let server = Server::start().await;
    let api = &server.api;
    let store = server.place.people().expect("a registry");
    for number in 0..1_234 {
        let noted = Noted {
            at: server::relay::now(),
            who: Some("Owner".to_owned()),
            from: "192.0.2.1".to_owned(),
            what: Happened::SignedIn,
            about: format!("line {number}"),
        };
        store.note(&noted).expect("a write");
    }
    let file = api.get_as_person("/api/audit/export").await;
    assert_eq!(file.status, 200);
    assert!(
        file.header("content-disposition")
            .contains("staffel-audit.ndjson")
    );
    let lines: Vec<Value> = file
        .text
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let numbers: Vec<_> = lines
        .iter()
        .map(|line| line["number"].as_u64().expect("a number"))
        .collect();
    assert!(
        numbers.len() >= 1_234 && numbers.windows(2).all(|pair| pair[0] == pair[1] + 1),
        "each once"
    );
    assert_eq!(numbers.last(), Some(&1));
}

#[tokio::test]
async fn a_proxy_on_this_machine_says_who_it_speaks_for() {
    let public = "https://staffel.example".to_owned();
    let server = Server::with(|config| config.public_url = Some(public)).await;
    let api = &server.api;
    code(&server.place, "good", Some("Owner"), 600_000);
    let headers = [
        ("host", "staffel.example"),
        ("x-forwarded-for", "198.51.100.7, 203.0.113.9"),
        ("content-type", "application/json"),
    ];
    let body = json!({"code": "good"}).to_string();
    let answer = api.send(Method::POST, "/api/session", &headers, body).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    // Though the proxy did not say that it came over TLS.
    assert!(
        answer.header("set-cookie").contains("; Secure"),
        "{answer:?}"
    );
    let audit = api.get_as_person("/api/audit").await.ok();
    assert_eq!(audit["entries"][0]["from"], "203.0.113.9 via 127.0.0.1");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_audit_says_which_settings_changed_between_two_starts() {
    let data = data_folder();
    let start = |confirm: &str, patience: u64| {
        let file = data.path().join("settings.toml");
        let text =
            format!("[people]\nconfirm = {confirm:?}\n[agents]\nwait_seconds = {patience}\n");
        std::fs::write(&file, text).expect("a file");
        let mut command = Program::command(data.path());
        command.env("STAFFEL_CONFIG", &file);
        Program::spawn(command).kill();
    };
    start("none", 60);
    start("none", 60);
    start("pin", 60);
    let store = Sqlite::open_people(data.path()).expect("a registry");
    let lines = store.audit(None, 10).expect("a read");
    let changed: Vec<_> = lines
        .iter()
        .filter(|line| line.what == Happened::SettingsChanged)
        .map(|line| (line.from.as_str(), line.about.as_str()))
        .collect();
    assert_eq!(changed, [("start", "[people]")]);
}

#[tokio::test]
async fn what_lets_somebody_confirm_is_confirmed_itself() {
    let confirm = Confirm {
        by: Some(ConfirmBy::Pin),
        phases: None,
    };
    let server = Server::with(|config| config.confirm = confirm).await;
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
    let set = async || {
        let secret = json!({"secret": "314159"});
        api.post_as_person("/api/people/me/secrets/pin", &secret)
            .await
            .status
    };
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
async fn finishing_by_hand_is_a_decision_and_no_script_does_it() {
    let confirm = Confirm {
        by: Some(ConfirmBy::Pin),
        phases: None,
    };
    let server = Server::with(|config| config.confirm = confirm).await;
    let api = &server.api;
    let pipeline = api.start("a").await;
    let path = format!("/api/pipelines/{pipeline}/finish");
    let body = json!({"outcome": "cancelled"});
    let refused = api.post_as_person(&path, &body).await;
    assert_eq!(refused.json()["type"], "urn:staffel:problem:pin-needed");
    api.post_as_person("/api/people/me/secrets/pin", &json!({"secret": "314159"}))
        .await;
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
async fn many_guesses_at_once_are_no_more_than_one_after_the_other() {
    let server = Server::start().await;
    let api = &server.api;
    let secret = json!({"secret": "correct horse battery"});
    api.post_as_person("/api/people/me/secrets/password", &secret)
        .await;
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

#[tokio::test]
async fn a_browser_that_signs_in_anew_is_one_device() {
    let server = Server::start().await;
    let api = &server.api;
    code(&server.place, "again", Some("Owner"), 600_000);
    let body = json!({"code": "again"}).to_string();
    let [cookie, site] = api.session();
    let headers = [cookie, site, ("content-type", "application/json")];
    let answer = api.send(Method::POST, "/api/session", &headers, body).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    assert_eq!(
        api.get_as_person("/api/session").await.ok()["person"],
        Value::Null
    );
    let store = server.place.people().expect("a registry");
    assert_eq!(store.devices().expect("a read").len(), 1);
}
