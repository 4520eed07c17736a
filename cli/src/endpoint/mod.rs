//! The server that an assistant is to talk to: where it is, and what it says when it is asked.

use std::{
    net::SocketAddr,
    path::{self, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use clap::Args;
use reqwest::{Client, StatusCode, Url, header, redirect};
use serde_json::{Value, json};

use protocol::{DEFAULT_LISTEN, PROBE, Token, VERSION};

use crate::{local::LocalServer, token::as_header};

/// The address of a server that nobody configured.
pub fn usual_server() -> String {
    format!("http://{DEFAULT_LISTEN}")
}

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(2);
/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(5);
/// The era in which a question needs no session, so that asking leaves nothing behind.
const PROTOCOL: &str = "2026-07-28";

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

impl ServerArgs {
    /// The server's endpoint: as named, else where `staffel serve` would listen.
    ///
    /// # Errors
    /// The configuration cannot be used, or its address does not say where the server can be reached.
    pub fn endpoint(&self, local: &dyn LocalServer) -> Result<Endpoint> {
        if let Some(url) = &self.url {
            return Ok(Endpoint { mcp: url.clone() });
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
        Ok(Endpoint { mcp })
    }

    /// The folder in which the server keeps its data.
    ///
    /// # Errors
    /// The configuration cannot be used.
    pub fn data_folder(&self, local: &dyn LocalServer) -> Result<PathBuf> {
        local.data_folder(self.data.as_deref(), self.config.as_deref())
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

/// The MCP endpoint of a server.
#[derive(Debug, Clone)]
pub struct Endpoint {
    mcp: Url,
}

/// What a server answers to a client that introduces itself.
#[derive(Debug)]
pub enum Knock {
    /// It lets the client in.
    Open {
        /// The newest version of the protocol that it speaks.
        protocol: String,
    },
    /// It wants a token.
    TokenNeeded,
    /// It does not take this token.
    TokenRefused,
    /// It does not answer, or not as a Staffel does; why.
    Strange(String),
}

impl Endpoint {
    /// Its address.
    pub fn mcp(&self) -> &str {
        self.mcp.as_str()
    }

    /// The address of the server, without a slash at its end.
    pub fn base(&self) -> String {
        let mut base = self.mcp.clone();
        base.set_query(None);
        base.set_fragment(None);
        let base = base.as_str().trim_end_matches('/');
        base.strip_suffix("/mcp").unwrap_or(base).to_owned()
    }

    /// Whether the address is one of this machine.
    pub fn is_of_this_machine(&self) -> bool {
        self.listen()
            .is_some_and(|listen| listen.ip().is_loopback())
    }

    /// Whether it is where a server is that nobody configured.
    pub fn is_usual(&self) -> bool {
        self.is_at(&usual_server())
    }

    /// What a server of this machine has to listen on to be here.
    pub fn listen(&self) -> Option<SocketAddr> {
        let host = match self.mcp.host_str()? {
            "localhost" => "127.0.0.1",
            host => host,
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let port = self.mcp.port_or_known_default()?;
        Some(SocketAddr::new(host.parse().ok()?, port))
    }

    /// Whether an address leads here too: of the server, or of its endpoint.
    pub fn is_at(&self, address: &str) -> bool {
        let same = |endpoint: &Self| endpoint.base().replace("//localhost", "//127.0.0.1");
        parse_url(address).is_ok_and(|mcp| same(&Self { mcp }) == same(self))
    }

    /// Introduces a client. The server keeps nothing of it.
    pub async fn knock(&self, token: Option<&Token>) -> Knock {
        match self.ask("server/discover", token).await {
            Err(Refused::Token) if token.is_some() => Knock::TokenRefused,
            Err(Refused::Token) => Knock::TokenNeeded,
            Err(Refused::Else(why)) => Knock::Strange(why),
            Ok(answer) => {
                let name = &answer["_meta"]["io.modelcontextprotocol/serverInfo"]["name"];
                let versions = answer["supportedVersions"].as_array();
                let versions = versions.into_iter().flatten().filter_map(Value::as_str);
                match versions.max() {
                    Some(protocol) if name == "staffel" => Knock::Open {
                        protocol: protocol.to_owned(),
                    },
                    _ => Knock::Strange(format!("{} is no Staffel", self.mcp)),
                }
            }
        }
    }

    /// How many tools it offers.
    ///
    /// # Errors
    /// It does not tell; why.
    pub async fn tools(&self, token: Option<&Token>) -> Result<usize, String> {
        match self.ask("tools/list", token).await {
            Ok(answer) => answer["tools"]
                .as_array()
                .map(Vec::len)
                .ok_or_else(|| "tools/list was answered without tools".to_owned()),
            Err(Refused::Token) => Err("it wants a token".to_owned()),
            Err(Refused::Else(why)) => Err(why),
        }
    }

    /// What the server has at `path`, whatever the status.
    ///
    /// # Errors
    /// It does not answer, or not with JSON; why.
    pub async fn get(&self, path: &str) -> Result<Value, String> {
        let answer = http()?.get(format!("{}{path}", self.base())).send().await;
        let answer = answer.map_err(|error| in_words(&error))?;
        let status = answer.status();
        let json = answer.json().await;
        json.map_err(|_| format!("{path} was answered {status} without JSON"))
    }

    async fn ask(&self, method: &str, token: Option<&Token>) -> Result<Value, Refused> {
        let meta = json!({
            "io.modelcontextprotocol/protocolVersion": PROTOCOL,
            "io.modelcontextprotocol/clientInfo": { "name": PROBE, "version": VERSION },
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        let question =
            json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": { "_meta": meta } });
        let mut request = http()?
            .post(self.mcp.clone())
            .header(header::ACCEPT, "application/json, text/event-stream")
            .header("mcp-protocol-version", PROTOCOL)
            .header("mcp-method", method)
            .json(&question);
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, as_header(token));
        }
        let answer = request.send().await.map_err(|error| in_words(&error))?;
        let status = answer.status();
        if status == StatusCode::UNAUTHORIZED {
            return Err(Refused::Token);
        }
        let text = answer.text().await.map_err(|error| in_words(&error))?;
        // The answer is a message, or one event of a stream.
        let events = text.lines().filter_map(|line| line.strip_prefix("data:"));
        let message = events
            .chain([text.as_str()])
            .find_map(|text| serde_json::from_str::<Value>(text).ok());
        let message = message.unwrap_or_default();
        match message.get("result") {
            Some(result) => Ok(result.clone()),
            None => {
                let said = message["detail"]
                    .as_str()
                    .or(message["error"]["message"].as_str());
                Err(Refused::Else(match said {
                    Some(said) => said.to_owned(),
                    None => format!("{} answers {status}, and not as MCP", self.mcp),
                }))
            }
        }
    }
}

/// Why a question got no answer.
enum Refused {
    /// For want of a token that is valid.
    Token,
    Else(String),
}

impl From<String> for Refused {
    fn from(why: String) -> Self {
        Self::Else(why)
    }
}

/// A token goes to the address that was named, and nowhere else.
fn http() -> Result<Client, String> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .connect_timeout(CONNECT)
        .timeout(ANSWER)
        .redirect(redirect::Policy::none())
        .no_proxy()
        .build()
        .map_err(|error| error.to_string())
}

fn in_words(error: &reqwest::Error) -> String {
    if error.is_connect() {
        "nobody answers there".to_owned()
    } else if error.is_timeout() {
        format!("no answer within {} seconds", ANSWER.as_secs())
    } else {
        "the answer broke off".to_owned()
    }
}

/// The version of the Staffel whose board is at `base`, if one answers there.
pub async fn staffel_at(base: &str) -> Option<String> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder()
        .timeout(Duration::from_secs(1))
        .no_proxy()
        .build()
        .ok()?;
    let status: serde_json::Value = client
        .get(format!("{base}/api/status"))
        .send()
        .await
        .ok()?
        .json()
        .await
        .ok()?;
    (status.get("name")? == "staffel")
        .then(|| status.get("version")?.as_str().map(str::to_owned))?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(url: &str) -> Endpoint {
        let mcp = parse_url(url).expect("an address");
        Endpoint { mcp }
    }

    #[test]
    fn the_server_is_where_its_endpoint_is() {
        for (url, mcp, base) in [
            ("http://h:1", "http://h:1/mcp", "http://h:1"),
            ("http://h:1/mcp/", "http://h:1/mcp/", "http://h:1"),
            ("https://h/a/mcp?x=1", "https://h/a/mcp?x=1", "https://h/a"),
        ] {
            let endpoint = at(url);
            assert_eq!((endpoint.mcp(), &*endpoint.base()), (mcp, base));
        }
    }

    #[test]
    fn addresses_that_lead_to_the_same_server_are_known() {
        let here = at("http://127.0.0.1:4700");
        for same in [
            "http://127.0.0.1:4700/mcp",
            "http://localhost:4700/mcp/",
            "http://localhost:4700",
        ] {
            assert!(here.is_at(same), "{same}");
        }
        for other in [
            "http://127.0.0.1:4701/mcp",
            "https://localhost:4700",
            "",
            "x",
        ] {
            assert!(!here.is_at(other), "{other}");
        }
    }

    #[test]
    fn this_machine_is_told_from_others() {
        for here in [
            "http://localhost:1",
            "http://127.0.0.2:1",
            "https://[::1]:1",
        ] {
            assert!(at(here).is_of_this_machine(), "{here}");
        }
        for there in [
            "http://localhost.example",
            "http://192.0.2.1",
            "http://[::2]",
        ] {
            assert!(!at(there).is_of_this_machine(), "{there}");
        }
    }
}
