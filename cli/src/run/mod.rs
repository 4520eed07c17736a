//! `staffel run`: starts an agent, and brings it every prompt of a pipeline until that has ended.
//!
//! The agent speaks the Agent Client Protocol on its standard streams (`acp`), or is started once for each prompt (`exec`).
//! The run decides nothing: people do, on the board. It sends a prompt, waits until the turn ends, waits for the person, and
//! sends what Staffel has written meanwhile. All of it can be killed at any moment and started again: what has happened is read
//! from the server, and a prompt counts as picked up before it is sent.

mod acp;
mod agent_process;
mod asking;
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
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
    time::Duration,
};

use anyhow::{Context, Result, anyhow, bail, ensure};
use clap::Args;
use domain::{PipelineId, PromptId, Session, limits::TITLE_MAX};
use serde_json::{Value, json};
use tokio::{sync::watch, time::sleep};

use crate::{endpoint::ServerArgs, local::LocalServer, program::program, program::quoted, token};
use acp::{AcpAgent, McpServer, Opening, Turn};
use agent_process::{AgentProcess, Output, program_of};
use asking::Desk;
use exec::ExecAgent;
use lock::Lock;
use permission::Allow;
use plain::plain;
use plan::{Progress, Work};
use staffel::{Failure, Seen, Staffel, Standing};
use step::{Memory, Step, Why, newest_go_on, newest_prompt, step, untold_answers};

/// The name under which the server knows sessions of runs.
const CLIENT: &str = "acp";
/// Longest name of an agent that is made from its command: what a token's name may have.
const NAME: usize = 64;
/// The pause before an agent is reminded whose turn has failed, for each failure in a row: its provider may be busy.
const AFTER_FAILURE: Duration = Duration::from_secs(3);

/// What `staffel run` can be told.
#[derive(Debug, Clone, Args)]
#[command(
    override_usage = "staffel run [OPTIONS] --goal <TEXT> -- <COMMAND> [ARGS]...
       staffel run [OPTIONS] --goal <TEXT> --exec <COMMAND>
       staffel run [OPTIONS] --pipeline <ID> -- <COMMAND> [ARGS]..."
)]
pub struct RunArgs {
    /// The folder in which the agent works
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub project: PathBuf,
    /// Go on with this pipeline, instead of starting one
    #[arg(long, value_name = "ID", conflicts_with_all = ["title", "goal", "phases"])]
    pub pipeline: Option<PipelineId>,
    /// What the board calls the new pipeline [default: the first line of the goal]
    #[arg(long, value_name = "TEXT")]
    pub title: Option<String>,
    /// What the new pipeline is to achieve; goes into every prompt
    #[arg(long, value_name = "TEXT")]
    pub goal: Option<String>,
    /// Its phases [default: VAN,PLAN,CREATE,IMPLEMENT,REFLECT]
    #[arg(long, value_name = "NAME,NAME", value_delimiter = ',')]
    pub phases: Vec<String>,
    /// What the agent may do without asking a person
    #[arg(long, value_enum, default_value_t)]
    pub allow: Allow,
    /// The agent's name on the board [default: from the command]
    #[arg(long, value_name = "NAME", value_parser = protocol::parse_name)]
    pub agent: Option<String>,
    /// A command for the shell that reads a prompt on standard input; it is started once for each prompt
    #[arg(long, value_name = "COMMAND", conflicts_with = "command")]
    pub exec: Option<String>,
    /// How long the agent may take until it answers, in seconds; `npx` may have to fetch it first
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub start_within: u64,
    /// Which server.
    #[command(flatten)]
    pub server: ServerArgs,
    /// The agent: a command that speaks the Agent Client Protocol, such as gemini --acp, qwen --acp, opencode acp
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<String>,
}

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
    let name = args.agent.clone().unwrap_or_else(|| name_of(args));
    let staffel = Arc::new(Staffel::new(&endpoint.base(), &name, token.as_ref())?);

    let mcp = mcp_server(&endpoint, token.as_ref())?;
    let mut agent = None;
    // Known as soon as there is a pipeline.
    let again = OnceLock::new();
    let relayed = tokio::select! {
        relayed = async {
            let mut run = begin(args, &staffel, &folder, &name, &mut agent, mcp, &again).await?;
            relay(&mut run, &mut agent).await
        } => relayed,
        () = interrupted() => Err(anyhow!("stopped. The pipeline stays where it is.")),
    };
    if let Some(Agent::Acp(agent)) = agent {
        agent.end().await;
    }
    match (relayed, again.get()) {
        (Err(error), Some(again)) => Err(anyhow!("{error:#}\nGo on later with: {again}")),
        (relayed, _) => relayed,
    }
}

