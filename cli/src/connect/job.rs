//! The entry of a client: what it is, and what it is to be.

use std::env;

use anyhow::{Context, Result, anyhow};
use similar::TextDiff;

use crate::{
    clients::{Client, ClientFile, Held, NAME, Proof, Scope, TYPE, Transport},
    commands::Commands,
    endpoint::Endpoint,
    files::{Backup, Entry, ExistingEntry, Field, Readers, masked, merge},
    token::hide,
};

/// One place where a client is to know one server.
pub struct Job {
    /// Whose files they are.
    pub client: &'static Client,
    /// Where the server is to be known.
    pub scope: Scope,
    /// The server.
    pub endpoint: Endpoint,
    /// What a user can be told to run.
    pub commands: Commands,
    /// What a bridge has to know of the server that it starts, as variables.
    pub settings: Vec<(&'static str, String)>,
    /// The files to be written there, the one that wins first; never empty.
    pub files: Vec<ClientFile>,
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

    /// What has to be written so that the server is there, proving itself like this; nothing if nothing is to be done.
    pub fn changes(&self, proof: Proof<'_>) -> Result<Vec<Change<'_>>> {
        let client = self.client;
        let known = self.known();
        let here = known.as_ref().filter(|known| {
            let address = client.address(known);
            address.is_some_and(|address| self.endpoint.is_at(&address))
        });
        let first_known = self.files.first();
        let first_known = first_known.and_then(|file| file.entry(client).ok().flatten());
        let mut fields = self.fields()?;
        // Its user's own word for the transport may be as good.
        if here.is_some()
            && let Some(known) = &first_known
            && client.unusable(known).is_none()
            && !known.has_any("command")
        {
            fields.retain(|(key, _)| *key != TYPE);
        }
        let also = client.also(proof, &self.settings);
        let first = Entry {
            servers: client.servers,
            name: NAME,
            fields: &fields,
            also: also.as_slice(),
            never: &client.never(proof),
            without: &client.without(proof),
            leads_here: here.is_some(),
        };
        let stays_on = here.is_some()
            && first_known.is_some_and(|known| {
                client.off.is_some_and(|(field, _)| known.has_any(field))
                    && client.switched_off(&known).is_none()
            });
        let mut changes = Vec::new();
        for (at, target) in self.files.iter().enumerate() {
            let (whole, off) = (self.fields()?, client.without(Proof::None));
            let (entry, replace) = match at {
                // What it lacks to be whole may stand in another.
                0 => (
                    first,
                    self.replace || here.is_some() && self.files.len() > 1,
                ),
                // What the first says goes before what this one says; but it may switch the server off.
                _ => {
                    let known = target.entry(client).map_err(left_alone)?;
                    let off_there = known.as_ref().and_then(|known| client.switched_off(known));
                    if stays_on || off_there.is_none() {
                        continue;
                    }
                    // A client takes no entry that is empty without that.
                    let is_whole = known.is_some_and(|known| known.has_any(TYPE));
                    let entry = Entry {
                        fields: if is_whole { &[] } else { &whole },
                        also: &[],
                        never: &[],
                        without: &off,
                        ..first
                    };
                    (entry, true)
                }
            };
            let merged = merge(client.language, target.file.text(), entry, replace);
            let merged = merged
                .map_err(|problem| left_alone(anyhow!("{}, {problem}", target.path.display())))?;
            changes.extend(merged.map(|text| Change { target, text }));
        }
        Ok(changes)
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

    /// What the client takes for the server under our name.
    fn known(&self) -> Option<ExistingEntry> {
        // What is wrong with a file is said where it is to be written.
        let known = self.files.iter().map(|file| file.entry(self.client).ok()?);
        known.flatten().reduce(ExistingEntry::over)
    }

    /// How the file proves the name of the agent.
    pub fn held(&self) -> Held {
        let known = self.known();
        known.map_or(Held::Nothing, |known| self.client.held(&known))
    }

    /// Writes the files with an entry that proves itself like this, and gives what to say about that.
    pub fn write(&self, changes: &[Change<'_>], proof: Proof<'_>) -> Result<String> {
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
        let mut said = self.difference(changes, proof)? + "\n";
        // The first last: a token that is written into it is void where anything fails before.
        for Change { target, text } in changes.iter().rev() {
            let backup = target.file.write(text, readers, backup)?;
            said += &format!(
                "{} knows Staffel now: {}\n",
                self.client.title,
                target.path.display()
            );
            if let Some(backup) = backup {
                said += &format!("The file as it was: {}\n", backup.display());
            } else if shared {
                said += "The file as it was is not kept, since a token stood in it.\n";
            }
        }
        Ok(said)
    }

    /// What changes: our own words, and of the others' only that there are some.
    pub fn difference(&self, changes: &[Change<'_>], proof: Proof<'_>) -> Result<String> {
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
        let mut shown = String::new();
        for Change { target, text } in changes {
            let name = target.path.display().to_string();
            let difference = TextDiff::from_lines(&masked(target.file.text())?, &masked(text)?)
                .unified_diff()
                .context_radius(0)
                .header(&name, &name)
                .to_string();
            shown += &hide(&difference);
        }
        Ok(shown)
    }

    /// The paths of the files, for a sentence.
    pub fn paths(&self) -> String {
        let paths = self
            .files
            .iter()
            .map(|file| file.path.display().to_string());
        paths.collect::<Vec<_>>().join(" and ")
    }
}

/// What is to be written to a file.
pub struct Change<'a> {
    target: &'a ClientFile,
    text: String,
}

fn left_alone(problem: anyhow::Error) -> anyhow::Error {
    anyhow!("{}\nNothing was written.", hide(&problem.to_string()))
}
