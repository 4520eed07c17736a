//! The registry in SQLite keeps the contract of a registry.

use std::sync::Arc;

use server::registry::{Sqlite, Store};
use tempfile::TempDir;

use crate::{
    contract::registry::{Place, registry_contract},
    support::data_folder,
};

struct Folder(TempDir);

impl Place for Folder {
    fn new() -> Self {
        Self(data_folder())
    }

    fn open(&self) -> Arc<dyn Store> {
        Arc::new(Sqlite::open(self.0.path()).expect("a registry"))
    }
}

registry_contract!(Folder);
