//! The token that an entry proves the agent's name with: given, or made and never lost.

use anyhow::{Result, bail};
use protocol::Scope;

use crate::agents::{AddError, Registry, Token};

/// What stands for a token wherever one is shown.
pub const HIDDEN: &str = "****";

/// A token that was just made. It is void again unless it is kept.
pub struct NewToken<'a> {
    registry: &'a Registry,
    name: &'a str,
    token: Token,
    /// Whether nobody has had the name before.
    first: bool,
    kept: bool,
}

impl<'a> NewToken<'a> {
    /// Makes one with which this agent may read and report.
    ///
    /// # Errors
    /// The agent has one already, or the file cannot be written.
    pub fn make(registry: &'a Registry, name: &'a str) -> Result<Self> {
        let first = !registry.is_reserved(name);
        match registry.add(name, Scope::Report) {
            Ok(token) => Ok(Self {
                registry,
                name,
                token,
                first,
                kept: false,
            }),
            Err(AddError::Taken(name)) => bail!(
                "{name} has a token already, and it cannot be shown again. Put that token into STAFFEL_TOKEN in place \
                 of --agent, use another name, or make it void first: staffel agents revoke {name}\nNothing was written."
            ),
            Err(error) => Err(error.into()),
        }
    }

    /// The token.
    pub fn token(&self) -> &Token {
        &self.token
    }

    /// It has arrived where it belongs.
    pub fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for NewToken<'_> {
    fn drop(&mut self) {
        if self.kept {
            return;
        }
        let name = self.name;
        let undone = match self.first {
            true => self.registry.undo(&self.token),
            // A name that somebody has had stays taken.
            false => self.registry.revoke(name).map(drop),
        };
        match undone {
            Ok(()) => eprintln!("staffel: the token that was just made for {name} is void again."),
            Err(error) => eprintln!(
                "staffel: the token that was just made for {name} has reached nobody, and cannot be made void \
                 ({error}). Do that yourself: staffel agents revoke {name}"
            ),
        }
    }
}

/// The text without any token in it, for people to see.
pub fn hide(text: &str) -> String {
    let in_header = |c: char| c.is_ascii_alphanumeric() || "-._~+/=".contains(c);
    let ours = |c: char| c.is_ascii_hexdigit() || c == '_';
    // The shortest that could still be of use to somebody; `staffel_` alone begins many names.
    hide_after(
        &hide_after(text, "Bearer ", in_header, 1),
        "staffel_",
        ours,
        40,
    )
}

fn hide_after(text: &str, mark: &str, part: impl Fn(char) -> bool, least: usize) -> String {
    let (mut hidden, mut rest) = (String::new(), text);
    while let Some(at) = rest.find(mark) {
        let (before, after) = rest.split_at(at + mark.len());
        let end = after.find(|c| !part(c)).unwrap_or(after.len());
        hidden += before;
        hidden += if end < least { &after[..end] } else { HIDDEN };
        rest = &after[end..];
    }
    hidden + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_token_is_shown_and_nothing_else_is_hidden() {
        let token = Token::generate().expect("random bytes");
        let token = token.reveal();
        let text = format!("+ \"Authorization\": \"Bearer {token}\",\n  {token}{token}");
        assert_eq!(
            hide(&text),
            "+ \"Authorization\": \"Bearer ****\",\n  staffel_****staffel_****"
        );
        assert_eq!(hide("'Bearer abc.d==' b"), "'Bearer ****' b");
        for harmless in [
            "Bearer ${env:STAFFEL_TOKEN}",
            "staffel_bg.wasm",
            "staffel_0_1",
        ] {
            assert_eq!(hide(harmless), harmless);
        }
    }

    #[test]
    fn a_token_that_is_not_kept_is_void() {
        let folder = tempfile::tempdir().expect("a folder");
        let registry = Registry::open_in(folder.path()).expect("a registry");
        let new = NewToken::make(&registry, "anna").expect("a token");
        let token = Token::parse(new.token().reveal()).expect("the same");
        assert!(registry.verify(&token).is_some());
        drop(new);
        assert!(registry.verify(&token).is_none());
        assert!(!registry.is_reserved("anna"), "nobody has had the name");
        NewToken::make(&registry, "anna").expect("again").keep();
        assert_eq!(registry.active().len(), 1);
        let again = NewToken::make(&registry, "anna").err().expect("taken");
        assert!(again.to_string().contains("staffel agents revoke anna"));
        registry.revoke("anna").expect("revoked");
        drop(NewToken::make(&registry, "anna").expect("a token"));
        assert!(registry.is_reserved("anna"), "she has had it");
    }
}
