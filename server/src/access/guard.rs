//! Who may talk to this server: the Host and Origin checks, on every route.
//!
//! A page elsewhere can make a browser send requests here, directly or by pointing its own name at
//! 127.0.0.1 (DNS rebinding). The first carries a foreign `Origin`, the second a foreign `Host`.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use reqwest::Url;

use super::note_tls;
use crate::{config::Config, problem::Problem};

/// The names by which a machine calls itself.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// Marks a request of a server behind a proxy: then a proxy on this machine says whom it speaks for.
#[derive(Debug, Clone, Copy)]
pub struct Proxied;

/// What is let through.
pub struct Guard {
    hosts: Vec<String>,
    origins: Vec<String>,
    /// Whether a proxy is expected in front.
    is_proxied: bool,
    /// The host of a public address with https: what is sent there came over TLS, whatever the proxy says.
    secure: Option<String>,
    /// How pages of this server begin, where it is reached from other machines.
    remote: Option<&'static str>,
}

impl Guard {
    /// The loopback names, the configured hosts, and the origins that belong to them.
    pub fn new(config: &Config, listen: SocketAddr) -> Arc<Self> {
        let public = config
            .public_url
            .as_deref()
            .and_then(|url| Url::parse(url).ok());
        // 127.0.0.2 is this machine too, when it is listened on.
        let own = match listen.ip() {
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => format!("[{ip}]"),
        };
        let local = LOOPBACK.len() + usize::from(!LOOPBACK.contains(&own.as_str()));
        let own = (local > LOOPBACK.len()).then_some(own);
        let hosts = LOOPBACK.map(str::to_owned).into_iter().chain(own);
        let hosts: Vec<_> = hosts
            .chain(
                config
                    .allowed_hosts
                    .iter()
                    .map(|host| host.to_ascii_lowercase()),
            )
            .chain(public.as_ref().and_then(Url::host_str).map(str::to_owned))
            .collect();
        let scheme = if config.tls.is_some() {
            "https"
        } else {
            "http"
        };
        let secure = public.as_ref().filter(|url| url.scheme() == "https");
        let secure = secure.and_then(Url::host_str).map(str::to_owned);
        let direct = hosts
            .iter()
            .map(|host| format!("{scheme}://{host}:{}", listen.port()));
        // A configured host may be a reverse proxy's: its scheme and port are its own.
        let proxied = hosts[local..]
            .iter()
            .flat_map(|host| [format!("http://{host}"), format!("https://{host}")]);
        let mut origins: Vec<_> = direct.chain(proxied).collect();
        origins.extend(public.map(|url| url.origin().ascii_serialization()));
        origins.extend(config.allowed_origins.iter().cloned());
        let remote = (!listen.ip().is_loopback()).then_some(scheme);
        Arc::new(Self {
            hosts,
            origins,
            is_proxied: config.public_url.is_some(),
            secure,
            remote,
        })
    }

    /// The origins that are let through.
    pub fn origins(&self) -> &[String] {
        &self.origins
    }

    /// The hosts that are let through.
    pub fn hosts(&self) -> &[String] {
        &self.hosts
    }

    /// Whether other machines reach this server by an address of it. An address is no name: nobody can point it here.
    pub fn is_remote(&self) -> bool {
        self.remote.is_some()
    }

    fn admits_host(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        let name = without_port(&host);
        let known = self
            .hosts
            .iter()
            .any(|allowed| *allowed == host || allowed == name);
        known || self.is_remote() && is_address(name)
    }

    fn admits_origin(&self, origin: &str, host: &str) -> bool {
        let origin = origin.to_ascii_lowercase();
        let own = self.remote.is_some_and(|scheme| {
            is_address(without_port(host)) && origin == format!("{scheme}://{host}")
        });
        own || self.origins.contains(&origin)
    }
}

/// Whether a host is an address and no name.
fn is_address(host: &str) -> bool {
    let bare = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    match bare {
        Some(host) => host.parse::<Ipv6Addr>().is_ok(),
        None => host.parse::<Ipv4Addr>().is_ok(),
    }
}

