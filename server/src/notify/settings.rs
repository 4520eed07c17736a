//! What `[notify]` in the configuration file says, checked.
//!
//! The address of a webhook often is its password, as with Slack, Discord and Telegram: no error, no log and no `Debug` here
//! shows one. A receiver is called by its name.

use std::{
    collections::BTreeSet,
    env, fmt, fs,
    net::IpAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, anyhow, bail, ensure};
use reqwest::Url;
use serde::Deserialize;

use super::{
    Kind,
    addresses::not_public,
    mail::{MailConfig, Mailer, check_address},
    overdue::Patience,
    push::PushConfig,
    shape::Shape,
};

/// Most receivers: each has a task and a queue of its own.
const WEBHOOKS_MAX: usize = 32;
/// Allowed bytes of a secret. Shorter ones can be guessed from one message; longer ones are a mistaken file.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 16..=1_024;
/// Before the first repetition. Every later pause is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// How often is looked for silence. It is told after minutes.
const LOOK_EVERY: Duration = Duration::from_secs(15);

/// Who is told, and how patiently.
#[derive(Debug, Clone)]
pub struct NotifyConfig {
    /// The receivers.
    pub webhooks: Vec<Webhook>,
    /// Messages to browsers.
    pub push: PushConfig,
    /// E-mail, where there is a server for it.
    pub mail: Option<MailConfig>,
    /// How long the first pause between two tries is.
    pub first_pause: Duration,
    /// After how long silence is told.
    pub patience: Patience,
    /// How often is looked for silence.
    pub look_every: Duration,
}

impl Default for NotifyConfig {
    fn default() -> Self {
        Self {
            webhooks: vec![],
            push: PushConfig::default(),
            mail: None,
            first_pause: FIRST_PAUSE,
            patience: Patience::default(),
            look_every: LOOK_EVERY,
        }
    }
}

/// `[notify]`, which is looked into in a second step: an error of the first one repeats the line, and with it an address.
#[derive(Default, Deserialize)]
#[serde(transparent)]
pub struct NotifyTable(toml::Table);

impl fmt::Debug for NotifyTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NotifyTable {{ {} settings }}", self.0.len())
    }
}

/// `[notify.push]`
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct PushTable {
    subject: Option<String>,
    private_hosts: BTreeSet<String>,
}

/// `[notify.mail]`
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct MailTable {
    url: Option<String>,
    url_file: Option<PathBuf>,
    from: String,
}

impl NotifyTable {
    fn push(&mut self) -> Result<PushConfig> {
        let Some(table) = self.0.remove("push") else {
            return Ok(PushConfig::default());
        };
        let table: PushTable = table
            .try_into()
            .map_err(|error: toml::de::Error| anyhow!("[notify.push]: {}", error.message()))?;
        if let Some(subject) = &table.subject {
            ensure!(
                subject.starts_with("mailto:") || subject.starts_with("https://"),
                "[notify.push] subject is {subject:?}. Allowed: whom a push service can write to, as mailto:ops@example.org or an \
                 https:// address."
            );
        }
        if let Some(host) = table.private_hosts.iter().find(|host| !is_host(host)) {
            bail!(
                "[notify.push] private_hosts has {host:?}. Allowed: HOST:PORT, for example push.lan:8443."
            );
        }
        Ok(PushConfig {
            subject: table.subject,
            private_hosts: table.private_hosts,
        })
    }

    fn mail(&mut self, folder: &Path) -> Result<Option<MailConfig>> {
        let Some(table) = self.0.remove("mail") else {
            return Ok(None);
        };
        // Not the error itself: it may repeat the address.
        let table: MailTable = table
            .try_into()
            .map_err(|error: toml::de::Error| anyhow!("[notify.mail]: {}", error.message()))?;
        let url = match (table.url, table.url_file) {
            (Some(url), None) => url,
            (None, Some(file)) => read("url_file", &folder.join(file))?.trim().to_owned(),
            _ => bail!(
                "[notify.mail] needs url or url_file, one of them: smtps://USER:PASSWORD@HOST."
            ),
        };
        let from = check_address(&table.from).context("[notify.mail] from")?;
        let config = MailConfig { url, from };
        Mailer::new(&config)?;
        Ok(Some(config))
    }

    fn webhooks(mut self) -> Result<Vec<toml::Table>> {
        let webhooks = self.0.remove("webhooks");
        if let Some(unknown) = self.0.keys().next() {
            bail!(
                "[notify] has {unknown:?}. Allowed: webhooks, a table [[notify.webhooks]] for each; [notify.push]; [notify.mail]."
            );
        }
        let Some(webhooks) = webhooks else {
            return Ok(vec![]);
        };
        webhooks.try_into().map_err(|_| {
            anyhow!(
                "[notify] webhooks is no list of tables. Write [[notify.webhooks]], with two brackets, before each receiver."
            )
        })
    }
}

