//! The board's pages: rendered here with the true state, alive in the browser afterwards.

use std::{env, fmt::Display, sync::Arc};

use app::{
    Document, LANG_COOKIE, Lang, PageData, PromptText, Route, SignInData, THEME_COOKIE, Theme,
};
use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use cli::clients::setups;
use domain::PipelineId;
use leptos::{context::use_context, nonce::use_nonce, prelude::provide_context};
use leptos_axum::ResponseOptions;
use protocol::{Counts, Detail, DetailMore, HandoverView, Me, Snapshot, Summary};
use tokio::{runtime::Handle, sync::Semaphore, task::spawn_blocking};

use crate::{
    access::{Principal, Stranger, origin},
    agents::Agents,
    http::pictures::with_pictures,
    live::Filter,
    people::{People, system_name},
    problem::Problem,
    projections::{handover_view, prompt_view},
    relay::{Relay, RelayError},
};

/// What every page is made from.
#[derive(Clone)]
pub struct Pages {
    /// What there is to show.
    pub relay: Relay,
    /// Who has called.
    pub agents: Arc<Agents>,
    /// Who may decide.
    pub people: Arc<People>,
    /// Who may show the board in a frame: origins, or schemes with a colon.
    pub frame_origins: Arc<[String]>,
}

/// What the page of one pipeline shows.
#[derive(Clone)]
struct Shown {
    /// Taken before the rest is read, since the stream goes on from here: what is newer in the rest comes again, and does no
    /// harm. Were this the newer one, what the rest does not have would never come.
    snapshot: Snapshot,
    of: ShownPipeline,
}

/// What is shown of a pipeline; nothing where there is none.
#[derive(Clone, Default)]
struct ShownPipeline {
    summary: Option<Summary>,
    detail: Option<DetailMore>,
    document: Option<Document>,
    prompt: Option<PromptText>,
}

/// Reads what a pipeline's page needs before it is rendered: rendering itself cannot wait for the journal.
pub async fn load(
    State(relay): State<Relay>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    if let Route::Pipeline(id) = Route::of(request.uri().path()) {
        let reader = request.extensions().get::<Principal>();
        let for_person = matches!(reader, Some(Principal::Person(_)));
        let snapshot = relay.snapshot(&Filter::default());
        let of = match id {
            Some(id) => shown(&relay, &id, for_person).await?,
            None => ShownPipeline::default(),
        };
        request.extensions_mut().insert(Shown { snapshot, of });
    }
    Ok(next.run(request).await)
}

/// Most pages that are rendered at once. Rendering is work for a processor, of which there are few; whoever comes while
/// these are busy waits, and leaves the queue by hanging up.
const RENDERED_AT_ONCE: usize = 2;
/// Largest page, in bytes. None comes near: lists and texts on a page are bounded.
const PAGE_MAX: usize = 16 * 1024 * 1024;

/// How many pages may be rendered now. Cloning is shallow.
#[derive(Clone)]
pub struct Renders(Arc<Semaphore>);

impl Default for Renders {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(RENDERED_AT_ONCE)))
    }
}

/// Renders a page to its end before the first byte is sent, also when its reader is gone by then: leptos gives the
/// memory of a page back when the stream has been read to the end, and only then.
///
/// On threads of their own, which the system gives their share of the processors: on the threads that all else runs on, every
/// step of a report would wait for a page.
pub async fn whole(State(renders): State<Renders>, request: Request, next: Next) -> Response {
    let permit = renders.0.acquire_owned().await;
    let runtime = Handle::current();
    let render = async move {
        let _permit = permit;
        let response = next.run(request).await;
        let is_page = response
            .headers()
            .get(header::CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
        if !is_page {
            return Ok(response);
        }
        let (parts, body) = response.into_parts();
        let page = to_bytes(body, PAGE_MAX).await?;
        Ok::<_, axum::Error>(Response::from_parts(parts, Body::from(page)))
    };
    match spawn_blocking(move || runtime.block_on(render)).await {
        Ok(Ok(page)) => page,
        Ok(Err(error)) => unrendered(&error),
        Err(error) => unrendered(&error),
    }
}

fn unrendered(error: &dyn Display) -> Response {
    tracing::error!("a page could not be rendered: {error}");
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "page",
        "The page cannot be shown",
        "The page could not be rendered; the server's log says why. Load it again.",
    )
    .into_response()
}

