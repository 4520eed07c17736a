//! `staffel demo`: plays an agent, as a real MCP client against a running server.
//!
//! A newcomer sees the whole loop in two minutes and decides himself. What the agent does is scripted
//! and its pipelines are labelled as a demonstration; the protocol, the waits and the prompts are real.

mod client;
mod script;

use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use reqwest::Url;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::{
    endpoint::{Discovery, Endpoint, parse_url},
    token::{VARIABLE, from_environment},
};

use client::Client;
use script::{DemoPhase, PHASES};

/// What `staffel demo` can be told.
#[derive(Debug, Clone, Args)]
pub struct DemoArgs {
    /// The server to play against
    #[arg(long, env = "STAFFEL_URL", value_parser = parse_url, default_value = "http://127.0.0.1:4700")]
    pub url: Url,
    /// Pause between two reports, in milliseconds
    #[arg(long, default_value_t = 1_500, value_name = "MS")]
    pub pace: u64,
}

/// Plays one pipeline from its start to its end.
///
/// # Errors
/// No Staffel answers at the address, or it refuses what the demo does.
pub async fn run(args: &DemoArgs) -> Result<()> {
    let endpoint = Endpoint::new(args.url.clone());
    let pace = Duration::from_millis(args.pace);
    let mut client = connect(&endpoint).await?;
    let played = play(&mut client, &endpoint.base(), pace).await;
    client.close().await;
    played
}

/// Asks first who is there, as the client's own words about it are for programmers.
async fn connect(endpoint: &Endpoint) -> Result<Client> {
    let token = from_environment()?;
    let base = endpoint.base();
    match endpoint.discover(token.as_ref()).await {
        Discovery::Accepted { .. } => Client::connect(endpoint.mcp(), token).await,
        Discovery::TokenNeeded => bail!(
            "The server at {base} wants a token. Make one there with `staffel agents add NAME`, and put it into the variable {VARIABLE}."
        ),
        Discovery::TokenRefused => bail!(
            "The server at {base} does not take the token in {VARIABLE}. Make one there with `staffel agents add NAME`."
        ),
        Discovery::Unusable(why) => bail!(
            "No Staffel answers at {base}: {why}. Start one with `make run` (or `staffel serve`), or name another with --url."
        ),
    }
}

async fn play(client: &mut Client, url: &str, pace: Duration) -> Result<()> {
    let started = client.call("start_pipeline", script::start()).await?;
    let pipeline = started["pipeline"]
        .as_str()
        .context("start_pipeline answers with an id")?
        .to_owned();
    let board = started["board_url"].as_str().unwrap_or(url).to_owned();
    println!("The demo agent has started pipeline {pipeline}.\nWatch it here:  {board}\n");

    for phase in &PHASES {
        work(client, &pipeline, phase, pace).await?;
        let mut handover = (phase.handover)();
        loop {
            let saved = client
                .call(
                    "save_handover_content",
                    json!({"pipeline": pipeline, "phase": phase.name, "content": handover}),
                )
                .await?;
            println!(
                "{} is handed over (revision {}). It is your turn: read it on the board and decide.",
                phase.name, saved["revision"]
            );
            let decision = wait(client, &saved["handover"]).await?;
            match decision["decision"].as_str().unwrap_or_default() {
                "accepted" => {
                    if go_on(client, &decision).await? {
                        break;
                    }
                    println!(
                        "The last handover is accepted: the pipeline is completed. Thank you for the relay!"
                    );
                    return Ok(());
                }
                "changes_requested" => {
                    let changes = decision["review_changes"].as_str().unwrap_or_default();
                    println!("You asked for changes: {changes}");
                    go_on(client, &decision).await?;
                    report(
                        client,
                        &pipeline,
                        json!({"message": "Revising the handover as asked"}),
                    )
                    .await?;
                    sleep(pace * 2).await;
                    handover = script::revised(&(phase.handover)(), changes);
                }
                other => {
                    println!("The pipeline has ended ({other}). The demo stops here.");
                    return Ok(());
                }
            }
        }
    }
    Ok(())
}

/// Works through the tasks of a phase, reporting as an agent should.
async fn work(
    client: &mut Client,
    pipeline: &str,
    phase: &DemoPhase,
    pace: Duration,
) -> Result<()> {
    for (task, message) in phase.tasks {
        let begun = json!({"phase": phase.name, "message": message, "tasks": [{"name": task, "track": phase.track, "status": "in_progress"}]});
        report(client, pipeline, begun).await?;
        sleep(pace).await;
        let done = json!({"phase": phase.name, "tasks": [{"name": task, "track": phase.track, "status": "completed"}]});
        let status = report(client, pipeline, done).await?;
        println!("{:>9}  {:>3} %  {task}", phase.name, status["progress"]);
        sleep(pace / 3).await;
    }
    Ok(())
}

async fn report(client: &mut Client, pipeline: &str, mut arguments: Value) -> Result<Value> {
    arguments["pipeline"] = pipeline.into();
    client.call("update_pipeline_status", arguments).await
}

/// Waits as long as the person takes, in bounded calls.
async fn wait(client: &mut Client, handover: &Value) -> Result<Value> {
    loop {
        let answer = client
            .call(
                "await_handover_decision",
                json!({"handover": handover, "wait_seconds": 45}),
            )
            .await?;
        if answer["decision"] != "pending" {
            return Ok(answer);
        }
        println!("           … still waiting for you");
    }
}

/// Acknowledges the prompt that came with a decision. `false` when there was none: the work is done.
async fn go_on(client: &mut Client, decision: &Value) -> Result<bool> {
    let mut prompt = decision.clone();
    while prompt["prompt"].is_null() {
        if decision["next_step"]
            .as_str()
            .is_some_and(|step| step.contains("completed"))
        {
            return Ok(false);
        }
        // The model is still writing.
        sleep(Duration::from_secs(1)).await;
        prompt = client
            .call("get_next_prompt", json!({"pipeline": decision["pipeline"]}))
            .await?;
    }
    let text = prompt["prompt"].as_str().unwrap_or_default();
    println!(
        "\nThe next prompt has arrived, {} characters. It begins:\n",
        text.chars().count()
    );
    text.lines().take(6).for_each(|line| println!("    {line}"));
    println!("    …\n");
    client
        .call(
            "acknowledge_prompt",
            json!({"prompt_id": prompt["prompt_id"]}),
        )
        .await?;
    Ok(true)
}
