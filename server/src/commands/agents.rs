//! `staffel agents`: who may call with which token.

use std::path::PathBuf;

use anyhow::{Context, Result, anyhow, bail};
use clap::{Args, Subcommand};
use protocol::{Happened, Scope};
use serde_json::json;

use crate::{
    agents::{AddError, Known, Registry, parse_name},
    config,
    people::{By, People},
};

/// What `staffel agents` can be told.
#[derive(Debug, Clone, Args)]
pub struct AgentsArgs {
    #[command(subcommand)]
    what: What,
    /// Folder of the journal, as `staffel serve` has it [default: the platform's data folder]
    #[arg(long, env = "STAFFEL_DATA", value_name = "DIR", global = true)]
    data: Option<PathBuf>,
    /// The configuration file of the server [default: Leptos.toml here or beside the program]
    #[arg(long, env = "STAFFEL_CONFIG", value_name = "FILE", global = true)]
    config: Option<PathBuf>,
}

#[derive(Debug, Clone, Subcommand)]
enum What {
    /// Give an agent a name and a token; the token is shown once
    Add {
        /// Its name, as it stands on the board and in the journal
        #[arg(value_parser = parse_name)]
        name: String,
        /// What it may do
        #[arg(long, value_enum, default_value_t = ScopeName::Report)]
        scope: ScopeName,
    },
    /// Show the agents that have a token
    List {
        /// As JSON, for scripts
        #[arg(long)]
        json: bool,
    },
    /// Make the token of an agent void, in a running server too
    Revoke {
        /// Its name
        name: String,
    },
}

/// [`Scope`] on the command line.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum ScopeName {
    /// Read and report: everything an agent can do
    Report,
    /// Only read
    Read,
}

/// Adds, lists or revokes.
///
/// # Errors
/// The file of the agents cannot be used, the name is taken, or there is no such agent.
pub fn run(args: &AgentsArgs) -> Result<()> {
    let place = config::place(args.data.as_deref(), args.config.as_deref())?;
    let registry = Registry::of(place.agents()?)
        .with_context(|| format!("{} cannot be used", place.name_of_agents()))?;
    let note = |what, about: &str| {
        let people = People::of(place.people()?)?;
        people.note(&By::command(), what, about);
        anyhow::Ok(())
    };
    match &args.what {
        What::Add { name, scope } => {
            let scope = match scope {
                ScopeName::Report => Scope::Report,
                ScopeName::Read => Scope::Read,
            };
            let token = registry.add(name, scope).map_err(explain)?;
            note(Happened::TokenMade, name)?;
            println!(
                "{name} may {} now. Its token, shown only this once:\n\n\x20 {}\n\n\
                 Its client sends it with every request, as the header `Authorization: Bearer TOKEN`. \
                 `staffel connect` writes that for you:\n\n\x20 STAFFEL_TOKEN=… staffel connect CLIENT",
                match scope {
                    Scope::Report => "read and report",
                    Scope::Read => "read",
                },
                token.reveal(),
            );
        }
        What::List { json: true } => {
            let agents: Vec<_> = registry.all().iter().map(as_json).collect();
            println!("{:#}", json!(agents));
        }
        What::List { json: false } => print_list(&registry.all()),
        What::Revoke { name } => {
            if !registry.revoke(name)? {
                let known = registry.active();
                let known: Vec<_> = known.iter().map(|agent| agent.name.as_str()).collect();
                bail!(
                    "{name} has no valid token. Agents with one: {}.",
                    if known.is_empty() {
                        "none".to_owned()
                    } else {
                        known.join(", ")
                    }
                );
            }
            note(Happened::TokenRevoked, name)?;
            println!(
                "The token of {name} is void; a running server ends its calls and streams within a second."
            );
        }
    }
    Ok(())
}

/// What a person can do when an agent cannot be added.
fn explain(error: AddError) -> anyhow::Error {
    match error {
        AddError::Taken(name) => anyhow!(
            "{name} has a token already, and it cannot be shown again. Use another name, or make that one void first: \
             staffel agents revoke {name}"
        ),
        other => other.into(),
    }
}

fn as_json(agent: &Known) -> serde_json::Value {
    json!({
        "name": agent.name,
        "scope": agent.scope,
        "token": agent.token,
        "added": agent.added,
        "revoked": agent.revoked,
    })
}

fn print_list(agents: &[Known]) {
    if agents.is_empty() {
        println!("No agent has a token. Give one: staffel agents add NAME");
        return;
    }
    let width = agents.iter().map(|agent| agent.name.len()).max();
    let width = width.unwrap_or_default().max("NAME".len());
    println!("{:width$}  SCOPE   ADDED                     STATE", "NAME");
    for agent in agents {
        let state = agent
            .revoked
            .map_or("valid".to_owned(), |at| format!("revoked {at}"));
        println!(
            "{:width$}  {:6}  {}  {state}",
            agent.name,
            agent.scope.name(),
            agent.added
        );
    }
}
