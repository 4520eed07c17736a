//! Every route of the server, in one place.

use std::{convert::Infallible, path::Path, sync::Arc};

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, FromRef, Request},
    http::{HeaderValue, Method, StatusCode, Uri, header},
    middleware,
    response::Redirect,
    routing::{any, get},
};
use domain::Timestamp;
use leptos::prelude::LeptosOptions;
use leptos_axum::{file_and_error_handler_with_context, render_app_async_with_context};
use rmcp::ServerHandler;
use tower::{ServiceBuilder, ServiceExt, service_fn};
use tower_http::{services::ServeDir, set_header::SetResponseHeaderLayer};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::{
    VERSION,
    agents::Agents,
    mcp::{McpService, Sessions, check_owner, in_json_rpc},
    relay::Relay,
    web::{
        agents, api, deadline,
        error::Problem,
        guard::{self, Guard},
        identity::{self, Tokens},
        pages::{self, Pages, Renders, provide_page},
        sse, status,
    },
};

/// Largest body of an API request, in bytes: a handover of 1 MiB with every character escaped fits.
const BODY_MAX: usize = 8 * 1024 * 1024;

/// What the handlers share. Cloning is shallow.
#[derive(Clone, FromRef)]
pub struct App {
    /// The one door.
    pub relay: Relay,
    /// What leptos needs to know.
    pub leptos: LeptosOptions,
    /// The MCP sessions.
    pub sessions: Arc<Sessions>,
    /// Who has a token, and who calls.
    pub agents: Arc<Agents>,
    /// Who needs a token.
    pub tokens: Tokens,
    /// When the server started.
    pub started: Timestamp,
}

#[derive(OpenApi)]
#[openapi(info(
    title = "Staffel",
    description = "The relay for AI pipelines. Writes take an `Idempotency-Key`; who acts is `Staffel-Actor: agent/NAME` or `person/NAME`. Errors are `application/problem+json`."
))]
struct Document;

/// The routes of the API and their description, from the same code.
fn api() -> (Router<App>, utoipa::openapi::OpenApi) {
    let (router, mut document) = OpenApiRouter::with_openapi(Document::openapi())
        .merge(api::router())
        .merge(status::router())
        .merge(agents::router())
        .routes(utoipa_axum::routes!(sse::stream))
        .split_for_parts();
    VERSION.clone_into(&mut document.info.version);
    (router, document)
}

/// The description of the API.
pub fn openapi() -> utoipa::openapi::OpenApi {
    api().1
}

/// The whole server. `frame_origins` may show the board in a frame.
pub fn router(app: App, mcp: McpService, guard: Arc<Guard>, frame_origins: Vec<String>) -> Router {
    // Rendering spawns tasks; leptos_axum only sets this up while it lists the routes of a leptos router.
    let _ = any_spawner::Executor::init_tokio();
    let (api, document) = api();
    let document = Arc::new(document);
    let pkg = Path::new(&*app.leptos.site_root).join(&*app.leptos.site_pkg_dir);
    // Names in pkg do not change with their content, so browsers have to ask each time; a 304 is cheap.
    let assets = ServiceBuilder::new()
        .layer(SetResponseHeaderLayer::overriding(
            header::CACHE_CONTROL,
            HeaderValue::from_static("no-cache"),
        ))
        .service(ServeDir::new(pkg).precompressed_br().precompressed_gzip());
    let pages = Pages {
        relay: app.relay.clone(),
        agents: Arc::clone(&app.agents),
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
    let routes = Router::new()
        .merge(api.method_not_allowed_fallback(wrong_method))
        .route(
            "/api/openapi.json",
            get(move || async move { Json(document) }),
        )
        .route("/api/{*rest}", any(nothing_there))
        .route(identity::METADATA, get(identity::metadata))
        .route(identity::METADATA_MCP, get(identity::metadata))
        .route("/.well-known/{*rest}", any(nothing_there))
        .merge(mcp_routes(mcp, &app.sessions, &app.tokens))
        .nest_service(&format!("/{}", app.leptos.site_pkg_dir), assets)
        // What browsers ask for beside an answer that is no page, such as JSON.
        .route(
            "/favicon.ico",
            get(async || Redirect::permanent(&app::paths::asset("favicon.svg"))),
        )
        .route("/", board())
        .route("/agents", board())
        .route("/vibeframe", board())
        .route(
            "/pipelines/{*id}",
            board().layer(middleware::from_fn_with_state(
                app.relay.clone(),
                pages::load,
            )),
        )
        .fallback(rest);
    let routes = guarded(routes, guard, &app.tokens).with_state(app);
    // A proxy may leave the base in the path or take it out: both arrive at the same route.
    match app::paths::base() {
        "" => routes,
        base => Router::new()
            .fallback_service(routes.map_request(|request| without_base(request, base))),
    }
}

/// The routes for agents.
pub fn mcp_routes<S, H>(mcp: McpService<H>, sessions: &Arc<Sessions>, tokens: &Tokens) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    H: ServerHandler,
{
    let mcp = Arc::new(mcp);
    let mcp = service_fn(move |request: Request| {
        // Its settings are many strings, and a layer copies what is below it for each request.
        let mcp = Arc::clone(&mcp);
        async move { Ok::<_, Infallible>(mcp.handle(request).await) }
    });
    let mcp = ServiceBuilder::new()
        .layer(middleware::from_fn_with_state(
            tokens.clone(),
            identity::require,
        ))
        .layer(middleware::from_fn_with_state(
            Arc::clone(sessions),
            check_owner,
        ))
        .layer(middleware::from_fn(in_json_rpc))
        .service(mcp);
    Router::new()
        .route_service("/mcp", mcp.clone())
        .route_service("/mcp/", mcp)
}

/// What every request passes first: the guard, the question who sends it, and the limits of its body.
pub fn guarded<S>(routes: Router<S>, guard: Arc<Guard>, tokens: &Tokens) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    // One by one the router would put each of them into a box of its own, and copy that for each request.
    let layers = ServiceBuilder::new()
        .layer(middleware::from_fn_with_state(guard, guard::check))
        .layer(middleware::from_fn_with_state(
            tokens.clone(),
            identity::identify,
        ))
        .map_request(deadline::limit_body)
        .layer(DefaultBodyLimit::max(BODY_MAX));
    routes.layer(layers)
}

fn without_base(mut request: Request, base: &str) -> Request {
    let uri = request.uri();
    let rest = uri.path_and_query().and_then(|whole| {
        let rest = whole.as_str().strip_prefix(base)?;
        match rest.as_bytes().first() {
            None => Some("/".to_owned()),
            Some(b'/') => Some(rest.to_owned()),
            Some(b'?') => Some(format!("/{rest}")),
            // Another path that only begins with the same letters.
            Some(_) => None,
        }
    });
    if let Some(rest) = rest.and_then(|rest| rest.parse().ok()) {
        let mut parts = uri.clone().into_parts();
        parts.path_and_query = Some(rest);
        if let Ok(uri) = Uri::from_parts(parts) {
            *request.uri_mut() = uri;
        }
    }
    request
}

async fn wrong_method(method: Method, uri: Uri) -> Problem {
    let detail = format!("{} does not take {method}.", uri.path());
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method",
        "Method not allowed",
        detail,
    )
}

async fn nothing_there(uri: Uri) -> Problem {
    Problem::no_such_address(uri.path())
}
