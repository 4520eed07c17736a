//! `staffel health`: whether a server answers and can write, for scripts, containers and service managers.

use anyhow::{Result, bail};
use clap::Args;

use crate::{endpoint::ServerArgs, local::LocalServer};

/// What `staffel health` can be told.
#[derive(Debug, Clone, Args)]
pub struct HealthArgs {
    /// Which server.
    #[command(flatten)]
    pub server: ServerArgs,
}

/// Asks the server's `/health`, and prints `ok`.
///
/// # Errors
/// It does not answer, or says that something fails; the message says what.
pub async fn run(args: &HealthArgs, local: &dyn LocalServer) -> Result<()> {
    let endpoint = args.server.endpoint(local)?;
    match endpoint.get("/health").await {
        Ok(health) if health["status"] == "ok" => println!("ok"),
        Ok(health) => match health["why"].as_str() {
            Some(why) => bail!("The server at {} fails: {why}", endpoint.base()),
            None => bail!("What answers at {} is no Staffel.", endpoint.base()),
        },
        Err(why) => bail!("{}: {why}. Start a server: staffel serve", endpoint.base()),
    }
    Ok(())
}
