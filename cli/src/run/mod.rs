//! `staffel run`: starts an agent, and brings it every prompt of a pipeline until that has ended.
//!
//! The agent speaks the Agent Client Protocol on its standard streams (`acp`), or is started once for each prompt (`exec`).
//! The run decides nothing: people do, on the board. It sends a prompt, waits until the turn ends, waits for the person, and
//! sends what Staffel has written meanwhile. All of it can be killed at any moment and started again: what has happened is read
//! from the server, and a prompt counts as picked up before it is sent.

mod acp;
mod agent_process;
mod args;
mod asking;
mod begin;
mod exec;
mod lock;
mod permission;
mod plain;
mod plan;
mod staffel;
mod step;
mod words;

use std::{
    fs,
    io::{self, Write},
    sync::{Arc, OnceLock},
    time::Duration,
};

use anyhow::{Context, Result, anyhow, bail, ensure};
use domain::{PipelineId, PromptId};
use serde_json::json;
use tokio::{sync::watch, time::sleep};

use crate::{local::LocalServer, stop_signal::stop_signal, token};
use acp::{AcpAgent, Turn};
pub use args::RunArgs;
use begin::{Beginning, mcp_server};
use exec::ExecAgent;
use lock::Lock;
use plain::plain;
use staffel::{Failure, Seen, Staffel, Standing};
use step::{Memory, Step, Why, newest_go_on, newest_prompt, step, untold_answers};

/// The pause before an agent is reminded whose turn has failed, for each failure in a row: its provider may be busy.
const AFTER_FAILURE: Duration = Duration::from_secs(3);

/// The agent of a run.
enum Agent {
    Acp(Box<AcpAgent>),
    Exec(ExecAgent),
}

/// What belongs to a run.
struct Run {
    staffel: Arc<Staffel>,
    pipeline: PipelineId,
    seen: watch::Receiver<Seen>,
    memory: Memory,
    lock: Lock,
    /// Whether the agent's session knows nothing of the work: it is told everything with whatever it is told next.
    fresh: bool,
}

/// Starts the agent and brings it every prompt, until the pipeline has ended.
///
/// # Errors
/// The agent, the server or an argument is of no use; in words, with what to do.
pub async fn run(args: &RunArgs, local: &dyn LocalServer) -> Result<()> {
    ensure!(
        args.exec.is_some() || !args.command.is_empty(),
        "no agent is named. Put its command after `--`, such as: staffel run --goal \"…\" -- gemini --acp; or name one that reads a \
         prompt on standard input: --exec 'claude -p'."
    );
    let folder = fs::canonicalize(&args.project)
        .with_context(|| format!("--project {}", args.project.display()))?;
    ensure!(
        folder.is_dir(),
        "--project {} is no folder",
        folder.display()
    );
    let endpoint = args.server.endpoint(local)?;
    let token = token::from_environment()?;
    let staffel = Staffel::new(&endpoint.base(), &args.name(), token.as_ref())?;
    // Known as soon as there is a pipeline.
    let again = OnceLock::new();
    let beginning = Beginning {
        args,
        staffel: &Arc::new(staffel),
        folder: &folder,
        mcp: mcp_server(&endpoint, token.as_ref())?,
        again: &again,
    };
    let mut agent = None;
    let relayed = tokio::select! {
        relayed = async {
            let mut run = beginning.begin(&mut agent).await?;
            relay(&beginning, &mut run, &mut agent).await
        } => relayed,
        // When the terminal goes, the run goes as a program does that nobody told; its agent hears it by the end of its input.
        () = stop_signal() => Err(anyhow!("stopped. The pipeline stays where it is.")),
    };
    if let Some(Agent::Acp(agent)) = agent {
        agent.end().await;
    }
    match (relayed, again.get()) {
        (Err(error), Some(again)) => Err(anyhow!("{error:#}\nGo on later with: {again}")),
        (relayed, _) => relayed,
    }
}

