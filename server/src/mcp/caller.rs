//! Who calls: by a token or under a name of its own, with what it may do.

use axum::http::request::Parts;
use domain::{Actor, Reason, Refusal, text};
use protocol::{PROBE, Scope};
use rmcp::{
    RoleServer,
    model::{Extensions, Implementation},
    service::{NotificationContext, RequestContext},
};
use sha2::{Digest, Sha256};

use super::ownership::SESSION;
use crate::agents::{Agents, Caller, Identity, Open};

/// The header by which a call without a session is known that comes again. Only `resuming` sets it, never a client.
pub const CALL: &str = "staffel-call";

/// Who the sender's token says it is.
pub fn identity(context: &RequestContext<RoleServer>) -> Option<&Identity> {
    context.extensions.get::<Parts>()?.extensions.get()
}

/// The session of a request of the legacy protocol.
pub fn session(extensions: &Extensions) -> Option<&str> {
    let parts = extensions.get::<Parts>()?;
    parts.headers.get(SESSION)?.to_str().ok()
}

/// What a call is known by that may come again after it was cut off: in a session no two have the same id, and without one
/// it has a name.
pub fn key(context: &RequestContext<RoleServer>) -> Option<String> {
    let headers = &context.extensions.get::<Parts>()?.headers;
    let of = headers.get(SESSION).or_else(|| headers.get(CALL))?;
    let mut hash = Sha256::new_with_prefix(of.as_bytes());
    hash.update(format!(" {}", context.id));
    let hash: [u8; 32] = hash.finalize().into();
    let hash = u128::from_be_bytes(*hash.first_chunk()?);
    Some(format!("call-{hash:032x}"))
}

/// The agent that acts: by its token; without one, by the name that its client gives itself.
///
/// # Errors
/// The name belongs to an agent with a token, and none was sent.
pub fn actor(context: &RequestContext<RoleServer>, agents: &Agents) -> Result<Actor, Refusal> {
    if let Some(identity) = identity(context) {
        return Ok(Actor::agent(&*identity.name));
    }
    let name = claimed_name(context.client_info().as_ref());
    if agents.registry.is_reserved(&name) {
        return Err(Refusal::new(
            Reason::NotPermitted,
            format!(
                "The name {name:?} belongs to an agent with a token, and this request carries none."
            ),
            "acting under this name with its token, or under another name without one.",
            "Tell the user: `staffel connect` with STAFFEL_TOKEN set puts the token into this client's configuration.",
        ));
    }
    Ok(Actor::agent(name))
}

/// Completes when the sender's token is revoked; without a token never.
pub async fn revoked(context: &RequestContext<RoleServer>) {
    match identity(context) {
        Some(identity) => identity.revoked.cancelled().await,
        None => std::future::pending().await,
    }
}

/// Whether the sender's token allows only reading.
pub fn reads_only(context: &RequestContext<RoleServer>) -> bool {
    identity(context).is_some_and(|identity| identity.scope == Scope::Read)
}

/// The agent that acts, if it may report.
///
/// # Errors
/// As [`actor`]; or its token allows only reading.
pub fn reporter(context: &RequestContext<RoleServer>, agents: &Agents) -> Result<Actor, Refusal> {
    let actor = actor(context, agents)?;
    if reads_only(context) {
        return Err(Refusal::new(
            Reason::NotPermitted,
            format!(
                "The token of {} only allows reading (scope `read`).",
                actor.name
            ),
            "list_pipelines, get_pipeline_status, get_handover_content, get_version, and all resources.",
            "Tell the user that this needs a token with the scope `report`.",
        ));
    }
    Ok(actor)
}

fn claimed_name(client: Option<&Implementation>) -> String {
    let name = client
        .map(|client| client.name.as_str())
        .unwrap_or_default();
    text::line("clientInfo.name", name, text::NAME_MAX).unwrap_or_else(|_| "agent".to_owned())
}

/// Shows the sender on the board, with what it calls. The call is open until the answer is dropped.
pub fn arrives(
    context: &RequestContext<RoleServer>,
    agents: &Agents,
    called: &str,
) -> Option<Open> {
    let client = context.client_info();
    let name = shown_name(identity(context), client.as_ref(), agents)?;
    let protocol = context
        .protocol_version()
        .map(|version| version.to_string());
    let caller = caller(name, client, protocol);
    Some(agents.presence.call(caller, called))
}

/// Shows the sender on the board as one that listens, until the answer is dropped.
pub fn listens(context: &RequestContext<RoleServer>, agents: &Agents) -> Option<Open> {
    drop(arrives(context, agents, "subscriptions/listen")?);
    let name = shown_name(identity(context), context.client_info().as_ref(), agents)?;
    Some(agents.presence.listens(&name))
}

/// Shows a client on the board that has just shaken hands, and says under which name.
pub fn has_come(context: &NotificationContext<RoleServer>, agents: &Agents) -> Option<String> {
    let parts = context.extensions.get::<Parts>();
    let identity = parts.and_then(|parts| parts.extensions.get());
    let introduction = context.peer.peer_info();
    let client = introduction
        .as_ref()
        .map(|introduction| introduction.client_info.clone());
    let name = shown_name(identity, client.as_ref(), agents)?;
    let protocol = introduction.map(|introduction| introduction.protocol_version.to_string());
    let caller = caller(name.clone(), client, protocol);
    agents.presence.call(caller, "initialize");
    Some(name)
}

/// Whoever claims the name of another is refused where it acts, and not shown under it. Nor is the doctor, which
/// is no agent.
fn shown_name(
    identity: Option<&Identity>,
    client: Option<&Implementation>,
    agents: &Agents,
) -> Option<String> {
    if let Some(identity) = identity {
        return Some(identity.name.to_string());
    }
    let name = claimed_name(client);
    let hidden = name == PROBE || agents.registry.is_reserved(&name);
    (!hidden).then_some(name)
}

fn caller(name: String, client: Option<Implementation>, protocol: Option<String>) -> Caller {
    let client = client.and_then(|client| {
        let title = client.title.unwrap_or(client.name);
        let shown = format!("{title} {}", client.version);
        text::line("clientInfo", &shown, text::NAME_MAX).ok()
    });
    Caller {
        name,
        client,
        protocol,
    }
}
