//! `staffel move`: from a data folder into a database, and back.

use anyhow::Result;
use clap::Args;

use crate::{config, storage::move_all};

/// What `staffel move` takes.
#[derive(Debug, Args)]
pub struct MoveArgs {
    /// Where everything is now: a data folder, or the address of a database (postgres:…)
    #[arg(long, value_name = "PLACE")]
    pub from: String,
    /// Where it is to be: the other one of the two, with nothing in it, or with what the same move left that was interrupted
    #[arg(long, value_name = "PLACE")]
    pub to: String,
}

/// Moves everything. What was there stays there, unused.
///
/// # Errors
/// A server is at work on one of them, the target has something else, or one of them cannot be used.
pub fn run(args: &MoveArgs) -> Result<()> {
    let (from, to) = (
        config::named_place(&args.from)?,
        config::named_place(&args.to)?,
    );
    let moved = move_all(&from, &to)?;
    for (table, rows) in moved.iter().filter(|(_, rows)| *rows > 0) {
        println!("{rows:>9}  {table}");
    }
    println!(
        "\n{to} has what is in {from}, compared row by row. {from} is as it was, and is not used any more: start Staffel on {to}. \
         Lists and search are made again at the first start."
    );
    Ok(())
}
