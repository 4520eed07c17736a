//! The journal in SQLite keeps the contract of a journal.

use std::sync::Arc;

use server::journal::{Journal, Sqlite};
use tempfile::TempDir;

use crate::{
    contract::journal::{Place, journal_contract},
    support::data_folder,
};

struct Folder(TempDir);

impl Place for Folder {
    fn new() -> Self {
        Self(data_folder())
    }

    fn open(&self) -> Arc<dyn Journal> {
        Arc::new(Sqlite::open(self.0.path()).expect("a journal"))
    }
}

journal_contract!(Folder);
