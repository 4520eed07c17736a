//! The pages.

pub(crate) mod agents;
pub(crate) mod groups;
pub(crate) mod listed;
pub(crate) mod not_found;
pub(crate) mod overview;
pub(crate) mod paper;
pub(crate) mod people;
pub(crate) mod pipeline;
pub(crate) mod projects;
pub(crate) mod results;
pub(crate) mod sign_in;
