//! Which server the entry leads to, and what is said about it.

use std::process::Command;

use crate::support::{
    Program, URL, User, agents, data_folder, get, put, said, some_token, strict, token_in,
};

#[test]
fn the_address_comes_from_the_flag_the_environment_or_is_the_usual_one() {
    let address = |prepare: &dyn Fn(&mut Command)| {
        let user = User::new();
        let mut command = user.command("cursor");
        prepare(command.arg("--print"));
        said(&mut command).done()
    };
    assert!(address(&|_| {}).contains("\"http://127.0.0.1:4700/mcp\""));
    let listen = |command: &mut Command| {
        command.env("STAFFEL_LISTEN", "[::1]:4711");
    };
    assert!(address(&listen).contains("\"http://[::1]:4711/mcp\""));
    let url = |command: &mut Command| {
        listen(command);
        command.args(["--url", "https://staffel.example/"]);
    };
    assert!(address(&url).contains("\"https://staffel.example/mcp\""));
    let user = User::new();
    for (url, words) in [
        ("localhost:4700", "begins with http:// or https://"),
        ("http://me:secret@h/mcp", "must not carry a password"),
    ] {
        said(user.command("cursor").args(["--url", url])).complains(&[words]);
    }
    said(user.command("cursor").env("STAFFEL_LISTEN", "127.0.0.1:0"))
        .complains(&["127.0.0.1:0", "--url"]);
}

#[test]
fn variables_that_move_a_clients_folder_are_followed() {
    let user = User::new();
    for (client, variable, file) in [
        ("codex", "CODEX_HOME", "config.toml"),
        ("claude-code", "CLAUDE_CONFIG_DIR", ".claude.json"),
    ] {
        let folder = user.home.path().join("moved").join(client);
        said(
            user.command(client)
                .env(variable, &folder)
                .args(["--global", "--url", URL]),
        )
        .done();
        assert!(get(&folder.join(file)).contains(URL));
    }
}

#[test]
fn an_unknown_client_is_answered_with_the_known_ones() {
    let user = User::new();
    user.connect("emacs", &[])
        .complains(&["'emacs'", "cursor", "claude-desktop"]);
    assert!(user.files().is_empty());
}

#[test]
fn the_address_is_where_the_configuration_lets_the_server_listen() {
    let user = User::new();
    let file = user.project.path().join("Leptos.toml");
    let leptos = "[[workspace.metadata.leptos]]\noutput-name = \"staffel\"\n";
    let listening = |address: &str| format!("{leptos}[server]\nlisten = \"{address}\"\n");
    put(&file, listening("127.0.0.1:4712"));
    let shown = |prepare: &dyn Fn(&mut Command)| {
        let mut command = user.command("cursor");
        prepare(command.arg("--print"));
        said(&mut command)
    };
    let address = shown(&|_| {}).done();
    assert!(
        address.contains("\"http://127.0.0.1:4712/mcp\""),
        "{address}"
    );
    let elsewhere = user.home.path().join("mine.toml");
    put(&elsewhere, listening("[::1]:4713"));
    let address = shown(&|command| {
        command.env("STAFFEL_CONFIG", &elsewhere);
    });
    assert!(address.done().contains("\"http://[::1]:4713/mcp\""));
    put(&file, listening("here"));
    shown(&|_| {}).complains(&["name it with --url", "Leptos.toml", "\"here\""]);
    let named = shown(&|command| {
        command.args(["--listen", "127.0.0.1:4714"]);
    });
    assert!(named.done().contains("\"http://127.0.0.1:4714/mcp\""));
}

#[test]
fn a_server_that_answers_is_seen() {
    let data = data_folder();
    let program = Program::start(data.path());
    let base = format!("http://{}", program.api.address);
    let user = User::new();
    let said = said(user.command("cursor").args(["--url", &base])).done();
    let answers = format!("A Staffel ({}) answers at {base}.", server::VERSION);
    assert!(said.contains(&answers), "{said}");
}

#[test]
fn a_server_that_wants_a_token_is_heard_before_anything_is_written() {
    let (user, data) = (User::new(), data_folder());
    let program = strict(data.path());
    let url = format!("http://{}/mcp", program.api.address);
    let connect = |prepare: &dyn Fn(&mut Command)| {
        let mut command = user.command("cursor");
        prepare(command.args(["--url", &url, "--global"]));
        said(&mut command)
    };
    let open = connect(&|_| {});
    assert!(
        open.ok && open.stderr.contains("wants a token"),
        "{}",
        open.stderr
    );
    let flags = format!("staffel connect cursor --global --url {url}");
    for way in [
        format!("{flags} --agent cursor\n"),
        format!("{flags}\n"),
        "STAFFEL_TOKEN=…".to_owned(),
    ] {
        assert!(open.stderr.contains(&way), "{way} in {}", open.stderr);
    }
    let files = user.files();

    connect(&|command| {
        command.env("STAFFEL_TOKEN", some_token());
    })
    .complains(&["refuses the token in STAFFEL_TOKEN", "Nothing was written"]);

    // A token of another folder is none of this server's.
    let other = data_folder();
    connect(&|command| {
        command
            .args(["--agent", "anna", "--data"])
            .arg(other.path());
    })
    .complains(&["does not know the token", "--data DIR", "void again"]);
    assert!(agents(other.path()).is_empty());
    assert_eq!(user.files(), files);

    connect(&|command| {
        command.args(["--agent", "anna", "--data"]).arg(data.path());
    })
    .done();
    let text = get(&user.home.path().join(".cursor/mcp.json"));
    let proven = connect(&|command| {
        command.env("STAFFEL_TOKEN", token_in(&text));
    });
    assert!(!proven.stderr.contains("wants"), "{}", proven.stderr);
    assert!(proven.done().contains("nothing to do"));
}
