//! What the official conformance suite of MCP asks a server to offer, behind Staffel's own endpoint, guard and
//! sockets. `make conformance` runs the suite against it.

#![expect(
    deprecated,
    reason = "the suite also tests what the newest revision of MCP deprecates"
)]

mod fixtures;
mod handler;
mod input;
mod prompts;
mod resources;
mod tasks;
mod tools;

use std::{collections::BTreeMap, path::Path, sync::Arc};

use anyhow::Result;
use server::{
    access::{self, Guard, Tokens},
    agents::{Agents, Registry},
    bind,
    config::{Config, ServeArgs},
    connections,
    mcp::{self, Sessions, StoredSessions},
    people::People,
    registry::{Sqlite, Store},
};
use tokio_util::sync::CancellationToken;

use fixtures::Fixtures;

#[tokio::main]
async fn main() -> Result<()> {
    let config = Config::load(&ServeArgs {
        listen: Some("127.0.0.1:0".parse()?),
        ..ServeArgs::default()
    })?;
    let listener = bind(config.listen).await?;
    let address = listener.local_addr()?;
    let guard = Guard::new(&config, address);
    let registry: Arc<dyn Store> = Arc::new(Sqlite::open_agents_file(Path::new(":memory:"))?);
    let stored = StoredSessions::of(Arc::clone(&registry));
    let sessions = Arc::new(Sessions::new(stored, mcp::waits));
    let agents = Agents::new(Registry::of(registry)?, BTreeMap::new());
    let nobody = Sqlite::open_agents_file(Path::new(":memory:"))?;
    let people = Arc::new(People::of(Arc::new(nobody))?);
    let tokens = Tokens::new(agents, people, &config);
    let stop = CancellationToken::new();
    let fixtures = Fixtures::new(Arc::clone(&sessions));
    let handler = move || fixtures.next();
    let mcp = mcp::endpoint(handler, &guard, &sessions, stop.child_token());
    let routes = mcp::routes(mcp, &sessions, &tokens);
    let router = access::guarded(routes, guard, &tokens);
    println!("http://{address}/mcp");
    connections::serve(listener, router, None, stop).await;
    Ok(())
}
