//! Settings: the two files agree, and a wrong setting stops the start in words.

use std::{fs, net::TcpListener, path::Path, process::Command};

use toml::{Table, Value};

use crate::support::{Program, Server, data_folder};

/// The build's section for leptos in a file of the repository.
fn leptos_section(file: &str) -> Table {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
    let text = fs::read_to_string(&path).expect("the file");
    let file: Table = text.parse().expect("TOML");
    let section = ["workspace", "metadata", "leptos"]
        .iter()
        .try_fold(&Value::Table(file), |value, key| value.get(key))
        .cloned();
    let section = section.and_then(|section| section.get(0)?.as_table().cloned());
    section.expect("[[workspace.metadata.leptos]]")
}

#[test]
fn what_the_running_server_reads_for_leptos_is_what_the_build_reads() {
    let (build, runtime) = (leptos_section("Cargo.toml"), leptos_section("Leptos.toml"));
    assert!(!runtime.is_empty());
    for (key, value) in &runtime {
        assert_eq!(build.get(key), Some(value), "{key}");
    }
    for key in ["output-name", "site-root", "site-pkg-dir"] {
        assert!(runtime.contains_key(key), "the running server needs {key}");
    }
}

/// Starts the program with this configuration file, flags and variables, and gives its complaint.
fn complaint(file: &str, flags: &[&str], variables: &[(&str, &str)]) -> String {
    let data = data_folder();
    let path = data.path().join("Leptos.toml");
    let leptos = "[[workspace.metadata.leptos]]\noutput-name = \"staffel\"\n";
    fs::write(&path, format!("{leptos}{file}")).expect("a file");
    let mut command = Program::command(data.path());
    command
        .env("STAFFEL_CONFIG", &path)
        .envs(variables.iter().copied())
        .args(flags);
    Program::complaint(command).0
}

#[track_caller]
fn says(complaint: &str, words: &[&str]) {
    for word in words {
        assert!(complaint.contains(word), "{word:?} in {complaint}");
    }
}

#[test]
fn an_address_that_others_can_reach_is_refused_while_there_is_nobody() {
    let words = [
        "0.0.0.0:",
        "nobody has signed in yet",
        "would become the owner",
        "staffel people add NAME --role owner",
        "--listen 127.0.0.1:",
    ];
    says(&complaint("", &["--listen", "0.0.0.0:0"], &[]), &words);
    says(
        &complaint("", &[], &[("STAFFEL_LISTEN", "0.0.0.0:0")]),
        &words,
    );
    says(
        &complaint("", &["--listen", "[::]:0"], &[]),
        &["[::]:", "nobody has signed in yet"],
    );
    says(
        &complaint("", &["--listen", "4700"], &[]),
        &["--listen", "'4700'", "socket address"],
    );
}

#[test]
fn an_unknown_or_unusable_setting_in_the_file_is_named() {
    for (file, words) in [
        (
            "[server]\nlistn = \"127.0.0.1:1\"",
            ["unknown field `listn`", "`listen`"],
        ),
        (
            "[sever]\nopen = true",
            ["unknown field `sever`", "`server`"],
        ),
        ("[server]\nopen = \"yes\"", ["\"yes\"", "boolean"]),
        ("[server]\nlisten = \"here\"", ["\"here\"", "listen"]),
        ("[prompt]\ntimeout_seconds = -1", ["-1", "timeout_seconds"]),
        ("[prompt", ["TOML parse error", "[prompt"]),
    ] {
        let complaint = complaint(file, &[], &[]);
        says(&complaint, &words);
        says(&complaint, &["Leptos.toml"]);
    }
}

#[test]
fn a_setting_outside_its_bounds_is_named_with_its_value_and_what_is_allowed() {
    for (file, variables, words) in [
        (
            "[journal]\nurl = \"postgres://h/d\"\nurl_file = \"f\"",
            vec![],
            vec!["url and url_file", "Allowed: one of them"],
        ),
        (
            "[journal]\nurl_file = \"missing\"",
            vec![],
            vec!["url_file", "missing"],
        ),
        (
            "[journal]\nurl_file = \"missing\"",
            vec![("STAFFEL_DATABASE_URL", "localhost/x")],
            vec!["STAFFEL_DATABASE_URL", "postgres://USER@HOST"],
        ),
        (
            "[journal]\nurl = \"postgres://u:p@w@h/d\"",
            vec![],
            vec!["[journal] url", "%40"],
        ),
        (
            "[journal]\nurl = \"postgres://127.0.0.1:9/d\"\nca_file = \"missing.pem\"",
            vec![],
            vec!["certificates", "missing.pem"],
        ),
        (
            "[prompt]\nmodel = \"m\"\nbase_url = \"localhost\"",
            vec![],
            vec!["base_url", "\"localhost\"", "http://"],
        ),
        (
            "[prompt]\nmodel = \"m\"\nbase_url = \"http://h/?key=secret\"",
            vec![],
            vec!["base_url", "key_file"],
        ),
        (
            "[prompt]\nmodel = \"m\"\nkey_file = \"missing\"",
            vec![],
            vec!["key_file", "missing"],
        ),
        (
            "[prompt]\nmodel = \"m\"\ntimeout_seconds = 0",
            vec![],
            vec!["timeout_seconds", "1 to 600"],
        ),
        (
            "[prompt]\nmodel = \"m\"",
            vec![("STAFFEL_MODEL_TIMEOUT_SECONDS", "soon")],
            vec!["TIMEOUT_SECONDS", "1 to 600"],
        ),
        (
            "[server]\nallowed_origins = [\"*\"]",
            vec![],
            vec!["allowed_origins", "\"*\"", "http://localhost:8501"],
        ),
        (
            "",
            vec![("STAFFEL_ALLOWED_ORIGINS", "localhost:1/x")],
            vec!["allowed_origins", "localhost:1/x"],
        ),
        (
            "[prompt]\ntemplate = \"missing.jinja\"",
            vec![],
            vec!["missing.jinja"],
        ),
    ] {
        let complaint = complaint(file, &[], &variables);
        says(&complaint, &words);
        assert!(!complaint.contains("secret"), "{complaint}");
    }
}

