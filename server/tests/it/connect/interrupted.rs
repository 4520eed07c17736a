//! A token that reaches nobody is void again.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Stdio},
};

use crate::support::{URL, User, agents, data_folder, get, put, said};

#[track_caller]
fn allow(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("its mode");
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
