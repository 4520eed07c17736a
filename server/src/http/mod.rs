//! HTTP for people and scripts: the board, the API, the stream. Each handler parses, calls the relay, formats.

mod agents;
mod api;
mod caller;
mod hooks;
mod metrics;
mod pages;
mod pictures;
mod position;
mod routes;
mod site;
mod sse;
mod status;

pub use position::newest;
pub use routes::{App, Undo, openapi, routes};
pub use sse::heartbeats;
#[cfg(test)]
pub(crate) use sse::resume;
