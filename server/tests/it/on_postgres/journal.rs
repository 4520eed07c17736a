//! The journal in PostgreSQL keeps the contract of a journal.

use std::sync::Arc;

use server::{
    journal::{self, Journal},
    postgres::{Address, Database},
};

use crate::{
    contract::journal::{Place, journal_contract},
    support::database,
};

struct InDatabase(Address);

impl Place for InDatabase {
    fn new() -> Self {
        Self(Address::new(&database(), None, None).expect("an address"))
    }

    fn open(&self) -> Arc<dyn Journal> {
        let database = Database::open(self.0.clone()).expect("a database");
        Arc::new(journal::Postgres::open(&Arc::new(database)).expect("a journal"))
    }
}

journal_contract!(InDatabase);
