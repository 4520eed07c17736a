//! `staffel connect`: the clients' own files get one server more, and lose nothing.

mod entries;
mod files;
mod hooks;
#[cfg(unix)]
mod interrupted;
#[cfg(unix)]
mod rights;
mod server;
mod tokens;
mod told;
mod variants;
