//! The hand-off: ways for a prompt into an assistant.

mod links;

pub(crate) use links::COMPONENT;
pub use links::{links, short_form};