impl Run {
    fn new(staffel: &Arc<Staffel>, pipeline: PipelineId, lock: Lock) -> Self {
        Self {
            seen: staffel.follow(&pipeline),
            staffel: Arc::clone(staffel),
            memory: Memory::default(),
            lock,
            fresh: true,
            pipeline,
        }
    }

    /// A prompt of Staffel with its text.
    async fn prompt_for(&mut self, standing: &Standing) -> Result<Option<protocol::PromptView>> {
        let Some(about) = newest_prompt(standing) else {
            return Ok(None);
        };
        self.memory.sent.insert(about.prompt_id.clone());
        Ok(Some(self.staffel.prompt(&about.prompt_id).await?))
    }

    /// Whether the work has begun, by what is there.
    async fn beginning(&mut self, standing: &Standing) -> Result<String> {
        let prompt = self.prompt_for(standing).await?;
        let begun =
            standing.summary.progress > 0 || standing.summary.message.is_some() || prompt.is_some();
        Ok(words::stands(standing, prompt.as_ref(), begun))
    }

    /// Picks a prompt up and gives what the agent is told; nothing, where things have moved on.
    async fn decided(&mut self, standing: &Standing, prompt: &PromptId) -> Result<Option<String>> {
        let picked = match self.staffel.pick_up(prompt).await {
            Ok(picked) => picked,
            Err(Failure::Refused(_, why)) => {
                say(&format!("The prompt {prompt} is not picked up: {why}"));
                sleep(Duration::from_secs(1)).await;
                return Ok(None);
            }
            Err(failure) => return Err(failure.into()),
        };
        self.memory.sent.insert(prompt.clone());
        let text = words::decided(standing, &picked);
        say(&format!(
            "Prompt for {} ({} bytes) from {}.",
            picked.about.phase, picked.about.bytes, picked.about.handover
        ));
        Ok(Some(text))
    }

    /// What people have said meanwhile. It counts as delivered.
    async fn said(&mut self, standing: &Standing) -> Result<String> {
        let answers: Vec<_> = untold_answers(standing).collect();
        let text = words::told(standing, &answers, Some(self.memory.go_on.unwrap_or(0)));
        self.memory.go_on = newest_go_on(standing);
        for question in answers {
            self.staffel.received(&question.id).await?;
        }
        say("A person has answered or lets the work go on; the agent is told.");
        Ok(text)
    }

    /// Says on the board that the run stops.
    async fn give_up(&self, standing: &Standing, turn: Option<&Turn>) -> anyhow::Error {
        let how = turn.map_or("nothing", |turn| &*turn.how);
        let message = format!(
            "staffel run: {} has ended {} turns in a row without handing over ({how}). The run has stopped; start it again, or go on by hand.",
            self.staffel.agent,
            step::REMINDERS + 1
        );
        let body = json!({ "phase": standing.summary.phase, "message": plain(&message, 1_000) });
        if let Err(failure) = self.staffel.report(&self.pipeline, &body).await {
            say(&format!("The board could not be told. {failure}"));
        }
        let said = turn
            .map(|turn| turn.said.trim())
            .filter(|said| !said.is_empty());
        let said = said.map_or_else(String::new, |said| {
            format!("\nIt said last:\n{}", plain::plain_lines(said, 2_000))
        });
        anyhow!("{}{said}", plain(&message, 1_000))
    }
}

