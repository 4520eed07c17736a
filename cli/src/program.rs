//! How an assistant is told about this server: commands to be pasted.

use std::{env, fs, path::Path};

use protocol::DEFAULT_LISTEN;

use crate::clients::CLIENTS;

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
pub fn connect_command(program: &str, client: &str, url: &str) -> String {
    let usual = url == format!("http://{DEFAULT_LISTEN}/mcp");
    let address = if usual {
        String::new()
    } else {
        format!(" --url {url}")
    };
    format!("{program} connect {client}{address}")
}

/// How this program is called in a terminal: by its name if that finds it, else by its path.
pub fn program() -> String {
    let name = "staffel";
    let Ok(path) = env::current_exe() else {
        return name.to_owned();
    };
    let real = |path: &Path| fs::canonicalize(path).ok();
    let found = env::var_os("PATH").is_some_and(|folders| {
        env::split_paths(&folders)
            .map(|folder| folder.join(name).with_extension(env::consts::EXE_EXTENSION))
            .find(|candidate| candidate.is_file())
            .is_some_and(|candidate| real(&candidate) == real(&path))
    });
    let path = path.display().to_string();
    match (found, path.contains(char::is_whitespace)) {
        (true, _) => name.to_owned(),
        (false, true) => format!("\"{path}\""),
        (false, false) => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
