//! What the doctor says about an entry in a file.

use std::process::Command;

use serde_json::{Value, json};

use crate::support::{CASES, Program, User, data_folder, put, said, some_token};

use super::asking::{connect, file, found, remedy};

#[test]
fn a_file_that_cannot_be_read_is_named_with_line_and_column() {
    for case in &CASES {
        let user = User::new();
        let path = user.home.path().join(case.global);
        let (text, at) = match case.client {
            "codex" => ("a = 1\nb =\n", "line 2, column 4"),
            _ => ("{\n  \"a\": ,\n}", "line 2, column 8"),
        };
        put(&path, text);
        let look = || found(&user, "http://127.0.0.1:1", |_| {});
        let broken = look();
        let found = file(&broken, case.client, "global");
        assert_eq!(found["state"], "unreadable");
        let why = found["why"].as_str().expect("why");
        assert!(why.contains(at), "{why}");
        let command = remedy(&broken, at);
        assert!(
            command.contains(&format!("connect {}", case.client)),
            "{command}"
        );
        put(&path, "");
        let empty = look();
        let found = file(&empty, case.client, "global");
        assert_eq!(found["state"], "without-staffel");
    }
}

#[test]
fn an_entry_that_leads_elsewhere_is_told_from_one_that_leads_here() {
    let (user, data) = (User::new(), data_folder());
    let program = Program::start(data.path());
    let port = program.api.address.port();
    let here = format!("http://127.0.0.1:{port}");
    // A name of this machine is as good as its address, and any client may start the bridge.
    put(
        &user.project.path().join(".cursor/mcp.json"),
        format!(r#"{{"mcpServers": {{"staffel": {{"url": "http://localhost:{port}/mcp/"}}}}}}"#),
    );
    put(
        &user.project.path().join(".mcp.json"),
        format!(
            r#"{{"mcpServers": {{"staffel": {{"command": "staffel", "args": ["stdio", "--url={here}"]}}}}}}"#
        ),
    );
    assert_eq!(found(&user, &here, |_| {})["well"], true);

    connect(&user, "gemini", "http://127.0.0.1:1", |_| {});
    put(
        &user.project.path().join(".vscode/mcp.json"),
        r#"{"servers": {"staffel": {"command": "npx", "args": ["other"]}}}"#,
    );
    connect(&user, "claude-desktop", "http://127.0.0.1:1", |_| {});
    let found = found(&user, &here, |_| {});
    let gemini = file(&found, "gemini", "project");
    assert_eq!(gemini["url"], "http://127.0.0.1:1/mcp");
    assert_eq!(gemini["this_server"], false);
    assert_eq!(file(&found, "vscode", "project")["url"], Value::Null);
    let desktop = file(&found, "claude-desktop", "global");
    assert_eq!(desktop["url"], "http://127.0.0.1:1");
    for (words, command) in [
        (
            "leads to http://127.0.0.1:1/mcp",
            format!("connect gemini --url {here}/mcp --replace"),
        ),
        (
            "something else under the name `staffel`",
            format!("connect vscode --url {here}/mcp --replace"),
        ),
    ] {
        let remedy = remedy(&found, words);
        assert!(remedy.ends_with(&command), "{remedy}");
    }
}

#[test]
fn in_the_home_folder_a_file_of_the_home_folder_is_none_of_a_project() {
    let user = User::new();
    connect(&user, "cursor", "http://127.0.0.1:1", |command| {
        command.arg("--global").env("STAFFEL_TOKEN", some_token());
    });
    let found = found(&user, "http://127.0.0.1:1", |command| {
        command.current_dir(user.home.path());
    });
    assert_eq!(file(&found, "cursor", "global")["well"], true, "{found:#}");
    let files = found["files"].as_array().expect("files");
    let cursor = files.iter().filter(|file| file["client"] == "cursor");
    assert_eq!(cursor.count(), 1);
}

#[test]
fn a_bridge_that_has_gone_is_noticed() {
    let user = User::new();
    let path = user.home.path().join(CASES[8].global);
    put(
        &path,
        r#"{"mcpServers": {"staffel": {"command": "/no/staffel", "args": ["stdio", "--url", "http://127.0.0.1:1"]}}}"#,
    );
    let found = found(&user, "http://127.0.0.1:1", |_| {});
    let command = remedy(&found, "starts /no/staffel, which is not there");
    assert!(command.ends_with("connect claude-desktop --url http://127.0.0.1:1/mcp --replace"));
}

#[test]
fn an_entry_that_its_client_cannot_use_is_noticed() {
    for (client, file, entry, words, command) in [
        (
            "claude-code",
            ".mcp.json",
            r#"{"mcpServers": {"staffel": {"url": "http://127.0.0.1:1/mcp"}}}"#,
            "it has no `type`",
            "connect claude-code --url http://127.0.0.1:1/mcp --replace",
        ),
        (
            "vscode",
            ".vscode/mcp.json",
            r#"{"servers": {"staffel": {"type": "sse", "url": "http://127.0.0.1:1/mcp"}}}"#,
            "its `type` is sse",
            "connect vscode --url http://127.0.0.1:1/mcp --replace",
        ),
        (
            "codex",
            ".codex/config.toml",
            "[mcp_servers.staffel]\nurl = \"http://127.0.0.1:1/mcp\"\nenabled = false\n",
            "is switched off there (`enabled` is false)",
            "connect codex --project --url http://127.0.0.1:1/mcp",
        ),
    ] {
        let user = User::new();
        put(&user.project.path().join(file), entry);
        let found = found(&user, "http://127.0.0.1:1", |_| {});
        let state = self::file(&found, client, "project");
        assert_eq!(
            (&state["this_server"], &state["well"]),
            (&json!(true), &json!(false))
        );
        let remedy = remedy(&found, words);
        assert!(remedy.ends_with(command), "{remedy}");
        let mut connect = Command::new("sh");
        connect
            .args(["-c", &remedy])
            .env("HOME", user.home.path())
            .current_dir(user.project.path());
        said(&mut connect).done();
        let found = self::found(&user, "http://127.0.0.1:1", |_| {});
        assert_eq!(
            self::file(&found, client, "project")["well"],
            true,
            "{found:#}"
        );
    }
}

#[test]
fn a_transport_that_its_client_takes_is_nobodys_business() {
    for (client, file, entry) in [
        (
            "vscode",
            ".vscode/mcp.json",
            r#"{"servers": {"staffel": {"url": "http://127.0.0.1:1/mcp"}}}"#,
        ),
        (
            "claude-code",
            ".mcp.json",
            r#"{"mcpServers": {"staffel": {"type": "streamable-http", "url": "http://127.0.0.1:1/mcp"}}}"#,
        ),
    ] {
        let user = User::new();
        put(&user.project.path().join(file), entry);
        let found = found(&user, "http://127.0.0.1:1", |_| {});
        assert_eq!(
            self::file(&found, client, "project")["well"],
            true,
            "{found:#}"
        );
        let files = user.files();
        connect(&user, client, "http://127.0.0.1:1", |_| {});
        assert_eq!(user.files(), files, "nothing to do");
    }
}
