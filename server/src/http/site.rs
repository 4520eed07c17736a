//! The files that a browser loads with a page, from inside the program. A build for development has none inside:
//! there the folder of the site is served, which `cargo leptos watch` keeps changing.

use std::{borrow::Cow, sync::Arc};

use axum::{
    Router,
    body::{Body, Bytes},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

use crate::{problem::wrong_method, release::Site};

/// One file, with its compressed forms.
struct File {
    /// How long a browser may use it without asking.
    caching: HeaderValue,
    kind: HeaderValue,
    /// Best first; the last one is the plain one, which every client can read.
    forms: Vec<Form>,
}

/// The bytes of a file in one content coding.
struct Form {
    /// As in `Content-Encoding`; `None`: as it is.
    coding: Option<&'static str>,
    bytes: Bytes,
    tag: HeaderValue,
}

/// A route for each file of the site.
pub fn routes<S: Clone + Send + Sync + 'static>(site: &Site) -> Router<S> {
    let files = site
        .paths
        .iter()
        .filter(|path| !path.ends_with(".br") && !path.ends_with(".gz"));
    files.fold(Router::new(), |router, path| {
        let Some(file) = File::of(site, path).map(Arc::new) else {
            return router;
        };
        let answer = move |headers: HeaderMap| async move { file.answer(&headers) };
        router.route(&format!("/{path}"), get(answer).fallback(wrong_method))
    })
}

impl File {
    fn of(site: &Site, path: &str) -> Option<Self> {
        let plain = (site.get)(path)?;
        let kind = HeaderValue::from_str(plain.metadata.mimetype()).ok()?;
        let forms = [(Some("br"), ".br"), (Some("gzip"), ".gz"), (None, "")];
        let forms = forms.into_iter().filter_map(|(coding, ending)| {
            let found = (site.get)(&format!("{path}{ending}"))?;
            let hash = BASE64_URL_SAFE_NO_PAD.encode(found.metadata.sha256_hash());
            Some(Form {
                coding,
                bytes: match found.data {
                    Cow::Borrowed(bytes) => Bytes::from_static(bytes),
                    Cow::Owned(bytes) => bytes.into(),
                },
                tag: HeaderValue::from_str(&format!("\"{hash}\"")).ok()?,
            })
        });
        Some(Self {
            caching: HeaderValue::from_static(caching(path)),
            kind,
            forms: forms.collect(),
        })
    }

    fn answer(&self, headers: &HeaderMap) -> Response {
        let accepted = |form: &&Form| form.coding.is_none_or(|coding| accepts(headers, coding));
        let Some(form) = self.forms.iter().find(accepted) else {
            return StatusCode::NOT_FOUND.into_response();
        };
        let mut answer = if knows(headers, &form.tag) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            let mut whole = Response::new(Body::from(form.bytes.clone()));
            let fields = whole.headers_mut();
            fields.insert(header::CONTENT_TYPE, self.kind.clone());
            if let Some(coding) = form.coding {
                let coding = HeaderValue::from_static(coding);
                fields.insert(header::CONTENT_ENCODING, coding);
            }
            whole
        };
        let fields = answer.headers_mut();
        fields.insert(header::ETAG, form.tag.clone());
        fields.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        fields.insert(header::CACHE_CONTROL, self.caching.clone());
        answer
    }
}

/// The items of a header that is a list.
fn listed(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let fields = headers.get_all(name).into_iter();
    fields
        .filter_map(|field| field.to_str().ok())
        .flat_map(|field| field.split(','))
}

/// The parts of the WASM have a hash in their names: under one name it is always the same file. Other names stay when the
/// content changes, so browsers have to ask each time; a 304 is cheap.
fn caching(path: &str) -> &'static str {
    let is_hash =
        |part: &str| part.len() == 16 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    match path.split('.').any(is_hash) {
        true => "public, max-age=31536000, immutable",
        false => "no-cache",
    }
}

/// Whether the caller can read this content coding (RFC 9110, 12.5.3).
fn accepts(headers: &HeaderMap, coding: &str) -> bool {
    listed(headers, header::ACCEPT_ENCODING).any(|item| {
        let mut parts = item.split(';').map(str::trim);
        let refused = |weight: &str| {
            let weight = weight.strip_prefix("q=").or(weight.strip_prefix("Q="));
            weight.is_some_and(|value| value.parse() == Ok(0.0))
        };
        parts
            .next()
            .is_some_and(|name| name.eq_ignore_ascii_case(coding))
            && !parts.any(refused)
    })
}

/// Whether the caller has these bytes already (RFC 9110, 13.1.2).
fn knows(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    listed(headers, header::IF_NONE_MATCH).any(|item| {
        let item = item.trim();
        item == "*" || item.strip_prefix("W/").unwrap_or(item).as_bytes() == tag.as_bytes()
    })
}
