//! `staffel doctor`: what is there is said, what is wrong has a next step, and nothing is changed.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener},
    process::Command,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Instant,
};

use serde_json::{Value, json};

use crate::{
    connect::{CASES, Said, User, put, said, some_token, strict, token_in},
    support::{PATIENCE, Program, data_folder},
};

/// How the doctor is asked, with what a test wants otherwise.
fn ask(user: &User, prepare: impl FnOnce(&mut Command)) -> Said {
    let mut command = user.program();
    prepare(command.arg("doctor"));
    said(&mut command)
}

/// What it finds, as a script sees it.
#[track_caller]
fn found(user: &User, url: &str, prepare: impl FnOnce(&mut Command)) -> Value {
    let said = ask(user, |command| {
        prepare(command.args(["--json", "--url", url]));
    });
    let found: Value = serde_json::from_str(&said.stdout).expect("JSON");
    assert_eq!(found["well"], said.ok, "{found:#}");
    assert_eq!(found["todo"] == json!([]), said.ok, "{found:#}");
    assert_eq!(said.stderr, "");
    found
}

/// Connects a client.
fn connect(user: &User, client: &str, url: &str, prepare: impl FnOnce(&mut Command)) {
    let mut command = user.program();
    prepare(command.args(["connect", client, "--url", url]));
    said(&mut command).done();
}

/// What it found in a file of a client.
#[track_caller]
fn file<'a>(found: &'a Value, client: &str, scope: &str) -> &'a Value {
    let files = found["files"].as_array().expect("files");
    let mut files = files.iter();
    let file = files.find(|file| file["client"] == client && file["scope"] == scope);
    file.unwrap_or_else(|| panic!("{client} {scope} in {found:#}"))
}

/// The command for something that is wrong, found by words of what is wrong.
#[track_caller]
fn remedy(found: &Value, words: &str) -> String {
    let todo = found["todo"].as_array().expect("what to do");
    let mut todo = todo.iter();
    let one = todo.find(|todo| {
        todo["what"]
            .as_str()
            .is_some_and(|what| what.contains(words))
    });
    let command = one.and_then(|todo| todo["command"].as_str());
    command
        .unwrap_or_else(|| panic!("{words:?} in {found:#}"))
        .to_owned()
}

/// A server that answers the same to everybody: the body that `answer` gives for a path.
fn stranger(answer: fn(&str) -> &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its address");
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let mut lines = BufReader::new(stream.try_clone().expect("its other end")).lines();
            let first = lines.next().expect("a request").expect("a line");
            let length: usize = lines
                .map_while(Result::ok)
                .take_while(|line| !line.is_empty())
                .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok())
                .unwrap_or(0);
            let body = answer(first.split(' ').nth(1).unwrap_or_default());
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n";
            let _ = write!(stream, "{head}content-length: {}\r\n\r\n{body}", body.len());
            // What is unread would reset the connection before the answer is read.
            let _ = std::io::copy(
                &mut std::io::Read::take(&stream, length as u64),
                &mut std::io::sink(),
            );
        }
    });
    address
}

#[test]
fn where_nothing_is_there_it_says_so_and_makes_nothing() {
    let (user, data) = (User::new(), data_folder());
    let said = ask(&user, |command| {
        command.args(["--url", "http://127.0.0.1:1", "--data"]);
        command.arg(data.path().join("none"));
    });
    assert!(!said.ok && said.stderr.is_empty());
    for words in [
        "Server  http://127.0.0.1:1/mcp\n",
        "no Staffel answers there",
        "no agent has a token",
        "serve --listen 127.0.0.1:1 --data ",
        "connect cursor --url http://127.0.0.1:1/mcp\n",
    ] {
        assert!(said.stdout.contains(words), "{words:?} in {}", said.stdout);
    }
    assert_eq!(
        said.stdout.matches("no file").count(),
        16,
        "{}",
        said.stdout
    );
    for line in said
        .stdout
        .lines()
        .filter(|line| !line.contains("/staffel "))
    {
        assert!(
            line.chars().count() <= 80 || line.contains("Data"),
            "{line}"
        );
    }
    assert!(user.files().is_empty());
    assert_eq!(fs::read_dir(data.path()).expect("a folder").count(), 0);
}

#[test]
fn where_all_is_well_it_says_so_and_changes_nothing() {
    let (user, data) = (User::new(), data_folder());
    let program = Program::start(data.path());
    let url = format!("http://{}", program.api.address);
    for case in &CASES {
        connect(&user, case.client, &url, |command| {
            command.arg("--global");
        });
        if case.project.is_some() {
            connect(&user, case.client, &url, |command| {
                command.arg("--project");
            });
        }
    }
    let files = user.files();
    let found = found(&user, &url, |command| {
        command.env("STAFFEL_DATA", data.path());
    });
    assert_eq!(found["well"], true, "{found:#}");
    let server = &found["server"];
    assert_eq!(server["url"], format!("{url}/mcp"));
    assert_eq!(server["version"], server::VERSION);
    assert_eq!(server["health"], "ok");
    assert_eq!(server["needs_token"], false);
    assert!(
        server["tools"].as_u64().is_some_and(|tools| tools > 5),
        "{server}"
    );
    assert_eq!(found["data"]["agents"], json!([]));
    for case in &CASES {
        for (scope, path) in [("project", case.project), ("global", Some(case.global))] {
            let Some(path) = path else { continue };
            let file = file(&found, case.client, scope);
            assert!(
                file["path"]
                    .as_str()
                    .is_some_and(|found| found.ends_with(path))
            );
            assert_eq!(file["state"], "staffel", "{file}");
            assert_eq!(file["this_server"], true, "{file}");
            assert_eq!(file["token"], "none", "{file}");
        }
    }
    let text = ask(&user, |command| {
        command.args(["--url", &url]);
    });
    let text = text.done();
    assert!(text.ends_with("\nAll is well.\n"), "{text}");
    assert_eq!(text.matches("ok this server").count(), 16, "{text}");
    assert_eq!(user.files(), files);
}

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

