//! The commands that a user is told to run, so that they can be pasted as they are.

use std::path::{Path, PathBuf};

use crate::{
    clients::{Client, Scope, Transport},
    endpoint::{Endpoint, ServerArgs},
    local::LocalServer,
    program::{program, quoted},
    token::VARIABLE,
};

/// Commands for one server.
pub struct Commands {
    program: String,
    /// The flag that names the server, unless it is where one is that nobody configured.
    url: String,
    /// What the server has to listen on, if it is one of this machine.
    listen: Option<String>,
    data: Option<PathBuf>,
    config: Option<PathBuf>,
    /// Where the data are that `config` names.
    folder: Option<PathBuf>,
}

impl Commands {
    /// For the server that was named like this.
    pub fn new(args: &ServerArgs, endpoint: &Endpoint, local: &dyn LocalServer) -> Self {
        let usual = endpoint.is_usual();
        let listen = endpoint.listen();
        let listen = listen.filter(|_| endpoint.is_of_this_machine());
        Self {
            program: program(),
            url: match usual {
                true => String::new(),
                false => format!(" --url {}", quoted(endpoint.mcp())),
            },
            listen: listen.map(|listen| match usual {
                true => String::new(),
                false => format!(" --listen {listen}"),
            }),
            data: args.data.clone(),
            config: args.config.clone(),
            folder: folder_of(args, local),
        }
    }

    /// Starts the server; `None` if it is on another machine.
    pub fn serve(&self) -> Option<String> {
        let listen = self.listen.as_deref()?;
        Some(format!("{} serve{listen}{}", self.program, self.start()))
    }

    /// Connects a client.
    pub fn connect(&self, client: &Client, scope: Scope) -> String {
        let start = match client.transport {
            Transport::Http { .. } => String::new(),
            Transport::Bridge => self.start(),
        };
        self.connect_to(client, scope) + &start
    }

    fn connect_to(&self, client: &Client, scope: Scope) -> String {
        let scope = match scope {
            scope if scope == client.usual => "",
            Scope::Project => " --project",
            Scope::Global => " --global",
        };
        format!(
            "{} connect {}{scope}{}",
            self.program, client.name, self.url
        )
    }

    /// Connects a client with a token that is made for it; `None` if the server is on another machine.
    pub fn connect_with_new_token(&self, client: &Client, scope: Scope) -> Option<String> {
        self.listen.as_ref()?;
        let connect = self.connect_to(client, scope);
        Some(format!("{connect} --agent {}{}", client.name, self.start()))
    }

    /// Connects a client with a token that the user has.
    pub fn connect_with_token(&self, client: &Client, scope: Scope) -> String {
        format!("{VARIABLE}=… {}", self.connect(client, scope))
    }

    /// Looks again at everything.
    pub fn doctor(&self) -> String {
        format!("{} doctor{}{}", self.program, self.url, self.start())
    }

    /// Shows whose tokens are valid.
    pub fn agents(&self) -> String {
        let place = match self.data.as_ref().or(self.folder.as_ref()) {
            None => flag("config", self.config.as_ref()),
            folder => flag("data", folder),
        };
        format!("{} agents list{place}", self.program)
    }

    /// The flags that say how the server is started.
    fn start(&self) -> String {
        flag("data", self.data.as_ref()) + &flag("config", self.config.as_ref())
    }
}

/// The folder that the configuration file names, where one was given and names a folder.
fn folder_of(args: &ServerArgs, local: &dyn LocalServer) -> Option<PathBuf> {
    args.config.as_ref()?;
    let data = args.data(local).ok()?;
    data.folder().map(Path::to_owned)
}

/// A flag with a path behind it, and a space before.
fn flag(name: &str, path: Option<&PathBuf>) -> String {
    path.map(|path| format!(" --{name} {}", quoted(&path.display().to_string())))
        .unwrap_or_default()
}
