//! The server that an assistant is to talk to: where it is, and what it says when it is asked.

mod address;
mod args;
mod discovery;

pub(crate) use address::{Endpoint, parse_url, usual_server};
pub use args::ServerArgs;
pub use discovery::staffel_at;
pub(crate) use discovery::{Discovery, client};
