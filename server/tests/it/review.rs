//! A review over HTTP: comments and their answers, evidence, what changed, and what was not filled in.

use serde_json::{Value, json};
use server::rounds::rounds;

use crate::support::{Answer, Api, Server};

/// What a handover says beside its text.
fn evidence() -> Value {
    json!({
        "results": ["Redeliveries book once."],
        "open_questions": ["Who approves the rollout?"],
        "next_steps": ["Build the worker."],
        "evidence": {
            "commit": "9f31c07", "branch": "sync",
            "tests": {"passed": 214, "failed": 0, "command": "make test"},
            "files": ["src/pay.rs"],
            "links": [{"url": "https://example.com/run/7", "title": "The run"}],
        },
    })
}

async fn hand_over(api: &Api, pipeline: &str, body: Value) -> Answer {
    let path = format!("/api/pipelines/{pipeline}/handovers");
    api.post(&path, &body).await
}

async fn read(api: &Api, handover: &str, revision: u32) -> Value {
    let (pipeline, _) = handover.split_once('-').expect("a handover id");
    let path = format!("/api/pipelines/{pipeline}/handovers/{handover}?revision={revision}");
    api.get_as_person(&path).await.ok()
}

async fn decide(api: &Api, handover: &str, body: Value) -> Answer {
    let (pipeline, _) = handover.split_once('-').expect("a handover id");
    let path = format!("/api/pipelines/{pipeline}/handovers/{handover}/decision");
    api.post_as_person(&path, &body).await
}

/// The number and the state of every comment.
fn states(view: &Value) -> Vec<(u64, &str)> {
    let comments = view["comments"].as_array().map(Vec::as_slice);
    let comments = comments.unwrap_or_default().iter();
    comments
        .map(|it| {
            (
                it["number"].as_u64().expect("a number"),
                it["state"].as_str().expect("a state"),
            )
        })
        .collect()
}

#[tokio::test]
async fn three_rounds_with_comments_answers_and_evidence() {
    let server = Server::start().await;
    let api = &server.api;
    let pipeline = api.start("shop").await;
    let first = json!({"content": "# Plan\n\nAnswer 200.\n\nOwner: [Name]", "recap": evidence()});
    let handed = hand_over(api, &pipeline, first).await.ok();
    let handover = handed["handover"].as_str().expect("an id").to_owned();

    let view = read(api, &handover, 1).await;
    assert_eq!(view["recap"]["evidence"]["tests"]["passed"], 214);
    assert_eq!(view["placeholders"], json!([{"text": "[Name]", "line": 5}]));
    assert!(
        view["shown"].is_string(),
        "what is read is more than the text"
    );

    let review = json!({"comments": [
        {"text": "And while the database is down?", "about": {"quote": "Answer 200.", "before": "Plan"}},
        {"about": {"quote": "[Name]"}, "suggestion": "Anna"},
        {"text": "Say how support finds an event."},
    ]});
    let requested = json!({"decision": "request_changes", "revision": 1, "read": view["shown"], "review": review});
    decide(api, &handover, requested).await.ok();
    let prompt = api.prompt(&pipeline, 1).await;
    let prompt = prompt["prompt"].as_str().expect("a text");
    for words in [
        "**1**",
        "And while the database is down?",
        "Answer 200.",
        "Anna",
        "**3**",
    ] {
        assert!(prompt.contains(words), "{words} is not in {prompt}");
    }

    let answers = json!([
        {"comment": 1, "outcome": "done", "note": "503, so that they retry."},
        {"comment": 2, "outcome": "declined", "note": "Ben owns it."},
    ]);
    let second = json!({"content": "# Plan\n\nAnswer 503.\n\nOwner: Ben", "answers": answers});
    hand_over(api, &pipeline, second).await.ok();
    let view = read(api, &handover, 2).await;
    assert_eq!(
        states(&view),
        [(1, "done"), (2, "declined"), (3, "unanswered")]
    );
    assert_eq!(
        view["earlier"]["revision"], 1,
        "older evidence beside a newer text says so"
    );
    assert_eq!(view["recap"], Value::Null);

    let accepted = json!({"decision": "accept", "revision": 2, "read": view["hash"]});
    let refused = decide(api, &handover, accepted).await;
    assert_eq!(refused.status, 409, "{refused:?}");
    for words in ["unsettled", "2 (declined), 3 (not answered)"] {
        assert!(refused.text.contains(words), "{refused:?}");
    }
    let review = json!({"settled": [2], "insisted": [{"comment": 3, "text": "By number?"}]});
    let again = json!({"decision": "request_changes", "revision": 2, "review": review});
    decide(api, &handover, again).await.ok();
    assert_eq!(
        states(&read(api, &handover, 2).await),
        [(1, "done"), (2, "settled"), (3, "unanswered")]
    );

    // Before that the baton is on its way.
    api.prompt(&pipeline, 2).await;
    let third = json!({"content": "# Plan\n\nAnswer 503.\n\nSearch by number.", "answers": [{"comment": 3, "outcome": "done"}]});
    hand_over(api, &pipeline, third).await.ok();
    let view = read(api, &handover, 3).await;
    let with = json!({"comments": [{"text": "Keep the logs for a week."}]});
    let accepted =
        json!({"decision": "accept", "revision": 3, "read": view["hash"], "review": with});
    decide(api, &handover, accepted).await.ok();
    let view = read(api, &handover, 3).await;
    assert_eq!(
        states(&view),
        [
            (1, "settled"),
            (2, "settled"),
            (3, "settled"),
            (4, "unanswered")
        ]
    );
    assert_eq!(view["comments"][1]["settled"]["by"]["kind"], "person");
    let prompt = api.prompt(&pipeline, 3).await;
    assert!(
        prompt["prompt"]
            .as_str()
            .is_some_and(|text| text.contains("Keep the logs for a week."))
    );
}

