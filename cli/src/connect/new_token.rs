//! A token that is made for an agent, and never lost.

use anyhow::{Result, bail};
use protocol::Token;

use crate::local::{AddError, AgentTokens};

/// A token that was just made. It is void again unless it is kept.
pub struct NewToken<'a> {
    tokens: &'a dyn AgentTokens,
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
    pub fn make(tokens: &'a dyn AgentTokens, name: &'a str) -> Result<Self> {
        let first = !tokens.is_reserved(name);
        match tokens.add(name) {
            Ok(token) => Ok(Self {
                tokens,
                name,
                token,
                first,
                kept: false,
            }),
            Err(AddError::Taken) => bail!(
                "{name} has a token already, and it cannot be shown again. Put that token into STAFFEL_TOKEN in place \
                 of --agent, use another name, or make it void first: staffel agents revoke {name}\nNothing was written."
            ),
            Err(AddError::Failed(error)) => Err(error),
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
            true => self.tokens.undo(&self.token),
            // A name that somebody has had stays taken.
            false => self.tokens.revoke(name),
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

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    /// Names with the id of their token, or none where that was revoked.
    #[derive(Default)]
    struct Known(RefCell<Vec<(String, Option<String>)>>);

    impl AgentTokens for Known {
        fn names(&self) -> Vec<String> {
            let known = self.0.borrow();
            let valid = known.iter().filter(|(_, token)| token.is_some());
            valid.map(|(name, _)| name.clone()).collect()
        }

        fn agent_of(&self, token: &Token) -> Option<String> {
            let known = self.0.borrow();
            let mut known = known.iter();
            let agent = known.find(|(_, id)| id.as_deref() == Some(token.id()));
            agent.map(|(name, _)| name.clone())
        }

        fn is_reserved(&self, name: &str) -> bool {
            self.0.borrow().iter().any(|(known, _)| known == name)
        }

        fn add(&self, name: &str) -> Result<Token, AddError> {
            if self.names().iter().any(|known| known == name) {
                return Err(AddError::Taken);
            }
            let token = Token::from_bytes([0x5a; Token::BYTES]);
            let mut known = self.0.borrow_mut();
            known.retain(|(known, _)| known != name);
            known.push((name.to_owned(), Some(token.id().to_owned())));
            Ok(token)
        }

        fn undo(&self, token: &Token) -> Result<()> {
            let mut known = self.0.borrow_mut();
            known.retain(|(_, id)| id.as_deref() != Some(token.id()));
            Ok(())
        }

        fn revoke(&self, name: &str) -> Result<()> {
            let mut known = self.0.borrow_mut();
            known.retain(|(known, _)| known != name);
            known.push((name.to_owned(), None));
            Ok(())
        }
    }

    #[test]
    fn a_token_that_is_not_kept_is_void() {
        let tokens = Known::default();
        let new = NewToken::make(&tokens, "anna").expect("a token");
        let token = Token::parse(new.token().reveal()).expect("the same");
        assert!(tokens.agent_of(&token).is_some());
        drop(new);
        assert!(tokens.agent_of(&token).is_none());
        assert!(!tokens.is_reserved("anna"), "nobody has had the name");
        NewToken::make(&tokens, "anna").expect("again").keep();
        assert_eq!(tokens.names(), ["anna"]);
        let again = NewToken::make(&tokens, "anna").err().expect("taken");
        assert!(again.to_string().contains("staffel agents revoke anna"));
        tokens.revoke("anna").expect("revoked");
        drop(NewToken::make(&tokens, "anna").expect("a token"));
        assert!(tokens.is_reserved("anna"), "she has had it");
    }
}
