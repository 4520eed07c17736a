//! Puts the rooms together and serves until told to stop.

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use axum::{Router, extract::Request, http::Uri, middleware};
use cli::{clients::client_configuration, program, staffel_at};
use domain::Deciders;
use reqwest::Url;
use tokio::{net::TcpListener, time::timeout};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::{
    access::{self, Action, Guard, Tokens},
    agents::{Agents, Registry},
    archiver,
    config::Config,
    connections,
    hooks::Hooks,
    http::{self, App, Undo},
    mcp::{self, Sessions, StoredSessions},
    nodes::{Duty, Node},
    notify::{Mailer, Notifier, Pusher, random_key},
    people::People,
    prompt::{PromptFolder, PromptWriter, Template, Writers},
    relay::{Relay, now},
    release::{self, Site},
    storage::Storage,
    tls::Tls,
    undo,
};

/// How long open requests may take after the streams have been told to end.
const DRAIN: Duration = Duration::from_secs(5);

/// Serves on `listener` until what `started` gives completes. `started` is called once everything is open, with the code for
/// the first owner as long as there is nobody. Without a `site` in the program, its folder is served.
///
/// # Errors
/// The journal, the template or the model's settings cannot be used; the message says what to do.
pub async fn run<Served: Future<Output = ()>>(
    listener: TcpListener,
    config: Config,
    site: Option<Site>,
    started: impl FnOnce(Option<String>) -> Served,
) -> Result<()> {
    // Two TLS libraries are in reach of the dependencies; the choice is made once, here.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let address = listener.local_addr().context("the listener's address")?;
    let storage = config.place.open()?;
    let relay = Relay::open(Arc::clone(&storage.journal)).await?;
    let template = Template::new(config.template.as_deref())?;
    let folder = config.prompt_folder.clone().map(|path| {
        PromptFolder::new(path.clone()).with_context(|| {
            format!(
                "[prompt] folder {} cannot be written. Choose a folder that this user can write, or leave it out.",
                path.display()
            )
        })
    });
    let folder = folder.transpose()?;
    let writers = Writers::new(template, &config.models).context("a model's HTTP client")?;
    let writers = Arc::new(writers);
    let guard = Guard::new(&config, address);
    let board = public_url(address, &config);
    if let Ok(url) = Url::parse(&board) {
        app::paths::set_base(url.path().trim_end_matches('/'));
    }
    let mut people = People::of(Arc::clone(&storage.people))?.known_by(&storage.nodes);
    people.confirm = config.confirm.clone();
    people.note_settings(&config.digests)?;
    let people = Arc::new(people);
    relay.decided_by(Arc::clone(&people) as Arc<dyn Deciders + Send + Sync>);
    refuse_strangers(address, &people)?;
    let code = people.first_code()?;
    let known = &storage.agents;
    let sessions = Arc::new(Sessions::new(
        StoredSessions::of(Arc::clone(known)),
        mcp::waits,
    ));
    let agents = Agents::new(Registry::of(Arc::clone(known))?, config.approvers.clone());
    let (draining, stop) = (CancellationToken::new(), CancellationToken::new());
    let secret = random_key()?.to_bytes().into();
    // Without one to keep, as on a full disk, what is sealed is good until the next start.
    let secret = people.push_key(secret).unwrap_or(secret);
    let handler = mcp::Handler::new(
        &relay,
        (&board, &secret),
        &agents,
        &people,
        &writers,
        &sessions,
        config.patience,
    )?;
    let mcp = mcp::service(handler, &guard, stop.child_token());
    for (agent, person) in &config.approvers {
        if people
            .role(person)
            .is_none_or(|role| role < Action::Decide.role())
        {
            tracing::warn!(
                "[agents.approvers] {agent}: {person} may not decide here, so nobody is asked at that client; add the person: \
                 staffel people add"
            );
        }
    }
    let mut background = vec![tokio::spawn(relay.clone().follow())];
    let node = Arc::new(Node::new(Arc::clone(&storage.nodes), Arc::clone(&agents)));
    node.begin().await;
    let notifier = if storage.journal.read_only().is_some() {
        // Nothing happens that could be told.
        None
    } else {
        let notifier = notifier(&config, &storage, (&relay, node.duty()), &people, &board)?;
        let notifier = Arc::new(notifier);
        if node.duty().is_on() {
            notifier.begin().await?;
        }
        Some(notifier)
    };
    let tokens = Tokens::new(Arc::clone(&agents), Arc::clone(&people), &config);
    let for_agents = mcp::routes(mcp, &sessions, &tokens);
    let app = App {
        relay: relay.clone(),
        leptos: config.leptos.clone(),
        mcp_sessions: Arc::new(move || sessions.in_memory()),
        tokens: tokens.clone(),
        hooks: Arc::new(Hooks::new(relay.clone(), Arc::clone(&agents), &board)),
        agents: Arc::clone(&agents),
        people: Arc::clone(&people),
        notifier: notifier.clone(),
        writers: Arc::clone(&writers),
        undo: Undo(config.undo_seconds),
        node: Arc::clone(&node),
        draining: draining.clone(),
        started: now(),
    };
    let routes = http::routes(&app, config.frame_origins.clone(), site.as_ref()).merge(for_agents);
    let routes = routes.layer(middleware::from_fn_with_state(relay.clone(), http::newest));
    let routes = access::guarded(routes, guard, &tokens).with_state(app);
    let router = below(app::paths::base(), routes);

    let writer = Arc::new(PromptWriter::new(writers, config.look_first, folder));
    let writing = move |relay| Arc::clone(&writer).run(relay);
    background.extend([
        tokio::spawn(relay.clone().derive()),
        tokio::spawn(node.duty().while_on(relay.clone(), writing)),
        tokio::spawn(node.duty().while_on(relay.clone(), undo::run)),
        tokio::spawn(agents.follow(relay.live().clone())),
        tokio::spawn(people.follow()),
        tokio::spawn(http::heartbeats(relay.live().clone(), config.heartbeat)),
    ]);
    if let Some(age) = config.archive_after {
        let archiving = move |relay| archiver::run(relay, age);
        background.push(tokio::spawn(node.duty().while_on(relay.clone(), archiving)));
    }
    let tls = config.tls.as_ref().map(Tls::open).transpose()?;
    let acceptor = tls.as_ref().map(Tls::acceptor);
    background.extend(tls.map(|tls| tokio::spawn(tls.follow())));
    if acceptor.is_none() && !address.ip().is_loopback() {
        tracing::warn!(
            "{address} is reached from other machines, and without TLS: whoever is between can read what is sent, cookies and \
             tokens too. Set [server] tls_cert and tls_key, or let a proxy do it (docs/REMOTE.md)."
        );
    }
    let stopped = stop.clone();
    let telling = tokio::spawn(async move {
        if let Some(notifier) = notifier {
            notifier.run(stopped).await;
        }
    });
    let give_up_telling = telling.abort_handle();
    let gone = CancellationToken::new();
    let living = tokio::spawn(node.live(gone.clone()));
    let server = tokio::spawn(connections::serve(listener, router, acceptor, stop.clone()));

    started(code).await;
    tracing::info!("stopping");
    // Whoever sends requests here looks whether this one is ready, and stops when it is not.
    draining.cancel();
    tokio::time::sleep(config.drain).await;
    // Streams never end by themselves: tell them, or the server would wait for them for ever.
    relay.live().close();
    stop.cancel();
    let (drained, told) = tokio::join!(timeout(DRAIN, server), timeout(DRAIN, telling));
    if told.is_err() {
        give_up_telling.abort();
        tracing::warn!("a webhook has not answered; its notice is sent again after the next start");
    }
    let _ = timeout(DRAIN, relay.tidy()).await;
    // Another node may be on duty from here on: what this one told is noted.
    gone.cancel();
    let _ = timeout(DRAIN, living).await;
    background.iter().for_each(|task| task.abort());
    match drained {
        Ok(ended) => ended.context("the server"),
        Err(_) => Ok(()),
    }
}

