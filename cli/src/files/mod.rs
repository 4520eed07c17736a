//! The configuration files of other programs: read with care, changed in one place, written so that nothing is lost.

mod config_file;
mod entry;
mod existing;
mod hooks;
mod json;
mod language;
mod mask;
mod merge;
mod position;
mod problem;
#[cfg(test)]
mod tests;
mod toml;
mod value;

pub use config_file::{Backup, ConfigFile, Readers};
pub use entry::{Entry, Unwanted};
pub use existing::ExistingEntry;
pub use hooks::put_hooks;
pub use language::Language;
pub use mask::masked;
pub use merge::{look_up, merge};
pub use value::{Field, Value};
