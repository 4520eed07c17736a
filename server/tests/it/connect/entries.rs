//! An entry of the name that is there already.

use crate::support::{
    CASES, CLAUDE_SETTINGS, URL, User, agents, data_folder, get, put, said, same, some_token,
    token_in,
};

use super::told::TOLD;

#[test]
fn another_server_of_the_name_stays_unless_it_may_be_replaced() {
    for case in &CASES {
        let user = User::new();
        let path = user.usual(case);
        let other = case.entry.replace("127.0.0.1:1", "127.0.0.1:2");
        put(&path, &other);
        let words = [
            "another server is called `staffel`",
            "http://127.0.0.1:2",
            "--replace",
        ];
        user.connect(case.client, &[]).complains(&words);
        assert_eq!(get(&path), other);
        user.connect(case.client, &["--replace"]).done();
        same(&path, case.entry);
    }
}

#[test]
fn where_codex_takes_the_token_from_a_variable_it_is_not_given_one_beside() {
    let user = User::new();
    let path = user.home.path().join(".codex/config.toml");
    let old = format!("[mcp_servers.staffel]\nurl = \"{URL}\"\nbearer_token_env_var = \"MINE\"\n");
    put(&path, &old);
    let connect = |flags: &[&str]| {
        let mut command = user.command("codex");
        command.env("STAFFEL_TOKEN", some_token());
        said(command.args(["--url", URL]).args(flags))
    };
    connect(&[]).complains(&["its `bearer_token_env_var` is MINE", "--replace"]);
    assert_eq!(get(&path), old);
    connect(&["--replace"]).done();
    assert!(!get(&path).contains("MINE"));
}

/// An entry of Claude Desktop's that starts this program, or another, with this in its environment.
fn desktop(program: &str, environment: &str) -> String {
    format!(
        r#"{{"mcpServers": {{"staffel": {{"command": "{program}", "args": ["stdio", "--url", "http://127.0.0.1:1"], "env": {{{environment}}}}}}}}}"#
    )
}

#[test]
fn the_bridge_starts_a_server_with_the_data_that_were_named() {
    let (user, data) = (User::new(), data_folder());
    let config = user.home.path().join("mine.toml");
    put(
        &config,
        "[[workspace.metadata.leptos]]\noutput-name = \"staffel\"\n",
    );
    let path = user.home.path().join(CLAUDE_SETTINGS);
    let mut command = user.command("claude-desktop");
    command.current_dir(data.path().parent().expect("a folder"));
    command
        .arg("--data")
        .arg(data.path().file_name().expect("a name"));
    command.arg("--config").arg(&config);
    said(command.args(["--url", URL, "--agent", "anna"])).done();
    let text = get(&path);
    let environment = format!(
        r#""STAFFEL_TOKEN": "{}", "STAFFEL_DATA": "{}", "STAFFEL_CONFIG": "{}""#,
        token_in(&text.replace("staffel_config", "")),
        data.path().display(),
        config.display()
    );
    same(&path, &desktop(env!("CARGO_BIN_EXE_staffel"), &environment));

    let other = User::new();
    let mut command = other.command("claude-desktop");
    command.arg("--data").arg(data.path());
    said(command.args(["--url", "http://192.0.2.1:4700"])).done();
    let text = get(&other.home.path().join(CLAUDE_SETTINGS));
    assert!(!text.contains("env"), "nothing is started there: {text}");
}

