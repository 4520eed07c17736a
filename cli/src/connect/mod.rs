//! `staffel connect`: tells an assistant about this server, in the assistant's own configuration file.

mod new_token;

use std::{
    env,
    io::{self, Write},
    path::{self, Path, PathBuf},
    pin::pin,
};

use anyhow::{Context, Result, anyhow, bail, ensure};
use clap::{Args, builder::PossibleValuesParser};
use futures::poll;
use similar::TextDiff;

use protocol::{Token, parse_name};

use crate::{
    clients::{CLIENTS, Client, Held, Proof, Scope, TYPE, Way, from_home},
    commands::Commands,
    endpoint::{Endpoint, Knock, ServerArgs, staffel_at},
    files::{
        file::{Backup, ConfigFile, Readers},
        merge::{Entry, Field, Known, look_up, masked, merge},
    },
    local::{AgentTokens, LocalServer},
    token::{self, HIDDEN, VARIABLE, hide},
};

use new_token::NewToken;

/// The name under which assistants know this server.
pub(crate) const NAME: &str = "staffel";

/// How an entry in a file that people share proves the agent's name.
const BY_VARIABLE: &str = "The file takes the token from the variable STAFFEL_TOKEN, so that it can be committed. \
                           A program that was not started in a terminal may not see the variable; with --global the \
                           token itself is written, into a file of yours.";

/// What `staffel connect` can be told.
#[derive(Debug, Clone, Args)]
pub struct ConnectArgs {
    /// The assistant to connect
    #[arg(value_parser = PossibleValuesParser::new(names()))]
    pub client: String,
    /// Write the file of the project in this folder, or here [default, except for codex, windsurf and claude-desktop]
    #[arg(long, value_name = "DIR", num_args = 0..=1, default_missing_value = ".", conflicts_with = "global")]
    pub project: Option<PathBuf>,
    /// Write the file that counts in all your projects
    #[arg(long)]
    pub global: bool,
    /// Give the agent this name and a token that proves it; without this, a token in the environment is written
    #[arg(long, value_name = "NAME", value_parser = parse_name)]
    pub agent: Option<String>,
    /// Which server.
    #[command(flatten)]
    pub server: ServerArgs,
    /// Replace another server that is called `staffel`
    #[arg(long)]
    pub replace: bool,
    /// Only show what would change
    #[arg(long)]
    pub print: bool,
}

fn names() -> impl Iterator<Item = &'static str> {
    CLIENTS.iter().map(|client| client.name)
}

impl ConnectArgs {
    fn scope(&self, client: &Client) -> Scope {
        match (&self.project, self.global) {
            (Some(_), _) => Scope::Project,
            (None, true) => Scope::Global,
            (None, false) => client.usual,
        }
    }

    fn path(&self, client: &Client, scope: Scope) -> Result<PathBuf> {
        match scope {
            Scope::Project => {
                let folder = self.project.as_deref().unwrap_or(Path::new("."));
                ensure!(
                    folder.is_dir(),
                    "--project {}: there is no such folder.",
                    folder.display()
                );
                let folder = path::absolute(folder).context("this folder cannot be found")?;
                client.project_file(&folder).with_context(|| {
                    format!(
                        "{} has no file for a single project. Leave --project out to connect it in all projects.",
                        client.title
                    )
                })
            }
            Scope::Global => client.global.path().with_context(
                || "Your home folder cannot be found. Set HOME, or connect a project with --project DIR.",
            ),
        }
    }
}

