//! Hooks of assistants: who is woken by a decision, with what, and who is not.

use std::{sync::Arc, time::Duration};

use reqwest::Method;
use serde_json::{Value, json};
use server::agents::Registry;

use crate::support::{Api, Program, Server, data_folder, let_pass, on_postgres, soon, until};
use protocol::Scope;

/// The session of an assistant in a folder.
#[derive(Clone, Copy)]
struct Session<'a> {
    client: &'a str,
    id: &'a str,
    folder: &'a str,
}

const CODEX: Session = Session {
    client: "codex",
    id: "s1",
    folder: "/home/dana/shop",
};

impl Session<'_> {
    fn body(&self, event: &str, more: Value) -> Value {
        let mut body = json!({"hook_event_name": event, "session_id": self.id, "cwd": self.folder});
        for (key, value) in more.as_object().into_iter().flatten() {
            body[key] = value.clone();
        }
        body
    }

    async fn hook(&self, api: &Api, event: &str, more: Value) -> Value {
        let path = format!("/api/hooks/{}?wait=15", self.client);
        api.post(&path, &self.body(event, more)).await.ok()
    }

    /// What the assistant says after its agent has worked on a pipeline with a tool of Staffel.
    async fn works_on(&self, api: &Api, pipeline: &str) {
        let tool = json!({
            "tool_name": "mcp__staffel__update_pipeline_status",
            "tool_input": {"pipeline": pipeline, "progress": 5},
            "tool_response": {"content": []},
        });
        assert_eq!(self.hook(api, "PostToolUse", tool).await, json!({}));
    }
}

/// The hook at the end of a turn, waiting beside the test.
fn ends_turn(api: &Arc<Api>, session: Session<'static>) -> tokio::task::JoinHandle<Value> {
    let api = Arc::clone(api);
    tokio::spawn(async move { session.hook(&api, "Stop", json!({})).await })
}

async fn waiting(api: &Api, count: u64) {
    until("the hook's wait", async || {
        api.get("/api/status").await.ok()["waits"] == json!(count)
    })
    .await;
}

/// A server with a pipeline that a session works on.
async fn at_work() -> (Server, Arc<Api>, String) {
    let server = Server::start().await;
    let api = Arc::new(server.api.clone());
    let pipeline = api.start("shop").await;
    CODEX.works_on(&api, &pipeline).await;
    (server, api, pipeline)
}

