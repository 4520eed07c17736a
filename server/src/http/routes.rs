//! Every route for people and scripts, in one place.

use std::{path::Path, sync::Arc};

use axum::{
    Json, Router,
    extract::FromRef,
    http::{HeaderValue, Uri, header},
    middleware,
    response::Redirect,
    routing::{any, get},
};
use domain::Timestamp;
use leptos::prelude::LeptosOptions;
use leptos_axum::{file_and_error_handler_with_context, render_app_async_with_context};
use tokio_util::sync::CancellationToken;
use tower::ServiceBuilder;
use tower_http::{services::ServeDir, set_header::SetResponseHeaderLayer};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use super::{
    agents, api, hooks, metrics,
    pages::{self, Pages, Renders, provide_page},
    site, sse, status,
};
use crate::{
    VERSION,
    access::{self, Tokens},
    agents::Agents,
    hooks::Hooks,
    nodes::Node,
    notify::Notifier,
    people::People,
    problem::{Problem, wrong_method},
    prompt::Writers,
    relay::Relay,
    release::Site,
};

/// Says how many MCP sessions there are.
pub type SessionCount = Arc<dyn Fn() -> usize + Send + Sync>;

/// What the handlers share. Cloning is shallow.
#[derive(Clone, FromRef)]
pub struct App {
    /// What the handlers ask and tell.
    pub relay: Relay,
    /// What leptos needs to know.
    pub leptos: LeptosOptions,
    /// How many MCP sessions there are.
    pub mcp_sessions: SessionCount,
    /// Who has a token, and who calls.
    pub agents: Arc<Agents>,
    /// Who needs a token.
    pub tokens: Tokens,
    /// What hooks of assistants tell.
    pub hooks: Arc<Hooks>,
    /// Who may decide.
    pub people: Arc<People>,
    /// Who tells people outside; nobody where the journal can only be read.
    pub notifier: Option<Arc<Notifier>>,
    /// What can write a prompt anew.
    pub writers: Arc<Writers>,
    /// For how long a decision made on the board can be taken back.
    pub undo: Undo,
    /// This node, and what it knows of others.
    pub node: Arc<Node>,
    /// Cancelled when no more requests should come.
    pub draining: CancellationToken,
    /// When the server started.
    pub started: Timestamp,
}

/// For how long a decision made on the board can be taken back, in seconds; 0: not at all.
#[derive(Debug, Clone, Copy)]
pub struct Undo(pub u32);

#[derive(OpenApi)]
#[openapi(info(
    title = "Staffel",
    description = "The relay for AI pipelines. Writes take an `Idempotency-Key`; people are known by the cookie of `POST /api/session`, agents by a token or, on this machine, by `Staffel-Actor: agent/NAME`. Errors are `application/problem+json`."
))]
struct Document;

/// The routes of the API and their description, from the same code.
fn api() -> (Router<App>, utoipa::openapi::OpenApi) {
    let (router, mut document) = OpenApiRouter::with_openapi(Document::openapi())
        .merge(api::router())
        .merge(status::router())
        .merge(metrics::router())
        .merge(agents::router())
        .merge(hooks::router())
        .routes(utoipa_axum::routes!(sse::stream))
        .split_for_parts();
    VERSION.clone_into(&mut document.info.version);
    (router, document)
}

/// The description of the API.
pub fn openapi() -> utoipa::openapi::OpenApi {
    api().1
}

/// The routes. `frame_origins` may show the board in a frame; without a `site` in the program its folder is served.
pub fn routes(app: &App, frame_origins: Vec<String>, site: Option<&Site>) -> Router<App> {
    // Rendering spawns tasks; leptos_axum only sets this up while it lists the routes of a leptos router.
    let _ = any_spawner::Executor::init_tokio();
    let (api, document) = api();
    let document = Arc::new(document);
    let pages = Pages {
        relay: app.relay.clone(),
        agents: Arc::clone(&app.agents),
        people: Arc::clone(&app.people),
        frame_origins: frame_origins.into(),
    };
    let page = move || provide_page(&pages);
    let options = app.leptos.clone();
    let board = render_app_async_with_context(page.clone(), move || app::shell(options.clone()));
    let whole = middleware::from_fn_with_state(Renders::default(), pages::whole);
    let board = || {
        get(board.clone())
            .layer(whole.clone())
            .fallback(wrong_method)
    };
    let rest = get(file_and_error_handler_with_context::<App, _>(
        page,
        app::shell,
    ))
    .layer(whole.clone())
    .fallback(wrong_method);
    Router::new()
        .merge(api.method_not_allowed_fallback(wrong_method))
        .route(
            "/api/openapi.json",
            get(move || async move { Json(document) }),
        )
        .route("/api/{*rest}", any(nothing_there))
        .route(access::METADATA, get(access::metadata))
        .route(access::METADATA_MCP, get(access::metadata))
        .route("/.well-known/{*rest}", any(nothing_there))
        .merge(site.map_or_else(|| site_folder(&app.leptos), site::routes))
        // What browsers ask for beside an answer that is no page, such as JSON.
        .route(
            "/favicon.ico",
            get(async || Redirect::permanent(&app::paths::asset("favicon.svg"))),
        )
        .route("/", board())
        .route("/ended", board())
        .route("/archived", board())
        .route("/agents", board())
        .route("/sign-in", board())
        .route("/people", board())
        .route("/vibeframe", board())
        .route(
            "/pipelines/{*id}",
            board().layer(middleware::from_fn_with_state(
                app.relay.clone(),
                pages::load,
            )),
        )
        .fallback(rest)
}

/// The folder of scripts and styles. What lies beside it, the fallback finds.
fn site_folder(leptos: &LeptosOptions) -> Router<App> {
    let pkg = Path::new(&*leptos.site_root).join(&*leptos.site_pkg_dir);
    let assets = ServiceBuilder::new()
        .layer(SetResponseHeaderLayer::overriding(
            header::CACHE_CONTROL,
            HeaderValue::from_static("no-cache"),
        ))
        .service(ServeDir::new(pkg).precompressed_br().precompressed_gzip());
    Router::new().nest_service(&format!("/{}", leptos.site_pkg_dir), assets)
}

async fn nothing_there(uri: Uri) -> Problem {
    Problem::no_such_address(uri.path())
}
