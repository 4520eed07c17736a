//! The configuration file: its tables, and where it is.

use std::{
    collections::BTreeMap,
    env, fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::Reading;
use crate::notify::NotifyTable;

/// The tables of `Leptos.toml` that are ours. Every setting has a default.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct File {
    /// The build's section, which leptos reads itself.
    #[serde(rename = "workspace")]
    _workspace: Option<toml::Table>,
    pub(super) server: ServerTable,
    pub(super) journal: JournalTable,
    pub(super) prompt: PromptTable,
    pub(super) agents: AgentsTable,
    pub(super) people: PeopleTable,
    pub(super) pipelines: PipelinesTable,
    pub(super) notify: NotifyTable,
}

/// `[server]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ServerTable {
    pub(super) listen: Option<SocketAddr>,
    pub(super) open: bool,
    pub(super) allowed_hosts: Vec<String>,
    pub(super) allowed_origins: Vec<String>,
    pub(super) public_url: Option<String>,
    pub(super) frame_origins: Option<Vec<String>>,
    pub(super) tls_cert: Option<PathBuf>,
    pub(super) tls_key: Option<PathBuf>,
    pub(super) drain_seconds: Option<u32>,
}

/// `[people]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct PeopleTable {
    pub(super) reading: Option<Reading>,
    pub(super) confirm: Option<String>,
    pub(super) confirm_phases: Option<Vec<String>>,
    pub(super) undo_seconds: Option<u32>,
}

/// `[journal]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct JournalTable {
    pub(super) data: Option<PathBuf>,
    pub(super) url: Option<String>,
    pub(super) url_file: Option<PathBuf>,
    pub(super) password_file: Option<PathBuf>,
    pub(super) ca_file: Option<PathBuf>,
}

/// `[pipelines]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct PipelinesTable {
    pub(super) archive_after_days: Option<u64>,
}

/// `[agents]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct AgentsTable {
    pub(super) require_token: Option<bool>,
    pub(super) wait_seconds: Option<u64>,
    pub(super) approvers: BTreeMap<String, String>,
}

/// `[prompt]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct PromptTable {
    pub(super) template: Option<PathBuf>,
    pub(super) folder: Option<PathBuf>,
    pub(super) send: Option<String>,
    pub(super) models: Vec<ModelTable>,
    pub(super) model: Option<String>,
    pub(super) base_url: Option<String>,
    pub(super) key_file: Option<PathBuf>,
    pub(super) timeout_seconds: Option<u64>,
}

/// `[[prompt.models]]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ModelTable {
    pub(super) name: Option<String>,
    pub(super) model: String,
    pub(super) base_url: Option<String>,
    pub(super) key_file: Option<PathBuf>,
    pub(super) timeout_seconds: Option<u64>,
}

/// The file that was named; else `Leptos.toml` here, or beside the program.
pub(super) fn find_file(given: Option<&Path>) -> Result<Option<PathBuf>> {
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
pub(super) fn read_file(path: Option<&Path>) -> Result<File> {
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
pub(super) fn folder_of(file: Option<&Path>) -> &Path {
    file.and_then(Path::parent).unwrap_or(Path::new(""))
}

/// Hashes of the tables of the file, and of our variables: they may hold secrets, and only what changed is told.
pub(super) fn digests(path: Option<&Path>) -> Result<BTreeMap<String, String>> {
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
