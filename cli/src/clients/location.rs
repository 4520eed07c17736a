//! Where the files of clients are.

use std::{
    env,
    ffi::OsStr,
    fs,
    path::{self, Path, PathBuf},
};

use directories::BaseDirs;

/// Where a server is to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// In one project.
    Project,
    /// In every project of this user.
    Global,
}

/// A file among the settings of this user.
#[derive(Debug)]
pub struct GlobalFile {
    pub root: Root,
    /// The variable that names another place for `root` and `folder`.
    pub variable: Option<Variable>,
    pub folder: &'static str,
    pub file: &'static str,
    /// How the folder begins that Windows gives the client if it was installed as a package. What such a program takes
    /// for the settings of its user lies there.
    pub package: Option<&'static str>,
}

/// A variable that moves a client's settings, on every platform alike. Empty, it counts as not set; a relative path is
/// one from here.
#[derive(Debug, Clone, Copy)]
pub struct Variable {
    pub name: &'static str,
    /// The folder with the file, as seen from the one that the variable names.
    pub below: &'static str,
    /// Whether the client takes a leading `~` for the home folder; the others take it for a name.
    pub tilde: bool,
}

#[derive(Debug, Clone, Copy)]
pub enum Root {
    Home,
    /// `~/.config`, `~/Library/Application Support` or `%APPDATA%`.
    Settings,
}

impl GlobalFile {
    /// Where it is for this user; `None` without a home.
    pub fn path(&self) -> Option<PathBuf> {
        let folder = match self.variable.and_then(Variable::folder) {
            Some(folder) => folder,
            None => {
                let folders = BaseDirs::new()?;
                let packaged = match cfg!(windows) {
                    true => self.packaged(folders.data_local_dir()),
                    false => None,
                };
                let root = packaged.unwrap_or_else(|| match self.root {
                    Root::Home => folders.home_dir().to_owned(),
                    Root::Settings => folders.config_dir().to_owned(),
                });
                below(&root, self.folder)
            }
        };
        Some(folder.join(self.file))
    }

    /// What takes the place of the settings if the client was installed as a package: in its folder below the local
    /// data of the user.
    fn packaged(&self, local: &Path) -> Option<PathBuf> {
        let begin = self.package?;
        let packages = fs::read_dir(local.join("Packages")).ok()?;
        packages
            .filter_map(|package| Some(package.ok()?.path()))
            .filter(|package| {
                let name = package.file_name().and_then(OsStr::to_str);
                name.is_some_and(|name| name.starts_with(begin))
            })
            .map(|package| below(&package, "LocalCache/Roaming"))
            .find(|settings| settings.is_dir())
    }
}

impl Variable {
    /// The folder that it moves the file to; `None` where it is not set.
    fn folder(self) -> Option<PathBuf> {
        let moved = PathBuf::from(env::var_os(self.name).filter(|folder| !folder.is_empty())?);
        let moved = match moved.strip_prefix("~") {
            Ok(rest) if self.tilde => BaseDirs::new()?.home_dir().join(rest),
            _ => moved,
        };
        Some(below(&path::absolute(moved).ok()?, self.below))
    }
}

/// A path as it is known in a terminal: `~` stands for the home folder.
pub fn from_home(path: &Path) -> String {
    let folders = BaseDirs::new();
    let below = folders
        .as_ref()
        .and_then(|folders| path.strip_prefix(folders.home_dir()).ok());
    match below {
        Some(below) => Path::new("~").join(below).display().to_string(),
        None => path.display().to_string(),
    }
}

/// Joins a path written with slashes as this platform writes it.
pub fn below(folder: &Path, path: &str) -> PathBuf {
    let names = path.split('/').filter(|name| !name.is_empty());
    names.fold(folder.to_owned(), |path, name| path.join(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_that_was_installed_as_a_package_has_its_settings_there() {
        let local = tempfile::tempdir().expect("a folder");
        let desktop = GlobalFile {
            root: Root::Settings,
            variable: None,
            folder: "Claude",
            file: "claude_desktop_config.json",
            package: Some("Claude_"),
        };
        assert_eq!(desktop.packaged(local.path()), None);
        let make = |package: &str, folder: &str| {
            let folder = below(&local.path().join("Packages").join(package), folder);
            fs::create_dir_all(&folder).expect("a folder");
            folder
        };
        make("Cursor_x", "LocalCache/Roaming");
        make("Claude_gone", "LocalState");
        assert_eq!(desktop.packaged(local.path()), None);
        let settings = make("Claude_x", "LocalCache/Roaming");
        assert_eq!(desktop.packaged(local.path()), Some(settings));
        let unpackaged = GlobalFile {
            package: None,
            ..desktop
        };
        assert_eq!(unpackaged.packaged(local.path()), None);
    }
}
