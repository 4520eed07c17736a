//! What needs a database whichever engine the other tests run on; `make unit` leaves it to `make unit-on-postgres`.

mod database;
mod journal;
mod kill;
mod moving;
mod nodes;
mod registry;
