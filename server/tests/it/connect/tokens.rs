//! The token in the entry: given, made, or refused.

use std::fs;

use crate::support::{URL, User, agents, data_folder, get, put, said, same, some_token, token_in};

use super::told::TOLD;

#[test]
fn a_given_token_is_written_for_one_user_and_only_named_in_a_shared_file() {
    let token = some_token();
    for told in &TOLD {
        let user = User::new();
        let connect = |flags: &[&str]| {
            let mut command = user.command(told.client);
            command.env("STAFFEL_TOKEN", &token);
            said(command.args(["--url", URL]).args(flags)).done()
        };
        let path = user.home.path().join(told.case().global);
        let print = connect(&["--global", "--print"]);
        assert!(print.contains("****") && !path.exists(), "{print}");
        let first = connect(&["--global"]);
        same(&path, &told.entry(&told.literal.replace("<token>", &token)));
        assert!(
            !first.contains(&token) && !print.contains(&token),
            "{first}"
        );
        assert!(connect(&["--global"]).contains("nothing to do"));

        let Some(variable) = told.variable else {
            continue;
        };
        let shared = connect(&["--project"]);
        let path = user
            .project
            .path()
            .join(told.case().project.expect("a file"));
        same(&path, &told.entry(variable));
        assert!(!shared.contains(&token), "{shared}");
        assert!(shared.contains("STAFFEL_TOKEN"), "{shared}");
        assert!(connect(&["--project"]).contains("nothing to do"));
    }
}

#[test]
fn an_agent_gets_a_token_that_stands_in_its_file_and_nowhere_else() {
    for told in &TOLD {
        let (user, data) = (User::new(), data_folder());
        let connect = |flags: &[&str]| {
            let mut command = user.command(told.client);
            command.env("STAFFEL_DATA", data.path());
            said(command.args(["--url", URL]).args(flags))
        };
        let print = connect(&["--global", "--agent", "anna", "--print"]).done();
        assert!(print.contains("****"), "{print}");
        assert!(user.files().is_empty() && agents(data.path()).is_empty());

        let first = connect(&["--global", "--agent", "anna"]).done();
        let path = user.home.path().join(told.case().global);
        let text = get(&path);
        let token = token_in(&text);
        assert!(!first.contains(token), "{first}");
        let mut literal = told.literal.replace("<token>", token);
        if told.client == "claude-desktop" {
            let data = format!(r#"", "STAFFEL_DATA": "{}"}}"#, data.path().display());
            literal = literal.replace("\"}", &data);
        }
        same(&path, &told.entry(&literal));
        assert_eq!(agents(data.path()), ["anna"]);

        let second = connect(&["--global", "--agent", "anna"]).done();
        assert!(second.contains("nothing to do"), "{second}");
        // Another one of the name has no way to her token.
        let other = connect(&["--global", "--agent", "bert"]).done();
        assert!(other.contains("staffel agents revoke anna"), "{other}");
        let third = connect(&["--global", "--agent", "anna"]);
        third.complains(&[
            "anna has a token already",
            "staffel agents revoke anna",
            "Nothing was written",
        ]);
        assert_eq!(agents(data.path()), ["anna", "bert"]);

        // Without a token in hand, the one in the file stays.
        let before = get(&path);
        assert!(connect(&["--global"]).done().contains("nothing to do"));
        assert_eq!(get(&path), before);
    }
}

#[test]
fn the_token_for_a_shared_file_is_shown_once() {
    for told in TOLD.iter().filter(|told| told.variable.is_some()) {
        let (user, data) = (User::new(), data_folder());
        let connect = |name| {
            let mut command = user.command(told.client);
            command.env("STAFFEL_DATA", data.path());
            command.args(["--url", URL, "--project", "--agent", name]);
            said(&mut command)
        };
        let first = connect("anna").done();
        let path = user
            .project
            .path()
            .join(told.case().project.expect("a file"));
        same(&path, &told.entry(told.variable.expect("a variable")));
        let line = format!("export STAFFEL_TOKEN={}\n", token_in(&first));
        assert!(first.contains(&line) || cfg!(windows), "{first}");
        // A second agent needs no other file.
        let second = connect("bert").done();
        assert_ne!(token_in(&first), token_in(&second));
        assert_eq!(agents(data.path()), ["anna", "bert"]);
        connect("anna").complains(&["anna has a token already"]);
    }
}

#[test]
fn a_token_that_reaches_no_file_is_void_again() {
    let (user, data) = (User::new(), data_folder());
    let connect = || {
        let mut command = user.command("claude-code");
        command.env("STAFFEL_DATA", data.path());
        command.args(["--url", URL, "--global", "--agent", "anna"]);
        command
    };
    let path = user.home.path().join(".claude.json");
    put(&path, "{");
    said(&mut connect()).complains(&["this is not JSON", "Nothing was written"]);
    assert!(!data.path().join("agents.db").exists(), "not even made");

    // The folder of the file cannot be made.
    put(
        &user.home.path().join("moved"),
        "a file in place of the folder",
    );
    let moved = user.home.path().join("moved/deeper");
    let mut command = connect();
    said(command.env("CLAUDE_CONFIG_DIR", moved)).complains(&["moved"]);
    assert!(agents(data.path()).is_empty());

    fs::remove_file(&path).expect("gone");
    said(&mut connect()).done();
    assert_eq!(agents(data.path()), ["anna"]);
}

#[test]
fn what_cannot_be_a_token_or_an_agent_is_refused_in_words() {
    let user = User::new();
    for (flags, words) in [
        (
            vec!["--agent", "an na"],
            vec!["'an na'", "allowed are 1 to 64 letters"],
        ),
        (
            vec!["--agent", "anna", "--url", "https://staffel.example"],
            vec![
                "https://staffel.example/mcp is on another machine",
                "STAFFEL_TOKEN",
            ],
        ),
    ] {
        said(user.command("cursor").args(flags)).complains(&words);
    }
    let torn = &some_token()[..40];
    let said = said(
        user.command("cursor")
            .env("STAFFEL_TOKEN", torn)
            .args(["--url", URL]),
    );
    assert!(!said.stderr.contains(torn), "{}", said.stderr);
    said.complains(&["STAFFEL_TOKEN holds no token"]);
    assert!(user.files().is_empty());
}
