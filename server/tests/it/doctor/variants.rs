//! What the doctor says about files that a client reads in place of its usual one, or beside it.

use serde_json::json;

use crate::support::{User, put, said};

use super::asking::{ask, connect, file, found, remedy};

const URL: &str = "http://127.0.0.1:1";

/// The entry of `OpenCode`, with this behind its address.
fn opencode(more: &str) -> String {
    format!(r#"{{"mcp": {{"staffel": {{"type": "remote", "url": "{URL}/mcp"{more}}}}}}}"#)
}

#[test]
fn a_right_entry_in_an_opencode_jsonc_is_seen() {
    let user = User::new();
    let (project, global) = (user.project.path(), user.home.path());
    put(&project.join("opencode.jsonc"), opencode(""));
    put(
        &global.join(".config/opencode/opencode.jsonc"),
        opencode(""),
    );
    let found = found(&user, URL, |_| {});
    for scope in ["project", "global"] {
        let file = file(&found, "opencode", scope);
        assert_eq!(file["this_server"], true, "{file}");
        assert_eq!(file["well"], true, "{file}");
        let path = file["path"].as_str().expect("a path");
        assert!(path.ends_with("opencode.jsonc"), "{path}");
        assert_eq!(file["wins"], json!(null), "{file}");
    }
}

#[test]
fn of_two_files_of_opencode_the_one_that_wins_is_judged_and_named() {
    let user = User::new();
    let folder = user.home.path().join(".config/opencode");
    let (json, jsonc) = (folder.join("opencode.json"), folder.join("opencode.jsonc"));
    put(&json, opencode(""));
    put(
        &jsonc,
        r#"{"mcp":{"staffel":{"type":"remote","url":"http://127.0.0.1:9/mcp","enabled":false}}}"#,
    );
    let both = found(&user, URL, |_| {});
    let row = file(&both, "opencode", "global");
    assert_eq!(row["url"], "http://127.0.0.1:9/mcp", "{row}");
    assert_eq!(row["this_server"], false, "{row}");
    assert_eq!(row["path"], json!(jsonc), "{row}");
    assert_eq!(row["wins"], json!(jsonc), "{row}");
    let text = ask(&user, |command| {
        command.args(["--url", URL]);
    });
    let words = "opencode.json is there, too: opencode.jsonc wins";
    assert!(text.stdout.contains(words), "{}", text.stdout);
    let command = remedy(&both, "leads to http://127.0.0.1:9/mcp");
    run(&user, &command);
    let row = found(&user, URL, |_| {});
    assert_eq!(file(&row, "opencode", "global")["well"], true, "{row:#}");

    // Where only the one that loses has the server, that one counts.
    put(&jsonc, "{}");
    let one = found(&user, URL, |_| {});
    let row = file(&one, "opencode", "global");
    assert_eq!(row["path"], json!(json), "{row}");
    assert_eq!(row["wins"], json!(jsonc), "{row}");
    assert_eq!(row["this_server"], true, "{row}");
    let text = ask(&user, |command| {
        command.args(["--url", URL]);
    });
    let words = "opencode.jsonc is there, too, and wins, but has no `staffel`";
    assert!(text.stdout.contains(words), "{}", text.stdout);
}

#[test]
fn an_entry_that_is_spread_over_two_files_of_opencode_counts_together() {
    for (in_json, in_jsonc, off) in [
        (
            opencode(""),
            r#"{"mcp": {"staffel": {"enabled": false}}}"#.to_owned(),
            "opencode.jsonc",
        ),
        (
            opencode(r#", "enabled": false"#),
            opencode(""),
            "opencode.json",
        ),
    ] {
        let user = User::new();
        let folder = user.project.path();
        put(&folder.join("opencode.json"), &in_json);
        put(&folder.join("opencode.jsonc"), &in_jsonc);
        let look = found(&user, URL, |_| {});
        let row = file(&look, "opencode", "project");
        assert_eq!(row["this_server"], true, "{row}");
        let words = format!("{off} switches it off (`enabled` is false)");
        run(&user, &remedy(&look, &words));
        let look = found(&user, URL, |_| {});
        assert_eq!(file(&look, "opencode", "project")["well"], true, "{look:#}");
    }
    // The one that wins may say that it is on.
    let user = User::new();
    let folder = user.project.path();
    put(
        &folder.join("opencode.json"),
        opencode(r#", "enabled": false"#),
    );
    put(
        &folder.join("opencode.jsonc"),
        r#"{"mcp": {"staffel": {"enabled": true}}}"#,
    );
    let look = found(&user, URL, |_| {});
    assert_eq!(file(&look, "opencode", "project")["well"], true, "{look:#}");
}

#[test]
fn either_file_of_opencode_that_cannot_be_read_is_named() {
    for (good, broken) in [
        ("opencode.json", "opencode.jsonc"),
        ("opencode.jsonc", "opencode.json"),
    ] {
        let user = User::new();
        put(&user.project.path().join(good), opencode(""));
        put(&user.project.path().join(broken), "{\n  \"a\": ,\n}");
        let found = found(&user, URL, |_| {});
        let row = file(&found, "opencode", "project");
        assert_eq!(row["state"], "unreadable", "{row}");
        let why = row["why"].as_str().expect("why");
        let place = format!("{broken}, line 2, column 8");
        assert!(why.contains(&place), "{why}");
    }
}

#[test]
fn what_a_variable_puts_elsewhere_is_looked_for_there() {
    for (client, variable, below) in [
        ("opencode", "XDG_CONFIG_HOME", "opencode/opencode.json"),
        ("gemini", "GEMINI_CLI_HOME", ".gemini/settings.json"),
        ("qwen", "QWEN_HOME", "settings.json"),
    ] {
        let user = User::new();
        let elsewhere = user.home.path().join("elsewhere");
        connect(&user, client, URL, |command| {
            command.arg("--global").env(variable, &elsewhere);
        });
        let without = found(&user, URL, |_| {});
        assert_eq!(file(&without, client, "global")["state"], "absent");
        let with = found(&user, URL, |command| {
            command.env(variable, &elsewhere);
        });
        let row = file(&with, client, "global");
        assert_eq!(row["path"], json!(elsewhere.join(below)), "{row}");
        assert_eq!(row["well"], true, "{row}");
    }
}

/// Runs a command as it was printed.
fn run(user: &User, command: &str) {
    let mut shell = std::process::Command::new("sh");
    shell
        .args(["-c", command])
        .env_remove("XDG_CONFIG_HOME")
        .env("HOME", user.home.path())
        .current_dir(user.project.path());
    said(&mut shell).done();
}
