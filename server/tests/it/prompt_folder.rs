//! Prompts as files in a folder of choice.

use std::{fs, path::Path};

use serde_json::{Value, json};

use crate::support::{Api, Program, Server, data_folder, until};

fn data(folder: &Path) -> Value {
    let text = fs::read_to_string(folder.join("latest_prompt.json")).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

async fn offered(api: &Api, pipeline: &str, number: u32) {
    until("the file", async || {
        let prompt = api.prompt(pipeline, number).await;
        let mut steps = prompt["deliveries"].as_array().expect("steps").iter();
        steps.any(|step| step["via"] == "file")
    })
    .await;
}

#[tokio::test]
async fn the_newest_prompt_lies_there_and_whoever_follows_it_has_it_from_there() {
    let folder = data_folder();
    let server = Server::with(|config| config.prompt_folder = Some(folder.path().to_owned())).await;
    let api = &server.api;
    let (first, second) = (api.start("shop").await, api.start("till").await);
    for pipeline in [&first, &second] {
        let handover = api.hand_over(pipeline, "# Plan").await;
        api.decide(&handover, 1, "accept", "Mind the tests.")
            .await
            .ok();
        offered(api, pipeline, 1).await;
    }
    let newest = data(folder.path());
    assert_eq!(newest["pipeline"], json!(second));
    let own = folder.path().join(&first);
    let data = data(&own);
    assert_eq!(data["prompt_id"], json!(format!("{first}-p1")));
    assert_eq!(data["phase"], "PLAN");
    let text = fs::read_to_string(own.join("latest_prompt.md")).expect("the text");
    assert_eq!(data["prompt"], json!(text));
    assert!(text.contains("Mind the tests."), "{text}");
    let names = fs::read_dir(&own).expect("a folder").count();
    assert_eq!(names, 2, "nothing half written stays");

    let prompt = api.acknowledge(&first, 1).await;
    let steps = prompt["deliveries"].as_array().expect("steps");
    assert!(
        steps
            .iter()
            .any(|step| step["state"] == "picked_up" && step["via"] == "file"),
        "{prompt}"
    );
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_stops_the_start_and_is_named() {
    let data = data_folder();
    let file = data.path().join("file");
    fs::write(&file, "").expect("written");
    let mut command = Program::command(data.path());
    command.env("STAFFEL_PROMPT_FOLDER", &file);
    let (said, _) = Program::complaint(command);
    assert!(
        said.contains("[prompt] folder") && said.contains(&file.display().to_string()),
        "{said}"
    );
}

#[tokio::test]
async fn what_a_killed_server_did_not_put_there_the_next_one_does() {
    let data = data_folder();
    let program = Program::start(data.path());
    let pipeline = program.api.start("shop").await;
    let handover = program.api.hand_over(&pipeline, "# Plan").await;
    program.api.decide(&handover, 1, "accept", "").await.ok();
    program.api.prompt(&pipeline, 1).await;
    program.kill();
    let folder = data_folder();
    let mut command = Program::command(data.path());
    command.env("STAFFEL_PROMPT_FOLDER", folder.path());
    let program = Program::spawn(command);
    offered(&program.api, &pipeline, 1).await;
    assert_eq!(self::data(folder.path())["pipeline"], json!(pipeline));
}
