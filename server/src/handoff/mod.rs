//! The hand-off: ways for a prompt into an assistant, and ways for an assistant to Staffel.

mod clients;
mod links;
mod setups;

pub use clients::{client_configuration, program};
pub use links::{links, short_form};
pub use setups::setups;
