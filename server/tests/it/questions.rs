//! Questions of agents and notes to them, from outside: who may, who hears, and what nobody loses.

use serde_json::{Value, json};

use crate::support::{Api, Program, Server, data_folder, until};

async fn ask(api: &Api, pipeline: &str, question: &Value) -> String {
    let path = format!("/api/pipelines/{pipeline}/questions");
    let asked = api.post(&path, question).await.ok();
    asked["question"]["id"].as_str().expect("an id").to_owned()
}

async fn answer(api: &Api, question: &str, body: &Value) -> Value {
    let (pipeline, _) = question.split_once('-').expect("an id");
    let path = format!("/api/pipelines/{pipeline}/questions/{question}/answer");
    api.post_as_person(&path, body).await.ok()
}

async fn read(api: &Api, question: &str, more: &str) -> Value {
    let (pipeline, _) = question.split_once('-').expect("an id");
    let path = format!("/api/pipelines/{pipeline}/questions/{question}{more}");
    api.get(&path).await.ok()["question"].clone()
}

async fn tell(api: &Api, pipeline: &str, note: &Value) -> Value {
    let path = format!("/api/pipelines/{pipeline}/notes");
    api.post_as_person(&path, note).await.ok()
}

#[tokio::test]
async fn a_question_waits_for_its_one_answer_and_the_board_shows_it() {
    let server = Server::start().await;
    let api = server.api.clone();
    let pipeline = api.start("shop").await;
    let mut events = server.subscribe("").await;
    events.through("snapshot").await;
    let question = ask(&api, &pipeline, &json!({"question": "Which database?", "kind": "choice", "options": ["SQLite", "PostgreSQL"]})).await;
    let heard = events.through("question").await;
    let asked = heard.last().expect("the question");
    assert_eq!(
        asked.json()["question"]["options"],
        json!(["SQLite", "PostgreSQL"])
    );
    let status = events.through("pipeline_status").await;
    let status = status.last().expect("a status").json();
    assert_eq!(status["baton"], "person");
    assert_eq!(status["status"], "running");
    assert_eq!(status["question"]["question"], json!(question));
    assert_eq!(status["question"]["waits"], true);

    let waiting = tokio::spawn({
        let (api, question) = (api.clone(), question.clone());
        async move { read(&api, &question, "?wait=15").await }
    });
    until("the wait", async || {
        api.get("/api/status").await.ok()["waits"] == json!(1)
    })
    .await;
    let answered = answer(&api, &question, &json!({"answer": "SQLite"})).await;
    assert_eq!(answered["question"]["answer"]["by"]["kind"], "person");
    assert_eq!(answered["question"]["answer"]["proof"]["by"], "session");
    let heard = waiting.await.expect("no panic");
    assert_eq!(heard["answer"]["answer"], "SQLite");
    assert_eq!(heard["answer"].get("delivered"), None);

    let receipt = format!("/api/pipelines/{pipeline}/questions/{question}/receipt");
    let received = api.post(&receipt, &json!({})).await.ok();
    assert_eq!(received["question"]["answer"]["delivered"]["with"], "REST");
    let again = format!("/api/pipelines/{pipeline}/questions/{question}/answer");
    let late = api
        .post_as_person(&again, &json!({"answer": "PostgreSQL"}))
        .await;
    assert_eq!(late.status, 409);
    assert!(late.text.contains("answered already"), "{late:?}");
    let detail = api.get(&format!("/api/pipelines/{pipeline}")).await.ok();
    assert_eq!(detail["baton"], "agent");
    assert_eq!(detail["questions"][0]["answer"]["answer"], "SQLite");
}

