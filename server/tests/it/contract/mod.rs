//! What every engine behind a trait of the storage has to keep, whatever it is. The tests are written against the trait;
//! an engine is held to them by one line of a macro.

pub mod journal;
pub mod nodes;
pub mod outbox;
pub mod people;
pub mod registry;
