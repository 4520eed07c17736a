//! Which addresses there are, what describes them, and who may come through.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Server, raw};

const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}"#;

/// One request for each way into the server.
const DOORS: [(&str, &str, &str); 8] = [
    ("GET", "/", ""),
    ("GET", "/sse", ""),
    ("GET", "/api/pipelines", ""),
    ("POST", "/api/pipelines", r#"{"project":"a","title":"t"}"#),
    ("GET", "/api/openapi.json", ""),
    ("POST", "/mcp", INITIALIZE),
    ("GET", "/health", ""),
    ("GET", "/metrics", ""),
];

fn request(method: &str, path: &str, headers: &str, body: &str) -> String {
    format!(
        "{method} {path} HTTP/1.1\r\n{headers}Connection: close\r\nContent-Type: application/json\r\n\
         Accept: application/json, text/event-stream\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[tokio::test]
async fn a_foreign_host_is_refused_on_every_route() {
    let server = Server::start().await;
    let address = server.api.address;
    for (method, path, body) in DOORS {
        for host in [
            "evil.example".to_owned(),
            format!("evil.example:{}", address.port()),
            "127.0.0.1.evil.example".to_owned(),
            "localhost.".to_owned(),
            "127.0.0.1@evil.example".to_owned(),
            "192.168.0.1".to_owned(),
            "[::2]".to_owned(),
        ] {
            let answer = raw(
                address,
                &request(method, path, &format!("Host: {host}\r\n"), body),
            )
            .await;
            assert!(
                answer.starts_with("HTTP/1.1 403 "),
                "{method} {path} {host}: {answer}"
            );
            assert!(
                answer.contains("urn:staffel:problem:foreign-host"),
                "{answer}"
            );
            assert!(!answer.contains("access-control-allow-origin"), "{answer}");
        }
        // The address in the request line counts, whatever the Host header says (DNS rebinding, RFC 9112 3.2.2).
        let absolute = request(
            method,
            &format!("http://evil.example{path}"),
            &format!("Host: {address}\r\n"),
            body,
        );
        let answer = raw(address, &absolute).await;
        assert!(
            answer.starts_with("HTTP/1.1 403 "),
            "{method} absolute {path}: {answer}"
        );
    }
    assert_eq!(server.api.get("/api/status").await.ok()["head"], 0);
}

#[tokio::test]
async fn a_foreign_origin_is_refused_on_every_route() {
    let server = Server::start().await;
    let address = server.api.address;
    for (method, path, body) in DOORS {
        for origin in [
            "http://evil.example".to_owned(),
            "null".to_owned(),
            "http://localhost:1".to_owned(),
            format!("https://{address}"),
            format!("http://{address}.evil.example"),
            format!("http://evil.example@{address}"),
        ] {
            let headers = format!("Host: {address}\r\nOrigin: {origin}\r\n");
            let answer = raw(address, &request(method, path, &headers, body)).await;
            assert!(
                answer.starts_with("HTTP/1.1 403 "),
                "{method} {path} {origin}: {answer}"
            );
            assert!(
                answer.contains("urn:staffel:problem:foreign-origin"),
                "{answer}"
            );
            assert!(!answer.contains("access-control-allow-origin"), "{answer}");
        }
    }
    assert_eq!(server.api.get("/api/status").await.ok()["head"], 0);
}

#[tokio::test]
async fn loopback_names_and_configured_hosts_and_origins_are_let_in() {
    let server = Server::with(|config| {
        config.allowed_hosts = vec!["staffel.example".to_owned()];
        config.allowed_origins = vec!["http://localhost:8501".to_owned()];
    })
    .await;
    let address = server.api.address;
    let port = address.port();
    let hosts = [
        format!("127.0.0.1:{port}"),
        "127.0.0.1".to_owned(),
        format!("LOCALHOST:{port}"),
        format!("[::1]:{port}"),
        "staffel.example".to_owned(),
    ];
    for host in hosts {
        let answer = raw(
            address,
            &request("GET", "/health", &format!("Host: {host}\r\n"), ""),
        )
        .await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{host}: {answer}");
    }
    for origin in [
        format!("http://127.0.0.1:{port}"),
        format!("http://localhost:{port}"),
        "https://staffel.example".to_owned(),
        "http://localhost:8501".to_owned(),
    ] {
        let headers = format!("Host: 127.0.0.1:{port}\r\nOrigin: {origin}\r\n");
        let answer = raw(address, &request("GET", "/api/status", &headers, "")).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{origin}: {answer}");
        assert!(
            answer.contains(&format!("access-control-allow-origin: {origin}\r\n")),
            "{answer}"
        );
        assert!(answer.contains("vary: Origin\r\n"), "{answer}");
    }
    let preflight = format!(
        "Host: 127.0.0.1:{port}\r\nOrigin: http://localhost:8501\r\nAccess-Control-Request-Method: POST\r\n"
    );
    let answer = raw(
        address,
        &request("OPTIONS", "/api/pipelines", &preflight, ""),
    )
    .await;
    assert!(answer.starts_with("HTTP/1.1 204 "), "{answer}");
    assert!(answer.to_lowercase().contains(
        "access-control-allow-headers: accept, authorization, content-type, idempotency-key"
    ));
}

#[tokio::test]
async fn unknown_addresses_of_programs_get_json_and_never_a_page() {
    let server = Server::start().await;
    for path in [
        "/api/x",
        "/api/pipelines/0000000000/nonsense",
        "/.well-known/x",
        "/.well-known/oauth-authorization-server/mcp",
    ] {
        for method in [Method::GET, Method::POST, Method::DELETE] {
            let answer = server
                .api
                .send(method.clone(), path, &[("accept", "text/html")], "")
                .await;
            assert_eq!(answer.status, 404, "{method} {path}");
            assert_eq!(
                answer.header("content-type"),
                "application/problem+json",
                "{method} {path}"
            );
            assert_eq!(answer.json()["type"], "urn:staffel:problem:no-such-address");
        }
    }
}

#[tokio::test]
async fn the_openapi_document_describes_every_route_and_every_route_it_describes_exists() {
    let server = Server::start().await;
    let document = server.api.get("/api/openapi.json").await;
    assert_eq!(document.header("content-type"), "application/json");
    let document = document.ok();
    assert_eq!(document["info"]["version"], server::VERSION);
    let paths = document["paths"].as_object().expect("paths");
    let mut routes: Vec<_> = paths
        .iter()
        .flat_map(|(path, item)| {
            let methods = item.as_object().expect("methods");
            methods
                .keys()
                .map(move |method| format!("{} {path}", method.to_uppercase()))
        })
        .collect();
    routes.sort();
    assert_eq!(
        routes,
        [
            "DELETE /api/people/me/push",
            "DELETE /api/people/{name}/devices/{device}",
            "DELETE /api/people/{name}/passkeys/{passkey}",
            "DELETE /api/people/{name}/secrets/{kind}",
            "DELETE /api/people/{name}/tokens/{token}",
            "DELETE /api/session",
            "GET /api/agents",
            "GET /api/audit",
            "GET /api/audit/export",
            "GET /api/people",
            "GET /api/people/me/notifications",
            "GET /api/people/{name}/credentials",
            "GET /api/people/{name}/devices",
            "GET /api/pipelines",
            "GET /api/pipelines/{pipeline}",
            "GET /api/pipelines/{pipeline}/attachments/{hash}",
            "GET /api/pipelines/{pipeline}/events",
            "GET /api/pipelines/{pipeline}/handovers/{handover}",
            "GET /api/pipelines/{pipeline}/handovers/{handover}/changes",
            "GET /api/pipelines/{pipeline}/prompts/next",
            "GET /api/pipelines/{pipeline}/prompts/{prompt}",
            "GET /api/pipelines/{pipeline}/prompts/{prompt}/changes",
            "GET /api/pipelines/{pipeline}/questions/{question}",
            "GET /api/prompt-writers",
            "GET /api/session",
            "GET /api/status",
            "GET /health",
            "GET /health/live",
            "GET /health/ready",
            "GET /metrics",
            "GET /sse",
            "POST /api/hooks/{client}",
            "POST /api/notify/{name}/test",
            "POST /api/people",
            "POST /api/people/me/notifications",
            "POST /api/people/me/notifications/test",
            "POST /api/people/me/passkeys",
            "POST /api/people/me/passkeys/challenge",
            "POST /api/people/me/push",
            "POST /api/people/me/secrets/{kind}",
            "POST /api/people/me/tokens",
            "POST /api/people/{name}",
            "POST /api/people/{name}/link",
            "POST /api/pipelines",
            "POST /api/pipelines/archive",
            "POST /api/pipelines/unarchive",
            "POST /api/pipelines/{pipeline}/attachments",
            "POST /api/pipelines/{pipeline}/finish",
            "POST /api/pipelines/{pipeline}/handovers",
            "POST /api/pipelines/{pipeline}/handovers/{handover}/decision",
            "POST /api/pipelines/{pipeline}/handovers/{handover}/decision/now",
            "POST /api/pipelines/{pipeline}/handovers/{handover}/decision/undo",
            "POST /api/pipelines/{pipeline}/notes",
            "POST /api/pipelines/{pipeline}/notes/acknowledgement",
            "POST /api/pipelines/{pipeline}/prompts/preview",
            "POST /api/pipelines/{pipeline}/prompts/{prompt}/acknowledgement",
            "POST /api/pipelines/{pipeline}/prompts/{prompt}/cold-read",
            "POST /api/pipelines/{pipeline}/prompts/{prompt}/current",
            "POST /api/pipelines/{pipeline}/prompts/{prompt}/mask",
            "POST /api/pipelines/{pipeline}/prompts/{prompt}/offers",
            "POST /api/pipelines/{pipeline}/prompts/{prompt}/pickup",
            "POST /api/pipelines/{pipeline}/prompts/{prompt}/rewrite",
            "POST /api/pipelines/{pipeline}/prompts/{prompt}/send",
            "POST /api/pipelines/{pipeline}/prompts/{prompt}/versions",
            "POST /api/pipelines/{pipeline}/questions",
            "POST /api/pipelines/{pipeline}/questions/{question}/answer",
            "POST /api/pipelines/{pipeline}/questions/{question}/receipt",
            "POST /api/pipelines/{pipeline}/reports",
            "POST /api/pipelines/{pipeline}/version",
            "POST /api/prompt-writers/{name}/test",
            "POST /api/session",
            "POST /api/session/confirmation",
            "POST /api/session/confirmation/passkey",
            "POST /api/session/passkey",
            "POST /api/session/seen",
            "PUT /api/pipelines/{pipeline}/held-phases",
            "PUT /api/pipelines/{pipeline}/phases/{phase}/policy",
        ]
    );
    for route in routes.iter().filter(|route| !route.ends_with("/sse")) {
        let (method, path) = route.split_once(' ').expect("a method");
        let path = [
            "pipeline", "handover", "prompt", "name", "device", "passkey", "kind", "token",
            "question",
        ]
        .iter()
        .fold(path.to_owned(), |path, name| {
            path.replace(&format!("{{{name}}}"), "x")
        });
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let answer = server.api.send(method, &path, &[], "").await;
        assert!(![405, 500].contains(&answer.status), "{route}: {answer:?}");
        assert!(
            !answer.text.contains("no-such-address"),
            "{route}: {answer:?}"
        );
    }
    no_dangling_references(&document, &document);
}

/// Every `$ref` of the document leads somewhere.
fn no_dangling_references(document: &Value, part: &Value) {
    match part {
        Value::Object(fields) => {
            if let Some(target) = fields.get("$ref").and_then(Value::as_str) {
                assert!(
                    document.pointer(target.trim_start_matches('#')).is_some(),
                    "{target}"
                );
            }
            fields
                .values()
                .for_each(|field| no_dangling_references(document, field));
        }
        Value::Array(items) => items
            .iter()
            .for_each(|item| no_dangling_references(document, item)),
        _ => {}
    }
}

#[tokio::test]
async fn health_and_status_say_how_the_server_is() {
    let server = Server::start().await;
    for path in ["/health", "/health/live", "/health/ready"] {
        assert_eq!(server.api.get(path).await.ok(), json!({"status": "ok"}));
    }
    let status = server.api.get("/api/status").await.ok();
    assert_eq!(status["name"], "staffel");
    assert_eq!(status["version"], server::VERSION);
    assert_eq!(
        (&status["head"], &status["pipelines"], &status["last_event"]),
        (&json!(0), &json!(0), &Value::Null)
    );
    server.api.start("a").await;
    let status = server.api.get("/api/status").await.ok();
    assert_eq!(
        (&status["head"], &status["pipelines"]),
        (&json!(2), &json!(1))
    );
    assert!(status["last_event"].is_string());
    assert!(status["uptime_seconds"].is_u64());
}
