//! Puts the rooms together and serves until told to stop.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use anyhow::{Context, Result, bail};
use reqwest::Url;
use tokio::{net::TcpListener, time::timeout};
use tokio_util::sync::CancellationToken;

use crate::{
    VERSION,
    agents::{Agents, Registry},
    config::Config,
    connections,
    handoff::{client_configuration, program},
    journal::Sqlite,
    mcp::{self, SessionFile, Sessions},
    prompt::{Model, PromptWriter, Template},
    relay::{Relay, now},
    web::{self, App, Guard, Tokens},
};

/// How long open requests may take after the streams have been told to end.
const DRAIN: Duration = Duration::from_secs(5);

/// Serves on `listener` until `shutdown` completes.
///
/// # Errors
/// The journal, the template or the model's settings cannot be used; the message says what to do.
pub async fn run(
    listener: TcpListener,
    config: Config,
    shutdown: impl Future<Output = ()>,
) -> Result<()> {
    // Two TLS libraries are in reach of the dependencies; the choice is made once, here.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let address = listener.local_addr().context("the listener's address")?;
    let journal = Arc::new(Sqlite::open(&config.data)?);
    let relay = Relay::open(journal).await?;
    let template = Template::new(config.template.as_deref())?;
    let model = config
        .model
        .as_ref()
        .map(Model::new)
        .transpose()
        .context("the model's HTTP client")?;
    let guard = Guard::new(&config, address);
    let board = public_url(address, &config);
    if let Ok(url) = Url::parse(&board) {
        app::paths::set_base(url.path().trim_end_matches('/'));
    }
    let sessions = SessionFile::open(&config.data.join("sessions.db"))
        .context("a database in memory for the sessions")?;
    let sessions = Arc::new(Sessions::new(sessions));
    let agents = Agents::new(Registry::open_in(&config.data)?, config.approvers.clone());
    let stop = CancellationToken::new();
    let mcp = mcp::service(
        &relay,
        &board,
        &guard,
        &agents,
        &sessions,
        config.patience,
        stop.child_token(),
    )?;
    let app = App {
        relay: relay.clone(),
        leptos: config.leptos.clone(),
        sessions,
        tokens: Tokens::new(Arc::clone(&agents), &config),
        agents: Arc::clone(&agents),
        started: now(),
    };
    let router = web::router(app, mcp, guard, config.frame_origins.clone());

    let background = [
        tokio::spawn(relay.clone().follow()),
        tokio::spawn(relay.clone().derive()),
        tokio::spawn(PromptWriter::new(template, model).run(relay.clone())),
        tokio::spawn(agents.follow(relay.live().clone())),
        tokio::spawn(web::heartbeats(relay.live().clone(), config.heartbeat)),
    ];
    let server = tokio::spawn(connections::serve(listener, router, stop.clone()));

    shutdown.await;
    tracing::info!("stopping");
    // Streams never end by themselves: tell them, or the server would wait for them for ever.
    relay.live().close();
    stop.cancel();
    let drained = timeout(DRAIN, server).await;
    // The next start has less to fold.
    let _ = timeout(DRAIN, relay.store_derived()).await;
    background.iter().for_each(|task| task.abort());
    match drained {
        Ok(ended) => ended.context("the server"),
        Err(_) => Ok(()),
    }
}

/// Binds the address that the configuration names.
///
/// # Errors
/// The port is taken, with a message that says by whom if that is another Staffel; or the address cannot be had.
pub async fn bind(address: SocketAddr) -> Result<TcpListener> {
    match TcpListener::bind(address).await {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            let port = address.port();
            let other = port.checked_add(1).unwrap_or(4700);
            let holder = match staffel_at(&format!("http://{address}")).await {
                Some(version) => format!(
                    "Another Staffel ({version}) is running there: its board is at http://{address}."
                ),
                None => "Another program holds it.".to_owned(),
            };
            bail!(
                "Port {port} is taken. {holder}\nStop that one, or choose another port: --listen {}:{other}",
                address.ip()
            )
        }
        Err(error) => Err(error).with_context(|| {
            format!("{address} cannot be listened on; choose another with --listen ADDRESS:PORT")
        }),
    }
}

/// The version of the Staffel whose board is at `base`, if one answers there.
pub(crate) async fn staffel_at(base: &str) -> Option<String> {
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

/// Where the board is, as its links say.
fn public_url(address: SocketAddr, config: &Config) -> String {
    let local = || format!("http://{address}");
    config.public_url.clone().unwrap_or_else(local)
}

/// What a person needs to know when the server starts.
pub fn announce(address: SocketAddr, config: &Config) -> String {
    let base = format!("http://{address}");
    let public = config.public_url.as_ref();
    let public = public.map_or(String::new(), |url| format!("  Public   {url}\n"));
    let program = program();
    let writer = config.model.as_ref().map_or(
        "the built-in template (no model is configured)".to_owned(),
        |model| model.model.clone(),
    );
    format!(
        "\nStaffel {VERSION}\n\n\
         \x20 Board    {base}\n\
         {public}\
         \x20 MCP      {base}/mcp\n\
         \x20 SSE      {base}/sse\n\
         \x20 API      {base}/api/openapi.json\n\
         \x20 Data     {}\n\
         \x20 Prompts  written by {writer}\n\n\
         Connect an assistant, in the folder of your project:\n\n{}\n\
         See the whole loop in two minutes:\n\n\
         \x20 {program} demo --url {base}\n",
        config.data.display(),
        client_configuration(&program, &format!("{base}/mcp")),
    )
}
