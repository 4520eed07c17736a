//! The entry proves the agent's name by a token that the user has, or not at all.

use anyhow::{Result, bail};
use protocol::Token;

use crate::{
    clients::{Held, Proof, Scope},
    endpoint::{Discovery, ServerArgs},
    local::LocalServer,
    token::VARIABLE,
};

use super::{
    job::Job,
    said::{BY_VARIABLE, holds_token, say},
};

impl Job {
    /// Writes the file with the token from the environment, if there is one.
    pub async fn with_given_token(
        &self,
        token: Option<Token>,
        server: &ServerArgs,
        local: &dyn LocalServer,
    ) -> Result<()> {
        let mcp = self.endpoint.mcp();
        match self.endpoint.discover(token.as_ref()).await {
            Discovery::TokenRefused => bail!(
                "{mcp} refuses the token in {VARIABLE}: it is not one of that server's, or it was revoked. Take another, \
                 or none (unset {VARIABLE}). `staffel agents list` shows whose tokens are valid.\nNothing was written."
            ),
            Discovery::TokenNeeded => self.say_that_a_token_is_needed(),
            Discovery::Accepted { .. } | Discovery::Unusable(_) => {}
        }
        let held = self.held();
        let proof = match (&token, &held) {
            (Some(token), _) => self.proof(token.reveal()),
            (None, Held::Variable) if self.replace => Proof::Variable,
            (None, Held::Token(token)) if self.replace && self.is_good(token, server, local) => {
                self.proof(token.reveal())
            }
            (None, _) => Proof::None,
        };
        let changes = self.changes(proof)?;
        if changes.is_empty() {
            return self.say_nothing_to_do().await;
        }
        if self.print {
            return say(&self.difference(&changes, proof)?);
        }
        let written = self.write(&changes, proof)?;
        let hint = match (proof, self.scope) {
            (Proof::Variable, Scope::Project) => {
                format!("{BY_VARIABLE} Set it in your shell's profile, too.\n")
            }
            (Proof::Token(_), _) if token.is_some() => holds_token(&format!("in {VARIABLE}")),
            (Proof::Token(_), _) => holds_token("that it held before"),
            (Proof::Variable | Proof::None, _) => String::new(),
        };
        say(&format!("{written}{hint}{}", self.next().await))
    }

    fn say_that_a_token_is_needed(&self) {
        let new = self
            .commands
            .connect_with_new_token(self.client, self.scope);
        let given = self.commands.connect_with_token(self.client, self.scope);
        eprintln!(
            "staffel: {} wants a token from agents, and none was given. There are two ways to give one:\n\n\
             Make one where the server runs, with a name for the agent:\n\x20 {}\n\
             Or take one that `staffel agents add` has made:\n\x20 {given}\n",
            self.endpoint.mcp(),
            new.unwrap_or_else(|| format!("staffel agents add {}", self.client.name)),
        );
    }

    /// Whether this server takes the token, as far as its data on this machine say.
    fn is_good(&self, token: &Token, server: &ServerArgs, local: &dyn LocalServer) -> bool {
        if !self.endpoint.is_of_this_machine() {
            return false;
        }
        let data = server.data(local).ok();
        let tokens = data.and_then(|data| data.existing_tokens().ok()?);
        tokens.is_some_and(|tokens| tokens.agent_of(token).is_some())
    }
}
