//! How this program is called in a shell.

use std::{env, fs, path::Path};

/// How this program is called in a terminal: by its name if that finds it, else by its path.
pub fn program() -> String {
    let name = "staffel";
    let Ok(path) = env::current_exe() else {
        return name.to_owned();
    };
    let real = |path: &Path| fs::canonicalize(path).ok();
    let found = env::var_os("PATH").is_some_and(|folders| {
        env::split_paths(&folders)
            .map(|folder| folder.join(name).with_extension(env::consts::EXE_EXTENSION))
            .find(|candidate| candidate.is_file())
            .is_some_and(|candidate| real(&candidate) == real(&path))
    });
    let path = path.display().to_string();
    match (found, path.contains(char::is_whitespace)) {
        (true, _) => name.to_owned(),
        (false, true) => format!("\"{path}\""),
        (false, false) => path,
    }
}

/// A word for a shell.
pub fn quoted(word: &str) -> String {
    // In a shell of unix, brackets and a tilde may become other words.
    let others = match cfg!(windows) {
        true => "/\\._-:~+@%=[]",
        false => "/._-:+@%=",
    };
    let plain = |c: char| c.is_alphanumeric() || others.contains(c);
    match word.chars().all(plain) {
        true => word.to_owned(),
        false if cfg!(windows) => format!("\"{word}\""),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn a_word_stays_one() {
        for (word, shown) in [
            ("/a/b-c.d", "/a/b-c.d"),
            ("/a b", "'/a b'"),
            ("a'b", r"'a'\''b'"),
            ("$(x)", "'$(x)'"),
        ] {
            assert_eq!(quoted(word), shown);
        }
    }
}
