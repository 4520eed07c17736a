//! How an entry of each client proves the name of an agent.

use crate::support::{CASES, Case};

/// What an entry says about a token: itself, or the variable that has it.
pub struct Told {
    /// The client.
    pub client: &'static str,
    /// The token itself.
    pub literal: &'static str,
    /// The variable with the token, where the client knows variables.
    pub variable: Option<&'static str>,
}

/// All clients.
pub const TOLD: [Told; 9] = [
    Told {
        client: "cursor",
        literal: r#""headers": {"Authorization": "Bearer <token>"}"#,
        variable: Some(r#""headers": {"Authorization": "Bearer ${env:STAFFEL_TOKEN}"}"#),
    },
    Told {
        client: "vscode",
        literal: r#""headers": {"Authorization": "Bearer <token>"}"#,
        variable: Some(r#""headers": {"Authorization": "Bearer ${env:STAFFEL_TOKEN}"}"#),
    },
    Told {
        client: "claude-code",
        literal: r#""headers": {"Authorization": "Bearer <token>"}"#,
        variable: Some(r#""headers": {"Authorization": "Bearer ${STAFFEL_TOKEN}"}"#),
    },
    Told {
        client: "codex",
        literal: "http_headers = { Authorization = \"Bearer <token>\" }",
        variable: Some("bearer_token_env_var = \"STAFFEL_TOKEN\""),
    },
    Told {
        client: "gemini",
        literal: r#""headers": {"Authorization": "Bearer <token>"}"#,
        variable: Some(r#""headers": {"Authorization": "Bearer $STAFFEL_TOKEN"}"#),
    },
    Told {
        client: "qwen",
        literal: r#""headers": {"Authorization": "Bearer <token>"}"#,
        variable: Some(r#""headers": {"Authorization": "Bearer $STAFFEL_TOKEN"}"#),
    },
    Told {
        client: "opencode",
        literal: r#""headers": {"Authorization": "Bearer <token>"}"#,
        variable: Some(r#""headers": {"Authorization": "Bearer {env:STAFFEL_TOKEN}"}"#),
    },
    Told {
        client: "windsurf",
        literal: r#""headers": {"Authorization": "Bearer <token>"}"#,
        variable: None,
    },
    Told {
        client: "claude-desktop",
        literal: r#""env": {"STAFFEL_TOKEN": "<token>"}"#,
        variable: None,
    },
];

impl Told {
    /// The client.
    pub fn case(&self) -> &'static Case {
        let case = CASES.iter().find(|case| case.client == self.client);
        case.expect("a case")
    }

    /// The entry with this in it.
    pub fn entry(&self, told: &str) -> String {
        let entry = self.case().entry;
        match entry.strip_suffix("}}}") {
            Some(entry) => format!("{entry}, {told}}}}}}}"),
            None => format!("{entry}{told}\n"),
        }
    }
}
