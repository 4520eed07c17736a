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

/// When a hook runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// At the end of a turn. It waits for a person then.
    TurnEnds,
    /// A session begins or goes on.
    SessionBegins,
    /// A person writes to the agent.
    PersonWrites,
    /// A tool has answered.
    ToolAnswers,
}

/// The events of a client, by its names.
type Events = &'static [(When, &'static str)];

/// How a client runs a hook.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// It sends a request to an address.
    Http {
        /// When.
        events: Events,
        /// The events at which it runs programs only.
        program: &'static [&'static str],
        /// The tools of ours, as it writes that.
        ours: &'static str,
    },
    /// It starts a program.
    Program {
        /// When.
        events: Events,
        /// The tools of ours, as it writes that: a program takes its time to start, so it does after no others. `None`: it cannot
        /// say.
        ours: Option<&'static str>,
        /// How many of its units a second has.
        second: u64,
        /// What its file says of itself; the hooks stand in no groups then.
        flat: Option<Flat>,
    },
    /// It loads a file of code.
    Plugin,
}

/// A file in which hooks stand in no groups.
#[derive(Debug, Clone, Copy)]
pub struct Flat {
    /// The version that the file has to name, if any.
    pub version: Option<u32>,
}

/// The names that Claude Code has given, and others have taken.
const USUAL: Events = &[
    (When::TurnEnds, "Stop"),
    (When::SessionBegins, "SessionStart"),
    (When::PersonWrites, "UserPromptSubmit"),
    (When::ToolAnswers, "PostToolUse"),
];

/// The hooks of all clients that have some.
pub const HOOKS: [ClientHooks; 7] = [
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
            events: USUAL,
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
            events: USUAL,
            ours: Some("mcp__staffel__.*"),
            second: 1,
            flat: None,
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
            events: &[
                (When::TurnEnds, "AfterAgent"),
                (When::SessionBegins, "SessionStart"),
                (When::PersonWrites, "BeforeAgent"),
                (When::ToolAnswers, "AfterTool"),
            ],
            ours: Some("mcp_staffel_.*"),
            second: 1_000,
            flat: None,
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
            events: USUAL,
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
    // By its documentation, <https://cursor.com/docs/hooks>; played by a fake in the tests.
    ClientHooks {
        client: "cursor",
        project: ".cursor/hooks.json",
        global: GlobalFile {
            root: Root::Home,
            variable: None,
            folder: ".cursor",
            file: "hooks.json",
            package: None,
        },
        kind: Kind::Program {
            events: &[
                (When::TurnEnds, "stop"),
                (When::SessionBegins, "sessionStart"),
                (When::ToolAnswers, "postToolUse"),
            ],
            // It does not name the server.
            ours: Some("MCP:.*"),
            second: 1,
            flat: Some(Flat { version: Some(1) }),
        },
        next: Some(
            "Cursor runs a project's hooks only in a folder that it trusts; Settings > Hooks shows them. Start a new chat.",
        ),
    },
    // By its documentation, <https://docs.windsurf.com/windsurf/cascade/hooks>; played by a fake in the tests.
    ClientHooks {
        client: "windsurf",
        project: ".windsurf/hooks.json",
        global: GlobalFile {
            root: Root::Home,
            variable: None,
            folder: ".codeium/windsurf",
            file: "hooks.json",
            package: None,
        },
        kind: Kind::Program {
            events: &[(When::ToolAnswers, "post_mcp_tool_use")],
            ours: None,
            second: 1,
            flat: Some(Flat { version: None }),
        },
        next: None,
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

    /// Whether a decision makes a session go on by them.
    pub fn wake(&self) -> bool {
        match self.kind {
            Kind::Http { events, .. } | Kind::Program { events, .. } => {
                events.iter().any(|(when, _)| *when == When::TurnEnds)
            }
            Kind::Plugin => true,
        }
    }

    /// The version that their file has to name.
    pub fn version(&self) -> Option<u32> {
        match self.kind {
            Kind::Program { flat, .. } => flat?.version,
            Kind::Http { .. } | Kind::Plugin => None,
        }
    }

    /// The groups of hooks, or the hooks where there are no groups, by event. Nothing for a plugin.
    pub fn groups(&self, target: Target<'_>) -> Vec<(&'static str, Value)> {
        let (events, tools, flat) = match self.kind {
            // An agent must not wait after each of its tools for a server that is away.
            Kind::Http { events, .. } if target.is_here => (events, None, false),
            Kind::Http { events, ours, .. } => (events, Some(ours), false),
            Kind::Program {
                events, ours, flat, ..
            } => (events, ours, flat.is_some()),
            Kind::Plugin => return Vec::new(),
        };
        let group = |when: When, event: &'static str| {
            let hook = self.hook(event, when == When::TurnEnds, target);
            let mut group = match flat {
                true => hook,
                false => json!({"hooks": [hook]}),
            };
            // Without one it runs after every tool.
            if let (When::ToolAnswers, Some(tools)) = (when, tools) {
                group["matcher"] = tools.into();
            }
            (event, group)
        };
        let events = events.iter();
        events.map(|(when, event)| group(*when, event)).collect()
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
        let command = format!("{program} hook {name} --wait {wait}{flags}");
        let timeout = longest * second;
        match name {
            // It knows no time-out.
            "windsurf" => json!({"command": command, "show_output": false}),
            // By itself it goes on five times in a row at most. Ours gives a prompt three times at most.
            "cursor" if waits => {
                json!({"command": command, "timeout": timeout, "loop_limit": null})
            }
            "cursor" => json!({"command": command, "timeout": timeout}),
            "codex" if waits => json!({
                "type": "command", "command": command, "timeout": timeout,
                "statusMessage": "Waiting for a person in Staffel",
            }),
            "gemini" => {
                json!({"type": "command", "command": command, "timeout": timeout, "name": "staffel"})
            }
            _ => json!({"type": "command", "command": command, "timeout": timeout}),
        }
    }
}