#[tokio::test]
async fn what_is_read_is_the_text_with_what_is_said_beside_it() {
    let server = Server::start().await;
    let api = &server.api;
    let pipeline = api.start("shop").await;
    let handed = hand_over(
        api,
        &pipeline,
        json!({"content": "Done.", "recap": evidence()}),
    )
    .await
    .ok();
    let handover = handed["handover"].as_str().expect("an id").to_owned();
    let before = read(api, &handover, 1).await;
    let (read_before, hash) = (before["shown"].clone(), before["hash"].clone());
    // The same words, other figures: another revision, and the old one is not accepted unread.
    let mut worse = evidence();
    worse["evidence"]["tests"]["failed"] = json!(3);
    let handed = hand_over(api, &pipeline, json!({"content": "Done.", "recap": worse}))
        .await
        .ok();
    assert_eq!(handed["revision"], 2);
    assert_ne!(handed["shown"], read_before);
    assert_eq!(handed["hash"], hash);
    for revision in [1, 2] {
        let body = json!({"decision": "accept", "revision": revision, "read": read_before});
        let refused = decide(api, &handover, body).await;
        assert_eq!(refused.status, 409, "{refused:?}");
    }
}

#[tokio::test]
async fn a_slip_in_the_name_of_a_field_is_refused_however_deep_it_lies() {
    let server = Server::start().await;
    let api = &server.api;
    let pipeline = api.start("shop").await;
    for (body, path) in [
        (
            json!({"content": "Done.", "recap": {"evidence": {"test": {}}}}),
            "recap.evidence.test",
        ),
        (
            json!({"content": "Done.", "recap": {"evidence": {"tests": {"passed": 1, "failed": 0, "skiped": 1}}}}),
            "skiped",
        ),
    ] {
        let refused = hand_over(api, &pipeline, body).await;
        assert_eq!(refused.status, 422, "{refused:?}");
        assert!(refused.text.contains(path), "{refused:?}");
    }
    let link = json!({"evidence": {"links": [{"url": "javascript:alert(1)"}]}});
    let refused = hand_over(api, &pipeline, json!({"content": "Done.", "recap": link})).await;
    assert!(
        refused.status >= 400 && refused.text.contains("https://"),
        "{refused:?}"
    );
    assert_eq!(
        api.events(&pipeline).await.len(),
        2,
        "nothing was handed over"
    );
}

#[tokio::test]
async fn two_revisions_are_compared_as_they_are_read_and_as_they_are_written() {
    let server = Server::start().await;
    let api = &server.api;
    let pipeline = api.start("shop").await;
    let key = format!("AKIA{}", "QYLPMN5HHHFPZAM2");
    let handover = api
        .hand_over(&pipeline, "# Plan\n\nKeep the ids for 90 days.")
        .await;
    api.hand_over(
        &pipeline,
        &format!("# Plan\n\nKeep the ids for 30 days.\n\nThe key is {key}."),
    )
    .await;
    let path = format!("/api/pipelines/{pipeline}/handovers/{handover}/changes");
    let changes = api.get_as_person(&path).await.ok();
    assert_eq!((&changes["from"], &changes["to"]), (&json!(1), &json!(2)));
    let said = changes["blocks"].to_string();
    assert!(said.contains("<del>90</del><ins>30</ins>"), "{said}");
    assert!(
        changes["lines"]
            .to_string()
            .contains("Keep the ids for 30 days.")
    );
    assert!(
        changes["lines"].to_string().contains(&key),
        "people see all of it"
    );
    let others = api.get(&path).await.ok().to_string();
    assert!(
        !others.contains(&key) && others.contains("masked"),
        "{others}"
    );
    let missing = api.get_as_person(&format!("{path}?from=3")).await;
    assert_eq!(missing.status, 404);
    assert!(missing.text.contains("its newest is 2"), "{missing:?}");
}

