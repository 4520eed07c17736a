//! `GET /api/agents`: who may report, and who has called.

use axum::{Json, extract::State};
use protocol::Agents;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::App;

/// The routes.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

/// The agents that Staffel knows.
#[utoipa::path(get, path = "/api/agents", tag = "agents", responses((status = 200, body = Agents)))]
async fn list(State(app): State<App>) -> Json<Agents> {
    Json(app.agents.view())
}
