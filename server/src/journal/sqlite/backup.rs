//! Copies of database files for backups, and what has to hold before one is put back.

use std::{fs::File, path::Path};

use rusqlite::Connection;

use super::{
    open::{OpenError, create_folder, damage, lock_for, open_lock, reading},
    schema,
};

/// Writes a consistent copy of a database into a new file, also while another process uses it.
///
/// # Errors
/// The database cannot be read, or the copy cannot be written.
pub fn copy_database(database: &Path, copy: &Path) -> rusqlite::Result<()> {
    let connection = Connection::open(database)?;
    connection.execute("VACUUM INTO ?1", [copy.to_string_lossy()])?;
    Ok(())
}

/// Whether a file is a journal that this version can open. The file is not changed.
///
/// # Errors
/// It is damaged, another program's, or a newer version's.
pub fn check_database(file: &Path) -> Result<(), OpenError> {
    let path = file.to_owned();
    let corrupt = |error: rusqlite::Error| OpenError::Corrupt {
        path: file.to_owned(),
        detail: error.to_string(),
    };
    let connection = reading(file).map_err(corrupt)?;
    if let Some(detail) = damage(&connection).map_err(corrupt)? {
        return Err(OpenError::Corrupt { path, detail });
    }
    match schema::inspect(&connection).map_err(corrupt)? {
        None => Ok(()),
        Some(schema::Found::Newer(found)) => Err(OpenError::Newer {
            path,
            found,
            known: schema::VERSION,
        }),
        Some(_) => Err(OpenError::Foreign { path }),
    }
}

/// What is wrong with a database that is not the journal, if something is.
pub fn damage_of(database: &Path) -> Option<String> {
    reading(database)
        .and_then(|connection| damage(&connection))
        .unwrap_or_else(|error| Some(error.to_string()))
}

/// Takes a data folder as a server would, so that none starts on it. It is free again when the file is dropped.
///
/// # Errors
/// A server uses it, or it cannot be written.
pub fn lock_folder(folder: &Path) -> Result<File, OpenError> {
    let in_folder = |error| OpenError::Folder {
        path: folder.to_owned(),
        error,
    };
    create_folder(folder).map_err(in_folder)?;
    let lock = open_lock(&folder.join("staffel.lock")).map_err(in_folder)?;
    lock_for(&lock, folder)?;
    let journal = folder.join("staffel.db");
    if journal.exists() {
        // The lock file may have been deleted under a server that runs.
        let journal = File::open(&journal).map_err(in_folder)?;
        lock_for(&journal, folder)?;
    }
    Ok(lock)
}
