//! `staffel connect`: the clients' own files get one server more, and lose nothing.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use tempfile::TempDir;

use crate::support::{Program, data_folder};

/// Nobody answers there, and it takes no time to find out.
const URL: &str = "http://127.0.0.1:1/mcp";

/// A client as a user meets it: its name, its files in a project and at home, and what an entry looks like.
pub struct Case {
    /// Its name on the command line.
    pub client: &'static str,
    /// Its file in a project.
    pub project: Option<&'static str>,
    /// Its file at home.
    pub global: &'static str,
    entry: &'static str,
}

const VS_CODE_SETTINGS: &str = if cfg!(target_os = "macos") {
    "Library/Application Support/Code/User/mcp.json"
} else {
    ".config/Code/User/mcp.json"
};

const CLAUDE_SETTINGS: &str = if cfg!(target_os = "macos") {
    "Library/Application Support/Claude/claude_desktop_config.json"
} else {
    ".config/Claude/claude_desktop_config.json"
};

/// All clients.
pub const CASES: [Case; 9] = [
    Case {
        client: "cursor",
        project: Some(".cursor/mcp.json"),
        global: ".cursor/mcp.json",
        entry: r#"{"mcpServers": {"staffel": {"url": "http://127.0.0.1:1/mcp"}}}"#,
    },
    Case {
        client: "vscode",
        project: Some(".vscode/mcp.json"),
        global: VS_CODE_SETTINGS,
        entry: r#"{"servers": {"staffel": {"type": "http", "url": "http://127.0.0.1:1/mcp"}}}"#,
    },
    Case {
        client: "claude-code",
        project: Some(".mcp.json"),
        global: ".claude.json",
        entry: r#"{"mcpServers": {"staffel": {"type": "http", "url": "http://127.0.0.1:1/mcp"}}}"#,
    },
    Case {
        client: "codex",
        project: Some(".codex/config.toml"),
        global: ".codex/config.toml",
        entry: "[mcp_servers.staffel]\nurl = \"http://127.0.0.1:1/mcp\"\n",
    },
    Case {
        client: "gemini",
        project: Some(".gemini/settings.json"),
        global: ".gemini/settings.json",
        entry: r#"{"mcpServers": {"staffel": {"httpUrl": "http://127.0.0.1:1/mcp"}}}"#,
    },
    Case {
        client: "qwen",
        project: Some(".qwen/settings.json"),
        global: ".qwen/settings.json",
        entry: r#"{"mcpServers": {"staffel": {"httpUrl": "http://127.0.0.1:1/mcp"}}}"#,
    },
    Case {
        client: "opencode",
        project: Some("opencode.json"),
        global: ".config/opencode/opencode.json",
        entry: r#"{"mcp": {"staffel": {"type": "remote", "url": "http://127.0.0.1:1/mcp"}}}"#,
    },
    Case {
        client: "windsurf",
        project: None,
        global: ".codeium/windsurf/mcp_config.json",
        entry: r#"{"mcpServers": {"staffel": {"serverUrl": "http://127.0.0.1:1/mcp"}}}"#,
    },
    Case {
        client: "claude-desktop",
        project: None,
        global: CLAUDE_SETTINGS,
        entry: concat!(
            r#"{"mcpServers": {"staffel": {"command": ""#,
            env!("CARGO_BIN_EXE_staffel"),
            r#"", "args": ["stdio", "--url", "http://127.0.0.1:1"]}}}"#
        ),
    },
];

/// A user: a home with nothing in it, and a project.
pub struct User {
    /// The home.
    pub home: TempDir,
    /// The project.
    pub project: TempDir,
}

/// What the program said.
pub struct Said {
    /// Whether it ended well.
    pub ok: bool,
    /// On standard output.
    pub stdout: String,
    /// On standard error.
    pub stderr: String,
}

impl User {
    /// Somebody who has nothing yet.
    pub fn new() -> Self {
        Self {
            home: data_folder(),
            project: data_folder(),
        }
    }

