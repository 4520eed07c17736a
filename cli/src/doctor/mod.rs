//! `staffel doctor`: says what is configured where, what answers, and what to do about the rest.

mod files;
mod report;
mod server;

use std::{
    env,
    io::{self, Write},
};

use anyhow::{Context, Result};
use clap::Args;

use protocol::VERSION;

use crate::{
    commands::{Commands, quoted},
    endpoint::{Endpoint, ServerArgs},
    local::LocalServer,
    token::{self, VARIABLE, hide},
};

use report::{Data, Report, Todo};

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
        true => Some(look_at_data(&args.server, local, &mut todo)?),
        false => None,
    };
    let folder = data.as_ref().map(|data| data.folder.as_path());
    let server = server::look(&endpoint, token.as_ref(), folder, &commands, &mut todo).await;
    let here = env::current_dir().context("this folder cannot be found")?;
    let files = files::look(&here, &endpoint, &server, &commands, &mut todo).await;
    let report = Report {
        version: VERSION,
        well: todo.is_empty(),
        server,
        data,
        files,
        todo,
    };
    let text = match args.json {
        true => report.json()?,
        false => report.text(),
    };
    // A reader that has gone is no illness.
    let _ = io::stdout().lock().write_all(hide(&text).as_bytes());
    Ok(report.well)
}

fn look_at_data(args: &ServerArgs, local: &dyn LocalServer, todo: &mut Vec<Todo>) -> Result<Data> {
    let folder = args.data_folder(local)?;
    let agents = match local.existing_tokens(&folder) {
        Ok(tokens) => Some(tokens.map_or_else(Vec::new, |tokens| tokens.names())),
        Err(error) => {
            let file = local.token_file(&folder);
            todo.push(Todo::new(
                format!("The tokens of the agents cannot be read: {error}. The file has to be one of Staffel's, and yours to write."),
                format!("ls -l {}", quoted(&file.display().to_string())),
            ));
            None
        }
    };
    Ok(Data { folder, agents })
}

/// The address of the endpoint without what may be secret in it.
fn shown(endpoint: &Endpoint) -> String {
    hide(endpoint.mcp())
}
