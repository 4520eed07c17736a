//! Measures one SSE server: connects subscribers, lets them idle, publishes one message at a time, then
//! as fast as a window of unfinished messages allows. Prints one line of JSON.
//!
//! One thread and one epoll: it must cost less than the server it measures. It looks at no more of a
//! stream than is needed to see which messages every subscriber got, how often, when and in which order.

mod args;
mod http;
mod ledger;
mod process;
mod publisher;
mod report;
mod run;
mod stream;

use std::process::ExitCode;

use args::Args;

/// Errors end the program with a sentence; nothing handles them.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    match Args::parse(std::env::args().skip(1)).and_then(|args| run::measure(&args)) {
        Ok(report) => {
            println!("{report}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("load: {error}");
            ExitCode::FAILURE
        }
    }
}