    /// The program, as this user starts it in the project.
    pub fn program(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_staffel"));
        let ours = std::env::vars_os().map(|(name, _)| name);
        for name in ours.filter(|name| name.to_string_lossy().starts_with("STAFFEL_")) {
            command.env_remove(name);
        }
        for name in ["XDG_CONFIG_HOME", "CODEX_HOME", "CLAUDE_CONFIG_DIR"] {
            command.env_remove(name);
        }
        command
            .env("HOME", self.home.path())
            .current_dir(self.project.path());
        command
    }

    fn command(&self, client: &str) -> Command {
        let mut command = self.program();
        command.args(["connect", client]);
        command
    }

    fn connect(&self, client: &str, flags: &[&str]) -> Said {
        said(self.command(client).args(["--url", URL]).args(flags))
    }

    /// The file that is written when nobody says which one.
    fn usual(&self, case: &Case) -> PathBuf {
        match case.project {
            Some(project) if case.client != "codex" => self.project.path().join(project),
            _ => self.home.path().join(case.global),
        }
    }

    /// Every file of this user, with what is in it.
    pub fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut folders = vec![self.home.path().to_owned(), self.project.path().to_owned()];
        let mut files = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    files.push((path.clone(), fs::read(path).expect("a file")));
                }
            }
        }
        files.sort();
        files
    }
}

/// Runs it to its end.
pub fn said(command: &mut Command) -> Said {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().expect("the program runs");
    let text = |bytes| String::from_utf8(bytes).expect("a message in UTF-8");
    Said {
        ok: status.success(),
        stdout: text(stdout),
        stderr: text(stderr),
    }
}

impl Said {
    /// What it said when it did what it was asked to.
    #[track_caller]
    pub fn done(self) -> String {
        assert!(self.ok, "{}{}", self.stdout, self.stderr);
        self.stdout
    }

    /// Its complaint, with these words in it.
    #[track_caller]
    pub fn complains(self, words: &[&str]) {
        assert!(!self.ok, "{}", self.stdout);
        for word in words {
            assert!(self.stderr.contains(word), "{word:?} in {}", self.stderr);
        }
    }
}

/// Writes a file, and its folder.
#[track_caller]
pub fn put(path: &Path, text: impl AsRef<[u8]>) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("the folder");
    fs::write(path, text).expect("the file");
}

fn get(path: &Path) -> String {
    fs::read_to_string(path).expect("the file")
}

/// Both texts mean the same.
#[track_caller]
fn same(path: &Path, text: &str) {
    let read = get(path);
    if path
        .extension()
        .is_some_and(|extension| extension == "toml")
    {
        assert_eq!(read, text);
    } else {
        let value = |text| serde_json::from_str::<serde_json::Value>(text).expect("JSON");
        assert_eq!(value(&read), value(text));
    }
}

#[test]
fn every_client_gets_its_usual_file_and_a_second_time_there_is_nothing_to_do() {
    for case in &CASES {
        let user = User::new();
        let first = user.connect(case.client, &[]).done();
        same(&user.usual(case), case.entry);
        let files = user.files();
        assert_eq!(files.len(), 1, "{files:?}");
        for words in [
            "knows Staffel now",
            "Next: ",
            "No Staffel answers at http://127.0.0.1:1 yet",
        ] {
            assert!(first.contains(words), "{words:?} in {first}");
        }
        let second = user.connect(case.client, &[]).done();
        assert!(second.contains("nothing to do"), "{second}");
        assert_eq!(user.files(), files);
    }
}

#[test]
fn a_project_and_all_projects_have_files_of_their_own() {
    for case in &CASES {
        let user = User::new();
        user.connect(case.client, &["--global"]).done();
        same(&user.home.path().join(case.global), case.entry);
        let other = data_folder();
        let folder = other.path().to_str().expect("a path in UTF-8");
        let said = user.connect(case.client, &["--project", folder]);
        match case.project {
            Some(project) => {
                said.done();
                same(&other.path().join(project), case.entry);
            }
            None => said.complains(&["has no file for a single project", "Leave --project out"]),
        }
        assert_eq!(user.files().len(), 1);
    }
}

