//! Coming in and going out: links, cookies and devices.

use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{code, cookie, send_as, sign_in};
use crate::support::{Program, Server, data_folder, soon, until};

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
