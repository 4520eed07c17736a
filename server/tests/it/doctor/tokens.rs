//! What the doctor says about tokens.

use std::{
    fs,
    process::Command,
    sync::atomic::{AtomicUsize, Ordering},
    time::Instant,
};

use serde_json::{Value, json};

use crate::support::{CASES, PATIENCE, User, data_folder, put, said, some_token, strict, token_in};

use super::asking::{agent_data, ask, connect, file, foreign_server, found, remedy};

#[test]
fn tokens_are_tried_and_never_shown() {
    let (user, data) = (User::new(), data_folder());
    let program = strict(data.path());
    let url = format!("http://{}", program.api.address);
    let agent = |name: &'static str| {
        let data = data.path().to_owned();
        move |command: &mut Command| {
            command.args(["--agent", name, "--data"]).arg(data);
        }
    };
    connect(&user, "windsurf", &url, agent("wind"));
    connect(&user, "claude-desktop", &url, agent("desk"));
    connect(&user, "cursor", &url, agent("anna"));
    connect(&user, "gemini", &url, |_| {});
    let mut revoke = user.program();
    revoke
        .args(["agents", "revoke", "wind", "--data"])
        .arg(data.path());
    said(&mut revoke).done();
    let desk = fs::read_to_string(user.home.path().join(CASES[8].global)).expect("the file");
    let desk = token_in(&desk);

    // A running server takes notice of a revocation within a second.
    let deadline = Instant::now() + PATIENCE;
    let without = loop {
        let found = found(&user, &url, agent_data(data.path()));
        if file(&found, "windsurf", "global")["token"] != "in-file-valid" {
            break found;
        }
        assert!(Instant::now() < deadline, "{found:#}");
    };
    assert_eq!(without["server"]["needs_token"], true);
    assert_eq!(without["server"]["token_valid"], Value::Null);
    assert_eq!(without["data"]["agents"], json!(["anna", "desk"]));
    for (client, scope, token) in [
        ("windsurf", "global", "in-file-refused"),
        ("claude-desktop", "global", "in-file-valid"),
        ("cursor", "project", "variable"),
        ("gemini", "project", "none"),
    ] {
        assert_eq!(file(&without, client, scope)["token"], token, "{client}");
    }
    for (words, command) in [
        ("refuses the token in /", "connect windsurf"),
        ("which is not set here", "export STAFFEL_TOKEN=…"),
        ("The server wants a token, and /", "--agent gemini"),
    ] {
        let remedy = remedy(&without, words);
        assert!(remedy.contains(command), "{remedy}");
    }

    let with = |token: &str| {
        found(&user, &url, |command| {
            agent_data(data.path())(command);
            command.env("STAFFEL_TOKEN", token);
        })
    };
    let proven = with(desk);
    assert_eq!(proven["server"]["token_valid"], true);
    assert!(proven["server"]["tools"].is_u64(), "{proven:#}");
    let refused = with(&some_token());
    assert_eq!(refused["server"]["token_valid"], false);
    assert!(remedy(&refused, "refuses the token in STAFFEL_TOKEN").contains("agents list"));
    let torn = with("torn");
    assert_eq!(
        remedy(&torn, "holds no token of Staffel"),
        "unset STAFFEL_TOKEN"
    );

    let shown = ask(&user, |command| {
        command.env("STAFFEL_TOKEN", desk).args(["--url", &url]);
    });
    for text in [
        &shown.stdout,
        &shown.stderr,
        &proven.to_string(),
        &without.to_string(),
    ] {
        assert!(!text.contains(desk) && !text.contains("staffel_"), "{text}");
    }
}

