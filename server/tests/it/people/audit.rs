//! What the audit notes: who did what, from where.

use protocol::Happened;
use reqwest::Method;
use serde_json::{Value, json};
use server::registry::{Noted, PeopleStore, Sqlite};

use super::{code, cookie, send_as, sign_in};
use crate::support::{Program, Server, data_folder};

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
