//! Opening the file: whose it is, whether it is whole, and what is possible on a full disk.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::schema::{self, Found};
use crate::journal::{Epoch, new_epoch};

/// Files up to this size are checked as a whole before the start, which takes a few milliseconds; larger ones after it.
const CHECKED_AT_ONCE: u64 = 16 * 1024 * 1024;
/// How long after the start a larger file is checked: it is read as a whole, and the start has other work for the disk.
const CHECKED_AFTER: Duration = Duration::from_secs(10);
/// Memory for pages of each connection that reads, in KiB. SQLite's own is 2,000 for each, and pages that were read
/// lately are in the system's cache as well.
const READER_CACHE: i32 = 512;

/// Why a journal cannot be opened: a message for the person who starts the server.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder cannot be written.
    #[error(
        "The data folder {path} cannot be written ({error}).\n\
         Staffel keeps its journal there. Make the folder writable, or choose another with --data DIR."
    )]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// Another process uses the folder.
    #[error(
        "The data folder {path} is in use by another Staffel.\n\
         Stop that one, or choose another folder with --data DIR."
    )]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// The file belongs to another program.
    #[error(
        "{path} is a database of another program.\nChoose another folder with --data DIR; the file was not touched."
    )]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The file was written by a newer version.
    #[error(
        "{path} was written by a newer Staffel (journal version {found}; this one knows up to {known}).\n\
         Start the newer Staffel, or choose another folder with --data DIR; the file was not touched."
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema version.
        found: usize,
        /// Ours.
        known: usize,
    },
    /// The file is damaged.
    #[error(
        "{path} is damaged ({detail}).\n\
         Restore it from a backup, try `sqlite3 staffel.db .recover`, or choose another folder with --data DIR; \
         the file was not touched."
    )]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
}

/// What [`crate::journal::Journal::read_only`] says on a full disk.
pub const FULL: &str = "the disk is full";

/// Opens the file for writing, or for reading only on a full disk: with its epochs, and why it is for reading only.
pub fn prepare(
    path: &Path,
    folder: &Path,
) -> Result<(Connection, Vec<Epoch>, Option<String>), OpenError> {
    let explained = |error: rusqlite::Error| explain(path, folder, &error);
    let mut connection = Connection::open(path).map_err(explained)?;
    // The first look needs room for the files beside the journal.
    if let Err(error) = schema::epochs(&connection)
        && is_full(&error)
    {
        return prepare_on_full_disk(path, folder, &error);
    }
    let size = fs::metadata(path).map_or(0, |metadata| metadata.len());
    if size <= CHECKED_AT_ONCE {
        if let Some(detail) = damage(&connection).map_err(explained)? {
            return Err(OpenError::Corrupt {
                path: path.to_owned(),
                detail,
            });
        }
    } else {
        check_later(path);
    }
    let path = path.to_owned();
    match schema::prepare(&mut connection, &new_epoch()) {
        Ok(Found::Ready { epochs }) => Ok((connection, epochs, None)),
        Ok(Found::Foreign) => Err(OpenError::Foreign { path }),
        Ok(Found::Newer(found)) => Err(OpenError::Newer {
            path,
            found,
            known: schema::VERSION,
        }),
        Ok(Found::Corrupt(detail)) => Err(OpenError::Corrupt { path, detail }),
        Err(error) if is_full(&error) => prepare_on_full_disk(&path, folder, &error),
        Err(error) => Err(explain(&path, folder, &error)),
    }
}

/// Whether an error says that the disk has no room.
fn is_full(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DiskFull)
        || error
            .sqlite_error()
            .is_some_and(|error| error.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE)
}

/// A journal that can be read but not written.
fn prepare_on_full_disk(
    path: &Path,
    folder: &Path,
    error: &rusqlite::Error,
) -> Result<(Connection, Vec<Epoch>, Option<String>), OpenError> {
    let connection = reading_on_full_disk(path).map_err(|error| explain(path, folder, &error))?;
    match schema::epochs(&connection) {
        Ok(epochs) if !epochs.is_empty() => {
            tracing::error!(
                "the disk that holds {} is full: the journal is open for reading only; free some space and restart",
                path.display()
            );
            Ok((connection, epochs, Some(FULL.to_owned())))
        }
        _ => Err(explain(path, folder, error)),
    }
}

