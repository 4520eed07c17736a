//! Commands that work on a data folder, beside a server or without one.

pub mod agents;
mod maintenance;
mod moving;
pub mod notify;
pub mod people;

pub use maintenance::{BackupArgs, RebuildArgs, backup, rebuild, restore};
pub use moving::{MoveArgs, run as move_all};
