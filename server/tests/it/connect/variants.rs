//! Files that a client reads in place of its usual one, or beside it.

use std::{fs, path::Path};

use crate::support::{CASES, URL, User, get, put, said, same, some_token};

/// The entry of `OpenCode`, with this behind its address.
fn opencode(more: &str) -> String {
    format!(r#"{{"mcp": {{"staffel": {{"type": "remote", "url": "{URL}"{more}}}}}}}"#)
}

/// Every file of `OpenCode`: the flag that names its folder, the folder, and whether that is the project's.
fn places(user: &User) -> [(&'static str, std::path::PathBuf); 2] {
    [
        ("--project", user.project.path().to_owned()),
        ("--global", user.home.path().join(".config/opencode")),
    ]
}

#[test]
fn an_opencode_jsonc_that_exists_is_merged_and_no_second_file_is_written() {
    let user = User::new();
    for (flag, folder) in places(&user) {
        let path = folder.join("opencode.jsonc");
        put(&path, "{\n  // mine\n  \"theme\": \"x\",\n}\n");
        let shown = user.connect("opencode", &[flag]).done();
        assert!(shown.contains("opencode.jsonc"), "{shown}");
        let text = get(&path);
        assert!(text.contains("// mine") && text.contains(URL), "{text}");
        assert!(!folder.join("opencode.json").exists(), "{flag}");
        let again = user.connect("opencode", &[flag]).done();
        assert!(again.contains("nothing to do"), "{again}");
    }
}

#[test]
fn an_opencode_jsonc_with_another_server_of_the_name_is_not_passed_by() {
    let user = User::new();
    let other = opencode(r#", "enabled": false"#).replace(URL, "http://127.0.0.1:9/mcp");
    for (flag, folder) in places(&user) {
        let (json, jsonc) = (folder.join("opencode.json"), folder.join("opencode.jsonc"));
        put(&json, opencode(r#", "enabled": false"#));
        put(&jsonc, &other);
        let words = ["opencode.jsonc", "http://127.0.0.1:9/mcp", "--replace"];
        user.connect("opencode", &[flag]).complains(&words);
        user.connect("opencode", &[flag, "--replace"]).done();
        same(&jsonc, &opencode(""));
        same(&json, &opencode(""));
    }
}

#[test]
fn a_right_entry_in_the_file_that_does_not_win_is_enough() {
    let user = User::new();
    for (flag, folder) in places(&user) {
        let (json, jsonc) = (folder.join("opencode.json"), folder.join("opencode.jsonc"));
        put(&json, opencode(""));
        put(&jsonc, "{}");
        let said = user.connect("opencode", &[flag]).done();
        assert!(said.contains("nothing to do"), "{said}");
        assert_eq!((get(&jsonc), get(&json)), ("{}".to_owned(), opencode("")));
    }
}

#[test]
fn a_server_is_switched_on_in_whichever_of_the_two_files_switches_it_off() {
    let user = User::new();
    let off = r#"{"mcp": {"staffel": {"enabled": false}}}"#;
    for (flag, folder) in places(&user) {
        let (json, jsonc) = (folder.join("opencode.json"), folder.join("opencode.jsonc"));
        // Of an entry in both, the fields count together.
        for (in_json, in_jsonc) in [
            (opencode(""), off.to_owned()),
            (off.to_owned(), opencode("")),
            (opencode(r#", "enabled": false"#), opencode("")),
        ] {
            put(&json, in_json);
            put(&jsonc, in_jsonc);
            let shown = user.connect("opencode", &[flag, "--print"]).done();
            assert!(shown.contains("enabled"), "{shown}");
            let shown = user.connect("opencode", &[flag]).done();
            assert!(shown.contains("knows Staffel now"), "{shown}");
            // OpenCode refuses its whole file for an entry that is neither whole nor `enabled` alone.
            for path in [&json, &jsonc] {
                same(path, &opencode(""));
            }
            let again = user.connect("opencode", &[flag]).done();
            assert!(again.contains("nothing to do"), "{again}");
        }
    }
}

#[test]
fn a_client_whose_settings_are_elsewhere_is_connected_there() {
    for (client, variable, below) in [
        ("opencode", "XDG_CONFIG_HOME", "opencode/opencode.json"),
        ("gemini", "GEMINI_CLI_HOME", ".gemini/settings.json"),
        ("qwen", "QWEN_HOME", "settings.json"),
        ("codex", "CODEX_HOME", "config.toml"),
        ("claude-code", "CLAUDE_CONFIG_DIR", ".claude.json"),
    ] {
        let user = User::new();
        let elsewhere = user.home.path().join("elsewhere");
        fs::create_dir(&elsewhere).expect("a folder");
        let connect = |folder: &Path| {
            let mut command = user.command(client);
            command.env(variable, folder);
            said(command.args(["--global", "--url", URL])).done()
        };
        connect(&elsewhere);
        let case = CASES.iter().find(|case| case.client == client);
        let case = case.expect("a case");
        same(&elsewhere.join(below), case.entry);
        assert_eq!(user.files().len(), 1, "{client}");
        // As the clients do: what is empty is not set.
        connect(Path::new(""));
        same(&user.home.path().join(case.global), case.entry);
    }
}

#[test]
fn a_tilde_stands_for_the_home_folder_in_qwen_home_alone() {
    let user = User::new();
    let connect = |client: &str, variable: &str| {
        let mut command = user.command(client);
        command.env(variable, "~/elsewhere");
        said(command.args(["--global", "--url", URL])).done();
    };
    connect("qwen", "QWEN_HOME");
    assert!(user.home.path().join("elsewhere/settings.json").is_file());
    connect("gemini", "GEMINI_CLI_HOME");
    let there = user
        .project
        .path()
        .join("~/elsewhere/.gemini/settings.json");
    assert!(there.is_file());
}

#[test]
fn the_next_step_names_an_approval_only_where_the_client_asks_for_one() {
    for (client, words) in [
        ("claude-code", "approve `staffel`"),
        ("qwen", "qwen mcp approve staffel"),
        ("codex", "trust"),
    ] {
        let user = User::new();
        let next = |flags: &[&str]| {
            let said = user.connect(client, flags).done();
            let line = said.lines().find(|line| line.starts_with("Next: "));
            line.expect("the next step").to_owned()
        };
        let (project, global) = (next(&["--project"]), next(&["--global"]));
        assert!(project.contains(words), "{project}");
        assert!(!global.contains(words), "{global}");
        assert!(!global.contains("approv"), "{global}");
    }
    // Qwen asks anew when the entry is another, and the value of a variable is part of it.
    let user = User::new();
    let mut command = user.command("qwen");
    command.env("STAFFEL_TOKEN", some_token());
    let said = said(command.args(["--project", "--url", URL])).done();
    assert!(
        said.contains("again when the value of STAFFEL_TOKEN changes"),
        "{said}"
    );
}
