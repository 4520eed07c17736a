//! Policies over HTTP: what is accepted as it is saved, what two people have to accept, and who may say so.

use reqwest::Method;
use serde_json::{Value, json};
use server::{
    people::{Confirm, ConfirmBy},
    rounds::rounds,
};

use crate::support::{Answer, Api, Program, Server, data_folder, until};

/// Somebody at a browser.
struct Person {
    api: Api,
    cookie: String,
}

impl Person {
    /// Adds this person and signs a browser in.
    async fn add(api: &Api, name: &str, role: &str) -> Self {
        let body = json!({"name": name, "role": role});
        let added = api.post_as_person("/api/people", &body).await.ok();
        let link = added["link"].as_str().expect("a link");
        let (_, code) = link.split_once("#code=").expect("a code");
        let answer = api.post("/api/session", &json!({"code": code})).await;
        let cookie = answer.header("set-cookie").split(';').next();
        Self {
            api: api.clone(),
            cookie: cookie.expect("a cookie").to_owned(),
        }
    }

    /// The one who is signed in from the start.
    fn owner(api: &Api) -> Self {
        Self {
            api: api.clone(),
            cookie: api.session()[0].1.to_owned(),
        }
    }

    async fn send(&self, method: Method, path: &str, body: Value) -> Answer {
        let headers = [
            ("content-type", "application/json"),
            ("cookie", self.cookie.as_str()),
            ("sec-fetch-site", "same-origin"),
        ];
        self.api
            .send(method, path, &headers, body.to_string())
            .await
    }

    async fn set(&self, pipeline: &str, phase: &str, policy: Value) -> Answer {
        let path = format!("/api/pipelines/{pipeline}/phases/{phase}/policy");
        self.send(Method::PUT, &path, policy).await
    }

    async fn accept(&self, handover: &str, revision: u32, words: &str) -> Answer {
        let body = json!({"decision": "accept", "revision": revision, "review_changes": words});
        self.send(Method::POST, &decision(handover), body).await
    }

    async fn read(&self, handover: &str) -> Value {
        let (pipeline, _) = handover.split_once('-').expect("a handover id");
        let path = format!("/api/pipelines/{pipeline}/handovers/{handover}");
        self.send(Method::GET, &path, json!({})).await.ok()
    }
}

fn decision(handover: &str) -> String {
    let (pipeline, _) = handover.split_once('-').expect("a handover id");
    format!("/api/pipelines/{pipeline}/handovers/{handover}/decision")
}

fn unless(max_files: i64) -> Value {
    json!({"policy": "accept_unless", "max_files": max_files})
}

/// A handover with these test results and open questions.
async fn save(api: &Api, pipeline: &str, text: &str, failed: u32, questions: &[&str]) -> Value {
    let recap = json!({
        "open_questions": questions,
        "evidence": {"tests": {"passed": 12, "failed": failed}, "files": ["src/pay.rs"]},
    });
    let path = format!("/api/pipelines/{pipeline}/handovers");
    let body = json!({"content": text, "recap": recap});
    api.post(&path, &body).await.ok()
}

async fn count(api: &Api, pipeline: &str, kind: &str) -> usize {
    let events = api.events(pipeline).await;
    let of_kind = events.iter().filter(|it| it["event"]["type"] == kind);
    of_kind.count()
}

#[tokio::test]
async fn what_trips_waits_for_a_person_and_what_is_mended_is_accepted_at_once() {
    let server = Server::start().await;
    let api = &server.api;
    let anna = Person::add(api, "Anna", "reviewer").await;
    let pipeline = api.start("shop").await;
    let set = anna.set(&pipeline, "van", unless(3)).await.ok();
    assert_eq!(
        set["policy"],
        json!({"rule": "accept_unless", "max_files": 3, "needs_tests": true})
    );
    assert_eq!(
        (&set["phase"], &set["by"]["name"]),
        (&json!("VAN"), &json!("Anna"))
    );

    let mut events = server.subscribe("").await;
    let handed = save(
        api,
        &pipeline,
        "# Plan\n\nOwner: [Name]\n\n![Login](login.png)",
        2,
        &["Who pays?"],
    )
    .await;
    let handover = handed["handover"].as_str().expect("an id").to_owned();
    assert_eq!(handed["decision"], Value::Null);
    let view = anna.read(&handover).await;
    assert_eq!(
        view["hit"],
        json!([
            {"wire": "failed_tests", "count": 2},
            {"wire": "open_questions", "count": 1},
            {"wire": "placeholders", "count": 1},
            {"wire": "pictures", "count": 1},
        ])
    );
    assert_eq!(view["policy"]["by"]["name"], "Anna");

    let handed = save(api, &pipeline, "# Plan\n\nOwner: Ben", 0, &[]).await;
    assert_eq!(
        handed["decision"]["decision"], "accept",
        "in the same append"
    );
    assert_eq!(
        handed["decision"]["by"],
        json!({"kind": "system", "name": "staffel"})
    );
    assert_eq!(handed["decision"]["policy_by"]["name"], "Anna");
    let told = events.through("handover_decided").await;
    let decided = told.last().expect("a decision").json();
    assert_eq!(decided["policy_by"]["name"], "Anna");
    assert_eq!(decided["by"]["kind"], "system");
    let prompt = api.prompt(&pipeline, 1).await;
    assert_eq!(prompt["phase"], "PLAN");
    // Only that phase: the next one asks.
    let path = format!("/api/pipelines/{pipeline}/prompts/{pipeline}-p1/pickup");
    api.post(&path, &json!({})).await.ok();
    let handed = save(api, &pipeline, "# The plan", 0, &[]).await;
    assert_eq!(handed["decision"], Value::Null);
    assert_eq!(
        count(api, &pipeline, "HandoverAccepted").await,
        0,
        "as nobody's own decision"
    );
    let audit = api.get_as_person("/api/audit").await.text;
    for words in [
        "policy_set",
        "VAN: accept_unless, max_files 3, needs_tests true",
        "Anna",
    ] {
        assert!(audit.contains(words), "{words} is not in {audit}");
    }
    let detail = api.get(&format!("/api/pipelines/{pipeline}")).await.ok();
    assert_eq!(detail["phase_details"][0]["policy"]["by"]["name"], "Anna");
}

