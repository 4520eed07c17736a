//! How each client is told about a server: for the terminal, and for the board.

use std::env;

use protocol::{DEFAULT_LISTEN, Setup};

use crate::{
    files::{Entry, merge},
    program::program,
};

use super::{
    catalogue::CLIENTS,
    client::{Client, NAME},
    links::install_link,
    location::{Scope, from_home},
};

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

/// What stands in the file of a client that knows nothing but the Staffel at `url`, and where that file is for this
/// machine's user.
fn example(client: &Client, url: &str) -> (String, String) {
    let program = env::current_exe().unwrap_or_else(|_| NAME.into());
    let server = url.strip_suffix("/mcp").unwrap_or(url);
    let entry = Entry {
        servers: client.servers,
        name: NAME,
        fields: &client.fields(url, &program.to_string_lossy(), server),
        also: &[],
        never: &[],
        without: &[],
        leads_here: false,
    };
    let merged = merge(client.language, "", entry, false);
    let file = match (client.usual, client.project) {
        (Scope::Project, Some(file)) => file.to_owned(),
        _ => client
            .global
            .path()
            .map_or_else(String::new, |path| from_home(&path)),
    };
    (file, merged.ok().flatten().unwrap_or_default())
}

/// The commands that connect the clients to the MCP endpoint at `url`, one a line, and what to paste into any other.
pub fn client_configuration(program: &str, url: &str) -> String {
    let known = CLIENTS
        .iter()
        .map(|client| (client.title, connect_command(program, client.name, url)));
    let other = format!(r#"{{"mcpServers": {{"staffel": {{"url": "{url}"}}}}}}"#);
    known
        .chain([("any other", other)])
        .map(|(title, text)| format!("  {title:14} {text}\n"))
        .collect()
}

/// The command that connects a client to the MCP endpoint at `url`.
fn connect_command(program: &str, client: &str, url: &str) -> String {
    let usual = url == format!("http://{DEFAULT_LISTEN}/mcp");
    let address = if usual {
        String::new()
    } else {
        format!(" --url {url}")
    };
    format!("{program} connect {client}{address}")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use directories::BaseDirs;

    use super::*;

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

    #[test]
    fn the_usual_address_goes_without_saying_and_any_other_is_said() {
        let usual = client_configuration("staffel", "http://127.0.0.1:4700/mcp");
        assert!(
            usual.contains("Cursor         staffel connect cursor\n"),
            "{usual}"
        );
        assert_eq!(usual.lines().count(), CLIENTS.len() + 1);
        assert!(
            usual.ends_with("{\"url\": \"http://127.0.0.1:4700/mcp\"}}}\n"),
            "{usual}"
        );
        let other = client_configuration("staffel", "http://[::1]:4701/mcp");
        assert!(
            other.contains("connect codex --url http://[::1]:4701/mcp\n"),
            "{other}"
        );
    }
}
