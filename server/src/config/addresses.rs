//! Addresses of the web that are set: who may use the server, show it, and where it is reached.

use anyhow::{Context, Result, ensure};
use reqwest::Url;

/// Where VS Code, Cursor and Windsurf show pages: no page of the web can have these schemes.
pub(super) const EDITORS: [&str; 2] = ["vscode-webview:", "vscode-file:"];

/// An origin of the web, in small letters.
pub(super) fn check_origin(origin: &str) -> Result<String> {
    let rest = origin
        .strip_prefix("http://")
        .or_else(|| origin.strip_prefix("https://"));
    ensure!(
        rest.is_some_and(|host| !host.is_empty() && !host.contains(['/', '*', ' ', ';', ',', '\''])),
        "allowed_origins has {origin:?}. Allowed: scheme, host and port without a path, for example \"http://localhost:8501\"."
    );
    Ok(origin.to_ascii_lowercase())
}

/// The address as a person would write it, without a slash at the end.
pub(super) fn check_public_url(text: &str) -> Result<String> {
    let url = Url::parse(text).ok().filter(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none()
    });
    let url = url.with_context(|| {
        format!(
            "public_url = {text:?} cannot be used. Allowed: where people reach this server through the proxy, for example \
             \"https://example.org\" or \"https://example.org/staffel\"."
        )
    })?;
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// An origin that may show the board in a frame, or the scheme of an editor.
pub(super) fn check_frame_origin(origin: &str) -> Result<String> {
    let scheme = origin.strip_suffix(':').is_some_and(|name| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
    });
    if scheme && !["http:", "https:", "data:", "blob:"].contains(&origin) {
        return Ok(origin.to_owned());
    }
    check_origin(origin).with_context(|| {
        format!("frame_origins has {origin:?}; the schemes of editors are allowed too, for example \"vscode-webview:\"")
    })
}
