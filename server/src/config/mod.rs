//! Everything that can be set: defaults, then `Leptos.toml`, then the environment, then flags.

mod addresses;
mod file;
mod models;
mod place;

use std::{
    collections::BTreeMap,
    env,
    net::SocketAddr,
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use anyhow::{Context, Result, anyhow, bail, ensure};
use clap::Args;
use leptos::config::{LeptosOptions, errors::LeptosConfigError, get_config_from_file};
use protocol::DEFAULT_LISTEN;
use serde::Deserialize;

use crate::{
    agents::parse_name,
    notify::NotifyConfig,
    people::{Confirm, ConfirmBy},
    prompt::ModelConfig,
    storage::Place,
    tls::TlsFiles,
};
use addresses::{EDITORS, check_frame_origin, check_origin, check_public_url};
use file::{digests, find_file, folder_of, read_file};
use models::{look_first, models};
use place::place_of;

pub use place::{named_place, place};

/// What `staffel serve` can be told on the command line or by environment variables.
#[derive(Debug, Clone, Default, Args)]
pub struct ServeArgs {
    /// Address and port to listen on [default: 127.0.0.1:4700]
    #[arg(long, env = "STAFFEL_LISTEN", value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,
    /// Folder of the journal [default: the platform's data folder]
    #[arg(long, env = "STAFFEL_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Open the board in a browser
    #[arg(
        long,
        env = "STAFFEL_OPEN",
        num_args = 0,
        default_missing_value = "true",
        overrides_with = "no_open"
    )]
    pub open: bool,
    /// Do not open the board in a browser (the default)
    #[arg(long)]
    pub no_open: bool,
    /// The configuration file [default: Leptos.toml here or beside the program]
    #[arg(long, env = "STAFFEL_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// The settings of a running server.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen. Loopback only, for now.
    pub listen: SocketAddr,
    /// Where everything is kept.
    pub place: Place,
    /// Whether to open the board in a browser.
    pub open: bool,
    /// Host names that requests may carry beside the loopback ones.
    pub allowed_hosts: Vec<String>,
    /// Web origins that may use this server beside its own, for example `http://localhost:8501`.
    pub allowed_origins: Vec<String>,
    /// Where people and agents elsewhere reach this server, through a proxy; without a slash at the end.
    pub public_url: Option<String>,
    /// Who may show the board in a frame: origins, or schemes with a colon.
    pub frame_origins: Vec<String>,
    /// The certificate, where the server speaks TLS itself.
    pub tls: Option<TlsFiles>,
    /// Who may read.
    pub reading: Reading,
    /// Which decisions are to be confirmed.
    pub confirm: Confirm,
    /// The template that replaces the built-in ones.
    pub template: Option<PathBuf>,
    /// The folder into which prompts are put as files, if any.
    pub prompt_folder: Option<PathBuf>,
    /// Whether people look at every prompt before it leaves, where nobody chose otherwise for the pipeline.
    pub look_first: bool,
    /// The models that write prompts; the first does so by itself.
    pub models: Vec<ModelConfig>,
    /// How often subscribers feel that the server lives.
    pub heartbeat: Duration,
    /// How long an agent waits for one decision, in all its calls, before it is told to end its turn.
    pub patience: Duration,
    /// For how long a decision made on the board can be taken back, in seconds; 0: not at all.
    pub undo_seconds: u32,
    /// How long it is said to be not ready before it stops taking requests.
    pub drain: Duration,
    /// Pipelines that ended so long ago are archived. `None`: only by hand.
    pub archive_after: Option<Duration>,
    /// Whether every agent needs a token. Unset: only those that do not come from this machine.
    pub require_token: Option<bool>,
    /// Who decides at the client of which agent: the agent's name, and the person's.
    pub approvers: BTreeMap<String, String>,
    /// Who is told, outside, that a person is needed.
    pub notify: NotifyConfig,
    /// What the settings are, table by table, and all variables together: hashes, for the audit.
    pub digests: BTreeMap<String, String>,
    /// What leptos needs to know.
    pub leptos: LeptosOptions,
}

/// Who may read without a sign-in and without a token.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reading {
    /// Whoever comes from this machine itself.
    #[default]
    OpenOnLoopback,
    /// Nobody.
    SignIn,
}

impl Reading {
    fn parse(text: &str) -> Result<Self> {
        match text {
            "open-on-loopback" => Ok(Self::OpenOnLoopback),
            "sign-in" => Ok(Self::SignIn),
            _ => bail!("STAFFEL_READING is {text:?}. Allowed: open-on-loopback or sign-in."),
        }
    }
}

