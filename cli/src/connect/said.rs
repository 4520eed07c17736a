//! What the user is told.

use std::io::{self, Write};

use anyhow::{Context, Result};
use protocol::Token;

use crate::{endpoint::staffel_at, token::VARIABLE};

use super::job::Job;

/// How an entry in a file that people share proves the agent's name.
pub const BY_VARIABLE: &str = "The file takes the token from the variable STAFFEL_TOKEN, so that it can be committed. \
                           A program that was not started in a terminal may not see the variable; with --global the \
                           token itself is written, into a file of yours.";

impl Job {
    /// That the file is as it has to be.
    pub async fn say_nothing_to_do(&self) -> Result<()> {
        say(&format!(
            "{} knows Staffel at {} already: nothing to do in {}.\n{}\n",
            self.client.title,
            self.endpoint.mcp(),
            self.paths(),
            self.answering().await
        ))
    }

    /// What to do next.
    pub async fn next(&self) -> String {
        format!(
            "Next: {}\n{}\n",
            self.client.next(self.scope),
            self.answering().await
        )
    }

    /// Whether a Staffel is there now.
    async fn answering(&self) -> String {
        let base = self.endpoint.base();
        match staffel_at(&base).await {
            Some(version) => format!("A Staffel ({version}) answers at {base}."),
            None => format!("No Staffel answers at {base} yet: start it with `staffel serve`."),
        }
    }
}

/// What a file is now that it holds this token.
pub fn holds_token(which: &str) -> String {
    let readers = match cfg!(unix) {
        true => ", so only you can read it now",
        false => "",
    };
    format!("It holds the token {which}{readers}.\n")
}

/// The line that sets the variable for good.
pub fn in_profile(token: &Token) -> String {
    if cfg!(windows) {
        format!("setx {VARIABLE} {}", token.reveal())
    } else {
        format!("export {VARIABLE}={}", token.reveal())
    }
}

/// Says it to the user, who may have stopped listening.
pub fn say(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .context("standard output")
}