#[tokio::test]
async fn a_decision_goes_to_the_session_that_waits_and_to_no_other() {
    let (_server, api, pipeline) = at_work().await;
    let handover = api.hand_over(&pipeline, "# Plan").await;
    let elsewhere = Session {
        folder: "/home/dana/other",
        id: "s2",
        ..CODEX
    };
    let beside = Session { id: "s3", ..CODEX };
    let same_id = Session {
        client: "qwen",
        ..CODEX
    };
    for other in [elsewhere, beside, same_id] {
        assert_eq!(other.hook(&api, "Stop", json!({})).await, json!({}));
    }
    let wait = ends_turn(&api, CODEX);
    waiting(&api, 1).await;
    api.decide(&handover, 1, "accept", "Mind the tests.")
        .await
        .ok();
    let answer = soon("the answer", wait).await.expect("no panic");
    assert_eq!(answer["decision"], "block");
    let reason = answer["reason"].as_str().expect("a text");
    for part in [
        &handover,
        &format!("{pipeline}-p1"),
        "has accepted",
        "Mind the tests.",
        "acknowledge_prompt",
    ] {
        assert!(reason.contains(part), "{part} in {reason}");
    }
    waiting(&api, 0).await;
    let prompt = api.prompt(&pipeline, 1).await;
    let ways = |prompt: &Value| {
        let steps = prompt["deliveries"].as_array().expect("steps");
        let steps = steps
            .iter()
            .map(|step| format!("{} {}", step["state"], step["via"]));
        steps.collect::<Vec<_>>()
    };
    assert!(
        ways(&prompt).contains(&r#""offered" "hook""#.to_owned()),
        "{prompt}"
    );

    // The agent goes on: it has the prompt by the hook.
    let prompt = api.acknowledge(&pipeline, 1).await;
    assert!(
        ways(&prompt).contains(&r#""picked_up" "hook""#.to_owned()),
        "{prompt}"
    );
    assert_eq!(
        CODEX.hook(&api, "Stop", json!({})).await,
        json!({}),
        "nothing waits"
    );
}

#[tokio::test]
async fn changes_go_back_to_the_session_and_gemini_hears_its_own_word() {
    let server = Server::start().await;
    let api = Arc::new(server.api.clone());
    let gemini = Session {
        client: "gemini",
        ..CODEX
    };
    let pipeline = api.start("shop").await;
    let tool = json!({
        "tool_name": "mcp_staffel_start_pipeline",
        "tool_input": {"project": "shop"},
        "tool_response": {"llmContent": [{"text": format!("Pipeline {pipeline} has begun.")}]},
    });
    gemini.hook(&api, "AfterTool", tool).await;
    let handover = api.hand_over(&pipeline, "# Plan").await;
    api.decide(&handover, 1, "request_changes", "Shorter.")
        .await
        .ok();
    let answer = gemini
        .hook(&api, "AfterAgent", json!({"stop_hook_active": false}))
        .await;
    assert_eq!(answer["decision"], "deny");
    let reason = answer["reason"].as_str().expect("a text");
    assert!(
        reason.contains("asks for changes") && reason.contains("Shorter."),
        "{reason}"
    );
}

#[tokio::test]
async fn a_prompt_is_not_given_for_ever() {
    let (_server, api, pipeline) = at_work().await;
    let handover = api.hand_over(&pipeline, "# Plan").await;
    api.decide(&handover, 1, "accept", "").await.ok();
    api.prompt(&pipeline, 1).await;
    let mut given = 0;
    for _ in 0..10 {
        given += u32::from(CODEX.hook(&api, "Stop", json!({})).await["decision"] == "block");
    }
    assert_eq!(
        given, 3,
        "an assistant may run a hook again and again by itself"
    );
}

#[tokio::test]
async fn of_two_waits_of_a_session_the_newer_one_lasts() {
    let (_server, api, pipeline) = at_work().await;
    let handover = api.hand_over(&pipeline, "# Plan").await;
    let older = ends_turn(&api, CODEX);
    waiting(&api, 1).await;
    let newer = ends_turn(&api, CODEX);
    assert_eq!(
        soon("the older one", older).await.expect("no panic"),
        json!({})
    );
    api.decide(&handover, 1, "accept", "").await.ok();
    let answer = soon("the newer one", newer).await.expect("no panic");
    assert_eq!(answer["decision"], "block");
}

#[tokio::test]
async fn a_wait_ends_with_its_time_its_client_its_pipeline_and_its_server() {
    let (mut server, api, pipeline) = at_work().await;
    api.hand_over(&pipeline, "# Plan").await;
    let body = CODEX.body("Stop", json!({}));
    assert_eq!(
        api.post("/api/hooks/codex?wait=1", &body).await.ok(),
        json!({})
    );

    let gone = ends_turn(&api, CODEX);
    waiting(&api, 1).await;
    gone.abort();
    waiting(&api, 0).await;

    let stopped = tokio::spawn({
        let api = Arc::clone(&api);
        async move { api.post("/api/hooks/codex?wait=15", &body).await.text }
    });
    waiting(&api, 1).await;
    server.tell_to_stop();
    let said = soon("the end", stopped).await.expect("no panic");
    assert_eq!(said.trim(), "", "whoever can asks the next server");
}

#[tokio::test]
async fn a_decision_an_hour_after_the_end_of_the_turn_wakes_the_session() {
    if on_postgres() {
        return; // time stands still for the database as well
    }
    let (_server, api, pipeline) = at_work().await;
    let handover = api.hand_over(&pipeline, "# Plan").await;
    let body = CODEX.body("Stop", json!({})).to_string();
    // Without the limit that every other request of the tests has: its time passes, too.
    let wait = tokio::spawn({
        let api = Arc::clone(&api);
        async move {
            let json = [("content-type", "application/json")];
            api.try_send(Method::POST, "/api/hooks/codex?wait=43190", &json, body)
                .await
        }
    });
    waiting(&api, 1).await;
    for _ in 0..60 {
        let_pass(Duration::from_secs(60)).await;
    }
    waiting(&api, 1).await;
    api.decide(&handover, 1, "accept", "").await.ok();
    let answer = soon("the answer", wait).await.expect("no panic");
    let answer = answer.expect("an answer").ok();
    assert_eq!(answer["decision"], "block");
}

#[tokio::test]
async fn a_restarted_server_knows_the_sessions_of_before() {
    let data = data_folder();
    let program = Program::start(data.path());
    let api = &program.api;
    let pipeline = api.start("shop").await;
    CODEX.works_on(api, &pipeline).await;
    let handover = api.hand_over(&pipeline, "# Plan").await;
    program.kill();
    let program = Program::start(data.path());
    let api = &program.api;
    api.decide(&handover, 1, "accept", "").await.ok();
    let answer = CODEX.hook(api, "Stop", json!({})).await;
    assert_eq!(answer["decision"], "block");
}

#[tokio::test]
async fn a_session_that_begins_hears_what_its_folder_waits_for() {
    let (_server, api, pipeline) = at_work().await;
    let new = Session { id: "new", ..CODEX };
    let text = |answer: &Value| {
        let text = answer["hookSpecificOutput"]["additionalContext"].as_str();
        text.unwrap_or_default().to_owned()
    };
    let begins = async |event: &str, session: Session<'_>| {
        text(
            &session
                .hook(&api, event, json!({"source": "startup"}))
                .await,
        )
    };
    assert!(
        begins("SessionStart", new)
            .await
            .contains("is in the phase VAN")
    );
    assert_eq!(begins("UserPromptSubmit", new).await, "", "no news");
    let handover = api.hand_over(&pipeline, "# Plan").await;
    assert!(
        begins("SessionStart", new)
            .await
            .contains("waits for a person")
    );
    api.decide(&handover, 1, "accept", "").await.ok();
    api.prompt(&pipeline, 1).await;
    let next = format!("get_next_prompt(pipeline=\"{pipeline}\")");
    assert!(begins("SessionStart", new).await.contains(&next));
    assert!(begins("UserPromptSubmit", new).await.contains(&next));
    let elsewhere = Session {
        folder: "/home/dana/other",
        ..new
    };
    assert_eq!(begins("SessionStart", elsewhere).await, "");
}

/// What a person tells the agent.
async fn note(api: &Api, pipeline: &str, note: Value) {
    let path = format!("/api/pipelines/{pipeline}/notes");
    api.post_as_person(&path, &note).await.ok();
}

#[tokio::test]
async fn an_answer_wakes_the_session_that_asked() {
    let (_server, api, pipeline) = at_work().await;
    let path = format!("/api/pipelines/{pipeline}/questions");
    let asked = api
        .post(&path, &json!({"question": "Which database?"}))
        .await
        .ok();
    let question = asked["question"]["id"].as_str().expect("an id").to_owned();
    let wait = ends_turn(&api, CODEX);
    waiting(&api, 1).await;
    api.post_as_person(
        &format!("{path}/{question}/answer"),
        &json!({"answer": "SQLite"}),
    )
    .await
    .ok();
    let answer = soon("the answer", wait).await.expect("no panic");
    assert_eq!(answer["decision"], "block");
    let reason = answer["reason"].as_str().expect("a text");
    for part in ["Which database?", "SQLite", &question] {
        assert!(reason.contains(part), "{part} in {reason}");
    }
    // An answer of a hook may get lost: the agent has it once it calls.
    let has_it = async || {
        let read = api.get(&format!("{path}/{question}")).await.ok();
        read["question"]["answer"].get("delivered").is_some()
    };
    assert!(!has_it().await);
    api.post(&format!("{path}/{question}/receipt"), &json!({}))
        .await
        .ok();
    assert!(has_it().await);
    assert_eq!(CODEX.hook(&api, "Stop", json!({})).await, json!({}));
}

#[tokio::test]
async fn a_paused_session_waits_at_the_end_of_its_turn_until_it_may_go_on() {
    let (_server, api, pipeline) = at_work().await;
    note(&api, &pipeline, json!({"kind": "pause"})).await;
    let wait = ends_turn(&api, CODEX);
    waiting(&api, 1).await;
    note(&api, &pipeline, json!({"text": "Mind the tests."})).await;
    note(
        &api,
        &pipeline,
        json!({"kind": "go_on", "text": "Use SQLite."}),
    )
    .await;
    let answer = soon("the word", wait).await.expect("no panic");
    assert_eq!(answer["decision"], "block");
    let reason = answer["reason"].as_str().expect("a text");
    for part in [
        "lets the work go on",
        "Use SQLite.",
        "Mind the tests.",
        "notes_read=[2]",
    ] {
        assert!(reason.contains(part), "{part} in {reason}");
    }
}

#[tokio::test]
async fn a_note_comes_with_the_next_tool_call_of_any_kind_and_does_not_come_for_ever() {
    let (_server, api, pipeline) = at_work().await;
    note(&api, &pipeline, json!({"text": "Mind the tests."})).await;
    let shell =
        || json!({"tool_name": "Bash", "tool_input": {"command": "ls"}, "tool_response": "src"});
    let answer = CODEX.hook(&api, "PostToolUse", shell()).await;
    let text = answer["hookSpecificOutput"]["additionalContext"].as_str();
    assert!(
        text.is_some_and(|text| text.contains("Mind the tests.")),
        "{answer}"
    );
    assert_eq!(CODEX.hook(&api, "PostToolUse", shell()).await, json!({}));
    let beside = Session { id: "s3", ..CODEX };
    assert_eq!(beside.hook(&api, "PostToolUse", shell()).await, json!({}));
    let mut woken = 0;
    for _ in 0..10 {
        woken += u32::from(CODEX.hook(&api, "Stop", json!({})).await["decision"] == "block");
    }
    assert_eq!(woken, 2, "three times in all");
}

#[tokio::test]
async fn a_token_binds_a_hook_to_the_pipelines_of_its_agent() {
    let server = Server::start().await;
    let api = &server.api;
    let agents = Registry::of(server.place.agents().expect("a registry")).expect("a read");
    let token = |name| {
        let token = agents.add(name, Scope::Report).expect("a token");
        format!("Bearer {}", token.reveal())
    };
    let (mine, other) = (token("mine"), token("other"));
    until("the tokens", async || {
        api.send(Method::GET, "/api/agents", &[("authorization", &other)], "")
            .await
            .status
            == 200
    })
    .await;
    let start = json!({"project": "shop", "title": "t"});
    let started = api
        .post_with("/api/pipelines", &[("authorization", &mine)], &start)
        .await
        .ok();
    let pipeline = started["pipeline"].as_str().expect("an id");
    let tool =
        json!({"tool_name": "mcp__staffel__get_next_prompt", "tool_input": {"pipeline": pipeline}});
    let used = CODEX.body("PostToolUse", tool);
    let session = async || {
        let path = format!("/api/pipelines/{pipeline}");
        api.get(&path).await.ok()["session"]["id"].clone()
    };
    for headers in [&[("authorization", other.as_str())][..], &[]] {
        api.post_with("/api/hooks/codex", headers, &used).await.ok();
        assert_eq!(session().await, Value::Null);
    }
    api.post_with("/api/hooks/codex", &[("authorization", &mine)], &used)
        .await
        .ok();
    assert_eq!(session().await, json!("s1"));
}

#[tokio::test]
async fn what_is_no_hook_is_refused_in_words_and_changes_nothing() {
    let (_server, api, pipeline) = at_work().await;
    let before = api.events(&pipeline).await.len();
    let problem = api
        .post("/api/hooks/emacs", &CODEX.body("Stop", json!({})))
        .await;
    assert_eq!(problem.status, 404);
    assert!(
        problem.text.contains("claude-code, codex"),
        "{}",
        problem.text
    );
    for body in [
        "",
        "[]",
        "nonsense",
        r#"{"hook_event_name":"Stop"}"#,
        "\u{0}",
    ] {
        let problem = api
            .send(Method::POST, "/api/hooks/codex", &[], body.to_owned())
            .await;
        assert_eq!(problem.status, 422, "{body}: {}", problem.text);
    }
    let unknown = CODEX.hook(&api, "PreCompact", json!({})).await;
    assert_eq!(unknown, json!({}));
    let nobodys = json!({"tool_name": "mcp__staffel__get_next_prompt", "tool_input": {"pipeline": "0123456789"}});
    assert_eq!(CODEX.hook(&api, "PostToolUse", nobodys).await, json!({}));
    assert_eq!(api.events(&pipeline).await.len(), before);
}

/// Some clients give up a connection on which nothing comes for five minutes.
#[tokio::test]
async fn a_late_answer_begins_at_once() {
    let (_server, api, pipeline) = at_work().await;
    let handover = api.hand_over(&pipeline, "# Plan").await;
    let url = format!("http://{}/api/hooks/codex?wait=15", api.address);
    let request = reqwest::Client::builder()
        .no_proxy()
        .build()
        .expect("a client")
        .post(url);
    let sent = request
        .body(CODEX.body("Stop", json!({})).to_string())
        .send();
    let mut answer = soon("the head", sent).await.expect("an answer");
    let first = soon("a byte", answer.chunk())
        .await
        .expect("a body")
        .expect("a chunk");
    assert_eq!(&first[..], b" ");
    api.decide(&handover, 1, "accept", "").await.ok();
    let rest = soon("the rest", answer.bytes()).await.expect("a body");
    let rest: Value = serde_json::from_slice(&rest).expect("JSON behind spaces");
    assert_eq!(rest["decision"], "block");
}

#[tokio::test]
async fn tool_calls_of_a_session_at_work_are_seen_once_a_minute() {
    let (_server, api, pipeline) = at_work().await;
    let other = Session { id: "s2", ..CODEX };
    for session in [CODEX, CODEX, CODEX, other] {
        let tool =
            json!({"tool_name": "Read", "tool_input": {}, "tool_response": "x".repeat(100_000)});
        assert_eq!(session.hook(&api, "PostToolUse", tool).await, json!({}));
    }
    let events = api.events(&pipeline).await;
    let seen = events
        .iter()
        .filter(|it| it["event"]["type"] == "ActivitySeen");
    let seen: Vec<_> = seen.map(|it| it["event"]["calls"].clone()).collect();
    assert_eq!(seen, [json!(1)], "the first; the next ones a minute later");
}
