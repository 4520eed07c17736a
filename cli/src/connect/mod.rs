//! `staffel connect`: tells an assistant about this server, in the assistant's own configuration file.

mod args;
mod given_token;
mod hooks;
mod job;
mod made_token;
mod new_token;
mod said;

use anyhow::{Context, Result, ensure};

use crate::{
    clients::{CLIENTS, Client, ClientFile, Transport},
    commands::Commands,
    local::{LocalData, LocalServer},
    token,
};

pub use args::ConnectArgs;
use job::Job;

/// Writes the server into the configuration file of a client, and says what to do next there.
///
/// # Errors
/// The file is not what it should be, cannot be written, or has another server of the name; the server refuses the
/// token, or none can be made. The message names what is at fault and what to do. The file is then as it was, and a
/// token that was made is void again.
pub async fn run(args: &ConnectArgs, local: &dyn LocalServer) -> Result<()> {
    let endpoint = args.server.endpoint(local)?;
    let client = CLIENTS.iter().find(|client| client.name == args.client);
    let client = client.context("the parser allows no other client")?;
    let scope = args.scope(client);
    let path = args.path(client, scope)?;
    let starts = matches!(client.transport, Transport::Bridge) && endpoint.is_of_this_machine();
    if starts && args.server.config.is_none() {
        check_start(client, &*args.server.data(local)?)?;
    }
    let files = client.paths(&path).into_iter().map(ClientFile::read);
    let job = Job {
        client,
        scope,
        commands: Commands::new(&args.server, &endpoint, local),
        settings: args.server.settings_of_start(&endpoint)?,
        endpoint,
        files: client.to_write(files.collect::<Result<_>>()?),
        replace: args.replace,
        print: args.print,
    };
    match &args.agent {
        Some(name) => job.with_new_token(name, &args.server, local).await,
        None => {
            let token = token::from_environment()?;
            job.with_given_token(token, &args.server, local).await
        }
    }?;
    // The file as it is now: the hooks prove the agent as the entry does.
    let files = client.paths(&path).into_iter().map(ClientFile::read);
    let files = client.to_write(files.collect::<Result<_>>()?);
    hooks::install(&Job { files, ..job }, args)
}

/// A client that starts the server by itself knows none of this terminal's variables: it would start one with another
/// board.
fn check_start(client: &Client, data: &dyn LocalData) -> Result<()> {
    ensure!(
        data.folder().is_some(),
        "{} starts the server by itself, and would not know that its data is in {}.\n\
         Put [journal] url and password_file into a file, and name it: staffel connect {} --config FILE\nNothing was written.",
        client.title,
        data.name(),
        client.name
    );
    Ok(())
}
