//! One file of a client: what is in it, and what it is to be.

use std::{env, path::PathBuf};

use anyhow::{Context, Result, anyhow};
use similar::TextDiff;

use crate::{
    clients::{Client, Held, NAME, Proof, Scope, TYPE, Transport},
    commands::Commands,
    endpoint::Endpoint,
    files::{Backup, ConfigFile, Entry, ExistingEntry, Field, Readers, look_up, masked, merge},
    token::hide,
};

/// One file that is to know one server.
pub struct Job {
    /// Whose file it is.
    pub client: &'static Client,
    /// Where the server is to be known.
    pub scope: Scope,
    /// The server.
    pub endpoint: Endpoint,
    /// What a user can be told to run.
    pub commands: Commands,
    /// What a bridge has to know of the server that it starts, as variables.
    pub settings: Vec<(&'static str, String)>,
    /// Where the file is.
    pub path: PathBuf,
    /// What is in it.
    pub file: ConfigFile,
    /// Whether another server of the name gives way.
    pub replace: bool,
    /// Whether the change is only shown.
    pub print: bool,
}

impl Job {
    /// How an agent with this token is to prove it in this file.
    pub fn proof<'a>(&self, token: &'a str) -> Proof<'a> {
        match self.scope {
            Scope::Global => Proof::Token(token),
            Scope::Project => Proof::Variable,
        }
    }

    /// The text of the file with the server in it, proving itself like this; `None` if nothing is to be done.
    pub fn merged(&self, proof: Proof<'_>) -> Result<Option<String>> {
        let client = self.client;
        let here = self.known().filter(|known| {
            let address = client.address(known);
            address.is_some_and(|address| self.endpoint.is_at(&address))
        });
        let mut fields = self.fields()?;
        // Its user's own word for the transport may be as good.
        if here
            .as_ref()
            .is_some_and(|known| client.unusable(known).is_none() && !known.has_any("command"))
        {
            fields.retain(|(key, _)| *key != TYPE);
        }
        let also = client.also(proof, &self.settings);
        let entry = Entry {
            servers: client.servers,
            name: NAME,
            fields: &fields,
            also: also.as_slice(),
            never: &client.never(proof),
            without: &client.without(proof),
            leads_here: here.is_some(),
        };
        merge(client.language, self.file.text(), entry, self.replace).map_err(|problem| {
            anyhow!(
                "{}, {}\nNothing was written.",
                self.path.display(),
                hide(&problem.to_string())
            )
        })
    }

    /// What makes an entry lead to this server.
    fn fields(&self) -> Result<Vec<Field>> {
        let program = match self.client.transport {
            Transport::Http { .. } => String::new(),
            Transport::Bridge => {
                let program = env::current_exe().context("the program's own path")?;
                let program = program.to_str().map(str::to_owned);
                program.context(
                    "the path of this program is not UTF-8; move it where it can be written down",
                )?
            }
        };
        let (mcp, base) = (self.endpoint.mcp(), self.endpoint.base());
        Ok(self.client.fields(mcp, &program, &base))
    }

    /// What the file has under our name.
    fn known(&self) -> Option<ExistingEntry> {
        let client = self.client;
        let known = look_up(client.language, self.file.text(), client.servers, NAME);
        // What is wrong with the file is said where it is to be written.
        known.ok()?
    }

    /// How the file proves the name of the agent.
    pub fn held(&self) -> Held {
        let known = self.known();
        known.map_or(Held::Nothing, |known| self.client.held(&known))
    }

    /// Writes the file with an entry that proves itself like this, and gives what to say about that.
    pub fn write(&self, text: &str, proof: Proof<'_>) -> Result<String> {
        let readers = match proof {
            Proof::Token(_) => Readers::OnlyOwner,
            Proof::None | Proof::Variable => Readers::AsBefore,
        };
        // Where a token is to go out of a folder that people share, a copy would bring it back with the next commit.
        let shared = self.scope == Scope::Project && matches!(self.held(), Held::Token(_));
        let backup = match shared {
            true => Backup::None,
            false => Backup::Beside,
        };
        let difference = self.difference(text, proof)?;
        let backup = self.file.write(text, readers, backup)?;
        let mut said = format!(
            "{difference}\n{} knows Staffel now: {}\n",
            self.client.title,
            self.path.display()
        );
        if let Some(backup) = backup {
            said += &format!("The file as it was: {}\n", backup.display());
        } else if shared {
            said += "The file as it was is not kept, since a token stood in it.\n";
        }
        Ok(said)
    }

    /// What changes: our own words, and of the others' only that there are some.
    pub fn difference(&self, new: &str, proof: Proof<'_>) -> Result<String> {
        let fields = self.fields()?;
        let also = match proof {
            Proof::Token(_) => Proof::None,
            proof => proof,
        };
        let also = self.client.also(also, &self.settings);
        let ours: Vec<_> = fields
            .iter()
            .chain(&also)
            .flat_map(|(_, value)| value.texts())
            .collect();
        let masked = |text| masked(self.client.language, text, &ours);
        let name = self.path.display().to_string();
        let difference = TextDiff::from_lines(&masked(self.file.text())?, &masked(new)?)
            .unified_diff()
            .context_radius(0)
            .header(&name, &name)
            .to_string();
        Ok(hide(&difference))
    }
}
