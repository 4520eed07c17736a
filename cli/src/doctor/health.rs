//! What a client itself says: whether it reaches the server, and whether it runs our hooks. Only the client knows what its
//! user has approved or trusts.
//!
//! Each has a command for it that asks no model; how they answer was seen with the versions in
//! `end2end/assistants/package.json`.

use std::{
    io::{Read, Write},
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use serde::Serialize;
use serde_json::{Value, json};

use crate::clients::{Client, NAME};

use super::todo::Todo;

/// They connect to all servers of their user, some of which may be away; one looks for packages first, which takes long
/// without a network.
const WITHIN: Duration = Duration::from_secs(45);
/// As much as is read of an answer, in bytes.
const READ: u64 = 256 * 1024;
/// Nothing is to be updated or reported because somebody asks how things are.
const QUIET: [(&str, &str); 4] = [
    ("DISABLE_AUTOUPDATER", "1"),
    ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"),
    ("OPENCODE_DISABLE_AUTOUPDATE", "1"),
    ("NO_COLOR", "1"),
];

/// What a client says of the server.
#[derive(Debug, Serialize)]
pub struct Health {
    /// The client's name on the command line.
    pub client: &'static str,
    /// What it says.
    #[serde(flatten)]
    pub says: Says,
}

/// What a client can say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "says", rename_all = "kebab-case")]
pub enum Says {
    /// It reaches the server.
    Connected,
    /// Its user has not approved the server in this folder.
    NotApproved,
    /// It uses no servers in a folder that its user does not trust.
    NotTrusted,
    /// It runs our hooks.
    HooksTrusted,
    /// It skips our hooks: its user has not reviewed them as they are.
    HooksNotTrusted,
    /// It does not reach the server, in its own words.
    Failed {
        /// Its line about the server.
        line: String,
    },
}

/// Asks a client that is installed. `None`: it is not, has no such command, or says nothing about this server.
pub async fn ask(client: &'static Client, todo: &mut Vec<Todo>) -> Option<Health> {
    let says = match client.name {
        "claude-code" => listed("claude").await,
        "gemini" => listed("gemini").await,
        "qwen" => listed("qwen").await,
        "opencode" => listed("opencode").await,
        "codex" => codex_hooks().await,
        _ => None,
    }?;
    todo.extend(next(client, &says));
    Some(Health {
        client: client.name,
        says,
    })
}

/// What its user does about it.
fn next(client: &Client, says: &Says) -> Option<Todo> {
    let title = client.title;
    let (what, command) = match (says, client.name) {
        (Says::Connected | Says::HooksTrusted, _) => return None,
        (Says::NotApproved, "qwen") => (
            format!("{title} waits for your approval of the server in this folder."),
            format!("qwen mcp approve {NAME}"),
        ),
        (Says::NotApproved, _) => (
            format!(
                "{title} waits for your approval of the server in this folder: start it here, and say yes."
            ),
            "claude".to_owned(),
        ),
        (Says::NotTrusted, _) => (
            format!(
                "{title} uses no servers in a folder that you do not trust: start it here, and trust it."
            ),
            client.name.to_owned(),
        ),
        (Says::HooksNotTrusted, _) => (
            format!(
                "{title} skips the hooks without a word until you trust them: start it here, and review them."
            ),
            client.name.to_owned(),
        ),
        (Says::Failed { line }, _) => (
            format!("{title} says: {line}"),
            format!("staffel connect {}", client.name),
        ),
    };
    Some(Todo::new(what, command))
}

/// `PROGRAM mcp list` connects to every server and says how that went, a line for each.
async fn listed(program: &'static str) -> Option<Says> {
    let said = run(program, &["mcp", "list"], String::new(), |_| false).await?;
    about_us(&said)
}

/// The line about this server.
fn about_us(said: &str) -> Option<Says> {
    let plain = without_colour(said);
    let is_ours = |line: &&str| {
        let mut words = line.split(|c: char| !(c.is_alphanumeric() || c == '-'));
        words.find(|word| !word.is_empty()) == Some(NAME)
    };
    let line = plain.lines().map(str::trim).find(is_ours)?;
    let lower = line.to_lowercase();
    let has = |word: &str| lower.contains(word);
    Some(if has("pending approval") {
        Says::NotApproved
    } else if has("disabled") || has("untrusted") {
        Says::NotTrusted
    } else if has("connected") && !has("disconnected") && !has("not connected") {
        Says::Connected
    } else {
        Says::Failed {
            line: line.chars().take(200).collect(),
        }
    })
}

/// Without the sequences with which programs colour a terminal.
fn without_colour(said: &str) -> String {
    let mut plain = String::new();
    let mut letters = said.chars();
    while let Some(letter) = letters.next() {
        if letter == '\u{1b}' {
            // `ESC [ … letter`
            letters.find(char::is_ascii_alphabetic);
        } else {
            plain.push(letter);
        }
    }
    plain
}

/// Codex lists servers without connecting to them, but says of each hook whether it is trusted.
async fn codex_hooks() -> Option<Says> {
    let here = std::env::current_dir().ok()?;
    let message = |id: Option<u32>, method: &str, params: Value| {
        let mut message = json!({"jsonrpc": "2.0", "method": method, "params": params});
        if let Some(id) = id {
            message["id"] = id.into();
        }
        format!("{message}\n")
    };
    let about = json!({"name": "staffel", "version": protocol::VERSION});
    let asked = [
        message(Some(1), "initialize", json!({"clientInfo": about})),
        message(None, "initialized", json!({})),
        message(Some(2), "hooks/list", json!({"cwds": [here]})),
    ];
    let said = run("codex", &["app-server"], asked.concat(), |line| {
        answer(line).is_some()
    })
    .await?;
    trusts(&said.lines().find_map(answer)?)
}

/// The list of hooks, if this line is the answer about it.
fn answer(line: &str) -> Option<Value> {
    let line: Value = serde_json::from_str(line).ok()?;
    (line["id"] == 2).then(|| line["result"]["data"].clone())
}

/// Whether all hooks of ours are trusted, in Codex' list of hooks by folder; `None` if there is none.
fn trusts(folders: &Value) -> Option<Says> {
    let hooks = folders
        .as_array()?
        .iter()
        .filter_map(|folder| folder["hooks"].as_array());
    let is_ours = |hook: &&Value| {
        let command = hook["command"].as_str().unwrap_or_default();
        command.contains(" hook codex --wait ")
    };
    let mut ours = hooks.flatten().filter(is_ours).peekable();
    ours.peek()?;
    let trusted =
        |hook: &Value| matches!(hook["trustStatus"].as_str(), Some("trusted" | "managed"));
    Some(match ours.all(trusted) {
        true => Says::HooksTrusted,
        false => Says::HooksNotTrusted,
    })
}

/// What a program says, Gemini CLI on standard error, until it ends, its time is over, or a line is `enough`.
async fn run(
    program: &'static str,
    arguments: &'static [&'static str],
    input: String,
    enough: impl Fn(&str) -> bool + Send + 'static,
) -> Option<String> {
    let said = tokio::task::spawn_blocking(move || hear(program, arguments, &input, enough));
    said.await.ok()?
}

