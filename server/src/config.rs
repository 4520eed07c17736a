//! Everything that can be set: defaults, then `Leptos.toml`, then the environment, then flags.

use std::{
    collections::BTreeMap,
    env, fs,
    net::SocketAddr,
    path::{self, Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, anyhow, bail, ensure};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use clap::Args;
use leptos::config::{LeptosOptions, errors::LeptosConfigError, get_config_from_file};
use protocol::DEFAULT_LISTEN;
use reqwest::Url;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::{
    agents::parse_name,
    notify::{NotifyConfig, NotifyTable},
    people::{Confirm, ConfirmBy},
    postgres::Address,
    prompt::ModelConfig,
    storage::Place,
    tls::TlsFiles,
};

/// Where VS Code, Cursor and Windsurf show pages: no page of the web can have these schemes.
const EDITORS: [&str; 2] = ["vscode-webview:", "vscode-file:"];

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

/// The tables of `Leptos.toml` that are ours. Every setting has a default.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    /// The build's section, which leptos reads itself.
    #[serde(rename = "workspace")]
    _workspace: Option<toml::Table>,
    server: ServerTable,
    journal: JournalTable,
    prompt: PromptTable,
    agents: AgentsTable,
    people: PeopleTable,
    pipelines: PipelinesTable,
    notify: NotifyTable,
}

/// `[server]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ServerTable {
    listen: Option<SocketAddr>,
    open: bool,
    allowed_hosts: Vec<String>,
    allowed_origins: Vec<String>,
    public_url: Option<String>,
    frame_origins: Option<Vec<String>>,
    tls_cert: Option<PathBuf>,
    tls_key: Option<PathBuf>,
    drain_seconds: Option<u32>,
}

/// `[people]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct PeopleTable {
    reading: Option<Reading>,
    confirm: Option<String>,
    confirm_phases: Option<Vec<String>>,
    undo_seconds: Option<u32>,
}

/// `[journal]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct JournalTable {
    data: Option<PathBuf>,
    url: Option<String>,
    url_file: Option<PathBuf>,
    password_file: Option<PathBuf>,
    ca_file: Option<PathBuf>,
}

/// `[pipelines]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct PipelinesTable {
    archive_after_days: Option<u64>,
}

/// `[agents]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct AgentsTable {
    require_token: Option<bool>,
    wait_seconds: Option<u64>,
    approvers: BTreeMap<String, String>,
}

/// `[prompt]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct PromptTable {
    template: Option<PathBuf>,
    folder: Option<PathBuf>,
    send: Option<String>,
    models: Vec<ModelTable>,
    model: Option<String>,
    base_url: Option<String>,
    key_file: Option<PathBuf>,
    timeout_seconds: Option<u64>,
}

/// `[[prompt.models]]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ModelTable {
    name: Option<String>,
    model: String,
    base_url: Option<String>,
    key_file: Option<PathBuf>,
    timeout_seconds: Option<u64>,
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
        let require_token = match variable("STAFFEL_REQUIRE_TOKEN") {
            Some(text) => Some(text.parse().ok().with_context(|| {
                format!("STAFFEL_REQUIRE_TOKEN is {text:?}. Allowed: true or false.")
            })?),
            None => file.agents.require_token,
        };
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
            template: variable("STAFFEL_PROMPT_TEMPLATE")
                .map(PathBuf::from)
                .or(file.prompt.template.clone()),
            prompt_folder: variable("STAFFEL_PROMPT_FOLDER")
                .map(PathBuf::from)
                .or(file.prompt.folder.clone()),
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

