//! A configuration file of another program: read with care, written so that nothing is lost.

use std::{
    ffi::OsString,
    fs::{self, File, Metadata, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};
use tempfile::NamedTempFile;

use super::position::Position;

/// The largest file that is taken for a configuration. Claude Code's grows to some megabytes.
const MAX_BYTES: u64 = 32 << 20;

const BYTE_ORDER_MARK: char = '\u{feff}';

/// A configuration file, there or not yet.
#[derive(Debug)]
pub struct ConfigFile {
    /// The file itself, behind any symbolic link.
    path: PathBuf,
    old: Option<String>,
}

/// Who may read a file once it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// Whoever could before.
    AsBefore,
    /// Its owner alone: it holds a token. Where there are such rights, that is on unix.
    OnlyOwner,
}

/// Whether the old text is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backup {
    /// In a file beside.
    Beside,
    /// Not at all.
    None,
}

impl ConfigFile {
    /// Reads the file at `path` if there is one.
    ///
    /// # Errors
    /// What is there is no text file of a reasonable size, or cannot be read.
    pub fn read(path: &Path) -> Result<Self> {
        let path = if path.is_symlink() {
            fs::canonicalize(path).with_context(|| {
                format!(
                    "{} is a link that leads nowhere; remove it or make its target",
                    path.display()
                )
            })?
        } else {
            path.to_owned()
        };
        let metadata = match fs::metadata(&path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Self { path, old: None });
            }
            Err(error) => {
                return Err(error).with_context(|| format!("{} cannot be read", path.display()));
            }
        };
        check(&path, &metadata)?;
        let bytes =
            fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        let old = decode(&path, bytes)?;
        Ok(Self {
            path,
            old: Some(old),
        })
    }

    /// Whether there is a file.
    pub fn exists(&self) -> bool {
        self.old.is_some()
    }

    /// What is in it; nothing if there is no file. A byte order mark is not part of the text, but is kept.
    pub fn text(&self) -> &str {
        let old = self.old.as_deref().unwrap_or_default();
        old.strip_prefix(BYTE_ORDER_MARK).unwrap_or(old)
    }

    /// Replaces the whole file at once and tells where the old one is kept, if it is. Folders that are missing are made.
    ///
    /// # Errors
    /// The file or its folder cannot be written, or somebody else has changed the file since it was read. It is
    /// then as it was.
    pub fn write(&self, text: &str, readers: Readers, backup: Backup) -> Result<Option<PathBuf>> {
        let path = self.path.display();
        let folder = self.path.parent().context("a file is in a folder")?;
        fs::create_dir_all(folder)
            .with_context(|| format!("the folder {} cannot be made. {ALLOW}", folder.display()))?;
        let old = match &self.old {
            Some(old) => Some((old, self.rights()?)),
            None => None,
        };
        let no_room = || format!("nothing can be written in {}. {ALLOW}", folder.display());
        let mut new = self.temporary(folder, readers).with_context(no_room)?;
        if self.has_mark() {
            write!(new, "{BYTE_ORDER_MARK}").with_context(no_room)?;
        }
        new.write_all(text.as_bytes()).with_context(no_room)?;
        let mut kept = None;
        if let Some((old, metadata)) = old {
            copy_rights(&metadata, new.as_file(), readers).with_context(|| {
                format!("the owner and the rights of {path} cannot be kept. {ALLOW}")
            })?;
            if backup == Backup::Beside {
                let beside = self.back_up(old, &metadata, readers);
                kept = Some(beside.with_context(no_room)?);
            }
        }
        new.as_file().sync_all().with_context(no_room)?;
        ensure!(
            Self::read(&self.path)?.old == self.old,
            "{path} has just been changed by another program; it was left alone. Run this again."
        );
        new.persist(&self.path)
            .with_context(|| format!("{path} cannot be replaced. {ALLOW}"))?;
        Ok(kept)
    }

    /// Who owns the file and what they may do with it, which has to include writing.
    fn rights(&self) -> Result<Metadata> {
        let path = self.path.display();
        let metadata = OpenOptions::new()
            .write(true)
            .open(&self.path)
            .and_then(|file| file.metadata())
            .with_context(|| format!("{path} cannot be written. {ALLOW}"))?;
        // Root may write it all the same, but whoever made it so did not want that.
        ensure!(
            !metadata.permissions().readonly(),
            "{path} is read-only. {ALLOW}."
        );
        Ok(metadata)
    }

    fn has_mark(&self) -> bool {
        let old = self.old.as_deref().unwrap_or_default();
        old.starts_with(BYTE_ORDER_MARK)
    }

    /// A file in the folder that goes away by itself unless it is made to stay. Only its owner may read it, unless it
    /// is to be a new file that others may read: then it has the rights that any program's new files have.
    fn temporary(&self, folder: &Path, readers: Readers) -> io::Result<NamedTempFile> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(".staffel-");
        #[cfg(unix)]
        if self.old.is_none() && readers == Readers::AsBefore {
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(fs::Permissions::from_mode(0o666));
        }
        builder.tempfile_in(folder)
    }

    /// Keeps the old text beside the file, under a name that nothing has yet.
    fn back_up(&self, old: &str, metadata: &Metadata, readers: Readers) -> io::Result<PathBuf> {
        let mut number = 1;
        loop {
            let mut name = OsString::from(&self.path);
            name.push(".staffel-backup");
            if number > 1 {
                name.push(format!("-{number}"));
            }
            let path = PathBuf::from(name);
            match private().write(true).create_new(true).open(&path) {
                Ok(mut file) => {
                    file.write_all(old.as_bytes())?;
                    // An older token may be in it, and still be valid.
                    copy_rights(metadata, &file, readers)?;
                    file.sync_all()?;
                    return Ok(path);
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
                Err(error) => return Err(error),
            }
        }
    }
}

