//! What the report says of the whole.

use std::fs;

use serde_json::{Value, json};

use crate::support::{CASES, Program, User, data_folder, put};

use super::asking::{ask, connect, file, found, remedy};

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
fn a_data_folder_is_named_whole_however_it_was_given() {
    let user = User::new();
    put(
        &user.project.path().join("Leptos.toml"),
        "[journal]\ndata = \"kept\"\n",
    );
    for (flags, folder) in [
        (["--config", "Leptos.toml"], "kept"),
        (["--data", "mine"], "mine"),
    ] {
        let found = found(&user, "http://127.0.0.1:1", |command| {
            command.args(flags);
        });
        let whole = user.project.path().join(folder);
        assert_eq!(found["data"]["folder"], json!(whole), "{flags:?}");
    }
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
