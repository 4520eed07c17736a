//! The program in a process of its own, for tests in which it dies, or does not even start.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use server::{postgres::Address, storage::Place};
use tempfile::{NamedTempFile, TempDir};

use super::{Api, PATIENCE, signed_in};

/// A running `staffel serve`. It is killed when dropped.
pub struct Program {
    /// The API of it.
    pub api: Api,
    /// What it printed to make the first owner.
    code: Option<String>,
    child: Child,
    /// Kept open: a program that prints into a closed pipe gets an error.
    _stdout: BufReader<std::process::ChildStdout>,
}

/// A folder for the data of a program.
pub fn data_folder() -> TempDir {
    tempfile::tempdir().expect("a data folder")
}

impl Program {
    /// A command for the program with nothing set by the environment, in a folder without a configuration.
    pub fn command(data: &Path) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_staffel"));
        Self::prepare(&mut command, data);
        command
    }

    /// The same for a shell command; `$0` is the program and `$@` are its arguments.
    pub fn shell(script: &str, data: &Path) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script, env!("CARGO_BIN_EXE_staffel")]);
        Self::prepare(&mut command, data);
        command
    }

    fn prepare(command: &mut Command, data: &Path) {
        let ours = std::env::vars_os().map(|(name, _)| name);
        for name in ours.filter(|name| name.to_string_lossy().starts_with("STAFFEL_")) {
            command.env_remove(name);
        }
        command
            .env("STAFFEL_DATA", data)
            .env("STAFFEL_LISTEN", "127.0.0.1:0")
            .env("STAFFEL_LOG", "off")
            .arg("serve");
    }

    /// Starts a server on this folder, where a person is signed in.
    pub fn start(data: &Path) -> Self {
        Self::start_with(data, "")
    }

    /// The same with these settings, as a file has them.
    pub fn start_with(data: &Path, settings: &str) -> Self {
        let place = Place::Folder(data.to_owned());
        Self::start_signed_in(&place, Self::command(data), settings)
    }

    /// Starts a server on this database, where a person is signed in.
    pub fn start_on(url: &str) -> Self {
        Self::start_on_with(url, "")
    }

    /// The same with these settings, as a file has them.
    pub fn start_on_with(url: &str, settings: &str) -> Self {
        let address = Address::new(url, None, None).expect("an address");
        let mut command = Self::command(Path::new("/nonexistent"));
        command.env("STAFFEL_DATABASE_URL", url);
        Self::start_signed_in(&Place::Database(address), command, settings)
    }

    fn start_signed_in(place: &Place, mut command: Command, settings: &str) -> Self {
        let cookie = signed_in(place);
        let file = NamedTempFile::new().expect("a file");
        if !settings.is_empty() {
            fs::write(&file, settings).expect("it is written");
            command.env("STAFFEL_CONFIG", file.path());
        }
        let mut program = Self::spawn(command);
        program.api = Api::new(program.api.address, cookie);
        program
    }

    /// Starts a server on this folder, and gives the code that it prints while there is nobody.
    pub fn first_code(data: &Path) -> (Self, Option<String>) {
        let program = Self::spawn(Self::command(data));
        let code = program.code.clone();
        (program, code)
    }

    /// Starts a server with this command and waits until it says where it listens.
    pub fn spawn(mut command: Command) -> Self {
        let child = command.stdout(Stdio::piped()).spawn();
        let mut child = child.expect("the program starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("its output"));
        let (mut said, mut address, mut code) = (String::new(), None, None);
        loop {
            let from = said.len();
            let read = stdout.read_line(&mut said).expect("a line");
            assert_ne!(read, 0, "the program ended; it said {said:?}");
            let line = said[from..].trim();
            if let Some(url) = line.strip_prefix("Board") {
                address = url
                    .trim()
                    .strip_prefix("http://")
                    .and_then(|url| url.parse().ok());
            } else if let Some((_, found)) = line.split_once("/sign-in#code=") {
                code = Some(found.to_owned());
            } else if line.starts_with("MCP") {
                break;
            }
        }
        let address: SocketAddr = address.expect("the address of the board");
        Self {
            api: Api::new(address, String::new()),
            code,
            child,
            _stdout: stdout,
        }
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL: nothing is flushed, nobody is told.
    pub fn kill(mut self) {
        self.child.kill().expect("the program can be killed");
        self.child.wait().expect("the program ends");
    }

    /// SIGTERM, as systemd stops it, and waits until it has ended.
    pub fn stop(self) {
        let told = Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status();
        assert!(told.is_ok_and(|told| told.success()), "it can be told");
        self.ends();
    }

    /// Waits until it ends by itself, as it should.
    pub fn ends(mut self) {
        let ended = self.child.wait().expect("the program ends");
        assert!(ended.success(), "{ended:?}");
    }

    /// Runs a command that is expected to end by itself with an error; gives what it said on stderr and stdout.
    pub fn complaint(mut command: Command) -> (String, String) {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let until = Instant::now() + PATIENCE;
        while child.try_wait().expect("its state").is_none() {
            if Instant::now() > until {
                child.kill().expect("the program can be killed");
                let output = child.wait_with_output().expect("its output");
                panic!("it runs and runs: {output:?}");
            }
            thread::sleep(Duration::from_millis(10));
        }
        let output = child.wait_with_output().expect("its output");
        assert!(matches!(output.status.code(), Some(1 | 2)), "{output:?}");
        let text = |bytes| String::from_utf8(bytes).expect("a message in UTF-8");
        (text(output.stderr), text(output.stdout))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a command of the program to its end, in a folder and with a database or none; says whether it did what it was told,
/// and all that it said.
pub fn staffel(arguments: &[&str], url: Option<&str>, folder: &Path) -> (bool, String) {
    let output = staffel_command(arguments, url, folder).output();
    let output = output.expect("the program runs");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8(said).expect("a message in UTF-8");
    (output.status.success(), said)
}

/// The same command, not yet started.
pub fn staffel_command(arguments: &[&str], url: Option<&str>, folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_staffel"));
    let ours = std::env::vars_os().map(|(name, _)| name);
    for name in ours.filter(|name| name.to_string_lossy().starts_with("STAFFEL_")) {
        command.env_remove(name);
    }
    command
        .args(arguments)
        .current_dir(folder)
        .env("STAFFEL_DATA", folder.join("data"));
    if let Some(url) = url {
        command.env("STAFFEL_DATABASE_URL", url);
    }
    command
}
