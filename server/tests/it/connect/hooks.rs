//! Hooks: where they are written, that nothing beside them changes, and that they go away again.

use std::{fs, path::Path};

use serde_json::Value;

use crate::support::{URL, User, get, put, said, some_token};

/// The clients with hooks: the file in a project, the one at home, and the event at the end of a turn.
const CASES: [(&str, &str, &str, &str); 4] = [
    (
        "claude-code",
        ".claude/settings.local.json",
        ".claude/settings.json",
        "Stop",
    ),
    ("codex", ".codex/hooks.json", ".codex/hooks.json", "Stop"),
    (
        "gemini",
        ".gemini/settings.json",
        ".gemini/settings.json",
        "AfterAgent",
    ),
    ("qwen", ".qwen/settings.json", ".qwen/settings.json", "Stop"),
];

fn json(path: &Path) -> Value {
    serde_json::from_str(&get(path)).expect("JSON")
}

#[test]
fn hooks_are_installed_once_and_taken_out_again() {
    for (client, project, global, event) in CASES {
        for (flag, file) in [("--project", project), ("--global", global)] {
            let user = User::new();
            let path = match flag {
                "--project" => user.project.path().join(file),
                _ => user.home.path().join(file),
            };
            put(
                &path,
                format!(
                    r#"{{"theme": "dark", "hooks": {{"{event}": [{{"hooks": [{{"type": "command", "command": "say done"}}]}}]}}}}"#
                ),
            );
            let said = user.connect(client, &[flag, "--hooks"]).done();
            assert!(said.contains("is woken by a decision now"), "{said}");
            let written = json(&path);
            assert_eq!(written["theme"], "dark");
            let groups = written["hooks"][event].as_array().expect("groups");
            assert_eq!(groups.len(), 2, "{written}");
            assert_eq!(groups[0]["hooks"][0]["command"], "say done");
            let ours = &groups[1]["hooks"][0];
            assert!(ours.to_string().contains("127.0.0.1:1"), "{ours}");
            assert!(ours["timeout"].as_u64() >= Some(40_000), "{ours}");
            assert_eq!(written["hooks"].as_object().expect("events").len(), 4);

            let again = user.connect(client, &[flag, "--hooks"]).done();
            assert!(again.contains("Nothing to do about the hooks"), "{again}");
            let said = user.connect(client, &[flag, "--no-hooks"]).done();
            assert!(said.contains("The hooks are out of"), "{said}");
            let left = json(&path);
            assert_eq!(left["hooks"].as_object().expect("events").len(), 1);
            assert_eq!(left["hooks"][event].as_array().map(Vec::len), Some(1));
        }
    }
}

/// In the files of two editors hooks stand in no groups.
#[test]
fn hooks_of_editors_come_and_go_as_their_documentation_has_them() {
    for (client, project, global, event, theirs, events) in [
        (
            "cursor",
            ".cursor/hooks.json",
            ".cursor/hooks.json",
            "stop",
            r#"{"version": 1, "hooks": {"stop": [{"command": "say done"}]}}"#,
            3,
        ),
        (
            "windsurf",
            ".windsurf/hooks.json",
            ".codeium/windsurf/hooks.json",
            "post_mcp_tool_use",
            r#"{"hooks": {"post_mcp_tool_use": [{"command": "say done"}]}}"#,
            1,
        ),
    ] {
        let user = User::new();
        let path = match client {
            "windsurf" => user.home.path().join(global),
            _ => user.project.path().join(project),
        };
        put(&path, theirs);
        let said = user.connect(client, &["--hooks"]).done();
        assert_eq!(
            said.contains("is woken by a decision"),
            client == "cursor",
            "{said}"
        );
        let written = json(&path);
        assert_eq!(written["hooks"].as_object().expect("events").len(), events);
        let hooks = written["hooks"][event].as_array().expect("hooks");
        assert_eq!(hooks[0], serde_json::json!({"command": "say done"}));
        let ours = hooks[1]["command"].as_str().expect("a command");
        assert!(ours.contains(&format!(" hook {client} --wait ")), "{ours}");
        let again = user.connect(client, &["--hooks"]).done();
        assert!(again.contains("Nothing to do about the hooks"), "{again}");
        user.connect(client, &["--no-hooks"]).done();
        let theirs: Value = serde_json::from_str(theirs).expect("JSON");
        assert_eq!(json(&path), theirs);
    }
}

#[test]
fn hooks_prove_the_agent_as_the_entry_does_and_show_no_token() {
    let token = some_token();
    let with = |user: &User, flags: &[&str]| {
        let mut command = user.command("claude-code");
        command.args(["--url", URL, "--hooks"]).args(flags);
        said(command.env("STAFFEL_TOKEN", &token)).done()
    };
    let user = User::new();
    with(&user, &[]);
    let path = user.project.path().join(".claude/settings.local.json");
    let header = |path: &Path| {
        json(path)["hooks"]["Stop"][0]["hooks"][0]["headers"]["Authorization"].clone()
    };
    assert_eq!(header(&path), "Bearer $STAFFEL_TOKEN");
    with(&user, &["--global"]);
    let path = user.home.path().join(".claude/settings.json");
    assert_eq!(header(&path), format!("Bearer {token}"));
    let shown = user.connect("claude-code", &["--global", "--no-hooks", "--print"]);
    let shown = shown.done();
    assert!(!shown.contains(&token), "{shown}");
}

#[test]
fn a_plugin_comes_and_goes_as_a_file() {
    let user = User::new();
    let path = user.project.path().join(".opencode/plugin/staffel.js");
    user.connect("opencode", &["--hooks"]).done();
    let plugin = get(&path);
    assert!(
        plugin.contains("const SERVER = 'http://127.0.0.1:1';"),
        "{plugin}"
    );
    assert!(!plugin.contains("{{"), "{plugin}");
    let again = user.connect("opencode", &["--hooks"]).done();
    assert!(again.contains("Nothing to do about the hooks"), "{again}");
    user.connect("opencode", &["--no-hooks"]).done();
    assert!(!path.exists());
    user.connect("opencode", &["--no-hooks"]).done();
    put(&path, "export const Mine = 1;\n");
    for flag in ["--hooks", "--no-hooks"] {
        user.connect("opencode", &[flag])
            .complains(&["is not Staffel's"]);
        assert_eq!(get(&path), "export const Mine = 1;\n");
    }
}

#[test]
fn nothing_is_installed_unasked_and_what_cannot_be_is_said() {
    let user = User::new();
    user.connect("codex", &["--project", "."]).done();
    assert!(!user.project.path().join(".codex/hooks.json").exists());
    user.connect("vscode", &["--hooks"])
        .complains(&["VS Code has no hooks", "connected all the same"]);
    let file = user.project.path().join(".codex/hooks.json");
    for wrong in [
        "{",
        "[]",
        r#"{"hooks": []}"#,
        r#"{"hooks": {"Stop": "say"}}"#,
    ] {
        put(&file, wrong);
        user.connect("codex", &["--project", ".", "--hooks"])
            .complains(&["hooks.json", "The hooks were not written"]);
        assert_eq!(get(&file), wrong);
    }
    fs::remove_file(&file).expect("a file");
    let shown = user
        .connect("codex", &["--project", ".", "--hooks", "--print"])
        .done();
    assert!(shown.contains("hook codex"), "{shown}");
    assert!(!file.exists());
}
