//! What this program was built from, and the files it carries.

use std::{borrow::Cow, sync::OnceLock};

use rust_embed::{Embed, EmbeddedFile};

use crate::VERSION;

/// The commit, and the name with it.
static BUILT_FROM: OnceLock<(&str, String)> = OnceLock::new();

/// Says which commit the program was built from, once, before anything asks. The program knows, not this library:
/// another commit would compile all of it anew.
pub fn set_commit(commit: &'static str) {
    let _ = BUILT_FROM.set((commit, format!("{VERSION} ({commit})")));
}

/// The commit that the program was built from, where it is known: `1a2b3c4d5`, with `-modified` after it when files
/// had been changed since.
pub fn commit() -> Option<&'static str> {
    BUILT_FROM.get().map(|(commit, _)| *commit)
}

/// The version, and the commit where it is known: `0.1.0 (1a2b3c4d5)`.
pub fn name() -> &'static str {
    BUILT_FROM.get().map_or(VERSION, |(_, name)| name)
}

/// The files of the site inside the program. Without them the server reads the site from a folder.
pub struct Site {
    /// A file by its path in the site, such as `pkg/staffel.css`.
    pub get: fn(&str) -> Option<EmbeddedFile>,
    /// The paths of all files.
    pub paths: Vec<Cow<'static, str>>,
}

impl Site {
    /// The files that `E` carries.
    pub fn of<E: Embed>() -> Self {
        Self {
            get: E::get,
            paths: E::iter().collect(),
        }
    }
}
