//! The files in which a client reads about servers at one place: mostly one, with some clients up to two.

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};

use crate::files::{ConfigFile, ExistingEntry, look_up};

use super::client::{Client, NAME};

/// One file of a client.
#[derive(Debug)]
pub struct ClientFile {
    /// Where it is.
    pub path: PathBuf,
    /// What is in it.
    pub file: ConfigFile,
}

impl ClientFile {
    /// Reads the file at `path` if there is one.
    ///
    /// # Errors
    /// What is there is no text file of a reasonable size, or cannot be read.
    pub fn read(path: PathBuf) -> Result<Self> {
        let file = ConfigFile::read(&path)?;
        Ok(Self { path, file })
    }

    /// What it has under our name.
    ///
    /// # Errors
    /// The file is not what its client can read; the message names it, with line and column.
    pub fn entry(&self, client: &Client) -> Result<Option<ExistingEntry>> {
        look_up(client.language, self.file.text(), client.servers, NAME)
            .map_err(|problem| anyhow!("{}, {problem}", self.path.display()))
    }
}

impl Client {
    /// The files that it reads where its usual one is, the one that wins first.
    pub fn paths(&self, usual: &Path) -> Vec<PathBuf> {
        let wins = self.wins.map(|name| usual.with_file_name(name));
        wins.into_iter().chain([usual.to_owned()]).collect()
    }

    /// Of the files at one place, those in which the server is to be written, the one that wins first: all that have
    /// something under our name or cannot be read, else the first that is there, else the usual one.
    pub fn to_write(&self, files: Vec<ClientFile>) -> Vec<ClientFile> {
        let (named, others): (Vec<_>, Vec<_>) = files
            .into_iter()
            .partition(|file| !matches!(file.entry(self), Ok(None)));
        if !named.is_empty() {
            return named;
        }
        let (there, absent): (Vec<_>, Vec<_>) =
            others.into_iter().partition(|file| file.file.exists());
        let usual = absent.into_iter().next_back();
        there.into_iter().next().or(usual).into_iter().collect()
    }
}