#[tokio::test]
async fn a_text_too_deep_to_be_searched_is_for_a_person() {
    let server = Server::start().await;
    let owner = Person::owner(&server.api);
    let pipeline = server.api.start("shop").await;
    owner.set(&pipeline, "VAN", unless(3)).await.ok();
    let deep = format!("{} [Name]", "> ".repeat(500));
    let handed = save(&server.api, &pipeline, &deep, 0, &[]).await;
    assert_eq!(handed["decision"], Value::Null);
    let view = owner
        .read(handed["handover"].as_str().expect("an id"))
        .await;
    assert_eq!(view["hit"], json!([{"wire": "not_searched"}]));
}

#[tokio::test]
async fn a_policy_out_of_bounds_is_refused_in_words() {
    let server = Server::start().await;
    let owner = Person::owner(&server.api);
    let pipeline = server.api.start("shop").await;
    for (phase, body, status, words) in [
        ("VAN", unless(-1), 422, "`max_files` is -1."),
        ("VAN", unless(500), 422, "0 to 499"),
        ("VAN", unless(i64::MAX), 422, "0 to 499"),
        (
            "VAN",
            json!({"policy": "accept_unless"}),
            422,
            "`max_files` is missing",
        ),
        (
            "VAN",
            json!({"policy": "ask", "max_files": 3}),
            422,
            "belongs to",
        ),
        ("VAN", json!({"policy": "always"}), 422, "two_people"),
        (
            "VAN",
            json!({"policy": "ask", "sure": true}),
            422,
            "unknown field",
        ),
        ("REFLECT", unless(3), 422, "last phase"),
        ("DEPLOY", json!({"policy": "ask"}), 409, "no phase DEPLOY"),
        ("a%0Ab", json!({"policy": "ask"}), 422, "cannot be used"),
    ] {
        let answer = owner.set(&pipeline, phase, body).await;
        assert_eq!(answer.status, status, "{answer:?}");
        assert!(answer.text.contains(words), "{words}: {answer:?}");
    }
    assert_eq!(count(&server.api, &pipeline, "PhasePolicySet").await, 0);
}

#[tokio::test]
async fn a_policy_decides_nothing_once_its_person_may_not_decide() {
    let server = Server::start().await;
    let api = &server.api;
    let owner = Person::owner(api);
    let anna = Person::add(api, "Anna", "reviewer").await;
    let pipeline = api.start("shop").await;
    anna.set(&pipeline, "VAN", unless(3)).await.ok();
    let less = json!({"role": "viewer"});
    owner
        .send(Method::POST, "/api/people/Anna", less)
        .await
        .ok();
    assert_eq!(anna.set(&pipeline, "PLAN", unless(3)).await.status, 403);
    let handed = save(api, &pipeline, "# Plan", 0, &[]).await;
    let handover = handed["handover"].as_str().expect("an id").to_owned();
    assert_eq!(
        owner.read(&handover).await["hit"],
        json!([{"wire": "setter_may_not"}])
    );
    let gone = json!({"disabled": true});
    owner
        .send(Method::POST, "/api/people/Anna", gone)
        .await
        .ok();
    let handed = save(api, &pipeline, "# Plan 2", 0, &[]).await;
    assert_eq!(handed["decision"], Value::Null);
    // Somebody who may takes it over.
    owner.set(&pipeline, "VAN", unless(3)).await.ok();
    let handed = save(api, &pipeline, "# Plan 3", 0, &[]).await;
    assert_eq!(handed["decision"]["policy_by"]["name"], "Owner");
}

