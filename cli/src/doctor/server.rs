//! What the server says about itself.

use std::path::Path;

use protocol::{AgentView, Agents, PROBE, Token, VERSION};
use serde::Serialize;
use serde_json::Value;

use crate::{
    commands::Commands,
    endpoint::{Discovery, Endpoint},
    program::quoted,
    token::VARIABLE,
};

use super::todo::Todo;

/// A server, as far as it answers.
#[derive(Debug, Serialize)]
pub struct Server {
    /// The address of its MCP endpoint.
    pub url: String,
    /// Its version; none if no Staffel answers.
    pub version: Option<String>,
    /// What `/health` says: `ok`, or what fails.
    pub health: Option<String>,
    /// The newest protocol version that it speaks with us.
    pub protocol: Option<String>,
    /// Whether it wants a token from us.
    pub needs_token: Option<bool>,
    /// Whether it takes the token in the environment; none without one.
    pub token_valid: Option<bool>,
    /// How many tools it lists for us.
    pub tools: Option<usize>,
    /// Who has called, the newest call first.
    pub agents: Vec<AgentView>,
}

/// Asks the server everything.
pub async fn look(
    endpoint: &Endpoint,
    token: Option<&Token>,
    data: Option<&Path>,
    commands: &Commands,
    todo: &mut Vec<Todo>,
) -> Server {
    let mut server = Server {
        url: endpoint.shown(),
        version: None,
        health: None,
        protocol: None,
        needs_token: None,
        token_valid: None,
        tools: None,
        agents: Vec::new(),
    };
    let status = endpoint.get("/api/status").await;
    let version = status.and_then(|status| {
        let version = status["version"].as_str();
        let version = version.filter(|_| status["name"] == "staffel");
        version
            .map(str::to_owned)
            .ok_or_else(|| "another program answers there".to_owned())
    });
    let version = match version {
        Ok(version) => version,
        Err(why) => {
            todo.push(absent(endpoint, &why, commands));
            return server;
        }
    };
    if version != VERSION {
        let what = format!(
            "The server has version {version}, and this program {VERSION}. Stop the server and start it with this \
             program, or use the server's own."
        );
        todo.push(Todo::new(what, restart(endpoint, commands)));
    }
    server.version = Some(version);
    server.health = Some(health(endpoint, data, commands, todo).await);
    server.agents = agents(endpoint).await;
    let open = match endpoint.discover(None).await {
        Discovery::Accepted { protocol } => {
            server.protocol = Some(protocol);
            server.needs_token = Some(false);
            true
        }
        Discovery::TokenNeeded | Discovery::TokenRefused => {
            server.needs_token = Some(true);
            false
        }
        Discovery::Unusable(why) => {
            let what = format!("The server answers, but not over MCP: {why}.");
            todo.push(Todo::new(what, restart(endpoint, commands)));
            return server;
        }
    };
    if token.is_some() {
        match endpoint.discover(token).await {
            Discovery::Accepted { protocol } => {
                server.protocol = Some(protocol);
                server.token_valid = Some(true);
            }
            Discovery::Unusable(why) => {
                let what = format!(
                    "The server does not say whether it takes the token in {VARIABLE}: {why}. Ask again:"
                );
                todo.push(Todo::new(what, commands.doctor()));
            }
            Discovery::TokenNeeded | Discovery::TokenRefused => {
                server.token_valid = Some(false);
                let what = format!(
                    "The server refuses the token in {VARIABLE}: it is not one of its own, or it was revoked. Look whose \
                     are valid, and put another there or none."
                );
                todo.push(Todo::new(what, commands.agents()));
            }
        }
    }
    // Where none is needed none is sent: the board would show this as a call of that agent.
    let with = token.filter(|_| !open);
    if open || server.token_valid == Some(true) {
        match endpoint.tools(with).await {
            Ok(tools) => server.tools = Some(tools),
            Err(why) => {
                let what = format!("The server does not list its tools: {why}.");
                todo.push(Todo::new(what, restart(endpoint, commands)));
            }
        }
    }
    server
}

fn absent(endpoint: &Endpoint, why: &str, commands: &Commands) -> Todo {
    let base = endpoint.base();
    match commands.serve() {
        Some(serve) => Todo::new(
            format!(
                "No Staffel answers at {base}: {why}. Start it, or name another address with --url."
            ),
            serve,
        ),
        None => Todo::new(
            format!(
                "No Staffel answers at {base}: {why}. Start it on that machine, and see that it can be reached from here."
            ),
            ask(endpoint),
        ),
    }
}

/// Starts a server of this machine; one elsewhere can only be asked how it is.
fn restart(endpoint: &Endpoint, commands: &Commands) -> String {
    commands.serve().unwrap_or_else(|| ask(endpoint))
}

fn ask(endpoint: &Endpoint) -> String {
    format!("curl -i {}", quoted(&format!("{}/health", endpoint.base())))
}

async fn health(
    endpoint: &Endpoint,
    data: Option<&Path>,
    commands: &Commands,
    todo: &mut Vec<Todo>,
) -> String {
    let said = endpoint.get("/health").await;
    let why = match said {
        Ok(health) if health["status"] == "ok" => return "ok".to_owned(),
        Ok(health) => health["why"]
            .as_str()
            .unwrap_or("it does not say why")
            .to_owned(),
        Err(why) => why,
    };
    let command = match data {
        Some(folder) => format!("df -h {}", quoted(&folder.display().to_string())),
        None => restart(endpoint, commands),
    };
    todo.push(Todo::new(
        format!("The server cannot write its journal: {why}. See to its disk; nothing is accepted until then."),
        command,
    ));
    why
}

/// Who has called. A server that does not tell has no agents to show, and that is all.
async fn agents(endpoint: &Endpoint) -> Vec<AgentView> {
    let said = endpoint.get("/api/agents").await.unwrap_or(Value::Null);
    let agents = serde_json::from_value(said).unwrap_or(Agents { agents: Vec::new() });
    let others = agents.agents.into_iter();
    others
        .filter(|agent| agent.called.is_some() && agent.name != PROBE)
        .collect()
}
