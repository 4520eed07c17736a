//! Staffel, the relay for AI pipelines: agents report over MCP, boards follow over SSE, people decide.
//!
//! Start reading at [`run`] for how the rooms are put together, or at `docs/ARCHITECTURE.md` for why.

pub mod access;
pub mod agents;
mod archiver;
mod command_line;
pub mod commands;
pub mod config;
pub mod connections;
pub mod documents;
pub mod handoff;
pub mod hooks;
pub mod http;
pub mod journal;
pub mod live;
pub mod local;
pub mod log;
pub mod mcp;
pub mod metrics;
mod nodes;
pub mod notify;
pub mod people;
pub mod postgres;
mod problem;
pub mod projections;
pub mod prompt;
mod quote;
pub mod registry;
pub mod relay;
pub mod release;
#[cfg(any(test, feature = "test-util"))]
pub mod rounds;
mod secrets;
mod serve;
#[cfg(test)]
mod simulation;
pub mod storage;
mod tls;
mod told;
mod undo;

pub use command_line::main;
pub use protocol::VERSION;
pub use serve::{announce, bind, local_url, run};
