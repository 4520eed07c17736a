//! What is known about a client: how it reaches a server, and how its file says so.

use std::path::{Path, PathBuf};

use crate::files::Language;

use super::location::{GlobalFile, Scope, below};

/// The name under which clients know this server.
pub const NAME: &str = "staffel";

/// An assistant that can be told about servers by a file.
#[derive(Debug)]
pub struct Client {
    /// Its name on the command line.
    pub name: &'static str,
    /// Its name as its maker writes it.
    pub title: &'static str,
    /// The name that it gives itself over MCP, as read from the installed client; `None` where none was read. Where it
    /// ends with a hyphen, the client's name for the server follows.
    pub reports: Option<&'static str>,
    /// The language of its files.
    pub language: Language,
    /// The key of all servers.
    pub servers: &'static str,
    /// How it reaches a server.
    pub transport: Transport,
    /// How it is told a token.
    pub token: TokenFields,
    /// How its user switches a server off: the field, and its value as it stands in the file.
    pub off: Option<(&'static str, &'static str)>,
    /// The file that counts in one project, as seen from the project's folder.
    pub project: Option<&'static str>,
    /// The file that counts in every project of this user.
    pub global: GlobalFile,
    /// The name of a second file in the same folder, whose settings the client puts over those of the usual one,
    /// field by field.
    pub wins: Option<&'static str>,
    /// Which of the two is written when nobody says.
    pub usual: Scope,
    /// What the person has to do there once the file is written.
    pub next: &'static str,
    /// The same for the file of a project, where that takes more.
    pub next_in_project: Option<&'static str>,
}

impl Client {
    /// The file in a project's folder, if it has one.
    pub fn project_file(&self, folder: &Path) -> Option<PathBuf> {
        self.project.map(|file| below(folder, file))
    }

    /// What the person has to do there once the file of this scope is written.
    pub fn next(&self, scope: Scope) -> &'static str {
        match (scope, self.next_in_project) {
            (Scope::Project, Some(next)) => next,
            _ => self.next,
        }
    }

    /// What a client says of itself, its name and version, with its maker's name in place of its own.
    pub fn named_by_maker(&self, said: &str) -> Option<String> {
        let reports = self.reports?;
        let behind = said.strip_prefix(reports)?;
        let (server, version) = behind.split_once(' ').unwrap_or((behind, ""));
        let ours = server.is_empty() || reports.ends_with('-');
        ours.then(|| format!("{} {version}", self.title).trim_end().to_owned())
    }
}

/// How a client reaches a server.
#[derive(Debug, Clone, Copy)]
pub enum Transport {
    /// By HTTP.
    Http {
        /// What it calls that, where it can be told.
        kind: Option<TypeField>,
        /// The field of the address.
        address: &'static str,
    },
    /// It starts the bridge, and talks to that.
    Bridge,
}

/// What a client calls HTTP in the field `type`.
#[derive(Debug, Clone, Copy)]
pub struct TypeField {
    /// Its own name for it.
    pub name: &'static str,
    /// Others that it takes for the same.
    pub synonyms: &'static [&'static str],
    /// Whether it does without the field.
    pub inferred: bool,
}

/// How a client is told a token.
#[derive(Debug, Clone, Copy)]
pub struct TokenFields {
    /// The map that takes the token itself: headers, or variables for a program.
    pub map: &'static str,
    /// How a file that people share names the variable with the token in place of the token.
    pub variable: ByVariable,
}

/// How a client's file names a variable.
#[derive(Debug, Clone, Copy)]
pub enum ByVariable {
    /// In the header, with this before the name of the variable and this behind it.
    InHeader(&'static str, &'static str),
    /// In a field of its own.
    Field(&'static str),
    /// It has no file that is shared.
    Never,
}

#[cfg(test)]
mod tests {
    use crate::clients::CLIENTS;

    #[test]
    fn a_client_is_known_by_the_name_that_it_gives_itself() {
        for (said, shown) in [
            ("gemini-cli-mcp-client 0.61.0", Some("Gemini CLI 0.61.0")),
            (
                "gemini-cli-mcp-client (via mcp-remote 0.15.1) 0.61.0",
                Some("Gemini CLI (via mcp-remote 0.15.1) 0.61.0"),
            ),
            ("qwen-cli-mcp-client-mine 0.24.4", Some("Qwen Code 0.24.4")),
            ("opencode", Some("OpenCode")),
            ("opencodex 1", None),
            ("claude-code-router 1", None),
            ("Codex 0.169.0", None),
        ] {
            let mut known = CLIENTS
                .iter()
                .filter_map(|client| client.named_by_maker(said));
            assert_eq!(known.next().as_deref(), shown, "{said}");
        }
    }
}