#[test]
fn the_file_names_folders_from_where_it_is_for_commands_beside_the_server_too() {
    let home = data_folder();
    let (file, elsewhere) = (home.path().join("Leptos.toml"), data_folder());
    fs::write(&file, "[journal]\ndata = \"kept\"\n").expect("a file");
    let mut command = Command::new(env!("CARGO_BIN_EXE_staffel"));
    command
        .env_remove("STAFFEL_DATA")
        .current_dir(elsewhere.path())
        .args(["agents", "add", "wind", "--config"])
        .arg(&file);
    assert!(command.status().expect("the program").success());
    assert!(home.path().join("kept").join("agents.db").is_file());
}

#[test]
fn a_start_names_its_data_folder_whole_however_it_was_given() {
    use std::io::{BufRead, BufReader};
    let home = data_folder();
    let file =
        "[[workspace.metadata.leptos]]\noutput-name = \"staffel\"\n[journal]\ndata = \"kept\"\n";
    fs::write(home.path().join("Leptos.toml"), file).expect("a file");
    for (flags, folder) in [
        (["--config", "Leptos.toml"], "kept"),
        (["--data", "mine"], "mine"),
    ] {
        let mut command = Program::command(home.path());
        command.env_remove("STAFFEL_DATA").current_dir(home.path());
        command.args(flags).stdout(std::process::Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let said = BufReader::new(child.stdout.take().expect("its output"));
        let line = said.lines().map_while(Result::ok).find_map(|line| {
            let folder = line.trim().strip_prefix("Data")?.trim().to_owned();
            Some(folder)
        });
        child.kill().expect("it can be killed");
        child.wait().expect("it ends");
        let whole = home.path().join(folder).display().to_string();
        assert_eq!(line, Some(whole), "{flags:?}");
    }
}

#[test]
fn a_configuration_file_that_is_not_there_is_named() {
    let data = data_folder();
    let mut command = Program::command(data.path());
    command.args(["--config", "/nowhere/Leptos.toml"]);
    let (stderr, _) = Program::complaint(command);
    says(&stderr, &["--config /nowhere/Leptos.toml", "no such file"]);
}

#[test]
fn flags_win_over_the_environment_and_that_over_the_file() {
    let data = data_folder();
    let config = data.path().join("Leptos.toml");
    let other = data.path().join("by-file");
    let leptos = "[[workspace.metadata.leptos]]\noutput-name = \"staffel\"\n";
    let text = format!(
        "{leptos}[server]\nlisten = \"0.0.0.0:1\"\n[journal]\ndata = {:?}\n",
        other.display().to_string()
    );
    fs::write(&config, text).expect("a file");
    // The environment of `command` says 127.0.0.1:0 and its own data folder, which this flag replaces.
    let by_flag = data.path().join("by-flag");
    let mut command = Program::command(&data.path().join("by-variable"));
    command
        .arg("--config")
        .arg(&config)
        .arg("--data")
        .arg(&by_flag);
    let program = Program::spawn(command);
    assert!(by_flag.join("staffel.db").is_file());
    assert!(!other.exists() && !data.path().join("by-variable").exists());
    assert!(program.api.address.ip().is_loopback());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_another_staffel_has_is_refused_with_its_address() {
    let server = Server::start().await;
    let address = server.api.address.to_string();
    let complaint =
        tokio::task::spawn_blocking(move || complaint("", &["--listen", &address], &[]));
    let complaint = complaint.await.expect("no panic");
    let board = format!("http://{}", server.api.address);
    says(
        &complaint,
        &[
            "is taken",
            "Another Staffel",
            server::VERSION,
            &board,
            "--listen 127.0.0.1:",
        ],
    );
}

#[test]
fn a_port_that_another_program_has_is_refused() {
    let other = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = other.local_addr().expect("its address").to_string();
    let complaint = complaint("", &["--listen", &address], &[]);
    says(
        &complaint,
        &[
            "is taken",
            "Another program holds it",
            "--listen 127.0.0.1:",
        ],
    );
}

#[test]
fn a_journal_that_cannot_be_opened_stops_the_start() {
    let data = data_folder();
    let _first = Program::start(data.path());
    let (stderr, _) = Program::complaint(Program::command(data.path()));
    says(&stderr, &["in use by another Staffel", "--data DIR"]);
    let other = data_folder();
    fs::write(other.path().join("staffel.db"), "x".repeat(5000)).expect("a file");
    let (stderr, _) = Program::complaint(Program::command(other.path()));
    says(&stderr, &["damaged", "staffel.db"]);
}

#[test]
fn a_start_that_fails_announces_no_board() {
    let data = data_folder();
    fs::write(data.path().join("staffel.db"), "x".repeat(5000)).expect("a file");
    // More than once: an announcement in a race with the failure comes only now and then.
    for _ in 0..10 {
        let (_, stdout) = Program::complaint(Program::command(data.path()));
        assert_eq!(stdout, "");
    }
}
