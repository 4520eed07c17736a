//! Files beside handovers, over HTTP: what a file is stands in its bytes, and nothing in it runs in the board's name.

use domain::limits::ATTACHMENT_MAX;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Api, Server};

/// A picture of one pixel, as far as its signature goes.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0";

async fn upload(api: &Api, pipeline: &str, name: &str, bytes: impl Into<reqwest::Body>) -> Answer {
    let path = format!("/api/pipelines/{pipeline}/attachments?name={name}");
    api.send(Method::POST, &path, &[], bytes).await
}

async fn download(api: &Api, pipeline: &str, file: &Value) -> Answer {
    let hash = file["hash"].as_str().expect("a hash");
    let path = format!("/api/pipelines/{pipeline}/attachments/{hash}");
    api.get_as_person(&path).await
}

async fn hand_over(api: &Api, pipeline: &str, files: Value) -> Answer {
    hand_over_text(api, pipeline, "# Plan", files).await
}

async fn hand_over_text(api: &Api, pipeline: &str, text: &str, files: Value) -> Answer {
    let path = format!("/api/pipelines/{pipeline}/handovers");
    let body = json!({"content": text, "recap": {"evidence": {"attachments": files}}});
    api.post(&path, &body).await
}

#[tokio::test]
async fn a_text_shows_the_pictures_that_are_attached_to_people_and_names_the_others() {
    let server = Server::start().await;
    let api = &server.api;
    let pipeline = api.start("shop").await;
    let mut files = Vec::new();
    for (name, bytes) in [("login.png", PNG), ("fake.png", b"<!doctype html>")] {
        files.push(upload(api, &pipeline, name, bytes).await.json());
    }
    let text = "![The form](out/login.png) ![Not one](fake.png) ![After](after.png)";
    let handed = hand_over_text(api, &pipeline, text, json!(files))
        .await
        .ok();
    let handover = handed["handover"].as_str().expect("an id");
    let path = format!("/api/pipelines/{pipeline}/handovers/{handover}");

    let view = api.get_as_person(&path).await.ok();
    assert_eq!(view["not_attached"], json!(["after.png"]));
    let html = view["html"].as_str().expect("HTML");
    let picture = files[0]["hash"].as_str().expect("a hash");
    assert_eq!(html.matches("<img").count(), 1, "{html}");
    let address = format!("attachments/{picture}").replace('/', "&#47;");
    assert!(
        html.contains(&address) && html.contains("alt=\"The form\""),
        "{html}"
    );
    assert!(
        html.contains("download=") && html.contains(">Not one</a>"),
        "{html}"
    );
    assert!(html.contains(">After</span>"), "{html}");

    // Whoever may not have the files is told their names.
    let view = api.get(&path).await.ok();
    let html = view["html"].as_str().expect("HTML");
    assert!(
        !html.contains("<img") && html.contains(">The form</span>"),
        "{html}"
    );
}

#[tokio::test]
async fn a_picture_is_shown_and_everything_else_is_downloaded() {
    let server = Server::start().await;
    let api = &server.api;
    let pipeline = api.start("shop").await;
    let svg = "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
    let html = "<!doctype html><script>alert(1)</script>";
    let mut files = Vec::new();
    for (name, bytes, media) in [
        ("shot%201.png", PNG, "image/png"),
        ("page.png", html.as_bytes(), "application/octet-stream"),
        ("drawing.svg", svg.as_bytes(), "application/octet-stream"),
    ] {
        let stored = upload(api, &pipeline, name, bytes).await;
        assert_eq!(stored.status, 201, "{stored:?}");
        let stored = stored.json();
        assert_eq!(
            (&stored["media"], &stored["size"]),
            (&json!(media), &json!(bytes.len()))
        );
        assert_eq!(
            upload(api, &pipeline, name, bytes).await.json(),
            stored,
            "the same again"
        );
        // Before a handover names it, it was shown to nobody.
        assert_eq!(download(api, &pipeline, &stored).await.status, 404);
        files.push(stored);
    }
    // What a request says of size and kind is not looked at.
    let mut claimed = files.clone();
    for file in &mut claimed {
        file["size"] = json!(1);
        file["media"] = json!("image/png");
    }
    let handed = hand_over(api, &pipeline, json!(claimed)).await.ok();
    let handover = handed["handover"].as_str().expect("an id");
    let path = format!("/api/pipelines/{pipeline}/handovers/{handover}");
    let view = api.get_as_person(&path).await.ok();
    assert_eq!(view["recap"]["evidence"]["attachments"], json!(files));

    let shown = download(api, &pipeline, &files[0]).await;
    assert_eq!(shown.header("content-type"), "image/png");
    assert_eq!(
        shown.header("content-disposition"),
        "inline; filename*=UTF-8''shot%201%2Epng"
    );
    assert_eq!(shown.text, String::from_utf8_lossy(PNG));
    for file in &files[1..] {
        let kept = download(api, &pipeline, file).await;
        assert_eq!(kept.header("content-type"), "application/octet-stream");
        assert!(
            kept.header("content-disposition")
                .starts_with("attachment; "),
            "{kept:?}"
        );
    }
    for file in &files {
        let answer = download(api, &pipeline, file).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(
            answer.header("content-security-policy"),
            "default-src 'none'; sandbox"
        );
        let hash = file["hash"].as_str().expect("a hash");
        let path = format!("/api/pipelines/{pipeline}/attachments/{hash}");
        assert_eq!(api.get(&path).await.status, 401, "nobody is signed in");
        let elsewhere = api.start("other").await;
        assert_eq!(download(api, &elsewhere, file).await.status, 404);
    }
}

