//! The hooks of the clients that have some: where they stand, and how ours are written there.
//!
//! Each client has its own words and units. The versions that they were tried with stand in `end2end/assistants/package.json`.

use serde_json::{Value, json};

use super::location::{GlobalFile, Root, Variable};

/// How long a hook may wait for a person, in seconds: a night.
pub const WAIT: u64 = 12 * 60 * 60;
/// So much earlier it ends by itself, in seconds.
const MARGIN: u64 = 10;

/// The hooks of a client.
#[derive(Debug)]
pub struct ClientHooks {
    /// The client, by its name.
    pub client: &'static str,
    /// The file that counts in one project, as seen from the project's folder.
    pub project: &'static str,
    /// The file that counts in every project of this user.
    pub global: GlobalFile,
    /// How the client runs a hook.
    pub kind: Kind,
    /// What the person has to do there once the file is written.
    pub next: Option<&'static str>,
}

/// How a client runs a hook.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// It sends a request to an address.
    Http {
        /// The events: at the end of a turn, when a session begins, when a person writes, after a tool.
        events: [&'static str; 4],
        /// The events at which it runs programs only.
        program: &'static [&'static str],
        /// The tools of ours, as it writes that.
        ours: &'static str,
    },
    /// It starts a program.
    Program {
        /// The events, in the same order.
        events: [&'static str; 4],
        /// The tools of ours, as it writes that: a program takes its time to start, so it does after no others.
        ours: &'static str,
        /// How many of its units a second has.
        second: u64,
    },
    /// It loads a file of code.
    Plugin,
}

/// The hooks of all clients that have some.
pub const HOOKS: [ClientHooks; 5] = [
    ClientHooks {
        client: "claude-code",
        project: ".claude/settings.local.json",
        global: GlobalFile {
            root: Root::Home,
            variable: Some(Variable {
                name: "CLAUDE_CONFIG_DIR",
                below: "",
                tilde: false,
            }),
            folder: ".claude",
            file: "settings.json",
            package: None,
        },
        kind: Kind::Http {
            events: ["Stop", "SessionStart", "UserPromptSubmit", "PostToolUse"],
            program: &["SessionStart"],
            ours: "mcp__staffel__.*",
        },
        next: None,
    },
    ClientHooks {
        client: "codex",
        project: ".codex/hooks.json",
        global: GlobalFile {
            root: Root::Home,
            variable: Some(Variable {
                name: "CODEX_HOME",
                below: "",
                tilde: false,
            }),
            folder: ".codex",
            file: "hooks.json",
            package: None,
        },
        kind: Kind::Program {
            events: ["Stop", "SessionStart", "UserPromptSubmit", "PostToolUse"],
            ours: "mcp__staffel__.*",
            second: 1,
        },
        next: Some(
            "Start `codex` and trust the hooks when it says \"Hooks need review\": until then it skips them without a word.",
        ),
    },
    ClientHooks {
        client: "gemini",
        project: ".gemini/settings.json",
        global: GlobalFile {
            root: Root::Home,
            variable: Some(Variable {
                name: "GEMINI_CLI_HOME",
                below: ".gemini",
                tilde: false,
            }),
            folder: ".gemini",
            file: "settings.json",
            package: None,
        },
        kind: Kind::Program {
            events: ["AfterAgent", "SessionStart", "BeforeAgent", "AfterTool"],
            ours: "mcp_staffel_.*",
            second: 1_000,
        },
        next: None,
    },
    ClientHooks {
        client: "qwen",
        project: ".qwen/settings.json",
        global: GlobalFile {
            root: Root::Home,
            variable: Some(Variable {
                name: "QWEN_HOME",
                below: "",
                tilde: true,
            }),
            folder: ".qwen",
            file: "settings.json",
            package: None,
        },
        kind: Kind::Http {
            events: ["Stop", "SessionStart", "UserPromptSubmit", "PostToolUse"],
            program: &[],
            ours: "mcp__staffel__.*",
        },
        next: None,
    },
    ClientHooks {
        client: "opencode",
        project: ".opencode/plugin/staffel.js",
        global: GlobalFile {
            root: Root::Home,
            variable: Some(Variable {
                name: "XDG_CONFIG_HOME",
                below: "opencode/plugin",
                tilde: false,
            }),
            folder: ".config/opencode/plugin",
            file: "staffel.js",
            package: None,
        },
        kind: Kind::Plugin,
        next: Some(
            "The session has to stay open: `opencode run` ends with its turn, and nothing can wake it.",
        ),
    },
];

/// What a hook has to know.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// The address of the server, without a slash at the end.
    pub base: &'a str,
    /// This program, as a shell takes it.
    pub program: &'a str,
    /// The flags that name the server to it.
    pub flags: &'a str,
    /// Whether the server is on this machine.
    pub is_here: bool,
    /// What a request of a hook has in the header `Authorization`, if anything.
    pub authorization: Option<&'a str>,
}

impl ClientHooks {
    /// The hooks of a client; `None` if it has none that ours can use.
    pub fn of(client: &str) -> Option<&'static Self> {
        HOOKS.iter().find(|hooks| hooks.client == client)
    }

    /// Whether this text of a hook is one of ours.
    pub fn is_ours(&self, text: &str) -> bool {
        text.contains(&format!("/api/hooks/{}?wait=", self.client))
            || text.contains(&format!(" hook {} --wait ", self.client))
    }

    /// The groups of hooks, by event. Nothing for a plugin.
    pub fn groups(&self, target: Target<'_>) -> Vec<(&'static str, Value)> {
        let (events, tools) = match self.kind {
            // An agent must not wait after each of its tools for a server that is away.
            Kind::Http { events, .. } if target.is_here => (events, None),
            Kind::Http { events, ours, .. } => (events, Some(ours)),
            Kind::Program { events, ours, .. } => (events, Some(ours)),
            Kind::Plugin => return Vec::new(),
        };
        let group = |at: usize, event: &'static str| {
            let hook = self.hook(event, at == 0, target);
            let mut group = json!({"hooks": [hook]});
            // Without one it runs after every tool.
            if let (3, Some(tools)) = (at, tools) {
                group["matcher"] = tools.into();
            }
            (event, group)
        };
        let events = events.into_iter().enumerate();
        events.map(|(at, event)| group(at, event)).collect()
    }

    fn hook(&self, event: &str, waits: bool, target: Target<'_>) -> Value {
        let Target {
            base,
            program,
            flags,
            authorization,
            ..
        } = target;
        let name = self.client;
        let longest = if waits { WAIT } else { MARGIN };
        let wait = match waits {
            true => longest - MARGIN,
            false => 0,
        };
        let second = match self.kind {
            Kind::Http { program, .. } if !program.contains(&event) => {
                let mut hook = json!({
                    "type": "http",
                    "url": format!("{base}/api/hooks/{name}?wait={wait}"),
                    "timeout": longest,
                });
                if let Some(authorization) = authorization {
                    hook["headers"] = json!({"Authorization": authorization});
                    hook["allowedEnvVars"] = json!(["STAFFEL_TOKEN"]);
                }
                return hook;
            }
            Kind::Program { second, .. } => second,
            Kind::Http { .. } | Kind::Plugin => 1,
        };
        let mut hook = json!({
            "type": "command",
            "command": format!("{program} hook {name} --wait {wait}{flags}"),
            "timeout": longest * second,
        });
        if waits && name == "codex" {
            hook["statusMessage"] = "Waiting for a person in Staffel".into();
        }
        if name == "gemini" {
            hook["name"] = "staffel".into();
        }
        hook
    }
}
