//! The clients, as a user meets them.

/// Nobody answers there, and it takes no time to find out.
pub const URL: &str = "http://127.0.0.1:1/mcp";

/// A client as a user meets it: its name, its files in a project and at home, and what an entry looks like.
pub struct Case {
    /// Its name on the command line.
    pub client: &'static str,
    /// Its file in a project.
    pub project: Option<&'static str>,
    /// Its file at home.
    pub global: &'static str,
    /// What stands in the file if nothing else does.
    pub entry: &'static str,
}

const VS_CODE_SETTINGS: &str = if cfg!(target_os = "macos") {
    "Library/Application Support/Code/User/mcp.json"
} else {
    ".config/Code/User/mcp.json"
};

/// The file of Claude Desktop.
pub const CLAUDE_SETTINGS: &str = if cfg!(target_os = "macos") {
    "Library/Application Support/Claude/claude_desktop_config.json"
} else {
    ".config/Claude/claude_desktop_config.json"
};

/// All clients.
pub const CASES: [Case; 9] = [
    Case {
        client: "cursor",
        project: Some(".cursor/mcp.json"),
        global: ".cursor/mcp.json",
        entry: r#"{"mcpServers": {"staffel": {"url": "http://127.0.0.1:1/mcp"}}}"#,
    },
    Case {
        client: "vscode",
        project: Some(".vscode/mcp.json"),
        global: VS_CODE_SETTINGS,
        entry: r#"{"servers": {"staffel": {"type": "http", "url": "http://127.0.0.1:1/mcp"}}}"#,
    },
    Case {
        client: "claude-code",
        project: Some(".mcp.json"),
        global: ".claude.json",
        entry: r#"{"mcpServers": {"staffel": {"type": "http", "url": "http://127.0.0.1:1/mcp"}}}"#,
    },
    Case {
        client: "codex",
        project: Some(".codex/config.toml"),
        global: ".codex/config.toml",
        entry: "[mcp_servers.staffel]\nurl = \"http://127.0.0.1:1/mcp\"\n",
    },
    Case {
        client: "gemini",
        project: Some(".gemini/settings.json"),
        global: ".gemini/settings.json",
        entry: r#"{"mcpServers": {"staffel": {"httpUrl": "http://127.0.0.1:1/mcp"}}}"#,
    },
    Case {
        client: "qwen",
        project: Some(".qwen/settings.json"),
        global: ".qwen/settings.json",
        entry: r#"{"mcpServers": {"staffel": {"httpUrl": "http://127.0.0.1:1/mcp"}}}"#,
    },
    Case {
        client: "opencode",
        project: Some("opencode.json"),
        global: ".config/opencode/opencode.json",
        entry: r#"{"mcp": {"staffel": {"type": "remote", "url": "http://127.0.0.1:1/mcp"}}}"#,
    },
    Case {
        client: "windsurf",
        project: None,
        global: ".codeium/windsurf/mcp_config.json",
        entry: r#"{"mcpServers": {"staffel": {"serverUrl": "http://127.0.0.1:1/mcp"}}}"#,
    },
    Case {
        client: "claude-desktop",
        project: None,
        global: CLAUDE_SETTINGS,
        entry: concat!(
            r#"{"mcpServers": {"staffel": {"command": ""#,
            env!("CARGO_BIN_EXE_staffel"),
            r#"", "args": ["stdio", "--url", "http://127.0.0.1:1"]}}}"#
        ),
    },
];