#[test]
fn what_was_in_the_file_stays_and_is_kept_beside_it() {
    for case in &CASES {
        let user = User::new();
        let path = user.usual(case);
        let key = match case.client {
            "vscode" => "servers",
            "opencode" => "mcp",
            _ => "mcpServers",
        };
        let old = if case.client == "codex" {
            "model = \"m\" # mine\n\n[mcp_servers.other]\ncommand = \"x\"\n".to_owned()
        } else {
            format!(
                "{{\n\t// mine\n\t\"{key}\": {{\n\t\t\"other\": {{\"command\": \"x\"}}, // why\n\t}},\n\t\"z\": 1\n}}"
            )
        };
        put(&path, &old);
        let said = user.connect(case.client, &[]).done();
        let new = get(&path);
        assert!(
            new.contains("mine") && new.contains("\"x\"") && new.contains("http://127.0.0.1:1"),
            "{new}"
        );
        assert!(old.lines().all(|line| new.contains(line)), "{new}");
        assert!(said.contains("\n+") && !said.contains("\n-\t"), "{said}");
        let backup = PathBuf::from(format!("{}.staffel-backup", path.display()));
        assert_eq!(get(&backup), old);
        assert!(said.contains(&backup.display().to_string()), "{said}");
    }
}

#[test]
fn a_backup_never_overwrites_another() {
    let user = User::new();
    let path = user.project.path().join(".mcp.json");
    for (number, old) in ["{}", "{\"a\": 1}", "{\"a\": 2}"].iter().enumerate() {
        put(&path, old);
        user.connect("claude-code", &[]).done();
        let name = match number {
            0 => ".mcp.json.staffel-backup".to_owned(),
            number => format!(".mcp.json.staffel-backup-{}", number + 1),
        };
        assert_eq!(get(&user.project.path().join(name)), *old);
    }
}

#[test]
fn a_broken_file_is_left_alone_and_its_fault_is_named() {
    for case in &CASES {
        let user = User::new();
        let path = user.usual(case);
        let (text, what) = match case.client {
            "codex" => ("a = 1\nb =\n", "line 2, column 4: this is not TOML"),
            _ => ("{\n  \"a\": ,\n}", "line 2, column 8: this is not JSON"),
        };
        for (text, what) in [
            (text.as_bytes(), what),
            (b"a \xff", "line 1, column 3: this is not UTF-8"),
            (b"\xff\xfe{\0}\0", "is in UTF-16"),
        ] {
            put(&path, text);
            let files = user.files();
            let words = [
                path.to_str().expect("a path in UTF-8"),
                what,
                "run this again",
            ];
            user.connect(case.client, &["--replace"]).complains(&words);
            assert_eq!(user.files(), files);
        }
    }
}

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
fn a_look_writes_nothing() {
    for case in &CASES {
        let user = User::new();
        let said = user.connect(case.client, &["--print"]).done();
        assert!(
            said.starts_with("--- ") && said.contains("http://127.0.0.1:1"),
            "{said}"
        );
        assert!(user.files().is_empty() && !user.project.path().join(".cursor").exists());
    }
}

#[test]
fn what_is_no_regular_file_is_named() {
    let user = User::new();
    let path = user.project.path().join(".mcp.json");
    fs::create_dir(&path).expect("a folder");
    user.connect("claude-code", &[])
        .complains(&[".mcp.json is a folder"]);
    fs::remove_dir(&path).expect("gone");
    let file = fs::File::create(&path).expect("a file");
    file.set_len(1 << 30).expect("a hole");
    user.connect("claude-code", &[])
        .complains(&[".mcp.json has 1024 MiB"]);
    put(
        &user.project.path().join(".cursor"),
        "a file in place of the folder",
    );
    user.connect("cursor", &[])
        .complains(&[".cursor/mcp.json cannot be read"]);
    user.connect("cursor", &["--project", "nowhere"])
        .complains(&["--project nowhere", "no such folder"]);
}

