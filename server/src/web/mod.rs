//! HTTP: the board, the API, the stream. A door parses, calls the relay, formats.

mod agents;
mod api;
mod caller;
mod deadline;
mod error;
mod guard;
mod identity;
mod pages;
mod router;
mod sse;
mod status;

pub use error::Problem;
pub use guard::Guard;
pub use identity::Tokens;
use pages::origin;
pub use router::{App, guarded, mcp_routes, openapi, router};
pub use sse::heartbeats;
