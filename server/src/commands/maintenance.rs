//! `staffel backup`, `staffel restore` and `staffel rebuild`: the data folder as a whole.
//!
//! A backup is a tar archive of consistent copies of every database in the folder. It is taken while the server runs.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use protocol::Happened;

use crate::{
    config,
    journal::{OpenError, check_database, copy_database, damage_of, lock_folder},
    people::{By, People},
    registry::{self, PEOPLE_FILE},
    relay::Relay,
    storage::Place,
};

/// The databases of a data folder. The first is the journal, without which there is nothing to back up.
const DATABASES: [&str; 4] = ["staffel.db", PEOPLE_FILE, "agents.db", "sessions.db"];

/// What `staffel backup` and `staffel restore` take.
#[derive(Debug, Args)]
pub struct BackupArgs {
    /// The backup: a tar archive
    pub file: PathBuf,
    /// The data folder; as for `staffel serve`
    #[arg(long, value_name = "DIR", env = "STAFFEL_DATA")]
    pub data: Option<PathBuf>,
    /// The settings [default: Leptos.toml, where it is]
    #[arg(long, value_name = "FILE", env = "STAFFEL_CONFIG")]
    pub config: Option<PathBuf>,
}

impl BackupArgs {
    fn folder(&self, what: &str, instead: &str) -> Result<PathBuf> {
        match config::place(self.data.as_deref(), self.config.as_deref())? {
            Place::Folder(folder) => Ok(folder),
            Place::Database(address) => bail!(
                "Everything is in {address}, and `staffel {what}` is for a data folder. \
                 Use what comes with PostgreSQL: {instead} (docs/POSTGRESQL.md)."
            ),
        }
    }
}

/// What `staffel rebuild` takes.
#[derive(Debug, Args)]
pub struct RebuildArgs {
    /// The data folder; as for `staffel serve`
    #[arg(long, value_name = "DIR", env = "STAFFEL_DATA")]
    pub data: Option<PathBuf>,
    /// The settings [default: Leptos.toml, where it is]
    #[arg(long, value_name = "FILE", env = "STAFFEL_CONFIG")]
    pub config: Option<PathBuf>,
}

/// Writes a backup. An existing file is not overwritten.
///
/// # Errors
/// There is no journal, the file exists, or it cannot be written; nothing is left behind then.
pub fn backup(args: &BackupArgs) -> Result<()> {
    let (folder, file) = (args.folder("backup", "pg_dump")?, &args.file);
    if !folder.join(DATABASES[0]).exists() {
        bail!(
            "There is no journal in {}. Name the data folder with --data DIR; `staffel serve` prints it.",
            folder.display()
        );
    }
    if file.exists() {
        bail!(
            "{} exists already. Name a new file, or remove that one first.",
            file.display()
        );
    }
    let target = file
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let scratch = tempfile::Builder::new()
        .prefix(".staffel-backup-")
        .tempdir_in(target.unwrap_or(Path::new(".")))
        .with_context(|| format!("{} cannot be written", file.display()))?;
    let written = write_archive(&folder, scratch.path(), file);
    written.with_context(|| format!("The backup {} could not be written. Nothing is left of it; free some space or name another place, and try again", file.display()))?;
    println!("{} is a backup of {}", file.display(), folder.display());
    Ok(())
}

fn write_archive(folder: &Path, scratch: &Path, file: &Path) -> Result<()> {
    let part = scratch.join("backup.tar");
    let mut archive = tar::Builder::new(File::create_new(&part)?);
    for name in DATABASES {
        let database = folder.join(name);
        if database.exists() {
            let copy = scratch.join(name);
            copy_database(&database, &copy)?;
            archive.append_path_with_name(&copy, name)?;
            fs::remove_file(&copy)?;
        }
    }
    archive.into_inner()?.sync_all()?;
    // Complete or not there at all, and nothing that has come meanwhile is overwritten.
    if fs::hard_link(&part, file).is_err() {
        // A file system without hard links.
        ensure!(!file.exists(), "{} exists by now", file.display());
        fs::rename(&part, file)?;
    }
    Ok(())
}