#[tokio::test]
async fn five_hundred_comments_are_refused_in_words_and_nothing_is_lost() {
    let server = Server::start().await;
    let api = &server.api;
    let pipeline = api.start("shop").await;
    let handover = api.hand_over(&pipeline, "Done.").await;
    let comments = |count: usize| json!({"comments": vec![json!({"text": "Why?"}); count]});
    let body =
        |count| json!({"decision": "request_changes", "revision": 1, "review": comments(count)});
    let refused = decide(api, &handover, body(500)).await;
    assert_eq!(refused.status, 413, "{refused:?}");
    assert!(refused.text.contains("at most 100"), "{refused:?}");
    decide(api, &handover, body(100)).await.ok();
    assert_eq!(states(&read(api, &handover, 1).await).len(), 100);
}

/// Two people press at once, again and again: one decision, and its comments are the only ones.
#[tokio::test]
async fn of_two_reviews_at_the_same_moment_one_counts_with_its_comments() {
    let server = Server::start().await;
    let api = &server.api;
    let pipeline = api.start("shop").await;
    let handover = api.hand_over(&pipeline, "# Plan 1").await;
    for round in 1..=rounds(50, 200) {
        let body = |who: &str| {
            let review = json!({"comments": [{"text": format!("{who} {round}")}]});
            json!({"decision": "request_changes", "revision": round, "review": review})
        };
        let (one, other) = tokio::join!(
            decide(api, &handover, body("one")),
            decide(api, &handover, body("other"))
        );
        let mut answers = [one.status, other.status];
        answers.sort_unstable();
        assert_eq!(answers, [200, 409], "round {round}");
        // What was asked for is answered, so that there is room for the next one.
        api.prompt(&pipeline, round).await;
        let answers = json!([{"comment": round, "outcome": "done"}]);
        let text = format!("# Plan {}", round + 1);
        hand_over(api, &pipeline, json!({"content": text, "answers": answers}))
            .await
            .ok();
        if round % 50 == 0 {
            let view = read(api, &handover, round + 1).await;
            assert_eq!(
                view["comments"].as_array().map(Vec::len),
                Some(round as usize)
            );
        }
    }
}

/// A person and an agent are at it at once, again and again: whoever accepts accepts what was read, or nothing.
#[tokio::test]
async fn a_text_that_is_swapped_while_somebody_accepts_is_never_accepted_unread() {
    let server = Server::start().await;
    let api = &server.api;
    for round in 0..rounds(40, 200) {
        let pipeline = api.start(&format!("shop {round}")).await;
        let handover = api.hand_over(&pipeline, "What was read.").await;
        let shown = read(api, &handover, 1).await["hash"].clone();
        let accept = json!({"decision": "accept", "revision": 1, "read": shown});
        let swap = json!({"content": "Something else."});
        let (decided, swapped) = tokio::join!(
            decide(api, &handover, accept),
            hand_over(api, &pipeline, swap)
        );
        let accepted = decided.status == 200;
        assert_eq!(
            accepted,
            swapped.status != 201,
            "one of both: {decided:?} {swapped:?}"
        );
        if !accepted {
            assert_eq!(read(api, &handover, 2).await["decision"], Value::Null);
        }
    }
}

async fn undo(api: &Api, handover: &str, what: &str) -> Answer {
    let (pipeline, _) = handover.split_once('-').expect("a handover id");
    let path = format!("/api/pipelines/{pipeline}/handovers/{handover}/decision/{what}");
    api.post_as_person(&path, &json!({"revision": 1})).await
}

