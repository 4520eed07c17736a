//! The whole loop over REST, decisions at once, and the facts page by page.

use serde_json::{Value, json};

use crate::support::Server;

/// The `type` of an event of the journal.
fn kinds(events: &[Value]) -> Vec<&str> {
    events
        .iter()
        .filter_map(|event| event["event"]["type"].as_str())
        .collect()
}

#[tokio::test]
async fn a_pipeline_goes_from_start_to_completion_over_rest() {
    let server = Server::start().await;
    let api = &server.api;
    let start = json!({"project": "genxais", "title": "Login", "goal": "A login.", "phases": ["PLAN", "IMPLEMENT"],
        "version": {"current": "1.10"}, "tracks": [{"name": "Backend", "tasks": [{"name": "Hashing", "phase": "IMPLEMENT"}]}]});
    let started = api.post("/api/pipelines", &start).await;
    assert_eq!(started.status, 201);
    let location = started.header("location").to_owned();
    let status = started.json();
    let id = status["pipeline"].as_str().expect("an id");
    assert_eq!(location, format!("/api/pipelines/{id}"));
    assert_eq!(status["phase"], "PLAN");
    assert_eq!(status["version"]["current"], "1.10", "a version is text");
    let detail = api.get(&location).await.ok();
    let summary = status.as_object().expect("fields");
    for (name, value) in summary {
        assert_eq!(
            &detail[name], value,
            "a detail has all of a summary: {name}"
        );
    }
    assert_eq!(detail["goal"], "A login.");
    assert_eq!(detail["tracks"][0]["tasks"][0]["name"], "Hashing");
    assert_eq!(
        api.get("/api/pipelines?project=genxais").await.ok()["pipelines"],
        json!([status])
    );
    assert_eq!(
        api.get("/api/pipelines?project=other").await.ok()["pipelines"],
        json!([])
    );

    let report = json!({"phase": "planning", "progress": 60, "message": "Half way."});
    let status = api.post(&format!("{location}/reports"), &report).await.ok();
    assert_eq!(
        (&status["progress"], &status["progress_source"]),
        (&json!(60), &json!("claimed"))
    );

    // The first revision is sent back, the second accepted.
    let h1 = api.hand_over(id, "# Plan\n\nUse argon2.").await;
    let handover = api.get(&format!("{location}/handovers/{h1}")).await.ok();
    assert_eq!(
        (&handover["phase"], &handover["next_phase"]),
        (&json!("PLAN"), &json!("IMPLEMENT"))
    );
    assert_eq!(handover["html"], "<h3>Plan</h3>\n<p>Use argon2.</p>\n");
    let decided = api
        .decide(&h1, 1, "request_changes", "Name the parameters.")
        .await
        .ok();
    assert_eq!(
        (&decided["decision"], &decided["by"]["kind"]),
        (&json!("request_changes"), &json!("person"))
    );
    assert_eq!(decided["status"]["baton"], "in_transit");
    let prompt = api.prompt(id, 1).await;
    assert_eq!(
        (&prompt["purpose"], &prompt["phase"]),
        (&json!("revision"), &json!("PLAN"))
    );
    assert!(
        prompt["prompt"]
            .as_str()
            .is_some_and(|text| text.contains("Name the parameters."))
    );
    let p1 = format!("{location}/prompts/{id}-p1");
    assert_eq!(
        api.post_as_person(&format!("{p1}/offers"), &json!({"via": "copy"}))
            .await
            .ok()["state"],
        "offered"
    );
    assert_eq!(
        api.post(&format!("{p1}/pickup"), &json!({})).await.ok()["state"],
        "picked_up"
    );
    assert_eq!(
        api.post(&format!("{p1}/acknowledgement"), &json!({}))
            .await
            .ok()["state"],
        "acknowledged"
    );
    assert_eq!(
        api.hand_over(id, "# Plan\n\nargon2id, m=19456, t=2.").await,
        h1,
        "a revision, not another handover"
    );
    api.decide(&h1, 2, "accept", "Keep it small.").await.ok();
    let prompt = api.prompt(id, 2).await;
    assert_eq!(
        api.get(&format!("{location}/prompts/next")).await.ok()["prompt_id"],
        prompt["prompt_id"]
    );
    for expected in ["argon2id, m=19456", "Keep it small.", "A login.", id] {
        assert!(
            prompt["prompt"]
                .as_str()
                .is_some_and(|text| text.contains(expected)),
            "{expected}"
        );
    }

    // The last phase: a report picks the prompt up, and tasks are counted.
    let report = json!({"tasks": [{"name": "Hashing", "status": "completed"}, {"name": "Form", "status": "in_progress"}]});
    let status = api.post(&format!("{location}/reports"), &report).await.ok();
    assert_eq!(
        (&status["phase"], &status["progress"]),
        (&json!("IMPLEMENT"), &json!(50))
    );
    assert_eq!(status["prompt"]["state"], "running");
    let h2 = api.hand_over(id, "Both done.").await;
    let end = api.decide(&h2, 1, "accept", "").await.ok();
    assert_eq!(
        (&end["status"]["status"], &end["status"]["baton"]),
        (&json!("completed"), &json!("nobody"))
    );
    assert_eq!(
        kinds(&api.events(id).await),
        [
            "PipelineStarted",
            "PhaseStarted",
            "ProgressReported",
            "HandoverSubmitted",
            "ChangesRequested",
            "PromptWritten",
            "PromptOffered",
            "PromptOffered",
            "PromptPickedUp",
            "PhaseReopened",
            "PromptAcknowledged",
            "HandoverRevised",
            "HandoverAccepted",
            "PromptWritten",
            "PromptOffered",
            "PromptPickedUp",
            "PhaseStarted",
            "TaskUpdated",
            "TaskUpdated",
            "HandoverSubmitted",
            "HandoverAccepted",
            "PipelineCompleted",
        ]
    );
}