/// Whoever came first would become the owner.
fn refuse_strangers(address: SocketAddr, people: &People) -> Result<()> {
    ensure!(
        address.ip().is_loopback() || !people.nobody_yet(),
        "listen = {address} is reached from other machines, and nobody has signed in yet: whoever came first would become the \
         owner.\nStart it once with --listen 127.0.0.1:{port} and sign in there, or add the owner at a terminal: \
         staffel people add NAME --role owner, then staffel people link NAME.",
        port = address.port()
    );
    Ok(())
}

/// Who tells people and programs outside.
fn notifier(
    config: &Config,
    storage: &Storage,
    (relay, duty): (&Relay, Duty),
    people: &Arc<People>,
    board: &str,
) -> Result<Notifier> {
    let outbox = storage.outbox()?;
    let key = people.push_key(random_key()?.to_bytes().into())?;
    let pusher = Pusher::new(key, &config.notify.push, board)?;
    let mailer = config.notify.mail.as_ref().map(Mailer::new).transpose()?;
    let ways = (Arc::clone(people), Arc::new(pusher), mailer.map(Arc::new));
    Notifier::new(outbox, &config.notify, (relay.clone(), duty), ways, board)
}

/// A proxy may leave the base in the path or take it out: both arrive at the same route.
fn below(base: &'static str, routes: Router) -> Router {
    if base.is_empty() {
        return routes;
    }
    Router::new().fallback_service(routes.map_request(move |request| without_base(request, base)))
}

