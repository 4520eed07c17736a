//! Where everything is kept: a folder, or a database.

use std::{
    fs,
    path::{self, Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};

use super::{
    file::{JournalTable, find_file, read_file},
    path_or, variable,
};
use crate::{postgres::Address, storage::Place};

/// Where everything is kept, as `staffel serve` would find it, for commands that work beside a server.
///
/// # Errors
/// The configuration file cannot be used, or names a database by an address that is none.
pub fn place(data: Option<&Path>, config: Option<&Path>) -> Result<Place> {
    let path = find_file(config)?;
    place_of(data, read_file(path.as_deref())?.journal)
}

/// A place that somebody names: the address of a database, or a folder.
///
/// # Errors
/// It begins like an address, and is none.
pub fn named_place(name: &str) -> Result<Place> {
    if !name.contains("://") {
        return Ok(Place::Folder(data_or_default(Some(PathBuf::from(name)))?));
    }
    Ok(Place::Database(address(name, None, None)?))
}

/// The address of a database, with what the variables say of a password and of whom to trust.
fn address(url: &str, password_file: Option<PathBuf>, ca_file: Option<PathBuf>) -> Result<Address> {
    let file = path_or("STAFFEL_DATABASE_PASSWORD_FILE", password_file);
    let password = match (variable("STAFFEL_DATABASE_PASSWORD"), file) {
        (Some(password), _) => Some(password),
        (None, file) => file
            .map(|path| first_line("password_file", &path))
            .transpose()?,
    };
    let trusted = path_or("STAFFEL_DATABASE_CA_FILE", ca_file);
    let address = Address::new(url, password.as_deref(), trusted.as_deref());
    address.context("this is no address of a PostgreSQL database")
}

fn first_line(setting: &str, path: &Path) -> Result<String> {
    let text = fs::read_to_string(path)
        .with_context(|| format!("[journal] {setting}: {} cannot be read", path.display()))?;
    let line = text.lines().next().unwrap_or_default().trim().to_owned();
    ensure!(
        !line.is_empty(),
        "[journal] {setting}: the first line of {} is empty.",
        path.display()
    );
    Ok(line)
}

/// A database, where one is named; else a folder.
pub(super) fn place_of(data: Option<&Path>, table: JournalTable) -> Result<Place> {
    let url = match (variable("STAFFEL_DATABASE_URL"), table.url, table.url_file) {
        (Some(url), ..) => {
            // A password of the file is for the address of the file, and for no other machine.
            let address = address(&url, None, table.ca_file);
            return Ok(Place::Database(address.context("STAFFEL_DATABASE_URL")?));
        }
        (None, Some(_), Some(_)) => bail!(
            "[journal] url and url_file are both set. Allowed: one of them; url_file where the address has a password."
        ),
        (None, Some(url), None) => url,
        (None, None, Some(file)) => first_line("url_file", &file)?,
        (None, None, None) => {
            let folder = data.map(Path::to_owned).or(table.data);
            return Ok(Place::Folder(data_or_default(folder)?));
        }
    };
    let address = address(&url, table.password_file, table.ca_file);
    Ok(Place::Database(address.context("[journal] url")?))
}

/// A data folder as it was named, or the platform's. Absolute, so that it means the same wherever it is printed.
fn data_or_default(named: Option<PathBuf>) -> Result<PathBuf> {
    match named {
        Some(data) => path::absolute(&data)
            .with_context(|| format!("the data folder {} cannot be found", data.display())),
        None => default_data(),
    }
}

fn default_data() -> Result<PathBuf> {
    match directories::ProjectDirs::from("", "", "staffel") {
        Some(folders) => Ok(folders.data_dir().to_owned()),
        None => bail!(
            "The platform's data folder cannot be found. Say where the journal is to be: --data DIR."
        ),
    }
}