impl Config {
    /// Reads all sources.
    ///
    /// # Errors
    /// A setting that cannot be used, naming it, its value and what is allowed.
    pub fn load(args: &ServeArgs) -> Result<Self> {
        let path = find_file(args.config.as_deref())?;
        let file = read_file(path.as_deref())?;
        let listen = match args.listen.or(file.server.listen) {
            Some(listen) => listen,
            None => DEFAULT_LISTEN.parse().context("the default address")?,
        };
        let require_token = parsed("STAFFEL_REQUIRE_TOKEN", "true or false")?;
        let require_token = require_token.or(file.agents.require_token);
        ensure!(
            listen.ip().is_loopback() || require_token != Some(false),
            "[agents] require_token is false, and {listen} is reached from other machines: whoever reaches it could read and \
             report. Allowed there: true, or leave it out. Give each agent a token: staffel agents add NAME."
        );
        Ok(Self {
            listen,
            place: place_of(args.data.as_deref(), file.journal)?,
            open: (args.open || file.server.open) && !args.no_open,
            allowed_hosts: list("STAFFEL_ALLOWED_HOSTS").unwrap_or(file.server.allowed_hosts),
            allowed_origins: list("STAFFEL_ALLOWED_ORIGINS")
                .unwrap_or(file.server.allowed_origins)
                .into_iter()
                .map(|origin| check_origin(&origin))
                .collect::<Result<_>>()?,
            public_url: variable("STAFFEL_PUBLIC_URL")
                .or(file.server.public_url)
                .map(|url| check_public_url(&url))
                .transpose()?,
            frame_origins: list("STAFFEL_FRAME_ORIGINS")
                .or(file.server.frame_origins)
                .unwrap_or_else(|| EDITORS.map(str::to_owned).to_vec())
                .into_iter()
                .map(|origin| check_frame_origin(&origin))
                .collect::<Result<_>>()?,
            template: path_or("STAFFEL_PROMPT_TEMPLATE", file.prompt.template.clone()),
            prompt_folder: path_or("STAFFEL_PROMPT_FOLDER", file.prompt.folder.clone()),
            look_first: look_first(file.prompt.send.as_deref())?,
            models: models(&file.prompt)?,
            tls: tls(file.server.tls_cert, file.server.tls_key)?,
            reading: match variable("STAFFEL_READING") {
                Some(text) => Reading::parse(&text)?,
                None => file.people.reading.unwrap_or_default(),
            },
            confirm: confirm(file.people.confirm, file.people.confirm_phases)?,
            heartbeat: Duration::from_secs(15),
            patience: patience(file.agents.wait_seconds)?,
            undo_seconds: undo_seconds(file.people.undo_seconds)?,
            drain: drain(file.server.drain_seconds)?,
            archive_after: archive_after(file.pipelines.archive_after_days)?,
            approvers: check_approvers(file.agents.approvers)?,
            notify: NotifyConfig::new(file.notify, folder_of(path.as_deref()))?,
            require_token,
            digests: digests(path.as_deref())?,
            leptos: leptos_options(path.as_deref(), listen)?,
        })
    }
}

fn confirm(in_file: Option<String>, phases: Option<Vec<String>>) -> Result<Confirm> {
    let by = match variable("STAFFEL_CONFIRM").or(in_file).as_deref() {
        None | Some("none") => None,
        Some("pin") => Some(ConfirmBy::Pin),
        Some("passkey") => Some(ConfirmBy::Passkey),
        Some(other) => bail!("[people] confirm is {other:?}. Allowed: none, pin or passkey."),
    };
    ensure!(
        by.is_some() || phases.is_none(),
        "[people] confirm_phases is set, and confirm is none: nothing would be confirmed. Set confirm to pin or passkey, or \
         leave confirm_phases out."
    );
    let phases = phases.map(|phases| {
        ensure!(
            !phases.is_empty(),
            "[people] confirm_phases is empty, so nothing would be confirmed. Allowed: names of phases, for example \
             [\"RELEASE\"]; without confirm_phases it is all of them."
        );
        let checked = phases.iter().map(|phase| {
            domain::text::line("confirm_phases", phase, domain::text::NAME_MAX)
                .map_err(|refusal| anyhow!("[people] {refusal}"))
        });
        checked.collect::<Result<_>>()
    });
    Ok(Confirm {
        by,
        phases: phases.transpose()?,
    })
}

fn tls(cert: Option<PathBuf>, key: Option<PathBuf>) -> Result<Option<TlsFiles>> {
    let cert = path_or("STAFFEL_TLS_CERT", cert);
    match (cert, path_or("STAFFEL_TLS_KEY", key)) {
        (Some(cert), Some(key)) => Ok(Some(TlsFiles { cert, key })),
        (None, None) => Ok(None),
        (one, _) => bail!(
            "[server] {} is set without {}. Allowed: both, or neither. Name the file of the other one too.",
            if one.is_some() { "tls_cert" } else { "tls_key" },
            if one.is_some() { "tls_key" } else { "tls_cert" },
        ),
    }
}

/// Bounds of `[agents] wait_seconds`: less than one call has no use, and after a day nobody pays for the tokens.
const WAIT_SECONDS: std::ops::RangeInclusive<u64> = 1..=86_400;
/// Ten waits of the length that every known client allows.
const WAIT_SECONDS_DEFAULT: u64 = 480;