#[test]
fn a_byte_order_mark_stays() {
    let user = User::new();
    let path = user.project.path().join(".mcp.json");
    put(&path, "\u{feff}{\"a\": 1}\n");
    user.connect("claude-code", &[]).done();
    assert!(get(&path).starts_with("\u{feff}{\n  \"a\": 1,\n"));
    put(&path, "\u{feff}{,}");
    user.connect("claude-code", &[])
        .complains(&["line 1, column 2"]);
}

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

/// What an entry says about a token: itself, or the variable that has it.
struct Told {
    client: &'static str,
    literal: &'static str,
    variable: Option<&'static str>,
}

const TOLD: [Told; 9] = [
    Told {
        client: "cursor",
        literal: r#""headers": {"Authorization": "Bearer <token>"}"#,
        variable: Some(r#""headers": {"Authorization": "Bearer ${env:STAFFEL_TOKEN}"}"#),
    },
    Told {
        client: "vscode",
        literal: r#""headers": {"Authorization": "Bearer <token>"}"#,
        variable: Some(r#""headers": {"Authorization": "Bearer ${env:STAFFEL_TOKEN}"}"#),
    },
    Told {
        client: "claude-code",
        literal: r#""headers": {"Authorization": "Bearer <token>"}"#,
        variable: Some(r#""headers": {"Authorization": "Bearer ${STAFFEL_TOKEN}"}"#),
    },
    Told {
        client: "codex",
        literal: "http_headers = { Authorization = \"Bearer <token>\" }",
        variable: Some("bearer_token_env_var = \"STAFFEL_TOKEN\""),
    },
    Told {
        client: "gemini",
        literal: r#""headers": {"Authorization": "Bearer <token>"}"#,
        variable: Some(r#""headers": {"Authorization": "Bearer $STAFFEL_TOKEN"}"#),
    },
    Told {
        client: "qwen",
        literal: r#""headers": {"Authorization": "Bearer <token>"}"#,
        variable: Some(r#""headers": {"Authorization": "Bearer $STAFFEL_TOKEN"}"#),
    },
    Told {
        client: "opencode",
        literal: r#""headers": {"Authorization": "Bearer <token>"}"#,
        variable: Some(r#""headers": {"Authorization": "Bearer {env:STAFFEL_TOKEN}"}"#),
    },
    Told {
        client: "windsurf",
        literal: r#""headers": {"Authorization": "Bearer <token>"}"#,
        variable: None,
    },
    Told {
        client: "claude-desktop",
        literal: r#""env": {"STAFFEL_TOKEN": "<token>"}"#,
        variable: None,
    },
];

impl Told {
    fn case(&self) -> &'static Case {
        let case = CASES.iter().find(|case| case.client == self.client);
        case.expect("a case")
    }

    /// The entry with this in it.
    fn entry(&self, told: &str) -> String {
        let entry = self.case().entry;
        match entry.strip_suffix("}}}") {
            Some(entry) => format!("{entry}, {told}}}}}}}"),
            None => format!("{entry}{told}\n"),
        }
    }
}

/// A token of the right form that no server knows.
pub fn some_token() -> String {
    format!("staffel_01234567_{}", "ab".repeat(32))
}

/// The agents with a valid token in this folder.
fn agents(data: &Path) -> Vec<String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_staffel"));
    let list = said(
        command
            .args(["agents", "list", "--json", "--data"])
            .arg(data),
    )
    .done();
    let list: Vec<serde_json::Value> = serde_json::from_str(&list).expect("JSON");
    let valid = list.iter().filter(|agent| agent["revoked"].is_null());
    valid
        .map(|agent| agent["name"].as_str().expect("a name").to_owned())
        .collect()
}

/// The only token in a text.
#[track_caller]
pub fn token_in(text: &str) -> &str {
    let at = text.find("staffel_").expect("a token");
    let token = &text[at..];
    let end = token.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let token = &token[..end.unwrap_or(token.len())];
    assert_eq!(text.matches("staffel_").count(), 1, "{text}");
    assert_eq!(token.len(), some_token().len(), "{token}");
    token
}

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
fn what_others_keep_secret_is_not_shown() {
    let user = User::new();
    for (client, file, text) in [
        (
            "cursor",
            ".cursor/mcp.json",
            r#"{"mcpServers": {"other": {"command": "npx", "args": ["--key", "sesame"], "env": {"GITHUB_TOKEN": "sesame"}}}}"#,
        ),
        (
            "claude-code",
            ".mcp.json",
            "{\n  \"mcpServers\": {\n    \"other\": {\n      \"env\": {\"GITHUB_TOKEN\": \"sesame\"}\n    }\n  }\n}\n",
        ),
        (
            "gemini",
            ".gemini/settings.json",
            r#"{"mcpServers": {"staffel": {"httpUrl": "http://h/?key=sesame", "headers": {"X": "sesame"}}}}"#,
        ),
        (
            "codex",
            ".codex/config.toml",
            "mcp_servers = { other = { env = { GITHUB_TOKEN = 'sesame' } } }\n",
        ),
    ] {
        let path = user.project.path().join(file);
        put(&path, text);
        for flags in [
            vec!["--project", "--replace", "--print"],
            vec!["--project"],
            vec!["--project", "--replace"],
        ] {
            let said = user.connect(client, &flags);
            for said in [&said.stdout, &said.stderr] {
                assert!(!said.contains("sesame"), "{said}");
            }
            assert!(said.stdout.contains(URL) || !said.ok, "{}", said.stdout);
        }
    }
    put(
        &user.home.path().join(CLAUDE_SETTINGS),
        r#"{"mcpServers": {"staffel": {"command": "npx", "args": ["--key", "sesame"]}}}"#,
    );
    let said = user.connect("claude-desktop", &[]);
    assert!(!said.stderr.contains("sesame"), "{}", said.stderr);
    said.complains(&["its `command` is npx", "--replace"]);
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

/// A server that wants a token from everybody.
pub fn strict(data: &Path) -> Program {
    let mut command = Program::command(data);
    command.env("STAFFEL_REQUIRE_TOKEN", "true");
    Program::spawn(command)
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

#[cfg(unix)]
mod unix {
    use std::{
        os::unix::fs::{PermissionsExt, symlink},
        process::Stdio,
    };

    use super::*;

    #[track_caller]
    fn allow(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("its mode");
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("a file").permissions().mode() & 0o777
    }

    #[test]
    fn rights_are_kept_and_the_backup_has_them_too() {
        let user = User::new();
        let path = user.home.path().join(".claude.json");
        put(&path, "{}");
        allow(&path, 0o600);
        user.connect("claude-code", &["--global"]).done();
        assert_eq!(mode(&path), 0o600);
        assert_eq!(
            mode(&user.home.path().join(".claude.json.staffel-backup")),
            0o600
        );
    }

    #[test]
    fn a_file_with_a_token_is_for_its_owner_alone() {
        for told in &TOLD {
            let user = User::new();
            let path = user.home.path().join(told.case().global);
            let connect = || {
                let mut command = user.command(told.client);
                command.env("STAFFEL_TOKEN", some_token());
                said(command.args(["--url", URL, "--global"])).done()
            };
            connect();
            assert_eq!(mode(&path), 0o600, "a new one");
            put(&path, "");
            allow(&path, 0o664);
            connect();
            assert_eq!(mode(&path), 0o600, "one that was there");
        }
        let user = User::new();
        let mut command = user.command("cursor");
        command.env("STAFFEL_TOKEN", some_token());
        said(command.args(["--url", URL])).done();
        let shared = mode(&user.project.path().join(".cursor/mcp.json"));
        assert_ne!(shared, 0o600, "it names the variable only");
    }

    #[test]
    fn a_token_that_nobody_can_be_told_is_void_again() {
        let (user, data) = (User::new(), data_folder());
        let full = fs::OpenOptions::new().write(true).open("/dev/full");
        if let Ok(full) = full {
            let mut command = user.command("cursor");
            command.args(["--url", URL, "--agent", "anna", "--data"]);
            let output = command.arg(data.path()).stdout(full).output();
            let stderr = output.expect("the program runs").stderr;
            assert!(String::from_utf8_lossy(&stderr).contains("void again"));
            let mut list = user.program();
            list.args(["agents", "list", "--json", "--data"]);
            let known = said(list.arg(data.path())).done();
            assert_eq!(known.trim(), "[]", "the name is free again");
        }
        let path = user.home.path().join(".cursor/mcp.json");
        put(&path, "{}");
        allow(&path, 0o444);
        let mut command = user.command("cursor");
        command.args(["--url", URL, "--global", "--agent", "anna", "--data"]);
        said(command.arg(data.path())).complains(&["read-only", "void again"]);
        assert!(agents(data.path()).is_empty() && get(&path) == "{}");
    }

    #[test]
    fn a_token_does_not_outlive_an_interruption() {
        let (user, data) = (User::new(), data_folder());
        // Takes connections and never answers.
        let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", silent.local_addr().expect("its address"));
        let mut command = user.command("cursor");
        command.args(["--global", "--agent", "anna", "--url", &url, "--data"]);
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        let mut running = command.arg(data.path()).spawn().expect("the program runs");
        while agents(data.path()) != ["anna"] {
            if running.try_wait().expect("its state").is_some() {
                let said = running.wait_with_output().expect("what it said").stderr;
                panic!("no token: {}", String::from_utf8_lossy(&said));
            }
        }
        let interrupt = Command::new("kill")
            .args(["-INT", &running.id().to_string()])
            .status();
        assert!(interrupt.expect("kill runs").success());
        assert!(!running.wait().expect("its end").success());
        assert!(agents(data.path()).is_empty() && user.files().is_empty());
    }

    #[test]
    fn a_link_is_written_through() {
        let user = User::new();
        let (link, target) = (
            user.home.path().join(".claude.json"),
            user.home.path().join("dotfiles/claude.json"),
        );
        symlink("dotfiles/claude.json", &link).expect("a link");
        user.connect("claude-code", &["--global"])
            .complains(&["a link that leads nowhere"]);
        put(&target, "{}");
        user.connect("claude-code", &["--global"]).done();
        assert!(link.is_symlink() && get(&target).contains(URL));
        assert_eq!(
            get(&user.home.path().join("dotfiles/claude.json.staffel-backup")),
            "{}"
        );
    }

    #[test]
    fn a_read_only_file_or_folder_is_named_and_left_alone() {
        let user = User::new();
        let path = user.project.path().join(".cursor/mcp.json");
        put(&path, "{}");
        allow(&path, 0o444);
        let files = user.files();
        user.connect("cursor", &[]).complains(&[
            ".cursor/mcp.json",
            "Nothing was written",
            "--print",
        ]);
        user.connect("cursor", &["--print"]).done();
        assert_eq!(user.files(), files);

        allow(&path, 0o644);
        let folder = user.project.path().join(".cursor");
        allow(&folder, 0o555);
        // Nobody can forbid root to write.
        if fs::write(folder.join("probe"), "").is_err() {
            user.connect("cursor", &[])
                .complains(&[".cursor", "Nothing was written", "--print"]);
            assert_eq!(user.files(), files);
        }
        allow(&folder, 0o755);
    }

    #[test]
    fn a_pipe_is_not_waited_for() {
        let user = User::new();
        let path = user.project.path().join(".mcp.json");
        let made = Command::new("mkfifo")
            .arg(&path)
            .status()
            .expect("mkfifo runs");
        assert!(made.success());
        user.connect("claude-code", &[])
            .complains(&["not a regular file"]);
    }
}
