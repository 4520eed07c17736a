//! What runs beside an assistant: `staffel connect`, `attach`, `hook`, `doctor`, `health`, `run`, `stdio` and `demo`, and the catalogue of clients.
//!
//! A command here talks to a server as any client does, over HTTP and MCP, and never uses its inside. What only the
//! server's own settings and files can tell comes in as an argument: [`LocalServer`].

pub mod attach;
pub mod clients;
mod commands;
pub mod connect;
pub mod demo;
pub mod doctor;
mod endpoint;
mod files;
pub mod health;
pub mod hook;
pub mod http;
mod local;
mod program;
pub mod run;
pub mod stdio;
mod stop_signal;
mod token;

pub use endpoint::staffel_at;
pub use local::{AddError, AgentTokens, LocalData, LocalServer};
pub use program::program;
pub use stop_signal::stop_signal;
