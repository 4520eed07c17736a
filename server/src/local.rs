//! The server of this machine, as the commands of `cli` ask about it: its settings and its tokens, running or not.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::Result;
use cli::{AddError, AgentTokens, LocalServer};
use protocol::Scope;

use crate::{
    agents::{self, FILE, Registry, Token},
    config::{self, Config, ServeArgs},
};

/// Answers from the settings and the files of this machine.
#[derive(Debug, Clone, Copy)]
pub struct Local;

impl LocalServer for Local {
    fn listen(&self, data: Option<&Path>, config: Option<&Path>) -> Result<SocketAddr> {
        let config = Config::load(&ServeArgs {
            data: data.map(Path::to_owned),
            config: config.map(Path::to_owned),
            ..ServeArgs::default()
        })?;
        Ok(config.listen)
    }

    fn data_folder(&self, data: Option<&Path>, config: Option<&Path>) -> Result<PathBuf> {
        config::data_folder(data, config)
    }

    fn token_file(&self, folder: &Path) -> PathBuf {
        folder.join(FILE)
    }

    fn tokens(&self, folder: &Path) -> Result<Box<dyn AgentTokens>> {
        Ok(Box::new(Tokens(Registry::open_in(folder)?)))
    }

    fn existing_tokens(&self, folder: &Path) -> Result<Option<Box<dyn AgentTokens>>> {
        let file = self.token_file(folder);
        // Opening it would make it.
        if !file.is_file() {
            return Ok(None);
        }
        Ok(Some(Box::new(Tokens(Registry::open(&file)?))))
    }
}

struct Tokens(Registry);

impl AgentTokens for Tokens {
    fn names(&self) -> Vec<String> {
        let agents = self.0.active().into_iter();
        agents.map(|agent| agent.name).collect()
    }

    fn agent_of(&self, token: &Token) -> Option<String> {
        Some(self.0.verify(token)?.name.to_string())
    }

    fn is_reserved(&self, name: &str) -> bool {
        self.0.is_reserved(name)
    }

    fn add(&self, name: &str) -> Result<Token, AddError> {
        self.0
            .add(name, Scope::Report)
            .map_err(|error| match error {
                agents::AddError::Taken(_) => AddError::Taken,
                error => AddError::Failed(error.into()),
            })
    }

    fn undo(&self, token: &Token) -> Result<()> {
        Ok(self.0.undo(token)?)
    }

    fn revoke(&self, name: &str) -> Result<()> {
        self.0.revoke(name)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asking_for_existing_tokens_makes_no_file() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(matches!(Local.existing_tokens(folder.path()), Ok(None)));
        assert!(!Local.token_file(folder.path()).exists());
        let tokens = Local.tokens(folder.path()).expect("a file");
        tokens.add("anna").expect("a token");
        let tokens = Local.existing_tokens(folder.path()).expect("readable");
        assert_eq!(tokens.expect("a file").names(), ["anna"]);
        std::fs::write(Local.token_file(folder.path()), "no database").expect("a file");
        assert!(Local.existing_tokens(folder.path()).is_err());
    }

    #[test]
    fn an_undone_name_is_free_and_a_revoked_one_is_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let tokens = Local.tokens(folder.path()).expect("a file");
        let token = tokens.add("anna").expect("a token");
        assert_eq!(tokens.agent_of(&token).as_deref(), Some("anna"));
        assert!(matches!(tokens.add("anna"), Err(AddError::Taken)));
        tokens.undo(&token).expect("undone");
        assert_eq!(tokens.agent_of(&token), None);
        assert!(!tokens.is_reserved("anna"));
        tokens.add("anna").expect("a token");
        tokens.revoke("anna").expect("revoked");
        assert!(tokens.is_reserved("anna") && tokens.names().is_empty());
    }
}
