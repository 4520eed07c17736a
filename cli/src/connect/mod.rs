//! `staffel connect`: tells an assistant about this server, in the assistant's own configuration file.

mod args;
mod given_token;
mod hooks;
mod job;
mod made_token;
mod new_token;
mod said;

use anyhow::{Context, Result};

use crate::{
    clients::{CLIENTS, ClientFile},
    commands::Commands,
    local::LocalServer,
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