#[tokio::test]
async fn setting_a_policy_needs_what_deciding_needs() {
    let server = Server::with(|config| {
        config.confirm = Confirm {
            by: Some(ConfirmBy::Pin),
            phases: Some(["VAN".to_owned()].into()),
        };
    })
    .await;
    let api = &server.api;
    let owner = Person::owner(api);
    let pipeline = api.start("shop").await;
    let refused = owner.set(&pipeline, "VAN", unless(3)).await;
    assert_eq!(refused.status, 403, "{refused:?}");
    assert!(refused.text.contains("pin-needed"), "{refused:?}");
    owner.set(&pipeline, "PLAN", unless(3)).await.ok();
    let framed = json!({"policy": "two_people", "framed": true});
    assert_eq!(owner.set(&pipeline, "PLAN", framed).await.status, 403);
    let start = json!({"project": "a", "title": "t", "policies": [{"phase": "VAN", "policy": "two_people"}]});
    let refused = owner.send(Method::POST, "/api/pipelines", start).await;
    assert!(refused.text.contains("pin-needed"), "{refused:?}");
}

#[tokio::test]
async fn people_start_pipelines_with_policies_and_agents_and_scripts_do_not() {
    let server = Server::start().await;
    let api = &server.api;
    let owner = Person::owner(api);
    let start = json!({
        "project": "shop", "title": "Basket",
        "policies": [
            {"phase": "VAN", "policy": "accept_unless", "max_files": 2, "needs_tests": false},
            {"phase": "reflektion", "policy": "two_people"},
        ],
    });
    let started = owner
        .send(Method::POST, "/api/pipelines", start.clone())
        .await;
    assert_eq!(started.status, 201, "{started:?}");
    let pipeline = started.json()["pipeline"]
        .as_str()
        .expect("an id")
        .to_owned();
    let detail = api.get(&format!("/api/pipelines/{pipeline}")).await.ok();
    let policy = |phase: usize| detail["phase_details"][phase]["policy"]["policy"].clone();
    assert_eq!(
        policy(0),
        json!({"rule": "accept_unless", "max_files": 2, "needs_tests": false})
    );
    assert_eq!(policy(4), json!({"rule": "two_people"}));

    let before = api.get("/api/status").await.ok()["head"].clone();
    let refused = api.post("/api/pipelines", &start).await;
    assert_eq!(refused.status, 401, "{refused:?}");
    let body = json!({"label": "cron", "scope": "report", "days": 1});
    let token = api
        .post_as_person("/api/people/me/tokens", &body)
        .await
        .ok();
    let bearer = format!("Bearer {}", token["secret"].as_str().expect("a token"));
    let headers = [("authorization", bearer.as_str())];
    let refused = api.post_with("/api/pipelines", &headers, &start).await;
    assert_eq!(refused.status, 403, "{refused:?}");
    assert_eq!(api.get("/api/status").await.ok()["head"], before);
    let mut bad = start.clone();
    bad["policies"][0]["max_files"] = json!(1_000);
    let refused = owner.send(Method::POST, "/api/pipelines", bad).await;
    assert_eq!(refused.status, 422, "{refused:?}");
}

#[tokio::test]
async fn two_people_at_the_same_time_are_one_decision_every_time() {
    let server = Server::start().await;
    let api = &server.api;
    let owner = Person::owner(api);
    let anna = Person::add(api, "Anna", "reviewer").await;
    for round in 0..rounds(20, 100) {
        let pipeline = api.start("shop").await;
        owner
            .set(&pipeline, "VAN", json!({"policy": "two_people"}))
            .await
            .ok();
        let handover = api.hand_over(&pipeline, "Done.").await;
        let (one, other) = tokio::join!(
            owner.accept(&handover, 1, "from the owner"),
            anna.accept(&handover, 1, "from Anna")
        );
        let mut statuses = [one.status, other.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 202], "{round}: {one:?} {other:?}");
        let events = api.events(&pipeline).await;
        let of = |kind: &str| {
            let found = events.iter().filter(|it| it["event"]["type"] == kind);
            found
                .map(|it| it["actor"]["name"].clone())
                .collect::<Vec<_>>()
        };
        let (first, second) = (of("HandoverApproved"), of("HandoverAccepted"));
        assert_eq!((first.len(), second.len()), (1, 1), "{round}");
        assert_ne!(first, second, "two people");
    }
}

