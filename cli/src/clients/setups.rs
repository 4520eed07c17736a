//! How each client is told about this server, as the board shows it.

use base64::{Engine, prelude::BASE64_STANDARD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use protocol::Setup;
use serde_json::json;

use crate::{
    clients::CLIENTS,
    connect::example,
    program::{connect_command, program},
};

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

/// The ways for every client to the MCP endpoint at `url`.
pub fn setups(url: &str) -> Vec<Setup> {
    let program = program();
    CLIENTS
        .iter()
        .map(|client| {
            let (file, text) = example(client, url);
            Setup {
                client: client.title.to_owned(),
                command: connect_command(&program, client.name, url),
                file,
                text,
                link: install_link(client.name, url),
            }
        })
        .collect()
}

/// A link that opens the client, which asks its user before it adds the server.
fn install_link(client: &str, url: &str) -> Option<String> {
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
    use std::path::Path;

    use directories::BaseDirs;

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

    #[test]
    fn every_client_is_told_everything() {
        for setup in setups("http://127.0.0.1:9/mcp") {
            assert!(
                setup.command.ends_with("--url http://127.0.0.1:9/mcp"),
                "{setup:?}"
            );
            assert!(setup.text.contains("http://127.0.0.1:9"), "{setup:?}");
            assert!(!setup.file.is_empty());
        }
    }

    #[test]
    fn a_file_is_shown_where_it_is_on_this_machine() {
        let folders = BaseDirs::new().expect("a home");
        let settings = folders.config_dir();
        let path = match settings.strip_prefix(folders.home_dir()) {
            Ok(below) => Path::new("~").join(below),
            Err(_) => settings.to_owned(),
        };
        let path = path.join("Claude").join("claude_desktop_config.json");
        let setups = setups("http://127.0.0.1:9/mcp");
        let desktop = setups.iter().find(|setup| setup.client == "Claude Desktop");
        let file = &desktop.expect("Claude Desktop").file;
        assert!(
            cfg!(windows) || *file == path.display().to_string(),
            "{file}"
        );
    }
}
