//! What stands in the files of the assistants.

use std::{
    env,
    path::{Path, PathBuf},
};

use serde::Serialize;

use crate::{
    clients::{CLIENTS, Client, Held, NAME, Scope, Transport},
    commands::Commands,
    endpoint::{Discovery, Endpoint},
    files::{ConfigFile, ExistingEntry, Value, look_up},
    program::quoted,
    token::VARIABLE,
};

use super::{server::Server, todo::Todo};

/// A file of a client.
#[derive(Debug, Serialize)]
pub struct File {
    /// The client's name on the command line.
    pub client: &'static str,
    /// Its name as its maker writes it.
    pub title: &'static str,
    /// `project` or `global`.
    pub scope: &'static str,
    /// Where it is.
    pub path: PathBuf,
    /// What is in it.
    #[serde(flatten)]
    pub state: State,
    /// Whether something is to be done about it.
    pub well: bool,
}

/// What is in a file.
#[derive(Debug, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum State {
    /// There is none.
    Absent,
    /// No server is called `staffel` there.
    WithoutStaffel,
    /// A server is.
    Staffel {
        /// Where it is; none if that is no Staffel.
        url: Option<String>,
        /// Whether it is the server that was asked about.
        this_server: bool,
        /// How it proves the agent's name.
        token: TokenState,
    },
    /// It cannot be read.
    Unreadable {
        /// Where and why.
        why: String,
    },
}

/// How an entry proves the agent's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TokenState {
    /// Not at all.
    None,
    /// By a token in the file. Whether it is valid could not be asked.
    InFile,
    /// By a token in the file that the server takes.
    InFileValid,
    /// By a token in the file that the server refuses.
    InFileRefused,
    /// By the token in the variable.
    Variable,
    /// By something of the user's own.
    #[serde(rename = "else")]
    Other,
}

/// Looks at both files of every client.
pub async fn look(
    here: &Path,
    endpoint: &Endpoint,
    server: &Server,
    commands: &Commands,
    todo: &mut Vec<Todo>,
) -> Vec<File> {
    let mut files = Vec::new();
    for client in &CLIENTS {
        let global = client.global.path();
        // Here may be the home folder.
        let project = client.project_file(here);
        let project = project.filter(|path| Some(path) != global.as_ref());
        let project = project.map(|path| (Scope::Project, path));
        let global = global.map(|path| (Scope::Global, path));
        for (scope, path) in project.into_iter().chain(global) {
            let found = todo.len();
            let look = Look {
                client,
                scope,
                path: &path,
                endpoint,
                server,
                commands,
            };
            let state = look.state(todo).await;
            files.push(File {
                client: client.name,
                title: client.title,
                scope: match scope {
                    Scope::Project => "project",
                    Scope::Global => "global",
                },
                path,
                state,
                well: todo.len() == found,
            });
        }
    }
    let reaches = |file: &File| {
        matches!(
            file.state,
            State::Staffel {
                this_server: true,
                ..
            }
        )
    };
    if !files.iter().any(reaches) {
        let names: Vec<_> = CLIENTS[1..].iter().map(|client| client.name).collect();
        todo.push(Todo::new(
            format!(
                "No assistant knows this server. Connect yours (or {}):",
                names.join(", ")
            ),
            commands.connect(&CLIENTS[0], CLIENTS[0].usual),
        ));
    }
    files
}

/// One file, and what it is compared with.
struct Look<'a> {
    client: &'static Client,
    scope: Scope,
    path: &'a Path,
    endpoint: &'a Endpoint,
    server: &'a Server,
    commands: &'a Commands,
}

