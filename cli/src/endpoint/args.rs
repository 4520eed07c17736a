//! Which server is meant, as a user says it.

use std::{
    net::SocketAddr,
    path::{self, PathBuf},
};

use anyhow::{Context, Result, ensure};
use clap::Args;
use reqwest::Url;

use crate::local::{LocalData, LocalServer};

use super::address::{Endpoint, parse_url};

/// Which server is meant.
#[derive(Debug, Clone, Args)]
pub struct ServerArgs {
    /// The address of the server's MCP endpoint [default: /mcp at the address of --listen]
    #[arg(long, env = "STAFFEL_URL", value_parser = parse_url)]
    pub url: Option<Url>,
    /// Where the server listens, if --url is not given [default: as the configuration says, or 127.0.0.1:4700]
    #[arg(long, env = "STAFFEL_LISTEN", value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,
    /// Folder of the journal, as `staffel serve` has it [default: the platform's data folder]
    #[arg(long, env = "STAFFEL_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// The configuration file of the server [default: Leptos.toml here or beside the program]
    #[arg(long, env = "STAFFEL_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
}

impl ServerArgs {
    /// The server's endpoint: as named, else where `staffel serve` would listen.
    ///
    /// # Errors
    /// The configuration cannot be used, or its address does not say where the server can be reached.
    pub fn endpoint(&self, local: &dyn LocalServer) -> Result<Endpoint> {
        if let Some(url) = &self.url {
            return Ok(Endpoint::new(url.clone()));
        }
        let listen = match self.listen {
            Some(listen) => listen,
            None => local
                .listen(self.data.as_deref(), self.config.as_deref())
                .context("the server's address is not known; name it with --url")?,
        };
        ensure!(
            listen.port() != 0 && !listen.ip().is_unspecified(),
            "listen = {listen} does not say where the server can be reached. Name it with --url."
        );
        let mcp = Url::parse(&format!("http://{listen}/mcp")).context("the server's address")?;
        Ok(Endpoint::new(mcp))
    }

    /// Where the server keeps its data.
    ///
    /// # Errors
    /// The configuration cannot be used.
    pub fn data(&self, local: &dyn LocalServer) -> Result<Box<dyn LocalData>> {
        local.data(self.data.as_deref(), self.config.as_deref())
    }

    /// What a program has to know, as variables, that starts the server at `endpoint` for somebody who is not here:
    /// the folder and the file that were named.
    ///
    /// # Errors
    /// A path cannot be written down.
    pub fn settings_of_start(&self, endpoint: &Endpoint) -> Result<Vec<(&'static str, String)>> {
        let named = [
            ("STAFFEL_DATA", &self.data),
            ("STAFFEL_CONFIG", &self.config),
        ];
        let named = named.into_iter().filter(|_| endpoint.is_of_this_machine());
        let named = named.filter_map(|(variable, path)| Some((variable, path.as_deref()?)));
        named
            .map(|(variable, path)| {
                let path = path::absolute(path).context("this folder cannot be found")?;
                let written = path.to_str().map(str::to_owned);
                let written = written.with_context(|| {
                    format!(
                        "{} is not UTF-8; move it where it can be written down",
                        path.display()
                    )
                })?;
                Ok((variable, written))
            })
            .collect()
    }
}
