//! How an assistant is told about this server: text to be pasted.

/// Ready-to-paste configuration for the common clients, for the MCP endpoint at `url`.
pub fn client_configuration(url: &str) -> String {
    format!(
        "  Claude Code   claude mcp add --transport http staffel {url}\n\
         \x20 Codex         codex mcp add staffel --url {url}\n\
         \x20 Gemini CLI    gemini mcp add --transport http staffel {url}\n\
         \x20 Cursor        .cursor/mcp.json    {{\"mcpServers\": {{\"staffel\": {{\"url\": \"{url}\"}}}}}}\n\
         \x20 VS Code       .vscode/mcp.json    {{\"servers\": {{\"staffel\": {{\"type\": \"http\", \"url\": \"{url}\"}}}}}}\n"
    )
}
