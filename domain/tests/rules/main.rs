//! The rules from outside: what commands lead to, and what they are refused for.

mod archive;
mod asking;
mod comment;
mod decision;
mod draft;
mod invisible;
mod lifecycle;
mod limits;
mod policy;
mod progress;
mod relay;
mod session;
mod stored;
mod support;
mod timing;
mod waits;