#[tokio::test]
async fn the_same_person_twice_is_one_and_somebody_alone_is_told_so() {
    let server = Server::start().await;
    let api = &server.api;
    let owner = Person::owner(api);
    let pipeline = api.start("shop").await;
    let set = owner
        .set(&pipeline, "VAN", json!({"policy": "two_people"}))
        .await
        .ok();
    assert_eq!(set["nobody_else"], true);
    let handover = api.hand_over(&pipeline, "Done.").await;
    assert_eq!(owner.read(&handover).await["may_accept"], json!([]));
    let alone = owner.accept(&handover, 1, "").await;
    assert_eq!(alone.status, 403, "{alone:?}");
    for words in ["nobody but Owner", "/phases/VAN/policy", "ask"] {
        assert!(alone.text.contains(words), "{words}: {alone:?}");
    }
    let anna = Person::add(api, "Anna", "reviewer").await;
    assert_eq!(owner.accept(&handover, 1, "").await.status, 202);
    let view = anna.read(&handover).await;
    assert_eq!(view["approval"]["by"]["name"], "Owner");
    assert_eq!(view["may_accept"], json!(["Owner"]));
    assert_eq!(view["decision"], Value::Null);
    let twice = owner.accept(&handover, 1, "").await;
    assert_eq!(twice.status, 409, "{twice:?}");
    assert!(twice.text.contains("needs two people"), "{twice:?}");
    let lift = anna.set(&pipeline, "VAN", json!({"policy": "ask"})).await;
    assert_eq!(
        lift.status, 403,
        "she would do away with her own check: {lift:?}"
    );
    anna.accept(&handover, 1, "").await.ok();
    api.prompt(&pipeline, 1).await;
    // An agent reads no names of people who may decide.
    let path = format!("/api/pipelines/{pipeline}/handovers/{handover}");
    assert_eq!(api.get(&path).await.ok()["may_accept"], Value::Null);
}

#[tokio::test]
async fn an_approval_is_taken_back_as_long_as_nobody_followed() {
    let server = Server::with(|config| config.undo_seconds = 1).await;
    let api = &server.api;
    let owner = Person::owner(api);
    let anna = Person::add(api, "Anna", "reviewer").await;
    let pipeline = api.start("shop").await;
    owner
        .set(&pipeline, "VAN", json!({"policy": "two_people"}))
        .await
        .ok();
    let handover = api.hand_over(&pipeline, "Done.").await;
    let undone = json!({"decision": "accept", "revision": 1, "undo": true});
    let pending = owner
        .send(Method::POST, &decision(&handover), undone.clone())
        .await
        .json();
    assert_eq!(pending["handover"]["pending"]["decision"], "accept");
    assert_eq!(pending["handover"]["approval"], Value::Null);
    until("the approval", async || {
        owner.read(&handover).await["approval"].is_object()
    })
    .await;
    let back = format!("{}/undo", decision(&handover));
    owner
        .send(Method::POST, &back, json!({"revision": 1}))
        .await
        .ok();
    assert_eq!(owner.read(&handover).await["approval"], Value::Null);
    assert_eq!(
        anna.accept(&handover, 1, "").await.status,
        202,
        "hers is the first"
    );
    owner.send(Method::POST, &decision(&handover), undone).await;
    api.prompt(&pipeline, 1).await;
    assert_eq!(count(api, &pipeline, "HandoverAccepted").await, 1);
}

#[tokio::test]
async fn an_approval_outlives_a_kill() {
    let data = data_folder();
    let program = Program::start(data.path());
    let owner = Person::owner(&program.api);
    let anna = Person::add(&program.api, "Anna", "reviewer").await;
    let pipeline = program.api.start("shop").await;
    owner
        .set(&pipeline, "VAN", json!({"policy": "two_people"}))
        .await
        .ok();
    owner.set(&pipeline, "PLAN", unless(3)).await.ok();
    let handover = program.api.hand_over(&pipeline, "Done.").await;
    assert_eq!(
        owner.accept(&handover, 1, "Mind the index.").await.status,
        202
    );
    program.kill();

    let program = Program::start(data.path());
    let owner = Person::owner(&program.api);
    let anna = Person {
        api: program.api.clone(),
        ..anna
    };
    assert_eq!(
        owner.accept(&handover, 1, "").await.status,
        409,
        "it is known who was first"
    );
    let decided = anna.accept(&handover, 1, "And the lock.").await.ok();
    assert_eq!(decided["note"], "Mind the index.\n\nAnd the lock.");
    let prompt = program.api.prompt(&pipeline, 1).await;
    let text = prompt["prompt"].as_str().expect("a text");
    assert!(
        text.contains("Mind the index.") && text.contains("And the lock."),
        "{text}"
    );
    let pick_up = format!("/api/pipelines/{pipeline}/prompts/{pipeline}-p1/pickup");
    program.api.post(&pick_up, &json!({})).await.ok();
    let handed = save(&program.api, &pipeline, "# Plan", 0, &[]).await;
    assert_eq!(
        handed["decision"]["policy_by"]["name"], "Owner",
        "policies outlive it, too"
    );
}
