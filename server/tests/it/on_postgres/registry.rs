//! The registry in PostgreSQL keeps the contracts of a registry.

use std::sync::Arc;

use server::{
    postgres::{Address, Database},
    registry::{NodeStore, Outbox, PeopleStore, Postgres, Store},
};

use crate::{
    contract::{
        nodes::{self, nodes_contract},
        outbox::{self, outbox_contract},
        people::{self, people_contract},
        registry::{Place, registry_contract},
    },
    support::database,
};

struct InDatabase(Address);

impl InDatabase {
    fn make() -> Self {
        Self(Address::new(&database(), None, None).expect("an address"))
    }

    fn registry(&self) -> Arc<Postgres> {
        let database = Database::open(self.0.clone()).expect("a database");
        Arc::new(Postgres::of(Arc::new(database)))
    }
}

impl Place for InDatabase {
    fn new() -> Self {
        Self::make()
    }

    fn open(&self) -> Arc<dyn Store> {
        self.registry()
    }
}

impl people::Place for InDatabase {
    fn new() -> Self {
        Self::make()
    }

    fn open(&self) -> Arc<dyn PeopleStore> {
        self.registry()
    }
}

impl outbox::Place for InDatabase {
    fn new() -> Self {
        Self::make()
    }

    fn open(&self) -> Arc<dyn Outbox> {
        self.registry()
    }
}

impl nodes::Place for InDatabase {
    fn new() -> Self {
        Self::make()
    }

    fn open(&self) -> Arc<dyn NodeStore> {
        self.registry()
    }
}

registry_contract!(InDatabase);
people_contract!(InDatabase);
outbox_contract!(InDatabase);
nodes_contract!(InDatabase);