/// Starts or finds the pipeline, and opens a session of the agent. The agent comes first: a command that does not work leaves no
/// pipeline behind.
async fn begin(
    args: &RunArgs,
    staffel: &Arc<Staffel>,
    folder: &Path,
    name: &str,
    agent: &mut Option<Agent>,
    mcp: McpServer,
    again: &OnceLock<String>,
) -> Result<Run> {
    let shown = folder.display().to_string();
    if let Some(pipeline) = &args.pipeline {
        let standing = staffel.standing(pipeline).await?;
        let lock = Lock::take(pipeline).await?;
        let _ = again.set(command_again(args, pipeline));
        let before = standing
            .more
            .session
            .as_ref()
            .filter(|it| is_ours(it, name, &shown));
        let before = before.map(|session| session.id.as_str());
        let mut run = Run::new(staffel, pipeline.clone(), lock);
        if standing.summary.status.has_ended() {
            return Ok(run);
        }
        run.memory.go_on = newest_go_on(&standing);
        let mut process = None;
        run.fresh = !open(args, folder, name, &mcp, before, agent, &mut process).await?;
        run.attach(args, agent, folder).await;
        if let Some(process) = process {
            run.lock.note_agent(process)?;
        }
        say(&format!(
            "{name} goes on with {} in {}.",
            staffel.page(pipeline),
            plain(&shown, 200)
        ));
        return Ok(run);
    }
    let body = start_body(args, folder)?;
    staffel.reachable().await?;
    let mut process = None;
    open(args, folder, name, &mcp, None, agent, &mut process).await?;
    let started = staffel.start(&body).await?;
    let again = again.get_or_init(|| command_again(args, &started.pipeline));
    let lock = Lock::take(&started.pipeline).await?;
    let mut run = Run::new(staffel, started.pipeline, lock);
    if let Some(process) = process {
        run.lock.note_agent(process)?;
    }
    run.attach(args, agent, folder).await;
    say(&format!(
        "{name} works on {} in {}.\nIf this ends too early, go on with: {}",
        staffel.page(&run.pipeline),
        plain(&shown, 200),
        again
    ));
    Ok(run)
}

