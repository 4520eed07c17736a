//! The catalogue of clients: in which file each of them keeps its MCP servers, and how a server is written there.

mod catalogue;
mod client;
mod entry;
mod files;
mod found;
mod hooks;
mod links;
mod location;
mod setups;

pub(crate) use catalogue::CLIENTS;
pub(crate) use client::{Client, NAME, Transport};
pub(crate) use entry::{Proof, TYPE};
pub(crate) use files::ClientFile;
pub(crate) use found::Held;
pub(crate) use hooks::{ClientHooks, Kind, Target, WAIT};
pub use links::URI_COMPONENT;
pub(crate) use location::{Scope, below, from_home};
pub use setups::{client_configuration, setups};
