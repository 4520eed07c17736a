//! `staffel people`: who may decide.

use std::{
    io::{IsTerminal, stdin, stdout},
    path::PathBuf,
};

use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use protocol::{Happened, PersonView, Role};

use crate::{
    config::{self, Config, ServeArgs},
    people::{By, People},
    registry::{Changed, SecretKind},
};

/// What `staffel people` can be told.
#[derive(Debug, Clone, Args)]
pub struct PeopleArgs {
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
    /// Show who there is
    List {
        /// As JSON, for scripts
        #[arg(long)]
        json: bool,
    },
    /// Add a person, who signs in with a link
    Add {
        /// The name, as it stands on the board and in the journal
        name: String,
        /// What the person may do
        #[arg(long, value_enum, default_value_t = RoleName::Reviewer)]
        role: RoleName,
    },
    /// Change what a person may do
    Role {
        /// The name
        name: String,
        /// What the person may do from now on
        #[arg(value_enum)]
        role: RoleName,
    },
    /// Sign everybody out, with every link and every token of a script: after a backup was restored
    SignOutAll,
    /// Make a link that signs a person in, once, within ten minutes; only at a terminal
    Link {
        /// The name
        name: String,
    },
    /// Show the tokens of people's scripts, without the tokens themselves
    Tokens {
        /// As JSON, for scripts
        #[arg(long)]
        json: bool,
    },
    /// Take a person's PIN, password and passkeys away; only at a terminal
    Reset {
        /// The name
        name: String,
    },
    /// Keep a person out, and sign all devices of the person out
    Disable {
        /// The name
        name: String,
    },
    /// Let a person in again
    Enable {
        /// The name
        name: String,
    },
}

/// [`Role`] on the command line.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum RoleName {
    /// Read
    Viewer,
    /// Read, decide, hand prompts on, archive
    Reviewer,
    /// All that, and manage people and agents
    Owner,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Viewer => Self::Viewer,
            RoleName::Reviewer => Self::Reviewer,
            RoleName::Owner => Self::Owner,
        }
    }
}

/// Lists, adds or changes.
///
/// # Errors
/// The file of the people cannot be used, the name is taken, or there is no such person.
pub fn run(args: &PeopleArgs) -> Result<()> {
    let place = config::place(args.data.as_deref(), args.config.as_deref())?;
    let people = People::of(place.people()?)?.known_by(&place.nodes()?);
    match &args.what {
        What::List { json: true } => println!("{:#}", serde_json::to_value(people.view())?),
        What::List { json: false } => print_list(&people.view()),
        What::Add { name, role } => {
            let name = people.add(name, (*role).into())?;
            let about = format!("{name}: {}", Role::from(*role).name());
            people.note(&By::command(), Happened::PersonAdded, &about);
            println!(
                "{name} is a {}. A link to sign in: staffel people link {name:?}",
                Role::from(*role).name()
            );
        }
        What::Role { name, role } => {
            done(people.set_role(name, (*role).into())?, name, &people)?;
            let about = format!("{name}: {}", Role::from(*role).name());
            people.note(&By::command(), Happened::RoleChanged, &about);
            println!("{name} is a {} now.", Role::from(*role).name());
        }
        What::Disable { name } => {
            done(people.set_disabled(name, true)?, name, &people)?;
            people.note(&By::command(), Happened::KeptOut, name);
            println!("{name} is kept out; a running server signs all devices out within a second.");
        }
        What::Enable { name } => {
            done(people.set_disabled(name, false)?, name, &people)?;
            people.note(&By::command(), Happened::LetIn, name);
            println!("{name} may sign in again. A link: staffel people link {name:?}");
        }
        What::Tokens { json } => print_tokens(&people, *json)?,
        What::Reset { name } => {
            at_terminal(&format!(
                "what a person confirms with is taken away only at a terminal. Run it yourself: staffel people reset {name:?}"
            ))?;
            if people.role(name).is_none() {
                done(Changed::Nobody, name, &people)?;
            }
            for kind in SecretKind::ALL {
                people.forget_secret(name, kind)?;
            }
            for passkey in people.passkeys(name)? {
                people.remove_passkey(name, &passkey.id)?;
            }
            people.forget_confirmations(name)?;
            people.note(
                &By::command(),
                Happened::SecretForgotten,
                &format!("PIN, password and passkeys of {name}"),
            );
            println!(
                "{name} has no PIN, no password and no passkey any more. A link: staffel people link {name:?}"
            );
        }
        What::SignOutAll => {
            people.sign_everybody_out()?;
            people.note(&By::command(), Happened::Restored, "");
            println!(
                "Everybody signs in again, and scripts need new tokens. Passwords, PINs and passkeys are as they were: what was lost \
                 since is taken away by staffel people reset NAME."
            );
        }
        What::Link { name } => {
            at_terminal(&format!(
                "a link is made only at a terminal, since it signs in whoever reads it. Run it yourself: staffel people link {name:?}"
            ))?;
            let Some((code, _)) = people.code_for(name)? else {
                done(Changed::Nobody, name, &people)?;
                return Ok(());
            };
            people.note(&By::command(), Happened::LinkMade, name);
            let config = Config::load(&ServeArgs {
                data: args.data.clone(),
                config: args.config.clone(),
                ..ServeArgs::default()
            })?;
            let board = config
                .public_url
                .unwrap_or_else(|| format!("http://{}", config.listen));
            println!(
                "{name} signs in with this link, once, within ten minutes:\n\n\x20 {board}{}\n",
                app::paths::sign_in(&code)
            );
        }
    }
    Ok(())
}

