//! How the server itself is: `/health` for machines, `/api/status` for people and scripts.

use axum::{Json, extract::State, http::StatusCode};
use domain::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::App;
use crate::{VERSION, relay::now, release};

/// The routes.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(health))
        .routes(routes!(alive))
        .routes(routes!(ready))
        .routes(routes!(status))
}

#[derive(Serialize, ToSchema)]
struct Health {
    /// `ok` or `failing`.
    status: &'static str,
    /// What fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

/// That the program answers. What it needs may be away: a restart would not bring it back.
#[utoipa::path(get, path = "/health/live", tag = "server", responses((status = 200, body = Health)))]
async fn alive() -> Json<Health> {
    Json(Health {
        status: "ok",
        why: None,
    })
}

/// Whether requests are to be sent here: as `/health`, under the name that load balancers look for, and no longer once the
/// server is about to stop.
#[utoipa::path(get, path = "/health/ready", tag = "server", responses((status = 200, body = Health), (status = 503, body = Health)))]
async fn ready(State(app): State<App>) -> (StatusCode, Json<Health>) {
    if app.draining.is_cancelled() {
        return failing("the server stops".to_owned());
    }
    health(State(app)).await
}

/// Whether the journal can be written now: it tries.
#[utoipa::path(get, path = "/health", tag = "server", responses((status = 200, body = Health), (status = 503, body = Health)))]
async fn health(State(app): State<App>) -> (StatusCode, Json<Health>) {
    match app.relay.check().await {
        Ok(()) => (StatusCode::OK, alive().await),
        Err(why) => failing(why),
    }
}

fn failing(why: String) -> (StatusCode, Json<Health>) {
    let health = Health {
        status: "failing",
        why: Some(why),
    };
    (StatusCode::SERVICE_UNAVAILABLE, Json(health))
}

#[derive(Serialize, ToSchema)]
struct Status {
    /// Always `staffel`.
    name: &'static str,
    /// The program's version.
    version: &'static str,
    /// The commit that the program was built from, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<&'static str>,
    /// The journal's epoch.
    epoch: String,
    /// The newest journal position.
    head: u64,
    /// When the server started.
    started: Timestamp,
    /// How long it has been running, in seconds.
    uptime_seconds: u64,
    /// Other nodes of the same database that live, by the version of their program.
    other_nodes: Vec<String>,
    /// Whether this node does what only one of them does.
    on_duty: bool,
    /// Open event streams.
    subscribers: usize,
    /// Calls that wait for a decision.
    waits: usize,
    /// MCP sessions of clients of the legacy protocol (2025-11-25 and before).
    mcp_sessions: usize,
    /// Pipelines, ended ones too.
    pipelines: u64,
    /// When anything happened last.
    last_event: Option<Timestamp>,
}

/// How the server is.
#[utoipa::path(get, path = "/api/status", tag = "server", responses((status = 200, body = Status)))]
async fn status(State(app): State<App>) -> Json<Status> {
    let counts = app.relay.counts();
    let (_, head) = app.relay.live().bounds();
    Json(Status {
        name: "staffel",
        version: VERSION,
        commit: release::commit(),
        epoch: app.relay.live().epoch().to_string(),
        head,
        started: app.started,
        uptime_seconds: u64::try_from(now().millis_since(app.started) / 1000).unwrap_or(0),
        other_nodes: app.node.others(),
        on_duty: app.node.duty().is_on(),
        subscribers: app.relay.live().subscribers(),
        waits: app.relay.waiting(),
        mcp_sessions: (app.mcp_sessions)(),
        pipelines: counts.open + counts.ended + counts.archived,
        last_event: app.relay.last_event(),
    })
}
