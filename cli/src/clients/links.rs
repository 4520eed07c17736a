//! Links that open a client, which asks its user before it adds the server.

use base64::{Engine, prelude::BASE64_STANDARD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

/// What is percent-encoded in a part of a link: as by JavaScript's `encodeURIComponent`, so a blank is `%20`, never `+`.
pub const URI_COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// A link that opens the client and offers it the MCP endpoint at `url`; `None` where a client has no such link.
pub fn install_link(client: &str, url: &str) -> Option<String> {
    let encode = |text: &str| utf8_percent_encode(text, URI_COMPONENT).to_string();
    match client {
        "cursor" => {
            let config = BASE64_STANDARD.encode(json!({ "url": url }).to_string());
            Some(format!(
                "cursor://anysphere.cursor-deeplink/mcp/install?name=staffel&config={}",
                encode(&config)
            ))
        }
        "vscode" => {
            let server = json!({ "name": "staffel", "type": "http", "url": url });
            Some(format!(
                "vscode:mcp/install?{}",
                encode(&server.to_string())
            ))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_install_link_carries_the_address() {
        let url = "http://127.0.0.1:4700/mcp";
        let link = install_link("cursor", url).expect("a link");
        let config = link.split_once("config=").expect("a configuration").1;
        let config = percent_encoding::percent_decode_str(config).decode_utf8_lossy();
        let config = BASE64_STANDARD.decode(config.as_bytes()).expect("base64");
        assert_eq!(config, br#"{"url":"http://127.0.0.1:4700/mcp"}"#);
        let link = install_link("vscode", url).expect("a link");
        let server = percent_encoding::percent_decode_str(link.split_once('?').expect("a query").1);
        let server: serde_json::Value =
            serde_json::from_str(&server.decode_utf8_lossy()).expect("JSON");
        assert_eq!(
            (&server["name"], &server["url"]),
            (&json!("staffel"), &json!(url))
        );
        assert_eq!(install_link("codex", url), None);
    }
}
