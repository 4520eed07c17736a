//! The commands of the program `staffel`.

use std::{process::ExitCode, thread};

use anyhow::Result;
use clap::{Parser, Subcommand};
use cli::{attach, connect, demo, doctor, health, hook, run as run_agent, stdio, stop_signal};

use crate::{
    announce, bind, commands,
    config::{Config, ServeArgs},
    local::Local,
    local_url, log, mcp,
    release::{self, Site},
    run,
};

/// The relay for AI pipelines: agents report over MCP, boards follow live, people decide.
#[derive(Parser)]
#[command(name = "staffel", version = release::name())]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Start the server (the default)
    Serve(ServeArgs),
    /// Carry MCP between standard input and output and the server, for clients that only start programs
    Stdio(stdio::StdioArgs),
    /// Play an agent against a running server, so that you can see the whole loop and decide yourself
    Demo(demo::DemoArgs),
    /// Tell an assistant about this server, in the assistant's own configuration file
    Connect(connect::ConnectArgs),
    /// Upload files that a handover names as evidence: screenshots, reports
    Attach(attach::AttachArgs),
    /// Run as the hook of an assistant: a decision then makes the session go on whose turn has ended
    Hook(hook::HookArgs),
    /// Start an agent that speaks the Agent Client Protocol, and bring it every prompt until the pipeline has ended
    Run(run_agent::RunArgs),
    /// Say what is connected, what answers, and what to do about the rest
    Doctor(doctor::DoctorArgs),
    /// Say whether a server answers and can write, for scripts and service managers
    Health(health::HealthArgs),
    /// Write a backup of the data folder, also while the server runs
    Backup(commands::BackupArgs),
    /// Put a backup in place of the data folder's contents
    Restore(commands::BackupArgs),
    /// Make lists, search and snapshots again from the facts
    Rebuild(commands::RebuildArgs),
    /// Move everything from a data folder into a database of PostgreSQL, or back; no server runs meanwhile
    Move(commands::MoveArgs),
    /// Give agents names that they can prove: add, list or revoke their tokens
    Agents(commands::agents::AgentsArgs),
    /// Say who may decide: add people, change what they may do, keep them out, make links to sign in
    People(commands::people::PeopleArgs),
    /// Say which webhooks there are, and try one out
    Notify(commands::notify::NotifyArgs),
}

/// Does what the command line says. `commit` is what the program was built from, where that is known; `site` what a browser
/// loads, where the program carries it.
///
/// All of this stands in the library, so that the program itself, which changes with every commit, compiles in seconds.
pub fn main(commit: Option<&'static str>, site: Option<Site>) -> ExitCode {
    if let Err(error) = log::init() {
        eprintln!("staffel: {error}");
        return ExitCode::FAILURE;
    }
    if let Some(commit) = commit {
        release::set_commit(commit);
    }
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    match runtime {
        Ok(runtime) => runtime.block_on(execute(arguments, site)),
        Err(error) => {
            eprintln!("staffel: the threads to work with cannot be had: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn execute(arguments: Arguments, site: Option<Site>) -> ExitCode {
    // `cargo leptos watch` starts the program without arguments.
    let done = match arguments
        .command
        .or_else(|| Arguments::parse_from(["staffel", "serve"]).command)
    {
        Some(Command::Demo(args)) => demo::run(&args).await,
        Some(Command::Stdio(args)) => stdio::run(&args, offline()).await,
        Some(Command::Connect(args)) => connect::run(&args, &Local).await,
        Some(Command::Doctor(args)) => match doctor::run(&args, &Local).await {
            Ok(true) => Ok(()),
            // What it found is said already.
            Ok(false) => return ExitCode::FAILURE,
            Err(error) => Err(error),
        },
        Some(Command::Attach(args)) => attach::run(&args, &Local).await,
        Some(Command::Hook(args)) => return hook::run(&args, &Local).await,
        Some(Command::Run(args)) => run_agent::run(&args, &Local).await,
        Some(Command::Health(args)) => health::run(&args, &Local).await,
        Some(Command::Backup(args)) => commands::backup(&args),
        Some(Command::Restore(args)) => commands::restore(&args),
        Some(Command::Rebuild(args)) => commands::rebuild(&args).await,
        Some(Command::Move(args)) => commands::move_all(&args),
        Some(Command::Agents(args)) => commands::agents::run(&args),
        Some(Command::People(args)) => commands::people::run(&args),
        Some(Command::Notify(args)) => commands::notify::run(&args).await,
        Some(Command::Serve(args)) => serve(&args, site).await,
        None => Ok(()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("staffel: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// What `staffel stdio` tells a client while no server answers: what a server of this version would.
fn offline() -> stdio::Fallback {
    stdio::Fallback {
        introduction: mcp::introduction(),
        tools: mcp::tools(),
    }
}

async fn serve(args: &ServeArgs, site: Option<Site>) -> Result<()> {
    let config = Config::load(args)?;
    let listener = bind(config.listen).await?;
    let address = listener.local_addr()?;
    let told = config.clone();
    // Only once everything is open: a start that fails announces nothing.
    run(listener, config, site, async move |code: Option<String>| {
        // Whoever reads the announcement may stop the program at once.
        let stop = stop_signal();
        println!("{}", announce(address, &told, code.as_deref()));
        if told.open {
            let board = local_url(address, &told);
            let page = code.map_or_else(String::new, |code| app::paths::sign_in(&code));
            // Some browsers hold whoever opens them until they are closed.
            thread::spawn(move || {
                if webbrowser::open(&format!("{board}{page}")).is_err() {
                    eprintln!("staffel: no browser could be opened; the board is at {board}");
                }
            });
        }
        stop.await;
    })
    .await
}