/// Sends what there is to be sent, and waits for people, until the pipeline has ended.
async fn relay(beginning: &Beginning<'_>, run: &mut Run, agent: &mut Option<Agent>) -> Result<()> {
    let mut waits = None;
    let mut last = None;
    loop {
        // Before the look: no change is missed in between.
        if matches!(&*run.seen.borrow_and_update(), Seen::Away) {
            return Err(run.staffel.away().into());
        }
        let standing = run.staffel.standing(&run.pipeline).await?;
        let next = step(&standing, &run.memory);
        if !matches!(next, Step::Remind | Step::GiveUp) {
            run.memory.unfinished = 0;
        }
        let text = match &next {
            Step::Ended(status) => {
                say(&format!(
                    "The pipeline {} has ended: {}.",
                    run.pipeline,
                    ended(*status)
                ));
                return Ok(());
            }
            Step::Wait(why) => {
                if waits.replace(*why) != Some(*why) {
                    say(&waiting(*why, &run.staffel.page(&run.pipeline)));
                }
                wait(run, agent).await?;
                continue;
            }
            Step::GiveUp => return Err(run.give_up(&standing, last.as_ref()).await),
            Step::Begin => run.beginning(&standing).await?,
            Step::Prompt(prompt) => match run.decided(&standing, prompt).await? {
                Some(text) => text,
                None => continue,
            },
            Step::Tell => run.said(&standing).await?,
            Step::Remind => {
                run.memory.unfinished += 1;
                say(&format!(
                    "{} has not handed over {}; it is reminded ({} of {}).",
                    run.staffel.agent,
                    standing.summary.phase,
                    run.memory.unfinished,
                    step::REMINDERS
                ));
                if run.memory.unfinished == step::ANEW {
                    beginning.renew(run, agent).await?;
                }
                words::reminder(&standing)
            }
        };
        waits = None;
        let text = match run.fresh && !matches!(next, Step::Begin | Step::Prompt(_)) {
            // It knows nothing but what it is told now.
            true => format!("{}\n\n{text}", run.beginning(&standing).await?),
            false => text,
        };
        run.memory.begun = true;
        let turn = turn(run, agent, &text).await?;
        say(&format!("{}: {}.", run.staffel.agent, turn.how));
        if turn.failed {
            if !turn.said.trim().is_empty() {
                say(&format!(
                    "It said last:\n{}",
                    plain::plain_lines(&turn.said, 2_000)
                ));
            }
            sleep(AFTER_FAILURE * (run.memory.unfinished + 1)).await;
        }
        last = Some(turn);
    }
}

/// One turn of the agent. A person who pauses or ends the pipeline ends it at once.
async fn turn(run: &mut Run, agent: &mut Option<Agent>, text: &str) -> Result<Turn> {
    let stop = stopped(run.seen.clone());
    match agent {
        Some(Agent::Acp(agent)) => {
            let turn = agent.turn(text, stop).await;
            // It remembers its session from now on.
            run.fresh = false;
            turn
        }
        Some(Agent::Exec(agent)) => agent.turn(text, stop, &mut run.lock).await,
        None => bail!("there is no agent"),
    }
}

/// Waits for a change of the pipeline.
async fn wait(run: &mut Run, agent: &mut Option<Agent>) -> Result<()> {
    let changed = run.seen.changed();
    match agent {
        Some(Agent::Acp(agent)) => tokio::select! {
            changed = changed => changed.context("the stream"),
            error = agent.idle() => Err(error),
        },
        _ => changed.await.context("the stream"),
    }
}

/// Completes when the work has to stop: it is paused, it has ended, or the server is away for too long.
async fn stopped(mut seen: watch::Receiver<Seen>) {
    let stops = |seen: &Seen| match seen {
        Seen::Pipeline(summary) => summary.paused.is_some() || summary.status.has_ended(),
        Seen::Away => true,
        Seen::Nothing => false,
    };
    if seen.wait_for(stops).await.is_err() {
        std::future::pending::<()>().await;
    }
}

fn ended(status: domain::Status) -> String {
    let text = serde_json::to_value(status).unwrap_or_default();
    text.as_str().unwrap_or("ended").to_owned()
}

fn waiting(why: Why, page: &str) -> String {
    match why {
        Why::Decision => format!("Handed over. Waiting for a person to decide: {page}"),
        Why::Prompt => "Decided. Staffel writes the prompt.".to_owned(),
        Why::Pause => format!("Paused by a person, who lets it go on: {page}"),
        Why::Answer => format!("Waiting for a person to answer: {page}"),
    }
}

/// Says something to whoever started this. Nobody may be there to read it.
fn say(text: &str) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}