/// Hashes of the tables of the file, and of our variables: they may hold secrets, and only what changed is told.
fn digests(path: Option<&Path>) -> Result<BTreeMap<String, String>> {
    let hash = |text: String| URL_SAFE_NO_PAD.encode(&Sha256::digest(text)[..16]);
    let text = path
        .map(fs::read_to_string)
        .transpose()?
        .unwrap_or_default();
    let tables: toml::Table = text.parse()?;
    let tables = tables.into_iter().filter(|(name, _)| name != "workspace");
    let mut digests: BTreeMap<_, _> = tables
        .map(|(name, table)| (format!("[{name}]"), hash(table.to_string())))
        .collect();
    let ours = env::vars().filter(|(name, _)| name.starts_with("STAFFEL_"));
    let ours: BTreeMap<_, _> = ours.collect();
    if !ours.is_empty() {
        digests.insert("environment".to_owned(), hash(format!("{ours:?}")));
    }
    Ok(digests)
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
    let path = |name, in_file| variable(name).map(PathBuf::from).or(in_file);
    match (path("STAFFEL_TLS_CERT", cert), path("STAFFEL_TLS_KEY", key)) {
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
    let seconds = match variable("STAFFEL_WAIT_SECONDS") {
        Some(text) => text.parse().ok().with_context(|| {
            format!("STAFFEL_WAIT_SECONDS is {text:?}. Allowed: a whole number of seconds.")
        })?,
        None => in_file.unwrap_or(WAIT_SECONDS_DEFAULT),
    };
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
    let seconds = match variable("STAFFEL_UNDO_SECONDS") {
        Some(text) => text.parse().ok().with_context(|| {
            format!("STAFFEL_UNDO_SECONDS is {text:?}. Allowed: a whole number of seconds.")
        })?,
        None => in_file.unwrap_or(UNDO_SECONDS),
    };
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
    let days = match variable("STAFFEL_ARCHIVE_AFTER_DAYS") {
        Some(text) => text.parse().ok().with_context(|| {
            format!("STAFFEL_ARCHIVE_AFTER_DAYS is {text:?}. Allowed: a whole number of days, 0 for never.")
        })?,
        None => in_file.unwrap_or(ARCHIVE_AFTER_DAYS),
    };
    ensure!(
        days <= ARCHIVE_AFTER_DAYS_MAX,
        "[pipelines] archive_after_days is {days}. Allowed: 0 (never) to {ARCHIVE_AFTER_DAYS_MAX}."
    );
    Ok((days > 0).then(|| Duration::from_secs(days * 24 * 3_600)))
}

/// Where everything is kept, as `staffel serve` would find it, for commands that work beside a server.
///
/// # Errors
/// The configuration file cannot be used, or names a database by an address that is none.
pub fn place(data: Option<&Path>, config: Option<&Path>) -> Result<Place> {
    let path = find_file(config)?;
    place_of(data, read_file(path.as_deref())?.journal)
}

/// A place that somebody names: the address of a database, or a folder.
///
/// # Errors
/// It begins like an address, and is none.
pub fn named_place(name: &str) -> Result<Place> {
    if !name.contains("://") {
        return Ok(Place::Folder(data_or_default(Some(PathBuf::from(name)))?));
    }
    Ok(Place::Database(address(name, None, None)?))
}

/// The address of a database, with what the variables say of a password and of whom to trust.
fn address(url: &str, password_file: Option<PathBuf>, ca_file: Option<PathBuf>) -> Result<Address> {
    let path = |name, in_file| variable(name).map(PathBuf::from).or(in_file);
    let file = path("STAFFEL_DATABASE_PASSWORD_FILE", password_file);
    let password = match (variable("STAFFEL_DATABASE_PASSWORD"), file) {
        (Some(password), _) => Some(password),
        (None, file) => file
            .map(|path| first_line("password_file", &path))
            .transpose()?,
    };
    let trusted = path("STAFFEL_DATABASE_CA_FILE", ca_file);
    let address = Address::new(url, password.as_deref(), trusted.as_deref());
    address.context("this is no address of a PostgreSQL database")
}

fn first_line(setting: &str, path: &Path) -> Result<String> {
    let text = fs::read_to_string(path)
        .with_context(|| format!("[journal] {setting}: {} cannot be read", path.display()))?;
    let line = text.lines().next().unwrap_or_default().trim().to_owned();
    ensure!(
        !line.is_empty(),
        "[journal] {setting}: the first line of {} is empty.",
        path.display()
    );
    Ok(line)
}

/// A database, where one is named; else a folder.
fn place_of(data: Option<&Path>, table: JournalTable) -> Result<Place> {
    let url = match (variable("STAFFEL_DATABASE_URL"), table.url, table.url_file) {
        (Some(url), ..) => {
            // A password of the file is for the address of the file, and for no other machine.
            let address = address(&url, None, table.ca_file);
            return Ok(Place::Database(address.context("STAFFEL_DATABASE_URL")?));
        }
        (None, Some(_), Some(_)) => bail!(
            "[journal] url and url_file are both set. Allowed: one of them; url_file where the address has a password."
        ),
        (None, Some(url), None) => url,
        (None, None, Some(file)) => first_line("url_file", &file)?,
        (None, None, None) => {
            let folder = data.map(Path::to_owned).or(table.data);
            return Ok(Place::Folder(data_or_default(folder)?));
        }
    };
    let address = address(&url, table.password_file, table.ca_file);
    Ok(Place::Database(address.context("[journal] url")?))
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

/// A data folder as it was named, or the platform's. Absolute, so that it means the same wherever it is printed.
fn data_or_default(named: Option<PathBuf>) -> Result<PathBuf> {
    match named {
        Some(data) => path::absolute(&data)
            .with_context(|| format!("the data folder {} cannot be found", data.display())),
        None => default_data(),
    }
}

fn find_file(given: Option<&Path>) -> Result<Option<PathBuf>> {
    if let Some(path) = given {
        ensure!(
            path.is_file(),
            "--config {}: there is no such file.",
            path.display()
        );
        return Ok(Some(path.to_owned()));
    }
    // A program in `target` belongs to the checkout above it.
    let program = env::current_exe().ok();
    let beside = program
        .iter()
        .flat_map(|program| program.ancestors().skip(1))
        .map(|folder| folder.join("Leptos.toml"));
    Ok(std::iter::once(PathBuf::from("Leptos.toml"))
        .chain(beside)
        .find(|path| path.is_file()))
}

/// What the file says; its paths are relative to its folder.
fn read_file(path: Option<&Path>) -> Result<File> {
    let Some(path) = path else {
        return Ok(File::default());
    };
    let text =
        fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let mut file: File = toml::from_str(&text)
        .with_context(|| format!("{} has a setting that cannot be used", path.display()))?;
    let folder = folder_of(Some(path));
    let key_files = file.prompt.models.iter_mut();
    let key_files = key_files.map(|model| &mut model.key_file);
    let paths = [
        &mut file.journal.data,
        &mut file.journal.url_file,
        &mut file.journal.password_file,
        &mut file.journal.ca_file,
        &mut file.prompt.template,
        &mut file.prompt.folder,
        &mut file.prompt.key_file,
        &mut file.server.tls_cert,
        &mut file.server.tls_key,
    ];
    for path in paths.into_iter().chain(key_files).flatten() {
        *path = folder.join(&*path);
    }
    Ok(file)
}

/// Where the paths in a configuration file begin.
fn folder_of(file: Option<&Path>) -> &Path {
    file.and_then(Path::parent).unwrap_or(Path::new(""))
}

fn default_data() -> Result<PathBuf> {
    match directories::ProjectDirs::from("", "", "staffel") {
        Some(folders) => Ok(folders.data_dir().to_owned()),
        None => bail!(
            "The platform's data folder cannot be found. Say where the journal is to be: --data DIR."
        ),
    }
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

/// Most models by name: a person chooses one of them.
const MODELS_MAX: usize = 20;

fn look_first(setting: Option<&str>) -> Result<bool> {
    let given = variable("STAFFEL_PROMPT_SEND");
    match given.as_deref().or(setting).unwrap_or("at_once") {
        "at_once" => Ok(false),
        "after_a_look" => Ok(true),
        other => bail!(
            "[prompt] send (STAFFEL_PROMPT_SEND) is {other:?}. Allowed: at_once, or after_a_look: a person sends every prompt."
        ),
    }
}

/// The model of `[prompt]` and of the environment first, then those of `[[prompt.models]]`.
fn models(table: &PromptTable) -> Result<Vec<ModelConfig>> {
    let seconds = match variable("STAFFEL_MODEL_TIMEOUT_SECONDS") {
        Some(text) => Some(text.parse().with_context(|| {
            format!("The model's time-out must be 1 to 600 whole seconds (STAFFEL_MODEL_TIMEOUT_SECONDS), and is {text:?}.")
        })?),
        None => table.timeout_seconds,
    };
    let first = ModelTable {
        name: None,
        model: variable("STAFFEL_MODEL")
            .or(table.model.clone())
            .unwrap_or_default(),
        base_url: variable("STAFFEL_MODEL_BASE_URL").or(table.base_url.clone()),
        key_file: variable("STAFFEL_MODEL_KEY_FILE")
            .map(PathBuf::from)
            .or(table.key_file.clone()),
        timeout_seconds: seconds,
    };
    let mut models = Vec::new();
    if !first.model.is_empty() {
        models.push(model(&first, variable("STAFFEL_MODEL_KEY"))?);
    }
    for more in &table.models {
        models.push(model(more, None)?);
    }
    ensure!(
        models.len() <= MODELS_MAX,
        "[prompt] names {} models. Allowed: at most {MODELS_MAX}.",
        models.len()
    );
    let mut names: Vec<&str> = models.iter().map(|model| model.name.as_str()).collect();
    names.sort_unstable();
    if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
        bail!(
            "Two models of [prompt] are called {:?}. Give one of them another `name`.",
            twice[0]
        );
    }
    Ok(models)
}

fn model(table: &ModelTable, key: Option<String>) -> Result<ModelConfig> {
    let model = table.model.clone();
    ensure!(
        !model.is_empty(),
        "[[prompt.models]] needs `model`: the name of the model at its API, for example \"qwen3\"."
    );
    let name = table.name.clone().unwrap_or_else(|| model.clone());
    ensure!(
        !name.is_empty()
            && name.len() <= 100
            && name != "template"
            && !name.contains(char::is_control),
        "[[prompt.models]] name = {name:?} cannot be used. Allowed: up to 100 characters in one line, and not \"template\"."
    );
    let base_url = table
        .base_url
        .clone()
        .unwrap_or("https://api.openai.com/v1".to_owned());
    ensure!(
        base_url.starts_with("http://") || base_url.starts_with("https://"),
        "base_url = {base_url:?} is not the address of an API. Allowed: http://… or https://…, for example http://127.0.0.1:11434/v1."
    );
    ensure!(
        !base_url.contains(['?', '@']),
        "base_url must not carry a key or a password: they would end up in logs. Give the key by STAFFEL_MODEL_KEY or key_file."
    );
    let key = match (key, &table.key_file) {
        (Some(key), _) => key,
        (None, Some(path)) => fs::read_to_string(path)
            .with_context(|| format!("key_file = {} cannot be read", path.display()))?
            .trim()
            .to_owned(),
        (None, None) => String::new(),
    };
    let seconds @ 1..=600 = table.timeout_seconds.unwrap_or(60) else {
        bail!(
            "The model's time-out must be 1 to 600 whole seconds (timeout_seconds, STAFFEL_MODEL_TIMEOUT_SECONDS)."
        );
    };
    Ok(ModelConfig {
        name,
        base_url,
        model,
        key,
        timeout: Duration::from_secs(seconds),
    })
}

fn check_origin(origin: &str) -> Result<String> {
    let rest = origin
        .strip_prefix("http://")
        .or_else(|| origin.strip_prefix("https://"));
    ensure!(
        rest.is_some_and(|host| !host.is_empty() && !host.contains(['/', '*', ' ', ';', ',', '\''])),
        "allowed_origins has {origin:?}. Allowed: scheme, host and port without a path, for example \"http://localhost:8501\"."
    );
    Ok(origin.to_ascii_lowercase())
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

/// The address as a person would write it, without a slash at the end.
fn check_public_url(text: &str) -> Result<String> {
    let url = Url::parse(text).ok().filter(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none()
    });
    let url = url.with_context(|| {
        format!(
            "public_url = {text:?} cannot be used. Allowed: where people reach this server through the proxy, for example \
             \"https://example.org\" or \"https://example.org/staffel\"."
        )
    })?;
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

fn check_frame_origin(origin: &str) -> Result<String> {
    let scheme = origin.strip_suffix(':').is_some_and(|name| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
    });
    if scheme && !["http:", "https:", "data:", "blob:"].contains(&origin) {
        return Ok(origin.to_owned());
    }
    check_origin(origin).with_context(|| {
        format!("frame_origins has {origin:?}; the schemes of editors are allowed too, for example \"vscode-webview:\"")
    })
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
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