#[test]
fn what_is_replaced_keeps_the_token_that_is_still_good() {
    let (user, data) = (User::new(), data_folder());
    let path = user.home.path().join(CLAUDE_SETTINGS);
    let connect = |url: &str, flags: &[&str]| {
        let mut command = user.command("claude-desktop");
        command.args(["--url", url, "--data"]).arg(data.path());
        said(command.args(flags))
    };
    connect(URL, &["--agent", "anna"]).done();
    let token = token_in(&get(&path)).to_owned();
    let data_too = format!(
        r#""STAFFEL_TOKEN": "{token}", "STAFFEL_DATA": "{}""#,
        data.path().display()
    );
    let ours = desktop(env!("CARGO_BIN_EXE_staffel"), &data_too);
    // The program has moved.
    let moved = desktop("/no/staffel", &format!(r#""MINE": "x", {data_too}"#));
    for flags in [vec!["--replace"], vec!["--replace", "--agent", "anna"]] {
        put(&path, &moved);
        connect(URL, &flags).done();
        same(
            &path,
            &desktop(
                env!("CARGO_BIN_EXE_staffel"),
                &format!(r#""MINE": "x", {data_too}"#),
            ),
        );
    }
    // The server has moved, and has its data with it.
    for flags in [vec!["--replace"], vec!["--replace", "--agent", "anna"]] {
        put(&path, ours.replace("127.0.0.1:1", "127.0.0.1:2"));
        connect(URL, &flags).done();
        same(&path, &ours);
    }
    assert_eq!(agents(data.path()), ["anna"]);
    // A token that this server does not know goes with the server that it is for.
    put(
        &path,
        desktop("/other", &format!(r#""STAFFEL_TOKEN": "{}""#, some_token()))
            .replace("127.0.0.1:1", "h"),
    );
    connect(URL, &["--replace"]).done();
    assert!(!get(&path).contains("STAFFEL_TOKEN"));
}

#[test]
fn what_names_the_variable_still_does_so_when_it_is_replaced() {
    let user = User::new();
    let path = user.project.path().join(".cursor/mcp.json");
    let headers = r#""headers": {"Authorization": "Bearer ${env:STAFFEL_TOKEN}"}"#;
    let entry =
        |url: &str| format!(r#"{{"mcpServers": {{"staffel": {{"url": "{url}", {headers}}}}}}}"#);
    put(&path, entry("http://127.0.0.1:2/mcp"));
    user.connect("cursor", &["--replace"]).done();
    same(&path, &entry(URL));
}

#[test]
fn a_token_in_a_projects_file_goes_out_of_the_folder() {
    let cases = TOLD.iter().filter(|told| told.variable.is_some());
    for told in cases {
        let (user, data) = (User::new(), data_folder());
        let file = told.case().project.expect("a file");
        let path = user.project.path().join(file);
        put(
            &path,
            told.entry(&told.literal.replace("<token>", &some_token())),
        );
        let mut command = user.command(told.client);
        command.args(["--url", URL, "--project", "--agent", "anna", "--data"]);
        let shown = said(command.arg(data.path())).done();
        assert!(!shown.contains(&some_token()), "{shown}");
        assert!(shown.contains("The file as it was is not kept"), "{shown}");
        same(&path, &told.entry(told.variable.expect("a variable")));
        for (path, text) in user.files() {
            let text = String::from_utf8_lossy(&text).into_owned();
            assert!(!text.contains(&some_token()), "{}: {text}", path.display());
        }
    }
}

#[test]
fn a_server_that_is_switched_off_is_switched_on() {
    for (client, file, off) in [
        (
            "codex",
            ".codex/config.toml",
            format!("[mcp_servers.staffel]\nurl = \"{URL}\"\nenabled = false\n"),
        ),
        (
            "opencode",
            ".config/opencode/opencode.json",
            format!(
                r#"{{"mcp": {{"staffel": {{"type": "remote", "url": "{URL}", "enabled": false}}}}}}"#
            ),
        ),
        (
            "windsurf",
            ".codeium/windsurf/mcp_config.json",
            format!(
                r#"{{"mcpServers": {{"staffel": {{"serverUrl": "{URL}", "disabled": true}}}}}}"#
            ),
        ),
    ] {
        let user = User::new();
        let path = user.home.path().join(file);
        put(&path, off);
        let said = user.connect(client, &["--global"]).done();
        assert!(said.contains("knows Staffel now"), "{said}");
        let case = CASES.iter().find(|case| case.client == client);
        same(&path, case.expect("a case").entry);
    }
}
