//! `staffel doctor`: what is there is said, what is wrong has a next step, and nothing is changed.

mod asking;
mod entries;
mod report;
mod server;
mod tokens;
mod variants;
