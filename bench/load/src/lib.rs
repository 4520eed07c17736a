//! What the load clients have in common.

pub mod http;
pub mod process;
pub mod report;
pub mod response;

/// Errors end a client with a sentence; nothing handles them.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;
