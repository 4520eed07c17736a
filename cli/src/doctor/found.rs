//! What the files of a client say together at one place.

use std::path::{Path, PathBuf};

use crate::{
    clients::{Client, ClientFile, Held},
    files::ExistingEntry,
};

use super::file::Two;

/// What the files at one place say.
pub struct Found {
    /// The file that counts: the first, in the order in which they win, that has something under our name or cannot be
    /// read; else the first that is there, else the usual one.
    pub path: PathBuf,
    /// Whether it is there.
    pub exists: bool,
    /// Both, where two are there.
    pub two: Option<Two>,
    /// What they have under our name, each for itself, the one that wins first; or why one of them cannot be read.
    entries: Result<Vec<(PathBuf, ExistingEntry)>, String>,
}

impl Found {
    /// Reads the files of a client where its usual one is.
    pub fn read(client: &Client, usual: &Path) -> Self {
        let (mut there, mut entries) = (Vec::new(), Vec::new());
        let (mut broken, mut why) = (None, None);
        for path in client.paths(usual) {
            let entry = ClientFile::read(path.clone()).and_then(|file| {
                Ok(match file.file.exists() {
                    true => Some(file.entry(client)?),
                    false => None,
                })
            });
            match entry {
                Ok(None) => continue,
                Ok(Some(None)) => {}
                Ok(Some(Some(entry))) => entries.push((path.clone(), entry)),
                Err(error) if why.is_none() => {
                    broken = Some(path.clone());
                    why = Some(format!("{error:#}"));
                }
                Err(_) => {}
            }
            there.push(path);
        }
        let named = entries.first().map(|(path, _)| path.clone());
        let counts = broken.or(named).or_else(|| there.first().cloned());
        Self {
            path: counts.unwrap_or_else(|| usual.to_owned()),
            exists: !there.is_empty(),
            two: match &there[..] {
                [wins, loses] => Some(Two {
                    wins: wins.clone(),
                    loses: loses.clone(),
                }),
                _ => None,
            },
            entries: why.map_or(Ok(entries), Err),
        }
    }

    /// What the client takes for the server under our name.
    ///
    /// # Errors
    /// One of the files cannot be read, in words.
    pub fn entry(&self) -> Result<Option<ExistingEntry>, String> {
        let entries = self.entries.as_ref().map_err(String::clone)?;
        let entries = entries.iter().map(|(_, entry)| entry.clone());
        Ok(entries.reduce(ExistingEntry::over))
    }

    /// The file from which the client takes what proves the agent's name.
    pub fn holder(&self, client: &Client) -> &Path {
        self.first(|entry| !matches!(client.held(entry), Held::Nothing))
    }

    /// The file that switches the server off.
    pub fn switch(&self, client: &Client) -> &Path {
        self.first(|entry| client.switched_off(entry).is_some())
    }

    fn first(&self, is: impl Fn(&ExistingEntry) -> bool) -> &Path {
        let entries = self.entries.as_deref().unwrap_or_default();
        let found = entries.iter().find(|(_, entry)| is(entry));
        found.map_or(&self.path, |(path, _)| path)
    }
}
