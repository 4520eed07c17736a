//! The rules from outside: what commands lead to, and what they are refused for.

mod invisible;
mod limits;
mod relay;
mod stored;
mod support;
mod timing;