/// An agent runs commands, too; whoever reads the answer at a terminal is a person.
fn at_terminal(otherwise: &str) -> Result<()> {
    if stdin().is_terminal() && stdout().is_terminal() {
        return Ok(());
    }
    bail!("{otherwise}")
}

fn print_tokens(people: &People, json: bool) -> Result<()> {
    let all: Vec<_> = people
        .view()
        .into_iter()
        .flat_map(|person| {
            let tokens = people.tokens(&person.name);
            tokens
                .into_iter()
                .map(move |token| (person.name.clone(), token))
        })
        .collect();
    if json {
        let all: Vec<_> = all
            .iter()
            .map(|(person, token)| serde_json::json!({ "person": person, "token": token }))
            .collect();
        println!("{:#}", serde_json::Value::from(all));
        return Ok(());
    }
    if all.is_empty() {
        println!(
            "There are no tokens of people's scripts. They are made on the board, on the page People."
        );
    }
    for (person, token) in all {
        println!(
            "{person}: {} ({}, {}) until {}",
            token.label,
            token.token,
            token.scope.name(),
            token.expires
        );
    }
    Ok(())
}

fn done(changed: Changed, name: &str, people: &People) -> Result<()> {
    match changed {
        Changed::Done => Ok(()),
        Changed::Nobody => {
            let known = people.view();
            let known: Vec<_> = known.iter().map(|person| person.name.as_str()).collect();
            bail!(
                "there is nobody called {name} who is let in. There is: {}.",
                if known.is_empty() {
                    "nobody yet".to_owned()
                } else {
                    known.join(", ")
                }
            )
        }
        Changed::LastOwner => {
            bail!(
                "{name} is the last owner: nobody could manage people any more. Make somebody else an owner first."
            )
        }
    }
}

fn print_list(people: &[PersonView]) {
    if people.is_empty() {
        println!(
            "There is nobody yet. `staffel serve` prints a link for the first person when it starts."
        );
        return;
    }
    let width = people
        .iter()
        .map(|person| person.name.chars().count())
        .max();
    let width = width.unwrap_or_default().max("NAME".len());
    println!(
        "{:width$}  ROLE      DEVICES  ADDED                     STATE",
        "NAME"
    );
    for person in people {
        let state = person
            .disabled
            .map_or(String::new(), |at| format!("kept out since {at}"));
        println!(
            "{:width$}  {:8}  {:7}  {}  {state}",
            person.name,
            person.role.name(),
            person.devices,
            person.added
        );
    }
}