#[tokio::test]
async fn a_decision_is_taken_back_before_any_agent_hears_of_it() {
    let server = Server::with(|config| config.undo_seconds = 60).await;
    let api = &server.api;
    let pipeline = api.start("shop").await;
    let handover = api.hand_over(&pipeline, "Done.").await;
    let accept = json!({"decision": "accept", "revision": 1, "undo": true, "review": {"comments": [{"text": "Why?"}]}});
    let pending = decide(api, &handover, accept.clone()).await;
    assert_eq!(pending.status, 202, "{pending:?}");
    let summary = pending.json();
    assert_eq!(summary["handover"]["pending"]["decision"], "accept");
    assert_eq!(
        (&summary["baton"], &summary["status"]),
        (&json!("person"), &json!("awaiting_review"))
    );
    assert_eq!(
        read(api, &handover, 1).await["decision"],
        Value::Null,
        "nobody hears of it"
    );
    assert_eq!(
        api.get(&format!("/api/pipelines/{pipeline}/prompts/next"))
            .await
            .status,
        404
    );
    let second = decide(api, &handover, json!({"decision": "stop", "revision": 1})).await;
    assert_eq!(second.status, 409, "{second:?}");
    assert!(second.text.contains("take it back until"), "{second:?}");

    let back = undo(api, &handover, "undo").await.ok();
    assert_eq!(back["handover"]["pending"], Value::Null);
    assert_eq!(
        back["review"]["comments"][0]["text"], "Why?",
        "what was typed comes back, wherever it was typed"
    );
    let audit = api.get_as_person("/api/audit").await.ok();
    let newest = &audit["entries"][0];
    assert_eq!(
        (&newest["what"], &newest["about"]),
        (
            &json!("taken_back"),
            &json!(format!("{handover}, revision 1"))
        )
    );
    assert_eq!(
        states(&read(api, &handover, 1).await),
        [],
        "nor were its comments made"
    );
    let again = undo(api, &handover, "undo").await;
    assert_eq!(again.status, 409, "{again:?}");

    decide(api, &handover, accept).await;
    let sent = undo(api, &handover, "now").await.ok();
    assert_eq!(sent["handover"]["decision"]["by"]["kind"], "person");
    api.prompt(&pipeline, 1).await;
    let late = undo(api, &handover, "undo").await;
    assert_eq!(late.status, 409);
    assert!(
        late.text.contains("cannot be taken back any more"),
        "{late:?}"
    );
    undo(api, &handover, "now").await.ok();
    let decisions = api.events(&pipeline).await;
    let accepted = decisions
        .iter()
        .filter(|it| it["event"]["type"] == "HandoverAccepted");
    assert_eq!(accepted.count(), 1);
}

#[tokio::test]
async fn a_decision_that_nobody_takes_back_is_carried_out_once() {
    let server = Server::with(|config| config.undo_seconds = 1).await;
    let pipeline = server.api.start("shop").await;
    let handover = server.api.hand_over(&pipeline, "Done.").await;
    let changes = json!({"decision": "request_changes", "revision": 1, "undo": true, "review_changes": "Shorter."});
    let pending = decide(&server.api, &handover, changes.clone()).await;
    assert_eq!(pending.status, 202, "{pending:?}");
    server.api.prompt(&pipeline, 1).await;

    server.api.hand_over(&pipeline, "Shorter.").await;
    let accept = json!({"decision": "accept", "revision": 2, "undo": true});
    assert_eq!(decide(&server.api, &handover, accept).await.status, 202);
    server.api.prompt(&pipeline, 2).await;
    let events = server.api.events(&pipeline).await;
    let count = |kind: &str| {
        events
            .iter()
            .filter(|it| it["event"]["type"] == kind)
            .count()
    };
    assert_eq!(
        (
            count("ChangesRequested"),
            count("HandoverAccepted"),
            count("DecisionPending")
        ),
        (1, 1, 2)
    );
}

#[tokio::test]
async fn another_revision_ends_a_decision_that_could_be_taken_back() {
    let server = Server::with(|config| config.undo_seconds = 1).await;
    let api = &server.api;
    let pipeline = api.start("shop").await;
    let handover = api.hand_over(&pipeline, "Done.").await;
    let accept = json!({"decision": "accept", "revision": 1, "undo": true});
    assert_eq!(decide(api, &handover, accept).await.status, 202);
    api.hand_over(&pipeline, "Something else.").await;
    let summary = api.get(&format!("/api/pipelines/{pipeline}")).await.ok();
    assert_eq!(summary["handover"]["pending"], Value::Null);
    // Nothing that was not read is accepted by it, now or later.
    tokio::time::sleep(std::time::Duration::from_millis(1_500)).await;
    assert_eq!(read(api, &handover, 2).await["decision"], Value::Null);
}
