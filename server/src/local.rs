//! The server of this machine, as the commands of `cli` ask about it: its settings and its tokens, running or not.

use std::{net::SocketAddr, path::Path};

use anyhow::{Context, Result};
use cli::{AddError, AgentTokens, LocalData, LocalServer};
use protocol::Scope;

use crate::{
    agents::{self, Registry, Token},
    config::{self, Config, ServeArgs},
    storage::Place,
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

    fn data(&self, data: Option<&Path>, config: Option<&Path>) -> Result<Box<dyn LocalData>> {
        Ok(Box::new(config::place(data, config)?))
    }
}

impl LocalData for Place {
    fn name(&self) -> String {
        self.to_string()
    }

    fn folder(&self) -> Option<&Path> {
        self.folder()
    }

    fn name_of_tokens(&self) -> String {
        self.name_of_agents()
    }

    fn tokens(&self) -> Result<Box<dyn AgentTokens>> {
        let tokens = Registry::of(self.agents()?)
            .with_context(|| format!("{} cannot be used", self.name_of_agents()))?;
        Ok(Box::new(Tokens(tokens)))
    }

    fn existing_tokens(&self) -> Result<Option<Box<dyn AgentTokens>>> {
        let Some(store) = self.existing_agents()? else {
            return Ok(None);
        };
        Ok(Some(Box::new(Tokens(Registry::of(store)?))))
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
    use crate::registry::AGENTS_FILE;

    #[test]
    fn asking_for_existing_tokens_makes_no_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = Place::Folder(folder.path().to_owned());
        assert!(matches!(place.existing_tokens(), Ok(None)));
        let file = folder.path().join(AGENTS_FILE);
        assert!(!file.exists());
        let tokens = place.tokens().expect("a file");
        tokens.add("anna").expect("a token");
        let tokens = place.existing_tokens().expect("readable");
        assert_eq!(tokens.expect("a file").names(), ["anna"]);
        std::fs::write(file, "no database").expect("a file");
        assert!(place.existing_tokens().is_err());
    }

    #[test]
    fn an_undone_name_is_free_and_a_revoked_one_is_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = Place::Folder(folder.path().to_owned());
        let tokens = place.tokens().expect("a file");
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
