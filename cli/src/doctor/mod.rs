//! `staffel doctor`: says what is configured where, what answers, and what to do about the rest.

mod data;
mod entry;
mod file;
mod files;
mod found;
mod health;
mod page;
mod report;
mod server;
mod todo;

use std::{
    env,
    io::{self, Write},
    path::Path,
};

use anyhow::{Context, Result};
use clap::Args;

use protocol::VERSION;

use crate::{
    commands::Commands,
    endpoint::ServerArgs,
    local::LocalServer,
    token::{self, VARIABLE, hide},
};

use report::Report;
use todo::Todo;

/// What `staffel doctor` can be told.
#[derive(Debug, Clone, Args)]
pub struct DoctorArgs {
    /// Which server.
    #[command(flatten)]
    pub server: ServerArgs,
    /// As JSON, for scripts
    #[arg(long)]
    pub json: bool,
}

/// Looks at everything and says what it found. `true` if nothing needs doing.
///
/// # Errors
/// The configuration does not say which server is meant.
pub async fn run(args: &DoctorArgs, local: &dyn LocalServer) -> Result<bool> {
    let endpoint = args.server.endpoint(local)?;
    let commands = Commands::new(&args.server, &endpoint, local);
    let mut todo = Vec::new();
    let token = token::from_environment().unwrap_or_else(|error| {
        todo.push(Todo::new(error.to_string(), format!("unset {VARIABLE}")));
        None
    });
    let data = match endpoint.is_of_this_machine() {
        true => Some(data::look(&args.server, local, &mut todo)?),
        false => None,
    };
    let folder = data.as_ref().map(|data| Path::new(&data.folder));
    let server = server::look(&endpoint, token.as_ref(), folder, &commands, &mut todo).await;
    let here = env::current_dir().context("this folder cannot be found")?;
    let files = files::look(&here, &endpoint, &server, &commands, &mut todo).await;
    let mut clients = Vec::new();
    for client in files::of_this_server(&files) {
        clients.extend(health::ask(client, &mut todo).await);
    }
    let report = Report {
        version: VERSION,
        well: todo.is_empty(),
        server,
        data,
        files,
        clients,
        todo,
    };
    let text = match args.json {
        true => report.json()?,
        false => report.text(),
    };
    // A reader that has gone is no error.
    let _ = io::stdout().lock().write_all(hide(&text).as_bytes());
    Ok(report.well)
}
