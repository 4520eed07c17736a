//! What the commands have to know of the server of this machine that only its own settings and files can tell.
//!
//! The program passes in who can answer: how the settings are read and how the tokens are kept is the server's affair.

use std::{net::SocketAddr, path::Path};

use anyhow::{Error, Result};
use protocol::Token;

/// The server of this machine, whether it runs or not.
pub trait LocalServer {
    /// Where it listens, as the environment and its configuration file say. `config` names that file, `data` the data
    /// folder, where somebody did.
    ///
    /// # Errors
    /// A setting cannot be used.
    fn listen(&self, data: Option<&Path>, config: Option<&Path>) -> Result<SocketAddr>;

    /// Where it keeps its data.
    ///
    /// # Errors
    /// The configuration file cannot be used.
    fn data(&self, data: Option<&Path>, config: Option<&Path>) -> Result<Box<dyn LocalData>>;
}

/// Where the server of this machine keeps its data: a folder, or a database that several machines reach.
pub trait LocalData {
    /// The folder or the database, without a password.
    fn name(&self) -> String;

    /// The folder, where it is one.
    fn folder(&self) -> Option<&Path>;

    /// What holds the tokens of agents: a file, or the database.
    fn name_of_tokens(&self) -> String;

    /// The tokens of agents. What is missing is made.
    ///
    /// # Errors
    /// They cannot be used; the message names what holds them.
    fn tokens(&self) -> Result<Box<dyn AgentTokens>>;

    /// The tokens of agents; `None` where there are none yet, and nothing is made.
    ///
    /// # Errors
    /// They cannot be used; the message does not name what holds them.
    fn existing_tokens(&self) -> Result<Option<Box<dyn AgentTokens>>>;
}

/// The agents with a token. A running server takes in within a second what is changed here.
pub trait AgentTokens {
    /// The names of those whose token is valid.
    fn names(&self) -> Vec<String>;

    /// Whose token it is; `None` for one that is not valid.
    fn agent_of(&self, token: &Token) -> Option<String>;

    /// Whether an agent with a token has or had this name.
    fn is_reserved(&self, name: &str) -> bool;

    /// Makes a token with which this agent may read and report.
    ///
    /// # Errors
    /// The agent has a valid one, or the file cannot be written.
    fn add(&self, name: &str) -> Result<Token, AddError>;

    /// Takes an agent out whose token has reached nobody: its name is as free as before it was added.
    ///
    /// # Errors
    /// The file cannot be written.
    fn undo(&self, token: &Token) -> Result<()>;

    /// Makes the token of an agent void. Its name stays reserved.
    ///
    /// # Errors
    /// The file cannot be written.
    fn revoke(&self, name: &str) -> Result<()>;
}

/// Why an agent cannot be given a token.
#[derive(Debug)]
pub enum AddError {
    /// It has one that is valid.
    Taken,
    /// The token cannot be made or stored.
    Failed(Error),
}
