//! HTTP: the board, the API, the stream. A door parses, calls the relay, formats.

mod api;
mod caller;
mod error;
mod guard;
mod pages;
mod router;
mod sse;
mod status;

pub use guard::Guard;
pub use router::{App, agents, guarded, openapi, router};
pub use sse::heartbeats;
