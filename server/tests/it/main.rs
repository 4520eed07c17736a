//! Staffel from outside: real sockets, real files, and real processes where one has to die.
//!
//! One test binary, because each one links the whole server. The name of a test is the rule it proves.

mod api;
mod approval_policies;
mod attachments;
mod bad_peers;
mod bodies;
mod bounds;
mod config;
mod connect;
mod connections;
mod contract;
mod doctor;
mod drafts;
mod follower;
mod history;
mod hooks;
mod journal_full;
mod journal_open;
mod journal_sqlite;
mod kill;
mod metrics;
mod model;
mod notify;
mod on_postgres;
mod people;
mod policy;
mod problems;
mod prompt_folder;
mod questions;
mod registry_sqlite;
mod repeats;
mod review;
mod routes;
mod sessions;
mod sse;
mod sse_readers;
mod sse_resume;
mod sse_text;
mod start;
mod stored;
mod support;
mod telling;
mod tools_page;
