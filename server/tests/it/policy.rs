//! Who may do what, from outside: every route and every tool × everybody who may come.

use reqwest::Method;
use serde_json::json;
use server::agents::Registry;

use crate::support::{Api, Server};
use protocol::Scope;

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum For {
    /// Whoever reaches the server; foreign pages nothing that changes anything.
    Everybody,
    /// Whoever reports: agents, scripts, and people who decide.
    Reporters,
    /// Agents, and people who decide, in a browser.
    Enders,
    /// People, and their scripts.
    Readers,
    /// People at a browser of theirs, for themselves.
    People,
    /// People who decide, and their scripts.
    Scripts,
    /// People who decide.
    Reviewers,
    /// People who let people in.
    Owners,
}

/// Every route of the API that is described. One without a row here fails the test.
#[rustfmt::skip]
const ROUTES: [(For, &str, &str, &str); 77] = [
    (For::Everybody, "GET", "/health", ""),
    (For::Everybody, "GET", "/health/live", ""),
    (For::Everybody, "GET", "/health/ready", ""),
    (For::Everybody, "GET", "/metrics", ""),
    (For::Everybody, "GET", "/sse", ""),
    (For::Everybody, "GET", "/api/agents", ""),
    (For::Everybody, "GET", "/api/pipelines", ""),
    (For::Everybody, "GET", "/api/pipelines/{pipeline}", ""),
    (For::Everybody, "GET", "/api/pipelines/{pipeline}/events", ""),
    (For::Everybody, "GET", "/api/pipelines/{pipeline}/handovers/{handover}", ""),
    (For::Everybody, "GET", "/api/pipelines/{pipeline}/handovers/{handover}/changes", ""),
    (For::Readers, "GET", "/api/pipelines/{pipeline}/attachments/{hash}", ""),
    (For::Everybody, "GET", "/api/pipelines/{pipeline}/prompts/next", ""),
    (For::Everybody, "GET", "/api/pipelines/{pipeline}/prompts/{prompt}", ""),
    (For::Everybody, "GET", "/api/pipelines/{pipeline}/questions/{question}", ""),
    (For::Everybody, "GET", "/api/session", ""),
    (For::Everybody, "GET", "/api/status", ""),
    (For::Everybody, "POST", "/api/session", r#"{"code":"no code"}"#),
    (For::Everybody, "POST", "/api/session/passkey", ""),
    (For::Everybody, "DELETE", "/api/session", ""),
    (For::People, "POST", "/api/session/seen", r#"{"number":0}"#),
    (For::People, "POST", "/api/session/confirmation", r#"{}"#),
    (For::People, "POST", "/api/session/confirmation/passkey", ""),
    (For::People, "GET", "/api/people/me/notifications", ""),
    (For::People, "POST", "/api/people/me/notifications", r#"{"events":[]}"#),
    (For::People, "POST", "/api/people/me/notifications/test", r#"{"way":"push"}"#),
    (For::People, "POST", "/api/people/me/push", r#"{"endpoint":"none","keys":{"p256dh":"","auth":""}}"#),
    (For::People, "DELETE", "/api/people/me/push", ""),
    (For::People, "POST", "/api/people/me/passkeys/challenge", ""),
    (For::People, "POST", "/api/people/me/passkeys", r#"{"ceremony":"none","credential":1}"#),
    (For::People, "POST", "/api/people/me/secrets/{kind}", r#"{"secret":"short"}"#),
    (For::People, "POST", "/api/people/me/tokens", r#"{"label":"a","scope":"read","days":0}"#),
    (For::Reporters, "POST", "/api/hooks/{client}", r#"{"hook_event_name":"Stop","session_id":"s","cwd":"/"}"#),
    (For::Reporters, "POST", "/api/pipelines", r#"{"project":"a","title":"t"}"#),
    (For::Enders, "POST", "/api/pipelines/{pipeline}/finish", r#"{"outcome":"completed"}"#),
    (For::Reporters, "POST", "/api/pipelines/{pipeline}/handovers", r#"{"content":"text"}"#),
    (For::Reporters, "POST", "/api/pipelines/{pipeline}/attachments", ""),
    (For::Reporters, "POST", "/api/pipelines/{pipeline}/notes/acknowledgement", r#"{"notes":[]}"#),
    (For::Reporters, "POST", "/api/pipelines/{pipeline}/questions", r#"{"question":"Which?"}"#),
    (For::Reporters, "POST", "/api/pipelines/{pipeline}/questions/{question}/receipt", ""),
    (For::Reporters, "POST", "/api/pipelines/{pipeline}/prompts/{prompt}/acknowledgement", "{}"),
    (For::Reporters, "POST", "/api/pipelines/{pipeline}/prompts/{prompt}/pickup", "{}"),
    (For::Reporters, "POST", "/api/pipelines/{pipeline}/reports", r#"{"message":"text"}"#),
    (For::Reviewers, "POST", "/api/pipelines/{pipeline}/version", r#"{"current":"2"}"#),
    (For::Scripts, "POST", "/api/pipelines/archive", r#"{"pipelines":[]}"#),
    (For::Scripts, "POST", "/api/pipelines/unarchive", r#"{"pipelines":[]}"#),
    (For::Reviewers, "POST", "/api/pipelines/{pipeline}/handovers/{handover}/decision", r#"{"decision":"stop","revision":1}"#),
    (For::Reviewers, "POST", "/api/pipelines/{pipeline}/handovers/{handover}/decision/undo", r#"{"revision":1}"#),
    (For::Reviewers, "POST", "/api/pipelines/{pipeline}/handovers/{handover}/decision/now", r#"{"revision":1}"#),
    (For::Reviewers, "PUT", "/api/pipelines/{pipeline}/phases/{phase}/policy", r#"{"policy":"two_people"}"#),
    (For::Reviewers, "POST", "/api/pipelines/{pipeline}/notes", r#"{"text":"Mind the tests."}"#),
    (For::Reviewers, "POST", "/api/pipelines/{pipeline}/questions/{question}/answer", r#"{"answer":"x"}"#),
    (For::Scripts, "PUT", "/api/pipelines/{pipeline}/held-phases", r#"{"phases":[]}"#),
    (For::Scripts, "POST", "/api/pipelines/{pipeline}/prompts/{prompt}/versions", r#"{"base":1,"text":"Mine."}"#),
    (For::Scripts, "POST", "/api/pipelines/{pipeline}/prompts/{prompt}/rewrite", r#"{"base":1}"#),
    (For::Scripts, "POST", "/api/pipelines/{pipeline}/prompts/{prompt}/mask", r#"{"base":1}"#),
    (For::Scripts, "POST", "/api/pipelines/{pipeline}/prompts/{prompt}/current", r#"{"version":1}"#),
    (For::Scripts, "POST", "/api/pipelines/{pipeline}/prompts/{prompt}/send", r#"{"version":1}"#),
    (For::Scripts, "GET", "/api/pipelines/{pipeline}/prompts/{prompt}/changes", ""),
    (For::Scripts, "POST", "/api/pipelines/{pipeline}/prompts/{prompt}/cold-read", ""),
    (For::Scripts, "POST", "/api/pipelines/{pipeline}/prompts/preview", r#"{"template":"x"}"#),
    (For::Scripts, "GET", "/api/prompt-writers", ""),
    (For::Scripts, "POST", "/api/prompt-writers/Guest/test", ""),
    (For::Scripts, "POST", "/api/pipelines/{pipeline}/prompts/{prompt}/offers", r#"{"via":"copy"}"#),
    (For::Owners, "GET", "/api/audit", ""),
    (For::Owners, "GET", "/api/audit/export", ""),
    (For::Owners, "GET", "/api/people", ""),
    (For::Owners, "POST", "/api/notify/Guest/test", ""),
    (For::Owners, "POST", "/api/people", r#"{"name":"Another","role":"viewer"}"#),
    (For::Owners, "POST", "/api/people/Guest", "{}"),
    (For::Owners, "POST", "/api/people/Guest/link", ""),
    (For::Owners, "GET", "/api/people/Guest/devices", ""),
    (For::Owners, "DELETE", "/api/people/Guest/devices/none", ""),
    (For::Owners, "GET", "/api/people/Guest/credentials", ""),
    (For::Owners, "DELETE", "/api/people/Guest/passkeys/{passkey}", ""),
    (For::Owners, "DELETE", "/api/people/Guest/secrets/{kind}", ""),
    (For::Owners, "DELETE", "/api/people/Guest/tokens/{token}", ""),
];

/// What each tool is: none of them decides, and a new one without a row here fails the test.
const TOOLS: [(&str, For); 12] = [
    ("acknowledge_prompt", For::Reporters),
    ("ask_person", For::Reporters),
    ("await_handover_decision", For::Reporters),
    ("finish_pipeline", For::Reporters),
    ("get_handover_content", For::Everybody),
    ("get_next_prompt", For::Reporters),
    ("get_pipeline_status", For::Everybody),
    ("get_version", For::Everybody),
    ("list_pipelines", For::Everybody),
    ("save_handover_content", For::Reporters),
    ("start_pipeline", For::Reporters),
    ("update_pipeline_status", For::Reporters),
];

/// Somebody who sends requests.
struct Who {
    name: &'static str,
    headers: Vec<(&'static str, String)>,
    may: fn(For, changes: bool) -> bool,
}

async fn everybody(server: &Server) -> Vec<Who> {
    let api = &server.api;
    let agents = Registry::of(server.place.agents().expect("a registry")).expect("a read");
    let token = |name, scope| {
        let token = agents.add(name, scope).expect("a token");
        vec![("authorization", format!("Bearer {}", token.reveal()))]
    };
    let [(_, owner), _] = api.session();
    let signed_in = |cookie: &str| {
        vec![
            ("cookie", cookie.to_owned()),
            ("sec-fetch-site", "same-origin".to_owned()),
        ]
    };
    let mut tokens = Vec::new();
    for scope in ["report", "read"] {
        let body = json!({"label": scope, "scope": scope, "days": 1});
        let made = api
            .post_as_person("/api/people/me/tokens", &body)
            .await
            .ok();
        let secret = made["secret"].as_str().expect("a token");
        tokens.push((scope, format!("Bearer {secret}")));
    }
    let personal = |wanted| {
        let found = tokens.iter().find(|(scope, _)| *scope == wanted);
        vec![("authorization", found.expect("a token").1.clone())]
    };
    let reads = |wanted, _| wanted == For::Everybody;
    let reports = |wanted, _| matches!(wanted, For::Everybody | For::Reporters | For::Enders);
    let mut all = vec![
        Who {
            name: "nobody, who is taken for a script",
            headers: vec![],
            may: reports,
        },
        Who {
            name: "an agent by name",
            headers: vec![("staffel-actor", "agent/somebody".to_owned())],
            may: reports,
        },
        Who {
            name: "whoever says to be the owner",
            headers: vec![("staffel-actor", "person/Owner".to_owned())],
            may: reads,
        },
        Who {
            name: "an agent with a token",
            headers: token("builder", Scope::Report),
            may: reports,
        },
        Who {
            name: "an agent with a token to read",
            headers: token("reader", Scope::Read),
            may: reads,
        },
        Who {
            name: "a foreign page in the owner's browser",
            headers: vec![
                ("cookie", owner.to_owned()),
                ("origin", "http://127.0.0.1:1".to_owned()),
            ],
            may: |_, _| false,
        },
        Who {
            name: "a form of another site in the owner's browser",
            headers: vec![
                ("cookie", owner.to_owned()),
                ("sec-fetch-site", "cross-site".to_owned()),
            ],
            // What is read there no page of another site can see.
            may: |wanted, changes| {
                !changes
                    && matches!(
                        wanted,
                        For::Everybody | For::Readers | For::People | For::Scripts | For::Owners
                    )
            },
        },
        Who {
            name: "a script with a token of the owner",
            headers: personal("report"),
            may: |wanted, _| {
                matches!(
                    wanted,
                    For::Everybody | For::Readers | For::Reporters | For::Scripts
                )
            },
        },
        Who {
            name: "a script with a token of the owner to read",
            headers: personal("read"),
            may: |wanted, _| matches!(wanted, For::Everybody | For::Readers),
        },
    ];
    for (name, role, may) in [
        (
            "a viewer",
            "viewer",
            (|wanted, _| matches!(wanted, For::Everybody | For::Readers | For::People))
                as fn(For, bool) -> bool,
        ),
        ("a reviewer", "reviewer", |wanted, _| wanted != For::Owners),
    ] {
        let added = api
            .post_as_person("/api/people", &json!({"name": name, "role": role}))
            .await
            .ok();
        let link = added["link"].as_str().expect("a link");
        let (_, code) = link.split_once("#code=").expect("a code");
        let answer = api.post("/api/session", &json!({"code": code})).await;
        let (cookie, _) = answer
            .header("set-cookie")
            .split_once(';')
            .expect("a cookie");
        all.push(Who {
            name,
            headers: signed_in(cookie),
            may,
        });
    }
    all.push(Who {
        name: "the owner",
        headers: signed_in(owner),
        may: |_, _| true,
    });
    all
}

async fn head(api: &Api) -> u64 {
    api.get("/api/status").await.ok()["head"]
        .as_u64()
        .expect("a position")
}

#[tokio::test]
async fn every_route_lets_in_whom_the_table_says_and_a_refusal_changes_nothing() {
    let server = Server::start().await;
    let api = &server.api;
    let described = api.get("/api/openapi.json").await.ok();
    let paths = described["paths"].as_object().expect("paths");
    for (path, item) in paths {
        for method in item.as_object().expect("methods").keys() {
            let method = method.to_uppercase();
            let own = path.starts_with("/api/people/me/");
            let name = if own { "me" } else { "Guest" };
            let path = path.replace("{name}", name).replace("{device}", "none");
            let has_a_row = ROUTES
                .iter()
                .any(|row| (row.1, row.2) == (&*method, &*path));
            assert!(
                has_a_row,
                "{method} {path} has no row in ROUTES: say who may use it"
            );
        }
    }

    let pipeline = api.start("a").await;
    let first = api.hand_over(&pipeline, "The first").await;
    api.decide(&first, 1, "accept", "").await.ok();
    api.prompt(&pipeline, 1).await;
    api.acknowledge(&pipeline, 1).await;
    let handover = api.hand_over(&pipeline, "The second").await;
    let added = json!({"name": "Guest", "role": "viewer"});
    api.post_as_person("/api/people", &added).await.ok();
    let everybody = everybody(&server).await;

    for (wanted, method, path, body) in ROUTES {
        let path = path
            .replace("{pipeline}", &pipeline)
            .replace("{handover}", &handover)
            .replace("{prompt}", &format!("{pipeline}-p1"))
            .replace("{question}", &format!("{pipeline}-q1"))
            .replace("{phase}", "REFLECT")
            .replace("{client}", "codex")
            .replace("{kind}", "pin");
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        // Whoever may not tries first: there is still something to decide then.
        for may in [false, true] {
            for who in &everybody {
                let changes = method != Method::GET;
                if (who.may)(wanted, changes) != may
                    || path == "/sse"
                    || (path == "/api/session" && method == Method::DELETE && may)
                {
                    continue;
                }
                let mut headers = vec![("content-type", "application/json")];
                headers.extend(
                    who.headers
                        .iter()
                        .map(|(name, value)| (*name, value.as_str())),
                );
                let before = head(api).await;
                let answer = api.send(method.clone(), &path, &headers, body).await;
                let refused = matches!(answer.status, 401 | 403);
                // Let in to try, and it was nothing.
                let about_the_code = ["code", "wrong-pin", "passkey"].iter().any(|kind| {
                    answer
                        .text
                        .contains(&format!("urn:staffel:problem:{kind}\""))
                });
                assert_eq!(
                    !refused || about_the_code,
                    may,
                    "{}: {method} {path}: {answer:?}",
                    who.name
                );
                if !may {
                    assert_eq!(
                        answer.header("content-type"),
                        "application/problem+json",
                        "{answer:?}"
                    );
                    assert_eq!(head(api).await, before, "{}: {method} {path}", who.name);
                }
            }
        }
    }
}

#[test]
fn no_tool_decides() {
    let tools: Vec<_> = server::mcp::tools()
        .iter()
        .map(|tool| {
            let annotations = tool.annotations.as_ref();
            let reads =
                annotations.and_then(|annotations| annotations.read_only_hint) == Some(true);
            let who = if reads {
                For::Everybody
            } else {
                For::Reporters
            };
            (&*tool.name, who)
        })
        .collect();
    let mut sorted = tools.clone();
    sorted.sort_by_key(|(name, _)| *name);
    assert_eq!(
        sorted, TOOLS,
        "a tool without a row in TOOLS: say who may call it; none may decide"
    );
}
