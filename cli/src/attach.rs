//! `staffel attach`: uploads files that a handover can name as evidence, for agents that have a shell.

use std::{fs, path::PathBuf, time::Duration};

use anyhow::{Context, Result, anyhow, bail, ensure};
use clap::Args;
use domain::limits::ATTACHMENT_MAX;
use protocol::Token;
use reqwest::{Client, RequestBuilder, Url, header};
use serde_json::{Value, json};

use crate::{
    endpoint::{ServerArgs, client},
    http::elsewhere,
    local::LocalServer,
    token::{self, as_header},
};

/// How long one file may take: five megabytes over a slow line.
const UPLOAD: Duration = Duration::from_secs(120);

/// What `staffel attach` can be told.
#[derive(Debug, Clone, Args)]
pub struct AttachArgs {
    /// The files, at most 5 MiB each
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The pipeline they belong to [default: the only open one]
    #[arg(long, value_name = "ID")]
    pub pipeline: Option<String>,
    /// Which server.
    #[command(flatten)]
    pub server: ServerArgs,
}

/// Uploads the files, and prints a line of JSON for each: what goes into `evidence.attachments` of the handover.
///
/// # Errors
/// A file cannot be read or is too large, or the server does not take it; the message says what.
pub async fn run(args: &AttachArgs, local: &dyn LocalServer) -> Result<()> {
    let base = args.server.endpoint(local)?.base();
    let server = Server {
        client: client(&base)?,
        base,
        token: token::from_environment()?,
    };
    let pipeline = match &args.pipeline {
        Some(pipeline) => pipeline.clone(),
        None => server.only_open().await?,
    };
    for file in &args.files {
        let shown = file.display();
        let size = fs::metadata(file).map(|about| about.len());
        let size = size.with_context(|| format!("{shown} cannot be read"))?;
        ensure!(
            size <= ATTACHMENT_MAX as u64,
            "{shown} has {size} bytes. Allowed: at most {ATTACHMENT_MAX}. \
             Name the address of a larger file in evidence.links."
        );
        let bytes = fs::read(file).with_context(|| format!("{shown} cannot be read"))?;
        let name = file.file_name().unwrap_or(file.as_os_str());
        let name = name.to_string_lossy();
        let stored = server.store(&pipeline, &name, bytes);
        let stored = stored.await.with_context(|| shown.to_string())?;
        println!(
            "{}",
            json!({"name": stored["name"], "hash": stored["hash"]})
        );
    }
    Ok(())
}

struct Server {
    base: String,
    token: Option<Token>,
    client: Client,
}

impl Server {
    async fn store(&self, pipeline: &str, name: &str, bytes: Vec<u8>) -> Result<Value> {
        let mut address = self.address("/api/pipelines/")?;
        if let Ok(mut path) = address.path_segments_mut() {
            path.pop_if_empty().extend([pipeline, "attachments"]);
        }
        address.query_pairs_mut().append_pair("name", name);
        self.ask(self.client.post(address).body(bytes)).await
    }

    /// The one pipeline that is open.
    async fn only_open(&self) -> Result<String> {
        let answer = self
            .ask(self.client.get(self.address("/api/pipelines")?))
            .await?;
        let open = answer["pipelines"].as_array().map(Vec::as_slice);
        let ids: Vec<_> = open
            .unwrap_or_default()
            .iter()
            .filter_map(|row| row["pipeline"].as_str())
            .collect();
        match ids[..] {
            [id] => Ok(id.to_owned()),
            [] => bail!("No pipeline is open. Start one first."),
            _ => bail!(
                "{} pipelines are open. Name one with --pipeline: {}",
                ids.len(),
                ids.iter().take(10).copied().collect::<Vec<_>>().join(", ")
            ),
        }
    }

    fn address(&self, path: &str) -> Result<Url> {
        Url::parse(&format!("{}{path}", self.base)).context("the server's address")
    }

    /// The JSON of a good answer.
    async fn ask(&self, mut request: RequestBuilder) -> Result<Value> {
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, as_header(token));
        }
        let answer = request.timeout(UPLOAD).send().await.map_err(|error| {
            let error = error.without_url();
            anyhow!("{}: {error}. Start a server: staffel serve", self.base)
        })?;
        if let Some(why) = elsewhere(&answer) {
            bail!("{} answered {why}", self.base);
        }
        let status = answer.status();
        let body = answer.json().await;
        let body: Value =
            body.with_context(|| format!("{} answered {status} without JSON", self.base))?;
        let said = |field: &str| body[field].as_str().unwrap_or_default();
        ensure!(status.is_success(), "{} {}", said("detail"), said("next"));
        Ok(body)
    }
}
