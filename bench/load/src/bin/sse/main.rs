//! Measures one SSE server: connects subscribers, lets them idle, publishes one message at a time, then
//! as fast as a window of unfinished messages allows. Prints one line of JSON.
//!
//! One thread and one epoll: it must cost less than the server it measures. It looks at no more of a
//! stream than is needed to see which messages every subscriber got, how often, when and in which order.

mod args;
mod ledger;
mod publisher;
mod run;
mod stream;

use std::process::ExitCode;

use args::Args;
use load::{Result, http, process, report, response};

fn main() -> ExitCode {
    let measured = Args::parse(std::env::args().skip(1)).and_then(|args| run::measure(&args));
    report::tell("sse-load", measured)
}
