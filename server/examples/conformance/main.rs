//! What the official conformance suite of MCP asks a server to offer, behind Staffel's own endpoint, guard and
//! sockets. `make conformance` runs the suite against it.

#![expect(
    deprecated,
    reason = "the suite also tests what the newest revision of MCP deprecates"
)]

mod fixtures;
mod input;
mod prompts;
mod resources;
mod tasks;
mod tools;

use std::{collections::BTreeMap, path::Path};

use anyhow::Result;
use server::{
    agents::{Agents, Registry},
    bind,
    config::{Config, ServeArgs},
    connections,
    mcp::{self, SessionFile},
    web::{self, Guard, Tokens},
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
    let stored = SessionFile::open(Path::new(":memory:"))?;
    let agents = Agents::new(Registry::open(Path::new(":memory:"))?, BTreeMap::new());
    let tokens = Tokens::new(agents, &config);
    let stop = CancellationToken::new();
    let fixtures = Fixtures::new();
    let handler = fixtures.clone();
    let handler = move || handler.clone();
    let (mcp, sessions) = mcp::endpoint(handler, &guard, stored, stop.child_token());
    let routes = web::mcp_routes(mcp, &sessions, &tokens);
    fixtures.serve_in(sessions);
    let router = web::guarded(routes, guard, &tokens);
    println!("http://{address}/mcp");
    connections::serve(listener, router, stop).await;
    Ok(())
}