#[tokio::test]
async fn of_twenty_decisions_at_once_exactly_one_wins() {
    let server = Server::start().await;
    let pipeline = server.api.start("a").await;
    let handover = server.api.hand_over(&pipeline, "Done.").await;
    let decisions = (0..20).map(|n| {
        let (api, handover) = (server.api.clone(), handover.clone());
        let decision = ["accept", "request_changes", "stop"][n % 3];
        tokio::spawn(async move {
            (
                decision,
                api.decide(&handover, 1, decision, &format!("{n}")).await,
            )
        })
    });
    let (mut won, mut lost) = (vec![], 0);
    for decision in decisions.collect::<Vec<_>>() {
        let (decision, answer) = decision.await.expect("no panic");
        match answer.status {
            200 => won.push((decision, answer.json())),
            409 => {
                assert!(
                    matches!(
                        answer.json()["reason"].as_str(),
                        Some("already_decided" | "ended")
                    ),
                    "{answer:?}"
                );
                lost += 1;
            }
            _ => panic!("{answer:?}"),
        }
    }
    assert_eq!((won.len(), lost), (1, 19));
    let events = server.api.events(&pipeline).await;
    let deciding = ["HandoverAccepted", "ChangesRequested", "HandoverStopped"];
    let made: Vec<_> = events
        .iter()
        .filter(|event| {
            event["event"]["type"]
                .as_str()
                .is_some_and(|kind| deciding.contains(&kind))
        })
        .collect();
    assert_eq!(made.len(), 1);
    let (decision, answer) = &won[0];
    assert_eq!(answer["decision"], json!(decision));
    assert_eq!(
        answer["note"], made[0]["event"]["review_changes"],
        "the winner was told its own decision"
    );
}

#[tokio::test]
async fn pages_of_events_are_dense_and_end_at_the_head() {
    let server = Server::start().await;
    let (a, b) = (server.api.start("a").await, server.api.start("b").await);
    for n in 0..15 {
        server.api.report(&a, &format!("{n}")).await;
        server.api.report(&b, &format!("{n}")).await;
    }
    let mut positions = Vec::new();
    for id in [&a, &b] {
        let (mut after, mut revisions, mut pages) = (0, Vec::new(), 0);
        loop {
            let path = format!("/api/pipelines/{id}/events?after={after}&limit=4");
            let page = server.api.get(&path).await.ok();
            assert_eq!(page["head"], 34);
            let events = page["events"].as_array().expect("events");
            let Some(last) = events.last() else { break };
            after = last["position"].as_u64().expect("a position");
            assert!(events.len() <= 4);
            assert!(events.iter().all(|event| event["pipeline"] == json!(id)));
            revisions.extend(events.iter().filter_map(|event| event["revision"].as_u64()));
            positions.extend(events.iter().filter_map(|event| event["position"].as_u64()));
            pages += 1;
        }
        assert_eq!(pages, 5);
        assert_eq!(revisions, (1..=17).collect::<Vec<_>>(), "of one pipeline");
    }
    positions.sort_unstable();
    assert_eq!(positions, (1..=34).collect::<Vec<_>>(), "of the journal");
    let beyond = server
        .api
        .get(&format!("/api/pipelines/{a}/events?after={}", u64::MAX))
        .await;
    assert_ne!(beyond.status, 500, "{beyond:?}");
}