impl Look<'_> {
    async fn state(&self, todo: &mut Vec<Todo>) -> State {
        let unreadable = |todo: &mut Vec<Todo>, why: String| {
            let what = format!(
                "{why} {} cannot use it like this either. Then:",
                self.client.title
            );
            todo.push(Todo::new(what, self.connect()));
            State::Unreadable { why }
        };
        let file = match ConfigFile::read(self.path) {
            Ok(file) if !file.exists() => return State::Absent,
            Ok(file) => file,
            Err(error) => return unreadable(todo, format!("{error:#}")),
        };
        let known = look_up(self.client.language, file.text(), self.client.servers, NAME);
        let known = match known {
            Ok(None) => return State::WithoutStaffel,
            Ok(Some(known)) => known,
            Err(problem) => {
                return unreadable(todo, format!("{}, {problem}", self.path.display()));
            }
        };
        let url = self.client.address(&known);
        let this_server = url.as_deref().is_some_and(|url| self.endpoint.is_at(url));
        let token = match self.client.held(&known) {
            Held::Nothing => TokenState::None,
            Held::Variable => TokenState::Variable,
            Held::Other => TokenState::Other,
            Held::Token(_) if !this_server || self.server.version.is_none() => TokenState::InFile,
            Held::Token(token) => match self.endpoint.discover(Some(&token)).await {
                Discovery::Accepted { .. } => TokenState::InFileValid,
                Discovery::TokenNeeded | Discovery::TokenRefused => TokenState::InFileRefused,
                Discovery::Unusable(_) => TokenState::InFile,
            },
        };
        if this_server {
            todo.extend(self.missing_program(&known));
            todo.extend(self.unusable(&known));
            todo.extend(self.wrong_token(token));
        } else {
            let leads = match &url {
                Some(url) => format!("leads to {url}"),
                None => format!("has something else under the name `{NAME}`"),
            };
            todo.push(Todo::new(
                format!(
                    "{} {leads}, and not to {}. If it is to lead here:",
                    self.path.display(),
                    self.endpoint.shown()
                ),
                format!("{} --replace", self.connect()),
            ));
        }
        todo.extend(self.readable_secret(token));
        State::Staffel {
            url,
            this_server,
            token,
        }
    }

    fn connect(&self) -> String {
        self.commands.connect(self.client, self.scope)
    }

    fn with_token(&self) -> String {
        let (client, scope) = (self.client, self.scope);
        let new = self.commands.connect_with_new_token(client, scope);
        new.unwrap_or_else(|| self.commands.connect_with_token(client, scope))
    }

    /// An entry that starts a program which is not there.
    fn missing_program(&self, known: &ExistingEntry) -> Option<Todo> {
        let Some(Value::Text(program)) = known.field("command") else {
            return None;
        };
        let gone = Path::new(program).is_absolute() && !Path::new(program).is_file();
        // Other clients than this one have the bridge by their user's own hand.
        let command = match self.client.transport {
            Transport::Bridge => format!("{} --replace", self.connect()),
            Transport::Http { .. } => format!("ls -l {}", quoted(program)),
        };
        gone.then(|| {
            Todo::new(
                format!(
                    "{} starts {program}, which is not there.",
                    self.path.display()
                ),
                command,
            )
        })
    }

    /// An entry that its client does not understand, or is not to use.
    fn unusable(&self, known: &ExistingEntry) -> Option<Todo> {
        let (path, title) = (self.path.display(), self.client.title);
        if let Some(why) = self.client.unusable(known) {
            return Some(Todo::new(
                format!("{title} cannot use the entry in {path}: {why}."),
                format!("{} --replace", self.connect()),
            ));
        }
        let (field, value) = self.client.switched_off(known)?;
        Some(Todo::new(
            format!(
                "{path} leads to this server, but is switched off there (`{field}` is {value}). To switch it on:"
            ),
            self.connect(),
        ))
    }

    fn wrong_token(&self, token: TokenState) -> Option<Todo> {
        let path = self.path.display();
        let with_token = || self.with_token();
        match token {
            TokenState::None if self.server.needs_token == Some(true) => Some(Todo::new(
                format!("The server wants a token, and {path} has none."),
                with_token(),
            )),
            TokenState::InFileRefused => Some(Todo::new(
                format!(
                    "The server refuses the token in {path}: it is not one of its own, or it was revoked."
                ),
                with_token(),
            )),
            TokenState::Variable if env::var_os(VARIABLE).is_none_or(|token| token.is_empty()) => {
                Some(Todo::new(
                    format!(
                        "{path} takes the token from the variable {VARIABLE}, which is not set here. Set it in your \
                         shell's profile:"
                    ),
                    format!("export {VARIABLE}=…"),
                ))
            }
            _ => None,
        }
    }

    /// A token where others can read it.
    fn readable_secret(&self, token: TokenState) -> Option<Todo> {
        use TokenState::{InFile, InFileRefused, InFileValid};
        if !matches!(token, InFile | InFileRefused | InFileValid) {
            return None;
        }
        let path = self.path.display();
        if self.scope == Scope::Project {
            return Some(Todo::new(
                format!(
                    "A token stands in {path}, a file that is shared with the project. Revoke it (staffel agents revoke \
                     NAME), and let the file name a variable in its place:"
                ),
                self.with_token(),
            ));
        }
        is_open(self.path).then(|| {
            Todo::new(
                format!("{path} holds a token, and others on this machine can read it."),
                format!("chmod 600 {}", quoted(&path.to_string())),
            )
        })
    }
}

/// Whether others than its owner may read the file.
#[cfg(unix)]
fn is_open(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o077 != 0)
}

/// Whether others may read a file is not asked here.
#[cfg(not(unix))]
fn is_open(_: &Path) -> bool {
    false
}