/// How a refusal for want of rights goes on.
const ALLOW: &str =
    "Allow it and run this again, or add what --print shows yourself. Nothing was written";

fn check(path: &Path, metadata: &Metadata) -> Result<()> {
    let path = path.display();
    ensure!(
        !metadata.is_dir(),
        "{path} is a folder, where a file has to be. Move it away and run this again."
    );
    // Opening a pipe or a device could wait for ever.
    ensure!(metadata.is_file(), "{path} is not a regular file.");
    ensure!(
        metadata.len() <= MAX_BYTES,
        "{path} has {} MiB; no configuration is larger than {} MiB. Look what is in it.",
        metadata.len() >> 20,
        MAX_BYTES >> 20
    );
    Ok(())
}

fn decode(path: &Path, bytes: Vec<u8>) -> Result<String> {
    let path = path.display();
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        bail!("{path} is in UTF-16. Save it as UTF-8 and run this again.");
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let text = String::from_utf8_lossy(&error.as_bytes()[..good]);
        let at = Position::of(&text, good);
        anyhow::anyhow!("{path}, {at}: this is not UTF-8. Save it as UTF-8 and run this again.")
    })
}

/// For a file that nobody else may read until it has the rights of the one that it is a copy of.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes the owner of a file that nobody else may read yet the one of another file, and lets others do with it what
/// they may do with that, if they may at all.
fn copy_rights(from: &Metadata, to: &File, readers: Readers) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, fchown};
        let now = to.metadata()?;
        if (now.uid(), now.gid()) != (from.uid(), from.gid()) {
            fchown(to, Some(from.uid()), Some(from.gid()))?;
        }
    }
    match readers {
        Readers::AsBefore => to.set_permissions(from.permissions()),
        Readers::OnlyOwner => Ok(()),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_file_with_a_token_is_never_open_to_others() {
        let old = tempfile::tempfile().expect("a file");
        let open = fs::Permissions::from_mode(0o664);
        old.set_permissions(open).expect("its mode");
        let old = old.metadata().expect("its rights");
        for (readers, expected) in [(Readers::OnlyOwner, 0o600), (Readers::AsBefore, 0o664)] {
            let new = NamedTempFile::new().expect("a file");
            copy_rights(&old, new.as_file(), readers).expect("copied");
            let rights = new.as_file().metadata().expect("its rights").permissions();
            assert_eq!(rights.mode() & 0o777, expected);
        }
    }
}
