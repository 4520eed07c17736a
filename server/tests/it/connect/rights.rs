//! Who may read and write the file.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
    process::Command,
};

use crate::support::{URL, User, get, put, said, some_token};

use super::told::TOLD;

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
    user.connect("cursor", &[])
        .complains(&[".cursor/mcp.json", "Nothing was written", "--print"]);
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
