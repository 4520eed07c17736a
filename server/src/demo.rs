//! `staffel demo`: plays an agent.

use anyhow::Result;
use clap::Args;

/// What `staffel demo` can be told.
#[derive(Debug, Clone, Args)]
pub struct DemoArgs {
    /// The server to play against
    #[arg(long, env = "STAFFEL_URL", default_value = "http://127.0.0.1:4700")]
    pub url: String,
}

/// Plays.
pub async fn run(_args: &DemoArgs) -> Result<()> {
    Ok(())
}