/// `[[notify.webhooks]]`
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WebhookTable {
    name: String,
    url: Option<String>,
    url_file: Option<PathBuf>,
    shape: Option<String>,
    secret_file: Option<PathBuf>,
    secret_env: Option<String>,
    events: Option<Vec<String>>,
    projects: Option<Vec<String>>,
    private: bool,
    chat: Option<String>,
}

/// One receiver.
#[derive(Clone)]
pub struct Webhook {
    /// What it is called, in the log and in commands.
    pub name: String,
    /// Where it is. May hold a secret.
    pub(super) url: Url,
    /// What it wants to be told in.
    pub shape: Shape,
    /// What signs the messages.
    pub(super) secret: Option<Vec<u8>>,
    /// What it is told about.
    pub events: Vec<Kind>,
    /// Of which projects; none: of all.
    pub projects: Option<BTreeSet<String>>,
    /// Whether it may have an address that is none of the public internet.
    pub private: bool,
}

/// Neither the address nor the secret must reach a log.
impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Webhook {{ name: {:?} }}", self.name)
    }
}

impl NotifyConfig {
    /// Checks what the file says. Its paths are relative to `folder`.
    ///
    /// # Errors
    /// A setting that cannot be used, naming it and what is allowed.
    pub fn new(mut table: NotifyTable, folder: &Path) -> Result<Self> {
        let (push, mail) = (table.push()?, table.mail(folder)?);
        let tables = table.webhooks()?;
        ensure!(
            tables.len() <= WEBHOOKS_MAX,
            "[[notify.webhooks]] is there {} times. Allowed: {WEBHOOKS_MAX}.",
            tables.len()
        );
        let mut names = BTreeSet::new();
        let mut webhooks = Vec::new();
        for (index, table) in tables.into_iter().enumerate() {
            let number = index + 1;
            let table: WebhookTable = table.try_into().map_err(|error: toml::de::Error| {
                anyhow!("[[notify.webhooks]] number {number}: {}", error.message())
            })?;
            ensure!(
                is_name(&table.name),
                "[[notify.webhooks]] number {number}: name is {:?}. Allowed: 1 to 64 letters, digits, dots, dashes and \
                 underscores, for example team-slack.",
                table.name
            );
            let webhook = Webhook::new(table, folder)?;
            ensure!(
                names.insert(webhook.name.clone()),
                "[[notify.webhooks]] has the name {:?} twice. Give each its own: what was delivered is remembered by it.",
                webhook.name
            );
            webhooks.push(webhook);
        }
        Ok(Self {
            webhooks,
            push,
            mail,
            ..Self::default()
        })
    }
}

fn is_host(host: &str) -> bool {
    let port = host.rsplit_once(':');
    port.is_some_and(|(name, port)| !name.is_empty() && port.parse::<u16>().is_ok())
}

fn is_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    (1..=64).contains(&name.len()) && name.chars().all(allowed)
}

impl Webhook {
    fn new(table: WebhookTable, folder: &Path) -> Result<Self> {
        let name = table.name;
        let checked = || -> Result<Self> {
            let url = url(table.url, table.url_file, folder, table.private)?;
            Ok(Self {
                shape: shape(table.shape.as_deref(), table.chat, &url)?,
                url,
                secret: secret(table.secret_file, table.secret_env, folder)?,
                events: events(table.events)?,
                projects: projects(table.projects)?,
                private: table.private,
                name: name.clone(),
            })
        };
        checked().with_context(|| format!("[[notify.webhooks]] {name}"))
    }

    /// Whether it is told about this.
    pub fn wants(&self, kind: Kind, project: &str) -> bool {
        self.events.contains(&kind)
            && self
                .projects
                .as_ref()
                .is_none_or(|projects| projects.contains(project))
    }

    /// Where the request goes: ntfy takes JSON at its root, and the topic is in it.
    pub(super) fn target(&self) -> Url {
        let mut url = self.url.clone();
        if matches!(self.shape, Shape::Ntfy { .. }) {
            url.set_path("/");
        }
        url
    }
}