/// Names the folder of the server's data.
fn agent_data(data: &std::path::Path) -> impl FnOnce(&mut Command) + '_ {
    move |command| {
        command.arg("--data").arg(data);
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

#[tokio::test]
async fn the_agents_that_called_are_shown_and_the_doctor_is_none_of_them() {
    let (user, data) = (User::new(), data_folder());
    let program = Program::start(data.path());
    let url = format!("http://{}", program.api.address);
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "cursor\u{1b}[2J", "version": "2.4"},
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let list =
        json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": meta}});
    let headers = [
        ("accept", "application/json, text/event-stream"),
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", "tools/list"),
    ];
    let answer = program.api.post_with("/mcp", &headers, &list).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    for _ in 0..2 {
        let found = found(&user, &url, |_| {});
        let agents = found["server"]["agents"].as_array().expect("agents");
        assert_eq!(agents.len(), 1, "{found:#}");
        assert_eq!(agents[0]["called"], "tools/list");
    }
    let said = ask(&user, |command| {
        command.args(["--url", &url]);
    });
    assert!(said.stdout.contains("called last:"), "{}", said.stdout);
    assert!(said.stdout.contains(" s ago"), "{}", said.stdout);
    assert!(!said.stdout.contains('\u{1b}'), "{}", said.stdout);
}

#[test]
fn a_server_that_is_not_as_it_should_be_is_described() {
    let user = User::new();
    let ask = |answer| found(&user, &format!("http://{}", stranger(answer)), |_| {});

    let other = ask(|_| "hello");
    assert_eq!(other["server"]["version"], Value::Null);
    assert!(remedy(&other, "No Staffel answers").contains("serve --listen 127.0.0.1:"));
    let other = ask(|_| r#"{"name": "other", "version": "1"}"#);
    assert!(remedy(&other, "another program answers there").contains("serve"));

    let old = ask(|path| match path {
        "/api/status" => r#"{"name": "staffel", "version": "0.0.1"}"#,
        "/health" => r#"{"status": "failing", "why": "the disk is full"}"#,
        _ => "{}",
    });
    assert_eq!(old["server"]["version"], "0.0.1");
    assert_eq!(old["server"]["health"], "the disk is full");
    assert!(remedy(&old, "The server has version 0.0.1").contains("serve --listen"));
    assert!(remedy(&old, "cannot write its journal: the disk is full").starts_with("df -h "));
    remedy(&old, "not over MCP");
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
fn commands_name_the_configuration_that_was_named() {
    let user = User::new();
    let config = user.home.path().join("my own.toml");
    let data = user.home.path().join("data");
    put(
        &config,
        format!(
            "[[workspace.metadata.leptos]]\noutput-name = \"staffel\"\n[server]\nlisten = \"127.0.0.1:1\"\n[journal]\ndata = \"{}\"\n",
            data.display()
        ),
    );
    put(
        &user.home.path().join(CASES[8].global),
        r#"{"mcpServers": {"staffel": {"command": "/no/staffel", "args": ["stdio", "--url", "http://127.0.0.1:1"]}}}"#,
    );
    let said = ask(&user, |command| {
        command.args(["--json", "--config"]).arg(&config);
    });
    let found: Value = serde_json::from_str(&said.stdout).expect("JSON");
    let named = format!("--config '{}'", config.display());
    for words in [
        "No Staffel answers",
        "starts /no/staffel, which is not there",
    ] {
        let command = remedy(&found, words);
        assert!(command.contains(&named), "{command}");
    }
}

#[test]
fn a_server_that_does_not_say_whether_it_takes_the_token_has_not_refused_it() {
    static KNOCKS: AtomicUsize = AtomicUsize::new(0);
    let user = User::new();
    let address = stranger(|path| match path {
        "/api/status" => r#"{"name": "staffel", "version": "0.0.1"}"#,
        "/health" => r#"{"status": "ok"}"#,
        "/mcp" if KNOCKS.fetch_add(1, Ordering::SeqCst) == 0 => {
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

#[cfg(target_os = "linux")]
#[test]
fn what_is_wrong_with_a_server_elsewhere_is_not_mended_here() {
    let user = User::new();
    let address = stranger(|path| match path {
        "/api/status" => r#"{"name": "staffel", "version": "0.0.1"}"#,
        "/health" => r#"{"status": "failing", "why": "the disk is full"}"#,
        _ => "{}",
    });
    // On Linux this leads to the machine itself, and nobody can know that it does.
    let url = format!("http://0.0.0.0:{}", address.port());
    let found = found(&user, &url, |_| {});
    for words in [
        "The server has version 0.0.1",
        "cannot write its journal",
        "not over MCP",
    ] {
        assert_eq!(remedy(&found, words), format!("curl -i {url}/health"));
    }
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

#[test]
fn a_server_on_another_machine_is_not_to_be_started_here() {
    let user = User::new();
    // Nobody has this address (RFC 5737), so it takes as long as a connection may.
    let found = found(&user, "http://192.0.2.1:4700", |_| {});
    assert_eq!(found["data"], Value::Null);
    let command = remedy(&found, "on that machine");
    assert_eq!(command, "curl -i http://192.0.2.1:4700/health");
}

#[test]
fn a_configuration_that_cannot_be_used_is_an_error_in_words() {
    let user = User::new();
    put(
        &user.project.path().join("Leptos.toml"),
        "[server]\nlistn = 1\n",
    );
    ask(&user, |_| {}).complains(&["name it with --url", "Leptos.toml", "`listn`"]);
}