/// Writes the server into the configuration file of a client, and says what to do next there.
///
/// # Errors
/// The file is not what it should be, cannot be written, or has another server of the name; the server refuses the
/// token, or none can be made. The message names what is at fault and what to do. The file is then as it was, and a
/// token that was made is void again.
pub async fn run(args: &ConnectArgs, local: &dyn LocalServer) -> Result<()> {
    let endpoint = args.server.endpoint(local)?;
    let client = CLIENTS.iter().find(|client| client.name == args.client);
    let client = client.context("the parser allows no other client")?;
    let scope = args.scope(client);
    let path = args.path(client, scope)?;
    let job = Job {
        client,
        scope,
        commands: Commands::new(&args.server, &endpoint, local),
        settings: args.server.settings_of_start(&endpoint)?,
        endpoint,
        file: ConfigFile::read(&path)?,
        path,
        replace: args.replace,
        print: args.print,
    };
    match &args.agent {
        Some(name) => job.with_new_token(name, &args.server, local).await,
        None => {
            let token = token::from_environment()?;
            job.with_given_token(token, &args.server, local).await
        }
    }
}

/// One file that is to know one server.
struct Job {
    client: &'static Client,
    scope: Scope,
    endpoint: Endpoint,
    commands: Commands,
    /// What a bridge has to know of the server that it starts, as variables.
    settings: Vec<(&'static str, String)>,
    path: PathBuf,
    file: ConfigFile,
    replace: bool,
    print: bool,
}

impl Job {
    async fn with_given_token(
        &self,
        token: Option<Token>,
        server: &ServerArgs,
        local: &dyn LocalServer,
    ) -> Result<()> {
        let mcp = self.endpoint.mcp();
        match self.endpoint.knock(token.as_ref()).await {
            Knock::TokenRefused => bail!(
                "{mcp} refuses the token in {VARIABLE}: it is not one of that server's, or it was revoked. Take another, \
                 or none (unset {VARIABLE}). `staffel agents list` shows whose tokens are valid.\nNothing was written."
            ),
            Knock::TokenNeeded => self.say_that_a_token_is_needed(),
            Knock::Open { .. } | Knock::Strange(_) => {}
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
        let Some(text) = self.merged(proof)? else {
            return self.say_nothing_to_do().await;
        };
        if self.print {
            return say(&self.difference(&text, proof)?);
        }
        let written = self.write(&text, proof)?;
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

    async fn with_new_token(
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
        let drafted = self.merged(draft)?;
        if self.print {
            return match drafted {
                Some(text) => say(&self.difference(&text, draft)?),
                None => self.say_nothing_to_do().await,
            };
        }
        let folder = server.data_folder(local)?;
        let tokens = local.tokens(&folder)?;
        let before = self.agent_of_token(&*tokens);
        // A token that others can read in a project's file is no token to keep.
        if let Some((agent, token)) = &before
            && agent == name
            && self.scope == Scope::Global
        {
            let proof = Proof::Token(token.reveal());
            return match self.merged(proof)? {
                None => self.say_nothing_to_do().await,
                Some(text) => {
                    let written = self.write(&text, proof)?;
                    let hint = holds_token(&format!("of {name}"));
                    say(&format!("{written}{hint}{}", self.next().await))
                }
            };
        }
        // Ending on the spot, as is usual, would lose the token. The first look is what changes that.
        let mut interrupt = pin!(tokio::signal::ctrl_c());
        let _ = poll!(interrupt.as_mut());
        let new = NewToken::make(&*tokens, name)?;
        let knock = tokio::select! {
            knock = self.endpoint.knock(Some(new.token())) => knock,
            _ = interrupt => bail!("interrupted. Nothing was written."),
        };
        if let Knock::TokenRefused = knock {
            bail!(
                "{mcp} does not know the token that was just made in {}: that server keeps its data elsewhere. \
                 Name its folder with --data DIR; it says so when it starts.\nNothing was written.",
                folder.display()
            );
        }
        let proof = self.proof(new.token().reveal());
        let written = match self.merged(proof)? {
            Some(text) => self.write(&text, proof)?,
            // A project's file only names the variable, and does already.
            None => format!("{} is as it has to be.\n", self.path.display()),
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

    /// How an agent with this token is to prove it in this file.
    fn proof<'a>(&self, token: &'a str) -> Proof<'a> {
        match self.scope {
            Scope::Global => Proof::Token(token),
            Scope::Project => Proof::Variable,
        }
    }

    /// The text of the file with the server in it, proving itself like this; `None` if nothing is to be done.
    fn merged(&self, proof: Proof<'_>) -> Result<Option<String>> {
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

    fn fields(&self) -> Result<Vec<Field>> {
        let program = match self.client.way {
            Way::Http { .. } => String::new(),
            Way::Bridge => {
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
    fn known(&self) -> Option<Known> {
        let client = self.client;
        let known = look_up(client.language, self.file.text(), client.servers, NAME);
        // What is wrong with the file is said where it is to be written.
        known.ok()?
    }

    fn held(&self) -> Held {
        let known = self.known();
        known.map_or(Held::Nothing, |known| self.client.held(&known))
    }

    /// Whose valid token the file holds, with the token.
    fn agent_of_token(&self, tokens: &dyn AgentTokens) -> Option<(String, Token)> {
        let Held::Token(token) = self.held() else {
            return None;
        };
        let agent = tokens.agent_of(&token)?;
        Some((agent, token))
    }

    /// Whether this server takes the token, as far as its data on this machine say.
    fn is_good(&self, token: &Token, server: &ServerArgs, local: &dyn LocalServer) -> bool {
        if !self.endpoint.is_of_this_machine() {
            return false;
        }
        let folder = server.data_folder(local).ok();
        let tokens = folder.and_then(|folder| local.existing_tokens(&folder).ok()?);
        tokens.is_some_and(|tokens| tokens.agent_of(token).is_some())
    }

    /// Writes the file with an entry that proves itself like this, and gives what to say about that.
    fn write(&self, text: &str, proof: Proof<'_>) -> Result<String> {
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
    fn difference(&self, new: &str, proof: Proof<'_>) -> Result<String> {
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

    async fn say_nothing_to_do(&self) -> Result<()> {
        say(&format!(
            "{} knows Staffel at {} already: nothing to do in {}.\n{}\n",
            self.client.title,
            self.endpoint.mcp(),
            self.path.display(),
            self.answering().await
        ))
    }

    async fn next(&self) -> String {
        format!("Next: {}\n{}\n", self.client.next, self.answering().await)
    }

    /// Whether a Staffel is there now.
    async fn answering(&self) -> String {
        let base = self.endpoint.base();
        match staffel_at(&base).await {
            Some(version) => format!("A Staffel ({version}) answers at {base}."),
            None => format!("No Staffel answers at {base} yet: start it with `staffel serve`."),
        }
    }
}

/// What stands in the file of a client that knows nothing but the Staffel at `url`, and where that file is for this
/// machine's user.
pub(crate) fn example(client: &Client, url: &str) -> (String, String) {
    let program = env::current_exe().unwrap_or_else(|_| NAME.into());
    let server = url.strip_suffix("/mcp").unwrap_or(url);
    let entry = Entry {
        servers: client.servers,
        name: NAME,
        fields: &client.fields(url, &program.to_string_lossy(), server),
        also: &[],
        never: &[],
        without: &[],
        leads_here: false,
    };
    let merged = merge(client.language, "", entry, false);
    let file = match (client.usual, client.project) {
        (Scope::Project, Some(file)) => file.to_owned(),
        _ => client
            .global
            .path()
            .map_or_else(String::new, |path| from_home(&path)),
    };
    (file, merged.ok().flatten().unwrap_or_default())
}

/// What a file is now that it holds this token.
fn holds_token(which: &str) -> String {
    let readers = match cfg!(unix) {
        true => ", so only you can read it now",
        false => "",
    };
    format!("It holds the token {which}{readers}.\n")
}

/// The line that sets the variable for good.
fn in_profile(token: &Token) -> String {
    if cfg!(windows) {
        format!("setx {VARIABLE} {}", token.reveal())
    } else {
        format!("export {VARIABLE}={}", token.reveal())
    }
}

/// Says it to the user, who may have stopped listening.
fn say(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .context("standard output")
}