fn patience(in_file: Option<u64>) -> Result<Duration> {
    let given = parsed("STAFFEL_WAIT_SECONDS", "a whole number of seconds")?;
    let seconds = given.or(in_file).unwrap_or(WAIT_SECONDS_DEFAULT);
    ensure!(
        WAIT_SECONDS.contains(&seconds),
        "[agents] wait_seconds is {seconds}. Allowed: {} to {}.",
        WAIT_SECONDS.start(),
        WAIT_SECONDS.end()
    );
    Ok(Duration::from_secs(seconds))
}

/// Load balancers look every few seconds; whoever stops a server waits for a minute or two.
const DRAIN_MAX: u32 = 60;

fn drain(in_file: Option<u32>) -> Result<Duration> {
    let seconds = in_file.unwrap_or(0);
    ensure!(
        seconds <= DRAIN_MAX,
        "[server] drain_seconds is {seconds}. Allowed: 0 to {DRAIN_MAX}; 0 stops at once."
    );
    Ok(Duration::from_secs(seconds.into()))
}

/// Long enough to see what one has pressed, short for an agent that waits.
const UNDO_SECONDS: u32 = 10;

fn undo_seconds(in_file: Option<u32>) -> Result<u32> {
    let given = parsed("STAFFEL_UNDO_SECONDS", "a whole number of seconds")?;
    let seconds = given.or(in_file).unwrap_or(UNDO_SECONDS);
    ensure!(
        seconds <= domain::limits::UNDO_MAX_SECONDS,
        "[people] undo_seconds is {seconds}. Allowed: 0 to {}; 0 carries every decision out at once.",
        domain::limits::UNDO_MAX_SECONDS
    );
    Ok(seconds)
}

/// A pipeline that ended a quarter of a year ago is history: it is found by search.
const ARCHIVE_AFTER_DAYS: u64 = 90;
/// A hundred years.
const ARCHIVE_AFTER_DAYS_MAX: u64 = 36_500;

fn archive_after(in_file: Option<u64>) -> Result<Option<Duration>> {
    let given = parsed(
        "STAFFEL_ARCHIVE_AFTER_DAYS",
        "a whole number of days, 0 for never",
    )?;
    let days = given.or(in_file).unwrap_or(ARCHIVE_AFTER_DAYS);
    ensure!(
        days <= ARCHIVE_AFTER_DAYS_MAX,
        "[pipelines] archive_after_days is {days}. Allowed: 0 (never) to {ARCHIVE_AFTER_DAYS_MAX}."
    );
    Ok((days > 0).then(|| Duration::from_secs(days * 24 * 3_600)))
}

/// Who is told, as `staffel serve` would read it, for commands that work beside a server.
///
/// # Errors
/// The configuration file cannot be used.
pub fn notify(config: Option<&Path>) -> Result<NotifyConfig> {
    let path = find_file(config)?;
    let file = read_file(path.as_deref())?;
    NotifyConfig::new(file.notify, folder_of(path.as_deref()))
}

fn leptos_options(path: Option<&Path>, listen: SocketAddr) -> Result<LeptosOptions> {
    let named = path.and_then(|path| match get_config_from_file(path) {
        // A file with settings alone; the board is in the program, or where a build puts it.
        Err(LeptosConfigError::ConfigSectionNotFound) => None,
        read => {
            Some(read.with_context(|| format!("{}: [[workspace.metadata.leptos]]", path.display())))
        }
    });
    let mut options = match named {
        Some(read) => read?.leptos_options,
        None => LeptosOptions::builder()
            .output_name("staffel")
            .site_root("target/site")
            .build(),
    };
    options.site_addr = listen;
    let root = Path::new(&*options.site_root);
    // The file says where the site is as seen from the file, wherever the server is started.
    if root.is_relative()
        && let Some(folder) = path.and_then(Path::parent)
    {
        options.site_root = folder.join(root).to_string_lossy().as_ref().into();
    }
    Ok(options)
}

fn check_approvers(approvers: BTreeMap<String, String>) -> Result<BTreeMap<String, String>> {
    let checked = approvers.into_iter().map(|(agent, person)| {
        parse_name(&agent).map_err(|allowed| {
            anyhow!("[agents.approvers] names the agent {agent:?}: {allowed}. It needs a token: staffel agents add NAME")
        })?;
        let person = domain::text::line("person", &person, domain::text::NAME_MAX)
            .map_err(|refusal| anyhow!("[agents.approvers] {agent}: {refusal}"))?;
        Ok((agent, person))
    });
    checked.collect()
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// What a variable says, if it is set; what is allowed ends a sentence.
fn parsed<T: FromStr>(name: &str, allowed: &str) -> Result<Option<T>> {
    let parse = |text: String| {
        let value = text.parse().ok();
        value.with_context(|| format!("{name} is {text:?}. Allowed: {allowed}."))
    };
    variable(name).map(parse).transpose()
}

/// The path that a variable names; else the one of the file.
fn path_or(name: &str, in_file: Option<PathBuf>) -> Option<PathBuf> {
    variable(name).map(PathBuf::from).or(in_file)
}

fn list(name: &str) -> Option<Vec<String>> {
    variable(name).map(|value| {
        value
            .split(',')
            .map(|item| item.trim().to_owned())
            .filter(|item| !item.is_empty())
            .collect()
    })
}
