//! The registry in SQLite keeps the contracts of a registry.

use std::sync::Arc;

use server::{
    registry::{NodeStore, Outbox, PeopleStore, Sqlite, SqliteOutbox, Store},
    storage,
};
use tempfile::TempDir;

use crate::{
    contract::{
        nodes::{self, nodes_contract},
        outbox::{self, outbox_contract},
        people::{self, people_contract},
        registry::{Place, registry_contract},
    },
    support::data_folder,
};

struct Folder(TempDir);

impl Folder {
    fn place(&self) -> storage::Place {
        storage::Place::Folder(self.0.path().to_owned())
    }
}

impl Place for Folder {
    fn new() -> Self {
        Self(data_folder())
    }

    fn open(&self) -> Arc<dyn Store> {
        Arc::new(Sqlite::open(self.0.path()).expect("a registry"))
    }
}

impl people::Place for Folder {
    fn new() -> Self {
        Self(data_folder())
    }

    fn open(&self) -> Arc<dyn PeopleStore> {
        self.place().people().expect("a registry")
    }
}

impl outbox::Place for Folder {
    fn new() -> Self {
        Self(data_folder())
    }

    fn open(&self) -> Arc<dyn Outbox> {
        Arc::new(SqliteOutbox::open(self.0.path()).expect("an outbox"))
    }
}

impl nodes::Place for Folder {
    fn new() -> Self {
        Self(data_folder())
    }

    fn open(&self) -> Arc<dyn NodeStore> {
        self.place().nodes().expect("nodes")
    }
}

registry_contract!(Folder);
people_contract!(Folder);
outbox_contract!(Folder);
nodes_contract!(Folder);