fn without_base(mut request: Request, base: &str) -> Request {
    let uri = request.uri();
    let rest = uri.path_and_query().and_then(|whole| {
        let rest = whole.as_str().strip_prefix(base)?;
        match rest.as_bytes().first() {
            None => Some("/".to_owned()),
            Some(b'/') => Some(rest.to_owned()),
            Some(b'?') => Some(format!("/{rest}")),
            // Another path that only begins with the same letters.
            Some(_) => None,
        }
    });
    if let Some(rest) = rest.and_then(|rest| rest.parse().ok()) {
        let mut parts = uri.clone().into_parts();
        parts.path_and_query = Some(rest);
        if let Ok(uri) = Uri::from_parts(parts) {
            *request.uri_mut() = uri;
        }
    }
    request
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

/// Where the board is, as its links say.
fn public_url(address: SocketAddr, config: &Config) -> String {
    let local = || local_url(address, config);
    config.public_url.clone().unwrap_or_else(local)
}

/// Where the board is on this machine, without a slash at the end.
pub fn local_url(mut address: SocketAddr, config: &Config) -> String {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    let scheme = if config.tls.is_some() {
        "https"
    } else {
        "http"
    };
    format!("{scheme}://{address}")
}

/// What a person needs to know when the server starts. `code` makes the first owner.
pub fn announce(address: SocketAddr, config: &Config, code: Option<&str>) -> String {
    let base = local_url(address, config);
    let sign_in = code.map_or(String::new(), |code| {
        format!(
            "  Sign in  {base}{}\n           the first who opens it, within ten minutes, becomes the owner\n",
            app::paths::sign_in(code)
        )
    });
    let public = config.public_url.as_ref();
    let public = public.map_or(String::new(), |url| format!("  Public   {url}\n"));
    let program = program();
    let writer = config.models.first().map_or(
        "the built-in template (no model is configured)".to_owned(),
        |model| model.model.clone(),
    );
    format!(
        "\nStaffel {}\n\n\
         \x20 Board    {base}\n\
         {sign_in}\
         {public}\
         \x20 MCP      {base}/mcp\n\
         \x20 SSE      {base}/sse\n\
         \x20 API      {base}/api/openapi.json\n\
         \x20 Data     {}\n\
         \x20 Prompts  written by {writer}\n\n\
         Connect an assistant, in the folder of your project:\n\n{}\n\
         See the whole loop in two minutes:\n\n\
         \x20 {program} demo --url {base}\n",
        release::name(),
        config.place,
        client_configuration(&program, &format!("{base}/mcp")),
    )
}
