//! The merge, from text to text.

mod entries;
mod others;
mod reading;
mod refused;
mod unchanged;

use super::{
    entry::{Entry, Unwanted},
    language::Language,
    merge::merge,
    problem::Problem,
    value::{Field, Value},
};

pub const URL: &str = "http://127.0.0.1:4700/mcp";

/// Merges what VS Code has.
pub fn json_with(text: &str, also: &[Field], replace: bool) -> Result<Option<String>, Problem> {
    let entry = Entry {
        servers: "servers",
        name: "staffel",
        fields: &[("type", "http".into()), ("url", URL.into())],
        also,
        never: &["command"],
        without: &[
            Unwanted::Value("disabled", "true"),
            Unwanted::InMap("headers", "X-Old"),
        ],
        leads_here: text.contains(URL),
    };
    merge(Language::Json, text, entry, replace)
}

/// Merges what Codex has.
pub fn toml_with(text: &str, also: &[Field], replace: bool) -> Result<Option<String>, Problem> {
    let entry = Entry {
        servers: "mcp_servers",
        name: "staffel",
        fields: &[("url", URL.into())],
        also,
        never: &["command"],
        without: &[
            Unwanted::Value("enabled", "false"),
            Unwanted::InMap("http_headers", "X-Old"),
        ],
        leads_here: text.contains(URL),
    };
    merge(Language::Toml, text, entry, replace)
}

/// Merges what Claude Desktop has.
pub fn program(text: &str) -> Result<Option<String>, Problem> {
    let args = ["stdio", "--url", "http://h"].map(str::to_owned).to_vec();
    let entry = Entry {
        servers: "mcpServers",
        name: "staffel",
        fields: &[("command", "/staffel".into()), ("args", Value::List(args))],
        also: &[],
        never: &[],
        without: &[],
        leads_here: false,
    };
    merge(Language::Json, text, entry, false)
}

pub fn json(text: &str) -> Result<Option<String>, Problem> {
    json_with(text, &[], false)
}

pub fn toml(text: &str) -> Result<Option<String>, Problem> {
    toml_with(text, &[], false)
}

/// What comes out, after a look that a second time there is nothing left to do.
#[track_caller]
pub fn merged(language: Language, text: &str, replace: bool) -> String {
    let with = match language {
        Language::Json => json_with,
        Language::Toml => toml_with,
    };
    let text = with(text, &[], replace);
    let text = text.expect("no problem").expect("something to do");
    assert_eq!(with(&text, &[], false), Ok(None), "{text}");
    text
}

#[track_caller]
pub fn added(language: Language, text: &str) -> String {
    merged(language, text, false)
}

#[track_caller]
pub fn problem(result: Result<Option<String>, Problem>) -> String {
    result.expect_err("a problem").to_string()
}
