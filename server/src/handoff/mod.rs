//! The hand-off: ways for a prompt into an assistant.

mod links;

pub use links::{links, short_form};
