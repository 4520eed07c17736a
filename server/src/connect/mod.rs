//! `staffel connect`: tells an assistant about this server, in the assistant's own configuration file.

pub(crate) mod clients;
mod file;
mod merge;

use std::{
    env,
    net::SocketAddr,
    path::{self, Path, PathBuf},
};

use anyhow::{Context, Result, anyhow, bail, ensure};
use clap::{Args, builder::PossibleValuesParser};
use reqwest::Url;
use serde_json::json;
use similar::TextDiff;

use crate::{config::DEFAULT_LISTEN, serve::staffel_at};

use clients::{CLIENTS, Client, Scope, below};
use file::ConfigFile;
use merge::{Entry, merge};

/// The name under which assistants know this server.
const NAME: &str = "staffel";

/// It starts programs, and has to be told by hand for now.
const CLAUDE_DESKTOP: &str = "claude-desktop";

/// What `staffel connect` can be told.
#[derive(Debug, Clone, Args)]
pub struct ConnectArgs {
    /// The assistant to connect
    #[arg(value_parser = PossibleValuesParser::new(names()))]
    pub client: String,
    /// Write the file of the project in this folder, or here [default, except for codex and windsurf]
    #[arg(long, value_name = "DIR", num_args = 0..=1, default_missing_value = ".", conflicts_with = "global")]
    pub project: Option<PathBuf>,
    /// Write the file that counts in all your projects
    #[arg(long)]
    pub global: bool,
    /// The address of the server's MCP endpoint [default: /mcp at the address of --listen]
    #[arg(long, env = "STAFFEL_URL", value_parser = parse_url)]
    pub url: Option<Url>,
    /// Where the server listens, if --url is not given [default: 127.0.0.1:4700]
    #[arg(long, env = "STAFFEL_LISTEN", value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,
    /// Replace another server that is called `staffel`
    #[arg(long)]
    pub replace: bool,
    /// Only show what would change
    #[arg(long)]
    pub print: bool,
}

fn names() -> impl Iterator<Item = &'static str> {
    CLIENTS
        .iter()
        .map(|client| client.name)
        .chain([CLAUDE_DESKTOP])
}

/// The address of the MCP endpoint; for a server named without a path it is added.
fn parse_url(text: &str) -> Result<Url, String> {
    let allowed = "Allowed: an address that begins with http:// or https://, for example http://127.0.0.1:4700/mcp";
    let mut url = Url::parse(text).map_err(|error| format!("{error}. {allowed}"))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(allowed.to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(
            "it must not carry a password: it would stand in the file for all to read".to_owned(),
        );
    }
    if url.path() == "/" {
        url.set_path("/mcp");
    }
    Ok(url)
}

impl ConnectArgs {
    fn mcp_url(&self) -> Result<Url> {
        if let Some(url) = &self.url {
            return Ok(url.clone());
        }
        let listen = match self.listen {
            Some(listen) => listen,
            None => DEFAULT_LISTEN.parse().context("the default address")?,
        };
        ensure!(
            listen.port() != 0 && !listen.ip().is_unspecified(),
            "listen = {listen} does not say where the server can be reached. Name it with --url."
        );
        Url::parse(&format!("http://{listen}/mcp")).context("the server's address")
    }

    fn path(&self, client: &Client) -> Result<PathBuf> {
        let scope = match (&self.project, self.global) {
            (Some(_), _) => Scope::Project,
            (None, true) => Scope::Global,
            (None, false) => client.usual,
        };
        match scope {
            Scope::Project => {
                let file = client.project.with_context(|| {
                    format!(
                        "{} has no file for a single project. Leave --project out to connect it in all projects.",
                        client.title
                    )
                })?;
                let folder = self.project.as_deref().unwrap_or(Path::new("."));
                ensure!(
                    folder.is_dir(),
                    "--project {}: there is no such folder.",
                    folder.display()
                );
                let folder = path::absolute(folder).context("this folder cannot be found")?;
                Ok(below(&folder, file))
            }
            Scope::Global => client.global.path().with_context(|| {
                "Your home folder cannot be found. Set HOME, or connect a project with --project DIR."
            }),
        }
    }
}

/// Writes the server into the configuration file of a client, and says what to do next there.
///
/// # Errors
/// The file is not what it should be, cannot be written, or has another server of the name; the message names the
/// file and what to do. It is then as it was.
pub async fn run(args: &ConnectArgs) -> Result<()> {
    let url = args.mcp_url()?;
    let Some(client) = CLIENTS.iter().find(|client| client.name == args.client) else {
        let program = env::current_exe().context("the program's own path")?;
        let server = url.origin().ascii_serialization();
        let entry = json!({ "command": program, "args": ["stdio", "--url", server] });
        bail!(
            "Claude Desktop starts programs and talks to them over stdio. Add this under \"mcpServers\" in its file \
             (Settings > Developer > Edit Config) and restart it:\n\n\x20 \"{NAME}\": {entry}\n\nNothing was written."
        );
    };
    let path = args.path(client)?;
    let shown = path.display();
    let file = ConfigFile::read(&path)?;
    let entry = Entry {
        servers: client.servers,
        name: NAME,
        fields: &client.fields(url.as_str()),
    };
    let merged = merge(client.language, file.text(), entry, args.replace)
        .map_err(|problem| anyhow!("{shown}, {problem}\nNothing was written."))?;
    let Some(text) = merged else {
        println!(
            "{} knows Staffel at {url} already: nothing to do in {shown}.\n{}",
            client.title,
            answering(&url).await
        );
        return Ok(());
    };
    let difference = difference(&path, file.text(), &text);
    if args.print {
        print!("{difference}");
        return Ok(());
    }
    let backup = file.write(&text)?;
    println!("{difference}\n{} knows Staffel now: {shown}", client.title);
    if let Some(backup) = backup {
        println!("The file as it was: {}", backup.display());
    }
    println!("Next: {}\n{}", client.next, answering(&url).await);
    Ok(())
}

fn difference(path: &Path, old: &str, new: &str) -> String {
    let name = path.display().to_string();
    TextDiff::from_lines(old, new)
        .unified_diff()
        .header(&name, &name)
        .to_string()
}

/// What stands in the file of a client that knows nothing but the Staffel at `url`, and where that file usually is.
pub(crate) fn example(client: &Client, url: &str) -> (String, String) {
    let entry = Entry {
        servers: client.servers,
        name: NAME,
        fields: &client.fields(url),
    };
    let merged = merge(client.language, "", entry, false);
    let file = match (client.usual, client.project) {
        (Scope::Project, Some(file)) => file.to_owned(),
        _ => client.global.shown(),
    };
    (file, merged.ok().flatten().unwrap_or_default())
}

/// Whether a Staffel is there now.
async fn answering(url: &Url) -> String {
    let mut base = url.clone();
    base.set_query(None);
    base.set_fragment(None);
    let base = base.as_str().trim_end_matches('/');
    let base = base.strip_suffix("/mcp").unwrap_or(base);
    match staffel_at(base).await {
        Some(version) => format!("A Staffel ({version}) answers at {base}."),
        None => format!("No Staffel answers at {base} yet: start it with `staffel serve`."),
    }
}
