//! The configuration files of other programs.

pub mod file;
pub mod merge;
