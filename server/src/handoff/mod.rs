//! The hand-off: ways for a prompt into an assistant.

mod links;

pub use links::{COMPONENT, links, short_form};