/// Whether a `Host` is a name of the machine itself.
pub fn is_loopback_name(host: &str) -> bool {
    LOOPBACK.contains(&without_port(&host.to_ascii_lowercase()))
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) && !name.is_empty() => name,
        _ => host,
    }
}

/// Refuses foreign hosts and origins with 403 and adds the headers that every answer carries.
pub async fn check(State(guard): State<Arc<Guard>>, mut request: Request, next: Next) -> Response {
    let headers = request.headers();
    if headers.get_all(header::HOST).iter().count() > 1 {
        // RFC 9112, section 3.2. Whoever reads another of them than we do sees another site.
        return Problem::new(
            StatusCode::BAD_REQUEST,
            "two-hosts",
            "More than one Host",
            "The request has more than one `Host` header. Allowed: one. Send it again with the right one.",
        )
        .into_response();
    }
    if let Some(coding) = content_coding(headers) {
        return Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "content-encoding",
            "The body is compressed",
            format!("The body has the Content-Encoding {coding:?}. Allowed: none. Send the same without compression."),
        )
        .into_response();
    }
    let host = match request.uri().authority() {
        Some(authority) => authority.as_str().to_owned(),
        None => text(headers, &header::HOST).unwrap_or_default(),
    };
    if !guard.admits_host(&host) {
        let detail = format!(
            "The request is for the host {host:?}. Allowed: {}.",
            guard.hosts.join(", ")
        );
        let next =
            "Use one of these names, or add this one to [server] allowed_hosts in Leptos.toml."
                .to_owned();
        let problem = Problem::new(
            StatusCode::FORBIDDEN,
            "foreign-host",
            "Foreign host",
            detail,
        );
        return Problem {
            next: Some(next),
            ..problem
        }
        .into_response();
    }
    let origin = headers.get(header::ORIGIN).cloned();
    if let Some(origin) = &origin
        && !origin
            .to_str()
            .is_ok_and(|origin| guard.admits_origin(origin, &host))
    {
        let detail = format!(
            "The request comes from a page of {origin:?}. Allowed: {}.",
            guard.origins.join(", ")
        );
        let next =
            "If you trust that page, add its origin to [server] allowed_origins in Leptos.toml."
                .to_owned();
        let problem = Problem::new(
            StatusCode::FORBIDDEN,
            "foreign-origin",
            "Foreign origin",
            detail,
        );
        return Problem {
            next: Some(next),
            ..problem
        }
        .into_response();
    }
    let preflight = request.method() == Method::OPTIONS
        && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let name = without_port(&host).to_ascii_lowercase();
    if guard.secure.as_ref() == Some(&name) {
        note_tls(request.headers_mut(), true);
    }
    if guard.is_proxied {
        request.extensions_mut().insert(Proxied);
    }
    let mut response = if preflight {
        StatusCode::NO_CONTENT.into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static("Mcp-Session-Id, MCP-Protocol-Version, WWW-Authenticate"),
        );
    }
    if preflight {
        let allowed = "Accept, Authorization, Content-Type, Idempotency-Key, Last-Event-ID, MCP-Protocol-Version, Mcp-Session-Id, Mcp-Method, Mcp-Name, Staffel-Actor";
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static(allowed),
        );
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_METHODS,
            HeaderValue::from_static("GET, POST, DELETE"),
        );
    }
    response
}

/// How a body is compressed. Nothing here decompresses, so that a small request stays small.
fn content_coding(headers: &HeaderMap) -> Option<String> {
    headers
        .get_all(header::CONTENT_ENCODING)
        .iter()
        .map(|value| {
            String::from_utf8_lossy(value.as_bytes())
                .trim()
                .to_ascii_lowercase()
        })
        .find(|coding| !coding.is_empty() && coding != "identity")
}

fn text(headers: &HeaderMap, name: &header::HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}