fn hear(
    program: &str,
    arguments: &[&str],
    input: &str,
    enough: impl Fn(&str) -> bool,
) -> Option<String> {
    let mut command = Command::new(program);
    command.args(arguments).envs(QUIET);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().ok()?;
    let stdin = child.stdin.take().and_then(|mut stdin| {
        stdin.write_all(input.as_bytes()).ok()?;
        // One that is asked on standard input answers as long as that is open.
        (!input.is_empty()).then_some(stdin)
    });
    let (tell, heard) = mpsc::channel();
    listen(child.stdout.take()?, tell.clone());
    listen(child.stderr.take()?, tell);
    let until = Instant::now() + WITHIN;
    let mut said = Vec::new();
    // What has come until then counts.
    while let Ok(piece) = heard.recv_timeout(until.saturating_duration_since(Instant::now())) {
        said.extend(piece);
        if String::from_utf8_lossy(&said).lines().any(&enough) {
            break;
        }
    }
    drop(stdin);
    let _ = child.kill();
    let _ = child.wait();
    Some(String::from_utf8_lossy(&said).into_owned())
}

/// Passes on what comes, up to a bound.
fn listen(from: impl Read + Send + 'static, tell: mpsc::Sender<Vec<u8>>) {
    let mut from = from.take(READ);
    thread::spawn(move || {
        let mut piece = [0; 4096];
        while let Ok(read @ 1..) = from.read(&mut piece) {
            if tell.send(piece[..read].to_vec()).is_err() {
                return;
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_about_this_server_is_understood() {
        for (said, says) in [
            (
                "Checking MCP server health…\n\nstaffel: http://127.0.0.1:4700/mcp (HTTP) - ✔ Connected\n",
                Says::Connected,
            ),
            (
                "staffel: http://127.0.0.1:4700/mcp (HTTP) - ⏸ Pending approval (run `claude` to approve)",
                Says::NotApproved,
            ),
            (
                "\u{1b}[31m○\u{1b}[0m staffel: http://127.0.0.1:4700/mcp (http) - Disabled",
                Says::NotTrusted,
            ),
            ("●  ✓ staffel \u{1b}[90mconnected\u{1b}[0m", Says::Connected),
            (
                "✗ staffel: http://127.0.0.1:4700/mcp (http) - Disconnected",
                Says::Failed {
                    line: "✗ staffel: http://127.0.0.1:4700/mcp (http) - Disconnected".to_owned(),
                },
            ),
        ] {
            assert_eq!(about_us(said), Some(says), "{said}");
        }
        for other in [
            "",
            "staffel-old: connected",
            "No servers configured.",
            "other: for staffel, connected",
        ] {
            assert_eq!(about_us(other), None, "{other}");
        }
    }

    #[test]
    fn hooks_of_ours_are_trusted_all_or_not() {
        let list = |statuses: &[&str]| {
            let hook = |status: &&str| json!({"command": "staffel hook codex --wait 5", "trustStatus": status});
            let mut hooks: Vec<_> = statuses.iter().map(hook).collect();
            hooks.push(json!({"command": "make lint", "trustStatus": "untrusted"}));
            json!([{"cwd": "/p", "hooks": hooks}])
        };
        assert_eq!(
            trusts(&list(&["trusted", "managed"])),
            Some(Says::HooksTrusted)
        );
        assert_eq!(
            trusts(&list(&["trusted", "modified"])),
            Some(Says::HooksNotTrusted)
        );
        assert_eq!(trusts(&list(&[])), None);
        assert_eq!(trusts(&json!("nonsense")), None);
    }
}