/// Puts a backup in place of a data folder's databases. What was there is kept beside it with the ending `.replaced`.
///
/// # Errors
/// A server runs on the folder, or the file is no backup; the folder is not changed then.
pub fn restore(args: &BackupArgs) -> Result<()> {
    let (folder, file) = (args.folder("restore", "pg_restore")?, &args.file);
    let no_backup = || {
        format!(
            "{} is no backup that `staffel backup` has written; the data folder was not touched",
            file.display()
        )
    };
    let archive = File::open(file).with_context(no_backup)?;
    let _lock = lock_folder(&folder)?;
    let scratch = tempfile::Builder::new()
        .prefix(".staffel-restore-")
        .tempdir_in(&folder)?;
    unpack(archive, scratch.path()).with_context(no_backup)?;
    let journal = scratch.path().join(DATABASES[0]);
    if !fs::metadata(&journal).is_ok_and(|journal| journal.len() > 0) {
        bail!(no_backup());
    }
    let unusable = |why: String| {
        format!(
            "{} cannot be restored: {why}. Nothing was touched; try an older backup",
            file.display()
        )
    };
    match check_database(&journal) {
        Ok(()) => {}
        Err(OpenError::Newer { found, known, .. }) => bail!(unusable(format!(
            "it was written by a newer Staffel (journal version {found}; this one knows up to {known})"
        ))),
        Err(OpenError::Corrupt { detail, .. }) => {
            bail!(unusable(format!("the journal in it is damaged ({detail})")))
        }
        Err(_) => bail!(no_backup()),
    }
    for name in DATABASES.iter().skip(1) {
        let database = scratch.path().join(name);
        if database.exists()
            && let Some(detail) = damage_of(&database)
        {
            bail!(unusable(format!("{name} in it is damaged ({detail})")));
        }
    }
    if scratch.path().join(PEOPLE_FILE).exists() {
        // Whoever has a copy of a backup must not be signed in by it, nor a device that was signed out since.
        let people = People::of(Arc::new(registry::Sqlite::open_people(scratch.path())?))?;
        people.sign_everybody_out()?;
        people.note(&By::command(), Happened::Restored, "");
        println!(
            "Everybody signs in again. Passwords, PINs and passkeys are those of the backup: what was lost since is taken away by \
             staffel people reset NAME."
        );
    }
    for name in DATABASES {
        let (arrived, target) = (scratch.path().join(name), folder.join(name));
        set_aside(&folder, name)?;
        if arrived.exists() {
            fs::rename(&arrived, &target)?;
        }
    }
    #[cfg(unix)]
    File::open(&folder)?.sync_all()?;
    println!(
        "{} has what is in {}. What was there before is kept with the ending `.replaced`.",
        folder.display(),
        file.display()
    );
    Ok(())
}

/// Only our databases, whatever else is in the archive.
fn unpack(archive: File, target: &Path) -> Result<()> {
    for entry in tar::Archive::new(archive).entries()? {
        let mut entry = entry?;
        let path = entry.path()?.into_owned();
        if let Some(name) = DATABASES.iter().find(|name| path == Path::new(name)) {
            let mut file = File::create_new(target.join(name))?;
            io::copy(&mut entry, &mut file)?;
            file.sync_all()?;
        }
    }
    Ok(())
}

/// Gives a database another name, with the files that belong to it: what is left of another one beside a database
/// would be read into it.
fn set_aside(folder: &Path, name: &str) -> Result<()> {
    let unless_missing = |done: io::Result<()>| match done {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    };
    for ending in ["", "-wal", "-shm"] {
        unless_missing(fs::remove_file(
            folder.join(format!("{name}.replaced{ending}")),
        ))?;
    }
    for ending in ["", "-wal", "-shm"] {
        let file = folder.join(format!("{name}{ending}"));
        unless_missing(fs::rename(
            file,
            folder.join(format!("{name}.replaced{ending}")),
        ))?;
    }
    Ok(())
}

/// Makes everything that is derived from the facts again: lists, search, snapshots.
///
/// # Errors
/// A server runs on the folder, or the journal cannot be used.
pub async fn rebuild(args: &RebuildArgs) -> Result<()> {
    let place = config::place(args.data.as_deref(), args.config.as_deref())?;
    let journal = place.journal()?;
    journal.clear_derived().await?;
    let relay = Relay::open(Arc::clone(&journal)).await?;
    relay.store_derived().await;
    let (stored, newest) = (
        journal.derived_position().await?,
        *journal.changes().borrow(),
    );
    ensure!(
        stored >= newest,
        "Lists, search and snapshots are made only up to position {stored} of {newest}. The log says why; the next start makes the rest."
    );
    println!("Lists, search and snapshots in {place} are made again.");
    Ok(())
}
