//! Which file is written, and that it loses nothing.

use std::{fs, path::PathBuf};

use crate::support::{CASES, CLAUDE_SETTINGS, URL, User, data_folder, get, put, same};

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
