//! Where everything is kept: files of SQLite in a folder, or a database of PostgreSQL. Nobody above knows which.

mod moving;
mod tables;

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, Result};

use crate::{
    journal::{self, Journal},
    postgres::{Address, Database},
    registry::{self, AGENTS_FILE, Alone, NodeStore, Outbox, PeopleStore, SqliteOutbox, Store},
};

pub use moving::{Moved, move_all};

/// Where everything is kept, as the settings say.
#[derive(Debug, Clone)]
pub enum Place {
    /// In files of SQLite in this folder.
    Folder(PathBuf),
    /// In this database of PostgreSQL.
    Database(Address),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => write!(f, "{}", folder.display()),
            Self::Database(address) => write!(f, "{address}"),
        }
    }
}

/// Everything, opened for a server.
pub struct Storage {
    /// The facts.
    pub journal: Arc<dyn Journal>,
    /// The people.
    pub people: Arc<dyn PeopleStore>,
    /// The agents and the sessions of clients.
    pub agents: Arc<dyn Store>,
    /// What nodes share.
    pub nodes: Arc<dyn NodeStore>,
    opened: Opened,
}

enum Opened {
    Folder(PathBuf),
    Database(Arc<registry::Postgres>),
}

impl Storage {
    /// What waits to be told.
    ///
    /// # Errors
    /// It cannot be used, and the message says what to do.
    pub fn outbox(&self) -> Result<Arc<dyn Outbox>> {
        Ok(match &self.opened {
            Opened::Folder(folder) => Arc::new(SqliteOutbox::open(folder)?),
            Opened::Database(registry) => Arc::<registry::Postgres>::clone(registry),
        })
    }
}

impl Place {
    /// Opens everything; makes what is missing. Blocks.
    ///
    /// # Errors
    /// Another server works there, or it cannot be used; the message says what to do.
    pub fn open(&self) -> Result<Storage> {
        Ok(match self {
            Self::Folder(folder) => {
                let journal = Arc::new(journal::Sqlite::open(folder)?);
                let registry = Arc::new(registry::Sqlite::open(folder)?);
                Storage {
                    journal,
                    people: Arc::<registry::Sqlite>::clone(&registry),
                    agents: registry,
                    nodes: Arc::new(Alone::default()),
                    opened: Opened::Folder(folder.clone()),
                }
            }
            Self::Database(address) => {
                let database = Arc::new(Database::open(address.clone())?);
                let journal = Arc::new(journal::Postgres::open(&database)?);
                let registry = Arc::new(registry::Postgres::of(database));
                Storage {
                    journal,
                    people: Arc::<registry::Postgres>::clone(&registry),
                    agents: Arc::<registry::Postgres>::clone(&registry),
                    nodes: Arc::<registry::Postgres>::clone(&registry),
                    opened: Opened::Database(registry),
                }
            }
        })
    }

    /// Opens only the facts, while nobody else is at work on them. Blocks.
    ///
    /// # Errors
    /// As [`Place::open`].
    pub fn journal(&self) -> Result<Arc<dyn Journal>> {
        Ok(match self {
            Self::Folder(folder) => Arc::new(journal::Sqlite::open(folder)?),
            Self::Database(address) => {
                let database = Arc::new(Database::open(address.clone())?);
                Arc::new(journal::Postgres::open_alone(&database)?)
            }
        })
    }

    /// Opens the people, beside a server or without one. Blocks.
    ///
    /// # Errors
    /// They cannot be used; the message says where they are.
    pub fn people(&self) -> Result<Arc<dyn PeopleStore>> {
        Ok(match self {
            Self::Folder(folder) => Arc::new(registry::Sqlite::open_people(folder)?),
            Self::Database(address) => Arc::new(registry_of(address)?),
        })
    }

    /// Opens what nodes share, beside a server or without one. Blocks.
    ///
    /// # Errors
    /// It cannot be used.
    pub fn nodes(&self) -> Result<Arc<dyn NodeStore>> {
        Ok(match self {
            Self::Folder(_) => Arc::new(Alone::default()),
            Self::Database(address) => Arc::new(registry_of(address)?),
        })
    }

    /// Opens the agents, beside a server or without one. Blocks.
    ///
    /// # Errors
    /// They cannot be used; the message says where they are.
    pub fn agents(&self) -> Result<Arc<dyn Store>> {
        Ok(match self {
            Self::Folder(folder) => Arc::new(registry::Sqlite::open_agents(folder)?),
            Self::Database(address) => Arc::new(registry_of(address)?),
        })
    }

    /// Opens the agents, but makes nothing: `None` where there are none yet.
    ///
    /// # Errors
    /// They cannot be used; the message does not say where they are.
    pub fn existing_agents(&self) -> Result<Option<Arc<dyn Store>>> {
        let folder = match self {
            Self::Folder(folder) => folder,
            Self::Database(address) => {
                let Some(database) = Database::open_existing(address.clone())? else {
                    return Ok(None);
                };
                return Ok(Some(Arc::new(registry::Postgres::of(Arc::new(database)))));
            }
        };
        let file = folder.join(AGENTS_FILE);
        // Opening it would make it.
        if !file.is_file() {
            return Ok(None);
        }
        Ok(Some(Arc::new(registry::Sqlite::open_agents_file(&file)?)))
    }

    /// What holds the agents: for a message.
    pub fn name_of_agents(&self) -> String {
        match self {
            Self::Folder(folder) => folder.join(AGENTS_FILE).display().to_string(),
            Self::Database(address) => address.to_string(),
        }
    }

    /// The folder, where it is one.
    pub fn folder(&self) -> Option<&Path> {
        match self {
            Self::Folder(folder) => Some(folder),
            Self::Database(_) => None,
        }
    }
}

fn registry_of(address: &Address) -> Result<registry::Postgres> {
    let database = Database::open(address.clone()).context("people and agents cannot be used")?;
    Ok(registry::Postgres::of(Arc::new(database)))
}