#[tokio::test]
async fn what_is_not_there_or_too_large_is_refused_in_words_and_nothing_is_lost() {
    let server = Server::start().await;
    let api = &server.api;
    let pipeline = api.start("shop").await;
    let refused = |answer: &Answer, status: u16, words: &str| {
        assert_eq!(answer.status, status, "{answer:?}");
        assert!(answer.text.contains(words), "{answer:?}");
    };
    let large = vec![0; ATTACHMENT_MAX + 1];
    refused(
        &upload(api, &pipeline, "a.bin", large).await,
        413,
        "5242881 bytes",
    );
    refused(&upload(api, &pipeline, "a.bin", "").await, 422, "0 bytes");
    refused(
        &upload(api, &pipeline, "..%2Fa.bin", "x").await,
        422,
        "without folders",
    );
    refused(
        &upload(api, "0000000000", "a.bin", "x").await,
        404,
        "0000000000",
    );
    let huge = vec![0; 9 * 1024 * 1024];
    assert_eq!(upload(api, &pipeline, "a.bin", huge).await.status, 413);

    let missing = json!([{"name": "a.png", "hash": "0".repeat(64)}]);
    refused(
        &hand_over(api, &pipeline, missing).await,
        404,
        "staffel attach FILE",
    );
    let file = upload(api, &pipeline, "a.bin", "x").await.json();
    refused(
        &hand_over(api, &pipeline, json!([file, file])).await,
        422,
        "twice",
    );
    let many: Vec<_> = (0..21).map(|_| &file).collect();
    refused(
        &hand_over(api, &pipeline, json!(many)).await,
        413,
        "at most 20",
    );
    hand_over(api, &pipeline, json!([file])).await.ok();

    // Ten files fill the room of a pipeline.
    for number in 0..9_u8 {
        let bytes = vec![number + 1; ATTACHMENT_MAX];
        assert_eq!(upload(api, &pipeline, "b.bin", bytes).await.status, 201);
    }
    let one_more = upload(api, &pipeline, "b.bin", vec![99; ATTACHMENT_MAX]).await;
    refused(&one_more, 413, "at most 52428800 together");
}

/// Other bytes under the same name are other evidence: who accepts names what was shown.
#[tokio::test]
async fn another_picture_is_another_revision() {
    let server = Server::start().await;
    let api = &server.api;
    let pipeline = api.start("shop").await;
    let first = upload(api, &pipeline, "shot.png", PNG).await.json();
    let other = upload(api, &pipeline, "shot.png", [PNG, b"2"].concat())
        .await
        .json();
    let one = hand_over(api, &pipeline, json!([first])).await.ok();
    let again = hand_over(api, &pipeline, json!([first])).await.ok();
    assert_eq!(
        again["revision"], one["revision"],
        "the same again is no revision"
    );
    let two = hand_over(api, &pipeline, json!([other])).await.ok();
    assert_eq!(two["revision"], 2);
    assert_ne!(two["shown"], one["shown"]);
}
