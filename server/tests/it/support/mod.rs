//! What the tests share: servers to talk to, and the words to talk with.

mod clients;
mod events;
mod http;
mod person;
mod postgres;
mod program;
mod server;
mod user;

use std::time::Duration;

pub use clients::{CASES, CLAUDE_SETTINGS, Case, URL};
pub use events::{Event, Events};
pub use http::{Answer, Api, raw};
pub use person::signed_in;
pub use postgres::{Cluster, database};
pub use program::{Program, data_folder, staffel, staffel_command};
pub use server::{Server, on_postgres};
pub use user::{Said, User, agents, get, put, said, same, some_token, strict, token_in};

/// Nothing that the tests wait for takes this long, unless it never happens.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Waits for what must happen, and fails when it does not.
pub async fn soon<T>(what: &str, happens: impl Future<Output = T>) -> T {
    match tokio::time::timeout(PATIENCE, happens).await {
        Ok(value) => value,
        Err(_) => panic!("{what}: not within {PATIENCE:?}"),
    }
}

/// Asks again until the answer is yes, and fails when it never is.
pub async fn until<F: Future<Output = bool>>(what: &str, mut yes: impl FnMut() -> F) {
    soon(what, async {
        while !yes().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
}

/// Lets the server's clock go on, without waiting. Not within a time limit: that one runs out, too.
pub async fn let_pass(span: Duration) {
    tokio::time::pause();
    tokio::time::advance(span).await;
    tokio::time::resume();
}