#[tokio::test]
async fn what_is_no_question_and_no_answer_is_refused_in_words() {
    let server = Server::start().await;
    let api = &server.api;
    let pipeline = api.start("shop").await;
    let questions = format!("/api/pipelines/{pipeline}/questions");
    let many: Vec<String> = (0..200).map(|number| number.to_string()).collect();
    for (body, named) in [
        (json!({"question": "x".repeat(64 * 1024)}), "65536"),
        (
            json!({"question": "x", "kind": "choice", "options": many}),
            "200",
        ),
        (json!({"question": "x", "kind": "guess"}), "guess"),
        (json!({"question": "x", "option": ["a"]}), "option"),
        (json!({"question": ""}), "question"),
    ] {
        let refused = api.post(&questions, &body).await;
        assert!([400, 413, 422].contains(&refused.status), "{refused:?}");
        assert!(refused.text.contains(named), "{named} in {refused:?}");
    }
    let unknown = api.get(&format!("{questions}/{pipeline}-q9")).await;
    assert_eq!(unknown.status, 404, "{unknown:?}");
    let question = ask(api, &pipeline, &json!({"question": "Which?"})).await;
    let path = format!("{questions}/{question}/answer");
    let empty = api.post_as_person(&path, &json!({"answer": " "})).await;
    assert!(empty.text.contains("`answer` is empty"), "{empty:?}");
    // An agent cannot answer itself, whatever it says it is.
    for headers in [
        &[][..],
        &[("staffel-actor", "agent/script")],
        &[("staffel-actor", "person/Owner")],
    ] {
        let refused = api
            .post_with(&path, headers, &json!({"answer": "me"}))
            .await;
        assert!([401, 403].contains(&refused.status), "{refused:?}");
    }
    assert_eq!(read(api, &question, "").await.get("answer"), None);
}

#[tokio::test]
async fn a_question_and_its_answer_survive_a_kill() {
    let data = data_folder();
    let program = Program::start(data.path());
    let pipeline = program.api.start("shop").await;
    let body = json!({"question": "Which database?"});
    let question = ask(&program.api, &pipeline, &body).await;
    program.kill();
    let program = Program::start(data.path());
    assert_eq!(
        ask(&program.api, &pipeline, &body).await,
        question,
        "it is not asked twice"
    );
    answer(&program.api, &question, &json!({"answer": "SQLite"})).await;
    program.kill();
    let program = Program::start(data.path());
    assert_eq!(
        read(&program.api, &question, "?wait=1").await["answer"]["answer"],
        "SQLite"
    );
}

#[tokio::test]
async fn a_note_has_a_receipt_and_a_pause_takes_the_baton() {
    let server = Server::start().await;
    let api = server.api.clone();
    let pipeline = api.start("shop").await;
    let mut events = server.subscribe("").await;
    events.through("snapshot").await;
    tell(&api, &pipeline, &json!({"text": "Mind the tests."})).await;
    let heard = events.through("note").await;
    let note = heard.last().expect("the note");
    assert_eq!(note.json()["note"]["text"], "Mind the tests.");
    let read = format!("/api/pipelines/{pipeline}/notes/acknowledgement");
    api.post(&read, &json!({"notes": [1]})).await.ok();
    let unknown = api.post(&read, &json!({"notes": [7]})).await;
    assert_eq!(unknown.status, 404, "{unknown:?}");
    let detail = async || api.get(&format!("/api/pipelines/{pipeline}")).await.ok();
    assert!(detail().await["notes"][0]["acknowledged"].is_string());
    let paused = tell(&api, &pipeline, &json!({"kind": "pause"})).await;
    assert_eq!(paused["baton"], "person");
    assert!(paused["paused"].is_string());
    let goes_on = tell(&api, &pipeline, &json!({"kind": "go_on", "text": "Now."})).await;
    assert_eq!(goes_on["baton"], "agent");
    let handover = api.hand_over(&pipeline, "# Plan").await;
    let path = format!("/api/pipelines/{pipeline}/notes");
    let late = api.post_as_person(&path, &json!({"kind": "pause"})).await;
    assert_eq!(late.status, 409, "{late:?}");
    api.decide(&handover, 1, "stop", "").await.ok();
    let ended = api.post_as_person(&path, &json!({"text": "Hello?"})).await;
    assert_eq!(ended.status, 409, "{ended:?}");
    assert!(ended.text.contains("stopped"), "{ended:?}");
}

#[tokio::test]
async fn who_asks_stands_before_who_works() {
    let server = Server::start().await;
    let api = &server.api;
    let asking = api.start("first").await;
    let aside = api.start("second").await;
    let works = api.start("third").await;
    ask(
        api,
        &aside,
        &json!({"question": "Final?", "blocking": false}),
    )
    .await;
    ask(api, &asking, &json!({"question": "Which?"})).await;
    let list = api.get("/api/pipelines").await.ok();
    let rows = list["pipelines"].as_array().expect("pipelines").iter();
    let order: Vec<_> = rows.map(|row| row["pipeline"].clone()).collect();
    assert_eq!(order, [json!(aside), json!(asking), json!(works)]);
}
