//! The entry proves the agent's name by a token that is made for it.

use std::pin::pin;

use anyhow::{Result, bail, ensure};
use futures::poll;
use protocol::Token;

use crate::{
    clients::{Held, Proof, Scope},
    endpoint::{Discovery, ServerArgs},
    local::{AgentTokens, LocalServer},
    token::{HIDDEN, VARIABLE},
};

use super::{
    job::Job,
    new_token::NewToken,
    said::{BY_VARIABLE, holds_token, in_profile, say},
};

impl Job {
    /// Makes a token for the agent `name` and writes the file with it.
    pub async fn with_new_token(
        &self,
        name: &str,
        server: &ServerArgs,
        local: &dyn LocalServer,
    ) -> Result<()> {
        let mcp = self.endpoint.mcp();
        ensure!(
            self.endpoint.is_of_this_machine(),
            "--agent {name}: {mcp} is on another machine, and a token can only be made where the server runs. \
             Make it there (staffel agents add {name}), put it into {VARIABLE}, and leave --agent out.\n\
             Nothing was written."
        );
        // Whatever is wrong with the file is to be found before there is a token.
        let draft = self.proof(HIDDEN);
        let drafted = self.changes(draft)?;
        if self.print {
            return match drafted.is_empty() {
                false => say(&self.difference(&drafted, draft)?),
                true => self.say_nothing_to_do().await,
            };
        }
        let data = server.data(local)?;
        let tokens = data.tokens()?;
        let before = self.agent_of_token(&*tokens);
        // A token that others can read in a project's file is no token to keep.
        if let Some((agent, token)) = &before
            && agent == name
            && self.scope == Scope::Global
        {
            let proof = Proof::Token(token.reveal());
            let changes = self.changes(proof)?;
            if changes.is_empty() {
                return self.say_nothing_to_do().await;
            }
            let written = self.write(&changes, proof)?;
            let hint = holds_token(&format!("of {name}"));
            return say(&format!("{written}{hint}{}", self.next().await));
        }
        // Ending on the spot, as is usual, would lose the token. The first look is what changes that.
        let mut interrupt = pin!(tokio::signal::ctrl_c());
        let _ = poll!(interrupt.as_mut());
        let new = NewToken::make(&*tokens, name)?;
        let answer = tokio::select! {
            answer = self.endpoint.discover(Some(new.token())) => answer,
            _ = interrupt => bail!("interrupted. Nothing was written."),
        };
        if let Discovery::TokenRefused = answer {
            bail!(
                "{mcp} does not know the token that was just made in {}: that server keeps its data elsewhere. \
                 Name its folder with --data DIR; it says so when it starts.\nNothing was written.",
                data.name()
            );
        }
        let proof = self.proof(new.token().reveal());
        let changes = self.changes(proof)?;
        let written = match changes.is_empty() {
            false => self.write(&changes, proof)?,
            // A project's file only names the variable, and does already.
            true => format!("{}: nothing to change.\n", self.paths()),
        };
        let older = before.map_or(String::new(), |(agent, _)| {
            format!(
                "The token of {agent}, which the file held before, is still valid. If nobody else uses it: \
                 staffel agents revoke {agent}\n"
            )
        });
        match self.scope {
            Scope::Global => {
                new.keep();
                let hint = holds_token(&format!("of {name}"));
                say(&format!("{written}{hint}{older}{}", self.next().await))
            }
            Scope::Project => {
                let profile = in_profile(new.token());
                say(&format!(
                    "{written}{BY_VARIABLE}\nThe token of {name}, shown only this once, for your shell's profile:\n\n\
                     \x20 {profile}\n\n"
                ))?;
                new.keep();
                say(&format!("{older}{}", self.next().await))
            }
        }
    }

    /// Whose valid token the file holds, with the token.
    fn agent_of_token(&self, tokens: &dyn AgentTokens) -> Option<(String, Token)> {
        let Held::Token(token) = self.held() else {
            return None;
        };
        let agent = tokens.agent_of(&token)?;
        Some((agent, token))
    }
}
