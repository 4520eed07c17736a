//! Measures one MCP server: how many tools it answers in a second and how soon, or what an idle session
//! and an idle stream cost it. Prints one line of JSON.
//!
//! One thread and one epoll: it must cost less than the server it measures. It looks at no more of an
//! answer than is needed to see that the call succeeded, and that the answer is the one to this call.

mod agent;
mod args;
mod calls;
mod connection;
mod memory;
mod protocol;

use std::process::ExitCode;

use args::{Args, Measure};
use load::{
    Result,
    report::{self, Report},
};

fn main() -> ExitCode {
    let measured = Args::parse(std::env::args().skip(1)).and_then(|args| measure(&args));
    report::tell("mcp-load", measured)
}

fn measure(args: &Args) -> Result<Report> {
    let mut report = Report::default();
    report.text("label", &args.label);
    match args.measure {
        Measure::Calls => calls::measure(args, &mut report)?,
        Measure::Sessions => memory::sessions(args, &mut report)?,
        Measure::Streams => memory::streams(args, &mut report)?,
    }
    Ok(report)
}