async fn shown(
    relay: &Relay,
    id: &PipelineId,
    for_person: bool,
) -> Result<ShownPipeline, RelayError> {
    let pipeline = match relay.pipeline(id).await {
        Err(RelayError::Refused(_)) => return Ok(ShownPipeline::default()),
        read => read?,
    };
    let Detail { summary, more } = Detail::from(&*pipeline);
    let documents = relay.documents();
    let mut shown = ShownPipeline {
        summary: Some(summary),
        detail: Some(more),
        ..ShownPipeline::default()
    };
    // Long texts come when the page lives: a page stays small. So do texts with secrets, which only people see whole.
    if let Some(open) = pipeline.open_handover()
        && open.current().document.bytes <= TEXT_MAX
        && documents
            .secrets(&open.current().document)
            .await?
            .is_empty()
    {
        let revision = open.current();
        let page = documents.html(&revision.document).await?;
        let view = HandoverView {
            html: Some(with_pictures(
                &page.html,
                id,
                revision.recap.as_deref(),
                for_person,
            )),
            rendering: Some(page.rendering),
            ..handover_view(&pipeline, open, revision, "")
        };
        shown.document = Some(view.into());
    }
    if let Some(prompt) = pipeline.prompts.last()
        && prompt.document.bytes <= TEXT_MAX
        && prompt.held.is_none()
        && documents.secrets(&prompt.document).await?.is_empty()
    {
        let text = documents.text(&prompt.document).await?;
        shown.prompt = Some(prompt_view(&pipeline, prompt, &text).into());
    }
    Ok(shown)
}

/// Longest text that comes with a page, in bytes.
const TEXT_MAX: u64 = 48 * 1024;

/// Gives the page of the current request its data and its headers. Runs once for every rendering.
pub fn provide_page(pages: &Pages) {
    let relay = &pages.relay;
    let Some(parts) = use_context::<Parts>() else {
        return;
    };
    let shown = parts.extensions.get::<Shown>();
    let mut data = PageData {
        lang: lang(&parts.headers),
        theme: cookie(&parts.headers, THEME_COOKIE)
            .and_then(Theme::from_code)
            .unwrap_or_default(),
        origin: origin(&parts.headers),
        base: app::paths::base().to_owned(),
        path: parts.uri.path().to_owned(),
        snapshot: shown.map_or_else(
            || relay.snapshot(&Filter::default()),
            |shown| shown.snapshot.clone(),
        ),
        agents: pages.agents.view().agents,
        me: parts.extensions.get::<Principal>().and_then(me),
        setups: setups(&app::paths::mcp(&origin(&parts.headers))),
        ..PageData::default()
    };
    if parts.extensions.get::<Stranger>().is_some() {
        data.snapshot = Snapshot {
            pipelines: Vec::new(),
            more: false,
            counts: Counts::default(),
            ..data.snapshot
        };
        data.agents.clear();
    }
    if Route::of(&data.path) == Route::SignIn && pages.people.nobody_yet() {
        data.sign_in = SignInData {
            first: true,
            name: system_name(),
        };
    }
    let response = use_context::<ResponseOptions>();
    if let Some(Shown { of: shown, .. }) = shown {
        data.shown.clone_from(&shown.summary);
        data.detail.clone_from(&shown.detail);
        data.document.clone_from(&shown.document);
        data.prompt.clone_from(&shown.prompt);
        if shown.summary.is_none()
            && let Some(response) = &response
        {
            response.set_status(StatusCode::NOT_FOUND);
        }
    }
    if let Some(response) = &response {
        response.insert_header(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(policy) = use_nonce().and_then(|nonce| {
            HeaderValue::from_str(&content_security_policy(&nonce, &pages.frame_origins)).ok()
        }) {
            response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
        }
    }
    provide_context(data);
}

/// The person who is signed in where the page is shown.
fn me(principal: &Principal) -> Option<Me> {
    match principal {
        Principal::Person(person) => Some(Me {
            name: person.name.to_string(),
            role: person.role,
            device: person.device().map(ToString::to_string),
        }),
        Principal::Nobody | Principal::Agent(_) => None,
    }
}

/// Nothing from elsewhere runs or loads, and only who is allowed frames the board. Inline styles are CSS variables of the page itself.
fn content_security_policy(nonce: &str, frame_origins: &[String]) -> String {
    let framed_by = if frame_origins.is_empty() {
        "'none'".to_owned()
    } else {
        frame_origins.join(" ")
    };
    // `cargo leptos watch` says that it is there, and reloads the page through a web socket on a port of its own.
    let watched = env::var_os("LEPTOS_WATCH").is_some();
    let reload = if watched { " ws:" } else { "" };
    format!(
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; \
         img-src 'self' data:; connect-src 'self'{reload}; object-src 'none'; base-uri 'none'; form-action 'self'; \
         frame-ancestors {framed_by}"
    )
}

/// The language of whoever sends a request.
pub(super) fn lang(headers: &HeaderMap) -> Lang {
    let chosen = cookie(headers, LANG_COOKIE).and_then(Lang::from_code);
    let accepted = headers
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    chosen.unwrap_or_else(|| Lang::from_accept_language(accepted))
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .find_map(|pair| {
            pair.trim()
                .split_once('=')
                .filter(|(key, _)| *key == name)
                .map(|(_, value)| value)
        })
}