/// A connection that makes no files beside the journal. After a clean stop there are none, and nothing is missing then.
pub fn reading_on_full_disk(path: &Path) -> rusqlite::Result<Connection> {
    let mut wal = path.as_os_str().to_owned();
    wal.push("-wal");
    let is_empty = !fs::metadata(wal).is_ok_and(|wal| wal.len() > 0);
    if !is_empty {
        return reading(path);
    }
    let escaped = path
        .to_string_lossy()
        .replace('%', "%25")
        .replace('?', "%3f")
        .replace('#', "%23");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_URI;
    Connection::open_with_flags(format!("file:{escaped}?immutable=1"), flags)
}

/// A connection for reading.
pub fn reading(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    // A negative number counts KiB.
    connection.pragma_update(None, "cache_size", -READER_CACHE)?;
    Ok(connection)
}

/// What is wrong with a file, if something is.
pub fn damage(connection: &Connection) -> rusqlite::Result<Option<String>> {
    let found: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    Ok((found != "ok").then_some(found))
}

/// A large file is checked while the server works already.
fn check_later(path: &Path) {
    let path = path.to_owned();
    let check = move || {
        thread::sleep(CHECKED_AFTER);
        log_damage(&path);
    };
    let thread = thread::Builder::new().name("journal check".to_owned());
    if let Err(error) = thread.spawn(check) {
        tracing::warn!(%error, "the journal is not checked: {error}");
    }
}

fn log_damage(path: &Path) {
    match reading(path).and_then(|connection| damage(&connection)) {
        Ok(None) => {}
        Ok(Some(detail)) => tracing::error!(
            "{} is damaged ({detail}); stop Staffel and restore it from a backup",
            path.display()
        ),
        Err(error) => {
            tracing::warn!(%error, "{} could not be checked: {error}", path.display());
        }
    }
}

/// The file whose lock means that a server uses the folder.
pub fn open_lock(path: &Path) -> io::Result<File> {
    File::options()
        .read(true)
        .append(true)
        .create(true)
        .open(path)
}

/// Whoever has the lock may just be ending; and a program that it started has its files, too, for the moment before it
/// becomes another program.
const LOCK_WITHIN: Duration = Duration::from_secs(1);

/// Takes the lock of a file in a folder.
pub fn lock_for(file: &File, folder: &Path) -> Result<(), OpenError> {
    let path = || folder.to_owned();
    let begun = Instant::now();
    loop {
        return match file.try_lock() {
            Ok(()) => Ok(()),
            Err(TryLockError::WouldBlock) if begun.elapsed() < LOCK_WITHIN => {
                thread::sleep(LOCK_WITHIN / 50);
                continue;
            }
            Err(TryLockError::WouldBlock) => Err(OpenError::InUse { path: path() }),
            Err(TryLockError::Error(error)) => Err(OpenError::Folder {
                path: path(),
                error,
            }),
        };
    }
}

/// Creates a folder. Its name is durable when this returns, as the file in it will be.
pub fn create_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    if let Some(parent) = folder.parent() {
        sync_folder(parent);
    }
    Ok(())
}

/// Makes the names in a folder durable, where the system can.
pub fn sync_folder(folder: &Path) {
    #[cfg(unix)]
    if let Err(error) = File::open(folder).and_then(|folder| folder.sync_all()) {
        tracing::debug!(%error, "{} could not be synced: {error}", folder.display());
    }
}

/// What an error of SQLite means for the person who starts the server.
pub fn explain(path: &Path, folder: &Path, error: &rusqlite::Error) -> OpenError {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => OpenError::Corrupt {
            path: path.to_owned(),
            detail: error.to_string(),
        },
        _ => OpenError::Folder {
            path: folder.to_owned(),
            error: io::Error::other(error.to_string()),
        },
    }
}
