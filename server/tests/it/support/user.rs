//! A user with a home and a project, and the program as this user starts it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use tempfile::TempDir;

use super::{
    clients::{Case, URL},
    program::{Program, data_folder},
};

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
        for name in [
            "XDG_CONFIG_HOME",
            "CODEX_HOME",
            "CLAUDE_CONFIG_DIR",
            "GEMINI_CLI_HOME",
            "QWEN_HOME",
        ] {
            command.env_remove(name);
        }
        command
            .env("HOME", self.home.path())
            .current_dir(self.project.path());
        command
    }

    /// `staffel connect` for a client.
    pub fn command(&self, client: &str) -> Command {
        let mut command = self.program();
        command.args(["connect", client]);
        command
    }

    /// Connects a client to a server that does not answer.
    pub fn connect(&self, client: &str, flags: &[&str]) -> Said {
        said(self.command(client).args(["--url", URL]).args(flags))
    }

    /// The file that is written when nobody says which one.
    pub fn usual(&self, case: &Case) -> PathBuf {
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

/// What is in a file.
pub fn get(path: &Path) -> String {
    fs::read_to_string(path).expect("the file")
}

/// Both texts mean the same.
#[track_caller]
pub fn same(path: &Path, text: &str) {
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

/// A token of the right form that no server knows.
pub fn some_token() -> String {
    format!("staffel_01234567_{}", "ab".repeat(32))
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

/// The agents with a valid token in this folder.
pub fn agents(data: &Path) -> Vec<String> {
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

/// A server that wants a token from everybody.
pub fn strict(data: &Path) -> Program {
    let mut command = Program::command(data);
    command.env("STAFFEL_REQUIRE_TOKEN", "true");
    Program::spawn(command)
}