/// Opens a session of the agent. Whether it is the one before.
async fn open(
    args: &RunArgs,
    folder: &Path,
    name: &str,
    mcp: &McpServer,
    before: Option<&str>,
    agent: &mut Option<Agent>,
    id: &mut Option<u32>,
) -> Result<bool> {
    if let Some(command) = &args.exec {
        *agent = Some(Agent::Exec(ExecAgent::new(command, folder.to_owned())));
        return Ok(false);
    }
    let process = AgentProcess::start(program_of(&args.command)?, folder, Output::Lines)?;
    *id = Some(process.id());
    let (opened, loaded) = AcpAgent::open(
        process,
        name,
        &Opening {
            folder,
            mcp,
            before,
            within: Duration::from_secs(args.start_within),
        },
    )
    .await?;
    *agent = Some(Agent::Acp(Box::new(opened)));
    Ok(loaded)
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

    /// Shows the session on the board, and lets the agent's permissions be decided there.
    async fn attach(&self, args: &RunArgs, agent: &mut Option<Agent>, folder: &Path) {
        let Some(Agent::Acp(agent)) = agent else {
            return;
        };
        let work = Work {
            pipeline: self.pipeline.clone(),
            client: CLIENT.to_owned(),
            session: agent.session().to_owned(),
            folder: folder.display().to_string(),
        };
        self.staffel
            .tool_used(&work.pipeline, &work.client, &work.session, &work.folder)
            .await;
        let desk = Desk::new(
            Arc::clone(&self.staffel),
            self.pipeline.clone(),
            args.allow,
            folder.to_owned(),
        );
        let progress = Progress::of(&self.staffel, work, self.seen.clone());
        agent.work_for(Arc::new(desk), progress);
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
async fn relay(run: &mut Run, agent: &mut Option<Agent>) -> Result<()> {
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

/// Whether a session is one that this agent had in this folder: of a run before, or by the assistant's own hooks.
fn is_ours(session: &Session, name: &str, folder: &str) -> bool {
    (session.client == CLIENT || name.contains(&session.client)) && session.folder == folder
}

/// What is sent to start the pipeline.
fn start_body(args: &RunArgs, folder: &Path) -> Result<Value> {
    let goal = args.goal.as_deref().unwrap_or_default().trim();
    let title = args
        .title
        .as_deref()
        .or(goal.lines().next())
        .unwrap_or_default();
    let title = plain(title, TITLE_MAX);
    ensure!(
        !title.is_empty(),
        "nothing says what is to be done. Say it with --goal \"…\", or go on with a pipeline: --pipeline ID."
    );
    let project = folder.file_name().map_or_else(
        || "/".to_owned(),
        |name| name.to_string_lossy().into_owned(),
    );
    Ok(json!({
        "project": plain(&project, domain::limits::PROJECT_MAX),
        "title": title,
        "goal": goal,
        "phases": args.phases,
    }))
}

/// A name for the agent, from its command: that of the program, or of the package that `npx` and the like run.
fn name_of(args: &RunArgs) -> String {
    const RUNNERS: [&str; 10] = [
        "npx", "node", "bunx", "bun", "pnpm", "uvx", "python", "python3", "sh", "env",
    ];
    let exec: Vec<String> = args
        .exec
        .iter()
        .flat_map(|line| line.split_whitespace())
        .map(str::to_owned)
        .collect();
    let words = if exec.is_empty() {
        &args.command
    } else {
        &exec
    };
    let named = words
        .iter()
        .filter(|word| !word.starts_with('-') && !word.contains('='));
    let stem = |word: &String| {
        let word = word.rsplit(['/', '\\']).next().unwrap_or_default();
        let word = word
            .split('@')
            .find(|part| !part.is_empty())
            .unwrap_or_default();
        let word = word
            .strip_suffix(".cmd")
            .or(word.strip_suffix(".exe"))
            .or(word.strip_suffix(".js"))
            .unwrap_or(word);
        word.strip_suffix(".py").unwrap_or(word).to_owned()
    };
    let name = named
        .map(stem)
        .find(|name| !RUNNERS.contains(&name.as_str()));
    let allowed = |c: &char| c.is_ascii_alphanumeric() || "._-".contains(*c);
    let name: String = name
        .unwrap_or_default()
        .chars()
        .filter(allowed)
        .take(NAME)
        .collect();
    match name.is_empty() {
        true => "agent".to_owned(),
        false => name,
    }
}

/// How the agent reaches Staffel's tools.
fn mcp_server(
    endpoint: &crate::endpoint::Endpoint,
    token: Option<&protocol::Token>,
) -> Result<McpServer> {
    let ours = std::env::current_exe().context("the program's own path")?;
    let bearer = token.map(
        |token| json!({ "name": "Authorization", "value": format!("Bearer {}", token.reveal()) }),
    );
    let variable = token.map(|token| json!({ "name": token::VARIABLE, "value": token.reveal() }));
    Ok(McpServer {
        http: json!({
            "type": "http", "name": "staffel", "url": endpoint.mcp(),
            "headers": bearer.into_iter().collect::<Vec<_>>(),
        }),
        stdio: json!({
            "name": "staffel", "command": ours, "args": ["stdio", "--no-start", "--url", endpoint.base()],
            "env": variable.into_iter().collect::<Vec<_>>(),
        }),
    })
}

/// The command that goes on with a pipeline.
fn command_again(args: &RunArgs, pipeline: &PipelineId) -> String {
    let mut words = vec![
        program(),
        "run".to_owned(),
        "--pipeline".to_owned(),
        pipeline.to_string(),
    ];
    if args.project != Path::new(".") {
        words.extend([
            "--project".to_owned(),
            quoted(&args.project.display().to_string()),
        ]);
    }
    match args.allow {
        Allow::Ask => {}
        Allow::Reads => words.push("--allow reads".to_owned()),
        Allow::All => words.push("--allow all".to_owned()),
    }
    if let Some(url) = &args.server.url {
        words.extend(["--url".to_owned(), quoted(url.as_str())]);
    }
    match &args.exec {
        Some(command) => words.extend(["--exec".to_owned(), quoted(command)]),
        None => {
            words.push("--".to_owned());
            words.extend(args.command.iter().map(|word| quoted(word)));
        }
    }
    words.join(" ")
}

/// Says something to whoever started this. Nobody may be there to read it.
fn say(text: &str) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// Completes on SIGINT or SIGTERM. When the terminal goes, the run goes as a program does that nobody told; its agent hears it by
/// the end of its input.
async fn interrupted() {
    let interrupt = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    #[cfg(unix)]
    let terminate = async {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! {
        () = interrupt => {}
        () = terminate => {}
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: RunArgs,
    }

    fn args(words: &[&str]) -> RunArgs {
        let words = ["run"].iter().chain(words);
        Line::try_parse_from(words)
            .unwrap_or_else(|error| panic!("{error}"))
            .args
    }

    #[test]
    fn the_agent_has_the_name_of_its_command() {
        for (words, name) in [
            (&["--", "gemini", "--acp"][..], "gemini"),
            (&["--", "/opt/bin/opencode", "acp"], "opencode"),
            (
                &["--", "npx", "-y", "@zed-industries/claude-code-acp@1.2"],
                "claude-code-acp",
            ),
            (&["--", "python3", "x/fake_agent.py"], "fake_agent"),
            (&["--exec", "FOO=1 claude -p"], "claude"),
            (&["--", "täst"], "tst"),
            (&["--", "sh"], "agent"),
            (&["--agent", "anna", "--", "gemini"], "agent-arg"),
        ] {
            let args = args(words);
            let made = args
                .agent
                .as_ref()
                .map_or_else(|| name_of(&args), |_| "agent-arg".to_owned());
            assert_eq!(made, name);
        }
    }

    #[test]
    fn the_command_that_goes_on_can_be_pasted() {
        let pipeline = "01k9zq3v7m".parse().expect("an id");
        let line = command_again(
            &args(&["--goal", "x", "--allow", "reads", "--", "my agent", "--acp"]),
            &pipeline,
        );
        assert!(
            line.ends_with(" run --pipeline 01k9zq3v7m --allow reads -- 'my agent' --acp"),
            "{line}"
        );
    }

    #[test]
    fn a_title_is_made_from_the_goal_and_something_has_to_be_said() {
        let folder = Path::new("/home/dana/shop");
        let body = start_body(
            &args(&["--goal", "Faster checkout.\nMore.", "--", "x"]),
            folder,
        )
        .expect("a body");
        assert_eq!(body["title"], "Faster checkout.");
        assert_eq!(body["project"], "shop");
        assert!(start_body(&args(&["--", "x"]), folder).is_err());
    }

    #[test]
    fn a_session_of_another_folder_or_assistant_is_not_ours() {
        let session = |client: &str, folder: &str| Session {
            client: client.to_owned(),
            id: "s".to_owned(),
            folder: folder.to_owned(),
        };
        assert!(is_ours(&session("acp", "/p"), "gemini", "/p"));
        assert!(is_ours(&session("gemini", "/p"), "gemini", "/p"));
        assert!(!is_ours(&session("codex", "/p"), "gemini", "/p"));
        assert!(!is_ours(&session("acp", "/q"), "gemini", "/p"));
    }
}