fn url(given: Option<String>, file: Option<PathBuf>, folder: &Path, private: bool) -> Result<Url> {
    let text = match (given, file) {
        (Some(url), None) => url,
        (None, Some(file)) => read("url_file", &folder.join(file))?,
        (Some(_), Some(_)) => bail!("there are url and url_file. Leave one of them out."),
        (None, None) => bail!(
            "there is no url. Set url to where the receiver is, or url_file to a file with it."
        ),
    };
    let parsed = Url::parse(text.trim()).ok().filter(|url| {
        matches!(url.scheme(), "http" | "https") && url.has_host() && url.fragment().is_none()
    });
    let Some(url) = parsed else {
        bail!(
            "its url cannot be used; it is not shown, since it may hold a secret. Allowed: https://HOST/PATH, as the receiver \
             shows it."
        );
    };
    if private {
        return Ok(url);
    }
    ensure!(
        url.scheme() == "https",
        "its url is http://…, which everybody on the way can read and change. Allowed: https://…, or http:// to a receiver of \
         your own net, with private = true."
    );
    let host = url.host_str().unwrap_or_default();
    let kind = match host.trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(address) => not_public(address),
        Err(_) if host == "localhost" || host.ends_with(".localhost") => Some("loopback"),
        Err(_) => None,
    };
    if let Some(kind) = kind {
        bail!(
            "the host of its url is {host}, which is {kind}. Allowed: an address of the internet; if this receiver is meant to \
             be there, say private = true."
        );
    }
    Ok(url)
}

fn shape(name: Option<&str>, chat: Option<String>, url: &Url) -> Result<Shape> {
    let name = name.unwrap_or("json");
    ensure!(
        chat.is_none() || name == "telegram",
        "chat is only for shape = \"telegram\". Leave it out."
    );
    Ok(match name {
        "json" => Shape::Json,
        "slack" => Shape::Slack,
        "teams" => Shape::Teams,
        "discord" => Shape::Discord,
        "ntfy" => {
            let topic = url.path().trim_matches('/');
            ensure!(
                !topic.is_empty() && !topic.contains('/') && url.query().is_none(),
                "its url has no topic of ntfy. Allowed: https://HOST/TOPIC, for example https://ntfy.sh/a-name-nobody-guesses."
            );
            Shape::Ntfy {
                topic: topic.to_owned(),
            }
        }
        "telegram" => {
            ensure!(
                url.path().ends_with("/sendMessage"),
                "its url is none of a Telegram bot. Allowed: https://api.telegram.org/botTOKEN/sendMessage."
            );
            let chat = chat.filter(|chat| !chat.trim().is_empty()).context(
                "chat is missing. Set it to the number of the chat, for example chat = \"-1001234567890\", or to \"@channel\".",
            )?;
            Shape::Telegram { chat }
        }
        other => bail!("shape is {other:?}. Allowed: {}.", Shape::NAMES.join(", ")),
    })
}

fn secret(
    file: Option<PathBuf>,
    variable: Option<String>,
    folder: &Path,
) -> Result<Option<Vec<u8>>> {
    let (setting, text) = match (file, variable) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => {
            bail!("there are secret_file and secret_env. Leave one of them out.")
        }
        (Some(file), None) => ("secret_file", read("secret_file", &folder.join(file))?),
        (None, Some(name)) => {
            // Not the error itself: of a value that is no text it repeats the value.
            let text = env::var(&name).ok().with_context(|| {
                format!("secret_env = {name:?}: there is no such environment variable with text. Set it, or use secret_file.")
            })?;
            ("secret_env", text)
        }
    };
    let secret = text.trim().as_bytes().to_vec();
    ensure!(
        SECRET_BYTES.contains(&secret.len()),
        "the secret in {setting} has {} bytes. Allowed: {} to {}, for example of `openssl rand -hex 32`.",
        secret.len(),
        SECRET_BYTES.start(),
        SECRET_BYTES.end()
    );
    Ok(Some(secret))
}

fn read(setting: &str, path: &Path) -> Result<String> {
    fs::read_to_string(path)
        .with_context(|| format!("{setting} = {} cannot be read", path.display()))
}

fn events(names: Option<Vec<String>>) -> Result<Vec<Kind>> {
    let allowed = || Kind::CHOICES.map(Kind::name).join(", ");
    let Some(names) = names else {
        return Ok(Kind::CHOICES.to_vec());
    };
    ensure!(
        !names.is_empty(),
        "events is empty, so it would be told nothing. Allowed: {}; without events it is all of them.",
        allowed()
    );
    let kind = |name: &String| {
        let known = Kind::CHOICES.into_iter().find(|kind| kind.name() == name);
        known.with_context(|| format!("events has {name:?}. Allowed: {}.", allowed()))
    };
    names.iter().map(kind).collect()
}

fn projects(names: Option<Vec<String>>) -> Result<Option<BTreeSet<String>>> {
    let Some(names) = names else {
        return Ok(None);
    };
    ensure!(
        !names.is_empty(),
        "projects is empty, so it would be told nothing. Allowed: names of projects; without projects it is all of them."
    );
    let checked = names.iter().map(|name| {
        domain::text::line("projects", name, domain::text::PROJECT_MAX)
            .map_err(|refusal| anyhow!("{refusal}"))
    });
    checked.collect::<Result<_>>().map(Some)
}