#[cfg(unix)]
#[test]
fn a_token_that_others_can_read_is_noticed() {
    use std::os::unix::fs::PermissionsExt;
    let (user, data) = (User::new(), data_folder());
    let program = strict(data.path());
    let url = format!("http://{}", program.api.address);
    connect(&user, "cursor", &url, |command| {
        command
            .args(["--global", "--agent", "anna", "--data"])
            .arg(data.path());
    });
    let path = user.home.path().join(".cursor/mcp.json");
    assert_eq!(found(&user, &url, agent_data(data.path()))["well"], true);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("its mode");
    let open = found(&user, &url, agent_data(data.path()));
    let command = remedy(&open, "others on this machine can read it");
    assert_eq!(command, format!("chmod 600 {}", path.display()));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("its mode");

    let shared = user.project.path().join(".cursor/mcp.json");
    put(&shared, fs::read(&path).expect("the file"));
    let open = found(&user, &url, agent_data(data.path()));
    let command = remedy(&open, "a file that is shared with the project");
    assert!(command.contains("connect cursor"), "{command}");
}

#[test]
fn a_token_beside_the_name_of_a_variable_is_noticed_and_taken_out() {
    let (user, data) = (User::new(), data_folder());
    let path = user.project.path().join(".codex/config.toml");
    let text = format!(
        "[mcp_servers.staffel]\nurl = \"http://127.0.0.1:1/mcp\"\nbearer_token_env_var = \"STAFFEL_TOKEN\"\n\
         http_headers = {{ X = \"mine\", authorization = \"Bearer {}\" }} # why\n",
        some_token()
    );
    put(&path, text);
    let open = found(&user, "http://127.0.0.1:1", agent_data(data.path()));
    let command = remedy(&open, "a file that is shared with the project");
    let mut connect = Command::new("sh");
    connect
        .args(["-c", &command])
        .env("HOME", user.home.path())
        .current_dir(user.project.path());
    said(&mut connect).done();
    assert_eq!(
        fs::read_to_string(&path).expect("the file"),
        "[mcp_servers.staffel]\nurl = \"http://127.0.0.1:1/mcp\"\nbearer_token_env_var = \"STAFFEL_TOKEN\"\n\
         http_headers = { X = \"mine\"} # why\n"
    );
    let closed = found(&user, "http://127.0.0.1:1", |command| {
        agent_data(data.path())(command);
        command.env("STAFFEL_TOKEN", some_token());
    });
    let state = file(&closed, "codex", "project");
    assert_eq!(
        (&state["token"], &state["well"]),
        (&json!("variable"), &json!(true))
    );
}

#[test]
fn a_server_that_does_not_say_whether_it_takes_the_token_has_not_refused_it() {
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    let user = User::new();
    let address = foreign_server(|path| match path {
        "/api/status" => r#"{"name": "staffel", "version": "0.0.1"}"#,
        "/health" => r#"{"status": "ok"}"#,
        "/mcp" if ASKED.fetch_add(1, Ordering::SeqCst) == 0 => {
            r#"{"result": {"supportedVersions": ["2026-07-28"], "_meta": {"io.modelcontextprotocol/serverInfo": {"name": "staffel"}}}}"#
        }
        _ => "{}",
    });
    let found = found(&user, &format!("http://{address}"), |command| {
        command.env("STAFFEL_TOKEN", some_token());
    });
    assert_eq!(found["server"]["token_valid"], Value::Null, "{found:#}");
    remedy(&found, "whether it takes the token in STAFFEL_TOKEN");
}

#[test]
fn a_file_of_tokens_that_is_none_is_named() {
    let (user, data) = (User::new(), data_folder());
    let path = data.path().join("agents.db");
    put(
        &path,
        "no database, but long enough to be taken for the header of one".repeat(40),
    );
    let before = fs::read(&path).expect("the file");
    let found = found(&user, "http://127.0.0.1:1", agent_data(data.path()));
    assert_eq!(found["data"]["agents"], Value::Null);
    let command = remedy(&found, "tokens of the agents cannot be read");
    assert_eq!(command, format!("ls -l {}", path.display()));
    assert_eq!(fs::read(&path).expect("the file"), before);
}
