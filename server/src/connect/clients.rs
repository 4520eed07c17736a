//! The clients: in which file each of them keeps its MCP servers, and how a server is written there.

use std::{
    env,
    path::{Path, PathBuf},
};

use directories::BaseDirs;

use super::merge::Language;

/// An assistant that can be told about servers by a file.
#[derive(Debug)]
pub struct Client {
    /// Its name on the command line.
    pub name: &'static str,
    /// Its name as its maker writes it.
    pub title: &'static str,
    /// The language of its files.
    pub language: Language,
    /// The key of all servers.
    pub servers: &'static str,
    /// What it calls the transport, where it wants to be told: the field `type`.
    pub transport: Option<&'static str>,
    /// The field of the address.
    pub address: &'static str,
    /// The file that counts in one project, as seen from the project's folder.
    pub project: Option<&'static str>,
    /// The file that counts in every project of this user.
    pub global: GlobalFile,
    /// Which of the two is written when nobody says.
    pub usual: Scope,
    /// What the person has to do there once the file is written.
    pub next: &'static str,
}

/// Where a server is to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// In one project.
    Project,
    /// In every project of this user.
    Global,
}

/// A file among the settings of this user.
#[derive(Debug)]
pub struct GlobalFile {
    root: Root,
    /// The variable that names another folder in place of `root` and `folder`.
    variable: Option<&'static str>,
    folder: &'static str,
    file: &'static str,
}

#[derive(Debug, Clone, Copy)]
enum Root {
    Home,
    /// `~/.config`, `~/Library/Application Support` or `%APPDATA%`.
    Settings,
}

/// Every client that `staffel connect` can set up.
pub const CLIENTS: [Client; 6] = [
    Client {
        name: "cursor",
        title: "Cursor",
        language: Language::Json,
        servers: "mcpServers",
        transport: None,
        address: "url",
        project: Some(".cursor/mcp.json"),
        global: GlobalFile {
            root: Root::Home,
            variable: None,
            folder: ".cursor",
            file: "mcp.json",
        },
        usual: Scope::Project,
        next: "In Cursor, open Settings > MCP and switch `staffel` on; reload the window if it is not listed.",
    },
    Client {
        name: "vscode",
        title: "VS Code",
        language: Language::Json,
        servers: "servers",
        transport: Some("http"),
        address: "url",
        project: Some(".vscode/mcp.json"),
        global: GlobalFile {
            root: Root::Settings,
            variable: None,
            folder: "Code/User",
            file: "mcp.json",
        },
        usual: Scope::Project,
        next: "In VS Code, run the command `MCP: List Servers`, start `staffel` and trust it when asked.",
    },
    Client {
        name: "claude-code",
        title: "Claude Code",
        language: Language::Json,
        servers: "mcpServers",
        transport: Some("http"),
        address: "url",
        project: Some(".mcp.json"),
        global: GlobalFile {
            root: Root::Home,
            variable: Some("CLAUDE_CONFIG_DIR"),
            folder: "",
            file: ".claude.json",
        },
        usual: Scope::Project,
        next: "Start `claude` anew and approve `staffel` if it asks; /mcp shows the connection.",
    },
    Client {
        name: "codex",
        title: "Codex",
        language: Language::Toml,
        servers: "mcp_servers",
        transport: None,
        address: "url",
        project: Some(".codex/config.toml"),
        global: GlobalFile {
            root: Root::Home,
            variable: Some("CODEX_HOME"),
            folder: ".codex",
            file: "config.toml",
        },
        usual: Scope::Global,
        next: "Start `codex` anew; /mcp shows the connection. It reads a project's file only where you trust the project.",
    },
    Client {
        name: "gemini",
        title: "Gemini CLI",
        language: Language::Json,
        servers: "mcpServers",
        transport: None,
        address: "httpUrl",
        project: Some(".gemini/settings.json"),
        global: GlobalFile {
            root: Root::Home,
            variable: None,
            folder: ".gemini",
            file: "settings.json",
        },
        usual: Scope::Project,
        next: "Start `gemini` anew; /mcp shows the connection.",
    },
    Client {
        name: "windsurf",
        title: "Windsurf",
        language: Language::Json,
        servers: "mcpServers",
        transport: None,
        address: "serverUrl",
        project: None,
        global: GlobalFile {
            root: Root::Home,
            variable: None,
            folder: ".codeium/windsurf",
            file: "mcp_config.json",
        },
        usual: Scope::Global,
        next: "In Windsurf, open Settings > Cascade > MCP Servers and refresh the list.",
    },
];

impl Client {
    /// What stands under the name of a server at this address.
    pub fn fields<'a>(&self, url: &'a str) -> Vec<(&'static str, &'a str)> {
        let transport = self.transport.map(|transport| ("type", transport));
        transport.into_iter().chain([(self.address, url)]).collect()
    }
}

impl GlobalFile {
    /// Where it usually is, as a person would write it.
    pub fn shown(&self) -> String {
        let root = match self.root {
            Root::Home => "~",
            Root::Settings => "~/.config",
        };
        let path = below(Path::new(root), self.folder).join(self.file);
        path.display().to_string()
    }

    /// Where it is for this user; `None` without a home.
    pub fn path(&self) -> Option<PathBuf> {
        let moved = self.variable.and_then(env::var_os);
        let folder = match moved.filter(|folder| !folder.is_empty()) {
            Some(folder) => PathBuf::from(folder),
            None => {
                let folders = BaseDirs::new()?;
                let root = match self.root {
                    Root::Home => folders.home_dir(),
                    Root::Settings => folders.config_dir(),
                };
                below(root, self.folder)
            }
        };
        Some(folder.join(self.file))
    }
}

/// Joins a path written with slashes as this platform writes it.
pub fn below(folder: &Path, path: &str) -> PathBuf {
    let names = path.split('/').filter(|name| !name.is_empty());
    names.fold(folder.to_owned(), |path, name| path.join(name))
}
