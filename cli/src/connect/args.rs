//! What `staffel connect` can be told.

use std::path::{self, Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::{Args, builder::PossibleValuesParser};
use protocol::parse_name;

use crate::{
    clients::{CLIENTS, Client, Scope},
    endpoint::ServerArgs,
};

/// What `staffel connect` can be told.
#[derive(Debug, Clone, Args)]
pub struct ConnectArgs {
    /// The assistant to connect
    #[arg(value_parser = PossibleValuesParser::new(names()))]
    pub client: String,
    /// Write the file of the project in this folder, or here [default, except for codex, windsurf and claude-desktop]
    #[arg(long, value_name = "DIR", num_args = 0..=1, default_missing_value = ".", conflicts_with = "global")]
    pub project: Option<PathBuf>,
    /// Write the file that counts in all your projects
    #[arg(long)]
    pub global: bool,
    /// Give the agent this name and a token that proves it; without this, a token in the environment is written
    #[arg(long, value_name = "NAME", value_parser = parse_name)]
    pub agent: Option<String>,
    /// Also install the hooks by which a decision wakes an agent whose turn has ended [default: asks at a terminal]
    #[arg(long, conflicts_with = "no_hooks")]
    pub hooks: bool,
    /// Install no hooks, and take ours out
    #[arg(long)]
    pub no_hooks: bool,
    /// Which server.
    #[command(flatten)]
    pub server: ServerArgs,
    /// Replace another server that is called `staffel`
    #[arg(long)]
    pub replace: bool,
    /// Only show what would change
    #[arg(long)]
    pub print: bool,
}

fn names() -> impl Iterator<Item = &'static str> {
    CLIENTS.iter().map(|client| client.name)
}

impl ConnectArgs {
    /// Which of its files is to be written.
    pub(super) fn scope(&self, client: &Client) -> Scope {
        match (&self.project, self.global) {
            (Some(_), _) => Scope::Project,
            (None, true) => Scope::Global,
            (None, false) => client.usual,
        }
    }

    /// Where that file usually is.
    ///
    /// # Errors
    /// There is none, in words.
    pub(super) fn path(&self, client: &Client, scope: Scope) -> Result<PathBuf> {
        match scope {
            Scope::Project => client.project_file(&self.folder()?).with_context(|| {
                format!(
                    "{} has no file for a single project. Leave --project out to connect it in all projects.",
                    client.title
                )
            }),
            Scope::Global => client.global.path().with_context(
                || "Your home folder cannot be found. Set HOME, or connect a project with --project DIR.",
            ),
        }
    }

    /// The folder of the project.
    ///
    /// # Errors
    /// There is no such folder.
    pub(super) fn folder(&self) -> Result<PathBuf> {
        let folder = self.project.as_deref().unwrap_or(Path::new("."));
        ensure!(
            folder.is_dir(),
            "--project {}: there is no such folder.",
            folder.display()
        );
        path::absolute(folder).context("this folder cannot be found")
    }
}
